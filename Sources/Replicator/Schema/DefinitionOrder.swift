/// The order of creations and alterations: what is needed comes first, ties by kind, then by name.
///
/// Drops take the order of the old catalog in reverse. A column is a place of its own in it, so that
/// a default can go before the function that it calls while the table stays.
struct DefinitionOrder {
    typealias ObjectID = SchemaSnapshot.ObjectID

    /// What each object needs, in a fixed order.
    private(set) var needs: [ObjectID: [ObjectID]] = [:]

    /// With parts, a table needs what its triggers, rules and policies need: it takes them along when
    /// it is dropped, and does not have them yet when it is made.
    init(_ snapshot: SchemaSnapshot, withParts: Bool = false) {
        var domainOfCheck: [UInt32: UInt32] = [:]
        for domain in snapshot.domains {
            for check in domain.checks { domainOfCheck[check.oid] = domain.oid }
        }
        let owners = withParts ? Self.owners(in: snapshot) : [:]
        for row in snapshot.dependencies {
            var dependent = row.dependent
            if dependent.catalog == .constraint, let domain = domainOfCheck[dependent.oid] {
                dependent = ObjectID(catalog: .type, oid: domain)
            }
            var dependents: Set = [dependent, dependent.whole]
            if let owner = owners[dependent] { dependents.insert(owner) }
            var referenced = [row.referenced]
            if row.referenced.column != 0 { referenced.append(row.referenced.whole) }
            for id in dependents {
                needs[id, default: []] += referenced.filter {
                    $0.whole != id.whole || $0.column > 0
                }
            }
        }
        for (part, owner) in Self.owners(in: snapshot) where part.catalog != .constraint {
            needs[part, default: []].append(owner)
        }
        for table in snapshot.tables {
            if case .partition(let parent, _) = table.kind {
                needs[ObjectID(catalog: .relation, oid: table.oid), default: []].append(
                    ObjectID(catalog: .relation, oid: parent))
            }
        }
    }

    /// The table or view of each part that is made by a statement of its own.
    private static func owners(in snapshot: SchemaSnapshot) -> [ObjectID: ObjectID] {
        var owners: [ObjectID: ObjectID] = [:]
        func own(_ catalog: ObjectID.Catalog, _ oid: UInt32, _ table: UInt32) {
            owners[ObjectID(catalog: catalog, oid: oid)] = ObjectID(catalog: .relation, oid: table)
        }
        for index in snapshot.indexes { own(.relation, index.oid, index.table) }
        for constraint in snapshot.constraints {
            own(.constraint, constraint.oid, constraint.table)
        }
        for rule in snapshot.rules { own(.rule, rule.oid, rule.table) }
        for trigger in snapshot.triggers { own(.trigger, trigger.oid, trigger.table) }
        for policy in snapshot.policies { own(.policy, policy.oid, policy.table) }
        return owners
    }

    /// Everything that an object needs, by way of others too; itself where that is a circle.
    func everythingNeeded(by id: ObjectID) -> Set<ObjectID> {
        var open = needs[id] ?? []
        var found: Set<ObjectID> = []
        while let next = open.popLast() {
            if found.insert(next).inserted { open += needs[next] ?? [] }
        }
        return found
    }

    /// The units in order; `stubs` are made in a form that needs types only.
    func sorted(_ units: [SchemaDiff.Unit], stubs: Set<ObjectID> = []) -> [SchemaDiff.Unit] {
        let known = Dictionary(units.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let ordered = units.sorted { left, right in
            (left.rank, left.name, left.id.oid, left.id.column)
                < (right.rank, right.name, right.id.oid, right.id.column)
        }
        var result: [SchemaDiff.Unit] = []
        var visited: Set<ObjectID> = []
        // An explicit stack: chains of dependencies have no limit. A circle is cut where it is met
        // again; the target then says which name it misses.
        for unit in ordered {
            var stack: [(id: ObjectID, isLeaving: Bool)] = [(unit.id, false)]
            while let (id, isLeaving) = stack.popLast() {
                if isLeaving {
                    if let found = known[id] { result.append(found) }
                    continue
                }
                guard visited.insert(id).inserted else { continue }
                stack.append((id, true))
                for next in (needs[id] ?? []).reversed() where !visited.contains(next) {
                    if stubs.contains(id), next.catalog != .type { continue }
                    stack.append((next, false))
                }
            }
        }
        return result
    }
}

extension SchemaSnapshot.ObjectID {
    /// The object that a column belongs to.
    var whole: Self { .init(catalog: catalog, oid: oid) }
}
