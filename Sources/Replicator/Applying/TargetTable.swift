import PGWire

/// A table of the target as its catalog has it now: what the statements for its rows depend on.
package struct TargetTable: Sendable, Hashable {
    /// A column that rows are written to.
    package struct Column: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Its type with modifiers, a domain resolved to its base, qualified.
        package let baseType: String
        /// Whether the type is a domain, whose checks are not to apply to a deleted row's NULLs.
        package let isDomain: Bool
        /// GENERATED ALWAYS AS IDENTITY: an UPDATE cannot set it.
        package let isAlwaysIdentity: Bool

        /// Describes a column.
        package init(name: String, baseType: String, isDomain: Bool, isAlwaysIdentity: Bool) {
            self.name = name
            self.baseType = baseType
            self.isDomain = isDomain
            self.isAlwaysIdentity = isAlwaysIdentity
        }
    }

    /// One column of the key and the operator that compares it.
    package struct KeyColumn: Sendable, Hashable {
        /// The column's name.
        package let name: String
        /// The equality of the key's index, `OPERATOR("public".=)`: an empty search path hides
        /// those of extensions.
        package let equality: String
        /// What a domain is compared as, without modifier; nil where the column is none.
        ///
        /// A domain over an enum has no equality of its own.
        package let comparedAs: String?

        /// Describes a column of the key.
        package init(name: String, equality: String, comparedAs: String? = nil) {
            self.name = name
            self.equality = equality
            self.comparedAs = comparedAs
        }
    }

    /// `pg_class.oid`.
    package let oid: UInt32
    /// Its name.
    package let name: TableName
    /// Whether it is the root of a partition tree.
    package let isPartitioned: Bool
    /// The columns of the rows, in the rows' order.
    package let columns: [Column]
    /// The key, in the key's order.
    package let key: [KeyColumn]
    /// Whether a unique index over the key exists that ON CONFLICT may infer.
    package let hasImmediateKey: Bool

    /// Describes a table.
    package init(
        oid: UInt32, name: TableName, isPartitioned: Bool, columns: [Column], key: [KeyColumn],
        hasImmediateKey: Bool
    ) {
        self.oid = oid
        self.name = name
        self.isPartitioned = isPartitioned
        self.columns = columns
        self.key = key
        self.hasImmediateKey = hasImmediateKey
    }
}

extension TargetTable {
    /// Reads the table that rows are for.
    ///
    /// - Throws: `LinkError.schemaBehind` where the table or a column is missing, `PGError`.
    static func read(_ start: TableStart, on connection: PGConnection) async throws
        -> TargetTable
    {
        let name = start.table
        let found = try await connection.query(
            sql: columnsSQL(serverVersion: connection.serverVersion),
            [PGParameter(name.schema), PGParameter(name.name)])
        guard let first = found.rows.first else {
            throw LinkError(
                .schemaBehind, "table \(name) does not exist on the target", sqlState: "42P01",
                table: name.description)
        }
        let oid = try first.decode(UInt32.self, 0)
        var columns: [String: Column] = [:]
        var domains: [String: String] = [:]
        for row in found.rows {
            let column = try Column(
                name: row.decode(String.self, 2), baseType: row.decode(String.self, 3),
                isDomain: row.decode(Bool.self, 4),
                isAlwaysIdentity: row.decode(Bool.self, 5))
            columns[column.name] = column
            if column.isDomain { domains[column.name] = try row.decode(String.self, 6) }
        }
        let wanted = try start.columns.map { column throws(LinkError) in
            guard let known = columns[column] else {
                throw LinkError(
                    .schemaBehind, "table \(name) has no column \(column) on the target",
                    sqlState: "42703", table: name.description)
            }
            return known
        }
        let operators = try await connection.query(
            sql: keysSQL(serverVersion: connection.serverVersion), [PGParameter(oid)])
        let index = try keyIndex(of: operators, key: start.keyColumns)
        return TargetTable(
            oid: oid, name: name, isPartitioned: try first.decode(String.self, 1) == "p",
            columns: wanted,
            key: start.keyColumns.map { column in
                KeyColumn(
                    name: column,
                    equality: index?.operators[column] ?? "OPERATOR(\"pg_catalog\".=)",
                    comparedAs: domains[column])
            },
            hasImmediateKey: index?.isImmediate ?? false)
    }

    private struct KeyIndex {
        var isImmediate: Bool
        var operators: [String: String] = [:]
    }

    /// The unique index over exactly the key's columns; one that is checked at once comes first.
    private static func keyIndex(of result: PGResult, key: [String]) throws -> KeyIndex? {
        var indexes: [UInt32: KeyIndex] = [:]
        for row in result.rows {
            let oid = try row.decode(UInt32.self, 0)
            var index = try indexes[oid] ?? KeyIndex(isImmediate: row.decode(Bool.self, 1))
            if let schema = try row.decode(String?.self, 3),
                let name = try row.decode(String?.self, 4)
            {
                index.operators[try row.decode(String.self, 2)] =
                    "OPERATOR(\(SQLText.identifier(schema)).\(name))"
            }
            indexes[oid] = index
        }
        let fitting = indexes.filter { Set($0.value.operators.keys) == Set(key) }
        return fitting.min {
            ($0.value.isImmediate ? 0 : 1, $0.key) < ($1.value.isImmediate ? 0 : 1, $1.key)
        }?.value
    }

    /// The columns of a table by schema and name, domains resolved.
    package static func columnsSQL(serverVersion: Int) -> String {
        let identity = serverVersion >= 100_000 ? "a.attidentity = 'a'" : "false"
        return """
            WITH RECURSIVE base(relation, kind, attnum, type, modifier, is_domain) AS (
              SELECT c.oid, c.relkind, a.attnum, a.atttypid, a.atttypmod, false
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
              WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'f')
                AND a.attnum > 0 AND NOT a.attisdropped
              UNION ALL
              SELECT b.relation, b.kind, b.attnum, t.typbasetype, t.typtypmod, true
              FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
            SELECT b.relation, b.kind, a.attname,
              pg_catalog.format_type(b.type, b.modifier), b.is_domain, \(identity),
              pg_catalog.format_type(b.type, -1)
            FROM base b
            JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
            JOIN pg_catalog.pg_attribute a ON a.attrelid = b.relation AND a.attnum = b.attnum
            ORDER BY b.attnum
            """
    }

    /// The unique indexes of a table, a row a column, with the operator that means equal.
    ///
    /// PostgreSQL refuses ON CONFLICT on a table with a rule for UPDATE, even a disabled one.
    package static func keysSQL(serverVersion: Int) -> String {
        let count = serverVersion >= 110_000 ? "i.indnkeyatts" : "i.indnatts"
        return """
            SELECT i.indexrelid, i.indimmediate AND NOT EXISTS (
                SELECT 1 FROM pg_catalog.pg_rewrite r
                 WHERE r.ev_class = i.indrelid AND r.ev_type IN ('2', '3')),
              a.attname, n.nspname, o.oprname
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.generate_series(0, 31) s(n) ON s.n < \(count)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.n]
            JOIN pg_catalog.pg_opclass c ON c.oid = i.indclass[s.n]
            LEFT JOIN pg_catalog.pg_amop p ON p.amopfamily = c.opcfamily AND p.amopstrategy = 3
              AND p.amoplefttype = c.opcintype AND p.amoprighttype = c.opcintype
            LEFT JOIN pg_catalog.pg_operator o ON o.oid = p.amopopr
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
            WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid
              AND i.indpred IS NULL AND i.indexprs IS NULL
            """
    }
}
