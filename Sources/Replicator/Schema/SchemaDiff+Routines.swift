/// Functions, procedures and aggregates.
extension SchemaDiff {
    typealias Routine = SchemaSnapshot.Routine

    mutating func diffRoutines(_ routines: Matching<Routine>) {
        let names = Set(current.functions.map(\.name).map(text.mapping.target))
        for routine in routines.created { create(routine) }
        // Whatever leaves goes aside before other names take its place.
        for pair in routines.pairs where isReplaced(pair.old) {
            dropFirst(pair.old)
            create(pair.new)
        }
        for routine in routines.dropped {
            if names.contains(text.mapping.target(routine.name)) || typesMove
                || leaving[routineID(routine)] == .early
            {
                dropFirst(routine)
            } else {
                dropLate(
                    routineID(routine), rank: 5, routine.name, "drop function \(routine.name)",
                    "DROP \(routine.kind) \(text.signature(routine))", effect: .dropOther)
            }
        }
        let kept = routines.pairs.filter { !isReplaced($0.old) }
        rename(kept.map { ($0.old, $0.new) })
        for pair in kept where pair.old.definition != pair.new.definition { define(pair.new) }
        for routine in current.functions { warnOfText(routine) }
    }

    private func routineID(_ routine: Routine) -> ObjectID {
        ObjectID(catalog: .routine, oid: routine.oid)
    }

    private func isReplaced(_ routine: Routine) -> Bool { replaced.contains(routineID(routine)) }

    /// Whether CREATE OR REPLACE does not turn one routine into the other: it changes neither names
    /// of arguments, nor the result, nor the kind, and takes no default away.
    func needsReplacement(_ old: Routine, _ new: Routine, isByName: Bool) -> Bool {
        if old.kind == "AGGREGATE", new.kind == "AGGREGATE", !text.target.replacesAggregates,
            old.definition != new.definition
        {
            return true
        }
        return isByName
            && (old.result != new.result || old.kind != new.kind || old.head != new.head)
    }

    /// Whether a type gets another name, so that signatures written before do not hold later.
    private var typesMove: Bool {
        let types = { (snapshot: SchemaSnapshot) -> [(UInt32, TableName)] in
            let made =
                snapshot.enums.map { ($0.oid, $0.name) }
                + snapshot.composites.map { ($0.oid, $0.name) }
            let ranges = snapshot.objects.filter { $0.kind == .range }
            return made + snapshot.domains.map { ($0.oid, $0.name) }
                + snapshot.tables.map { ($0.oid, $0.name) } + ranges.map { ($0.oid, $0.name) }
        }
        let before = Dictionary(types(applied), uniquingKeysWith: { $1 })
        return !replaced.isEmpty
            || types(current).contains { oid, name in before[oid].map { $0 != name } ?? false }
    }

    /// Moves and renames; where a name is taken (a swap, a chain) the way goes through a temporary
    /// one.
    ///
    /// Types among the arguments may get other names later: the old text still holds here.
    private mutating func rename(_ pairs: [(old: Routine, new: Routine)]) {
        let changed = pairs.filter {
            text.mapping.target($0.old.name) != text.mapping.target($0.new.name)
        }
        let taken = Set(changed.map { text.mapping.target($0.old.name) })
        var last: [() -> (summary: String, sql: String)] = []
        for pair in changed {
            let (old, new) = (
                text.mapping.target(pair.old.name), text.mapping.target(pair.new.name)
            )
            let signature = "(\(pair.old.arguments))"
            let alter = { (from: TableName) in "ALTER \(pair.old.kind) \(from.quoted)\(signature)" }
            let between =
                taken.contains(new)
                ? TableName(schema: old.schema, name: "teleport_rename_\(pair.new.oid)") : old
            let label = "rename function \(pair.old.name) to \(pair.new.name)"
            if between != old {
                add(
                    .aside, label, "\(alter(old)) RENAME TO \(text.quoted(between.name))",
                    effect: .alterOther)
            }
            let moved = TableName(schema: new.schema, name: between.name)
            if old.schema != new.schema {
                last.append {
                    (
                        "move function \(pair.old.name) to \(new.schema)",
                        "\(alter(between)) SET SCHEMA \(SQLText.identifier(new.schema))"
                    )
                }
            }
            if moved.name != new.name {
                last.append {
                    (label, "\(alter(moved)) RENAME TO \(SQLText.identifier(new.name))")
                }
            }
        }
        for step in last {
            let made = step()
            add(.aside, made.summary, made.sql, effect: .alterOther)
        }
    }

    /// Drops a routine at once where it would be in the way of something else that goes; else puts
    /// it aside.
    ///
    /// Under a name of its own the routine needs no arguments to be told apart (≥ 10; an aggregate
    /// as a routine, ≥ 11).
    private mutating func dropFirst(_ routine: Routine) {
        let id = routineID(routine)
        guard leaving[id] != .early else {
            tearDown(
                id, rank: 5, routine.name, "drop function \(routine.name)",
                "DROP \(routine.kind) \(text.signature(routine))", effect: .dropOther)
            return
        }
        let aside = "teleport_old_\(routine.oid)"
        add(
            .aside, "put function \(routine.name) aside",
            "ALTER \(routine.kind) \(text.signature(routine)) RENAME TO \(text.quoted(aside))",
            effect: .alterOther)
        let isAggregate = routine.kind == "AGGREGATE"
        let isPlain = text.target.version >= (isAggregate ? 110_000 : 100_000)
        let kind = isAggregate && isPlain ? "ROUTINE" : routine.kind
        let arguments = isPlain ? "" : "(\(routine.arguments))"
        dropLate(
            routineID(routine), rank: 5, routine.name, "drop function \(routine.name)",
            "DROP \(kind) \(text.name(routine.name, called: aside))\(arguments)",
            effect: .dropOther)
    }

    private mutating func create(_ routine: Routine) {
        define(routine)
        noteMade(routineID(routine), at: .define)
    }

    private mutating func define(_ routine: Routine) {
        define(
            routineID(routine), rank: 3, routine.name, "create function \(routine.name)",
            text.routine(routine), effect: .create)
        units[routineID(routine)]?.canWait = true
    }

    /// Texts of functions, and the paths that they set, are not rewritten for another schema.
    private mutating func warnOfText(_ routine: Routine) {
        guard let schema = current.movedSchema(namedBy: routine, text.mapping) else { return }
        report(
            "function body", "\(routine.name)(\(routine.arguments))",
            "its text names schema \(schema), which is \(text.mapping.target(schema)) on the "
                + "target; texts of functions are not rewritten")
    }

    /// Whether a definition names a schema: before a dot, or in the path that it sets.
    static func names(_ schema: String, in definition: String) -> Bool {
        for line in definition.split(separator: "\n") {
            if line.hasPrefix(" SET search_path TO "), line.contains(schema) { return true }
        }
        var rest = definition[...]
        while let found = rest.firstRange(of: schema) {
            let before = definition[..<found.lowerBound].last
            let after = definition[found.upperBound...]
            let isQuoted = before == "\"" && after.hasPrefix("\".")
            let isPart =
                before.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" } ?? false
            if isQuoted || (!isPart && after.first == ".") { return true }
            rest = definition[found.upperBound...]
        }
        return false
    }
}
