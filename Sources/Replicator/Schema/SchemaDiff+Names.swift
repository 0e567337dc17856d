/// Names that two source objects would share on the target, and names that a text cannot be mapped
/// by.
extension SchemaDiff {
    /// A routine's name with what tells overloads apart.
    private struct Signature: Hashable {
        var name: TableName
        var arguments: String
    }

    /// Refuses what would overwrite each other, or be bound to another object than on the source.
    func checkNames() throws(SchemaError) {
        try checkCollisions()
        try checkHidden()
    }

    private func checkCollisions() throws(SchemaError) {
        var relations: [TableName: TableName] = [:]
        for name in relationNames {
            let mapped = text.mapping.target(name)
            if let other = relations.updateValue(name, forKey: mapped), other != name {
                throw collision(other.description, name.description, mapped.description)
            }
        }
        var types: [TableName: TableName] = [:]
        for name in typeNames {
            let mapped = text.mapping.target(name)
            if let other = types.updateValue(name, forKey: mapped), other != name {
                throw collision("type \(other)", "type \(name)", mapped.description)
            }
        }
        var routines: [Signature: TableName] = [:]
        for routine in current.functions {
            let mapped = text.mapping.target(routine.name)
            let signature = Signature(name: mapped, arguments: routine.arguments)
            if let other = routines.updateValue(routine.name, forKey: signature),
                other != routine.name
            {
                throw collision(
                    "function \(other)(\(routine.arguments))",
                    "function \(routine.name)(\(routine.arguments))", mapped.description)
            }
        }
    }

    private func collision(_ one: String, _ other: String, _ mapped: String) -> SchemaError {
        SchemaError(
            .collision,
            "\(one) and \(other) would both be \(mapped) on the target: leave one out of "
                + "target_expression, or give their schemas different names in apply_schema")
    }

    /// Everything that has a row in pg_class and a name of its own, a constraint's index included.
    private var relationNames: [TableName] {
        let schemas = Dictionary(
            current.tables.map { ($0.oid, $0.name.schema) }, uniquingKeysWith: { $1 })
        let keys = current.constraints.compactMap { constraint -> TableName? in
            guard ["p", "u", "x"].contains(constraint.kind) else { return nil }
            return schemas[constraint.table].map { TableName(schema: $0, name: constraint.name) }
        }
        return current.tables.map(\.name) + current.sequences.map(\.name)
            + current.indexes.map(\.name) + current.composites.map(\.name) + keys
            + current.views.map(\.name)
            + current.tables.flatMap(\.columns).compactMap(\.identitySequence?.name)
    }

    /// Everything that has a row in pg_type and a name of its own.
    private var typeNames: [TableName] {
        current.tables.map(\.name) + current.composites.map(\.name) + current.enums.map(\.name)
            + current.domains.map(\.name)
    }

    // MARK: Hidden names

    /// Refuses what refers to an object that the text of the source names with its schema.
    ///
    /// The server does so where another one of that name stands before it in the search path. Under
    /// a mapping that schema is another one on the target, and texts are not rewritten.
    private func checkHidden() throws(SchemaError) {
        let order = current.schemas.map(\.name).sorted()
        let moved = Set(order.filter { text.mapping.target($0) != $0 })
        guard !moved.isEmpty, order.count > 1 else { return }
        let hidden =
            Self.hidden(current.tables.map { (tableID($0.oid), $0.name) }, moved)
            .merging(Self.hidden(namedTypes, moved)) { first, _ in first }
            .merging(
                Self.hidden(
                    current.sequences.map { (tableID($0.oid), $0.name) }, moved)
            ) { first, _ in first }
        guard !hidden.isEmpty else { return }
        for row in current.dependencies {
            var referenced = row.referenced
            referenced.column = 0
            guard let (name, front) = hidden[referenced], refersByText(row) else { continue }
            throw SchemaError(
                .collision,
                "\(name) cannot be told from \(front) in the text of what refers to it "
                    + "(\(describe(row.dependent))) once its schema has another name on the "
                    + "target: rename one of them, or leave \(name.schema) out of apply_schema")
        }
    }

    private var namedTypes: [(ObjectID, TableName)] {
        current.enums.map { (typeID($0.oid), $0.name) }
            + current.domains.map { (typeID($0.oid), $0.name) }
            + current.composites.map { (typeID($0.oid), $0.name) }
    }

    private func tableID(_ oid: UInt32) -> ObjectID { ObjectID(catalog: .relation, oid: oid) }

    /// Those in a moved schema whose bare name another schema in front of theirs has as well.
    private static func hidden(
        _ objects: [(id: ObjectID, name: TableName)], _ moved: Set<String>
    ) -> [ObjectID: (name: TableName, front: TableName)] {
        var result: [ObjectID: (name: TableName, front: TableName)] = [:]
        for (_, group) in Dictionary(grouping: objects, by: { $0.name.name })
        where group.count > 1 {
            guard let front = group.map(\.name).min() else { continue }
            for object in group
            where object.name.schema != front.schema && moved.contains(object.name.schema) {
                result[object.id] = (object.name, front)
            }
        }
        return result
    }

    /// Whether the dependent's text names what it needs: parts of a table do not name their table.
    private func refersByText(_ row: SchemaSnapshot.Dependency) -> Bool {
        let table = row.referenced.oid
        guard row.dependent.oid != table else { return false }
        switch row.dependent.catalog {
        case .constraint:
            return current.constraints.contains {
                $0.oid == row.dependent.oid && ($0.table != table || $0.kind == "f")
            } || current.domains.contains { $0.checks.contains { $0.oid == row.dependent.oid } }
        case .relation:
            let isOwnIndex = current.indexes.contains {
                $0.oid == row.dependent.oid && $0.table == table
            }
            let isSequence = current.sequences.contains { $0.oid == row.dependent.oid }
            return !isOwnIndex && !isSequence
        default:
            return true
        }
    }

    private func describe(_ id: ObjectID) -> String {
        switch id.catalog {
        case .relation:
            if let table = current.table(oid: id.oid) {
                let column = table.columns.first { $0.attnum == id.column }
                return "table \(table.name)" + (column.map { ", column \($0.name)" } ?? "")
            }
        case .routine:
            if let routine = current.functions.first(where: { $0.oid == id.oid }) {
                return "function \(routine.name)"
            }
        case .constraint:
            if let found = current.constraints.first(where: { $0.oid == id.oid }) {
                return "constraint \(found.name)"
            }
        default: break
        }
        return "\(id.catalog.rawValue) \(id.oid)"
    }
}
