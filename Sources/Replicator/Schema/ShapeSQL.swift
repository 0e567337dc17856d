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
                 WHERE a.attrelid = c.oid
                   AND a.attnum = ANY ((i.indkey::int2[])[0:\(features.keyColumnCount) - 1])
                   AND (NOT a.attnotnull OR \(features.generated) <> ''))
          ORDER BY i.indisprimary DESC, \(features.keyColumnCount), ic.relname LIMIT 1)
        """
    }

    /// The names of the key's columns in its order, as `text[]`; empty where there is no key.
    package var keyColumns: String {
        """
        ARRAY(SELECT a.attname::text FROM
            (SELECT i.indkey, generate_series(0, \(features.keyColumnCount) - 1) AS place
               FROM pg_catalog.pg_index i WHERE i.indexrelid = \(keyIndex)) x
           JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[x.place]
          ORDER BY x.place)
        """
    }

    /// The identity of a table's capture: a digest over its triggers, empty where one is missing
    /// or disabled.
    ///
    /// A trigger that was dropped, disabled or made anew in the meantime has another oid or
    /// another `xmin`, so the digest shows that changes may have been missed. Of a partition tree
    /// only the root's own triggers count: what its partitions missed is recorded as an event, so
    /// that a partition can come and go without the whole tree being copied again.
    ///
    /// A partition has its part of the root's row trigger as `oid:xmin:enabled`.
    package var captureID: String {
        let part = """
            (SELECT t.oid::text || ':' || t.xmin::text || ':' || t.tgenabled::text
               FROM pg_catalog.pg_trigger t
               JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
               JOIN pg_catalog.pg_namespace fn
                 ON fn.oid = f.pronamespace AND fn.nspname = 'teleport'
              WHERE t.tgrelid = c.oid AND t.tgname = 'teleport_row')
            """
        return features.version < 100_000
            ? wholeCaptureID
            : "CASE WHEN c.relispartition THEN coalesce(\(part), '') ELSE \(wholeCaptureID) END"
    }

    private var wholeCaptureID: String {
        let own = { (names: [String]) in names.map(SQLText.literal).joined(separator: ", ") }
        return """
            (SELECT CASE WHEN count(*) = CASE WHEN c.relkind = 'p'
                              THEN \(features.treeTriggers.count)
                              ELSE \(features.tableTriggers.count) END
                         THEN md5(string_agg(t.oid::text || ':' || t.xmin::text || ':'
                                      || t.tgenabled::text, ',' ORDER BY t.tgname)) ELSE '' END
               FROM pg_catalog.pg_trigger t
               JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
               JOIN pg_catalog.pg_namespace fn
                 ON fn.oid = f.pronamespace AND fn.nspname = 'teleport'
              WHERE t.tgrelid = c.oid AND t.tgenabled IN ('O', 'A')
                AND t.tgname IN (SELECT unnest(CASE WHEN c.relkind = 'p'
                         THEN ARRAY[\(own(features.treeTriggers))]
                         ELSE ARRAY[\(own(features.tableTriggers))] END)))
            """
    }

    /// What moves when the server emptied its unlogged tables, which no trigger sees.
    ///
    /// That is when its statistics began, which a recovery from a crash does anew (also one that the
    /// postmaster survives), and when the postmaster began. Empty for other tables.
    package var crashID: String {
        """
        CASE WHEN c.relpersistence = 'u' AND c.relkind = 'r' THEN \(Self.serverCrashID) ELSE '' END
        """
    }

    /// The same for the server, whatever it has.
    static let serverCrashID = """
        (SELECT md5(concat_ws('/', extract(epoch from b.stats_reset)::text,
                              extract(epoch from pg_postmaster_start_time())::text))
           FROM pg_catalog.pg_stat_bgwriter b)
        """

    /// The partitions below a root with their bounds, so that a batch finds a new one before its
    /// rows have no place on the target; NULL for other tables and before 10.
    private var partitions: String {
        guard features.version >= 100_000 else { return "NULL::text" }
        return """
            CASE WHEN c.relkind = 'p' THEN
                (WITH RECURSIVE tree(oid) AS (
                    SELECT c.oid
                    UNION ALL
                    SELECT h.inhrelid FROM tree
                      JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid)
                 SELECT string_agg(concat_ws(':', m.oid::text, m.relname::text,
                            m.relnamespace::text, md5(m.relpartbound::text)), ','
                            ORDER BY m.oid)
                   FROM tree JOIN pg_catalog.pg_class m ON m.oid = tree.oid
                  WHERE m.relispartition) END
            """
    }

    /// The names, columns, key, capture, partitions and column types (enum labels, composite
    /// attributes, domains, through arrays) of a table, as a digest.
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
            \(keyColumns)::text, \(captureID), \(crashID), \(partitions),
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
