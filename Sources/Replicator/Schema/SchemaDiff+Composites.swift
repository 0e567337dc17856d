/// Composite types.
extension SchemaDiff {
    mutating func diffComposites(_ composites: Matching<SchemaSnapshot.CompositeType>) {
        var names: [RelationName] = []
        for pair in composites.pairs {
            guard !replaced.contains(typeID(pair.old.oid)) else {
                putAside("TYPE", pair.old.name, oid: pair.old.oid)
                create(pair.new)
                continue
            }
            names.append(.init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
            if !pair.isByName { alter(pair.old, pair.new) }
        }
        rename(names, "TYPE")
        for type in composites.created { create(type) }
        for type in composites.dropped { dropType("TYPE", type.name, oid: type.oid) }
    }

    private mutating func create(_ type: SchemaSnapshot.CompositeType) {
        noteMade(typeID(type.oid), at: .define)
        define(
            typeID(type.oid), rank: 1, type.name, "create type \(type.name)", text.composite(type),
            effect: .create)
    }

    private mutating func alter(
        _ old: SchemaSnapshot.CompositeType, _ new: SchemaSnapshot.CompositeType
    ) {
        let found = Matching(
            old.attributes, new.attributes, identity: { UInt32($0.attnum) }, name: { $0.attnum })
        let prefix = "ALTER TYPE \(text.name(new.name))"
        let change = {
            (diff: inout SchemaDiff, effect: SchemaEffect, summary: String, sql: String) in
            diff.define(
                diff.typeID(new.oid), rank: 1, new.name, summary, "\(prefix) \(sql)",
                effect: effect)
        }
        for attribute in found.dropped {
            change(
                &self, .dropAttribute, "drop attribute \(new.name).\(attribute.name)",
                "DROP ATTRIBUTE \(text.quoted(attribute.name))")
        }
        let steps = Rename.steps(
            found.pairs.map { (UInt32($0.new.attnum), $0.old.name, $0.new.name) })
        for step in steps {
            change(
                &self, .alterOther, "rename attribute \(new.name).\(step.from) to \(step.to)",
                "RENAME ATTRIBUTE \(text.quoted(step.from)) TO \(text.quoted(step.to))")
        }
        for pair in found.pairs
        where pair.old.collation != pair.new.collation
            || (pair.old.type != pair.new.type
                && (pair.old.typeOID != pair.new.typeOID || pair.new.typeOID < 16384))
        {
            var sql = "ALTER ATTRIBUTE \(text.quoted(pair.new.name)) TYPE \(pair.new.type)"
            if let collation = pair.new.collation { sql += " COLLATE \(collation)" }
            change(&self, .alterOther, "change type of \(new.name).\(pair.new.name)", sql)
        }
        for attribute in found.created {
            change(
                &self, .alterOther, "add attribute \(new.name).\(attribute.name)",
                "ADD ATTRIBUTE \(text.column(attribute, plain: true))")
        }
    }
}
