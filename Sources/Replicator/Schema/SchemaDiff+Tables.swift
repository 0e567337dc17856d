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
    /// So is one that became a partition or ceased to be one.
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
        return tables
    }

    private func isSameKind(_ old: Table, _ new: Table) -> Bool {
        switch (old.kind, new.kind) {
        case (.ordinary, .ordinary), (.partitioned, .partitioned): return true
        case (.partition(let oldParent, let oldBound), .partition(let newParent, let newBound)):
            let isSameParent =
                isSameEpoch
                ? oldParent == newParent
                : applied.table(oid: oldParent)?.name == current.table(oid: newParent)?.name
            return isSameParent && oldBound == newBound
                && (old.subpartitionKey == nil) == (new.subpartitionKey == nil)
        default: return false
        }
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
        for table in tables.dropped.sorted(by: { $0.name < $1.name }) {
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
        var parent: Table?
        if case .partition(let oid, _) = table.kind { parent = current.table(oid: oid) }
        noteMade(ObjectID(catalog: .relation, oid: table.oid), at: .define)
        define(
            ObjectID(catalog: .relation, oid: table.oid), rank: 4, table.name,
            "create table \(table.name)", text.table(table, parent: parent),
            effect: parent == nil ? .create : .attach)
        for column in table.columns where column.isGenerated {
            if !text.target.hasGenerated(column.generated) {
                report(
                    "generated column", "\(table.name).\(column.name)",
                    "the target's PostgreSQL does not have such columns")
            }
        }
        if isReplicated(table) { recopy.insert(table.oid) }
        // The rows of a new partition come as events; one with another bound is emptied on the
        // target, and has no events.
        if isSameEpoch, let before = applied.table(oid: table.oid), case .partition = before.kind,
            let root = root(of: table), self.root(of: before, in: applied)?.oid == root.oid
        {
            recopyRoot(of: table)
        }
    }

    private func root(of table: Table, in snapshot: SchemaSnapshot? = nil) -> Table? {
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
    private mutating func copyWhatWasMissed(_ old: Table, _ new: Table) {
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
        if case .partition = table.kind { return false }
        return !table.primaryKey.isEmpty && !table.captureID.isEmpty
    }

    // MARK: The same table

    private mutating func alter(_ old: Table, _ new: Table) {
        alterOptions(old, new)
        // The columns of a partition are those of its table.
        if case .partition = new.kind {
            copyWhatWasMissed(old, new)
            return
        }
        let columns = matchColumns(old, new)
        decideCopy(old, new, columns)
        dropColumns(columns.dropped, of: old)
        renameColumns(columns, of: new)
        if emptied.contains(new.oid) {
            statement(
                new, "empty table \(new.name)", "TRUNCATE \(text.name(new.name))", effect: .empty)
        }
        for pair in columns.pairs { alter(pair.old, pair.new, of: old, new) }
        for column in columns.created { addColumn(column, to: new) }
    }

    /// The same columns of a table.
    func matchColumns(_ old: Table, _ new: Table) -> Matching<SchemaSnapshot.Column> {
        var columns = Matching(
            old.columns, new.columns, identity: isSameEpoch ? { UInt32($0.attnum) } : nil,
            name: { $0.name })
        if isSameEpoch {
            // A column that was dropped and added again has other values.
            for pair in columns.pairs where pair.isByName {
                columns.dropped.append(pair.old)
                columns.created.append(pair.new)
            }
            columns.pairs.removeAll(where: \.isByName)
        }
        return columns
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
        guard isReplicated(new) else { return }
        if old.captureID != new.captureID { recopy.insert(new.oid) }
        let isRewritten = wasRewritten(old, new)
        if isRewritten, columns.created.contains(where: { !$0.isGenerated }) {
            recopy.insert(new.oid)
        }
        var changesRows = false
        for pair in columns.pairs where !pair.new.isGenerated {
            if isRetyped(pair.old, pair.new, of: old, new) {
                let isWidened = Self.isWidened(pair.old.type, pair.new.type) && !isRewritten
                changesRows = changesRows || !isWidened
            } else if pair.old.typeOID != pair.new.typeOID, isSameEpoch {
                // A type of the same name, made anew: the values went through a conversion.
                recopy.insert(new.oid)
            }
            if pair.old.isGenerated { recopy.insert(new.oid) }
        }
        let names = Dictionary(
            columns.pairs.map { ($0.old.name, $0.new.name) }, uniquingKeysWith: { $1 })
        if old.primaryKey.map({ names[$0] ?? "" }) != new.primaryKey { changesRows = true }
        if changesRows {
            recopy.insert(new.oid)
            // The values of a held column are nowhere else.
            if !new.columns.contains(where: { $0.isHeld == true }) { emptied.insert(new.oid) }
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

    private mutating func alterOptions(_ old: Table, _ new: Table) {
        guard old.options != new.options else { return }
        let name = text.name(new.name)
        let kept = Set(new.options.map(Self.optionName))
        let gone = old.options.map(Self.optionName).filter { !kept.contains($0) }
        if !gone.isEmpty {
            statement(
                new, "reset options of \(new.name)",
                "ALTER TABLE \(name) RESET (\(gone.joined(separator: ", ")))", effect: .options)
        }
        if !new.options.isEmpty {
            statement(
                new, "set options of \(new.name)",
                "ALTER TABLE \(name) SET (\(text.options(new.options)))", effect: .options)
        }
    }

    static func optionName(_ option: String) -> String {
        String(option.prefix { $0 != "=" })
    }
}
