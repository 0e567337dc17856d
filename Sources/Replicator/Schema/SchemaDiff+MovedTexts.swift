/// What would run a routine whose text names a schema that has another name on the target.
///
/// Such texts are carried as they are. While rows arrive, or while the thing itself is made, the
/// target would run them and fail, or look into a schema that happens to have that name. Until the
/// text names the schema no more, what runs it is left out of the catalog, and named.
extension SchemaSnapshot {
    /// The part that can run on the target, and the rest by name.
    func runnable(under mapping: SchemaMapping) -> (SchemaSnapshot, [NotCarried]) {
        let moved = functions.filter { movedSchema(namedBy: $0, mapping) != nil }
        guard !moved.isEmpty else { return (self, []) }
        let order = RoutineOrder(self, moved: moved)
        var kept = self
        var rest: [NotCarried] = []
        func isLeftOut(_ kind: String, _ name: String, _ id: ObjectID) -> Bool {
            guard let routine = order.movedRoutine(runBy: id) else { return false }
            rest.append(.init(kind: kind, name: name, reason: reason(routine, mapping)))
            return true
        }
        kept.constraints.removeAll { constraint in
            guard let table = table(oid: constraint.table) else { return false }
            return isLeftOut(
                "constraint", "\(table.name).\(constraint.name)",
                ObjectID(catalog: .constraint, oid: constraint.oid))
        }
        kept.indexes.removeAll { index in
            isLeftOut(
                "index", index.name.description, ObjectID(catalog: .relation, oid: index.oid))
        }
        kept.statistics.removeAll { isLeftOut("statistics", $0.name.description, $0.id) }
        for place in kept.domains.indices {
            let name = kept.domains[place].name
            kept.domains[place].checks.removeAll { check in
                isLeftOut(
                    "constraint", "\(name).\(check.name)",
                    ObjectID(catalog: .constraint, oid: check.oid))
            }
        }
        for table in kept.tables.indices {
            for place in kept.tables[table].columns.indices {
                let (oid, name) = (kept.tables[table].oid, kept.tables[table].name)
                let column = kept.tables[table].columns[place]
                let id = ObjectID(catalog: .relation, oid: oid, column: column.attnum)
                guard column.isGenerated,
                    isLeftOut("generated column", "\(name).\(column.name)", id)
                else { continue }
                // A column like any other there, without values: the source does not send them.
                kept.tables[table].columns[place].expression = nil
                kept.tables[table].columns[place].notNull = false
            }
        }
        return (kept, rest)
    }

    /// The schema that the text of a routine names and that has another name on the target.
    func movedSchema(namedBy routine: Routine, _ mapping: SchemaMapping) -> String? {
        schemas.map(\.name).first {
            mapping.target($0) != $0 && SchemaDiff.names($0, in: routine.definition)
        }
    }

    private func reason(_ routine: Routine, _ mapping: SchemaMapping) -> String {
        let schema = movedSchema(namedBy: routine, mapping) ?? ""
        return "it runs \(routine.name)(\(routine.arguments)), whose text names schema \(schema), "
            + "which is \(mapping.target(schema)) on the target; texts of functions are not rewritten"
    }
}

/// Which routines an object runs, by way of others, as far as PostgreSQL records it: not through the
/// quoted text of a routine.
private struct RoutineOrder {
    typealias ObjectID = SchemaSnapshot.ObjectID

    private var needs: [ObjectID: [ObjectID]] = [:]
    private var moved: [ObjectID: SchemaSnapshot.Routine]

    init(_ snapshot: SchemaSnapshot, moved: [SchemaSnapshot.Routine]) {
        self.moved = Dictionary(
            moved.map { (ObjectID(catalog: .routine, oid: $0.oid), $0) },
            uniquingKeysWith: { $1 })
        // Who needs a table does not run its checks, its generated columns or its defaults.
        let tables = Set(snapshot.tables.map(\.oid))
        var domainOfCheck: [ObjectID: ObjectID] = [:]
        // Who has a value of a domain has run its checks.
        for domain in snapshot.domains {
            let type = ObjectID(catalog: .type, oid: domain.oid)
            for check in domain.checks {
                let id = ObjectID(catalog: .constraint, oid: check.oid)
                needs[type, default: []].append(id)
                domainOfCheck[id] = type
            }
        }
        for row in snapshot.dependencies {
            if row.referenced.catalog == .relation, tables.contains(row.referenced.oid) { continue }
            if domainOfCheck[row.dependent] == row.referenced { continue }
            needs[row.dependent, default: []].append(row.referenced)
        }
    }

    func movedRoutine(runBy id: ObjectID) -> SchemaSnapshot.Routine? {
        var open = needs[id] ?? []
        var seen: Set<ObjectID> = []
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            if let routine = moved[next] { return routine }
            open += needs[next] ?? []
        }
        return nil
    }
}
