/// Constraints and indexes of tables, and the sequences behind columns.
extension SchemaDiff {
    private struct InTable: Hashable {
        var table: UInt32
        var name: String
    }

    /// Constraints with one oid are the same but for their name and whether they are validated: no
    /// statement changes the rest in place, so another text comes from renames.
    mutating func diffConstraints(_ tables: TableMatch) {
        let pairs = Dictionary(
            tables.pairs.map { ($0.new.oid, $0) }, uniquingKeysWith: { $1 })
        let currentOf = Dictionary(
            tables.pairs.map { ($0.old.oid, $0.new.oid) }, uniquingKeysWith: { $1 })
        let old = applied.constraints.filter { currentOf[$0.table] != nil }
        let new = current.constraints.filter { pairs[$0.table] != nil }
        let found = Matching(
            old, new, identity: isSameEpoch ? { $0.oid } : nil,
            name: { InTable(table: currentOf[$0.table] ?? $0.table, name: $0.name) })
        var renames: [UInt32: [(id: UInt32, from: String, to: String)]] = [:]
        for pair in found.pairs {
            guard let table = pairs[pair.new.table] else { continue }
            let isRefreshed = refreshed.contains(ObjectID(catalog: .constraint, oid: pair.old.oid))
            let isSame = !pair.isByName || pair.old.definition == pair.new.definition
            if isSame, !isRefreshed {
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
        add(
            .dropDependents, "drop constraint \(table.name).\(constraint.name)",
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
        if isEarly {
            if isNew, isKey {
                statement(table, summary, sql, effect: .create)
            } else {
                add(.constrain, summary, sql, effect: isNew ? .create : effect)
            }
        } else {
            afterwards(summary, sql, effect: isNew ? effect.onNewTable : effect)
        }
    }

    /// An index with one oid can have changed its options; other texts come from renames.
    mutating func diffIndexes(_ tables: TableMatch) {
        let pairs = Dictionary(tables.pairs.map { ($0.new.oid, $0) }, uniquingKeysWith: { $1 })
        let survivors = Set(tables.pairs.map(\.old.oid))
        let found = match(
            applied.indexes.filter { survivors.contains($0.table) },
            current.indexes.filter { pairs[$0.table] != nil }, \.oid, \.name)
        var renames: [RelationName] = []
        for pair in found.pairs {
            guard let table = pairs[pair.new.table] else { continue }
            let isRefreshed = refreshed.contains(ObjectID(catalog: .relation, oid: pair.old.oid))
            let isSame =
                pair.old.definition == pair.new.definition
                || (!pair.isByName
                    && Self.options(pair.old.definition) == Self.options(pair.new.definition))
            if isSame, pair.old.isUnique == pair.new.isUnique, !isRefreshed {
                renames.append(.init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
            } else {
                drop(pair.old)
                addIndex(pair.new, on: table.new, isNew: false)
            }
        }
        for index in found.dropped { drop(index) }
        for index in found.created {
            guard let table = pairs[index.table] else { continue }
            addIndex(index, on: table.new, isNew: false)
        }
        for table in tables.created {
            for index in current.indexes where index.table == table.oid {
                addIndex(index, on: table, isNew: true)
            }
        }
        rename(renames, "INDEX")
    }

    private mutating func drop(_ index: SchemaSnapshot.Index) {
        add(
            .dropDependents, "drop index \(index.name)", "DROP INDEX \(text.name(index.name))",
            effect: .dropIndex)
    }

    private mutating func addIndex(
        _ index: SchemaSnapshot.Index, on table: Table, isNew: Bool
    ) {
        let summary = "create index \(index.name)"
        let sql = text.index(index, on: table)
        if index.name.name == table.keyIndex, isNew || isReplicated(table) {
            add(.constrain, summary, sql, effect: .index)
        } else {
            afterwards(summary, sql, effect: isNew ? .index.onNewTable : .index)
        }
    }

    /// What stands between the parentheses of WITH.
    static func options(_ definition: String) -> Substring {
        let marker = " WITH ("
        var rest = definition[...]
        while !rest.isEmpty, !rest.hasPrefix(marker) { rest = rest.dropFirst() }
        return rest.prefix { $0 != ")" }
    }

    mutating func diffSequences(_ sequences: Matching<SchemaSnapshot.Sequence>) {
        for sequence in sequences.created {
            define(
                ObjectID(catalog: .relation, oid: sequence.oid), rank: 3, sequence.name,
                "create sequence \(sequence.name)",
                "CREATE SEQUENCE \(text.name(sequence.name)) \(text.sequenceOptions(sequence))",
                effect: .create)
            own(sequence)
        }
        var renames: [RelationName] = []
        for pair in sequences.pairs {
            // A sequence moves to another schema with the table that owns it.
            let movesAlone = pair.old.owner == nil
            let from =
                movesAlone
                ? pair.old.name : TableName(schema: pair.new.name.schema, name: pair.old.name.name)
            renames.append(.init(oid: pair.new.oid, old: from, new: pair.new.name))
            if text.sequenceOptions(pair.old) != text.sequenceOptions(pair.new) {
                define(
                    ObjectID(catalog: .relation, oid: pair.new.oid), rank: 3, pair.new.name,
                    "alter sequence \(pair.new.name)",
                    "ALTER SEQUENCE \(text.name(pair.new.name)) \(text.sequenceOptions(pair.new))",
                    effect: .sequence)
            }
            let isOwnerNew = pair.new.owner.map { createdTables.contains($0.oid) } ?? false
            if isSameEpoch ? pair.old.owner != pair.new.owner || isOwnerNew : isOwnerNew {
                own(pair.new)
            }
        }
        rename(renames, "SEQUENCE")
        let taken = takenRelationNames
        for sequence in sequences.dropped where !goesWithItsOwner(sequence) {
            var name = text.name(sequence.name)
            if taken.contains(text.mapping.target(sequence.name)) {
                let aside = "teleport_old_\(sequence.oid)"
                add(
                    .aside, "put sequence \(sequence.name) aside",
                    "ALTER SEQUENCE \(name) RENAME TO \(text.quoted(aside))", effect: .sequence)
                name = text.name(sequence.name, called: aside)
            }
            dropLate(
                ObjectID(catalog: .relation, oid: sequence.oid), rank: 3, sequence.name,
                "drop sequence \(sequence.name)", "DROP SEQUENCE \(name)", effect: .dropSequence)
        }
    }

    private mutating func own(_ sequence: SchemaSnapshot.Sequence) {
        var owner = "NONE"
        if let id = sequence.owner, let table = current.table(oid: id.oid),
            let column = table.columns.first(where: { $0.attnum == id.column })
        {
            owner = "\(text.name(table.name)).\(text.quoted(column.name))"
        }
        guard owner != "NONE" || !createsSequence(sequence) else { return }
        add(
            .finish, "own sequence \(sequence.name)",
            "ALTER SEQUENCE \(text.name(sequence.name)) OWNED BY \(owner)",
            effect: .sequence)
    }

    private func createsSequence(_ sequence: SchemaSnapshot.Sequence) -> Bool {
        !applied.sequences.contains { $0.oid == sequence.oid || $0.name == sequence.name }
    }

    /// Whether dropping the owner on the target drops the sequence too.
    private func goesWithItsOwner(_ sequence: SchemaSnapshot.Sequence) -> Bool {
        guard let owner = sequence.owner else { return false }
        if droppedTables.contains(owner.oid) { return true }
        guard let table = current.table(oid: owner.oid) else {
            // The table stays on the target without being carried, and needs its sequence.
            return true
        }
        return isSameEpoch && !table.columns.contains { $0.attnum == owner.column }
    }

    /// The names that relations have on the target afterwards.
    private var takenRelationNames: Set<TableName> {
        var names = current.tables.map(\.name) + current.sequences.map(\.name)
        names += current.tables.flatMap { $0.columns.compactMap { $0.identitySequence?.name } }
        return Set(names.map(text.mapping.target))
    }
}
