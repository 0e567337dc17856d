package import PGWire

/// Whose schema `teleport` is: the question before anything is made or removed.
package enum SchemaOwnership: Sendable, Hashable {
    /// There is none.
    case absent
    /// It is ours; its settings.
    case ours([String: String])
    /// Somebody else made it; what is in it, for the message.
    case foreign(owner: String, contents: [String], count: Int)

    /// Looks, and changes nothing.
    package static func read(on connection: PGConnection) async throws(PGError) -> SchemaOwnership {
        let rows = try await connection.query(
            sql: """
            SELECT pg_catalog.pg_get_userbyid(n.nspowner),
                   pg_catalog.pg_has_role(n.nspowner, 'USAGE'),
                   EXISTS (SELECT 1 FROM pg_catalog.pg_class c
                       JOIN pg_catalog.pg_attribute k ON k.attrelid = c.oid AND k.attname = 'key'
                       JOIN pg_catalog.pg_attribute v ON v.attrelid = c.oid AND v.attname = 'value'
                      WHERE c.relnamespace = n.oid AND c.relname = 'setting' AND c.relkind = 'r'
                        AND k.atttypid = 25 AND v.atttypid = 25
                        AND pg_catalog.pg_has_role(c.relowner, 'USAGE'))
              FROM pg_catalog.pg_namespace n WHERE n.nspname = 'teleport'
            """
        ).rows
        guard let row = rows.first else { return .absent }
        if try row.decode(Bool.self, 1), try row.decode(Bool.self, 2) {
            var settings: [String: String] = [:]
            for row in try await connection.query(sql: "SELECT key, value FROM teleport.setting").rows {
                guard let key = try row.decode(String?.self, 0) else { continue }
                settings[key] = try row.decode(String?.self, 1)
            }
            if settings["product"] == InstallerSQL.product { return .ours(settings) }
        }
        let found = try await connection.query(
            sql: """
            SELECT c.relname, pg_catalog.count(*) OVER ()
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'teleport' AND c.relkind IN ('r', 'v', 'm', 'S', 'f', 'p')
             ORDER BY c.relname LIMIT 5
            """
        ).rows
        return .foreign(
            owner: try row.decode(String.self, 0),
            contents: try found.map { row throws(PGError) in try row.decode(String.self, 0) },
            count: try found.first?.decode(Int.self, 1) ?? 0)
    }

    /// The error for a schema of somebody else.
    package static func refusal(owner: String, contents: [String], count: Int) -> CaptureError {
        var found = contents.joined(separator: ", ")
        if count > contents.count { found += " and \(count - contents.count) more" }
        return CaptureError(
            .foreignSchema,
            "schema teleport exists and was not made by this product or not by this role: it belongs "
                + "to \(owner) and holds \(found.isEmpty ? "no relation" : found). It was left untouched. "
                + "Move it away (ALTER SCHEMA teleport RENAME TO teleport_old), or drop it if nobody "
                + "needs it, and start again")
    }
}
