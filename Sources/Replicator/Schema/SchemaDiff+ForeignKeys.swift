/// Foreign keys, in the form that the operator wants on the target.
extension SchemaDiff {
    private struct InTable: Hashable {
        var table: UInt32
        var name: String
    }

    /// They are made when all rows and keys are there, and dropped before anything that they need.
    mutating func diffForeignKeys(_ tables: TableMatch) {
        reportForm()
        let isWanted = options.foreignKeys != .none
        if !isWanted { result.constraints.removeAll { $0.kind == "f" } }
        result.foreignKeys = options.foreignKeys.rawValue
        let old = applied.constraints.filter { $0.kind == "f" }
        let new = isWanted ? current.constraints.filter { $0.kind == "f" && stands($0) } : []
        let found = Matching(
            old, new, identity: isSameEpoch ? { $0.oid } : nil,
            name: { InTable(table: currentTable[$0.table] ?? $0.table, name: $0.name) })
        var renames: [UInt32: [(id: UInt32, from: String, to: String)]] = [:]
        for pair in found.pairs {
            guard let table = tablePairs[pair.new.table] else {
                // The table is made anew.
                drop(pair.old)
                add(pair.new)
                continue
            }
            if mustRebuild(pair.old, pair.new, isByName: pair.isByName) {
                drop(pair.old)
                add(pair.new)
                continue
            }
            renames[table.new.oid, default: []].append(
                (pair.new.oid, pair.old.name, pair.new.name))
            alter(pair.old, pair.new, table.new)
        }
        for key in found.dropped { drop(key) }
        var clones = clonesOfDetached(old)
        for key in found.created {
            if let place = clones.firstIndex(where: { isClone($0, key) }) {
                let clone = clones.remove(at: place)
                renames[key.table, default: []].append((key.oid, clone.name, key.name))
            } else {
                add(key)
            }
        }
        for clone in clones {
            guard let table = applied.table(oid: clone.table) else { continue }
            stages[.detach, default: []].append(dropping(clone, of: table))
        }
        renameConstraints(renames)
    }

    /// Counts, by schema, the foreign keys that have another form than on the source, or none.
    private mutating func reportForm() {
        guard options.foreignKeys != .exact else { return }
        var counts: [String: Int] = [:]
        for constraint in current.constraints {
            guard let key = constraint.foreignKey, let table = current.table(oid: constraint.table),
                options.foreignKeys == .none || !key.isDeferredForm
            else { continue }
            counts[table.name.schema, default: 0] += 1
        }
        for (schema, count) in counts {
            let form =
                options.foreignKeys == .none
                ? "\(count) are not made"
                : "\(count) are DEFERRABLE INITIALLY DEFERRED and without actions"
            report(
                "foreign keys", "\(schema).*",
                NotCarried.foreignKeysAre + "\(options.foreignKeys.rawValue): \(form)")
        }
    }

    /// What partitions take along that leave a tree: its foreign keys.
    ///
    /// Those that the tree loses are among them: it loses them behind that.
    private func clonesOfDetached(
        _ keys: [SchemaSnapshot.Constraint]
    ) -> [SchemaSnapshot.Constraint] {
        tablePairs.values.sorted { $0.new.oid < $1.new.oid }.flatMap { pair in
            guard pair.old.isPartition, (keptParents[pair.new.oid] ?? []).isEmpty else {
                return [SchemaSnapshot.Constraint]()
            }
            let above = ancestors(of: pair.old, in: applied)
            return keys.filter { above.contains($0.table) }.map { key in
                var clone = key
                clone.table = pair.old.oid
                return clone
            }
        }
    }

    /// The tables that a partition is below of.
    func ancestors(of partition: Table, in snapshot: SchemaSnapshot) -> Set<UInt32> {
        var found: Set<UInt32> = []
        var table = partition
        while case .partition(let parent, _) = table.kind, found.insert(parent).inserted,
            let next = snapshot.table(oid: parent)
        {
            table = next
        }
        return found
    }

    /// Whether what a partition took along is a foreign key that its table has now.
    private func isClone(
        _ clone: SchemaSnapshot.Constraint, _ key: SchemaSnapshot.Constraint
    ) -> Bool {
        guard applied.foreignKeys == options.foreignKeys.rawValue,
            currentTable[clone.table] == key.table, let before = clone.foreignKey,
            let now = key.foreignKey, isSame(before, now, of: clone, key)
        else { return false }
        return before.isDeferrable == now.isDeferrable && before.isDeferred == now.isDeferred
            && before.isValidated == now.isValidated && !standsOnWhatGoes(clone, key)
    }

    /// Whether the rows that it needs travel; a table without rows needs none.
    private mutating func stands(_ constraint: SchemaSnapshot.Constraint) -> Bool {
        guard let key = constraint.foreignKey, let table = current.table(oid: constraint.table),
            let referenced = current.table(oid: key.referenced)
        else { return false }
        if hasRows(referenced) || !hasRows(table) { return true }
        report(
            "foreign key", "\(table.name).\(constraint.name)",
            "it refers to \(referenced.name), whose rows are not carried")
        result.constraints.removeAll { $0.oid == constraint.oid }
        return false
    }

    private func hasRows(_ table: Table) -> Bool {
        root(of: table).map(isReplicated) ?? false
    }

    /// Whether a constraint is on the target, as far as its being a foreign key is concerned.
    func isWanted(_ constraint: SchemaSnapshot.Constraint) -> Bool {
        guard let key = constraint.foreignKey else { return true }
        guard options.foreignKeys != .none, reasonAgainst(key) == nil else { return false }
        let tables = (current.table(oid: constraint.table), current.table(oid: key.referenced))
        guard let table = tables.0, let referenced = tables.1 else { return false }
        return hasRows(referenced) || !hasRows(table)
    }

    /// Whether something that it stands on is emptied, made anew, or cannot change below it.
    private func mustRebuild(
        _ old: SchemaSnapshot.Constraint, _ new: SchemaSnapshot.Constraint, isByName: Bool
    ) -> Bool {
        guard let before = old.foreignKey, let now = new.foreignKey else { return true }
        if applied.foreignKeys != options.foreignKeys.rawValue { return true }
        if refreshed.contains(ObjectID(catalog: .constraint, oid: old.oid)) { return true }
        // No statement changes it: the target was too old for the source's.
        if before.onDelete != now.onDelete { return true }
        if isByName, !isSame(before, now, of: old, new) { return true }
        guard let referenced = tablePairs[now.referenced], let own = tablePairs[new.table] else {
            return true
        }
        if standsOnWhatGoes(old, new) { return true }
        // What becomes a partition gets its parent's foreign keys, and clones of those to it.
        return isNewlyLinked(own.new) || isNewlyLinked(referenced.new)
            || referenced.old.isPartition != referenced.new.isPartition
            || own.old.isPartition != own.new.isPartition
    }

    /// Whether a table on one of its sides is emptied, loses a key, or is logged otherwise.
    private func standsOnWhatGoes(
        _ old: SchemaSnapshot.Constraint, _ new: SchemaSnapshot.Constraint
    ) -> Bool {
        guard let now = new.foreignKey, let referenced = tablePairs[now.referenced],
            let own = tablePairs[new.table]
        else { return true }
        if reindexed.contains(referenced.old.oid) { return true }
        // Other forms of TRUNCATE than of all tables at once are refused; and a table whose
        // deferred checks are due cannot be altered.
        if emptied.contains(referenced.new.oid) || emptied.contains(own.new.oid) { return true }
        if isBelowEmptied(referenced.new) || isBelowEmptied(own.new) { return true }
        // A table that is logged cannot refer to one that is not, not even for a moment.
        return referenced.old.properties.isUnlogged != referenced.new.properties.isUnlogged
            || own.old.properties.isUnlogged != own.new.properties.isUnlogged
    }

    private func isBelowEmptied(_ table: Table) -> Bool {
        var table = table
        // A chain cannot be longer than there are tables.
        for _ in current.tables {
            guard case .partition(let parent, _) = table.kind else { return false }
            if emptied.contains(parent) { return true }
            guard let next = current.table(oid: parent) else { return false }
            table = next
        }
        return false
    }

    /// Whether two foreign keys of one name are alike, so that one needs no change to be the other.
    private func isSame(
        _ old: SchemaSnapshot.ForeignKey, _ new: SchemaSnapshot.ForeignKey,
        of before: SchemaSnapshot.Constraint, _ now: SchemaSnapshot.Constraint
    ) -> Bool {
        var old = old
        guard let referenced = currentTable[old.referenced], referenced == new.referenced,
            let own = tablePairs[now.table], let other = tablePairs[new.referenced]
        else { return false }
        let names = { (pair: (old: Table, new: Table), columns: [String]) in
            let found = Dictionary(
                self.matchColumns(pair.old, pair.new).pairs.map { ($0.old.name, $0.new.name) },
                uniquingKeysWith: { $1 })
            return columns.map { found[$0] ?? "" }
        }
        old.referenced = referenced
        old.columns = names(own, old.columns)
        old.setColumns = names(own, old.setColumns)
        old.referencedColumns = names(other, old.referencedColumns)
        // These are altered in place.
        (old.isDeferrable, old.isDeferred) = (new.isDeferrable, new.isDeferred)
        if new.isValidated { old.isValidated = true }
        return old == new
    }

    private mutating func drop(_ constraint: SchemaSnapshot.Constraint) {
        guard let table = applied.table(oid: constraint.table) else { return }
        let isOwnTable = constraint.foreignKey?.referenced == constraint.table
        // It goes with its table, unless other tables that go are in its way.
        if droppedTables.contains(table.oid), isOwnTable { return }
        keyDrops.append(dropping(constraint, of: table))
    }

    private func dropping(_ constraint: SchemaSnapshot.Constraint, of table: Table)
        -> SchemaStatement
    {
        SchemaStatement(
            summary: "drop constraint \(table.name).\(constraint.name)",
            sql: "ALTER TABLE \(text.name(table.name)) DROP CONSTRAINT "
                + text.quoted(constraint.name), effect: .alterTable)
    }

    private mutating func add(_ constraint: SchemaSnapshot.Constraint) {
        guard let key = constraint.foreignKey, let table = current.table(oid: constraint.table),
            let referenced = current.table(oid: key.referenced)
        else { return }
        if let reason = reasonAgainst(key) {
            report("foreign key", "\(table.name).\(constraint.name)", reason)
            result.constraints.removeAll { $0.oid == constraint.oid }
            return
        }
        lastly(
            "add foreign key \(table.name).\(constraint.name)",
            "ALTER TABLE \(text.name(table.name)) ADD CONSTRAINT \(text.quoted(constraint.name)) "
                + text.foreignKey(key, referenced: referenced, as: options.foreignKeys),
            effect: key.isValidated ? .foreignKey : .alterTable)
    }

    private func reasonAgainst(_ key: SchemaSnapshot.ForeignKey) -> String? {
        if options.foreignKeys == .exact, abilities.maySetReplicaRole == false {
            return "foreign_keys is exact, and the target's role may not set "
                + "session_replication_role: GRANT SET ON PARAMETER session_replication_role TO it "
                + "(PostgreSQL 15 and later; before, it must be a superuser)"
        }
        if !key.isEnforced || key.hasPeriod, text.target.version < 180_000 {
            return
                "the target's PostgreSQL does not know \(key.hasPeriod ? "PERIOD" : "NOT ENFORCED")"
        }
        if key.match == "p" { return "MATCH PARTIAL is not known" }
        return nil
    }

    /// What ALTER CONSTRAINT and VALIDATE CONSTRAINT can.
    private mutating func alter(
        _ old: SchemaSnapshot.Constraint, _ new: SchemaSnapshot.Constraint, _ table: Table
    ) {
        guard let before = old.foreignKey, let now = new.foreignKey else { return }
        let alter = "ALTER TABLE \(text.name(table.name))"
        let name = text.quoted(new.name)
        let label = "\(table.name).\(new.name)"
        if options.foreignKeys == .exact,
            before.isDeferrable != now.isDeferrable || before.isDeferred != now.isDeferred
        {
            let words = now.isDeferrable ? "DEFERRABLE" : "NOT DEFERRABLE"
            let initially = now.isDeferred ? " INITIALLY DEFERRED" : " INITIALLY IMMEDIATE"
            statement(
                table, "alter constraint \(label)",
                "\(alter) ALTER CONSTRAINT \(name) \(words)\(initially)", effect: .alterTable)
        }
        if before.isEnforced != now.isEnforced {
            lastly(
                "alter constraint \(label)",
                "\(alter) ALTER CONSTRAINT \(name) \(now.isEnforced ? "" : "NOT ")ENFORCED",
                effect: .foreignKey)
        } else if !before.isValidated, now.isValidated {
            lastly(
                "validate \(label)", "\(alter) VALIDATE CONSTRAINT \(name)", effect: .validate)
        }
    }
}

extension SchemaSnapshot.ForeignKey {
    /// Whether `foreign_keys: deferred` carries it as it is.
    fileprivate var isDeferredForm: Bool {
        isDeferrable && isDeferred && onUpdate == "a" && onDelete == "a"
    }
}
