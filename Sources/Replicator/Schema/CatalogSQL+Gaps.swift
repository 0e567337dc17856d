/// Parts of carried objects that are not carried: named, so that no difference is silent.
///
/// Each query answers kind, catalog and oid of the object that it hangs on (`database` for what no
/// schema holds), schema, name or NULL where the number is enough, number, and the reason.
extension CatalogSQL {
    /// All of them in one query.
    var gaps: String {
        ([columnGaps, relationGaps] + databaseGaps)
            .joined(separator: "\nUNION ALL\n") + "\nORDER BY 1, 4, 5, 7"
    }

    /// Storage, compression, statistics target and options of a materialized view's columns.
    private var columnGaps: String {
        let compression =
            features.version >= 140_000
            ? """
            CASE a.attcompression::text WHEN '' THEN NULL WHEN 'p' THEN 'compression pglz'
                 WHEN 'l' THEN 'compression lz4' ELSE 'compression ' || a.attcompression::text END
            """ : "NULL::text"
        let storage = """
            CASE WHEN c.relkind = 'm' AND a.attstorage <> y.typstorage THEN
                CASE a.attstorage::text WHEN 'p' THEN 'storage PLAIN'
                     WHEN 'e' THEN 'storage EXTERNAL'
                     WHEN 'm' THEN 'storage MAIN' WHEN 'x' THEN 'storage EXTENDED'
                     ELSE 'storage ' || a.attstorage::text END END
            """
        return """
            SELECT 'column properties'::text, 'relation'::text, coalesce(i.indrelid, c.oid),
                   n.nspname::text, c.relname::text || '.' || a.attname::text, 1::bigint,
                   concat_ws(', ', \(storage), \(compression),
                       CASE WHEN coalesce(a.attstattarget, -1) >= 0
                            THEN 'statistics target ' || a.attstattarget::text END,
                       'options ' || array_to_string(a.attoptions, ' ')) || ': not carried'
              FROM pg_catalog.pg_attribute a
              JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
              LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
             WHERE n.nspname = ANY (\(schemas)) AND c.relkind = 'm'
               AND a.attnum > 0 AND NOT a.attisdropped
               AND (coalesce(a.attstattarget, -1) >= 0 OR a.attoptions IS NOT NULL
                    OR a.attstorage <> y.typstorage
                    OR \(compression) IS NOT NULL)
            """
    }

    /// Tablespaces: the target has its own.
    private var relationGaps: String {
        """
        SELECT CASE WHEN i.indexrelid IS NULL THEN 'table' ELSE 'index' END || ' properties',
               'relation'::text, coalesce(i.indrelid, c.oid), n.nspname::text, c.relname::text,
               1::bigint, 'tablespace ' || s.spcname::text || ': not carried'
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
         WHERE n.nspname = ANY (\(schemas)) AND c.relkind IN ('r', 'p', 'm', 'i', 'I')
        """
    }

    /// Catalogs of what belongs to the database as a whole, with the column of the names.
    var databaseCatalogs:
        [(kind: String, catalog: String, name: String, since: Int, condition: String)]
    {
        // Our own one is not the application's.
        let others = """
             AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_proc f
              JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
             WHERE f.oid = o.evtfoid AND fn.nspname = 'teleport')
            """
        return [
            ("event triggers", "pg_event_trigger", "evtname", 90_300, others),
            ("publications", "pg_publication", "pubname", 100_000, ""),
            ("languages", "pg_language", "lanname", 0, ""),
            ("foreign-data wrappers", "pg_foreign_data_wrapper", "fdwname", 0, ""),
            ("foreign servers", "pg_foreign_server", "srvname", 0, ""),
            ("access methods", "pg_am", "amname", 90_600, ""),
            ("transforms", "pg_transform", "trftype::regtype", 90_500, ""),
        ]
    }

    private var databaseGaps: [String] {
        databaseCatalogs.filter { features.version >= $0.since }.map { wide in
            database(
                wide.kind, wide.catalog, "o.\(wide.name)::text",
                "o.oid >= 16384 AND \(notMember(wide.catalog, "o.oid"))\(wide.condition)")
        } + subscriptions + (unknownCatalogs.map { [$0] } ?? []) + [
            database("large objects", "pg_largeobject_metadata", "'*'::text", "true"),
            database(
                "default privileges", "pg_default_acl", "'*'::text", "o.defaclnamespace = 0"),
            database("security labels", "pg_seclabel", "'*'::text", "true"),
        ]
    }

    private var subscriptions: [String] {
        guard features.version >= 100_000 else { return [] }
        return [
            database(
                "subscriptions", "pg_subscription", "o.subname::text",
                """
                o.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d
                              WHERE d.datname = current_database())
                """)
        ]
    }

    private func database(
        _ kind: String, _ catalog: String, _ name: String, _ condition: String
    ) -> String {
        """
        SELECT '\(kind)'::text, 'database'::text, 0::oid, ''::text,
               left(string_agg(DISTINCT \(name), ', '), 200), count(*),
               '\(NotCarried.isDatabaseWide)'::text
          FROM pg_catalog.\(catalog) o WHERE \(condition) HAVING count(*) > 0
        """
    }
}
