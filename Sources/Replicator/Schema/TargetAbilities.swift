/// What a target's role may do, and whom its server knows: what a plan must not assume.
public struct TargetAbilities: Codable, Sendable, Hashable {
    /// The names of the server's roles; nil where nobody asked, so that all are assumed.
    public var roles: Set<String>?
    /// Those that the role is a member of, which objects can be given to; nil where nobody asked.
    public var ownRoles: Set<String>?
    /// The versions that the role can give each extension, and the installed ones; nil where nobody
    /// asked.
    public var extensionVersions: [String: Set<String>]?
    /// Whether policies that are forced on owners leave the role's own statements alone.
    public var bypassesRowSecurity = false

    /// Nothing is known.
    public init() {}

    /// Names of roles, and whether the current one bypasses row-level security.
    static func sql(serverVersion: Int) -> String {
        let bypass = serverVersion >= 90_500 ? "me.rolsuper OR me.rolbypassrls" : "me.rolsuper"
        return """
            SELECT r.rolname::text, (SELECT \(bypass) FROM pg_catalog.pg_roles me
                     WHERE me.rolname = current_user),
                   pg_catalog.pg_has_role(r.oid, 'MEMBER')
              FROM pg_catalog.pg_roles r ORDER BY 1
            """
    }

    /// Names and versions of extensions that the role can make or update, or that are there.
    static func extensionSQL(serverVersion: Int) -> String {
        let trusted = serverVersion >= 130_000 ? "OR v.trusted" : ""
        return """
            SELECT v.name::text, v.version::text
              FROM pg_catalog.pg_available_extension_versions v
              LEFT JOIN pg_catalog.pg_extension e ON e.extname = v.name
             WHERE CASE WHEN e.oid IS NULL THEN
                            NOT v.superuser \(trusted)
                            OR (SELECT u.rolsuper FROM pg_catalog.pg_roles u
                                 WHERE u.rolname = current_user)
                        ELSE pg_catalog.pg_has_role(e.extowner, 'USAGE')
                             OR v.version = e.extversion END
            """
    }
}
