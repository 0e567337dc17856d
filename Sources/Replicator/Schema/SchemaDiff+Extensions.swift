/// Extensions: made where the target lacks them, brought to the source's version and schema, and
/// never dropped, since somebody else on the target may use them.
extension SchemaDiff {
    mutating func diffExtensions() {
        let known = Dictionary(
            applied.extensions.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        for item in current.extensions {
            let schema = schemaOnTarget(of: item)
            if let old = known[item.name] {
                if old.version != item.version { update(item, from: old) }
                if schemaOnTarget(of: old, in: applied) != schema {
                    move(item, from: old, to: schema)
                }
                continue
            }
            if let versions = abilities.extensionVersions, versions[item.name] == nil {
                report(
                    "extension", item.name,
                    "the target's server does not have it, or its role may not install it")
                result.extensions.removeAll { $0.name == item.name }
                continue
            }
            makeSchema(of: item)
            add(
                .foundation, "create extension \(item.name)",
                text.extensionIfMissing(item.name, schema: schema, version: item.version),
                effect: .create)
            noteMade(ObjectID(catalog: .extension, oid: item.oid), at: .define)
        }
        let names = Set(current.extensions.map(\.name))
        for item in applied.extensions where !names.contains(item.name) {
            report(
                "extension", item.name,
                "the source does not have it any more; it stays on the target, where others may use it"
            )
            result.extensions.append(item)
        }
    }

    private func schemaOnTarget(
        of item: SchemaSnapshot.Extension, in snapshot: SchemaSnapshot? = nil
    ) -> String {
        (snapshot ?? current).schemas.contains { $0.name == item.schema }
            ? text.mapping.target(item.schema) : item.schema
    }

    private mutating func makeSchema(of item: SchemaSnapshot.Extension) {
        let isOurs = current.schemas.contains { $0.name == item.schema }
        guard !isOurs, item.schema != "pg_catalog" else { return }
        add(.foundation, "create schema \(item.schema)", text.schema(item.schema), effect: .create)
    }

    /// Moves an extension; one that cannot be moved was dropped on the source and made again, which
    /// on the target could take what is not ours along.
    private mutating func move(
        _ item: SchemaSnapshot.Extension, from old: SchemaSnapshot.Extension, to schema: String
    ) {
        let isOwned = abilities.fixedExtensions?.contains(item.name) != true
        guard item.isRelocatable, isOwned else {
            if abilities.extensionSchemas?[item.name] == schema { return }
            // The target has it in the old schema, so this is said until it is made good.
            for place in result.extensions.indices where result.extensions[place].name == item.name
            {
                result.extensions[place].schema = old.schema
            }
            let remedy =
                item.isRelocatable
                ? "the target's role does not own all of it: let a superuser move it there to \(schema)"
                : "PostgreSQL cannot move it: drop it on the target and make it in schema \(schema)"
            report(
                "extension", item.name,
                "the source has it in schema \(item.schema) now, and \(remedy)")
            return
        }
        makeSchema(of: item)
        add(
            .foundation, "move extension \(item.name) to \(schema)",
            text.alterExtension(
                item.name, "SET SCHEMA \(text.quoted(schema))",
                where: "n.nspname <> \(SQLText.literal(schema))"), effect: .alterOther)
    }

    private mutating func update(
        _ item: SchemaSnapshot.Extension, from old: SchemaSnapshot.Extension
    ) {
        if let versions = abilities.extensionVersions,
            versions[item.name]?.contains(item.version) != true
        {
            // The target has the old one still, so this is said until it is made good.
            for place in result.extensions.indices where result.extensions[place].name == item.name
            {
                result.extensions[place].version = old.version
            }
            report(
                "extension version", item.name,
                "the source went from \(old.version) to \(item.version), which the target's server "
                    + "does not have, or its role may not install")
            return
        }
        if abilities.extensionVersions == nil {
            report(
                "extension version", item.name,
                "the source went from \(old.version) to \(item.version); the target follows where its "
                    + "server has that version")
        }
        add(
            .foundation, "update extension \(item.name) to \(item.version)",
            text.alterExtension(
                item.name, "UPDATE TO \(text.quoted(item.version))",
                where: """
                    e.extversion <> \(SQLText.literal(item.version)) AND EXISTS (SELECT 1 \
                    FROM pg_catalog.pg_available_extension_versions v WHERE v.name = e.extname \
                    AND v.version = \(SQLText.literal(item.version)))
                    """), effect: .alterOther)
    }
}

extension DDLText {
    /// Alters an installed extension where a condition over it (`e`) and its schema (`n`) holds.
    func alterExtension(_ name: String, _ change: String, where condition: String) -> String {
        let body = """
            BEGIN IF EXISTS (SELECT 1 FROM pg_catalog.pg_extension e \
            JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
            WHERE e.extname = \(SQLText.literal(name)) AND \(condition)) \
            THEN ALTER EXTENSION \(quoted(name)) \(change); END IF; END
            """
        return "DO \(SQLText.literal(body))"
    }
}
