/// Where the password of a connection comes from.
enum PasswordSource {
    /// The configuration's own password, else what its provider gives for this connection, else that
    /// of the host.
    ///
    /// The provider runs in a task of its own: one that never ends, or does not heed its cancellation,
    /// holds nobody up beyond the deadline.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `authenticationFailed` where the provider fails, without its words, which may hold a
    ///   secret; `timedOut`, `cancelled`.
    static func password(
        _ configuration: PGConfiguration, deadline: ContinuousClock.Instant, loop: PGEventLoop
    ) async throws(PGError) -> String? {
        if let password = configuration.password { return password }
        guard let provider = configuration.passwordProvider else {
            return configuration.hosts.first?.password
        }
        let request = PGPasswordRequest(
            endpoint: configuration.endpoint, user: configuration.user,
            database: configuration.database)
        let answer = Promise<String>()
        let asked = Task.detached {
            do {
                answer.fulfil(.success(try await provider(request)))
            } catch {
                answer.fulfil(
                    .failure(
                        PGError(
                            .authenticationFailed,
                            "the password provider failed for role \(request.user):"
                                + " \(type(of: error))")))
            }
        }
        defer { asked.cancel() }
        return try await answer.wait(
            until: deadline, on: loop,
            late: PGError(.timedOut, "the password provider did not answer in time"))
    }
}
