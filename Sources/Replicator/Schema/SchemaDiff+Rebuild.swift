/// What is made anew, and everything that hangs on it.
///
/// No ALTER turns some objects into what they are now (a view with other columns, a type of the same
/// name made anew), and some changes are refused while anything hangs on the object (a column that is
/// dropped or gets another type). What hangs on such an object, however far, leaves with it and is
/// made again from the new catalog: dropped in the reverse order of the old dependencies, made in the
/// order of the new ones, never by CASCADE. A dependent on the target that is not ours makes its DROP
/// fail, with its name.
extension SchemaDiff {
    /// How an object of the applied catalog leaves.
    enum Departure: Int, Comparable {
        /// It gets another name, what hangs on it is bound anew, and it is dropped at the end.
        case aside
        /// It goes before anything is made, and so must everything that hangs on it.
        case early

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// When in the plan something that it makes is there.
    enum Moment: Int, Comparable {
        case define, constrain, afterRows

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    // MARK: What else must be done to an object that is made

    /// Whether this plan makes an object or makes it anew, so that it has nothing yet of what
    /// statements of their own give it: comments, privileges, an owner.
    ///
    /// The address is one of the current catalog, of a column too.
    func isMade(_ id: ObjectID) -> Bool { made[id] != nil || made[id.whole] != nil }

    mutating func noteMade(_ id: ObjectID, at moment: Moment) { made[id] = moment }

    /// Adds what belongs to an object that is there or that this plan makes, behind its making.
    ///
    /// The address is one of the current catalog.
    mutating func complete(
        _ id: ObjectID, _ summary: String, _ sql: String, effect: SchemaEffect = .unmarked
    ) {
        if (made[id] ?? made[id.whole]) == .afterRows {
            afterwards(summary, sql, effect: effect)
        } else if units[id.whole] != nil {
            units[id.whole]?.statements.append(
                SchemaStatement(summary: summary, sql: sql, effect: effect))
        } else {
            add(.finish, summary, sql, effect: effect)
        }
    }

    // MARK: What leaves

    /// Drops an object, or part of one, before anything is made.
    ///
    /// The address is one of the applied catalog, whose names still hold then.
    mutating func tearDown(
        _ id: ObjectID, rank: Int, _ name: TableName, _ summary: String, _ sql: String,
        effect: SchemaEffect = .unmarked
    ) {
        tornDown[id, default: Unit(id: id, rank: rank, name: name)].statements.append(
            SchemaStatement(summary: summary, sql: sql, effect: effect))
    }

    /// Everything that leaves with the objects that do.
    mutating func spread(_ roots: [(id: ObjectID, departure: Departure)]) {
        let exact = Dictionary(grouping: applied.dependencies, by: \.referenced)
        let whole = Dictionary(grouping: applied.dependencies, by: \.referenced.whole)
        let kinds = AppliedKinds(applied)
        var open = roots
        while let (id, departure) = open.popLast() {
            if let known = leaving[id], known >= departure { continue }
            leaving[id] = departure
            for row in (id.column == 0 ? whole : exact)[id] ?? [] {
                if let next = drag(row, departure, kinds) { open.append(next) }
            }
        }
    }

    /// What kinds of things the relations of the applied catalog are.
    private struct AppliedKinds {
        let views: Set<UInt32>
        let indexes: Set<UInt32>
        let generated: Set<ObjectID>

        init(_ applied: SchemaSnapshot) {
            views = Set(applied.views.map(\.oid))
            indexes = Set(applied.indexes.map(\.oid))
            generated = Set(
                applied.tables.flatMap { table in
                    table.columns.filter(\.isGenerated).map { column in
                        ObjectID(catalog: .relation, oid: table.oid, column: column.attnum)
                    }
                })
        }
    }

    /// Notes a dependent of something that leaves; answers what leaves with it in turn.
    private mutating func drag(
        _ row: SchemaSnapshot.Dependency, _ departure: Departure, _ kinds: AppliedKinds
    ) -> (id: ObjectID, departure: Departure)? {
        let id = row.dependent
        switch id.catalog {
        case .type:
            // Values of it may be anywhere: it cannot go before they have another type.
            if departure == .early { loosened.insert(id.whole) }
            replaced.insert(id.whole)
            return (id.whole, .aside)
        case .routine:
            replaced.insert(id.whole)
            return (id.whole, departure)
        case .constraint:
            refreshed.insert(id)
            return (id, .early)
        case .relation:
            if kinds.views.contains(id.oid) {
                replaced.insert(id.whole)
                return (id.whole, .early)
            }
            refreshed.insert(id)
            if departure == .early, id.column > 0 { loosened.insert(id) }
            // An index, a generated column, or a column of a type that leaves.
            let isPart = kinds.indexes.contains(id.oid) || kinds.generated.contains(id)
            let isTyped = id.column > 0 && [.type, .collation].contains(row.referenced.catalog)
            return isPart || isTyped ? (id, .early) : nil
        case .rule, .trigger, .policy, .statistics:
            refreshed.insert(id)
            return nil
        case .operator, .cast:
            // Neither can be put aside.
            replaced.insert(id.whole)
            return (id.whole, .early)
        case .conversion:
            replaced.insert(id.whole)
            return (id.whole, .aside)
        case .configuration:
            // It is altered in place.
            refreshed.insert(id)
            return nil
        case .collation, .dictionary, .operatorClass, .operatorFamily, .language:
            refreshed.insert(id)
            return (id, departure)
        case .attributeDefault, .schema, .extension:
            return nil
        }
    }

    /// The columns of the applied catalog that are dropped, or retyped, which PostgreSQL refuses
    /// while a view, rule, trigger, policy, routine or generated column hangs on them.
    func leavingColumns(_ tables: TableMatch) -> [ObjectID] {
        var found: [ObjectID] = []
        for (old, new) in tables.pairs {
            let columns = matchColumns(old, new)
            let leaving =
                columns.dropped
                + columns.pairs.filter { pair in
                    isRetyped(pair.old, pair.new, of: old, new)
                        || isMadeAnew(pair.old, pair.new)
                }.map(\.old)
            found += leaving.map {
                ObjectID(catalog: .relation, oid: old.oid, column: $0.attnum)
            }
        }
        return found
    }
}
