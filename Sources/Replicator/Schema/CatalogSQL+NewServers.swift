/// Catalogs of servers that are newer than what is known here.
extension CatalogSQL {
    /// The newest major version whose catalogs are known.
    static let newestKnown = 180_000

    /// Every catalog up to that version.
    static let knownCatalogs: Set<String> = [
        "aggregate", "am", "amop", "amproc", "attrdef", "attribute", "auth_members", "authid",
        "cast", "class", "collation", "constraint", "conversion", "database", "db_role_setting",
        "default_acl", "depend", "description", "enum", "event_trigger", "extension",
        "foreign_data_wrapper", "foreign_server", "foreign_table", "index", "inherits",
        "init_privs", "language", "largeobject", "largeobject_metadata", "namespace", "opclass",
        "operator", "opfamily", "parameter_acl", "partitioned_table", "pltemplate", "policy",
        "proc", "publication", "publication_namespace", "publication_rel", "range",
        "replication_origin", "rewrite", "seclabel", "sequence", "shdepend", "shdescription",
        "shseclabel", "statistic", "statistic_ext", "statistic_ext_data", "subscription",
        "subscription_rel", "tablespace", "transform", "trigger", "ts_config", "ts_config_map",
        "ts_dict", "ts_parser", "ts_template", "type", "user_mapping",
    ]

    /// Names the catalogs that came after that version, as a gap: what they hold is not looked at.
    var unknownCatalogs: String? {
        guard features.version >= Self.newestKnown + 10_000 else { return nil }
        let known = Self.knownCatalogs.sorted().map { SQLText.literal("pg_" + $0) }
        return """
            SELECT 'catalogs'::text, 'database'::text, 0::oid, ''::text,
                   left(string_agg(o.relname::text, ', ' ORDER BY o.relname), 200), count(*),
                   'this server is newer than what is known: what they hold is not looked at'::text
              FROM pg_catalog.pg_class o
             WHERE o.relnamespace = 11 AND o.relkind = 'r'
               AND o.relname NOT IN (\(known.joined(separator: ", "))) HAVING count(*) > 0
            """
    }
}
