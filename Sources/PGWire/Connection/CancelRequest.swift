/// Asks a server to cancel what a session is doing (manual, 55.2.8).
enum CancelRequest {
    /// Sends the request over a connection of its own, with TLS where the session has it, and waits
    /// until the server has closed it: only then has the signal been sent.
    ///
    /// Runs on the loop.
    static func send(
        _ key: CancelKey, _ configuration: PGConfiguration, tls: Bool, loop: PGEventLoop
    ) async throws(PGError) {
        let deadline = ContinuousClock.now + Limits.cancelGrace
        let channel = try await Channel.open(
            configuration.dialled, options: SocketOptions(configuration), loop: loop,
            deadline: deadline)
        defer { channel.close() }
        // Also with `prefer`: the key of an encrypted session does not travel in plain text.
        if tls, try await !TLSNegotiation.begin(channel, configuration, deadline: deadline) {
            throw PGError(.tlsFailed, "the server has no TLS for the cancel connection any more")
        }
        let ended = Promise<Void>()
        channel.onClose = { _ in ended.fulfil(.success(())) }
        channel.onRead = { _ in }
        channel.send(try FrontendMessage.encode(.cancelRequest(key)))
        try await ended.wait(
            until: deadline, on: loop,
            late: PGError(.timedOut, "the server did not close the cancel connection"))
    }
}
