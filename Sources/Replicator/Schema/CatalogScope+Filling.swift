/// What is carried, put into the snapshot, each part with its own reports.
extension CatalogScope {
    mutating func fillTypes(_ result: inout SchemaSnapshot, _ wanted: Set<ObjectID>) {
        let refusals = Dictionary(
            contents.constraints.filter { $0.domain != 0 && $0.letter == "n" }.map {
                ($0.domain, SchemaSnapshot.NotNull(oid: $0.oid, name: $0.name))
            }, uniquingKeysWith: { first, _ in first })
        for type in contents.types {
            guard wanted.contains(ObjectID(catalog: .type, oid: type.oid)) else {
                // A range is named with the plain objects.
                if type.letter == "r" { continue }
                reportUnwanted(
                    ObjectID(catalog: .type, oid: type.oid), "type", type.name.description,
                    type.name)
                continue
            }
            switch type.letter {
            case "r": continue
            case "e":
                result.enums.append(
                    .init(oid: type.oid, name: type.name, labels: contents.labels[type.oid] ?? []))
            case "c":
                result.composites.append(
                    .init(
                        oid: type.oid, name: type.name,
                        attributes: contents.columns[type.relation] ?? []))
            case "d":
                let checks = (checksOfDomain[type.oid] ?? []).compactMap { row in
                    row.definition.map {
                        SchemaSnapshot.DomainType.Check(
                            oid: row.oid, name: row.name, definition: $0)
                    }
                }
                result.domains.append(
                    .init(
                        oid: type.oid, name: type.name, base: type.base ?? "",
                        collation: type.collation, expression: type.expression,
                        notNull: type.notNull, notNullConstraint: refusals[type.oid], checks: checks
                    ))
            default:
                report("type", type.name.description, "types of kind \(type.letter) are not known")
            }
        }
    }

    mutating func fillRoutines(_ result: inout SchemaSnapshot, _ wanted: Set<ObjectID>) {
        for row in contents.routines {
            let routine = row.routine
            if wanted.contains(ObjectID(catalog: .routine, oid: routine.oid)) {
                result.functions.append(routine)
                if row.isLeakproof {
                    report(
                        "function property", "\(routine.name)(\(routine.arguments))",
                        "only a superuser makes a function LEAKPROOF; it is carried without")
                }
            } else {
                reportUnwanted(
                    ObjectID(catalog: .routine, oid: routine.oid),
                    row.letter == "a" ? "aggregate" : "function",
                    "\(routine.name)(\(routine.arguments))", routine.name)
            }
        }
    }

    mutating func fillSequences(
        _ result: inout SchemaSnapshot, _ wanted: Set<ObjectID>,
        _ tables: [CatalogContents.Relation]
    ) {
        let carried = Set(tables.map(\.oid))
        for row in contents.sequences where row.ownership != "i" {
            var sequence = row.sequence
            let isNeeded = wanted.contains(ObjectID(catalog: .relation, oid: sequence.oid))
            let ownerIsCarried = sequence.owner.map { carried.contains($0.oid) }
            let isFree =
                ownerIsCarried == nil && expression.takesWhole(schema: sequence.name.schema)
            guard isNeeded || isFree || ownerIsCarried == true else {
                if ownerIsCarried == false, expression.takesWhole(schema: sequence.name.schema) {
                    report(
                        "sequence", sequence.name.description,
                        "it belongs to a table that is not carried")
                }
                continue
            }
            if ownerIsCarried == false { sequence.owner = nil }
            result.sequences.append(sequence)
        }
    }

    func fillExtensions(_ result: inout SchemaSnapshot, _ wanted: Set<ObjectID>) {
        for row in contents.extensions {
            let isNeeded = wanted.contains(ObjectID(catalog: .extension, oid: row.oid))
            let isInScope = row.schema != "pg_catalog" && expression.takesWhole(schema: row.schema)
            if isNeeded || isInScope { result.extensions.append(row) }
        }
    }

    mutating func fillTables(
        _ result: inout SchemaSnapshot, _ tables: [CatalogContents.Relation]
    ) {
        let identities = Dictionary(
            contents.sequences.compactMap { row in
                row.ownership == "i" ? row.sequence.owner.map { ($0, row.sequence) } : nil
            }, uniquingKeysWith: { $1 })
        let carriedSequences = Dictionary(
            result.sequences.map { ($0.oid, $0) }, uniquingKeysWith: { $1 })
        let carried = Set(tables.map(\.oid))
        for relation in tables {
            let kind: SchemaSnapshot.Table.Kind
            if relation.isPartition, let parent = relation.parent {
                kind = .partition(parent: parent, bound: relation.bound ?? "")
            } else if relation.kind == "p" {
                kind = .partitioned(key: relation.partitionKey ?? "")
            } else {
                kind = .ordinary
            }
            var table = SchemaSnapshot.Table(oid: relation.oid, name: relation.name, kind: kind)
            table.subpartitionKey = relation.isPartition ? relation.partitionKey : nil
            table.primaryKey = relation.keyColumns
            table.keyIndex = relation.keyIndex
            table.storage = relation.storage
            table.captureID = relation.captureID
            table.shape = relation.shape
            table.options = relation.options
            table.properties = properties(of: relation, among: carried)
            var used: Set<SchemaSnapshot.SequenceUse> = []
            table.columns = (contents.columns[relation.oid] ?? []).map { column in
                var column = column
                let address = ObjectID(
                    catalog: .relation, oid: relation.oid, column: column.attnum)
                column.identitySequence = identities[address]
                settleInheritance(of: &column, in: table)
                if let identity = column.identitySequence {
                    used.insert(.init(oid: identity.oid, name: identity.name))
                }
                return column
            }
            for row in needs[ObjectID(catalog: .relation, oid: relation.oid)] ?? [] {
                guard let sequence = row.referenced.flatMap({ carriedSequences[$0.oid] }) else {
                    continue
                }
                used.insert(.init(oid: sequence.oid, name: sequence.name))
            }
            for sequence in result.sequences where sequence.owner?.oid == relation.oid {
                used.insert(.init(oid: sequence.oid, name: sequence.name))
            }
            table.sequences = used.sorted { $0.oid < $1.oid }
            result.tables.append(table)
        }
    }
}
