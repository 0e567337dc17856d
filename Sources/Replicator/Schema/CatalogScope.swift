/// Decides what of a catalog a target carries, and why the rest stays behind; pure.
///
/// An expression that takes a whole schema takes its types, functions and sequences as well; else
/// they come along where a carried table needs them.
struct CatalogScope {
    typealias ObjectID = SchemaSnapshot.ObjectID

    let contents: CatalogContents
    let expression: TargetExpression
    let features: CatalogFeatures
    let needs: [ObjectID: [CatalogContents.DependencyRow]]
    let relations: [UInt32: CatalogContents.Relation]
    let types: [UInt32: CatalogContents.TypeRow]
    let routines: [UInt32: CatalogContents.RoutineRow]
    let sequences: [UInt32: CatalogContents.SequenceRow]
    let plain: [ObjectID: CatalogContents.PlainRow]
    let checksOfDomain: [UInt32: [CatalogContents.ConstraintRow]]
    /// Nil for an object that is carried, else why it is not.
    var verdicts: [ObjectID: String?] = [:]
    var notCarried: Set<NotCarried> = []

    static func select(
        _ contents: CatalogContents, expression: TargetExpression
    ) -> SchemaSnapshot {
        var scope = CatalogScope(contents, expression)
        return scope.snapshot()
    }

    private init(_ contents: CatalogContents, _ expression: TargetExpression) {
        self.contents = contents
        self.expression = expression
        features = CatalogFeatures(contents.serverVersion)
        needs = Dictionary(grouping: contents.dependencies) { row in
            ObjectID(catalog: row.dependent.catalog, oid: row.dependent.oid)
        }
        relations = .init(contents.relations.map { ($0.oid, $0) }, uniquingKeysWith: { $1 })
        types = .init(contents.types.map { ($0.oid, $0) }, uniquingKeysWith: { $1 })
        routines = .init(contents.routines.map { ($0.routine.oid, $0) }, uniquingKeysWith: { $1 })
        sequences = .init(
            contents.sequences.map { ($0.sequence.oid, $0) }, uniquingKeysWith: { $1 })
        plain = .init(contents.plain.map { ($0.object.id, $0) }, uniquingKeysWith: { $1 })
        checksOfDomain = Dictionary(
            grouping: contents.constraints.filter { $0.domain != 0 && $0.letter == "c" },
            by: \.domain)
    }

    mutating func snapshot() -> SchemaSnapshot {
        var result = SchemaSnapshot(epoch: contents.epoch, serverVersion: contents.serverVersion)
        result.schemas = contents.schemas
        let relations = selectTables()
        let tables = relations.filter { $0.kind == "r" || $0.kind == "p" }
        let wanted = selectNeeded(by: relations)
        fillTypes(&result, wanted)
        fillRoutines(&result, wanted)
        fillSequences(&result, wanted, tables)
        fillExtensions(&result, wanted)
        fillTables(&result, tables)
        fillConstraints(&result, tables)
        fillIndexes(&result, relations)
        fillViews(&result, relations)
        fillParts(&result, wanted, relations)
        fillObjects(&result, wanted, Set(tables.map(\.oid)))
        let known = wanted.union(result.statistics.map(\.id)).union(
            (result.constraints.map(\.oid) + result.domains.flatMap(\.checks).map(\.oid)).map {
                ObjectID(catalog: .constraint, oid: $0)
            })
        fillComments(&result)
        fillPrivileges(&result)
        reportUnmodelled()
        reportPartitions(tables)
        reportGaps(
            carried: known.union(
                (result.tables.map(\.oid) + result.views.map(\.oid)
                    + result.sequences.map(\.oid)
                    + result.tables.flatMap(\.columns).compactMap(\.identitySequence?.oid)).map {
                        ObjectID(catalog: .relation, oid: $0)
                    } + result.schemas.map { ObjectID(catalog: .schema, oid: $0.oid) }))
        result.dependencies = contents.dependencies.compactMap { row in
            guard let referenced = row.referenced, known.contains(whole(row.dependent)),
                known.contains(whole(referenced))
            else { return nil }
            return .init(dependent: row.dependent, referenced: referenced)
        }
        result.notCarried = notCarried.sorted()
        return result
    }

    func whole(_ id: ObjectID) -> ObjectID { .init(catalog: id.catalog, oid: id.oid) }

    mutating func report(_ kind: String, _ name: String, _ reason: String) {
        notCarried.insert(NotCarried(kind: kind, name: name, reason: reason))
    }

    // MARK: Tables

    mutating func selectTables() -> [CatalogContents.Relation] {
        var carried: [CatalogContents.Relation] = []
        for relation in contents.relations where isInScope(relation) {
            let id = ObjectID(catalog: .relation, oid: relation.oid)
            if let reason = verdict(id) {
                report(Self.kindName(relation.kind), relation.name.description, reason)
            } else {
                carried.append(relation)
            }
        }
        return carried
    }

    /// A partition is in scope when its root is, whatever its own name.
    func isInScope(_ relation: CatalogContents.Relation) -> Bool {
        if expression.matches(relation.name) { return true }
        guard relation.isPartition, let parent = relation.parent.flatMap({ relations[$0] }) else {
            return false
        }
        return isInScope(parent)
    }

    private static func kindName(_ letter: String) -> String {
        switch letter {
        case "r", "p": "table"
        case "v": "view"
        case "m": "materialized view"
        case "f": "foreign table"
        default: "relation of kind \(letter)"
        }
    }

    mutating func tableReason(_ relation: CatalogContents.Relation) -> String? {
        switch relation.kind {
        case "r", "p": break
        case "v", "m": return nil
        case "f": return "\(Self.kindName(relation.kind))s are not carried"
        default: return "this kind of relation is not known"
        }
        if relation.persistence != "p" { return "it is unlogged" }
        if relation.isTyped { return "it is a table of a composite type" }
        if relation.isPartition {
            guard let parent = relation.parent, let root = relations[parent] else {
                return "its partitioned table is in a schema that the expression does not name"
            }
            guard isInScope(root) else { return "its partitioned table is not in the expression" }
            guard verdict(ObjectID(catalog: .relation, oid: parent)) == nil else {
                return "its partitioned table is not carried"
            }
        } else {
            if relation.parent != nil { return "it inherits from another table" }
            if relation.kind == "p", !features.capturesPartitioned {
                return "partitioned tables need PostgreSQL 11 on the source"
            }
            if relation.keyColumns.isEmpty {
                return "no primary key (nor a unique index over NOT NULL columns)"
            }
        }
        return nil
    }

    // MARK: What an object needs

    /// Why an object is not carried; nil where it is, and a circle of objects carries itself.
    mutating func verdict(_ id: ObjectID) -> String? {
        if let known = verdicts[id] { return known }
        verdicts[id] = .some(nil)
        let reason = ownReason(id) ?? neededReason(id)
        verdicts[id] = .some(reason)
        return reason
    }

    mutating func ownReason(_ id: ObjectID) -> String? {
        switch id.catalog {
        case .relation:
            if let relation = relations[id.oid] { return tableReason(relation) }
            // Indexes belong to their tables and are decided with them.
            return nil
        case .type: return typeReason(id.oid)
        case .routine: return routineReason(id.oid)
        case .constraint, .attributeDefault, .schema, .extension: return nil
        case .trigger, .rule, .policy, .statistics: return nil
        case .collation, .dictionary, .configuration, .operator, .cast, .conversion:
            return plainReason(id)
        case .operatorClass, .operatorFamily, .language:
            return "this kind of object is not carried"
        }
    }

    func typeReason(_ oid: UInt32) -> String? {
        guard let type = types[oid] else { return "it is not in a schema of the expression" }
        switch type.letter {
        case "e", "c", "d": return nil
        case "r": return plainReason(ObjectID(catalog: .type, oid: oid))
        case "m": return "its range type is not in a schema of the expression"
        case "b": return "base types are not carried"
        default: return "types of kind \(type.letter) are not carried"
        }
    }

    func routineReason(_ oid: UInt32) -> String? {
        guard let row = routines[oid] else { return "it is not in a schema of the expression" }
        switch row.letter {
        case "a": return row.reason
        case "f", "p", "w": break
        default: return "routines of kind \(row.letter) are not known"
        }
        return ["c", "internal"].contains(row.language)
            ? "only a superuser makes functions in language \(row.language)" : row.reason
    }

    mutating func neededReason(_ id: ObjectID) -> String? {
        var rows = needs[id] ?? []
        if id.catalog == .type {
            for check in checksOfDomain[id.oid] ?? [] {
                rows += needs[ObjectID(catalog: .constraint, oid: check.oid)] ?? []
            }
        }
        for row in rows {
            let what = row.description ?? "an object"
            guard let referenced = row.referenced else {
                return "it needs \(what), which is not carried"
            }
            if let reason = missing(whole(referenced)) { return "it needs \(what): \(reason)" }
        }
        return nil
    }

    mutating func missing(_ id: ObjectID) -> String? {
        guard id.catalog == .relation else { return verdict(id) }
        if sequences[id.oid] != nil { return nil }
        guard let relation = relations[id.oid] else {
            return "it is not in a schema of the expression"
        }
        return isInScope(relation) ? verdict(id) : "it is not in the expression"
    }

    /// Tables, what they need, and everything else of schemas that are taken whole.
    mutating func selectNeeded(by tables: [CatalogContents.Relation]) -> Set<ObjectID> {
        var open = tables.map { ObjectID(catalog: .relation, oid: $0.oid) }
        let carriedTables = Set(tables.map(\.oid))
        for index in contents.indexes where carriedTables.contains(index.index.table) {
            open.append(ObjectID(catalog: .relation, oid: index.index.oid))
        }
        open += parts(of: carriedTables)
        for constraint in contents.constraints where carriedTables.contains(constraint.table) {
            open.append(ObjectID(catalog: .constraint, oid: constraint.oid))
        }
        for type in contents.types where expression.takesWhole(schema: type.name.schema) {
            open.append(ObjectID(catalog: .type, oid: type.oid))
        }
        for row in contents.routines where expression.takesWhole(schema: row.routine.name.schema) {
            open.append(ObjectID(catalog: .routine, oid: row.routine.oid))
        }
        for row in contents.plain where expression.takesWhole(schema: row.object.name.schema) {
            open.append(row.object.id)
        }
        var wanted: Set<ObjectID> = []
        while let id = open.popLast() {
            guard !wanted.contains(id), verdict(id) == nil else { continue }
            wanted.insert(id)
            var rows = needs[id] ?? []
            for check in id.catalog == .type ? checksOfDomain[id.oid] ?? [] : [] {
                rows += needs[ObjectID(catalog: .constraint, oid: check.oid)] ?? []
            }
            open += rows.compactMap { $0.referenced.map(whole) }
        }
        return wanted
    }
}
