/// Rules, triggers and policies of tables and views.
///
/// On tables, triggers and rules arrive disabled: the source's effects are in its rows already. On
/// views they cannot be disabled and do nothing until somebody writes to the view.
extension SchemaDiff {
    /// Tables and views that are the same before and now, by applied oid, and those that are made.
    struct Owners {
        struct Pair {
            var old: TableName
            var new: TableName
            var oid: UInt32
        }

        /// By the applied oid.
        var kept: [UInt32: Pair] = [:]
        /// The names of all owners by the current oid.
        var names: [UInt32: TableName] = [:]
        /// The current oids of views.
        var views: Set<UInt32> = []
    }

    func owners(_ tables: TableMatch, _ views: Matching<View>) -> Owners {
        var owners = Owners()
        for (old, new) in tables.pairs {
            owners.kept[old.oid] = .init(old: old.name, new: new.name, oid: new.oid)
        }
        for pair in views.pairs where !replaced.contains(viewID(pair.old.oid)) {
            owners.kept[pair.old.oid] = .init(
                old: pair.old.name, new: pair.new.name, oid: pair.new.oid)
        }
        for table in current.tables { owners.names[table.oid] = table.name }
        for view in current.views { owners.names[view.oid] = view.name }
        owners.views = Set(current.views.map(\.oid))
        return owners
    }

    /// A part's name within its owner.
    private struct InOwner: Hashable {
        var owner: UInt32
        var name: String
    }

    /// Parts whose owner stays, and those of owners that are made, which have none.
    private func matchParts<Part>(
        _ old: [Part], _ new: [Part], _ owners: Owners, oid: KeyPath<Part, UInt32>,
        table: KeyPath<Part, UInt32>, name: KeyPath<Part, String>
    ) -> Matching<Part> {
        let kept = Set(owners.kept.values.map(\.oid))
        let mapped = old.compactMap { part in
            owners.kept[part[keyPath: table]].map { (part, $0.oid) }
        }
        let ownerOf = Dictionary(
            mapped.map { ($0.0[keyPath: oid], $0.1) }, uniquingKeysWith: { $1 })
        // Within an epoch the oid decides; a part cannot move to another table.
        var found = Matching(
            mapped.map(\.0), new.filter { kept.contains($0[keyPath: table]) },
            identity: isSameEpoch ? { $0[keyPath: oid] } : nil,
            name: { part in
                let id = part[keyPath: table]
                return InOwner(
                    owner: ownerOf[part[keyPath: oid]] ?? id, name: part[keyPath: name])
            })
        found.created += new.filter { !kept.contains($0[keyPath: table]) }
        return found
    }

    private mutating func renameParts(
        _ word: String, _ renames: [UInt32: [(id: UInt32, from: String, to: String)]],
        _ owners: Owners
    ) {
        for (owner, list) in renames.sorted(by: { $0.key < $1.key }) {
            guard let name = owners.names[owner] else { continue }
            for step in Rename.steps(list) {
                add(
                    .rename, "rename \(word.lowercased()) \(name).\(step.from) to \(step.to)",
                    "ALTER \(word) \(text.quoted(step.from)) ON \(text.name(name)) RENAME TO "
                        + text.quoted(step.to), effect: .tableRule)
            }
        }
    }

    private mutating func dropPart<Part>(
        _ keys: PartKeys<Part>, _ part: Part, _ owners: Owners
    ) {
        guard let owner = owners.kept[part[keyPath: keys.table]] else { return }
        let name = part[keyPath: keys.name]
        tearDown(
            keys.id(part), rank: 9, owner.old,
            "drop \(keys.word.lowercased()) \(owner.old).\(name)",
            "DROP \(keys.word) \(text.quoted(name)) ON \(text.name(owner.old))", effect: .tableRule)
    }

    private mutating func definePart(
        _ id: ObjectID, rank: Int, _ owner: TableName, _ summary: String, _ sql: String,
        effect: SchemaEffect = .tableRule
    ) {
        define(id, rank: rank, owner, summary, sql, effect: effect)
        units[id]?.canWait = true
    }

    /// Where the parts of one kind have what all kinds have.
    private struct PartKeys<Part> {
        var word: String
        var catalog: ObjectID.Catalog
        var oid: KeyPath<Part, UInt32>
        var table: KeyPath<Part, UInt32>
        var name: KeyPath<Part, String>

        func id(_ part: Part) -> ObjectID { ObjectID(catalog: catalog, oid: part[keyPath: oid]) }
    }

    /// Drops, makes and renames parts of one kind: `keep` alters one where it is, and answers false
    /// where it is to be made anew, which `create` does.
    private mutating func diffParts<Part>(
        _ keys: PartKeys<Part>, _ old: [Part], _ new: [Part], _ owners: Owners,
        keep: (inout SchemaDiff, Part, Part) -> Bool, create: (inout SchemaDiff, Part) -> Void
    ) {
        let found = matchParts(
            old, new, owners, oid: keys.oid, table: keys.table, name: keys.name)
        var renames: [UInt32: [(id: UInt32, from: String, to: String)]] = [:]
        for pair in found.pairs {
            if !refreshed.contains(keys.id(pair.old)), keep(&self, pair.old, pair.new) {
                renames[pair.new[keyPath: keys.table], default: []].append(
                    (
                        pair.new[keyPath: keys.oid], pair.old[keyPath: keys.name],
                        pair.new[keyPath: keys.name]
                    ))
            } else {
                dropPart(keys, pair.old, owners)
                create(&self, pair.new)
            }
        }
        for part in found.dropped { dropPart(keys, part, owners) }
        for part in found.created { create(&self, part) }
        renameParts(keys.word, renames, owners)
    }

    // MARK: Rules

    mutating func diffRules(_ owners: Owners) {
        diffParts(
            PartKeys(word: "RULE", catalog: .rule, oid: \.oid, table: \.table, name: \.name),
            applied.rules, current.rules, owners,
            keep: { diff, old, new in
                // RENAME exists since 9.3.
                guard old.name == new.name || diff.text.target.version >= 90_300 else {
                    return false
                }
                if old.event != new.event || old.definition != new.definition {
                    diff.create(new, owners, isNew: false)
                }
                return true
            }, create: { diff, rule in diff.create(rule, owners) })
    }

    private mutating func create(
        _ rule: SchemaSnapshot.Rule, _ owners: Owners, isNew: Bool = true
    ) {
        guard let owner = owners.names[rule.table] else { return }
        let id = ObjectID(catalog: .rule, oid: rule.oid)
        let label = "\(owner).\(rule.name)"
        if isNew { noteMade(id, at: .define) }
        definePart(
            id, rank: 8, owner, isNew ? "create rule \(label)" : "replace rule \(label)",
            "CREATE\(isNew ? "" : " OR REPLACE") RULE \(text.quoted(rule.name)) AS ON "
                + "\(rule.event) TO \(text.name(owner))\(rule.definition)")
        if !owners.views.contains(rule.table) {
            definePart(
                id, rank: 8, owner, "disable rule \(label)",
                "ALTER TABLE \(text.name(owner)) DISABLE RULE \(text.quoted(rule.name))")
        }
    }

    // MARK: Triggers

    mutating func diffTriggers(_ owners: Owners) {
        diffParts(
            PartKeys(
                word: "TRIGGER", catalog: .trigger, oid: \.oid, table: \.table, name: \.name),
            applied.triggers, current.triggers, owners,
            keep: { diff, old, new in diff.isSame(old, new) },
            create: { diff, trigger in diff.create(trigger, owners) })
    }

    /// Whether nothing but names and the enabled state differ, which the target does not have.
    private func isSame(
        _ old: SchemaSnapshot.Trigger, _ new: SchemaSnapshot.Trigger
    ) -> Bool {
        old.isConstraint == new.isConstraint && old.events == new.events
            && old.condition == new.condition && old.function == new.function
            && old.arguments == new.arguments
    }

    private mutating func create(_ trigger: SchemaSnapshot.Trigger, _ owners: Owners) {
        guard let owner = owners.names[trigger.table] else { return }
        let id = ObjectID(catalog: .trigger, oid: trigger.oid)
        let label = "\(owner).\(trigger.name)"
        if trigger.hasTransitionTables, text.target.version < 100_000 {
            report("trigger", label, "the target's PostgreSQL does not have transition tables")
            return
        }
        noteMade(id, at: .define)
        definePart(
            id, rank: 9, owner, "create trigger \(label)", text.trigger(trigger, on: owner),
            effect: .trigger)
        if !owners.views.contains(trigger.table) {
            definePart(
                id, rank: 9, owner, "disable trigger \(label)",
                "ALTER TABLE \(text.name(owner)) DISABLE TRIGGER \(text.quoted(trigger.name))")
        }
    }

    // MARK: Policies

    mutating func diffPolicies(_ owners: Owners) {
        diffParts(
            PartKeys(word: "POLICY", catalog: .policy, oid: \.oid, table: \.table, name: \.name),
            applied.policies, current.policies, owners,
            keep: { diff, old, new in
                guard let known = diff.withKnownRoles(new, owners), diff.canAlter(old, to: known)
                else { return false }
                diff.alter(old, known, owners)
                return true
            }, create: { diff, policy in diff.create(policy, owners) })
    }

    /// ALTER POLICY changes roles and expressions, and cannot take an expression away.
    private func canAlter(
        _ old: SchemaSnapshot.Policy, to new: SchemaSnapshot.Policy
    ) -> Bool {
        old.command == new.command && old.isPermissive == new.isPermissive
            && (old.using == nil || new.using != nil) && (old.check == nil || new.check != nil)
    }

    private mutating func alter(
        _ old: SchemaSnapshot.Policy, _ new: SchemaSnapshot.Policy, _ owners: Owners
    ) {
        var same = old
        (same.oid, same.name, same.table) = (new.oid, new.name, new.table)
        guard same != new, let owner = owners.names[new.table] else { return }
        var sql = "ALTER POLICY \(text.quoted(new.name)) ON \(text.name(owner))"
        if old.roles != new.roles { sql += " TO \(text.roles(new.roles))" }
        sql += text.expressions(new)
        definePart(
            ObjectID(catalog: .policy, oid: new.oid), rank: 10, owner,
            "change policy \(owner).\(new.name)", sql)
    }

    private mutating func create(_ policy: SchemaSnapshot.Policy, _ owners: Owners) {
        guard let owner = owners.names[policy.table],
            let policy = withKnownRoles(policy, owners)
        else { return }
        let id = ObjectID(catalog: .policy, oid: policy.oid)
        noteMade(id, at: .define)
        definePart(
            id, rank: 10, owner, "create policy \(owner).\(policy.name)",
            text.policy(policy, on: owner))
    }

    /// The policy as the target can have it; nil where it cannot have it at all.
    ///
    /// A role that the target lacks is left out and named; a policy is never widened to PUBLIC for
    /// want of its roles. The remembered catalog has what the target has, so that the next look
    /// makes it good.
    private mutating func withKnownRoles(
        _ policy: SchemaSnapshot.Policy, _ owners: Owners
    ) -> SchemaSnapshot.Policy? {
        let label = "\(owners.names[policy.table]?.description ?? "?").\(policy.name)"
        let place = result.policies.firstIndex { $0.oid == policy.oid }
        let version = text.target.version
        if version < 90_500 || (!policy.isPermissive && version < 100_000) {
            if let place { result.policies.remove(at: place) }
            report("policy", label, "the target's PostgreSQL does not have such policies")
            return nil
        }
        guard let known = abilities.roles else { return policy }
        let missing = policy.roles.filter { !known.contains($0) }
        guard !missing.isEmpty else { return policy }
        var kept = policy
        kept.roles.removeAll { missing.contains($0) }
        let names = missing.joined(separator: ", ")
        if kept.roles.isEmpty {
            if let place { result.policies.remove(at: place) }
            report("policy", label, "the target does not have its roles: \(names)")
            return nil
        }
        if let place { result.policies[place] = kept }
        report("policy", label, "the target does not have all of its roles: \(names)")
        return kept
    }

    // MARK: Row-level security

    /// Whoever owns the table is not subject to its policies unless they are forced on him: forced
    /// ones would keep the applier's rows out, where its role cannot bypass them.
    mutating func diffRowSecurity(_ tables: TableMatch) {
        for (old, new) in tables.pairs { setRowSecurity(old.rowSecurity, new) }
        for table in tables.created { setRowSecurity(.init(), table) }
    }

    private mutating func setRowSecurity(_ old: SchemaSnapshot.RowSecurity, _ new: Table) {
        var wanted = new.rowSecurity
        if text.target.version < 90_500 {
            if wanted != .init() {
                report(
                    "row security", new.name.description,
                    "the target's PostgreSQL does not have row-level security")
            }
            return
        }
        if wanted.isForced, !abilities.bypassesRowSecurity {
            wanted.isForced = false
            report(
                "forced row security", new.name.description,
                "it would hold for the rows that arrive: the target's role has neither BYPASSRLS "
                    + "nor SUPERUSER; set FORCE ROW LEVEL SECURITY when replication ends")
            for place in result.tables.indices where result.tables[place].oid == new.oid {
                result.tables[place].rowSecurity.isForced = false
            }
        }
        let prefix = "ALTER TABLE \(text.name(new.name))"
        if old.isEnabled != wanted.isEnabled {
            let word = wanted.isEnabled ? "ENABLE" : "DISABLE"
            statement(
                new, "\(word.lowercased()) row level security of \(new.name)",
                "\(prefix) \(word) ROW LEVEL SECURITY", effect: .tableRule)
        }
        if old.isForced != wanted.isForced {
            let word = wanted.isForced ? "FORCE" : "NO FORCE"
            statement(
                new, "\(word.lowercased()) row level security of \(new.name)",
                "\(prefix) \(word) ROW LEVEL SECURITY", effect: .tableRule)
        }
    }
}

extension DDLText {
    func trigger(_ trigger: SchemaSnapshot.Trigger, on owner: TableName) -> String {
        let condition = trigger.condition.isEmpty ? "" : "\(trigger.condition) "
        let arguments = trigger.arguments.map(SQLText.literal).joined(separator: ", ")
        return "CREATE \(trigger.isConstraint ? "CONSTRAINT " : "")TRIGGER \(quoted(trigger.name)) "
            + "\(trigger.events) ON \(name(owner)) \(condition)EXECUTE \(target.triggerFunction) "
            + "\(trigger.function)(\(arguments))"
    }

    func policy(_ policy: SchemaSnapshot.Policy, on owner: TableName) -> String {
        var text = "CREATE POLICY \(quoted(policy.name)) ON \(name(owner))"
        if !policy.isPermissive { text += " AS RESTRICTIVE" }
        return text + " FOR \(policy.command) TO \(roles(policy.roles))" + expressions(policy)
    }

    func roles(_ roles: [String]) -> String {
        roles.isEmpty ? "PUBLIC" : roles.map(quoted).joined(separator: ", ")
    }

    func expressions(_ policy: SchemaSnapshot.Policy) -> String {
        (policy.using.map { " USING (\($0))" } ?? "")
            + (policy.check.map { " WITH CHECK (\($0))" } ?? "")
    }
}
