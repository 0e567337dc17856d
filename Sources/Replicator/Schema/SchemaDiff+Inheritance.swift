/// Partitions and children of old-style inheritance: what they get through their parents.
extension SchemaDiff {
    /// A way from a table up to a parent.
    struct ParentLink: Hashable {
        /// `pg_class.oid` of the parent, in the catalog that the table is of.
        var parent: UInt32
        /// The bound of a partition; nil for inheritance.
        var bound: String?
    }

    static func links(of table: Table) -> [ParentLink] {
        if case .partition(let parent, let bound) = table.kind {
            return [ParentLink(parent: parent, bound: bound)]
        }
        return table.properties.parents.map { ParentLink(parent: $0) }
    }

    /// Remembers which tables are the same, and which stay below the same parents.
    mutating func noteTables(_ tables: TableMatch) {
        tablePairs = Dictionary(tables.pairs.map { ($0.new.oid, $0) }, uniquingKeysWith: { $1 })
        currentTable = Dictionary(
            tables.pairs.map { ($0.old.oid, $0.new.oid) }, uniquingKeysWith: { $1 })
        for pair in tables.pairs {
            let before = Set(Self.links(of: pair.old).compactMap(current))
            keptParents[pair.new.oid] = Self.links(of: pair.new).filter(before.contains)
                .map(\.parent)
        }
        for table in current.tables {
            for link in Self.links(of: table) { children[link.parent, default: []].append(table) }
        }
    }

    /// A link of the applied catalog in the current one; nil where the parent is another table.
    private func current(_ link: ParentLink) -> ParentLink? {
        currentTable[link.parent].map { ParentLink(parent: $0, bound: link.bound) }
    }

    /// Whether a table is put below a parent by this plan.
    func isNewlyLinked(_ table: Table) -> Bool {
        let kept = keptParents[table.oid] ?? []
        return Self.links(of: table).contains { !kept.contains($0.parent) }
    }

    /// Whether a table, or one that it is a part of, is made or put below another by this plan.
    func isInNewTree(_ table: Table) -> Bool {
        var table = table
        // A chain cannot be longer than there are tables.
        for _ in current.tables {
            if createdTables.contains(table.oid) || isNewlyLinked(table) { return true }
            guard case .partition(let parent, _) = table.kind,
                let next = current.table(oid: parent)
            else { return false }
            table = next
        }
        return false
    }

    /// The indexes that the target has and keeps, or that are parts of such ones, however deep: a
    /// table that comes below one must bring its part along.
    static func withParts(
        _ staying: Set<UInt32>, _ parts: [(oid: UInt32, parent: UInt32?)]
    ) -> Set<UInt32> {
        var found = staying
        var grows = true
        while grows {
            grows = false
            for part in parts where !found.contains(part.oid) {
                guard let parent = part.parent, found.contains(parent) else { continue }
                found.insert(part.oid)
                grows = true
            }
        }
        return found
    }

    /// Takes tables from parents, and puts them below others.
    mutating func relink(_ tables: TableMatch) {
        for pair in tables.pairs {
            let kept = Set(keptParents[pair.new.oid] ?? [])
            for link in Self.links(of: pair.old) where !isKept(link, kept) {
                detach(pair.old, from: link)
            }
            for link in Self.links(of: pair.new) where !kept.contains(link.parent) {
                attach(pair.new, to: link)
            }
        }
        for table in tables.created {
            guard case .partition(let parent, let bound) = table.kind else { continue }
            attach(table, to: ParentLink(parent: parent, bound: bound))
        }
        let altered = tablesOfAlteredTypes()
        for pair in tables.pairs
        where pair.old.properties.type != pair.new.properties.type
            || altered.contains(pair.new.oid)
        {
            retype(pair.old, pair.new)
        }
    }

    /// The tables whose type gets other attributes, which the server does with them or not at all.
    private func tablesOfAlteredTypes() -> Set<UInt32> {
        let types = match(applied.composites, current.composites, \.oid, \.name).pairs
            .filter { $0.old.attributes != $0.new.attributes }.map { typeID($0.new.oid) }
        guard !types.isEmpty else { return [] }
        return Set(
            current.dependencies.filter { row in
                row.dependent.catalog == .relation && types.contains(row.referenced.whole)
            }.map(\.dependent.oid))
    }

    private func isKept(_ link: ParentLink, _ kept: Set<UInt32>) -> Bool {
        current(link).map { kept.contains($0.parent) } ?? false
    }

    private mutating func detach(_ table: Table, from link: ParentLink) {
        guard let parent = applied.table(oid: link.parent) else { return }
        if link.bound == nil {
            add(
                .detach, "end inheritance of \(table.name) from \(parent.name)",
                "ALTER TABLE \(text.name(table.name)) NO INHERIT \(text.name(parent.name))",
                effect: .alterTable)
        } else {
            add(
                .detach, "detach partition \(table.name)",
                "ALTER TABLE \(text.name(parent.name)) DETACH PARTITION \(text.name(table.name))",
                effect: .detach)
        }
    }

    private mutating func attach(_ table: Table, to link: ParentLink) {
        guard let parent = current.table(oid: link.parent) else { return }
        if let bound = link.bound {
            attachments.append(
                Unit(
                    id: ObjectID(catalog: .relation, oid: table.oid), rank: 0, name: table.name,
                    statements: [
                        SchemaStatement(
                            summary: "attach partition \(table.name)",
                            sql: "ALTER TABLE \(text.name(parent.name)) ATTACH PARTITION "
                                + "\(text.name(table.name)) \(bound)", effect: .attach)
                    ]))
        } else {
            add(
                .attach, "let \(table.name) inherit from \(parent.name)",
                "ALTER TABLE \(text.name(table.name)) INHERIT \(text.name(parent.name))",
                effect: .alterTable)
        }
    }

    /// The columns of a typed table are changed as those of any other while it has no type.
    private mutating func retype(_ old: Table, _ new: Table) {
        if let type = old.properties.type {
            add(
                .detach, "take type \(type) from table \(old.name)",
                "ALTER TABLE \(text.name(old.name)) NOT OF", effect: .alterTable)
        }
        if let type = new.properties.type {
            add(
                .attach, "give table \(new.name) type \(type)",
                "ALTER TABLE \(text.name(new.name)) OF \(type)", effect: .alterTable)
        }
    }

    // MARK: Columns that come through a parent

    /// The tables above that stay above, before and now.
    func parentPairs(of table: Table) -> [(old: Table, new: Table)] {
        (keptParents[table.oid] ?? []).compactMap { tablePairs[$0] }
    }

    /// The columns of a table that is the same: a column that was dropped and added again has other
    /// values.
    func matchColumns(_ old: Table, _ new: Table) -> Matching<Column> {
        var columns = Matching(
            old.columns, new.columns, identity: isSameEpoch ? { UInt32($0.attnum) } : nil,
            name: { $0.name })
        if isSameEpoch {
            for pair in columns.pairs where pair.isByName {
                columns.dropped.append(pair.old)
                columns.created.append(pair.new)
            }
            columns.pairs.removeAll(where: \.isByName)
            // Columns are added in the order that they have on the source.
            columns.created.sort { $0.attnum < $1.attnum }
        }
        return columns
    }

    /// What of a table's columns its parents' changes bring along.
    struct Inherited {
        /// Columns that the parents get, by name.
        var created: [String: Column] = [:]
        /// Names of columns that the parents lose.
        var dropped: Set<String> = []
        /// The parents' columns before and now, by the name of now.
        var pairs: [String: (old: Column, new: Column, parentOld: Table, parentNew: Table)] = [:]
    }

    func inherited(by table: Table) -> Inherited {
        var result = Inherited()
        for parent in parentPairs(of: table) {
            let columns = matchColumns(parent.old, parent.new)
            for column in columns.created { result.created[column.name] = column }
            result.dropped.formUnion(columns.dropped.map(\.name))
            for pair in columns.pairs {
                result.pairs[pair.new.name] = (pair.old, pair.new, parent.old, parent.new)
            }
        }
        return result
    }

    /// Whether a child that stays keeps a column that its parent loses; another one of that name
    /// is not the parent's.
    func isKeptBelow(_ table: Table, _ column: String) -> Bool {
        (children[table.oid] ?? []).contains { child in
            guard (keptParents[child.oid] ?? []).contains(table.oid),
                let pair = tablePairs[child.oid]
            else { return false }
            return matchColumns(pair.old, pair.new).pairs.contains { $0.old.name == column }
        }
    }

    /// `ALTER TABLE`, with ONLY where there are children, each with properties of its own.
    func alone(_ table: Table) -> String {
        children[table.oid] == nil ? "ALTER TABLE \(text.name(table.name))" : text.only(table)
    }
}
