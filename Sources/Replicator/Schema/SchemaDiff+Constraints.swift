/// Constraints of tables, but for foreign keys.
extension SchemaDiff {
    typealias Constraint = SchemaSnapshot.Constraint

    private struct InTable: Hashable {
        var table: UInt32
        var name: String
    }

    private struct Part: Hashable {
        var table: UInt32
        var parent: UInt32
    }

    /// The constraints of tables that are the same, but for foreign keys.
    func matchConstraints(_ tables: TableMatch) -> Matching<Constraint> {
        let old = applied.constraints.filter { currentTable[$0.table] != nil && $0.kind != "f" }
        let new = current.constraints.filter { tablePairs[$0.table] != nil && $0.kind != "f" }
        var found = Matching(
            old, new, identity: isSameEpoch ? { $0.oid } : nil,
            name: { InTable(table: currentTable[$0.table] ?? $0.table, name: $0.name) })
        let byOID = Dictionary(
            found.pairs.map { ($0.old.oid, $0.new.oid) }, uniquingKeysWith: { $1 })
        // The part of one parent's constraint in one partition is one thing, whatever its name.
        found.pairRest { constraint, isOld -> Part? in
            guard let parent = constraint.parent else { return nil }
            return Part(
                table: isOld ? currentTable[constraint.table] ?? 0 : constraint.table,
                parent: isOld ? byOID[parent] ?? 0 : parent)
        }
        return found
    }

    /// Those of the applied catalog that are dropped, for good or to be made anew.
    func leavingConstraints(_ found: Matching<Constraint>) -> [ObjectID] {
        (found.dropped + found.pairs.filter { !isSame($0.old, $0.new, $0.isByName) }.map(\.old)).map
        {
            ObjectID(catalog: .constraint, oid: $0.oid)
        }
    }

    private func isSame(_ old: Constraint, _ new: Constraint, _ isByName: Bool) -> Bool {
        if isByName { return old.definition == new.definition && old.kind == new.kind }
        return !DefinitionWords.differ(old.definition, new.definition)
    }

    /// Constraints with one oid are the same but for their name and whether they are validated: no
    /// statement changes the rest in place, so another text comes from renames.
    mutating func diffConstraints(_ found: Matching<Constraint>, _ tables: TableMatch) {
        var renames: [UInt32: [(id: UInt32, from: String, to: String)]] = notNullRenames
        var indexNames: [RelationName] = []
        let rebuilt = rebuiltConstraints(found)
        let leaving = rebuilt.union(found.dropped.map(\.oid))
        for pair in found.pairs {
            guard let table = tablePairs[pair.new.table] else { continue }
            guard !rebuilt.contains(pair.old.oid) else {
                drop(pair.old, of: table.old, along: leaving)
                addConstraint(pair.new, to: table.new, isNew: false, parentStays: false)
                continue
            }
            if pair.new.parent != nil {
                // Only its index can be renamed, and takes the constraint along.
                let schema = table.new.name.schema
                indexNames.append(
                    RelationName(
                        oid: pair.new.oid, old: TableName(schema: schema, name: pair.old.name),
                        new: TableName(schema: schema, name: pair.new.name)))
            } else if !comesFromParent(pair.new, table.new) {
                renames[pair.new.table, default: []].append(
                    (pair.new.oid, pair.old.name, pair.new.name))
            }
            alter(pair.old, pair.new, table.new)
        }
        for constraint in found.dropped {
            guard let oid = currentTable[constraint.table], let table = tablePairs[oid] else {
                continue
            }
            drop(constraint, of: table.old, along: leaving)
        }
        let staying = Set(found.pairs.filter { !rebuilt.contains($0.old.oid) }.map(\.new.oid))
        // What the target has, or gets before a table comes below another.
        let isAbove = Self.withParts(
            staying.union(newKeys()), current.constraints.map { ($0.oid, $0.parent) })
        for constraint in found.created {
            guard let table = tablePairs[constraint.table] else { continue }
            addConstraint(
                constraint, to: table.new, isNew: false,
                parentStays: isPartOfStaying(constraint, isAbove))
        }
        for table in tables.created {
            for constraint in current.constraints where constraint.table == table.oid {
                guard constraint.kind != "f" else { continue }
                addConstraint(
                    constraint, to: table, isNew: true,
                    parentStays: isPartOfStaying(constraint, isAbove))
            }
        }
        renameConstraints(renames)
        rename(indexNames, "INDEX")
        for constraint in current.constraints where !staying.contains(constraint.oid) {
            guard let table = current.table(oid: constraint.table),
                let whole = whole(of: constraint)
            else { continue }
            attachIndex(
                TableName(schema: table.name.schema, name: constraint.name), to: whole, of: table,
                isBelowKept: isPartOfStaying(constraint, isAbove))
        }
    }

    /// The keys of new tables that are partitioned: they are made with their table.
    private func newKeys() -> Set<UInt32> {
        let keys = Dictionary(
            current.tables.filter { createdTables.contains($0.oid) && $0.partitionKey != nil }
                .map { ($0.oid, $0.keyIndex) }, uniquingKeysWith: { $1 })
        return Set(
            current.constraints.filter { keys[$0.table] == $0.name && $0.hasIndex }.map(\.oid))
    }

    /// Whether it is part of a constraint or an index that its table meets when it is attached.
    private func isPartOfStaying(_ constraint: Constraint, _ isAbove: Set<UInt32>) -> Bool {
        if let parent = constraint.parent { return isAbove.contains(parent) }
        guard let index = constraint.parentIndex else { return false }
        return isSameEpoch && applied.indexes.contains { $0.oid == index }
    }

    /// The index that the index of a constraint is a part of.
    private func whole(of constraint: Constraint) -> TableName? {
        if let index = constraint.parentIndex {
            return current.indexes.first { $0.oid == index }?.name
        }
        guard let parent = current.constraints.first(where: { $0.oid == constraint.parent }),
            let table = current.table(oid: parent.table)
        else { return nil }
        return TableName(schema: table.name.schema, name: parent.name)
    }

    mutating func renameConstraints(
        _ renames: [UInt32: [(id: UInt32, from: String, to: String)]]
    ) {
        for (oid, list) in renames.sorted(by: { $0.key < $1.key }) {
            guard let table = tablePairs[oid]?.new else { continue }
            for step in Rename.steps(list) {
                add(
                    .rename, "rename constraint \(table.name).\(step.from) to \(step.to)",
                    "ALTER TABLE \(text.name(table.name)) RENAME CONSTRAINT "
                        + "\(text.quoted(step.from)) TO \(text.quoted(step.to))",
                    effect: .alterTable)
            }
        }
    }

    /// Whether a check of a table is there because a parent has it that stays above.
    private func comesFromParent(_ constraint: Constraint, _ table: Table) -> Bool {
        constraint.isInherited && constraint.kind == "c"
            && !(keptParents[table.oid] ?? []).isEmpty
    }

    /// What has to be made anew: by applied oid, with the parts of it in partitions.
    private func rebuiltConstraints(_ found: Matching<Constraint>) -> Set<UInt32> {
        var rebuilt: Set<UInt32> = []
        for pair in found.pairs {
            let isRefreshed = refreshed.contains(ObjectID(catalog: .constraint, oid: pair.old.oid))
            if isRefreshed || !isSame(pair.old, pair.new, pair.isByName) {
                rebuilt.insert(pair.old.oid)
            }
        }
        return withParts(rebuilt, of: found, \.oid, \.parent)
    }

    private mutating func alter(_ old: Constraint, _ new: Constraint, _ table: Table) {
        if old.definition == new.definition + " NOT VALID", !comesFromParent(new, table) {
            afterwards(
                "validate \(table.name).\(new.name)",
                "ALTER TABLE \(text.name(table.name)) VALIDATE CONSTRAINT "
                    + text.quoted(new.name), effect: .validate)
        }
        guard new.hasIndex else { return }
        let name = TableName(schema: table.name.schema, name: new.name)
        for change in indexStatements(old.properties, new.properties, name) {
            statement(table, change.summary, change.sql, effect: .options)
        }
    }

    /// What is dropped as well, by applied oid, is in `along`: parts go with their whole.
    private mutating func drop(
        _ constraint: Constraint, of table: Table, along: Set<UInt32>
    ) {
        let kept = currentTable[table.oid].map { !(keptParents[$0] ?? []).isEmpty } ?? false
        if constraint.hasIndex { reindexed.insert(table.oid) }
        if let parent = constraint.parent, kept, along.contains(parent) { return }
        if constraint.isInherited, constraint.kind == "c", kept { return }
        tearDown(
            ObjectID(catalog: .constraint, oid: constraint.oid), rank: 8, table.name,
            "drop constraint \(table.name).\(constraint.name)",
            "ALTER TABLE \(text.name(table.name)) DROP CONSTRAINT \(text.quoted(constraint.name))",
            effect: .dropIndex)
    }

    /// The key is needed by the rows; checks of a new table cost nothing; the rest waits for the
    /// rows, which old ones of a table that is altered could violate.
    ///
    /// With `parentStays` it is part of a constraint that the target has: then it must be there when
    /// its table becomes a partition.
    private mutating func addConstraint(
        _ constraint: Constraint, to table: Table, isNew: Bool, parentStays: Bool
    ) {
        if comesFromParent(constraint, table) { return }
        // CREATE TABLE … INHERITS brings it along.
        if isNew, constraint.isInherited, constraint.kind == "c", !table.isPartition { return }
        let summary = "add constraint \(table.name).\(constraint.name)"
        let sql = text.constraint(constraint, of: table)
        let name = TableName(schema: table.name.schema, name: constraint.name)
        let properties =
            constraint.hasIndex ? indexStatements(.init(), constraint.properties, name) : []
        let isKey = constraint.name == table.keyIndex
        let effect: SchemaEffect = constraint.kind == "c" ? .check : .key
        let isLinked = isInNewTree(table)
        let id = ObjectID(catalog: .constraint, oid: constraint.oid)
        if (isNew || isLinked) && parentStays || isKey && (isNew || isLinked) {
            noteMade(id, at: .define)
            let made = SchemaStatement(
                summary: summary, sql: sql, effect: isNew ? .create : effect)
            let place = ObjectID(catalog: .relation, oid: table.oid)
            let unit = Unit(id: place, rank: 4, name: table.name)
            if parentStays {
                units[place, default: unit].statements += [made] + properties
            } else {
                units[place, default: unit].key += [made] + properties
            }
        } else if isKey && isReplicated(table) || constraint.kind == "c" && (isNew || isLinked) {
            noteMade(id, at: .constrain)
            add(.constrain, summary, sql, effect: isNew ? .create : effect)
            stages[.constrain, default: []] += properties
        } else {
            noteMade(id, at: .afterRows)
            afterwards(summary, sql, effect: isNew ? effect.onNewTable : effect)
            afterRows += properties
        }
    }

    /// Makes an index a part of a partitioned table's; nothing happens where it is already.
    ///
    /// Before a tree comes below another its indexes must be whole, or they would be made twice.
    mutating func attachIndex(
        _ part: TableName, to whole: TableName, of table: Table, isBelowKept: Bool
    ) {
        let statement = SchemaStatement(
            summary: "attach index \(part)",
            sql: "ALTER INDEX \(text.name(whole)) ATTACH PARTITION \(text.name(part))",
            effect: .attach)
        let isLinked = createdTables.contains(table.oid) || isNewlyLinked(table)
        if isBelowKept, !isLinked, isInNewTree(table) {
            stages[.attach, default: []].append(statement)
        } else {
            indexAttachments.append(statement)
        }
    }
}
