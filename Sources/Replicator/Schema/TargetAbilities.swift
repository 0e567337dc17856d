/// What a target's role may do, and whom its server knows: what a plan must not assume.
public struct TargetAbilities: Codable, Sendable, Hashable {
    /// The names of the server's roles; nil where nobody asked, so that all are assumed.
    public var roles: Set<String>?
    /// Whether policies that are forced on owners leave the role's own statements alone.
    public var bypassesRowSecurity = false

    /// Nothing is known.
    public init() {}

    /// Names of roles, and whether the current one bypasses row-level security.
    static func sql(serverVersion: Int) -> String {
        let bypass = serverVersion >= 90_500 ? "me.rolsuper OR me.rolbypassrls" : "me.rolsuper"
        return """
            SELECT r.rolname::text, (SELECT \(bypass) FROM pg_catalog.pg_roles me
                     WHERE me.rolname = current_user)
              FROM pg_catalog.pg_roles r ORDER BY 1
            """
    }
}
