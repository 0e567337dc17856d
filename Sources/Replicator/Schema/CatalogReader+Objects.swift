/// Rows of the queries for plain objects, aggregates and statistics as typed values.
extension CatalogReader {
    static func fillObjects(
        _ contents: inout CatalogContents, from source: some CatalogSource, _ sql: CatalogSQL
    ) async throws {
        contents.plain = try await source.rows(sql.plainObjects).map(plainObject)
        if let statistics = sql.statistics {
            contents.statistics = try await source.rows(statistics).map(statisticsObject)
        }
        try await describeRoutines(&contents, from: source, sql)
        useRanges(&contents)
    }

    /// Completes aggregates, of which there is no definition as a text, and says what of the other
    /// routines needs a superuser.
    private static func describeRoutines(
        _ contents: inout CatalogContents, from source: some CatalogSource, _ sql: CatalogSQL
    ) async throws {
        let places = Dictionary(
            contents.routines.enumerated().map { ($1.routine.oid, $0) }, uniquingKeysWith: { $1 })
        for row in try await source.rows(sql.aggregates) {
            guard let place = places[try row.oid(0)] else { continue }
            let arguments = try row.text(1)
            let options = try row.list(3).joined(separator: ", ")
            contents.routines[place].routine.definition =
                "(\(arguments.isEmpty ? "*" : arguments)) (\(options))"
            contents.routines[place].reason = row.optional(4)
            contents.routines[place].routine.types = row.optional(2)
        }
        for row in try await source.rows(sql.privilegedRoutines) {
            guard let place = places[try row.oid(0)] else { continue }
            contents.routines[place].reason = row.optional(2)
            guard let beginning = row.optional(1) else { continue }
            contents.routines[place].isLeakproof = true
            let definition = contents.routines[place].routine.definition
            let word = " LEAKPROOF"
            if definition.hasPrefix(beginning + word) {
                contents.routines[place].routine.definition =
                    beginning + definition.dropFirst(beginning.count + word.count)
            } else if contents.routines[place].reason == nil {
                contents.routines[place].reason = "only a superuser makes a function LEAKPROOF"
            }
        }
    }

    /// A multirange type stands for its range, with which it comes and goes.
    private static func useRanges(_ contents: inout CatalogContents) {
        var ranges: [UInt32: UInt32] = [:]
        for row in contents.plain where row.multirange != 0 {
            ranges[row.multirange] = row.object.oid
        }
        guard !ranges.isEmpty else { return }
        contents.types.removeAll { ranges[$0.oid] != nil }
        for place in contents.dependencies.indices {
            guard let needed = contents.dependencies[place].referenced, needed.catalog == .type,
                let range = ranges[needed.oid]
            else { continue }
            contents.dependencies[place].referenced?.oid = range
        }
    }

    static func plainObject(_ row: CatalogRow) throws -> CatalogContents.PlainRow {
        guard let kind = PlainObject.Kind(rawValue: try row.text(0)) else {
            throw SchemaError(.unexpected, "\(try row.text(0)) is no kind of object")
        }
        var object = PlainObject(
            kind: kind, oid: try row.oid(1), name: try row.name(2), arguments: try row.text(4),
            options: try row.list(5))
        let parts = try row.list(6)
        switch kind {
        case .dictionary: object.parts = parts.flatMap(PlainObject.dictionaryOptions)
        case .operator:
            for part in parts {
                let word = String(part.prefix { $0 != " " })
                let names = try CatalogRow(values: [String(part.dropFirst(word.count + 1))]).list(0)
                guard names.count == 2 else { continue }
                object.links[word] = TableName(schema: names[0], name: names[1])
            }
        default: object.parts = parts
        }
        var multirange: UInt32 = 0
        if row.optional(10) != nil {
            multirange = try row.oid(8)
            object.multirange = try row.name(9)
        }
        return .init(object: object, reason: row.optional(7), multirange: multirange)
    }

    /// Cuts `CREATE STATISTICS schema.name` off.
    static func statisticsObject(_ row: CatalogRow) throws -> StatisticsObject {
        let (whole, prefix) = (try row.text(4), try row.text(5))
        guard whole.hasPrefix(prefix) else {
            throw SchemaError(.moved, "statistics were renamed while the catalog was read")
        }
        return .init(
            oid: try row.oid(0), name: try row.name(1), table: try row.oid(3),
            definition: String(whole.dropFirst(prefix.count)), target: try row.number(6),
            hasExpressions: try row.flag(7))
    }
}
