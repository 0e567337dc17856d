extension PGConnection {
    /// The server that the connection went to: of several, the one that was chosen.
    public var endpoint: PGConfiguration.Endpoint { configuration.endpoint }

    /// Tries the servers of the configuration until one is what is wanted, and stays there.
    func open() async throws(PGError) {
        // Also where no TLS would be begun, which has no other check.
        try TLSOptions.checkNegotiation(configuration)
        let began = ContinuousClock.now
        var plan = try ConnectPlan(configuration)
        while let attempt = plan.next() {
            configuration = attempt.configuration
            let deadline = ContinuousClock.now + configuration.connectTimeout
            do throws(PGError) {
                try await openServer(deadline)
                try await check(attempt.wanted, deadline: deadline)
                configuration.onActivity?(
                    .connected(processID: serverProcessID, after: ContinuousClock.now - began))
                return
            } catch {
                leaveServer()
                guard plan.failed(attempt, error) else { break }
            }
        }
        throw plan.error
    }

    private func openServer(_ deadline: ContinuousClock.Instant) async throws(PGError) {
        let ways = configuration.tlsWays
        do throws(PGError) {
            try await open(tls: ways.first, deadline: deadline)
        } catch {
            // As libpq: the other way where TLS, or the server's rules for it, fail.
            guard let second = ways.second,
                error.code == .tlsFailed || error.sqlState == .invalidAuthorizationSpecification
            else { throw error }
            do throws(PGError) {
                try await open(tls: second, deadline: deadline)
            } catch let later {
                // With `allow`, a server without TLS: the refusal that came first says more.
                throw second && later.code == .tlsFailed ? error : later
            }
        }
    }

    /// Checks that the server is what `target_session_attrs` asks for.
    ///
    /// Servers since 14 tell in their reports; older ones are asked.
    ///
    /// - Throws: `connectFailed` where it is not.
    private func check(
        _ wanted: PGConfiguration.TargetSessionAttributes, deadline: ContinuousClock.Instant
    ) async throws(PGError) {
        let mismatch: String
        switch wanted {
        case .any, .preferStandby: return
        case .readWrite:
            guard try await isReadOnly(deadline) else { return }
            mismatch = "the session is read-only"
        case .readOnly:
            guard try await !isReadOnly(deadline) else { return }
            mismatch = "the session is not read-only"
        case .primary:
            guard try await isStandby(deadline) else { return }
            mismatch = "the server is in hot standby mode"
        case .standby:
            guard try await !isStandby(deadline) else { return }
            mismatch = "the server is not in hot standby mode"
        }
        throw PGError(
            .connectFailed, "\(mismatch), and target_session_attrs is \(wanted.rawValue)")
    }

    private func isReadOnly(_ deadline: ContinuousClock.Instant) async throws(PGError) -> Bool {
        if let setting = session.parameters["default_transaction_read_only"],
            let standby = session.parameters["in_hot_standby"]
        {
            return setting == "on" || standby == "on"
        }
        return try await ask("SHOW transaction_read_only", deadline) == "on"
    }

    private func isStandby(_ deadline: ContinuousClock.Instant) async throws(PGError) -> Bool {
        if let standby = session.parameters["in_hot_standby"] { return standby == "on" }
        // There were no hot standbys before 9.0.
        guard serverVersion >= 90_000 else { return false }
        return try await ask("SELECT pg_catalog.pg_is_in_recovery()", deadline) == "t"
    }

    private func ask(
        _ sql: String, _ deadline: ContinuousClock.Instant
    ) async throws(PGError) -> String {
        let timeout = max(deadline - .now, .milliseconds(1))
        guard let row = try await execute(sql, timeout: timeout).first?.rows.first else {
            throw PGError(.protocolViolation, "the server did not answer \(sql)")
        }
        return try row.decode(String.self, 0)
    }

    /// Checks who runs the server behind a Unix socket (libpq's `requirepeer`).
    ///
    /// - Throws: `authenticationFailed` where it is somebody else.
    func checkPeer(
        of channel: Channel, deadline: ContinuousClock.Instant
    ) async throws(PGError) {
        guard let required = configuration.requirePeer, let id = channel.peerUser else { return }
        let name = try await BlockingWork.run(
            "looking up the user that the server runs as", deadline: deadline, loop: loop
        ) {
            .success(PGEnvironment.user(id).name)
        }
        guard name == required else {
            throw PGError(
                .authenticationFailed,
                "requirepeer is \(required), but the server runs as \(name ?? "user \(id)")")
        }
    }
}
