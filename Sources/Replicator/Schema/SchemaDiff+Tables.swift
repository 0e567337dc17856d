/// Tables: which are new, gone, the same; and what of those is another.
extension SchemaDiff {
    /// The tables of two catalogs.
    struct TableMatch {
        var pairs: [(old: Table, new: Table)] = []
        var created: [Table] = []
        var dropped: [Table] = []
    }

    /// Within an epoch a table that is matched only by name is another table: dropped, made, copied.
    ///
    mutating func matchTables() -> TableMatch {
        let found = match(applied.tables, current.tables, \.oid, \.name)
        var tables = TableMatch(created: found.created, dropped: found.dropped)
        for pair in found.pairs {
            if (pair.isByName && isSameEpoch) || !isSameKind(pair.old, pair.new) {
                tables.dropped.append(pair.old)
                tables.created.append(pair.new)
            } else {
                tables.pairs.append((pair.old, pair.new))
            }
        }
        tables.dropped = tables.dropped.filter { !retain($0) }
        droppedTables = Set(tables.dropped.map(\.oid))
        createdTables = Set(tables.created.map(\.oid))
        noteTables(tables)
        return tables
    }

    /// A partition that becomes an ordinary table, or the reverse, is the same table.
    private func isSameKind(_ old: Table, _ new: Table) -> Bool {
        (old.partitionKey == nil) == (new.partitionKey == nil)
    }

    /// Keeps a table on the target that is there on the source, but is not carried any more (its
    /// key was dropped, say); and, across epochs, every table.
    private mutating func retain(_ table: Table) -> Bool {
        let isKnown = current.notCarried.contains {
            $0.kind == "table" && $0.name == table.name.description
        }
        guard isKnown || !isSameEpoch, !current.tables.contains(where: { $0.name == table.name })
        else { return false }
        if !isKnown {
            report(
                "table", table.name.description,
                "the source is another database now and does not have it; it stays on the target")
        }
        var kept = table
        kept.captureID = ""
        kept.shape = ""
        result.tables.append(kept)
        result.constraints += applied.constraints.filter { $0.table == table.oid }
        result.indexes += applied.indexes.filter { $0.table == table.oid }
        result.rules += applied.rules.filter { $0.table == table.oid }
        result.triggers += applied.triggers.filter { $0.table == table.oid }
        result.policies += applied.policies.filter { $0.table == table.oid }
        return true
    }

    mutating func diffTables(_ tables: TableMatch) {
        relink(tables)
        for table in tables.dropped {
            // A partition goes with its table.
            if case .partition(let parent, _) = table.kind, droppedTables.contains(parent) {
                continue
            }
            tearDown(
                ObjectID(catalog: .relation, oid: table.oid), rank: 4, table.name,
                "drop table \(table.name)", "DROP TABLE \(text.name(table.name))",
                effect: .dropTable)
        }
        for table in tables.created { create(table) }
        rename(
            tables.pairs.map { pair in
                RelationName(oid: pair.new.oid, old: pair.old.name, new: pair.new.name)
            }, "TABLE")
        for pair in tables.pairs { alter(pair.old, pair.new) }
    }

    private mutating func create(_ table: Table) {
        let parents = table.properties.parents.compactMap { current.table(oid: $0) }
        noteMade(ObjectID(catalog: .relation, oid: table.oid), at: .define)
        define(
            ObjectID(catalog: .relation, oid: table.oid), rank: 4, table.name,
            "create table \(table.name)", text.table(standalone(table), parents: parents),
            effect: .create)
        for column in table.columns {
            settle(column, of: table, below: parents)
        }
        noteIndexUse(.init(), table, isNew: true)
        if isReplicated(table) { recopy.insert(table.oid) }
        // The rows of a new partition come as events; one with another bound is emptied on the
        // target, and has no events.
        if isSameEpoch, let before = applied.table(oid: table.oid), case .partition = before.kind,
            let root = root(of: table), self.root(of: before, in: applied)?.oid == root.oid
        {
            recopyRoot(of: table)
        }
    }

    /// A partition as a table of its own: an identity comes from its parent (≥ 17).
    private func standalone(_ table: Table) -> Table {
        guard case .partition = table.kind else { return table }
        var table = table
        for place in table.columns.indices where table.columns[place].identitySequence == nil {
            table.columns[place].identity = ""
        }
        return table
    }

    /// What CREATE TABLE does not say of a column: properties, and what is not as in its parent.
    private mutating func settle(_ column: Column, of table: Table, below parents: [Table]) {
        let above = parents.flatMap(\.columns).last { $0.name == column.name }
        if !column.properties.isLocal, let above { alterInherited(above, column, of: table) }
        alterProperties(nil, column, of: table)
        addLateNotNull(column, to: table)
    }

    func root(of table: Table, in snapshot: SchemaSnapshot? = nil) -> Table? {
        var table = table
        // A chain cannot be longer than there are tables.
        for _ in (snapshot ?? current).tables {
            guard case .partition(let parent, _) = table.kind else { return table }
            guard let next = (snapshot ?? current).table(oid: parent) else { return nil }
            table = next
        }
        return nil
    }

    private mutating func recopyRoot(of partition: Table) {
        guard let root = root(of: partition), isReplicated(root) else { return }
        recopy.insert(root.oid)
    }

    /// Copies a table again whose partition was detached for a while, or had its trigger off.
    ///
    /// Rows may have changed unseen. Capture itself lets the trigger fire ALWAYS.
    mutating func copyWhatWasMissed(_ old: Table, _ new: Table) {
        guard isSameEpoch, old.captureID != new.captureID else { return }
        let (before, now) = (
            old.captureID.split(separator: ":"), new.captureID.split(separator: ":")
        )
        if before.count == 3, now.count == 3, before[0] == now[0], before[2] == "O", now[2] == "A" {
            return
        }
        recopyRoot(of: new)
    }

    func isReplicated(_ table: Table) -> Bool {
        !table.isPartition && !table.primaryKey.isEmpty && !table.captureID.isEmpty
    }

    // MARK: The same table

    private mutating func alter(_ old: Table, _ new: Table) {
        alterOptions(old, new)
        alterProperties(old, new)
        let columns = matchColumns(old, new)
        decideCopy(old, new, columns)
        let above = inherited(by: new)
        dropColumns(columns.dropped, of: old, now: new, above)
        renameColumns(columns, of: new, above)
        if emptied.contains(new.oid) {
            add(
                .empty, "empty table \(new.name)",
                "TRUNCATE \(new.partitionKey == nil ? "ONLY " : "")\(text.name(new.name))",
                effect: .empty)
        }
        for pair in columns.pairs { alter(pair.old, pair.new, of: old, new, above) }
        for column in columns.created {
            if let parent = above.created[column.name] {
                alterInherited(parent, column, of: new)
                alterProperties(nil, column, of: new)
            } else {
                addColumn(filled(column, of: new), to: new)
            }
        }
    }

    /// A column with the value that the rows of before have in it: of a partitioned table its
    /// partitions know it.
    ///
    /// Where they do not agree the rows are copied again.
    private mutating func filled(_ column: Column, of table: Table) -> Column {
        guard table.partitionKey != nil, !column.isGenerated else { return column }
        let values = Set(
            current.tables.filter { leaf in
                leaf.partitionKey == nil && leaf.isPartition && tablePairs[leaf.oid] != nil
                    && !isInNewTree(leaf) && ancestors(of: leaf, in: current).contains(table.oid)
            }.map { leaf in leaf.columns.first { $0.name == column.name }?.missingValue })
        guard values.count == 1, let value = values.first else {
            if !values.isEmpty { copyAgain(table) }
            return column
        }
        var column = column
        column.missingValue = value
        return column
    }

    mutating func statement(
        _ table: Table, _ summary: String, _ sql: String, effect: SchemaEffect = .unmarked
    ) {
        define(
            ObjectID(catalog: .relation, oid: table.oid), rank: 4, table.name, summary, sql,
            effect: effect)
    }

    /// Decides whether all rows are copied again, and whether the table is emptied before it is
    /// altered, so that no old row can stand in the way.
    private mutating func decideCopy(
        _ old: Table, _ new: Table, _ columns: Matching<SchemaSnapshot.Column>
    ) {
        let isPartition = new.isPartition
        if isPartition, !isNewlyLinked(new) { copyWhatWasMissed(old, new) }
        if old.properties.crashID != new.properties.crashID { copyAgain(new) }
        if isPartition, isNewlyLinked(new) {
            // The rows that it has on the target are of the past, and may not fit the bound.
            copyAgain(new)
            emptied.insert(new.oid)
        }
        if isReplicated(new), old.captureID != new.captureID { recopy.insert(new.oid) }
        let isRewritten = wasRewritten(old, new)
        if columns.created.contains(where: { column in
            // The target can have it now, and its old rows lack the values.
            !column.isGenerated && (isRewritten || old.leftOut?.contains(column.attnum) ?? false)
        }) {
            copyAgain(new)
        }
        var changesRows = false
        for pair in columns.pairs where !pair.new.isGenerated {
            if isRetyped(pair.old, pair.new, of: old, new) {
                let isWidened = Self.isWidened(pair.old.type, pair.new.type) && !isRewritten
                changesRows = changesRows || !isWidened
            } else if pair.old.typeOID != pair.new.typeOID, isSameEpoch {
                // A type of the same name, made anew: the values went through a conversion.
                copyAgain(new)
            }
            if pair.old.isGenerated { copyAgain(new) }
        }
        let names = Dictionary(
            columns.pairs.map { ($0.old.name, $0.new.name) }, uniquingKeysWith: { $1 })
        if !isPartition, isReplicated(new),
            old.primaryKey.map({ names[$0] ?? "" }) != new.primaryKey
        {
            changesRows = true
        }
        let holdsColumns = new.columns.contains { $0.isHeld == true }
        if changesRows {
            copyAgain(new)
            // The values of a held column are nowhere else.
            if !holdsColumns { emptied.insert(new.oid) }
        } else if mayViolate(old, new, columns), !holdsColumns {
            emptied.insert(new.oid)
        }
    }

    /// Copies the rows of a table again, where they travel at all.
    private mutating func copyAgain(_ table: Table) {
        if isReplicated(table) { recopy.insert(table.oid) }
        guard table.isPartition, let root = root(of: table), isReplicated(root) else { return }
        // The partition alone, where it has a key and rows of its own.
        recopy.insert(table.partitionKey == nil && !table.primaryKey.isEmpty ? table.oid : root.oid)
    }

    /// Whether old rows stand in the way of what rows that do not travel have to fulfil.
    ///
    /// Nobody brings such rows up to date, so they go before they can hold a change up.
    private func mayViolate(
        _ old: Table, _ new: Table, _ columns: Matching<SchemaSnapshot.Column>
    ) -> Bool {
        guard !new.isPartition, !isReplicated(new) else { return false }
        if columns.created.contains(where: { $0.notNull && $0.missingValue == nil }) { return true }
        if columns.pairs.contains(where: { !$0.old.notNull && $0.new.notNull }) { return true }
        let known = Set(applied.constraints.filter { $0.table == old.oid }.map(\.oid))
        let indexes = Set(applied.indexes.filter { $0.table == old.oid }.map(\.oid))
        return current.constraints.contains {
            $0.table == new.oid && !known.contains($0.oid) && isWanted($0)
        }
            || current.indexes.contains {
                $0.table == new.oid && $0.isUnique && !indexes.contains($0.oid)
            }
    }

    private func wasRewritten(_ old: Table, _ new: Table) -> Bool {
        if old.storage != new.storage { return true }
        guard case .partitioned = new.kind else { return false }
        return new.columns != old.columns
            && current.tables.contains { leaf in
                guard case .partition = leaf.kind, let before = applied.table(oid: leaf.oid) else {
                    return false
                }
                return before.storage != leaf.storage
            }
    }

    /// `varchar(10)` to `varchar(20)` or `text` leaves every value as it is.
    static func isWidened(_ old: String, _ new: String) -> Bool {
        guard old.hasPrefix("character varying") else { return false }
        if new == "text" || new == "character varying" { return true }
        guard new.hasPrefix("character varying("), let from = length(old), let to = length(new)
        else { return false }
        return to >= from
    }

    private static func length(_ type: String) -> Int? {
        guard let open = type.lastIndex(of: "("), type.hasSuffix(")") else { return nil }
        return Int(type[type.index(after: open)...].dropLast())
    }

    static func optionName(_ option: String) -> String {
        String(option.prefix { $0 != "=" })
    }
}
