/// Schemas: made where the target lacks them, and dropped where they are empty.
///
/// What is in a schema when the source drops it need not be ours, so that it goes only when nothing
/// is in it any more and the target's role owns it; else it is named for as long as it is there. One
/// that is renamed on the source is made anew, and everything in it moves.
extension SchemaDiff {
    /// The names on the target, in the order of the source's search path, since a bare name means the
    /// first that has it.
    var targetSchemas: [String] {
        var seen: Set<String> = []
        return current.schemas.map(\.name).sorted().map(text.mapping.target).filter {
            seen.insert($0).inserted
        }
    }

    mutating func makeSchemas() {
        let before = Set(applied.schemas.map { text.mapping.target($0.name) })
        for schema in targetSchemas where !before.contains(schema) {
            add(.foundation, "create schema \(schema)", text.schema(schema), effect: .create)
        }
    }

    /// Behind everything else that is dropped.
    mutating func dropSchemas() {
        guard isSameEpoch, options.drops == .apply else { return }
        for schema in applied.goneSchemas(beside: current, text.mapping) {
            let name = text.mapping.target(schema)
            add(
                .lateDrop, "drop schema \(name) where it is empty", text.dropIfEmpty(name),
                effect: .dropOther)
        }
    }
}

extension SchemaSnapshot {
    /// The schemas that another snapshot has no more, and nothing else is mapped to.
    func goneSchemas(beside other: SchemaSnapshot, _ mapping: SchemaMapping) -> [String] {
        let used = Set(other.schemas.map { mapping.target($0.name) })
        return schemas.map(\.name).filter { !used.contains(mapping.target($0)) }
    }

    /// What stays on the target, with the schemas that another snapshot has no more, as long as the
    /// target has them.
    func schemas(
        in retained: [NotCarried], stayingBeside other: SchemaSnapshot, _ mapping: SchemaMapping,
        on target: TargetAbilities
    ) -> [NotCarried] {
        let used = Set(other.schemas.map { mapping.target($0.name) })
        let gone = goneSchemas(beside: other, mapping).map {
            NotCarried(kind: "schema", name: $0, reason: NotCarried.schemaStays)
        }
        let known = retained.filter { entry in
            guard entry.kind == "schema" else { return true }
            let name = mapping.target(entry.name)
            return !gone.contains(entry) && !used.contains(name)
                && target.schemas?.contains(name) != false
        }
        return known + gone
    }
}

extension NotCarried {
    /// Why a schema stays on the target.
    fileprivate static let schemaStays =
        "the source or target_expression does not have it any more; it goes with what the source had "
        + "in it, but stays where something else is in it, where the target's role does not own it, or "
        + "where drops are held: drop it there"
}

extension DDLText {
    /// Drops a schema that nothing is in and that the role owns.
    fileprivate func dropIfEmpty(_ schema: String) -> String {
        let body = """
            BEGIN IF EXISTS (SELECT 1 FROM pg_catalog.pg_namespace n \
            WHERE n.nspname = \(SQLText.literal(schema)) \
            AND pg_catalog.pg_has_role(n.nspowner, 'USAGE') \
            AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d \
            WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid) \
            AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d \
            WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid \
            AND d.deptype = 'e')) THEN DROP SCHEMA \(quoted(schema)); END IF; END
            """
        return "DO \(SQLText.literal(body))"
    }
}
