/// Pieces of DDL for a target: names mapped, options by the target's version.
struct DDLText: Sendable {
    let mapping: SchemaMapping
    let target: CatalogFeatures

    /// The target's name, quoted, with its schema.
    func name(_ name: TableName) -> String { mapping.target(name).quoted }

    /// The same with another last part.
    func name(_ name: TableName, called other: String) -> String {
        mapping.target(TableName(schema: name.schema, name: other)).quoted
    }

    func quoted(_ name: String) -> String { SQLText.identifier(name) }

    func routine(_ routine: SchemaSnapshot.Routine) -> String {
        let isAlone = routine.kind == "AGGREGATE" && !target.replacesAggregates
        return
            "CREATE \(isAlone ? "" : "OR REPLACE ")\(routine.kind) \(name(routine.name))\(routine.definition)"
    }

    /// `schema.name(arguments)`, as ALTER and DROP take it.
    func signature(_ routine: SchemaSnapshot.Routine) -> String {
        "\(name(routine.name))(\(routine.arguments))"
    }

    func enumType(_ type: SchemaSnapshot.EnumType) -> String {
        "CREATE TYPE \(name(type.name)) AS ENUM ("
            + type.labels.map { SQLText.literal($0.text) }.joined(separator: ", ") + ")"
    }

    func composite(_ type: SchemaSnapshot.CompositeType) -> String {
        "CREATE TYPE \(name(type.name)) AS ("
            + type.attributes.map { column($0, plain: true) }.joined(separator: ", ") + ")"
    }

    func domain(_ type: SchemaSnapshot.DomainType) -> String {
        var text = "CREATE DOMAIN \(name(type.name)) AS \(type.base)"
        if let collation = type.collation { text += " COLLATE \(collation)" }
        if let expression = type.expression { text += " DEFAULT \(expression)" }
        if type.notNull {
            if let constraint = type.notNullConstraint {
                text += " CONSTRAINT \(quoted(constraint.name))"
            }
            text += " NOT NULL"
        }
        // One that is not valid is added behind.
        for check in type.checks where !check.isNotValid {
            text += " CONSTRAINT \(quoted(check.name)) \(check.definition)"
        }
        return text
    }

    /// Makes a schema where it is missing; needs no right where it is there.
    func schema(_ name: String) -> String {
        let body =
            "BEGIN IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = "
            + SQLText.literal(name) + ") THEN CREATE SCHEMA \(quoted(name)); END IF; END"
        return "DO \(SQLText.literal(body))"
    }

    /// Makes an extension where the target lacks it: in the source's version where the target's
    /// server has that one, else in its own.
    func extensionIfMissing(_ name: String, schema: String, version: String) -> String {
        let place = schema == "pg_catalog" ? "" : " SCHEMA \(quoted(schema))"
        let create = "CREATE EXTENSION \(quoted(name))\(place)"
        let body = """
            BEGIN \
            IF EXISTS (SELECT 1 FROM pg_catalog.pg_extension \
            WHERE extname = \(SQLText.literal(name))) THEN RETURN; END IF; \
            IF EXISTS (SELECT 1 FROM pg_catalog.pg_available_extension_versions \
            WHERE name = \(SQLText.literal(name)) AND version = \(SQLText.literal(version))) \
            THEN \(create) VERSION \(quoted(version)); ELSE \(create); \
            RAISE WARNING USING MESSAGE = \(SQLText.literal(
                "extension \(name) has another version here than \(version) of the source")); \
            END IF; END
            """
        return "DO \(SQLText.literal(body))"
    }

    /// Puts the schemas of extensions, wherever the target has them, behind the mapped ones.
    func searchPath(_ path: [String], extensions: [String]) -> String {
        """
        SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', \
        \(SQLText.literal(path.map(quoted).joined(separator: ", "))), \
        (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(n.nspname), ', ') \
        FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
        WHERE e.extname IN (\(extensions.map(SQLText.literal).joined(separator: ", "))) \
        AND n.nspname <> 'pg_catalog')), true)
        """
    }

    /// Whether an enum has a label, as a query.
    func hasLabel(_ label: String, type: TableName) -> String {
        let name = mapping.target(type)
        return """
            SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_enum e \
            JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid \
            JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
            WHERE n.nspname = \(SQLText.literal(name.schema)) \
            AND t.typname = \(SQLText.literal(name.name)) \
            AND e.enumlabel = \(SQLText.literal(label)))
            """
    }
}
