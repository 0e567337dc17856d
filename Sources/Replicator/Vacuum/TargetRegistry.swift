public import PGWire

/// Table `teleport.target` on the source: a lower bound of each target's position.
///
/// By it vacuum knows what is still needed. The truth about a target is on the target.
public enum TargetRegistry {
    /// Writes a target down and returns the snapshot from which on its events are kept: P0.
    ///
    /// The lock comes first and the snapshot in a later statement: vacuum, which locks out writers
    /// of the table while it looks for the lowest position, sees either this row or has ended
    /// before the snapshot was taken.
    ///
    /// - Throws: `PGError`; 55P03 where vacuum or a stalled session holds the table.
    public static func register(
        _ name: String, incarnation: String?, on connection: PGConnection,
        lockTimeout: Duration = .seconds(5)
    ) async throws -> Snapshot {
        try await ShortTransaction.retrying(on: connection, lockTimeout: lockTimeout, attempts: 5) {
            connection in
            try await connection.execute("LOCK TABLE teleport.target IN ROW EXCLUSIVE MODE")
            try await connection.query(
                sql: "DELETE FROM teleport.target WHERE name = $1", [PGParameter(name)])
            let result = try await connection.query(
                sql: """
                INSERT INTO teleport.target (name, position, incarnation, updated)
                SELECT $1, pg_catalog.txid_current_snapshot()::pg_catalog.text, $2,
                       pg_catalog.now()
                RETURNING position
                """, [PGParameter(name), PGParameter(incarnation)])
            guard let text = try result.rows.first?.decode(String.self, 0),
                let snapshot = Snapshot(text)
            else { throw PGError(.decodingFailed, "the server's snapshot cannot be read") }
            return snapshot
        }
    }

    /// Moves a target's lower bound to a position that is committed on the target.
    ///
    /// - Returns: false where the target is not registered; it then holds nothing back.
    @discardableResult
    public static func update(
        _ name: String, position: Snapshot, incarnation: String?, on connection: PGConnection
    ) async throws(PGError) -> Bool {
        let result = try await connection.query(
            sql: """
            UPDATE teleport.target SET position = $2, incarnation = $3, updated = pg_catalog.now()
             WHERE name = $1
            """, [PGParameter(name), PGParameter(position.description), PGParameter(incarnation)])
        return result.affectedRows == 1
    }

    /// Forgets a target: it holds nothing back any longer.
    public static func remove(_ name: String, on connection: PGConnection) async throws(PGError) {
        try await connection.query(
            sql: "DELETE FROM teleport.target WHERE name = $1", [PGParameter(name)])
    }

    /// What is written down about every target, by name.
    public static func positions(
        on connection: PGConnection
    ) async throws(PGError) -> [String: Snapshot] {
        var positions: [String: Snapshot] = [:]
        for row in try await connection.query(sql: "SELECT name, position FROM teleport.target").rows {
            let text = try row.decode(String.self, 1)
            guard let snapshot = Snapshot(text) else {
                throw PGError(
                    .decodingFailed, "teleport.target holds a position that is no snapshot")
            }
            positions[try row.decode(String.self, 0)] = snapshot
        }
        return positions
    }
}
