/// SQL expressions that say, for a row `c` of pg_class, how a table is captured, keyed and shaped.
///
/// Both the full reading and the cheap look at a batch's tables are made of them, so that equal
/// states give equal texts. They depend on no setting of the session.
package struct ShapeSQL: Sendable {
    private let features: CatalogFeatures

    /// For a server of a version.
    package init(serverVersion: Int) {
        features = CatalogFeatures(serverVersion)
    }

    /// The oid of the index that serves as key: the primary key, else the unique index over NOT
    /// NULL columns with the fewest columns, then by name; NULL where there is none.
    ///
    /// Deferrable, partial, expression and invalid ones do not serve, nor do generated columns,
    /// since the target cannot be given their values.
    package var keyIndex: String {
        """
        (SELECT i.indexrelid FROM pg_catalog.pg_index i
           JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
            AND NOT i.indisexclusion AND i.indpred IS NULL AND i.indexprs IS NULL
            AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                   AND (NOT a.attnotnull OR \(features.generated) <> ''))
          ORDER BY i.indisprimary DESC, \(features.keyColumnCount), ic.relname LIMIT 1)
        """
    }

    /// The names of the key's columns in its order, as `text[]`; empty where there is no key.
    package var keyColumns: String {
        """
        ARRAY(SELECT a.attname::text FROM
            (SELECT i.indrelid, i.indkey, generate_series(0, \(features.keyColumnCount) - 1) AS place
               FROM pg_catalog.pg_index i WHERE i.indexrelid = \(keyIndex)) x
           JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[x.place]
          ORDER BY x.place)
        """
    }

    /// The identity of a table's capture: a digest over its triggers, empty where one is missing
    /// or disabled.
    ///
    /// A trigger that was dropped, disabled or made anew in the meantime has another oid or
    /// another `xmin`, so the digest shows that changes may have been missed. For the root of a
    /// partition tree the leaves count too.
    package var captureID: String {
        let expected = { (names: [String]) in
            names.map(SQLText.literal).joined(separator: ", ")
        }
        let tree = """
            WITH RECURSIVE tree(oid, kind) AS (
                SELECT c.oid, c.relkind
                UNION ALL
                SELECT m.oid, m.relkind FROM tree
                  JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid
                  JOIN pg_catalog.pg_class m ON m.oid = h.inhrelid WHERE c.relkind = 'p')
            """
        return """
            (\(tree)
            SELECT CASE WHEN bool_and(
                       part.found = CASE WHEN c.relkind = 'p' THEN \(features.treeTriggers.count)
                                    ELSE \(features.tableTriggers.count) END)
                   THEN md5(string_agg(part.text, ';' ORDER BY part.oid)) ELSE '' END
              FROM (SELECT tree.oid, count(t.oid) AS found,
                           tree.oid::text || '/' || coalesce(string_agg(
                               t.oid::text || ':' || t.xmin::text || ':' || t.tgenabled::text, ','
                               ORDER BY t.tgname), '') AS text
                      FROM tree LEFT JOIN (pg_catalog.pg_trigger t
                           JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
                           JOIN pg_catalog.pg_namespace fn
                             ON fn.oid = f.pronamespace AND fn.nspname = 'teleport')
                        ON t.tgrelid = tree.oid AND t.tgenabled IN ('O', 'A')
                       AND ((c.relkind = 'p' AND t.tgname IN (\(expected(features.treeTriggers))))
                         OR (c.relkind <> 'p'
                             AND t.tgname IN (\(expected(features.tableTriggers)))))
                     WHERE tree.kind <> 'p' OR tree.oid = c.oid
                     GROUP BY tree.oid) part)
            """
    }

    /// The names, columns, key, capture and column types (enum labels, composite attributes,
    /// domains, through arrays) of a table, as a digest.
    package var shape: String {
        """
        md5(concat_ws('|', c.relnamespace::text,
            (SELECT n.nspname::text FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace),
            c.relname::text, c.relkind::text,
            (SELECT string_agg(concat_ws(':', a.attnum::text, a.attname::text, a.atttypid::text,
                        a.atttypmod::text, a.attnotnull::text, \(features.generated)),
                    ',' ORDER BY a.attnum)
               FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
            \(keyColumns)::text, \(captureID),
            (WITH RECURSIVE used(oid) AS (
                SELECT a.atttypid FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                UNION
                SELECT unnest(ARRAY[y.typelem, y.typbasetype] || ARRAY(
                           SELECT a.atttypid FROM pg_catalog.pg_attribute a
                            WHERE a.attrelid = y.typrelid AND y.typtype = 'c'
                              AND a.attnum > 0 AND NOT a.attisdropped))
                  FROM used JOIN pg_catalog.pg_type y ON y.oid = used.oid
                 WHERE used.oid >= 16384)
             SELECT string_agg(concat_ws(':', y.oid::text, y.typnamespace::text, y.typname::text,
                        y.typbasetype::text, y.typtypmod::text,
                        (SELECT string_agg(e.oid::text || e.enumlabel::text, ','
                                           ORDER BY e.enumsortorder)
                           FROM pg_catalog.pg_enum e WHERE e.enumtypid = y.oid),
                        (SELECT string_agg(concat_ws('.', a.attnum::text, a.attname::text,
                                               a.atttypid::text, a.atttypmod::text),
                                           ',' ORDER BY a.attnum)
                           FROM pg_catalog.pg_attribute a
                          WHERE a.attrelid = y.typrelid AND y.typtype = 'c'
                            AND a.attnum > 0 AND NOT a.attisdropped)), ';' ORDER BY y.oid)
               FROM used JOIN pg_catalog.pg_type y ON y.oid = used.oid WHERE y.oid >= 16384)))
        """
    }
}
