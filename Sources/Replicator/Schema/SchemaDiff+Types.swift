/// Types and routines that are made anew, and what hangs on them.
extension SchemaDiff {
    func typeID(_ oid: UInt32) -> ObjectID { ObjectID(catalog: .type, oid: oid) }

    // MARK: What is made anew

    mutating func matchRoutines() -> Matching<SchemaSnapshot.Routine> {
        struct Signature: Hashable {
            var name: TableName
            var arguments: String
        }
        return Matching(
            applied.functions, current.functions, identity: isSameEpoch ? { $0.oid } : nil,
            name: { Signature(name: $0.name, arguments: $0.arguments) })
    }

    /// Finds the objects that no ALTER turns into what they are now, and what hangs on them.
    mutating func noteReplaced(
        composites: Matching<SchemaSnapshot.CompositeType>,
        domains: Matching<SchemaSnapshot.DomainType>,
        routines: Matching<SchemaSnapshot.Routine>
    ) {
        for pair in match(applied.enums, current.enums, \.oid, \.name).pairs
        where addedLabels(pair.old, pair.new, isByName: pair.isByName) == nil {
            replaced.insert(typeID(pair.old.oid))
        }
        for pair in composites.pairs
        where pair.isByName && !hasSameAttributes(pair.old, pair.new) {
            replaced.insert(typeID(pair.old.oid))
        }
        for pair in domains.pairs
        where pair.isByName
            && (pair.old.base != pair.new.base || pair.old.collation != pair.new.collation)
        {
            replaced.insert(typeID(pair.old.oid))
        }
        for pair in routines.pairs
        where needsReplacement(pair.old, pair.new, isByName: pair.isByName) {
            replaced.insert(ObjectID(catalog: .routine, oid: pair.old.oid))
        }
    }

    /// Notes everything that leaves, and what that drags along.
    mutating func spreadReplacement(
        _ routines: Matching<SchemaSnapshot.Routine>,
        _ sequences: Matching<SchemaSnapshot.Sequence>, _ tables: TableMatch,
        _ constraints: Matching<SchemaSnapshot.Constraint>, _ views: Matching<View>
    ) {
        let goingViews = leavingViews(views)
        replaced.formUnion(goingViews)
        let plain = Set(leavingObjects.map(\.id))
        var roots = replaced.subtracting(goingViews).subtracting(plain).map {
            ($0, Departure.aside)
        }
        roots += leavingObjects.map { ($0.id, $0.departure) }
        roots += goingViews.map { ($0, .early) }
        roots += routines.dropped.map { (ObjectID(catalog: .routine, oid: $0.oid), .aside) }
        roots += sequences.dropped.map { sequence in
            (
                ObjectID(catalog: .relation, oid: sequence.oid),
                goesWithItsOwner(sequence) ? .early : .aside
            )
        }
        roots += tables.dropped.map { (ObjectID(catalog: .relation, oid: $0.oid), .early) }
        roots += leavingColumns(tables).map { ($0, .early) }
        roots += leavingConstraints(constraints).map { ($0, .early) }
        spread(roots.map { (id: $0.0, departure: $0.1) })
    }

    private func hasSameAttributes(
        _ old: SchemaSnapshot.CompositeType, _ new: SchemaSnapshot.CompositeType
    ) -> Bool {
        let form = { (type: SchemaSnapshot.CompositeType) in
            type.attributes.map { [$0.name, $0.type, $0.collation ?? ""] }
        }
        return form(old) == form(new)
    }

    /// Puts a type that is made anew, or whose name is wanted, aside; it is dropped at the end.
    mutating func putAside(_ word: String, _ name: TableName, oid: UInt32) {
        let aside = "teleport_old_\(oid)"
        add(
            .aside, "put type \(name) aside",
            "ALTER \(word) \(text.name(name)) RENAME TO \(text.quoted(aside))",
            effect: .alterOther)
        dropLate(
            typeID(oid), rank: 0, name, "drop type \(name)",
            "DROP \(word) \(text.name(name, called: aside))", effect: .dropOther)
    }

    mutating func dropType(_ word: String, _ name: TableName, oid: UInt32) {
        let mapped = text.mapping.target(name)
        let names = current.enums.map(\.name) + current.composites.map(\.name)
        let ranges = current.objects.filter { $0.kind == .range }
        let all =
            names + current.domains.map(\.name) + current.tables.map(\.name)
            + current.views.map(\.name) + ranges.map(\.name) + ranges.compactMap(\.multirange)
        if all.contains(where: { text.mapping.target($0) == mapped }) {
            putAside(word, name, oid: oid)
        } else {
            dropLate(
                typeID(oid), rank: 0, name, "drop type \(name)", "DROP \(word) \(mapped.quoted)",
                effect: .dropOther)
        }
    }
}
