/// NOT NULL of columns: since 18 a constraint with a name.
extension SchemaDiff {
    /// The column of a parent that stays above is `parent`; its change is the child's, too.
    mutating func alterNull(
        _ old: Column, _ new: Column, _ table: Table, _ parent: (old: Column, new: Column)?
    ) {
        let prefix = "ALTER COLUMN \(text.quoted(new.name))"
        let isAlike = { (other: (old: Column, new: Column)) in
            other.old.notNull == old.notNull && other.new.notNull == new.notNull
        }
        if old.notNull != new.notNull {
            if let parent, isAlike(parent) { return }
            if new.notNull {
                refuseNull(new, of: table)
            } else {
                // Its children as well; those that refuse it still are told so again.
                statement(
                    table, "allow NULL in \(table.name).\(new.name)",
                    "ALTER TABLE \(text.name(table.name)) \(prefix) DROP NOT NULL",
                    effect: .alterTable)
            }
        } else if new.notNull {
            if let parent, parent.old.notNull, !parent.new.notNull {
                // The parent's column allows it now, for its children as well; not for this one.
                refuseNull(new, of: table)
            }
            alterName(old, new, table)
        }
    }

    /// Adds NOT NULL behind the rows; at once where the table is emptied, before its key is made.
    mutating func refuseNull(_ column: Column, of table: Table) {
        let summary = "refuse NULL in \(table.name).\(column.name)"
        var sql = "ALTER TABLE \(text.name(table.name)) "
        if text.target.namesNotNull, let constraint = column.properties.notNull,
            !constraint.isInherited
        {
            sql +=
                "ADD CONSTRAINT \(text.quoted(constraint.name)) NOT NULL \(text.quoted(column.name))"
                + (constraint.noInherit ? " NO INHERIT" : "")
                + (constraint.isValidated ? "" : " NOT VALID")
        } else {
            sql += "ALTER COLUMN \(text.quoted(column.name)) SET NOT NULL"
        }
        if emptied.contains(table.oid) {
            statement(table, summary, sql, effect: .check)
        } else {
            afterwards(summary, sql, effect: .check)
        }
    }

    /// What CREATE TABLE cannot say: NOT NULL that old rows may break.
    mutating func addLateNotNull(_ column: Column, to table: Table) {
        guard column.notNull, text.notNull(column) == nil else { return }
        refuseNull(column, of: table)
    }

    /// The name, NO INHERIT and validation of a constraint that stays (≥ 18 on both sides).
    private mutating func alterName(_ old: Column, _ new: Column, _ table: Table) {
        guard text.target.namesNotNull, let before = old.properties.notNull,
            let now = new.properties.notNull, !now.isInherited
        else { return }
        let alter = "ALTER TABLE \(text.name(table.name))"
        let label = "\(table.name).\(now.name)"
        if before.name != now.name {
            // Names of a swap meet nobody: the constraint is found by its temporary name.
            notNullRenames[table.oid, default: []].append(
                (UInt32(new.attnum), before.name, now.name))
        }
        if before.noInherit != now.noInherit {
            statement(
                table, "alter constraint \(label)",
                "\(alter) ALTER CONSTRAINT \(text.quoted(now.name)) "
                    + (now.noInherit ? "NO INHERIT" : "INHERIT"), effect: .alterTable)
        }
        if !before.isValidated, now.isValidated {
            afterwards(
                "validate \(label)", "\(alter) VALIDATE CONSTRAINT \(text.quoted(now.name))",
                effect: .validate)
        }
    }
}
