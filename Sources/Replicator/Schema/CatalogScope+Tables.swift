/// Properties, constraints and indexes of carried tables, with what of them stays behind.
extension CatalogScope {
    /// A parent that is not carried is left out, and said.
    mutating func properties(
        of relation: CatalogContents.Relation, among carried: Set<UInt32>
    ) -> SchemaSnapshot.TableProperties {
        var properties = relation.properties
        guard !relation.isPartition else { return properties }
        properties.parents = relation.parents.filter(carried.contains)
        for parent in relation.parents where !carried.contains(parent) {
            let name = relations[parent]?.name.description ?? "a table of another schema"
            report(
                "inheritance", relation.name.description,
                "it inherits from \(name), which is not carried: it stands alone on the target")
        }
        return properties
    }

    /// Columns of a parent that is not carried are the table's own on the target.
    func settleInheritance(
        of column: inout SchemaSnapshot.Column, in table: SchemaSnapshot.Table
    ) {
        if case .partition = table.kind { return }
        let isGiven = table.properties.parents.contains { parent in
            (contents.columns[parent] ?? []).contains { $0.name == column.name }
        }
        column.properties.isInherited = isGiven
        if !isGiven { column.properties.isLocal = true }
    }

    /// Tables whose rows cannot be told apart are carried without them.
    mutating func reportRowsThatStay(_ result: SchemaSnapshot) {
        for table in result.tables where table.primaryKey.isEmpty {
            if case .partition = table.kind { continue }
            report(
                "rows of table", table.name.description,
                "no primary key (nor a unique index over NOT NULL columns): only the definition "
                    + "of the table is carried")
        }
    }

    // MARK: Constraints

    mutating func fillConstraints(
        _ result: inout SchemaSnapshot, _ tables: [CatalogContents.Relation]
    ) {
        let places = Dictionary(
            result.tables.enumerated().map { ($1.oid, $0) }, uniquingKeysWith: { $1 })
        for row in contents.constraints {
            guard let place = places[row.table] else { continue }
            let label = "\(result.tables[place].name).\(row.name)"
            switch row.letter {
            case "p", "u", "x", "c":
                fill(row, label, &result)
            case "f":
                // A partition's part of its parent's foreign key comes with the parent's.
                if row.parent == nil { fillForeignKey(row, label, &result) }
            case "n":
                fillNotNull(row, &result.tables[place])
            // What makes it is the trigger.
            case "t": continue
            default: report("constraint", label, "constraints of kind \(row.letter) are not known")
            }
        }
    }

    private mutating func fill(
        _ row: CatalogContents.ConstraintRow, _ label: String, _ result: inout SchemaSnapshot
    ) {
        guard let definition = row.definition else { return }
        let index = ObjectID(catalog: .relation, oid: row.index)
        let reason =
            verdict(ObjectID(catalog: .constraint, oid: row.oid))
            ?? (row.letter == "c" ? nil : verdict(index))
        if let reason {
            report(
                row.letter == "x" ? "exclusion constraint" : "constraint", label, reason)
            return
        }
        var constraint = SchemaSnapshot.Constraint(
            oid: row.oid, name: row.name, table: row.table, kind: row.letter,
            definition: definition)
        constraint.properties.options = row.options
        constraint.isInherited = row.isFromParent && !row.isLocal
        constraint.parent = row.parent
        if row.parent == nil { constraint.parentIndex = row.parentIndex }
        result.constraints.append(constraint)
    }

    private func fillNotNull(
        _ row: CatalogContents.ConstraintRow, _ table: inout SchemaSnapshot.Table
    ) {
        guard let place = table.columns.firstIndex(where: { $0.name == row.columns.first }) else {
            return
        }
        table.columns[place].properties.notNull = .init(
            oid: row.oid, name: row.name, noInherit: row.noInherit, isValidated: row.isValidated,
            isInherited: row.isFromParent && !row.isLocal)
    }

    // MARK: Foreign keys

    private mutating func fillForeignKey(
        _ row: CatalogContents.ConstraintRow, _ label: String, _ result: inout SchemaSnapshot
    ) {
        guard let foreignKey = row.foreignKey else { return }
        let other = row.referencedName?.description ?? "another table"
        guard let relation = relations[foreignKey.referenced], isInScope(relation),
            verdict(ObjectID(catalog: .relation, oid: relation.oid)) == nil
        else {
            report("foreign key", label, "it refers to \(other), which is not carried")
            return
        }
        var constraint = SchemaSnapshot.Constraint(
            oid: row.oid, name: row.name, table: row.table, kind: row.letter, definition: "")
        constraint.foreignKey = foreignKey
        result.constraints.append(constraint)
    }

    // MARK: Indexes

    mutating func fillIndexes(
        _ result: inout SchemaSnapshot, _ tables: [CatalogContents.Relation]
    ) {
        let names = Dictionary(tables.map { ($0.oid, $0.name) }, uniquingKeysWith: { $1 })
        for row in contents.indexes {
            guard names[row.index.table] != nil else { continue }
            let label = row.index.name.description
            // A partitioned table's index is not valid until every partition has its part.
            if !row.isValid, !row.index.isPartitioned {
                report("index", label, "it is not valid on the source")
            } else if let reason = verdict(ObjectID(catalog: .relation, oid: row.index.oid)) {
                report("index", label, reason)
            } else {
                result.indexes.append(row.index)
            }
        }
    }
}
