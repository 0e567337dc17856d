/// Takes from a catalog what a server cannot have, and what needs that.
///
/// `refuse` names an object that the server cannot have; `report` something of an object that stays
/// in another form.
struct TargetLimits {
    typealias ObjectID = SchemaSnapshot.ObjectID

    let target: CatalogFeatures
    var kept: SchemaSnapshot
    /// What the server cannot have, and why.
    private(set) var missing: [ObjectID: String] = [:]
    private var found: [NotCarried] = []
    /// In the order in which it was found, so that what needs it follows.
    private var open: [ObjectID] = []
    /// How the objects are called; asked for where something is missing.
    private var addresses: ObjectAddresses?

    init(_ snapshot: SchemaSnapshot, _ target: CatalogFeatures) {
        self.target = target
        kept = snapshot
    }

    mutating func possible() -> SchemaSnapshot {
        limitColumns()
        limitTables()
        limitConstraints()
        limitIndexes()
        limitSequences()
        limitTypes()
        limitViews()
        limitRoutines()
        limitObjects()
        if !missing.isEmpty {
            spread()
            remove()
        }
        if !found.isEmpty { kept.notCarried = Set(kept.notCarried + found).sorted() }
        return kept
    }

    /// Whether the server is older.
    func isOlder(than version: Int) -> Bool { target.version < version }

    mutating func report(_ kind: String, _ name: String, _ reason: String) {
        found.append(NotCarried(kind: kind, name: name, reason: reason))
    }

    mutating func refuse(_ id: ObjectID, _ kind: String, _ name: String, _ reason: String) {
        guard takeAway(id, reason) else { return }
        report(kind, name, reason)
    }

    /// - Returns: whether it was there until now.
    private mutating func takeAway(_ id: ObjectID, _ reason: String) -> Bool {
        guard !isMissing(id) else { return false }
        missing[id] = reason
        open.append(id)
        return true
    }

    func isMissing(_ id: ObjectID) -> Bool {
        missing[id] != nil || missing[.init(catalog: id.catalog, oid: id.oid)] != nil
    }

    // MARK: What needs it

    private mutating func spread() {
        addresses = ObjectAddresses(kept)
        let users = Dictionary(grouping: kept.dependencies) {
            ObjectID(catalog: $0.referenced.catalog, oid: $0.referenced.oid)
        }
        var next = 0
        while next < open.count {
            let id = open[next]
            next += 1
            let reason = "it needs \(label(id)): \(missing[id] ?? "")"
            for row in users[ObjectID(catalog: id.catalog, oid: id.oid)] ?? []
            where id.column == 0 || id.column == row.referenced.column {
                loosen(row.dependent, from: id, reason)
            }
            if id.catalog == .relation { takeParts(of: id, reason) }
        }
    }

    private func label(_ id: ObjectID) -> String {
        guard let address = addresses?[id] else { return "something that is not carried" }
        return "\(address.words.lowercased()) \(name(address))"
    }

    private func name(_ address: ObjectAddresses.Address) -> String {
        "\(address.name)" + (address.part.map { ".\($0)" } ?? "") + (address.arguments ?? "")
    }

    /// Takes from an object what needs the missing one: that may be all of it.
    private mutating func loosen(_ id: ObjectID, from needed: ObjectID, _ reason: String) {
        guard !isMissing(id), let address = addresses?[id] else { return }
        let isOfType = [.type, .relation].contains(needed.catalog)
        if id.column > 0, let place = kept.tables.firstIndex(where: { $0.oid == id.oid }),
            let part = kept.tables[place].columns.firstIndex(where: { $0.attnum == id.column })
        {
            let column = kept.tables[place].columns[part]
            if needed.catalog == .collation, !column.isGenerated {
                kept.tables[place].columns[part].collation = nil
                report("collation of column", name(address), reason)
            } else if isOfType || column.isGenerated {
                refuse(column, of: kept.tables[place], "column", reason)
            } else if column.expression != nil {
                kept.tables[place].columns[part].expression = nil
                report("default", name(address), reason)
            }
            return
        }
        if id.column > 0, let place = kept.views.firstIndex(where: { $0.oid == id.oid }),
            let part = kept.views[place].columns.firstIndex(where: { $0.attnum == id.column })
        {
            kept.views[place].columns[part].expression = nil
            return report("default", name(address), reason)
        }
        if id.catalog == .type, !isOfType, needed.catalog != .collation,
            let place = kept.domains.firstIndex(where: { $0.oid == id.oid })
        {
            kept.domains[place].expression = nil
            return report("default", name(address), reason)
        }
        let whole = ObjectID(catalog: id.catalog, oid: id.oid)
        refuse(whole, address.words.lowercased(), name(addresses?[whole] ?? address), reason)
    }

    /// A column whose values are not carried; with one of the key the table goes.
    mutating func refuse(
        _ column: SchemaSnapshot.Column, of table: SchemaSnapshot.Table, _ kind: String,
        _ reason: String
    ) {
        let whole = ObjectID(catalog: .relation, oid: table.oid)
        let isNeeded = table.primaryKey.contains(column.name) || table.properties.type != nil
        if isNeeded || table.partitionKey.map({ $0.mentions(column.name) }) ?? false {
            refuse(
                whole, "table", table.name.description,
                "it needs column \(table.name).\(column.name): \(reason)")
        } else {
            refuse(
                ObjectID(catalog: .relation, oid: table.oid, column: column.attnum), kind,
                "\(table.name).\(column.name)", reason)
        }
    }

    /// What belongs to a table, view or column, and is in no list of dependencies.
    private mutating func takeParts(of id: ObjectID, _ reason: String) {
        let column = kept.table(oid: id.oid)?.columns.first { $0.attnum == id.column }?.name
        if id.column > 0, column == nil { return }
        let goes = { (text: String) in column.map(text.mentions) ?? true }
        var parts: [ObjectID] = []
        for constraint in kept.constraints {
            let key = constraint.foreignKey
            let isOwn =
                constraint.table == id.oid
                && (key.map { column.map($0.columns.contains) ?? true }
                    ?? goes(constraint.definition))
            let isOther =
                key?.referenced == id.oid
                && (column.map { key?.referencedColumns.contains($0) ?? false } ?? true)
            if isOwn || isOther {
                parts.append(ObjectID(catalog: .constraint, oid: constraint.oid))
            }
        }
        parts += kept.indexes.filter { $0.table == id.oid && goes($0.definition) }.map {
            ObjectID(catalog: .relation, oid: $0.oid)
        }
        parts += kept.statistics.filter { $0.table == id.oid && goes($0.definition) }.map(\.id)
        if id.column == 0 {
            let isPart = { (table: SchemaSnapshot.Table) in
                if case .partition(let parent, _) = table.kind { return parent == id.oid }
                return table.properties.parents.contains(id.oid)
            }
            parts += kept.tables.filter(isPart).map { ObjectID(catalog: .relation, oid: $0.oid) }
            parts += kept.rules.filter { $0.table == id.oid }.map {
                ObjectID(catalog: .rule, oid: $0.oid)
            }
            parts += kept.triggers.filter { $0.table == id.oid }.map {
                ObjectID(catalog: .trigger, oid: $0.oid)
            }
            parts += kept.policies.filter { $0.table == id.oid }.map {
                ObjectID(catalog: .policy, oid: $0.oid)
            }
        }
        for part in parts {
            guard let address = addresses?[part] else { continue }
            refuse(part, address.words.lowercased(), name(address), reason)
        }
    }

    // MARK: What is left

    private mutating func remove() {
        let missing = missing
        let goes = { (catalog: ObjectID.Catalog, oid: UInt32) in
            missing[ObjectID(catalog: catalog, oid: oid)] != nil
        }
        kept.tables.removeAll { goes(.relation, $0.oid) }
        for place in kept.tables.indices {
            let oid = kept.tables[place].oid
            let left = kept.tables[place].columns.filter {
                missing[ObjectID(catalog: .relation, oid: oid, column: $0.attnum)] != nil
            }.map(\.attnum)
            guard !left.isEmpty else { continue }
            kept.tables[place].columns.removeAll { left.contains($0.attnum) }
            kept.tables[place].leftOut = left
        }
        kept.views.removeAll { goes(.relation, $0.oid) }
        kept.indexes.removeAll { goes(.relation, $0.oid) }
        kept.sequences.removeAll { goes(.relation, $0.oid) }
        for place in kept.sequences.indices {
            if let owner = kept.sequences[place].owner, isMissing(owner) {
                kept.sequences[place].owner = nil
            }
        }
        kept.enums.removeAll { goes(.type, $0.oid) }
        kept.composites.removeAll { goes(.type, $0.oid) }
        kept.domains.removeAll { goes(.type, $0.oid) }
        for place in kept.domains.indices {
            kept.domains[place].checks.removeAll { goes(.constraint, $0.oid) }
        }
        kept.functions.removeAll { goes(.routine, $0.oid) }
        kept.constraints.removeAll { goes(.constraint, $0.oid) }
        for place in kept.constraints.indices {
            // The part in a partition stands alone.
            if let parent = kept.constraints[place].parent, goes(.constraint, parent) {
                kept.constraints[place].parent = nil
            }
        }
        kept.statistics.removeAll { goes(.statistics, $0.oid) }
        kept.rules.removeAll { goes(.rule, $0.oid) }
        kept.triggers.removeAll { goes(.trigger, $0.oid) }
        kept.policies.removeAll { goes(.policy, $0.oid) }
        kept.objects.removeAll { missing[$0.id] != nil }
        kept.dependencies = kept.dependencies.filter {
            !isMissing($0.dependent) && !isMissing($0.referenced)
        }
        let there = ObjectAddresses(kept)
        kept.comments.removeAll { !there.isKnown($0.object) }
        kept.privileges.removeAll { !there.isKnown($0.object) }
        for place in kept.owners.indices {
            kept.owners[place].objects.removeAll { !there.isKnown($0) }
        }
        kept.owners.removeAll { $0.objects.isEmpty }
    }
}
