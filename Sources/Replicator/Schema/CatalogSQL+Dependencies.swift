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
        ObjectCatalog(word: .rule, name: "pg_rewrite"),
        ObjectCatalog(word: .trigger, name: "pg_trigger"),
        ObjectCatalog(word: .policy, name: "pg_policy", since: 90_500),
    ]
}

extension CatalogSQL {
    /// Which object needs which, beyond the parts of one object; members of an extension stand for
    /// the extension, arrays for their element, row types for their table, the rule that is a view
    /// for the view, defaults for their column, the index of a constraint for the constraint.
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
                   CASE WHEN x.oid IS NOT NULL OR w.rulename = '_RETURN' THEN 'relation'
                        WHEN dk.oid IS NOT NULL THEN 'constraint'
                        WHEN dc.relkind = 'c' THEN 'type' ELSE \(catalog("d", "")) END,
                   coalesce(x.adrelid, CASE WHEN w.rulename = '_RETURN' THEN w.ev_class END, dk.oid,
                            CASE WHEN dc.relkind = 'c' THEN dc.reltype END, d.objid),
                   coalesce(x.adnum::int, CASE WHEN dc.relkind = 'c' THEN 0 END, d.objsubid),
                   CASE WHEN m.refobjid IS NOT NULL THEN 'extension'
                        WHEN rk.oid IS NOT NULL THEN 'constraint'
                        WHEN rc.relkind = 'c' THEN 'type'
                        WHEN tc.oid IS NOT NULL THEN 'relation' ELSE \(catalog("d", "ref")) END,
                   coalesce(m.refobjid, rk.oid, CASE WHEN rc.relkind = 'c' THEN rc.reltype END,
                            tc.oid, ra.oid, d.refobjid),
                   CASE WHEN m.refobjid IS NULL AND rc.relkind <> 'c' THEN d.refobjsubid ELSE 0 END,
                   CASE WHEN m.refobjid IS NULL
                        THEN pg_describe_object(d.refclassid, coalesce(ra.oid, d.refobjid), 0) END
              FROM pg_catalog.pg_depend d
              LEFT JOIN pg_catalog.pg_attrdef x
                ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND x.oid = d.objid
              LEFT JOIN pg_catalog.pg_rewrite w
                ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
              LEFT JOIN pg_catalog.pg_trigger g
                ON d.classid = 'pg_catalog.pg_trigger'::regclass AND g.oid = d.objid
              LEFT JOIN pg_catalog.pg_proc gp ON gp.oid = g.tgfoid
              LEFT JOIN pg_catalog.pg_namespace gn ON gn.oid = gp.pronamespace
              LEFT JOIN pg_catalog.pg_class dc
                ON d.classid = 'pg_catalog.pg_class'::regclass AND dc.oid = d.objid
              LEFT JOIN pg_catalog.pg_constraint dk
                ON dc.relkind IN ('i', 'I') AND dk.conindid = dc.oid
               AND dk.contype IN ('p', 'u', 'x')
              LEFT JOIN pg_catalog.pg_class rc
                ON d.refclassid = 'pg_catalog.pg_class'::regclass AND rc.oid = d.refobjid
              LEFT JOIN pg_catalog.pg_constraint rk
                ON rc.relkind IN ('i', 'I') AND rk.conindid = rc.oid
               AND rk.contype IN ('p', 'u', 'x')
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
                    OR (d.deptype = 'a' AND (d.refclassid <> 'pg_catalog.pg_class'::regclass
                            OR x.oid IS NOT NULL OR d.objsubid > 0)))
               AND d.classid IN ('pg_catalog.pg_attrdef'::regclass, \(dependents))
               AND d.refclassid <> 'pg_catalog.pg_namespace'::regclass
               AND NOT coalesce(g.tgisinternal OR gn.nspname = 'teleport', false)
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
        let parts = Self.counted.filter { features.version >= $0.since }.map { counted in
            """
            SELECT '\(counted.kind)'::text, n.nspname::text, NULL::text, o.\(counted.name)::text
              FROM pg_catalog.\(counted.catalog) o
              JOIN pg_catalog.pg_namespace n ON n.oid = o.\(counted.namespace)
             WHERE n.nspname = ANY (\(schemas)) AND \(notMember(counted.catalog, "o.oid"))
            """
        }
        return parts.joined(separator: "\nUNION\n") + "\nORDER BY 1, 2, 3, 4"
    }
}
