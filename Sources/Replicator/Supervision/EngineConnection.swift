package import PGWire

/// Connections of the engine: canonical settings, so that a text means the same on both sides,
/// whatever role, database or server have as defaults.
package enum EngineConnection {
    /// Connects and sets the session's settings.
    ///
    /// - Parameters:
    ///   - configuration: where to connect; its runtime parameters stay.
    ///   - purpose: a few words for `pg_stat_activity.application_name`.
    /// - Returns: an open connection outside a transaction.
    /// - Throws: the error of the connection; nothing stays open then.
    package static func open(_ configuration: PGConfiguration, purpose: String)
        async throws(PGError) -> PGConnection
    {
        let connection = try await PGConnection.connect(configuration)
        do throws(PGError) {
            try await connection.execute(
                settings(serverVersion: connection.serverVersion, purpose: purpose))
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    /// The statements that make a session canonical, for a server's version.
    ///
    /// They are statements rather than start-up parameters, since connection poolers refuse most
    /// of the latter.
    package static func settings(serverVersion: Int, purpose: String) -> String {
        var settings: [(name: String, value: String)] = [
            ("application_name", String("teleport \(purpose)".prefix(63))),
            ("client_encoding", "UTF8"),
            ("standard_conforming_strings", "on"),
            // Only pg_catalog: whatever else is meant is qualified.
            ("search_path", ""),
            ("DateStyle", "ISO, MDY"),
            ("IntervalStyle", "postgres"),
            ("TimeZone", "UTC"),
            ("extra_float_digits", "3"),
            ("bytea_output", "hex"),
            ("lc_monetary", "C"),
            ("xmloption", "content"),
            ("quote_all_identifiers", "off"),
            // A batch reads for as long as the target takes; each wait has its own bound.
            ("statement_timeout", "0"),
            ("client_min_messages", "warning"),
            ("default_transaction_isolation", "read committed"),
            ("default_transaction_read_only", "off"),
            ("default_transaction_deferrable", "off"),
        ]
        let since: [(version: Int, name: String, value: String)] = [
            (90300, "lock_timeout", "0"),
            // A policy is to be an error, and never a silent delete.
            (90500, "row_security", "off"),
            (90600, "idle_in_transaction_session_timeout", "0"),
            // Compiling costs more than these queries do.
            (110000, "jit", "off"),
            (170000, "transaction_timeout", "0"),
        ]
        settings += since.filter { $0.version <= serverVersion }.map { ($0.name, $0.value) }
        return settings.map { "SET \($0.name) = \(SQLText.literal($0.value))" }
            .joined(separator: "; ")
    }
}

/// One connection that is made again when it is gone, with growing pauses between failures.
///
/// It is meant for one user at a time; that is a stage's own loop.
package actor ConnectionKeeper {
    private let configuration: PGConfiguration
    private let purpose: String
    private var backoff: Backoff
    private var current: PGConnection?
    private var earliest: ContinuousClock.Instant?

    /// How often a connection was made, the first one included.
    package private(set) var connects = 0

    /// Keeps a connection that is not made yet.
    package init(
        _ configuration: PGConfiguration, purpose: String,
        backoff: Backoff = Backoff(first: .milliseconds(100), cap: .seconds(5))
    ) {
        self.configuration = configuration
        self.purpose = purpose
        self.backoff = backoff
    }

    /// The connection; made when there is none, after the pause that earlier failures ask for.
    ///
    /// - Throws: `PGError` of one failed attempt, `CancellationError` from the pause.
    package func connection() async throws -> PGConnection {
        if let current {
            if current.isOpen { return current }
            self.current = nil
            await current.close()
        }
        if let earliest { try await Task.sleep(until: earliest, clock: .continuous) }
        do throws(PGError) {
            let connection = try await EngineConnection.open(configuration, purpose: purpose)
            backoff.reset()
            earliest = nil
            connects += 1
            current = connection
            return connection
        } catch {
            earliest = .now + backoff.next()
            throw error
        }
    }

    /// Closes the connection; the next call makes another.
    package func discard() async {
        let old = current
        current = nil
        await old?.close()
    }
}
