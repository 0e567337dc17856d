/// Constraints of tables.
extension SchemaDiff {
    private struct InTable: Hashable {
        var table: UInt32
        var name: String
    }

    /// The constraints of tables that are the same.
    func matchConstraints(_ tables: TableMatch) -> Matching<SchemaSnapshot.Constraint> {
        let isKept = Set(tables.pairs.map(\.new.oid))
        let currentOf = Dictionary(
            tables.pairs.map { ($0.old.oid, $0.new.oid) }, uniquingKeysWith: { $1 })
        return Matching(
            applied.constraints.filter { currentOf[$0.table] != nil },
            current.constraints.filter { isKept.contains($0.table) },
            identity: isSameEpoch ? { $0.oid } : nil,
            name: { InTable(table: currentOf[$0.table] ?? $0.table, name: $0.name) })
    }

    /// Those of the applied catalog that are dropped, for good or to be made anew.
    func leavingConstraints(_ found: Matching<SchemaSnapshot.Constraint>) -> [ObjectID] {
        (found.dropped + found.pairs.filter { !isSame($0.old, $0.new, $0.isByName) }.map(\.old)).map
        {
            ObjectID(catalog: .constraint, oid: $0.oid)
        }
    }

    private func isSame(
        _ old: SchemaSnapshot.Constraint, _ new: SchemaSnapshot.Constraint, _ isByName: Bool
    ) -> Bool {
        !isByName || old.definition == new.definition
    }

    /// Constraints with one oid are the same but for their name and whether they are validated: no
    /// statement changes the rest in place, so another text comes from renames.
    mutating func diffConstraints(
        _ found: Matching<SchemaSnapshot.Constraint>, _ tables: TableMatch
    ) {
        let pairs = Dictionary(
            tables.pairs.map { ($0.new.oid, $0) }, uniquingKeysWith: { $1 })
        let currentOf = Dictionary(
            tables.pairs.map { ($0.old.oid, $0.new.oid) }, uniquingKeysWith: { $1 })
        var renames: [UInt32: [(id: UInt32, from: String, to: String)]] = [:]
        for pair in found.pairs {
            guard let table = pairs[pair.new.table] else { continue }
            let isRefreshed = refreshed.contains(ObjectID(catalog: .constraint, oid: pair.old.oid))
            if isSame(pair.old, pair.new, pair.isByName), !isRefreshed {
                renames[pair.new.table, default: []].append(
                    (pair.new.oid, pair.old.name, pair.new.name))
                if pair.old.definition == pair.new.definition + " NOT VALID" {
                    afterwards(
                        "validate \(table.new.name).\(pair.new.name)",
                        "ALTER TABLE \(text.name(table.new.name)) VALIDATE CONSTRAINT "
                            + text.quoted(pair.new.name), effect: .validate)
                }
            } else {
                drop(pair.old, of: table.old)
                addConstraint(pair.new, to: table.new, isNew: false)
            }
        }
        for constraint in found.dropped {
            guard let oid = currentOf[constraint.table], let table = pairs[oid] else { continue }
            drop(constraint, of: table.old)
        }
        for constraint in found.created {
            guard let table = pairs[constraint.table] else { continue }
            addConstraint(constraint, to: table.new, isNew: false)
        }
        for table in tables.created {
            for constraint in current.constraints where constraint.table == table.oid {
                addConstraint(constraint, to: table, isNew: true)
            }
        }
        for (oid, list) in renames.sorted(by: { $0.key < $1.key }) {
            guard let table = pairs[oid]?.new else { continue }
            for step in Rename.steps(list) {
                add(
                    .rename, "rename constraint \(table.name).\(step.from) to \(step.to)",
                    "ALTER TABLE \(text.name(table.name)) RENAME CONSTRAINT "
                        + "\(text.quoted(step.from)) TO \(text.quoted(step.to))",
                    effect: .alterTable)
            }
        }
    }

    private mutating func drop(_ constraint: SchemaSnapshot.Constraint, of table: Table) {
        tearDown(
            ObjectID(catalog: .constraint, oid: constraint.oid), rank: 8, table.name,
            "drop constraint \(table.name).\(constraint.name)",
            "ALTER TABLE \(text.name(table.name)) DROP CONSTRAINT \(text.quoted(constraint.name))",
            effect: .dropIndex)
    }

    /// The key is needed by the rows; checks of a new table cost nothing; the rest waits for the
    /// rows, which old ones of a table that is altered could violate.
    private mutating func addConstraint(
        _ constraint: SchemaSnapshot.Constraint, to table: Table, isNew: Bool
    ) {
        let summary = "add constraint \(table.name).\(constraint.name)"
        let sql =
            "ALTER TABLE \(text.name(table.name)) ADD CONSTRAINT \(text.quoted(constraint.name)) "
            + constraint.definition
        let isKey = constraint.name == table.keyIndex
        let effect: SchemaEffect =
            switch constraint.kind {
            case "c": .check
            case "f": .foreignKey
            default: .key
            }
        let isEarly = isNew ? (isKey || constraint.kind == "c") : isKey && isReplicated(table)
        let id = ObjectID(catalog: .constraint, oid: constraint.oid)
        if isEarly {
            noteMade(id, at: isNew && isKey ? .define : .constrain)
            if isNew, isKey {
                statement(table, summary, sql, effect: .create)
            } else {
                add(.constrain, summary, sql, effect: isNew ? .create : effect)
            }
        } else {
            noteMade(id, at: .afterRows)
            afterwards(summary, sql, effect: isNew ? effect.onNewTable : effect)
        }
    }
}
