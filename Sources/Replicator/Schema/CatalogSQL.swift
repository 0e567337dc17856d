/// The queries of `CatalogReader`: set based, explicit columns, one text for every version but for
/// the fragments of `CatalogFeatures`.
struct CatalogSQL: Sendable {
    let features: CatalogFeatures
    private let shapeSQL: ShapeSQL
    /// An SQL array of the schemas' names.
    let schemas: String

    init(serverVersion: Int, schemas: [String] = []) {
        features = CatalogFeatures(serverVersion)
        shapeSQL = ShapeSQL(serverVersion: serverVersion)
        self.schemas = "ARRAY[\(schemas.map(SQLText.literal).joined(separator: ", "))]::text[]"
    }

    /// A condition: the object is not a member of an extension.
    func notMember(_ catalog: String, _ oid: String) -> String {
        """
        NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend m
             WHERE m.classid = 'pg_catalog.\(catalog)'::regclass AND m.objid = \(oid)
               AND m.deptype = 'e')
        """
    }

    var database: String {
        """
        SELECT \(features.systemIdentifier), d.oid, current_setting('search_path')
          FROM pg_catalog.pg_database d WHERE d.datname = current_database()
        """
    }

    var namespaces: String {
        """
        SELECT n.oid, n.nspname::text FROM pg_catalog.pg_namespace n
         WHERE n.nspname = ANY (\(schemas)) ORDER BY n.nspname
        """
    }

    var extensions: String {
        """
        SELECT e.oid, e.extname::text, n.nspname::text, e.extversion, e.extrelocatable
          FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
         ORDER BY e.extname
        """
    }

    /// Tables and everything else in pg_class but indexes and what belongs to other objects.
    var relations: String {
        """
        SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence::text,
               c.relfilenode, \(features.isPartition),
               (SELECT h.inhparent FROM pg_catalog.pg_inherits h
                 WHERE h.inhrelid = c.oid ORDER BY h.inhseqno LIMIT 1),
               \(features.partitionBound), \(features.partitionKey),
               \(tableOptions), \(features.rowSecurity),
               c.reloftype <> 0,
               CASE WHEN c.relkind IN ('r', 'p') THEN array_to_json(\(shapeSQL.keyColumns))::text
                    ELSE '[]' END,
               CASE WHEN c.relkind IN ('r', 'p') THEN
                    (SELECT k.relname::text FROM pg_catalog.pg_class k
                      WHERE k.oid = \(shapeSQL.keyIndex)) END,
               CASE WHEN c.relkind IN ('r', 'p') THEN \(shapeSQL.captureID) ELSE '' END,
               CASE WHEN c.relkind IN ('r', 'p') THEN \(shapeSQL.shape) ELSE '' END,
               array_to_json(ARRAY(SELECT h.inhparent::text FROM pg_catalog.pg_inherits h
                    WHERE h.inhrelid = c.oid ORDER BY h.inhseqno))::text,
               \(shapeSQL.crashID), \(tableProperties)
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = ANY (\(schemas)) AND c.relkind NOT IN ('i', 'I', 't', 'S', 'c')
           AND \(notMember("pg_class", "c.oid"))
         ORDER BY 2, 3
        """
    }

    func shapes(_ oids: [UInt32]) -> String {
        """
        SELECT c.oid, \(shapeSQL.shape) FROM pg_catalog.pg_class c
         WHERE c.oid = ANY (ARRAY[\(oids.map(String.init).joined(separator: ", "))]::oid[])
        """
    }

    /// The columns of tables, views and composite types.
    var columns: String {
        """
        SELECT a.attrelid, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod),
               a.atttypid,
               CASE WHEN a.attcollation <> y.typcollation AND a.attcollation <> 0 THEN
                   \(visibleCollation("a.attcollation")) END,
               a.attnotnull, pg_get_expr(d.adbin, d.adrelid), \(features.missingValue),
               \(features.identity), \(features.generated), a.attislocal, a.attinhcount > 0,
               a.attstorage::text, a.attstorage = y.typstorage, \(features.compression),
               CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
               coalesce(array_to_json(a.attoptions)::text, '[]')
          FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
          LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE n.nspname = ANY (\(schemas)) AND c.relkind IN ('r', 'p', 'v', 'm', 'c')
           AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY a.attrelid, a.attnum
        """
    }

    /// Types that are made by themselves: no row types of tables, no arrays of other types.
    var types: String {
        """
        SELECT y.oid, n.nspname::text, y.typname::text, y.typtype::text, y.typrelid,
               CASE WHEN y.typtype = 'd' THEN format_type(y.typbasetype, y.typtypmod) END,
               CASE WHEN y.typtype = 'd' THEN pg_get_expr(y.typdefaultbin, 0) END, y.typnotnull,
               CASE WHEN y.typtype = 'd' AND y.typcollation <> b.typcollation THEN
                   \(visibleCollation("y.typcollation")) END
          FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
          LEFT JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype
          LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid
         WHERE n.nspname = ANY (\(schemas)) AND (y.typrelid = 0 OR c.relkind = 'c')
           AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_type e WHERE e.typarray = y.oid)
           AND \(notMember("pg_type", "y.oid"))
         ORDER BY 2, 3
        """
    }

    var labels: String {
        """
        SELECT e.enumtypid, e.oid, e.enumlabel::text FROM pg_catalog.pg_enum e
          JOIN pg_catalog.pg_type y ON y.oid = e.enumtypid
          JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
         WHERE n.nspname = ANY (\(schemas)) ORDER BY e.enumtypid, e.enumsortorder
        """
    }

    /// The constraints of tables and domains.
    var constraints: String {
        """
        SELECT k.oid, k.conname::text, k.conrelid, k.contypid, k.contype::text,
               pg_get_constraintdef(k.oid), \(features.constraintFromParent),
               \(features.constraintEnforced), k.conindid, \(features.constraintParent),
               k.conislocal, \(constraintColumns("conkey", of: "conrelid", kinds: "'f', 'n'")),
               k.connoinherit, k.convalidated, k.condeferrable, k.condeferred, k.confrelid,
               \(constraintColumns("confkey", of: "confrelid", kinds: "'f'")),
               k.confmatchtype::text, k.confupdtype::text, k.confdeltype::text,
               \(features.setsColumns
                    ? constraintColumns("confdelsetcols", of: "conrelid", kinds: "'f'") : "'[]'"),
               \(features.constraintPeriod),
               coalesce(array_to_json(ic.reloptions)::text, '[]'),
               rn.nspname::text, rc.relname::text,
               (SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = ic.oid)
          FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
          LEFT JOIN pg_catalog.pg_class ic ON ic.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
          LEFT JOIN pg_catalog.pg_class rc ON rc.oid = k.confrelid
          LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
         WHERE n.nspname = ANY (\(schemas)) ORDER BY k.conname, k.oid
        """
    }

    /// The indexes that no constraint owns; the fixed beginnings of their definitions come along to
    /// be cut off.
    var indexes: String {
        """
        SELECT c.oid, n.nspname::text, c.relname::text, i.indrelid, i.indisunique, i.indisvalid,
               pg_get_indexdef(c.oid),
               'CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX '
                   || quote_ident(c.relname) || ' ON ',
               quote_ident(tn.nspname) || '.', quote_ident(t.relname) || ' ',
               coalesce(array_to_json(c.reloptions)::text, '[]'), \(indexStatistics),
               c.relkind = 'I',
               (SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
          FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p', 'm')
          JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
         WHERE n.nspname = ANY (\(schemas))
           AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k
                WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
         ORDER BY 2, 3
        """
    }

    /// Functions, procedures and what else is in pg_proc.
    var routines: String {
        """
        SELECT p.oid, n.nspname::text, p.proname::text, \(features.routineKind),
               pg_get_function_identity_arguments(p.oid),
               coalesce(pg_get_function_result(p.oid), ''), l.lanname::text,
               CASE WHEN \(features.isPlainRoutine) AND l.lanname NOT IN ('c', 'internal')
                    THEN pg_get_functiondef(p.oid) END,
               quote_ident(n.nspname) || '.' || quote_ident(p.proname)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          JOIN pg_catalog.pg_language l ON l.oid = p.prolang
         WHERE n.nspname = ANY (\(schemas)) AND \(notMember("pg_proc", "p.oid"))
           AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend m
                WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND m.objid = p.oid
                  AND m.deptype = 'i')
         ORDER BY 2, 3, 5
        """
    }

    /// The sequences with their owners; their options where the server has them in a catalog.
    var sequences: String {
        let options =
            features.hasSequenceCatalog
            ? """
            format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
                           s.seqcache, s.seqcycle
            """ : "NULL, NULL, NULL, NULL, NULL, NULL, NULL"
        let catalog =
            features.hasSequenceCatalog
            ? "JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid" : ""
        return """
            SELECT c.oid, n.nspname::text, c.relname::text, o.refobjid, o.refobjsubid,
                   o.deptype::text, c.relpersistence::text, \(options)
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              \(catalog)
              LEFT JOIN pg_catalog.pg_depend o
                ON o.classid = 'pg_catalog.pg_class'::regclass AND o.objid = c.oid AND o.objsubid = 0
               AND o.refclassid = 'pg_catalog.pg_class'::regclass AND o.deptype IN ('a', 'i')
             WHERE n.nspname = ANY (\(schemas)) AND c.relkind = 'S'
               AND \(notMember("pg_class", "c.oid"))
             ORDER BY 2, 3
            """
    }

    /// The options of sequences on a server that keeps them in the sequences (< 10).
    func sequenceOptions(_ sequences: [(oid: UInt32, name: TableName)]) -> String {
        sequences.map { sequence in
            """
            SELECT \(sequence.oid), 'bigint'::text, start_value, increment_by, min_value, max_value,
                   cache_value, is_cycled FROM \(sequence.name.quoted)
            """
        }.joined(separator: " UNION ALL ")
    }
}
