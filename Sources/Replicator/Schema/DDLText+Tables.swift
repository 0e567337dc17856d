/// DDL of tables, their columns, constraints and indexes.
extension DDLText {
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
        if column.notNull, !plain, let refusal = notNull(column) { text += " " + refusal }
        return text
    }

    /// `[CONSTRAINT name] NOT NULL [NO INHERIT]`; nil for one that is added later, since it is not
    /// valid.
    func notNull(_ column: SchemaSnapshot.Column) -> String? {
        guard target.namesNotNull, let constraint = column.properties.notNull else {
            return "NOT NULL"
        }
        guard constraint.isValidated else { return nil }
        return "CONSTRAINT \(quoted(constraint.name)) NOT NULL"
            + (constraint.noInherit ? " NO INHERIT" : "")
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

    func sequence(_ sequence: SchemaSnapshot.Sequence) -> String {
        let word =
            sequence.isUnlogged ? "UNLOGGED SEQUENCE" : "SEQUENCE"
        return "CREATE \(word) \(name(sequence.name)) \(sequenceOptions(sequence))"
    }

    func sequenceOptions(_ sequence: SchemaSnapshot.Sequence, withType: Bool = true) -> String {
        var words: [String] = []
        if withType, target.hasSequenceCatalog { words.append("AS \(sequence.type)") }
        words.append("START WITH \(sequence.start) INCREMENT BY \(sequence.increment)")
        words.append("MINVALUE \(sequence.minimum) MAXVALUE \(sequence.maximum)")
        words.append("CACHE \(sequence.cache) \(sequence.cycles ? "CYCLE" : "NO CYCLE")")
        return words.joined(separator: " ")
    }

    /// CREATE TABLE, without constraints; a partition is attached later.
    func table(_ table: SchemaSnapshot.Table, parents: [SchemaSnapshot.Table]) -> String {
        let properties = table.properties
        var text = "CREATE \(properties.isUnlogged ? "UNLOGGED " : "")TABLE \(name(table.name))"
        if let type = properties.type {
            text += " OF \(type)"
            let columns = table.columns.compactMap(typedColumn)
            if !columns.isEmpty { text += " (" + columns.joined(separator: ", ") + ")" }
        } else {
            // What the parents have comes from them.
            let columns = table.columns.filter { parents.isEmpty || $0.properties.isLocal }
            text += " (" + columns.map { column($0) }.joined(separator: ", ") + ")"
        }
        if !parents.isEmpty {
            text += " INHERITS (" + parents.map { name($0.name) }.joined(separator: ", ") + ")"
        }
        if let key = table.partitionKey { text += " PARTITION BY \(key)" }
        if let method = properties.accessMethod, target.hasTableMethods {
            text += " USING \(quoted(method))"
        }
        if !table.options.isEmpty { text += " WITH (\(options(table.options)))" }
        return text
    }

    /// What a typed table adds to a column of its type; nil where that is nothing.
    private func typedColumn(_ column: SchemaSnapshot.Column) -> String? {
        var text = ""
        if let expression = column.defaultExpression { text += " DEFAULT \(expression)" }
        if column.notNull, let refusal = notNull(column) { text += " " + refusal }
        return text.isEmpty ? nil : "\(quoted(column.name)) WITH OPTIONS\(text)"
    }

    /// `ALTER TABLE ONLY`: without children and partitions.
    func only(_ table: SchemaSnapshot.Table) -> String { "ALTER TABLE ONLY \(name(table.name))" }

    /// Storage parameters as `name = 'value'`.
    func options(_ options: [String]) -> String {
        options.map { option in
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? String(parts[1]) : ""
            return optionName(option) + " = " + SQLText.literal(value)
        }.joined(separator: ", ")
    }

    /// The name of a storage parameter; that of `toast.…` is two words.
    func optionName(_ option: String) -> String {
        option.prefix { $0 != "=" }.split(separator: ".").map { quoted(String($0)) }
            .joined(separator: ".")
    }

    func index(
        _ index: SchemaSnapshot.Index, on table: SchemaSnapshot.Table, concurrently: Bool = false
    ) -> String {
        "CREATE \(index.isUnique ? "UNIQUE " : "")INDEX "
            + "\(concurrently ? "CONCURRENTLY " : "")\(quoted(index.name.name)) ON "
            + "\(index.isPartitioned ? "ONLY " : "")\(name(table.name)) \(index.definition)"
    }

    /// ADD CONSTRAINT of anything but a foreign key.
    func constraint(
        _ constraint: SchemaSnapshot.Constraint, of table: SchemaSnapshot.Table
    ) -> String {
        // The partitions' parts have names of their own, and are attached one by one.
        let alter =
            constraint.hasIndex && table.partitionKey != nil
            ? only(table) : "ALTER TABLE \(name(table.name))"
        return "\(alter) ADD CONSTRAINT \(quoted(constraint.name)) \(constraint.definition)"
    }

    /// A foreign key; `referenced` is the table that it refers to.
    func foreignKey(
        _ key: SchemaSnapshot.ForeignKey, referenced: SchemaSnapshot.Table,
        as mode: SchemaOptions.ForeignKeys
    ) -> String {
        func list(_ columns: [String]) -> String {
            columns.enumerated().map { place, column in
                (key.hasPeriod && place == columns.count - 1 ? "PERIOD " : "") + quoted(column)
            }.joined(separator: ", ")
        }
        var text = "FOREIGN KEY (\(list(key.columns))) REFERENCES \(name(referenced.name))"
        text += " (\(list(key.referencedColumns)))"
        if key.match == "f" { text += " MATCH FULL" }
        if key.match == "p" { text += " MATCH PARTIAL" }
        if mode == .exact {
            if let action = action(key.onUpdate) { text += " ON UPDATE \(action)" }
            if let action = action(key.onDelete) { text += " ON DELETE \(action)" }
            if !key.setColumns.isEmpty {
                text += " (\(key.setColumns.map(quoted).joined(separator: ", ")))"
            }
            if key.isDeferrable { text += " DEFERRABLE" }
            if key.isDeferred { text += " INITIALLY DEFERRED" }
        } else {
            text += " DEFERRABLE INITIALLY DEFERRED"
        }
        if !key.isEnforced { return text + " NOT ENFORCED" }
        return text + (key.isValidated ? "" : " NOT VALID")
    }

    private func action(_ letter: String) -> String? {
        switch letter {
        case "r": "RESTRICT"
        case "c": "CASCADE"
        case "n": "SET NULL"
        case "d": "SET DEFAULT"
        default: nil
        }
    }
}
