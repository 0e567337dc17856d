/// Plain objects and statistics as DDL.
extension DDLText {
    /// Its name on the target, in another name's place where `called` says so.
    func name(_ object: PlainObject, called other: String? = nil) -> String {
        switch object.kind {
        case .operator: "\(quoted(mapping.target(object.name.schema))).\(object.name.name)"
        case .cast: object.name.name
        default: other.map { name(object.name, called: $0) } ?? name(object.name)
        }
    }

    /// The name as ALTER, DROP and COMMENT take it.
    func address(_ object: PlainObject) -> String {
        object.kind == .operator ? "\(name(object)) \(object.arguments)" : name(object)
    }

    /// The statements that make it; `links` are the operators that it may name.
    func create(_ object: PlainObject, links: [String: TableName]) -> [String] {
        let words = object.kind.words
        var options = object.options
        switch object.kind {
        case .cast: return ["CREATE CAST \(object.name.name) \(options.joined(separator: " "))"]
        case .conversion:
            return [
                "CREATE \(object.arguments)CONVERSION \(name(object)) "
                    + options.joined(separator: " ")
            ]
        case .range:
            if let multirange = object.multirange, target.hasMultiranges {
                options.append("MULTIRANGE_TYPE_NAME = \(name(multirange))")
            }
            return ["CREATE TYPE \(name(object)) AS RANGE (\(options.joined(separator: ", ")))"]
        case .configuration:
            return ["CREATE \(words) \(name(object)) (\(options.joined(separator: ", ")))"]
                + object.parts.map { "ALTER \(words) \(name(object)) ADD MAPPING FOR \($0)" }
        case .operator:
            options += links.sorted { $0.key < $1.key }.map { word, other in
                "\(word) = OPERATOR(\(quoted(other.schema)).\(other.name))"
            }
        case .dictionary: options += object.parts
        case .collation:
            if target.version < 100_000 { options.removeAll { $0.hasPrefix("PROVIDER = ") } }
        }
        return ["CREATE \(words) \(name(object)) (\(options.joined(separator: ", ")))"]
    }

    func statistics(_ statistics: StatisticsObject) -> String {
        "CREATE STATISTICS \(name(statistics.name))\(statistics.definition)"
    }

    func statisticsTarget(_ statistics: StatisticsObject) -> String {
        "ALTER STATISTICS \(name(statistics.name)) SET STATISTICS \(statistics.target)"
    }

    /// Renames the functions that came with a range and its multirange: their names are wanted by
    /// another one of the same name, and they go with the range.
    func putRangeFunctionsAside(_ object: PlainObject) -> String {
        let types =
            [object.name] + (target.hasMultiranges ? [object.multirange].compactMap { $0 } : [])
        let oids = types.map { SQLText.literal(name($0)) + "::regtype" }
        let body = """
            DECLARE f record; BEGIN FOR f IN SELECT p.oid::regprocedure::text AS call \
            FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.objid \
            WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.deptype = 'i' \
            AND d.refclassid = 'pg_catalog.pg_type'::regclass \
            AND d.refobjid IN (\(oids.joined(separator: ", "))) LOOP \
            EXECUTE 'ALTER FUNCTION ' || f.call || ' RENAME TO teleport_old_\(object.oid)'; \
            END LOOP; END
            """
        return "DO \(SQLText.literal(body))"
    }
}
