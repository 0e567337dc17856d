/// Columns of a table that is the same.
extension SchemaDiff {
    typealias Column = SchemaSnapshot.Column

    mutating func dropColumns(
        _ columns: [Column], of table: Table, now: Table, _ above: Inherited
    ) {
        // Generated ones first: they hang on others.
        for column in columns.sorted(by: { $0.isGenerated && !$1.isGenerated }) {
            for sequence in applied.sequences {
                let owner = ObjectID(catalog: .relation, oid: table.oid, column: column.attnum)
                guard sequence.owner == owner,
                    current.sequences.contains(where: { $0.oid == sequence.oid })
                else { continue }
                // It lives on and must not go with the column.
                add(
                    .dropColumns, "release sequence \(sequence.name)",
                    "ALTER SEQUENCE \(text.name(sequence.name)) OWNED BY NONE", effect: .sequence)
            }
            // A column that came from a parent goes with the parent's.
            if above.dropped.contains(column.name), !column.properties.isLocal { continue }
            let alter =
                now.partitionKey == nil && isKeptBelow(now, column.name)
                ? text.only(table) : "ALTER TABLE \(text.name(table.name))"
            add(
                .dropColumns, "drop column \(table.name).\(column.name)",
                "\(alter) DROP COLUMN \(text.quoted(column.name))",
                effect: column.isGenerated ? .alterTable : .dropColumn)
        }
    }

    mutating func renameColumns(
        _ columns: Matching<Column>, of table: Table, _ above: Inherited
    ) {
        // What a parent has is renamed there, for its children as well.
        let renames = columns.pairs.filter { above.pairs[$0.new.name]?.old.name != $0.old.name }
            .map { pair in
                (id: UInt32(pair.new.attnum), from: pair.old.name, to: pair.new.name)
            }
        for step in Rename.steps(renames) {
            add(
                .rename, "rename column \(table.name).\(step.from) to \(step.to)",
                "ALTER TABLE \(text.name(table.name)) RENAME COLUMN \(text.quoted(step.from)) TO "
                    + text.quoted(step.to), effect: .alterTable)
        }
    }

    /// Whether the target's column gets another type.
    func isRetyped(_ old: Column, _ new: Column, of oldTable: Table, _ newTable: Table) -> Bool {
        if refreshed.contains(
            ObjectID(catalog: .relation, oid: oldTable.oid, column: old.attnum)),
            usesReplacedType(oldTable, old)
        {
            return true
        }
        if old.collation != new.collation { return true }
        guard old.type != new.type else { return false }
        // The type itself was renamed; types with modifiers are never ours.
        let isRenamed =
            isSameEpoch && old.typeOID == new.typeOID && new.typeOID >= 16384
            && !old.type.contains("(") && !new.type.contains("(")
        return !isRenamed
    }

    private func usesReplacedType(_ table: Table, _ column: Column) -> Bool {
        let address = ObjectID(catalog: .relation, oid: table.oid, column: column.attnum)
        return applied.dependencies.contains {
            $0.dependent == address && [.type, .collation].contains($0.referenced.catalog)
                && replaced.contains($0.referenced)
        }
    }

    mutating func alter(
        _ old: Column, _ new: Column, of oldTable: Table, _ table: Table, _ above: Inherited
    ) {
        let parent = above.pairs[new.name]
        let label = "\(table.name).\(new.name)"
        let prefix = "ALTER TABLE \(text.name(table.name)) ALTER COLUMN \(text.quoted(new.name))"
        let address = ObjectID(catalog: .relation, oid: oldTable.oid, column: old.attnum)
        if old.isGenerated, leaving[address] != nil {
            regenerate(old, new, of: oldTable, table)
            alterProperties(old.properties, new, of: table)
            return
        }
        if isOtherGeneration(old, new) {
            alterGeneration(old, new, of: table, parent: parent?.new)
            alterProperties(old.properties, new, of: table)
            return
        }
        let isRefreshed = refreshed.contains(address)
        if loosened.contains(address), old.defaultExpression != nil {
            tearDown(
                address, rank: 5, oldTable.name,
                "drop default of \(oldTable.name).\(old.name)",
                "ALTER TABLE \(text.name(oldTable.name)) ALTER COLUMN \(text.quoted(old.name)) "
                    + "DROP DEFAULT")
        }
        let isRetypedAbove =
            parent.map { self.isRetyped($0.old, $0.new, of: $0.parentOld, $0.parentNew) } ?? false
        let isRetyped = isRetyped(old, new, of: oldTable, table)
        let alone = "\(self.alone(table)) ALTER COLUMN \(text.quoted(new.name))"
        if old.isIdentity, !new.isIdentity {
            statement(
                table, "drop identity of \(label)", "\(prefix) DROP IDENTITY", effect: .alterTable)
        }
        let hadDefault = old.defaultExpression != nil
        let hasOther =
            old.defaultExpression != new.defaultExpression || isRefreshed || isRetyped
        if hadDefault, isRetyped || new.defaultExpression == nil {
            statement(
                table, "drop default of \(label)", "\(alone) DROP DEFAULT", effect: .alterTable)
        }
        if isRetyped, !isRetypedAbove {
            var sql = "\(prefix) TYPE \(new.type)"
            if let collation = new.collation { sql += " COLLATE \(collation)" }
            if !new.isGenerated, !Self.isWidened(old.type, new.type) {
                sql += " USING \(text.quoted(new.name))::text::\(new.type)"
            }
            statement(
                table, "change type of \(label) to \(new.type)", sql,
                effect: Self.isWidened(old.type, new.type) ? .alterTable : .retype)
        }
        if hasOther, let expression = new.defaultExpression {
            statement(
                table, "set default of \(label)", "\(alone) SET DEFAULT \(expression)",
                effect: .alterTable)
        }
        alterNull(old, new, table, parent.map { ($0.old, $0.new) })
        if !table.isPartition { alterIdentity(old, new, label, prefix, table) }
        alterProperties(isRetyped ? nil : old.properties, new, of: table)
    }

    /// Makes a column that came with its parent's what it is itself.
    mutating func alterInherited(_ above: Column, _ column: Column, of table: Table) {
        let label = "\(table.name).\(column.name)"
        let prefix = "\(alone(table)) ALTER COLUMN \(text.quoted(column.name))"
        if !column.isGenerated, above.defaultExpression != column.defaultExpression {
            let action = column.defaultExpression.map { "SET DEFAULT \($0)" } ?? "DROP DEFAULT"
            statement(
                table, "set default of \(label)", "\(prefix) \(action)", effect: .alterTable)
        }
        if column.notNull, !above.notNull { refuseNull(column, of: table) }
    }

    private mutating func alterIdentity(
        _ old: Column, _ new: Column, _ label: String, _ prefix: String, _ table: Table
    ) {
        guard new.isIdentity else { return }
        guard text.target.hasIdentity else {
            report("identity", label, "the target's PostgreSQL does not have identity columns")
            return
        }
        guard old.isIdentity else {
            let sql = "\(prefix) ADD \(text.identity(new))"
            guard !table.isPartition else { return }
            // An identity column must be NOT NULL, which may have to wait for the rows.
            if old.notNull {
                add(.constrain, "add identity to \(label)", sql, effect: .alterTable)
            } else {
                afterwards("add identity to \(label)", sql, effect: .alterTable)
            }
            return
        }
        if old.identity != new.identity {
            statement(
                table, "change identity of \(label)",
                "\(prefix) SET GENERATED \(new.identity == "a" ? "ALWAYS" : "BY DEFAULT")",
                effect: .alterTable)
        }
        guard let before = old.identitySequence, let now = new.identitySequence else { return }
        if before.name != now.name {
            rename([RelationName(oid: now.oid, old: before.name, new: now.name)], "SEQUENCE")
        }
        if text.sequenceOptions(before) != text.sequenceOptions(now) {
            define(
                ObjectID(catalog: .relation, oid: table.oid), rank: 4, table.name,
                "alter sequence \(now.name)",
                "ALTER SEQUENCE \(text.name(now.name)) \(text.sequenceOptions(now))",
                effect: .sequence)
        }
    }

    /// Before 17 the expression of a generated column cannot change: another text means that
    /// something in it was renamed.
    private func isOtherGeneration(_ old: Column, _ new: Column) -> Bool {
        if old.generated != new.generated { return true }
        guard new.isGenerated, old.expression != new.expression else { return false }
        // One that could not be generated on the target has no expression.
        if (old.expression == nil) != (new.expression == nil) { return true }
        return current.serverVersion >= 170_000
    }

    /// Whether a column is dropped and added again because its generation cannot be altered.
    func isMadeAnew(_ old: Column, _ new: Column) -> Bool {
        guard isOtherGeneration(old, new) else { return false }
        return !losesGeneration(old, new) && !changesGeneration(old, new)
    }

    private func losesGeneration(_ old: Column, _ new: Column) -> Bool {
        old.isGenerated && !new.isGenerated && text.target.version >= 130_000
    }

    private func changesGeneration(_ old: Column, _ new: Column) -> Bool {
        old.generated == new.generated && text.target.version >= 170_000 && new.expression != nil
    }

    /// A generated column that needs something that leaves: PostgreSQL drops the column along with
    /// it without a word, so it goes before, and comes again.
    private mutating func regenerate(
        _ old: Column, _ new: Column, of oldTable: Table, _ table: Table
    ) {
        let id = ObjectID(catalog: .relation, oid: oldTable.oid, column: old.attnum)
        let label = "\(oldTable.name).\(old.name)"
        let name = text.name(oldTable.name)
        if losesGeneration(old, new) {
            tearDown(
                id, rank: 5, oldTable.name, "stop generating \(label)",
                "ALTER TABLE \(name) ALTER COLUMN \(text.quoted(old.name)) DROP EXPRESSION")
            if let expression = new.defaultExpression {
                statement(
                    table, "set default of \(table.name).\(new.name)",
                    "ALTER TABLE \(text.name(table.name)) ALTER COLUMN \(text.quoted(new.name)) "
                        + "SET DEFAULT \(expression)")
            }
            return
        }
        tearDown(
            id, rank: 5, oldTable.name, "drop column \(label)",
            "ALTER TABLE \(name) DROP COLUMN \(text.quoted(old.name))")
        addColumn(new, to: table)
    }

    private mutating func alterGeneration(
        _ old: Column, _ new: Column, of table: Table, parent: Column?
    ) {
        // A parent's change is its children's as well.
        if let parent, parent.generated == new.generated, parent.expression == new.expression {
            return
        }
        let label = "\(table.name).\(new.name)"
        let prefix = "ALTER TABLE \(text.name(table.name)) ALTER COLUMN \(text.quoted(new.name))"
        if losesGeneration(old, new) {
            statement(
                table, "stop generating \(label)", "\(prefix) DROP EXPRESSION", effect: .alterTable)
            if let expression = new.defaultExpression {
                statement(
                    table, "set default of \(label)", "\(prefix) SET DEFAULT \(expression)",
                    effect: .alterTable)
            }
            return
        }
        if changesGeneration(old, new), let expression = new.expression {
            statement(
                table, "change generation of \(label)",
                "\(prefix) SET EXPRESSION AS (\(expression))", effect: .retype)
            return
        }
        statement(
            table, "drop column \(label)",
            "ALTER TABLE \(text.name(table.name)) DROP COLUMN \(text.quoted(new.name))",
            effect: .alterTable)
        addColumn(new, to: table)
    }

    mutating func addColumn(_ column: Column, to table: Table) {
        let label = "\(table.name).\(column.name)"
        let name = text.name(table.name)
        noteMade(
            ObjectID(catalog: .relation, oid: table.oid, column: column.attnum), at: .define)
        let prefix = "ALTER TABLE \(name) ALTER COLUMN \(text.quoted(column.name))"
        if column.isGenerated || column.isIdentity {
            statement(
                table, "add column \(label)",
                "ALTER TABLE \(name) ADD COLUMN \(text.column(column))",
                effect: column.generated == "v" ? .addColumn : .addColumn.rewriting)
            alterProperties(nil, column, of: table)
            return
        }
        var sql = "ALTER TABLE \(name) ADD COLUMN \(text.column(column, plain: true))"
        if let missing = column.missingValue {
            // The value that the older rows have on the source as well.
            sql += " DEFAULT \(SQLText.literal(missing))::\(column.type)"
            if column.notNull, let refusal = text.notNull(column) { sql += " " + refusal }
        }
        let writesRows = column.missingValue != nil && text.target.version < 110_000
        statement(
            table, "add column \(label)", sql,
            effect: writesRows ? .addColumn.rewriting : .addColumn)
        if let expression = column.defaultExpression {
            statement(
                table, "set default of \(label)", "\(prefix) SET DEFAULT \(expression)",
                effect: .alterTable)
        } else if column.missingValue != nil {
            statement(
                table, "drop default of \(label)", "\(prefix) DROP DEFAULT", effect: .alterTable)
        }
        if column.notNull, column.missingValue == nil {
            // The old rows have no value until theirs arrive.
            refuseNull(column, of: table)
        }
        alterProperties(nil, column, of: table)
    }
}
