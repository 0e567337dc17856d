/// An object of pg_class or pg_type that may have got another name or schema.
struct RelationName {
    var oid: UInt32
    var old: TableName
    var new: TableName
}

extension SchemaDiff {
    /// Moves and renames relations or types of one kind; swaps go through a temporary name.
    mutating func rename(_ names: [RelationName], _ kind: String) {
        var bySchema: [String: [(id: UInt32, from: String, to: String)]] = [:]
        let word = kind.lowercased()
        let effect: SchemaEffect =
            switch kind {
            case "INDEX": .options
            case "TYPE", "DOMAIN": .alterOther
            default: .alterTable
            }
        for name in names {
            let old = text.mapping.target(name.old)
            let new = text.mapping.target(name.new)
            // An index is where its table is.
            if old.schema != new.schema, kind != "INDEX" {
                add(
                    .rename, "move \(word) \(name.old) to \(new.schema)",
                    "ALTER \(kind) \(old.quoted) SET SCHEMA \(text.quoted(new.schema))",
                    effect: effect)
            }
            bySchema[new.schema, default: []].append((name.oid, old.name, new.name))
        }
        for (schema, list) in bySchema.sorted(by: { $0.key < $1.key }) {
            for step in Rename.steps(list) {
                let from = TableName(schema: schema, name: step.from)
                add(
                    .rename, "rename \(word) \(step.from) to \(step.to)",
                    "ALTER \(kind) \(from.quoted) RENAME TO \(text.quoted(step.to))",
                    effect: effect)
            }
        }
    }
}
