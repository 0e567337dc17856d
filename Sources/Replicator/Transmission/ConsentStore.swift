package import PGWire

/// What operators consented to, on the source: the table `teleport.consent`.
///
/// It is read in the batch's own snapshot, so that a consent holds for a whole batch or not at all.
package enum ConsentStore {
    /// What a target may drop, as `HeldDrop.key`.
    package static func keys(
        of target: String, on connection: PGConnection
    ) async throws(PGError) -> Set<String> {
        var keys: Set<String> = []
        for row in try await connection.query(
            sql: "SELECT key FROM teleport.consent WHERE target = $1", [PGParameter(target)]
        ).rows {
            keys.insert(try row.decode(String.self, 0))
        }
        return keys
    }

    /// Notes a consent; once more changes nothing.
    package static func give(
        _ key: String, object: String, target: String, on connection: PGConnection
    ) async throws(PGError) {
        try await connection.query(
            sql: """
                INSERT INTO teleport.consent (target, key, object, given)
                SELECT $1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text,
                  pg_catalog.clock_timestamp() WHERE NOT EXISTS (
                  SELECT 1 FROM teleport.consent c WHERE c.target = $1 AND c.key = $2)
                """, [target, key, object].map { PGParameter($0) })
    }

    /// Forgets those that were used.
    package static func forget(
        _ keys: Set<String>, of target: String, on connection: PGConnection
    ) async throws(PGError) {
        for key in keys.sorted() {
            try await connection.query(
                sql: "DELETE FROM teleport.consent WHERE target = $1 AND key = $2",
                [target, key].map { PGParameter($0) })
        }
    }
}
