public import PGWire

/// Elects one daemon a source database: a session-level advisory lock (manual, 13.3.5) on a
/// connection of its own, which the server gives up as soon as that connection ends.
public actor LeaderLock {
    /// The key: "teleport" in ASCII.
    ///
    /// Advisory locks are per database, so one key serves.
    public static let key: Int64 = 0x74_65_6c_65_70_6f_72_74

    private let connection: PGConnection
    private var holds = false

    /// Takes a connection for itself: nothing else may use it.
    public init(connection: PGConnection) {
        self.connection = connection
    }

    /// Tries to become the leader, without waiting; true when it is, now or already.
    public func acquire() async throws(PGError) -> Bool {
        // Asked twice the server would count twice.
        if holds { return await isHeld() }
        let result = try await connection.query(
            sql: "SELECT pg_catalog.pg_try_advisory_lock(\(Self.key))")
        holds = try result.rows.first?.decode(Bool.self, 0) ?? false
        return holds
    }

    /// Whether the lock is still held: asks the server, since a cut connection has lost it.
    public func isHeld() async -> Bool {
        guard holds else { return false }
        // An advisory lock cannot be lost while its session lives: a round trip is proof enough.
        holds = (try? await connection.query(sql: "SELECT 1")) != nil && connection.isOpen
        return holds
    }

    /// Gives the lock up and closes the connection; harmless when not held.
    public func release() async {
        if holds {
            _ = try? await connection.query(sql: "SELECT pg_catalog.pg_advisory_unlock(\(Self.key))")
        }
        holds = false
        await connection.close()
    }
}
