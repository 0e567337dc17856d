/// Where the objects of a snapshot are, by their oids: how COMMENT, ALTER … OWNER and GRANT call them.
struct ObjectAddresses {
    typealias ObjectID = SchemaSnapshot.ObjectID

    /// How one object is called.
    struct Address: Hashable {
        /// The words of COMMENT ON: `TABLE`, `COLUMN`.
        var words: String
        /// Its name; of a part (a column, a constraint, a trigger) the name of what it is part of.
        var name: TableName
        /// The name of a part.
        var part: String?
        /// What follows the name: the arguments of a routine or operator; a cast's types alone.
        var arguments: String?
        /// Of an aggregate, the types of its arguments.
        var types: String?
        /// Of a part: what stands before the name of the whole, `DOMAIN ` for a domain's.
        var of = ""
    }

    private var whole: [ObjectID: Address] = [:]
    private var columns: [ObjectID: [Int: String]] = [:]

    init(_ snapshot: SchemaSnapshot) {
        for schema in snapshot.schemas {
            add(.schema, schema.oid, "SCHEMA", TableName(schema: schema.name, name: ""))
        }
        for item in snapshot.extensions {
            add(.extension, item.oid, "EXTENSION", TableName(schema: item.schema, name: item.name))
        }
        addRelations(of: snapshot)
        addTypes(of: snapshot)
        for routine in snapshot.functions {
            whole[ObjectID(catalog: .routine, oid: routine.oid)] = Address(
                words: routine.kind, name: routine.name, arguments: "(\(routine.arguments))",
                types: routine.types)
        }
        for object in snapshot.objects {
            var address = Address(words: object.kind.words, name: object.name)
            if object.kind == .operator { address.arguments = " " + object.arguments }
            whole[object.id] = address
        }
    }

    private mutating func add(
        _ catalog: ObjectID.Catalog, _ oid: UInt32, _ words: String, _ name: TableName
    ) {
        whole[ObjectID(catalog: catalog, oid: oid)] = Address(words: words, name: name)
    }

    private mutating func addRelations(of snapshot: SchemaSnapshot) {
        var tables: [UInt32: TableName] = [:]
        for table in snapshot.tables {
            tables[table.oid] = table.name
            add(.relation, table.oid, "TABLE", table.name)
            columns[ObjectID(catalog: .relation, oid: table.oid)] = names(table.columns)
            for sequence in table.columns.compactMap(\.identitySequence) {
                add(.relation, sequence.oid, "SEQUENCE", sequence.name)
            }
            for constraint in table.columns.compactMap(\.properties.notNull) {
                whole[ObjectID(catalog: .constraint, oid: constraint.oid)] = Address(
                    words: "CONSTRAINT", name: table.name, part: constraint.name)
            }
        }
        for view in snapshot.views {
            tables[view.oid] = view.name
            add(.relation, view.oid, view.isMaterialized ? "MATERIALIZED VIEW" : "VIEW", view.name)
            columns[ObjectID(catalog: .relation, oid: view.oid)] = names(view.columns)
        }
        let rules = snapshot.rules.map {
            ($0.oid, $0.table, "RULE", $0.name, ObjectID.Catalog.rule)
        }
        let triggers = snapshot.triggers.map {
            ($0.oid, $0.table, "TRIGGER", $0.name, ObjectID.Catalog.trigger)
        }
        let policies = snapshot.policies.map {
            ($0.oid, $0.table, "POLICY", $0.name, ObjectID.Catalog.policy)
        }
        for (oid, table, words, name, catalog) in rules + triggers + policies {
            guard let table = tables[table] else { continue }
            whole[ObjectID(catalog: catalog, oid: oid)] = Address(
                words: words, name: table, part: name)
        }
        for sequence in snapshot.sequences {
            add(.relation, sequence.oid, "SEQUENCE", sequence.name)
        }
        for index in snapshot.indexes { add(.relation, index.oid, "INDEX", index.name) }
        for item in snapshot.statistics { add(.statistics, item.oid, "STATISTICS", item.name) }
        for constraint in snapshot.constraints {
            guard let table = tables[constraint.table] else { continue }
            whole[ObjectID(catalog: .constraint, oid: constraint.oid)] = Address(
                words: "CONSTRAINT", name: table, part: constraint.name)
        }
    }

    private mutating func addTypes(of snapshot: SchemaSnapshot) {
        for type in snapshot.enums { add(.type, type.oid, "TYPE", type.name) }
        for type in snapshot.composites {
            add(.type, type.oid, "TYPE", type.name)
            columns[ObjectID(catalog: .type, oid: type.oid)] = names(type.attributes)
        }
        for type in snapshot.domains {
            add(.type, type.oid, "DOMAIN", type.name)
            let refusals = [type.notNullConstraint].compactMap { $0 }.map { ($0.oid, $0.name) }
            for (oid, name) in type.checks.map({ ($0.oid, $0.name) }) + refusals {
                whole[ObjectID(catalog: .constraint, oid: oid)] = Address(
                    words: "CONSTRAINT", name: type.name, part: name, of: "DOMAIN ")
            }
        }
    }

    private func names(_ columns: [SchemaSnapshot.Column]) -> [Int: String] {
        Dictionary(columns.map { ($0.attnum, $0.name) }, uniquingKeysWith: { $1 })
    }

    func isKnown(_ id: ObjectID) -> Bool {
        var object = id
        object.column = 0
        guard whole[object] != nil else { return false }
        return id.column == 0 || columns[object]?[id.column] != nil
    }

    /// How an object or column is called; nil where the snapshot does not have it.
    subscript(_ id: ObjectID) -> Address? {
        guard id.column != 0 else { return whole[id] }
        var object = id
        object.column = 0
        guard let name = whole[object]?.name, let column = columns[object]?[id.column] else {
            return nil
        }
        return Address(words: "COLUMN", name: name, part: column)
    }

    /// Every object and column.
    var all: Set<Address> {
        var all = Set(whole.values)
        for (id, parts) in columns {
            guard let name = whole[id]?.name else { continue }
            for part in parts.values {
                all.insert(Address(words: "COLUMN", name: name, part: part))
            }
        }
        return all
    }
}

extension DDLText {
    /// The words and the name, as COMMENT ON takes them.
    func address(_ address: ObjectAddresses.Address) -> String {
        let name = self.name(address.name)
        switch address.words {
        case "SCHEMA": return "SCHEMA \(quoted(mapping.target(address.name.schema)))"
        case "EXTENSION": return "EXTENSION \(quoted(address.name.name))"
        case "CAST": return "CAST \(address.name.name)"
        case "OPERATOR":
            return "OPERATOR \(quoted(mapping.target(address.name.schema))).\(address.name.name)"
                + (address.arguments ?? "")
        case "COLUMN": return "COLUMN \(name).\(quoted(address.part ?? ""))"
        default:
            guard let part = address.part else {
                return "\(address.words) \(name)\(address.arguments ?? "")"
            }
            return "\(address.words) \(quoted(part)) ON \(address.of)\(name)"
        }
    }
}
