/// Indexes of tables.
extension SchemaDiff {
    typealias Index = SchemaSnapshot.Index

    private struct Part: Hashable {
        var table: UInt32
        var parent: UInt32
    }

    /// An index with one oid can have changed its options; other texts come from renames.
    mutating func diffIndexes(_ tables: TableMatch) {
        var found = match(
            applied.indexes.filter { currentTable[$0.table] != nil },
            current.indexes.filter { tablePairs[$0.table] != nil }, \.oid, \.name)
        let byOID = Dictionary(
            found.pairs.map { ($0.old.oid, $0.new.oid) }, uniquingKeysWith: { $1 })
        // The part of one parent's index in one partition is one thing, whatever its name.
        found.pairRest { index, isOld -> Part? in
            guard let parent = index.parent else { return nil }
            return Part(
                table: isOld ? currentTable[index.table] ?? 0 : index.table,
                parent: isOld ? byOID[parent] ?? 0 : parent)
        }
        let rebuilt = rebuiltIndexes(found)
        let leaving = rebuilt.union(found.dropped.map(\.oid))
        var renames: [RelationName] = []
        for pair in found.pairs {
            guard let table = tablePairs[pair.new.table] else { continue }
            guard !rebuilt.contains(pair.old.oid) else {
                drop(pair.old, of: table.old, along: leaving)
                addIndex(pair.new, on: table.new, isNew: false, parentStays: false)
                continue
            }
            renames.append(.init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
            for change in indexStatements(
                pair.old.properties, pair.new.properties, pair.new.name)
            {
                statement(table.new, change.summary, change.sql, effect: .options)
            }
        }
        for index in found.dropped {
            guard let oid = currentTable[index.table], let table = tablePairs[oid] else { continue }
            drop(index, of: table.old, along: leaving)
        }
        let staying = Set(found.pairs.filter { !rebuilt.contains($0.old.oid) }.map(\.new.oid))
        let isAbove = Self.withParts(staying, current.indexes.map { ($0.oid, $0.parent) })
        for index in found.created {
            guard let table = tablePairs[index.table] else { continue }
            addIndex(
                index, on: table.new, isNew: false,
                parentStays: index.parent.map(isAbove.contains) ?? false)
        }
        for table in tables.created {
            for index in current.indexes where index.table == table.oid {
                addIndex(
                    index, on: table, isNew: true,
                    parentStays: index.parent.map(isAbove.contains) ?? false)
            }
        }
        rename(renames, "INDEX")
        let names = Dictionary(current.indexes.map { ($0.oid, $0.name) }, uniquingKeysWith: { $1 })
        for index in current.indexes where !staying.contains(index.oid) {
            guard let parent = index.parent, let name = names[parent],
                let table = current.table(oid: index.table)
            else { continue }
            attachIndex(index.name, to: name, of: table, isBelowKept: isAbove.contains(parent))
        }
    }

    /// Some constraints or indexes, and the parts of them in partitions, however far below.
    ///
    /// Those of what is dropped too: they go with it, though there are new ones of their names.
    func withParts<Item>(
        _ some: Set<UInt32>, of found: Matching<Item>, _ oid: KeyPath<Item, UInt32>,
        _ parent: KeyPath<Item, UInt32?>
    ) -> Set<UInt32> {
        let gone = Set(found.dropped.map { $0[keyPath: oid] })
        let below = Dictionary(grouping: found.pairs) { $0.old[keyPath: parent] ?? 0 }
        let orphans = gone.flatMap { below[$0] ?? [] }.filter(\.isByName)
        var result = some.union(orphans.map { $0.old[keyPath: oid] })
        var open = Array(result)
        while let whole = open.popLast() {
            for part in below[whole] ?? []
            where result.insert(part.old[keyPath: oid]).inserted {
                open.append(part.old[keyPath: oid])
            }
        }
        return result
    }

    /// What has to be made anew, by applied oid, with the parts of it in partitions.
    private func rebuiltIndexes(_ found: Matching<Index>) -> Set<UInt32> {
        var rebuilt: Set<UInt32> = []
        for pair in found.pairs {
            let isRefreshed = refreshed.contains(ObjectID(catalog: .relation, oid: pair.old.oid))
            let isSame =
                pair.isByName
                ? pair.old.definition == pair.new.definition
                : !DefinitionWords.differ(pair.old.definition, pair.new.definition)
            if !isSame || pair.old.isUnique != pair.new.isUnique || isRefreshed {
                rebuilt.insert(pair.old.oid)
            }
        }
        return withParts(rebuilt, of: found, \.oid, \.parent)
    }

    /// What is dropped as well, by applied oid, is in `along`: parts go with their whole.
    private mutating func drop(_ index: Index, of table: Table, along: Set<UInt32>) {
        if index.isUnique { reindexed.insert(table.oid) }
        let kept = currentTable[table.oid].map { !(keptParents[$0] ?? []).isEmpty } ?? false
        if let parent = index.parent, kept, along.contains(parent) { return }
        tearDown(
            ObjectID(catalog: .relation, oid: index.oid), rank: 7, index.name,
            "drop index \(index.name)", "DROP INDEX \(text.name(index.name))", effect: .dropIndex)
    }

    /// With `parentStays` it is part of an index that the target has: then it must be there when its
    /// table becomes a partition.
    private mutating func addIndex(
        _ index: Index, on table: Table, isNew: Bool, parentStays: Bool
    ) {
        let summary = "create index \(index.name)"
        let sql = text.index(index, on: table)
        // The definition says the options; only the statistics are left.
        var made = index.properties
        made.statistics = []
        let properties = indexStatements(made, index.properties, index.name)
        let isKey = index.name.name == table.keyIndex
        let id = ObjectID(catalog: .relation, oid: index.oid)
        if (isNew || isInNewTree(table)) && (parentStays || isKey && table.isPartition) {
            noteMade(id, at: .define)
            statement(table, summary, sql, effect: isNew ? .create : .index)
            for change in properties {
                statement(table, change.summary, change.sql, effect: .options)
            }
        } else if isKey, isNew || isReplicated(table) {
            noteMade(id, at: .constrain)
            add(.constrain, summary, sql, effect: isNew ? .create : .index)
            stages[.constrain, default: []] += properties
        } else if properties.isEmpty, let step = later(index, on: table, isNew: isNew) {
            addLater(step, index)
        } else {
            noteMade(id, at: .afterRows)
            afterwards(summary, sql, effect: isNew ? SchemaEffect.index.onNewTable : .index)
            afterRows += properties
        }
    }

    /// The step that builds an index behind the batch; nil where that is not wanted or not possible.
    ///
    /// The server builds those of partitioned tables under a lock only. One that is under way stays a
    /// step, whatever the option is now.
    private func later(_ index: SchemaSnapshot.Index, on table: Table, isNew: Bool) -> LaterStep? {
        guard !isNew, !isInitial, !deferIndexes, table.partitionKey == nil else { return nil }
        let step = LaterStep(
            summary: "create index \(index.name)",
            sql: text.index(index, on: table, concurrently: true),
            index: text.mapping.target(index.name))
        let isKnown = steps.contains { $0.id == step.id }
        return options.concurrentIndexes || isKnown ? step : nil
    }

    /// The catalog that the target carries gets the index when it is built, and not before.
    private mutating func addLater(_ step: LaterStep, _ index: SchemaSnapshot.Index) {
        if steps.contains(where: { $0.id == step.id && $0.state == .done }) {
            adopted.append(step.id)
        } else {
            later.append(step)
            result.indexes.removeAll { $0.oid == index.oid }
        }
    }

    /// What stands between the parentheses of WITH.
    static func options(_ definition: String) -> Substring {
        let marker = " WITH ("
        var rest = definition[...]
        while !rest.isEmpty, !rest.hasPrefix(marker) { rest = rest.dropFirst() }
        return rest.prefix { $0 != ")" }
    }
}
