internal import CShims

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What a non-blocking system call answered, and the calls that the transport makes.
///
/// The only place that knows EINTR and EAGAIN. This folder alone imports the C library, whose module
/// has another name on each system.
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
            // connect(2) says EINPROGRESS where others say EAGAIN. EWOULDBLOCK is EAGAIN.
            case EAGAIN, EINPROGRESS: return .wouldBlock
            case let code: return .failed(code)
            }
        }
    }

    /// The error number of the call that failed last on this thread.
    static var lastError: Int32 { errno }

    /// The operating system's words for an error number.
    static func text(_ code: Int32) -> String {
        String(cString: strerror(code))
    }

    // MARK: Sockets

    /// send(2), without SIGPIPE on a socket of `teleport_stream_socket`.
    @inline(__always)
    static func write(_ bytes: UnsafeRawBufferPointer, to fd: Int32) -> SystemCall {
        run { send(fd, bytes.baseAddress, bytes.count, teleport_send_flags) }
    }

    /// recv(2); a count of zero is the end.
    @inline(__always)
    static func receive(_ fd: Int32, into buffer: UnsafeMutableRawBufferPointer) -> SystemCall {
        run { recv(fd, buffer.baseAddress, buffer.count, 0) }
    }

    /// The error that a socket met while nobody called it, SO_ERROR; 0 for none.
    static func pendingError(_ fd: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }

    /// close(2); the descriptor is gone whatever the answer is.
    static func release(_ fd: Int32) {
        _ = close(fd)
    }

    // MARK: The process

    /// The monotonic clock in nanoseconds.
    static func monotonicTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// A variable of the process's environment.
    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
