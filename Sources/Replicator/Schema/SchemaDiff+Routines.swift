/// Functions and procedures.
extension SchemaDiff {
    mutating func diffRoutines(_ routines: Matching<SchemaSnapshot.Routine>) {
        for routine in routines.created { create(routine) }
        for pair in routines.pairs {
            if replaced.contains(ObjectID(catalog: .routine, oid: pair.old.oid)) {
                dropFirst(pair.old)
                create(pair.new)
                continue
            }
            let old = text.mapping.target(pair.old.name)
            let new = text.mapping.target(pair.new.name)
            // Types among the arguments may have been renamed: the old text still holds here.
            let signature = "(\(pair.old.arguments))"
            if old.schema != new.schema {
                add(
                    .aside, "move function \(pair.old.name) to \(new.schema)",
                    "ALTER \(pair.old.kind) \(old.quoted)\(signature) SET SCHEMA "
                        + text.quoted(new.schema), effect: .alterOther)
            }
            if old.name != new.name {
                let from = TableName(schema: new.schema, name: old.name)
                add(
                    .aside, "rename function \(pair.old.name) to \(pair.new.name)",
                    "ALTER \(pair.old.kind) \(from.quoted)\(signature) RENAME TO "
                        + text.quoted(new.name), effect: .alterOther)
            }
            if pair.old.definition != pair.new.definition { create(pair.new, isNew: false) }
        }
        let names = Set(current.functions.map(\.name).map(text.mapping.target))
        for routine in routines.dropped {
            if names.contains(text.mapping.target(routine.name)) || typesMove
                || leaving[ObjectID(catalog: .routine, oid: routine.oid)] == .early
            {
                dropFirst(routine)
            } else {
                dropLate(
                    ObjectID(catalog: .routine, oid: routine.oid), rank: 5, routine.name,
                    "drop function \(routine.name)",
                    "DROP \(routine.kind) \(text.signature(routine))", effect: .dropOther)
            }
        }
    }

    /// Whether a type gets another name, so that signatures written before do not hold later.
    private var typesMove: Bool {
        let before = Dictionary(
            (applied.enums.map { ($0.oid, $0.name) } + applied.composites.map { ($0.oid, $0.name) }
                + applied.domains.map { ($0.oid, $0.name) }), uniquingKeysWith: { $1 })
        let now =
            current.enums.map { ($0.oid, $0.name) } + current.composites.map { ($0.oid, $0.name) }
            + current.domains.map { ($0.oid, $0.name) }
        return !replaced.isEmpty
            || now.contains { oid, name in before[oid].map { $0 != name } ?? false }
    }

    /// Drops a routine at once where it would be in the way of something else that goes; else puts
    /// it aside.
    ///
    /// Under a name of its own the routine needs no arguments to be told apart (≥ 10).
    private mutating func dropFirst(_ routine: SchemaSnapshot.Routine) {
        let id = ObjectID(catalog: .routine, oid: routine.oid)
        guard leaving[id] != .early else {
            tearDown(
                id, rank: 5, routine.name, "drop function \(routine.name)",
                "DROP \(routine.kind) \(text.signature(routine))")
            return
        }
        let aside = "teleport_old_\(routine.oid)"
        add(
            .aside, "put function \(routine.name) aside",
            "ALTER \(routine.kind) \(text.signature(routine)) RENAME TO \(text.quoted(aside))",
            effect: .alterOther)
        let arguments = text.target.version >= 100_000 ? "" : "(\(routine.arguments))"
        dropLate(
            ObjectID(catalog: .routine, oid: routine.oid), rank: 5, routine.name,
            "drop function \(routine.name)",
            "DROP \(routine.kind) \(text.name(routine.name, called: aside))\(arguments)",
            effect: .dropOther)
    }

    /// Whether the text of a routine names its schema, which has another name on the target.
    func namesMovedSchema(_ routine: SchemaSnapshot.Routine) -> Bool {
        text.mapping.target(routine.name.schema) != routine.name.schema
            && routine.definition.contains(routine.name.schema + ".")
    }

    private mutating func create(_ routine: SchemaSnapshot.Routine, isNew: Bool = true) {
        let id = ObjectID(catalog: .routine, oid: routine.oid)
        if isNew { noteMade(id, at: .define) }
        define(
            id, rank: 3, routine.name, "create function \(routine.name)", text.routine(routine),
            effect: .create)
        units[id]?.canWait = true
        if namesMovedSchema(routine) {
            report(
                "function body", "\(routine.name)(\(routine.arguments))",
                "its text names schema \(routine.name.schema), which is "
                    + "\(text.mapping.target(routine.name.schema)) on the target; texts of functions are not rewritten"
            )
        }
    }
}
