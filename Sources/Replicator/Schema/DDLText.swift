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

    /// A column of CREATE TABLE or ADD COLUMN; without default where `plain`.
    func column(_ column: SchemaSnapshot.Column, plain: Bool = false) -> String {
        var text = "\(quoted(column.name)) \(column.type)"
        if let collation = column.collation { text += " COLLATE \(collation)" }
        if column.isGenerated, let expression = column.expression {
            text +=
                " GENERATED ALWAYS AS (\(expression)) \(column.generated == "v" ? "VIRTUAL" : "STORED")"
        } else if column.isIdentity {
            text += " " + identity(column)
        } else if !plain, let expression = column.expression {
            text += " DEFAULT \(expression)"
        }
        if column.notNull, !plain { text += " NOT NULL" }
        return text
    }

    /// `GENERATED … AS IDENTITY (…)`.
    func identity(_ column: SchemaSnapshot.Column) -> String {
        var text = "GENERATED \(column.identity == "a" ? "ALWAYS" : "BY DEFAULT") AS IDENTITY"
        if let sequence = column.identitySequence {
            text +=
                " (SEQUENCE NAME \(name(sequence.name)) \(sequenceOptions(sequence, withType: false)))"
        }
        return text
    }

    func sequenceOptions(_ sequence: SchemaSnapshot.Sequence, withType: Bool = true) -> String {
        var words: [String] = []
        if withType, target.hasSequenceCatalog { words.append("AS \(sequence.type)") }
        words.append("START WITH \(sequence.start) INCREMENT BY \(sequence.increment)")
        words.append("MINVALUE \(sequence.minimum) MAXVALUE \(sequence.maximum)")
        words.append("CACHE \(sequence.cache) \(sequence.cycles ? "CYCLE" : "NO CYCLE")")
        return words.joined(separator: " ")
    }

    /// CREATE TABLE, without constraints.
    func table(_ table: SchemaSnapshot.Table, parent: SchemaSnapshot.Table?) -> String {
        var text = "CREATE TABLE \(name(table.name))"
        switch table.kind {
        case .ordinary, .partitioned:
            text += " (" + table.columns.map { column($0) }.joined(separator: ", ") + ")"
        case .partition(_, let bound):
            text += " PARTITION OF \(parent.map { name($0.name) } ?? "?") \(bound)"
        }
        if case .partitioned(let key) = table.kind { text += " PARTITION BY \(key)" }
        if let key = table.subpartitionKey { text += " PARTITION BY \(key)" }
        if !table.options.isEmpty { text += " WITH (\(options(table.options)))" }
        return text
    }

    /// Storage parameters as `name = 'value'`.
    func options(_ options: [String]) -> String {
        options.map { option in
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? String(parts[1]) : ""
            // A toast.… parameter is two words; the dot separates them.
            let key = parts[0].split(separator: ".").map { quoted(String($0)) }
            return key.joined(separator: ".") + " = " + SQLText.literal(value)
        }.joined(separator: ", ")
    }

    func index(
        _ index: SchemaSnapshot.Index, on table: SchemaSnapshot.Table, concurrently: Bool = false
    ) -> String {
        "CREATE \(index.isUnique ? "UNIQUE " : "")INDEX "
            + "\(concurrently ? "CONCURRENTLY " : "")\(quoted(index.name.name)) ON "
            + "\(name(table.name)) \(index.definition)"
    }

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
        if type.notNull { text += " NOT NULL" }
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
