/// The order of creations and alterations: what is needed comes first, ties by kind, then by name.
enum DefinitionOrder {
    typealias ObjectID = SchemaSnapshot.ObjectID

    static func sorted(_ units: [SchemaDiff.Unit], snapshot: SchemaSnapshot) -> [SchemaDiff.Unit] {
        let known = Dictionary(units.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let needs = edges(of: snapshot)
        let ordered = units.sorted { left, right in
            (left.rank, left.name, left.id.oid) < (right.rank, right.name, right.id.oid)
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
                    stack.append((next, false))
                }
            }
        }
        return result
    }

    /// What each object needs, in a fixed order; a partition needs its parent, a domain what its
    /// checks need.
    private static func edges(of snapshot: SchemaSnapshot) -> [ObjectID: [ObjectID]] {
        var needs: [ObjectID: [ObjectID]] = [:]
        var domainOfCheck: [UInt32: UInt32] = [:]
        for domain in snapshot.domains {
            for check in domain.checks { domainOfCheck[check.oid] = domain.oid }
        }
        for row in snapshot.dependencies {
            var dependent = ObjectID(catalog: row.dependent.catalog, oid: row.dependent.oid)
            if dependent.catalog == .constraint, let domain = domainOfCheck[dependent.oid] {
                dependent = ObjectID(catalog: .type, oid: domain)
            }
            needs[dependent, default: []].append(
                ObjectID(catalog: row.referenced.catalog, oid: row.referenced.oid))
        }
        for table in snapshot.tables {
            for link in SchemaDiff.links(of: table) {
                needs[ObjectID(catalog: .relation, oid: table.oid), default: []].append(
                    ObjectID(catalog: .relation, oid: link.parent))
            }
        }
        return needs
    }
}
