import Glibc

/// What a non-blocking system call answered.
///
/// The only place that knows EINTR and EAGAIN.
enum SystemCall {
    /// It answered this count or descriptor.
    case done(Int)
    /// It would have had to wait.
    case wouldBlock
    /// It failed with an error number.
    case failed(Int32)

    /// Makes a call, again when a signal interrupted it.
    @inline(__always)
    static func run(_ body: () -> Int) -> SystemCall {
        while true {
            let answer = body()
            if answer >= 0 { return .done(answer) }
            switch errno {
            case EINTR: continue
            // connect(2) says EINPROGRESS where others say EAGAIN. EWOULDBLOCK is EAGAIN on Linux.
            case EAGAIN, EINPROGRESS: return .wouldBlock
            case let code: return .failed(code)
            }
        }
    }

    /// The operating system's words for an error number.
    static func text(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
