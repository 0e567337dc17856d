/// One trigger that a table, or one of its partitions, must have.
package struct TriggerDefinition: Hashable, Sendable {
    /// The bits of `pg_trigger.tgtype` (catalog/pg_trigger.h).
    package enum TypeBits {
        static let row: Int16 = 1
        static let insert: Int16 = 4
        static let delete: Int16 = 8
        static let update: Int16 = 16
        static let truncate: Int16 = 32
    }

    /// The name.
    package var name: String
    /// The table or partition that it is on.
    package var relation: UInt32
    /// The name of that table or partition.
    package var relationName: TableName
    /// Whether the role may alter that relation: then the trigger fires ALWAYS.
    package var isOwned: Bool
    /// `pg_trigger.tgtype`.
    package var type: Int16
    /// The name of the transition table of new rows, where there is one.
    package var newTable: String?
    /// The name of the transition table of old rows, where there is one.
    package var oldTable: String?

    /// The triggers of a table, and of its partitions.
    package static func all(of table: CaptureTable, serverVersion: Int) -> [TriggerDefinition] {
        let function = CaptureFunction(table, serverVersion: serverVersion)
        func make(_ name: String, _ type: Int16, new: Bool = false, old: Bool = false)
            -> TriggerDefinition
        {
            TriggerDefinition(
                name: name, relation: table.oid, relationName: table.name, isOwned: table.isOwned,
                type: type, newTable: new ? "teleport_new" : nil,
                oldTable: old ? "teleport_old" : nil)
        }
        let truncate = make("teleport_truncate", TypeBits.truncate)
        let row = TypeBits.row
        if function.isSetBased {
            return [
                make("teleport_insert", TypeBits.insert, new: true),
                make("teleport_update", TypeBits.update, new: true, old: true),
                make("teleport_delete", TypeBits.delete, old: true), truncate,
            ]
        }
        if table.kind == .inherited, serverVersion >= 100_000 {
            // The names of a plain table, so that one rule says which names are complete.
            return [
                make("teleport_insert", TypeBits.insert | row),
                make("teleport_update", TypeBits.update | row),
                make("teleport_delete", TypeBits.delete | row), truncate,
            ]
        }
        let all = TypeBits.insert | TypeBits.update | TypeBits.delete | row
        let leaves = table.leaves.map { leaf in
            TriggerDefinition(
                name: "teleport_truncate", relation: leaf.oid, relationName: leaf.name,
                isOwned: leaf.isOwned, type: TypeBits.truncate)
        }
        return [make("teleport_row", all), truncate] + leaves
    }

    /// CREATE TRIGGER, for a capture function.
    package func create(calling function: String) -> String {
        let events = [
            (TypeBits.insert, "INSERT"), (TypeBits.update, "UPDATE"), (TypeBits.delete, "DELETE"),
            (TypeBits.truncate, "TRUNCATE"),
        ].filter { type & $0.0 != 0 }.map(\.1).joined(separator: " OR ")
        var transitions = ""
        if let newTable { transitions += " NEW TABLE AS \(newTable)" }
        if let oldTable { transitions += " OLD TABLE AS \(oldTable)" }
        if !transitions.isEmpty { transitions = " REFERENCING" + transitions }
        let level = type & TypeBits.row != 0 ? "ROW" : "STATEMENT"
        // EXECUTE FUNCTION is not known before 11; PROCEDURE means the same everywhere.
        return "CREATE TRIGGER \(name) AFTER \(events) ON \(relationName.quoted)\(transitions)"
            + " FOR EACH \(level) EXECUTE PROCEDURE \(function)()"
    }

    /// Lets the trigger fire in sessions of the replica role, too; only the owner may.
    package var enableAlways: String {
        "ALTER TABLE \(relationName.quoted) ENABLE ALWAYS TRIGGER \(name)"
    }

    /// DROP TRIGGER; only the owner may.
    package var drop: String { "DROP TRIGGER \(name) ON \(relationName.quoted)" }
}
