extension CatalogSQL {
    /// How often rows of the system's catalogs were written, as the server's statistics count them;
    /// NULL where nothing is counted.
    ///
    /// Costs the same whatever the catalog's size, which the fingerprint does not: 130,000 columns take
    /// it a tenth of a second. It moves with every DDL, once the session that committed it has told
    /// (at once, or within 10 s where it had told something less than a second before), and
    /// with some things that are none: temporary tables, TRUNCATE.
    var activity: String {
        """
        SELECT CASE WHEN pg_catalog.current_setting('track_counts') = 'on' THEN
            (SELECT sum(pg_catalog.pg_stat_get_tuples_inserted(c.oid)
                        + pg_catalog.pg_stat_get_tuples_updated(c.oid)
                        + pg_catalog.pg_stat_get_tuples_deleted(c.oid))::text
               FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE c.oid < 16384 AND n.nspname = 'pg_catalog' AND c.relkind = 'r'
                AND c.relname NOT IN ('pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject')) END
        """
    }

    /// One text for the whole catalog, but for temporary and system objects: it moves with DDL and
    /// not with VACUUM, ANALYZE or rows.
    ///
    /// pg_class is looked at by content: TRUNCATE and VACUUM FULL write new rows into it.
    var fingerprint: String {
        let ours = """
            (SELECT n.oid FROM pg_catalog.pg_namespace n
              WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
            """
        let tables = """
            (SELECT c.oid FROM pg_catalog.pg_class c
              WHERE c.relnamespace IN \(ours) AND c.relpersistence <> 't')
            """
        let part = { (catalog: String, row: String, condition: String) in
            """
            (SELECT count(*)::text || ':' || coalesce(sum(hashtext(\(row))::bigint), 0)::text
               FROM pg_catalog.\(catalog) o WHERE \(condition))
            """
        }
        let versioned = "o.oid::text || '/' || o.xmin::text"
        var parts = [
            part(
                "pg_class",
                """
                concat_ws('/', o.oid::text, o.relname, o.relnamespace::text, o.relkind::text,
                          o.relpersistence::text, o.reloptions::text, o.relacl::text,
                          o.reltablespace::text, o.relowner::text, \(features.replicaIdentity),
                          \([features.rowSecurity, features.forcedRowSecurity, features.isPopulated]
                              .map { "(\($0.replacingAlias("c", with: "o")))::text" }
                              .joined(separator: ", ")))
                """, "o.relnamespace IN \(ours)"),
            part(
                "pg_attribute", "concat_ws('/', o.attrelid::text, o.attnum::text, o.xmin::text)",
                "o.attrelid IN \(tables)"),
            part(
                "pg_class", "o.relname || '/' || o.reloptions::text",
                "o.relkind = 't' AND o.reloptions IS NOT NULL"),
            part("pg_attrdef", versioned, "o.adrelid IN \(tables)"),
            part(
                "pg_index", "o.indexrelid::text || '/' || o.xmin::text", "o.indrelid IN \(tables)"),
            part(
                "pg_inherits", "concat_ws('/', o.inhrelid::text, o.inhparent::text, o.xmin::text)",
                "o.inhrelid IN \(tables)"),
            part("pg_trigger", versioned, "o.tgrelid IN \(tables)"),
            part("pg_constraint", versioned, "o.connamespace IN \(ours)"),
            part("pg_type", versioned, "o.typnamespace IN \(ours)"),
            part("pg_enum", versioned, "true"),
            part("pg_proc", versioned, "o.pronamespace IN \(ours)"),
            part("pg_namespace", versioned, "o.oid IN \(ours)"),
            part("pg_extension", versioned, "true"),
            part(
                "pg_depend", "concat_ws('/', o.objid, o.refobjid, o.refobjsubid)",
                "o.classid = 'pg_catalog.pg_class'::regclass AND o.deptype = 'a' AND o.objid >= 16384"
            ),
        ]
        // The rows of unlogged tables go with a crash, which changes no catalog.
        parts.append(
            """
            (CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.relpersistence = 'u'
                  AND c.relkind = 'r' AND c.relnamespace IN \(ours))
                  THEN \(ShapeSQL.serverCrashID) ELSE '' END)
            """)
        // What is only named is looked at, too, so that it is named soon.
        let others =
            Self.counted.filter { features.version >= $0.since }.map(\.catalog)
            + databaseCatalogs.filter { features.version >= $0.since }.map(\.catalog)
            + ObjectCatalog.all.filter { $0.isPlain && features.version >= $0.since }.map(\.name)
            + ["pg_rewrite", "pg_default_acl"]
            + (features.version >= 90_500 ? ["pg_policy"] : [])
        parts += others.map { part($0, versioned, "o.oid >= 16384") }
        parts.append(
            part(
                "pg_description",
                "concat_ws('/', o.objoid::text, o.classoid::text, o.objsubid::text, o.xmin::text)",
                "o.objoid >= 16384"))
        parts.append(
            part(
                "pg_ts_config_map",
                "concat_ws('/', o.mapcfg::text, o.maptokentype::text, o.mapseqno::text, o.mapdict::text)",
                "o.mapcfg >= 16384"))
        if features.hasSequenceCatalog {
            parts.append(part("pg_sequence", "o.seqrelid::text || '/' || o.xmin::text", "true"))
        }
        return "SELECT md5(concat_ws('|', \(parts.joined(separator: ",\n"))))"
    }
}

extension String {
    /// The same fragment of SQL for another alias; fragments hold no literals.
    fileprivate func replacingAlias(_ alias: String, with other: String) -> String {
        hasPrefix(alias + ".") ? other + dropFirst(alias.count) : self
    }
}
