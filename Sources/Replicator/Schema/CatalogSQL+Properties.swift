/// Fragments that read what is set one by one on tables, columns, indexes and constraints.
extension CatalogSQL {
    /// `c` = pg_class: the options of a table and, as `toast.…`, of its TOAST table.
    var tableOptions: String {
        """
        array_to_json(coalesce(c.reloptions, '{}') || ARRAY(
            SELECT 'toast.' || p.option FROM (SELECT unnest(o.reloptions) AS option
              FROM pg_catalog.pg_class o WHERE o.oid = c.reltoastrelid) p))::text
        """
    }

    /// `c` = pg_class: type, access method, replica identity with its index, CLUSTER ON.
    var tableProperties: String {
        let method =
            features.version >= 120_000
            ? """
            (SELECT m.amname::text FROM pg_catalog.pg_am m
              WHERE m.oid = c.relam AND m.amname <> 'heap' AND c.relkind IN ('r', 'p'))
            """ : "NULL::text"
        let replica =
            features.version >= 90_400
            ? """
            c.relreplident::text, (SELECT x.relname::text FROM pg_catalog.pg_index i
              JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
             WHERE i.indrelid = c.oid AND i.indisreplident AND c.relreplident = 'i')
            """ : "'d'::text, NULL::text"
        return """
            CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END, \(method), \(replica),
            (SELECT x.relname::text FROM pg_catalog.pg_index i
               JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
              WHERE i.indrelid = c.oid AND i.indisclustered)
            """
    }

    /// `c` = pg_class of an index: `number=target` of its columns, as JSON.
    var indexStatistics: String {
        """
        array_to_json(ARRAY(SELECT a.attnum::text || '=' || a.attstattarget::text
            FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attstattarget >= 0
           ORDER BY a.attnum))::text
        """
    }

    /// `k` = pg_constraint: the names of the columns in an array of attnums, in its order, as JSON.
    func constraintColumns(_ array: String, of table: String, kinds: String) -> String {
        """
        CASE WHEN k.contype IN (\(kinds)) THEN array_to_json(ARRAY(SELECT a.attname::text
              FROM (SELECT k.\(array) AS key,
                           generate_series(1, array_upper(k.\(array), 1)) AS place) x
              JOIN pg_catalog.pg_attribute a
                ON a.attrelid = k.\(table) AND a.attnum = x.key[x.place]
             ORDER BY x.place))::text ELSE '[]' END
        """
    }
}
