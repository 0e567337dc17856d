package import PGWire

/// Runs statements in one transaction whose waits for locks are bounded.
package enum ShortTransaction {
    /// Errors that mean "somebody else was in the way": lock time-out, deadlock, a catalog row that
    /// was made or changed at the same moment, and cancellation by `statement_timeout` (9.2).
    package static func isRace(_ error: PGError) -> Bool {
        switch error.sqlState?.rawValue {
        case "55P03", "40P01", "40001", "23505", "57014": true
        // "tuple concurrently updated" has no code of its own.
        case "XX000": error.server?.message.hasPrefix("tuple concurrently") == true
        default: false
        }
    }

    /// Runs a body between BEGIN and COMMIT; on any error between BEGIN and ROLLBACK.
    ///
    /// The body's waits for a lock end after `lockTimeout` with SQLSTATE 55P03. 9.2 has no
    /// `lock_timeout`: there a whole statement is bounded, with 57014.
    package static func run<R: Sendable>(
        on connection: PGConnection, lockTimeout: Duration,
        _ body: (PGConnection) async throws -> R
    ) async throws -> R {
        let milliseconds = max(1, Int(lockTimeout / .milliseconds(1)))
        let setting = connection.serverVersion >= 90_300 ? "lock_timeout" : "statement_timeout"
        try await connection.execute("BEGIN; SET LOCAL \(setting) = \(milliseconds)")
        do {
            let result = try await body(connection)
            try await connection.execute("COMMIT")
            return result
        } catch {
            // Where the connection is gone, the server has rolled back by itself.
            if connection.isOpen { _ = try? await connection.execute("ROLLBACK") }
            throw error
        }
    }

    /// As `run`, again after a race, with growing pauses; throws the last error.
    package static func retrying<R: Sendable>(
        on connection: PGConnection, lockTimeout: Duration, attempts: Int,
        _ body: (PGConnection) async throws -> R
    ) async throws -> R {
        var attempt = 1
        while true {
            do {
                return try await run(on: connection, lockTimeout: lockTimeout, body)
            } catch let error as PGError where isRace(error) && attempt < attempts {
                // Jitter, so that two daemons do not meet again and again.
                let milliseconds = Int.random(in: 20...60) << min(attempt, 5)
                attempt += 1
                try await Task.sleep(for: .milliseconds(milliseconds))
            }
        }
    }
}
