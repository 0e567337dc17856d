/// What a target's role may do, and whom its server knows: what a plan must not assume.
public struct TargetAbilities: Codable, Sendable, Hashable {
    /// The names of the server's roles; nil where nobody asked, so that all are assumed.
    public var roles: Set<String>?
    /// Those that the role is a member of, which objects can be given to; nil where nobody asked.
    public var ownRoles: Set<String>?
    /// The versions that the role can give each extension, and the installed ones; nil where nobody
    /// asked.
    public var extensionVersions: [String: Set<String>]?
    /// The schemas of the installed extensions; nil where nobody asked.
    public var extensionSchemas: [String: String]?
    /// The installed extensions that the role cannot move, since a trusted one's members belong to
    /// the superuser, whoever made it; nil where nobody asked.
    public var fixedExtensions: Set<String>?
    /// The schemas that are there, but for the server's own; nil where nobody asked.
    public var schemas: Set<String>?
    /// Whether policies that are forced on owners leave the role's own statements alone.
    public var bypassesRowSecurity = false

    /// Whether the role may apply rows without their foreign keys being looked at; nil where nobody
    /// asked.
    public var maySetReplicaRole: Bool?

    /// Nothing is known.
    public init() {}

    /// Names of roles, whether the current one bypasses row-level security, and whether it may set
    /// `session_replication_role`.
    static func sql(serverVersion: Int) -> String {
        let bypass = serverVersion >= 90_500 ? "me.rolsuper OR me.rolbypassrls" : "me.rolsuper"
        let replica =
            serverVersion >= 150_000
            ? "pg_catalog.has_parameter_privilege('session_replication_role', 'SET')"
            : "(SELECT x.rolsuper FROM pg_catalog.pg_roles x WHERE x.rolname = current_user)"
        return """
            SELECT r.rolname::text, (SELECT \(bypass) FROM pg_catalog.pg_roles me
                     WHERE me.rolname = current_user), \(replica),
                   pg_catalog.pg_has_role(r.oid, 'MEMBER')
              FROM pg_catalog.pg_roles r ORDER BY 1
            """
    }

    /// The names of schemas.
    static let schemaSQL =
        "SELECT n.nspname::text FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_'"

    /// Names and versions of extensions that the role can make or update, or that are there, with
    /// the schema that they are in.
    static func extensionSQL(serverVersion: Int) -> String {
        let trusted = serverVersion >= 130_000 ? "OR v.trusted" : ""
        return """
            SELECT v.name::text, v.version::text, n.nspname::text,
                   EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                             LEFT JOIN pg_catalog.pg_proc p
                               ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
                             LEFT JOIN pg_catalog.pg_type t
                               ON d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid
                            WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass
                              AND d.refobjid = e.oid AND d.deptype = 'e'
                              AND NOT pg_catalog.pg_has_role(
                                  coalesce(p.proowner, t.typowner), 'USAGE'))
              FROM pg_catalog.pg_available_extension_versions v
              LEFT JOIN pg_catalog.pg_extension e ON e.extname = v.name
              LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
             WHERE CASE WHEN e.oid IS NULL THEN
                            NOT v.superuser \(trusted)
                            OR (SELECT u.rolsuper FROM pg_catalog.pg_roles u
                                 WHERE u.rolname = current_user)
                        ELSE pg_catalog.pg_has_role(e.extowner, 'USAGE')
                             OR v.version = e.extversion END
            """
    }
}
