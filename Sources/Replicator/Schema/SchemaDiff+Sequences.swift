/// Sequences, and which columns own them.
extension SchemaDiff {
    /// A sequence that goes with its dropped table is another one than that of the same name now;
    /// one that lives on is released before.
    mutating func matchSequences() -> Matching<SchemaSnapshot.Sequence> {
        var found = match(applied.sequences, current.sequences, \.oid, \.name)
        let going = { (sequence: SchemaSnapshot.Sequence, tables: Set<UInt32>) in
            sequence.owner.map { tables.contains($0.oid) } ?? false
        }
        for pair in found.pairs where going(pair.old, droppedTables) {
            if pair.isByName {
                found.dropped.append(pair.old)
                found.created.append(pair.new)
            } else {
                add(
                    .detach, "release sequence \(pair.old.name)",
                    "ALTER SEQUENCE \(text.name(pair.old.name)) OWNED BY NONE", effect: .sequence)
            }
        }
        let dropped = droppedTables
        found.pairs.removeAll { $0.isByName && going($0.old, dropped) }
        return found
    }

    mutating func diffSequences(_ sequences: Matching<SchemaSnapshot.Sequence>) {
        for sequence in sequences.created {
            noteMade(ObjectID(catalog: .relation, oid: sequence.oid), at: .define)
            // Before a type of its name: the server takes the two in this order only.
            define(
                ObjectID(catalog: .relation, oid: sequence.oid), rank: -1, sequence.name,
                "create sequence \(sequence.name)",
                text.sequence(sequence), effect: .create)
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
            if pair.old.isUnlogged != pair.new.isUnlogged, text.target.hasUnloggedSequences {
                // Where its table changes as well, it is so by now.
                add(
                    .finish, "change persistence of sequence \(pair.new.name)",
                    "ALTER SEQUENCE \(text.name(pair.new.name)) SET "
                        + (pair.new.isUnlogged ? "UNLOGGED" : "LOGGED"), effect: .sequence)
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
    func goesWithItsOwner(_ sequence: SchemaSnapshot.Sequence) -> Bool {
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
        names += current.views.map(\.name) + current.indexes.map(\.name)
        names += current.tables.flatMap { $0.columns.compactMap { $0.identitySequence?.name } }
        return Set(names.map(text.mapping.target))
    }
}
