/// Views, and what hangs on carried tables and views.
extension CatalogScope {
    /// The addresses of the parts of carried relations.
    func parts(of relations: Set<UInt32>) -> [ObjectID] {
        let rules = contents.rules.filter { relations.contains($0.table) }
        let triggers = contents.triggers.filter { relations.contains($0.table) }
        let policies = contents.policies.filter { relations.contains($0.table) }
        return rules.map { ObjectID(catalog: .rule, oid: $0.oid) }
            + triggers.map { ObjectID(catalog: .trigger, oid: $0.oid) }
            + policies.map { ObjectID(catalog: .policy, oid: $0.oid) }
    }

    mutating func fillViews(
        _ result: inout SchemaSnapshot, _ carried: [CatalogContents.Relation]
    ) {
        let wanted = Set(carried.map(\.oid))
        for view in contents.views where wanted.contains(view.oid) {
            var view = view
            view.columns = contents.columns[view.oid] ?? []
            result.views.append(view)
        }
    }

    mutating func fillParts(
        _ result: inout SchemaSnapshot, _ wanted: Set<ObjectID>,
        _ carried: [CatalogContents.Relation]
    ) {
        let names = Dictionary(carried.map { ($0.oid, $0.name) }, uniquingKeysWith: { $1 })
        for rule in contents.rules {
            if decide(.rule, rule.oid, "rule", rule.name, names[rule.table], wanted) {
                result.rules.append(rule)
            }
        }
        for trigger in contents.triggers {
            if decide(.trigger, trigger.oid, "trigger", trigger.name, names[trigger.table], wanted)
            {
                result.triggers.append(trigger)
            }
        }
        for policy in contents.policies {
            if decide(.policy, policy.oid, "policy", policy.name, names[policy.table], wanted) {
                result.policies.append(policy)
            }
        }
        for place in result.tables.indices {
            result.tables[place].rowSecurity =
                contents.rowSecurity[result.tables[place].oid] ?? .init()
        }
    }

    /// Whether a part is carried; says why where it is not, but its table is.
    private mutating func decide(
        _ catalog: ObjectID.Catalog, _ oid: UInt32, _ kind: String, _ name: String,
        _ table: TableName?, _ wanted: Set<ObjectID>
    ) -> Bool {
        guard let table else { return false }
        let id = ObjectID(catalog: catalog, oid: oid)
        if let reason = verdict(id) {
            report(kind, "\(table).\(name)", reason)
            return false
        }
        return wanted.contains(id)
    }
}
