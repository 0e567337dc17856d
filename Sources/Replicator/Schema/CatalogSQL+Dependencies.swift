/// A catalog whose objects are modelled, so that dependencies between them are known.
struct ObjectCatalog: Sendable {
    let word: SchemaSnapshot.ObjectID.Catalog
    let name: String
    var since = 0
    /// Whether its objects stand for themselves, in no other catalog.
    var isPlain = true

    /// As an SQL expression.
    var regclass: String { "'pg_catalog.\(name)'::regclass" }

    static let all = [
        ObjectCatalog(word: .relation, name: "pg_class", isPlain: false),
        ObjectCatalog(word: .type, name: "pg_type", isPlain: false),
        ObjectCatalog(word: .routine, name: "pg_proc", isPlain: false),
        ObjectCatalog(word: .constraint, name: "pg_constraint", isPlain: false),
        ObjectCatalog(word: .collation, name: "pg_collation"),
        ObjectCatalog(word: .dictionary, name: "pg_ts_dict"),
        ObjectCatalog(word: .configuration, name: "pg_ts_config"),
        ObjectCatalog(word: .operator, name: "pg_operator"),
        ObjectCatalog(word: .cast, name: "pg_cast"),
        ObjectCatalog(word: .conversion, name: "pg_conversion"),
        ObjectCatalog(word: .statistics, name: "pg_statistic_ext", since: 100_000),
    ]
}

extension CatalogSQL {
    /// Which object needs which, beyond the parts of one object; members of an extension stand for
    /// the extension, arrays for their element, row types for their table.
    ///
    /// The last column describes what is needed where it is of a kind that is not modelled.
    var dependencies: String {
        let catalogs = ObjectCatalog.all.filter { features.version >= $0.since }
        let catalog = { (alias: String, prefix: String) in
            "CASE \(alias).\(prefix)classid "
                + catalogs.map { "WHEN \($0.regclass) THEN '\($0.word.rawValue)'" }
                .joined(separator: " ") + " ELSE 'other' END"
        }
        let dependents = catalogs.map(\.regclass).joined(separator: ", ")
        return """
            SELECT DISTINCT
                   CASE WHEN x.oid IS NOT NULL THEN 'relation'
                        WHEN dc.relkind = 'c' THEN 'type' ELSE \(catalog("d", "")) END,
                   coalesce(x.adrelid, CASE WHEN dc.relkind = 'c' THEN dc.reltype END, d.objid),
                   coalesce(x.adnum::int, CASE WHEN dc.relkind = 'c' THEN 0 END, d.objsubid),
                   CASE WHEN m.refobjid IS NOT NULL THEN 'extension'
                        WHEN rc.relkind = 'c' THEN 'type'
                        WHEN tc.oid IS NOT NULL THEN 'relation' ELSE \(catalog("d", "ref")) END,
                   coalesce(m.refobjid, CASE WHEN rc.relkind = 'c' THEN rc.reltype END, tc.oid,
                            ra.oid, d.refobjid),
                   CASE WHEN m.refobjid IS NULL AND rc.relkind <> 'c' THEN d.refobjsubid ELSE 0 END,
                   CASE WHEN m.refobjid IS NULL
                        THEN pg_describe_object(d.refclassid, coalesce(ra.oid, d.refobjid), 0) END
              FROM pg_catalog.pg_depend d
              LEFT JOIN pg_catalog.pg_attrdef x
                ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND x.oid = d.objid
              LEFT JOIN pg_catalog.pg_class dc
                ON d.classid = 'pg_catalog.pg_class'::regclass AND dc.oid = d.objid
              LEFT JOIN pg_catalog.pg_class rc
                ON d.refclassid = 'pg_catalog.pg_class'::regclass AND rc.oid = d.refobjid
              LEFT JOIN pg_catalog.pg_type ra
                ON d.refclassid = 'pg_catalog.pg_type'::regclass AND ra.typarray = d.refobjid
              LEFT JOIN pg_catalog.pg_type rt
                ON d.refclassid = 'pg_catalog.pg_type'::regclass
               AND rt.oid = coalesce(ra.oid, d.refobjid)
              LEFT JOIN pg_catalog.pg_class tc ON tc.oid = rt.typrelid AND tc.relkind <> 'c'
              LEFT JOIN pg_catalog.pg_depend m
                ON m.classid = d.refclassid AND m.objid = coalesce(ra.oid, d.refobjid)
               AND m.objsubid = 0 AND m.deptype = 'e'
             WHERE d.refobjid >= 16384 AND d.objid >= 16384
               AND (d.deptype = 'n'
                    OR (d.deptype = 'a' AND d.refclassid <> 'pg_catalog.pg_class'::regclass))
               AND d.classid IN ('pg_catalog.pg_attrdef'::regclass, \(dependents))
               AND d.refclassid <> 'pg_catalog.pg_namespace'::regclass
             ORDER BY 1, 2, 3, 4, 5, 6
            """
    }

    /// A catalog of objects that are reported and not carried.
    struct Counted {
        let kind: String
        let catalog: String
        let name: String
        let namespace: String
        var since = 0
    }

    static let counted = [
        Counted(
            kind: "operator class", catalog: "pg_opclass", name: "opcname",
            namespace: "opcnamespace"),
        Counted(
            kind: "operator family", catalog: "pg_opfamily", name: "opfname",
            namespace: "opfnamespace"),
        Counted(
            kind: "text search parser", catalog: "pg_ts_parser", name: "prsname",
            namespace: "prsnamespace"),
        Counted(
            kind: "text search template", catalog: "pg_ts_template", name: "tmplname",
            namespace: "tmplnamespace"),
    ]

    /// Kind, schema, table or NULL, and name: what is in the schemas and not modelled.
    var unmodelled: String {
        var parts = Self.counted.filter { features.version >= $0.since }.map { counted in
            """
            SELECT '\(counted.kind)'::text, n.nspname::text, NULL::text, o.\(counted.name)::text
              FROM pg_catalog.\(counted.catalog) o
              JOIN pg_catalog.pg_namespace n ON n.oid = o.\(counted.namespace)
             WHERE n.nspname = ANY (\(schemas)) AND \(notMember(counted.catalog, "o.oid"))
            """
        }
        let clone = features.version >= 130_000 ? "o.tgparentid = 0" : "true"
        parts.append(
            onTables(
                "trigger", "pg_trigger", name: "tgname", table: "tgrelid",
                """
                NOT o.tgisinternal AND \(clone) AND NOT EXISTS (
                     SELECT 1 FROM pg_catalog.pg_proc f
                       JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
                      WHERE f.oid = o.tgfoid AND fn.nspname = 'teleport')
                """))
        parts.append(
            onTables(
                "rule", "pg_rewrite", name: "rulename", table: "ev_class",
                "o.rulename <> '_RETURN'"))
        if features.version >= 90_500 {
            parts.append(
                onTables("policy", "pg_policy", name: "polname", table: "polrelid", "true"))
        }
        return parts.joined(separator: "\nUNION\n") + "\nORDER BY 1, 2, 3, 4"
    }

    private func onTables(
        _ kind: String, _ catalog: String, name: String, table: String, _ condition: String
    ) -> String {
        """
        SELECT '\(kind)'::text, n.nspname::text, c.relname::text, o.\(name)::text
          FROM pg_catalog.\(catalog) o JOIN pg_catalog.pg_class c ON c.oid = o.\(table)
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = ANY (\(schemas)) AND \(condition)
        """
    }
}
