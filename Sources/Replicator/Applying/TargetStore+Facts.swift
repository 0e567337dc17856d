import PGWire

extension TargetStore {
    /// What the source has to know about this server beyond its version.
    func facts() async throws -> TargetFacts {
        let roles = try await connection.query(
            sql: "SELECT r.rolname::text, pg_catalog.pg_has_role(r.oid, 'MEMBER') "
                + "FROM pg_catalog.pg_roles r")
        var facts = TargetFacts(roles: [], ownRoles: [], extensionVersions: [:])
        for row in roles.rows {
            let name = try row.decode(String.self, 0)
            facts.roles.insert(name)
            if try row.decode(Bool.self, 1) { facts.ownRoles.insert(name) }
        }
        let trusted = connection.serverVersion >= 130_000 ? "OR v.trusted" : ""
        let mayCreate = """
            (NOT v.superuser \(trusted) OR (SELECT u.rolsuper FROM pg_catalog.pg_roles u
                  WHERE u.rolname = current_user))
            """
        let versions = try await connection.query(
            sql: """
                SELECT v.name::text, v.version::text
                  FROM pg_catalog.pg_available_extension_versions v
                  LEFT JOIN pg_catalog.pg_extension e ON e.extname = v.name
                 WHERE CASE WHEN e.oid IS NULL THEN \(mayCreate)
                            ELSE pg_catalog.pg_has_role(e.extowner, 'USAGE')
                                 OR v.version = e.extversion END
                """)
        for row in versions.rows {
            facts.extensionVersions[try row.decode(String.self, 0), default: []].insert(
                try row.decode(String.self, 1))
        }
        return facts
    }
}
