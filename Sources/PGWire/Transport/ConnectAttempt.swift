internal import CShims

/// One non-blocking connect(2), confined to its loop.
final class ConnectAttempt: PGEventLoopHandler, @unchecked Sendable {  // Safety:
    // constants, and state that only the loop's thread touches.
    private let address: SocketAddress
    private let loop: PGEventLoop
    private let promise: Promise<Int32>
    private var fd: Int32 = -1
    private var watch: Watch?
    private var retry: PGEventLoop.Timer?
    private var isOver = false

    private init(_ address: SocketAddress, _ loop: PGEventLoop, _ promise: Promise<Int32>) {
        self.address = address
        self.loop = loop
        self.promise = promise
    }

    /// Connects to one address.
    ///
    /// - Returns: the connected descriptor, the caller's to close.
    /// - Throws: `connectFailed` with the system's reason, `timedOut`, `cancelled`; nothing stays open.
    static func connect(
        to address: SocketAddress, loop: PGEventLoop, deadline: ContinuousClock.Instant
    ) async throws(PGError) -> Int32 {
        let promise = Promise<Int32>()
        let attempt = ConnectAttempt(address, loop, promise)
        loop.execute { attempt.begin() }
        do throws(PGError) {
            return try await promise.wait(
                until: deadline, on: loop,
                late: PGError(.timedOut, "\(address.text): no answer within the time allowed"))
        } catch {
            loop.execute { attempt.abandon() }
            throw error
        }
    }

    private func begin() {
        guard !isOver else { return }
        fd = teleport_stream_socket(address.family)
        guard fd >= 0 else { return fail(SystemCall.lastError) }
        attempt()
    }

    private func attempt() {
        guard fd >= 0 else { return }
        switch address.reach(from: fd) {
        case .done:
            succeed()
        case .failed(let code):
            fail(code)
        case .wouldBlock where address.isUnix:
            // A full backlog: nothing is under way, and nobody would tell when there is room.
            retry = loop.schedule(after: .milliseconds(20)) { self.attempt() }
        case .wouldBlock:
            switch loop.watch(fd, teleport_writable, self) {
            case .success(let watch): self.watch = watch
            case .failure(let error): fail(error.code)
            }
        }
    }

    func ready(_ events: UInt32) {
        let code = SystemCall.pendingError(fd)
        if code == 0 { succeed() } else { fail(code) }
    }

    private func succeed() {
        if let watch { loop.unwatch(watch) }
        watch = nil
        if promise.fulfil(.success(fd)) { fd = -1 } else { abandon() }
    }

    private func fail(_ code: Int32) {
        let reason = SystemCall.text(code)
        promise.fulfil(.failure(PGError(.connectFailed, "\(address.text): \(reason)")))
        abandon()
    }

    private func abandon() {
        isOver = true
        retry?.cancel()
        retry = nil
        if let watch { loop.unwatch(watch) }
        watch = nil
        if fd >= 0 { SystemCall.release(fd) }
        fd = -1
    }
}
