/// Indexes of tables.
extension SchemaDiff {
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
        tearDown(
            ObjectID(catalog: .relation, oid: index.oid), rank: 7, index.name,
            "drop index \(index.name)", "DROP INDEX \(text.name(index.name))", effect: .dropIndex)
    }

    private mutating func addIndex(
        _ index: SchemaSnapshot.Index, on table: Table, isNew: Bool
    ) {
        let summary = "create index \(index.name)"
        let sql = text.index(index, on: table)
        let id = ObjectID(catalog: .relation, oid: index.oid)
        if index.name.name == table.keyIndex, isNew || isReplicated(table) {
            noteMade(id, at: .constrain)
            add(.constrain, summary, sql, effect: .index)
        } else if let step = later(index, on: table, isNew: isNew) {
            addLater(step, index)
        } else {
            noteMade(id, at: .afterRows)
            afterwards(summary, sql, effect: isNew ? .index.onNewTable : .index)
        }
    }

    /// The step that builds an index behind the batch; nil where that is not wanted or not possible.
    ///
    /// The server builds those of partitioned tables under a lock only. One that is under way stays a
    /// step, whatever the option is now.
    private func later(_ index: SchemaSnapshot.Index, on table: Table, isNew: Bool) -> LaterStep? {
        guard !isNew, !isInitial, !deferIndexes, table.subpartitionKey == nil else { return nil }
        if case .partitioned = table.kind { return nil }
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
