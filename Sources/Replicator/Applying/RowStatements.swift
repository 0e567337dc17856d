/// The statements that move staged rows into a table: a pure function of table and version.
///
/// Rows are staged in a temporary table with the columns `p`, `c1`, `c2` … in the rows' order; `p`
/// is false for a row that is gone and NULL where the rows do not carry it.
package struct RowStatements: Sendable, Hashable {
    /// How present rows get into the table.
    package enum Merge: Sendable, Hashable {
        /// INSERT … ON CONFLICT DO UPDATE.
        case upsert
        /// UPDATE of those that are there, INSERT of the others: before 9.5, and where the key is
        /// deferrable or missing.
        case updateAndInsert
        /// DELETE of all touched keys, INSERT: where a column cannot be updated.
        case deleteAndInsert
    }

    /// The table.
    package let table: TargetTable
    /// The staging table's name, ours.
    package let staging: String
    /// The target's `server_version_num`.
    package let serverVersion: Int
    /// How present rows get into the table.
    package let merge: Merge

    /// Chooses the statements.
    package init(table: TargetTable, staging: String, serverVersion: Int) {
        self.table = table
        self.staging = staging
        self.serverVersion = serverVersion
        let keys = Set(table.key.map(\.name))
        // ON CONFLICT DO UPDATE: 9.5, on partitioned tables 11.
        let minimum = table.isPartitioned ? 110_000 : 90_500
        if table.columns.contains(where: { $0.isAlwaysIdentity && !keys.contains($0.name) }) {
            merge = .deleteAndInsert
        } else if serverVersion >= minimum && table.hasImmediateKey {
            merge = .upsert
        } else {
            merge = .updateAndInsert
        }
    }

    private var name: String { table.name.quoted }
    /// Old-style children hold rows of their own; a partitioned root has none but theirs.
    private var only: String { table.isPartitioned ? name : "ONLY " + name }
    private var staged: String { "pg_temp." + SQLText.identifier(staging) }
    private var columnList: String {
        table.columns.map { SQLText.identifier($0.name) }.joined(separator: ", ")
    }
    private var stagedList: String {
        table.columns.indices.map { "s.c\($0 + 1)" }.joined(separator: ", ")
    }
    private var sameKey: String {
        table.key.map { column in
            let position = table.columns.firstIndex { $0.name == column.name } ?? 0
            let cast = column.comparedAs.map { "::\($0)" } ?? ""
            return "t.\(SQLText.identifier(column.name))\(cast) \(column.equality) "
                + "s.c\(position + 1)"
        }.joined(separator: " AND ")
    }
    private var updatable: [(name: String, staged: String)] {
        table.columns.enumerated().filter { !$0.element.isAlwaysIdentity }
            .map { (SQLText.identifier($0.element.name), "s.c\($0.offset + 1)") }
    }
    private var overriding: String {
        serverVersion >= 100_000 ? " OVERRIDING SYSTEM VALUE" : ""
    }

    /// Makes the staging table; types and collations are the table's own, domains their base.
    package var createStaging: String {
        let columns = table.columns.enumerated().map { position, column in
            let cast = column.isDomain ? "::\(column.baseType)" : ""
            return "t.\(SQLText.identifier(column.name))\(cast) AS c\(position + 1)"
        }
        return "CREATE TEMPORARY TABLE \(SQLText.identifier(staging)) ON COMMIT DELETE ROWS AS "
            + "SELECT true AS p, \(columns.joined(separator: ", ")) FROM \(only) t WITH NO DATA"
    }

    /// Removes the staging table.
    package var dropStaging: String { "DROP TABLE IF EXISTS \(staged)" }

    /// Takes rows into the staging table, with or without `p`.
    package func copyIntoStaging(withPresence: Bool) -> String {
        let columns = table.columns.indices.map { "c\($0 + 1)" }
        let list = (withPresence ? ["p"] : []) + columns
        return "COPY \(staged) (\(list.joined(separator: ", "))) FROM STDIN"
    }

    /// The oid of whatever has the table's name now.
    package var oid: String {
        "SELECT \(SQLText.literal(name))::pg_catalog.regclass::pg_catalog.oid"
    }

    /// Takes rows into the table itself.
    package var copyIntoTable: String { "COPY \(name) (\(columnList)) FROM STDIN" }

    /// Whether the table has any row.
    package var hasRows: String { "SELECT EXISTS (SELECT 1 FROM \(only))" }

    /// Deletes the rows that are gone.
    package var deleteGone: String {
        "DELETE FROM \(only) t USING \(staged) s WHERE NOT s.p AND \(sameKey)"
    }

    /// Deletes every row whose key is staged.
    package var deleteTouched: String {
        "DELETE FROM \(only) t USING \(staged) s WHERE \(sameKey)"
    }

    /// Deletes every row whose key is not staged.
    package var deleteUnlisted: String {
        "DELETE FROM \(only) t WHERE NOT EXISTS (SELECT 1 FROM \(staged) s WHERE \(sameKey))"
    }

    /// Inserts the staged rows that are present.
    package var insertPresent: String { insert(where: "s.p IS NOT FALSE") }

    /// Puts the staged rows that are present into the table.
    ///
    /// - Parameter changedOnly: leaves rows alone that are the same to the byte.
    /// - Returns: the statements, in order.
    package func mergePresent(changedOnly: Bool) -> [String] {
        // The function compares images: it needs no equality of the types (json has none).
        let changed = changedOnly && serverVersion >= 90_400 ? " AND \(differs)" : ""
        let present = "s.p IS NOT FALSE" + changed
        switch merge {
        case .upsert:
            let key = table.key.map { SQLText.identifier($0.name) }.joined(separator: ", ")
            let set = updatable.map { "\($0.name) = EXCLUDED.\($0.name)" }.joined(separator: ", ")
            let action = set.isEmpty ? "NOTHING" : "UPDATE SET \(set)"
            return [insert(where: present) + " ON CONFLICT (\(key)) DO \(action)"]
        case .updateAndInsert:
            let set = updatable.map { "\($0.name) = \($0.staged)" }.joined(separator: ", ")
            let missing = "NOT EXISTS (SELECT 1 FROM \(only) t WHERE \(sameKey))"
            let update =
                "UPDATE \(only) t SET \(set) FROM \(staged) s WHERE \(present) AND \(sameKey)"
            return (set.isEmpty ? [] : [update])
                + [insert(where: "s.p IS NOT FALSE AND \(missing)")]
        case .deleteAndInsert:
            return [deleteTouched, insertPresent]
        }
    }

    private var differs: String {
        let row = table.columns.map { column in
            "t.\(SQLText.identifier(column.name))" + (column.isDomain ? "::\(column.baseType)" : "")
        }.joined(separator: ", ")
        return "NOT EXISTS (SELECT 1 FROM \(only) t WHERE \(sameKey) AND "
            + "pg_catalog.record_image_eq(ROW(\(row)), ROW(\(stagedList))))"
    }

    private func insert(where condition: String) -> String {
        "INSERT INTO \(name) (\(columnList))\(overriding) "
            + "SELECT \(stagedList) FROM \(staged) s WHERE \(condition)"
    }
}
