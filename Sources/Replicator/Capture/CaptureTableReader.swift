package import PGWire

extension CaptureTable {
    /// Reads the tables that any of the expressions matches, with three queries whatever their number.
    ///
    /// Partitions appear below their root only, and the root's name decides. Temporary and foreign
    /// tables, and what belongs to an extension, are left out.
    ///
    /// - Returns: by name; tables without a key or without rights too, so that they can be reported.
    package static func tables(
        on connection: PGConnection, matching expressions: [TargetExpression]
    ) async throws(PGError) -> [CaptureTable] {
        let schemas = Set(expressions.flatMap(\.schemas)).subtracting([CaptureID.schema])
            .sorted()
        guard !schemas.isEmpty else { return [] }
        let sql = CaptureTableSQL(serverVersion: connection.serverVersion)
        let parameter = PGParameter(array: schemas)
        var tables: [UInt32: CaptureTable] = [:]
        for row in try await connection.query(sql: sql.tables, [parameter]).rows {
            let table = try CaptureTable(tableRow: row)
            if expressions.contains(where: { $0.matches(table.name) }) {
                tables[table.oid] = table
            }
        }
        for row in try await connection.query(sql: sql.keys, [parameter]).rows {
            tables[try row.decode(UInt32.self, 0)]?.key.append(try KeyColumn(keyRow: row))
        }
        if connection.serverVersion >= 100_000 {
            for row in try await connection.query(sql: sql.leaves, [parameter]).rows {
                tables[try row.decode(UInt32.self, 0)]?.append(try Leaf(leafRow: row))
            }
        }
        return tables.values.sorted { $0.name < $1.name }
    }

    private init(tableRow row: PGRow) throws(PGError) {
        var missing: Set<String> = []
        for (index, right) in [(6, "USAGE"), (7, "SELECT"), (8, "TRIGGER")] {
            if try !row.decode(Bool.self, index) { missing.insert(right) }
        }
        let kind: Kind =
            try row.decode(Bool.self, 3)
            ? .partitioned(leaves: []) : try row.decode(Bool.self, 9) ? .inherited : .ordinary
        self.init(
            oid: try row.decode(UInt32.self, 0),
            name: TableName(
                schema: try row.decode(String.self, 1), name: try row.decode(String.self, 2)),
            kind: kind, key: [], owner: try row.decode(String.self, 4),
            isOwned: try row.decode(Bool.self, 5),
            role: try row.decode(String.self, 10), missingRights: missing)
    }

    private mutating func append(_ leaf: Leaf) {
        kind = .partitioned(leaves: leaves + [leaf])
    }
}

extension CaptureTable.KeyColumn {
    fileprivate init(keyRow row: PGRow) throws(PGError) {
        self.init(
            number: try row.decode(Int16.self, 1), name: try row.decode(String.self, 2),
            typeOID: try row.decode(UInt32.self, 3),
            baseTypeName: try row.decode(String.self, 5),
            baseTypeOID: try row.decode(UInt32.self, 4),
            isEnum: try row.decode(Bool.self, 6), isBuiltIn: try row.decode(Bool.self, 7))
    }
}

extension CaptureTable.Leaf {
    fileprivate init(leafRow row: PGRow) throws(PGError) {
        self.init(
            oid: try row.decode(UInt32.self, 1),
            name: TableName(
                schema: try row.decode(String.self, 2), name: try row.decode(String.self, 3)),
            isOwned: try row.decode(Bool.self, 4), allowsTriggers: try row.decode(Bool.self, 5),
            holdsRows: try row.decode(Bool.self, 6))
    }
}

/// The queries of the reader; every difference between server versions is in here.
package struct CaptureTableSQL: Sendable {
    private let serverVersion: Int

    /// For a server of a version (`server_version_num`).
    package init(serverVersion: Int) {
        self.serverVersion = serverVersion
    }

    /// `c.relkind` and so on of what can be captured, in the schemas of `$1`.
    private var scope: String {
        let kinds =
            serverVersion >= 100_000
            ? "c.relkind IN ('r', 'p') AND NOT c.relispartition" : "c.relkind = 'r'"
        return """
            c.relnamespace = n.oid AND n.nspname = ANY ($1::pg_catalog.text[])
               AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
               AND \(kinds) AND c.relpersistence <> 't'
               AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e')
            """
    }

    /// One row a table.
    package var tables: String {
        """
        SELECT c.oid, n.nspname, c.relname, c.relkind = 'p', pg_catalog.pg_get_userbyid(c.relowner),
               pg_catalog.pg_has_role(c.relowner, 'USAGE'),
               pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
               pg_catalog.has_table_privilege(c.oid, 'SELECT'),
               pg_catalog.has_table_privilege(c.oid, 'TRIGGER'),
               EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid),
               CURRENT_USER::pg_catalog.text
          FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n
         WHERE \(scope)
         ORDER BY c.oid
        """
    }

    /// One row a column of the key.
    ///
    /// The key is the primary key, else the unique index over NOT NULL columns with the fewest
    /// columns, then by name: the same choice as the schema's reader makes. What is deferrable,
    /// partial, over expressions, invalid or over generated columns does not serve.
    package var keys: String {
        let columns = serverVersion >= 110_000 ? "i.indnkeyatts" : "i.indnatts"
        let generated = serverVersion >= 120_000 ? "a.attgenerated <> ''" : "false"
        return """
            WITH RECURSIVE keyed AS (
                SELECT c.oid, (SELECT i.indexrelid FROM pg_catalog.pg_index i
                     JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
                    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
                      AND i.indimmediate AND NOT i.indisexclusion AND i.indpred IS NULL
                      AND i.indexprs IS NULL
                      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a
                           WHERE a.attrelid = c.oid
                             AND a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:\(columns) - 1])
                             AND (NOT a.attnotnull OR \(generated)))
                    ORDER BY i.indisprimary DESC, \(columns), ic.relname LIMIT 1) AS index
                  FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n WHERE \(scope)
            ), places AS (
                SELECT keyed.oid, i.indkey, pg_catalog.generate_series(0, \(columns) - 1) AS place
                  FROM keyed JOIN pg_catalog.pg_index i ON i.indexrelid = keyed.index
            ), columns AS (
                SELECT p.oid, p.place, a.attnum, a.attname, a.atttypid
                  FROM places p JOIN pg_catalog.pg_attribute a
                    ON a.attrelid = p.oid AND a.attnum = p.indkey[p.place]
            ), base(type, base) AS (
                SELECT DISTINCT atttypid, atttypid FROM columns
                UNION
                SELECT b.type, y.typbasetype FROM base b
                  JOIN pg_catalog.pg_type y ON y.oid = b.base WHERE y.typtype = 'd'
            )
            SELECT k.oid, k.attnum, k.attname, k.atttypid, y.oid, y.typname, y.typtype = 'e',
                   y.typnamespace = 11 -- pg_catalog: its oid is fixed
              FROM columns k JOIN base b ON b.type = k.atttypid
              JOIN pg_catalog.pg_type y ON y.oid = b.base AND y.typtype <> 'd'
             ORDER BY k.oid, k.place
            """
    }

    /// One row a partition, at any depth below a root (≥ 10).
    package var leaves: String {
        """
        WITH RECURSIVE tree(root, oid) AS (
            SELECT c.oid, c.oid FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n
             WHERE c.relkind = 'p' AND \(scope)
            UNION ALL
            SELECT t.root, h.inhrelid FROM tree t
              JOIN pg_catalog.pg_inherits h ON h.inhparent = t.oid)
        SELECT t.root, c.oid, n.nspname, c.relname, pg_catalog.pg_has_role(c.relowner, 'USAGE'),
               pg_catalog.has_table_privilege(c.oid, 'TRIGGER')
                   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
               c.relkind = 'r'
          FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE t.oid <> t.root AND c.relkind IN ('r', 'p')
         ORDER BY t.root, c.oid
        """
    }
}
