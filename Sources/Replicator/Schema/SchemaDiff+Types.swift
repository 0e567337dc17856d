/// Enum types, composite types and domains.
extension SchemaDiff {
    private func typeID(_ oid: UInt32) -> ObjectID { ObjectID(catalog: .type, oid: oid) }

    // MARK: What is made anew

    mutating func matchRoutines() -> Matching<SchemaSnapshot.Routine> {
        struct Signature: Hashable {
            var name: TableName
            var arguments: String
        }
        return Matching(
            applied.functions, current.functions, identity: isSameEpoch ? { $0.oid } : nil,
            name: { Signature(name: $0.name, arguments: $0.arguments) })
    }

    /// Finds the objects that no ALTER turns into what they are now, and what hangs on them.
    mutating func noteReplaced(
        composites: Matching<SchemaSnapshot.CompositeType>,
        domains: Matching<SchemaSnapshot.DomainType>,
        routines: Matching<SchemaSnapshot.Routine>
    ) {
        for pair in match(applied.enums, current.enums, \.oid, \.name).pairs
        where pair.isByName && addedLabels(pair.old, pair.new, isByName: true) == nil {
            replaced.insert(typeID(pair.old.oid))
        }
        for pair in composites.pairs
        where pair.isByName && !hasSameAttributes(pair.old, pair.new) {
            replaced.insert(typeID(pair.old.oid))
        }
        for pair in domains.pairs
        where pair.isByName
            && (pair.old.base != pair.new.base || pair.old.collation != pair.new.collation)
        {
            replaced.insert(typeID(pair.old.oid))
        }
        for pair in routines.pairs
        where pair.isByName
            && (pair.old.result != pair.new.result || pair.old.kind != pair.new.kind)
        {
            replaced.insert(ObjectID(catalog: .routine, oid: pair.old.oid))
        }
        spreadReplacement(routines)
    }

    /// What is made of a replaced object is made anew too, or bound anew where it is part of a
    /// table.
    private mutating func spreadReplacement(_ routines: Matching<SchemaSnapshot.Routine>) {
        var leaving = replaced
        leaving.formUnion(
            routines.dropped.map { ObjectID(catalog: .routine, oid: $0.oid) })
        var grows = true
        while grows {
            grows = false
            for row in applied.dependencies where leaving.contains(row.referenced) {
                switch row.dependent.catalog {
                case .type, .routine:
                    let id = ObjectID(catalog: row.dependent.catalog, oid: row.dependent.oid)
                    if leaving.insert(id).inserted {
                        replaced.insert(id)
                        grows = true
                    }
                default:
                    refreshed.insert(row.dependent)
                }
            }
        }
    }

    private func hasSameAttributes(
        _ old: SchemaSnapshot.CompositeType, _ new: SchemaSnapshot.CompositeType
    ) -> Bool {
        let form = { (type: SchemaSnapshot.CompositeType) in
            type.attributes.map { [$0.name, $0.type, $0.collation ?? ""] }
        }
        return form(old) == form(new)
    }

    /// Puts a type that is made anew, or whose name is wanted, aside; it is dropped at the end.
    private mutating func putAside(_ word: String, _ name: TableName, oid: UInt32) {
        let aside = "teleport_old_\(oid)"
        add(
            .aside, "put type \(name) aside",
            "ALTER \(word) \(text.name(name)) RENAME TO \(text.quoted(aside))")
        dropLate(
            typeID(oid), rank: 0, name, "drop type \(name)",
            "DROP \(word) \(text.name(name, called: aside))")
    }

    // MARK: Enums

    mutating func diffEnums(_ enums: Matching<SchemaSnapshot.EnumType>) {
        var names: [RelationName] = []
        for pair in enums.pairs {
            guard !replaced.contains(typeID(pair.old.oid)) else {
                putAside("TYPE", pair.old.name, oid: pair.old.oid)
                create(pair.new)
                continue
            }
            names.append(.init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
            alterLabels(pair.old, pair.new, isByName: pair.isByName)
        }
        rename(names, "TYPE")
        for type in enums.created { create(type) }
        for type in enums.dropped { dropType("TYPE", type.name, oid: type.oid) }
    }

    private mutating func create(_ type: SchemaSnapshot.EnumType) {
        define(
            typeID(type.oid), rank: 0, type.name, "create type \(type.name)", text.enumType(type))
    }

    /// The labels that are new; nil where adding labels does not make the old type the new one.
    func addedLabels(
        _ old: SchemaSnapshot.EnumType, _ new: SchemaSnapshot.EnumType, isByName: Bool
    ) -> [SchemaSnapshot.EnumType.Label]? {
        let isKnown: (SchemaSnapshot.EnumType.Label) -> Bool =
            isByName
            ? { label in old.labels.contains { $0.text == label.text } }
            : { label in old.labels.contains { $0.oid == label.oid } }
        let kept = new.labels.filter(isKnown)
        let isPrefixOrder =
            isByName
            ? kept.map(\.text) == old.labels.map(\.text) : kept.map(\.oid) == old.labels.map(\.oid)
        return isPrefixOrder ? new.labels.filter { !isKnown($0) } : nil
    }

    /// New labels must be committed before rows use them, so they go ahead, one by one; renames are
    /// part of the transaction, unless a new label takes a renamed one's old text.
    private mutating func alterLabels(
        _ old: SchemaSnapshot.EnumType, _ new: SchemaSnapshot.EnumType, isByName: Bool
    ) {
        guard let added = addedLabels(old, new, isByName: isByName) else {
            report(
                "enum type", new.name.description,
                "labels were removed or reordered in place in the catalog")
            return
        }
        let before = Dictionary(
            old.labels.map { ($0.oid, $0.text) }, uniquingKeysWith: { $1 })
        var renames: [(id: UInt32, from: String, to: String)] = []
        for label in new.labels where !isByName {
            if let text = before[label.oid], text != label.text {
                renames.append((label.oid, text, label.text))
            }
        }
        if !renames.isEmpty, !text.target.renamesLabels {
            report(
                "enum label", "\(new.name).\(renames[0].from)",
                "the target's PostgreSQL cannot rename labels")
            renames = []
        }
        let renamed = Set(renames.map(\.from))
        let isAhead = added.contains { renamed.contains($0.text) }
        if isAhead {
            for step in Rename.steps(renames) {
                preparation.append(
                    SchemaStatement(
                        summary: "rename label \(old.name).\(step.from) to \(step.to)",
                        sql: renameLabel(old.name, step),
                        unless: text.hasLabel(step.to, type: old.name)))
            }
        } else {
            for step in Rename.steps(renames) {
                add(
                    .rename, "rename label \(old.name).\(step.from) to \(step.to)",
                    renameLabel(old.name, step))
            }
        }
        // The neighbours bear the names that they have at that moment.
        let nameThen = { (label: SchemaSnapshot.EnumType.Label) in
            isAhead || isByName ? label.text : before[label.oid] ?? label.text
        }
        for (place, label) in new.labels.enumerated()
        where added.contains(where: { $0.oid == label.oid }) {
            let position: String
            if place > 0 {
                position = "AFTER \(SQLText.literal(nameThen(new.labels[place - 1])))"
            } else if let next = new.labels.first(where: { candidate in
                !added.contains { $0.oid == candidate.oid }
            }) {
                position = "BEFORE \(SQLText.literal(nameThen(next)))"
            } else {
                position = ""
            }
            preparation.append(
                SchemaStatement(
                    summary: "add label \(old.name).\(label.text)",
                    sql: "ALTER TYPE \(text.name(old.name)) ADD VALUE "
                        + "\(SQLText.literal(label.text)) \(position)",
                    unless: text.hasLabel(label.text, type: old.name)))
        }
    }

    /// Named as the type is before this plan: in the transaction it comes before the type's rename.
    private func renameLabel(_ type: TableName, _ step: Rename) -> String {
        "ALTER TYPE \(text.name(type)) RENAME VALUE \(SQLText.literal(step.from)) TO "
            + SQLText.literal(step.to)
    }

    private mutating func dropType(_ word: String, _ name: TableName, oid: UInt32) {
        let mapped = text.mapping.target(name)
        let names = current.enums.map(\.name) + current.composites.map(\.name)
        let all = names + current.domains.map(\.name) + current.tables.map(\.name)
        if all.contains(where: { text.mapping.target($0) == mapped }) {
            putAside(word, name, oid: oid)
        } else {
            dropLate(
                typeID(oid), rank: 0, name, "drop type \(name)", "DROP \(word) \(mapped.quoted)")
        }
    }

    // MARK: Composite types

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
        define(
            typeID(type.oid), rank: 1, type.name, "create type \(type.name)", text.composite(type))
    }

    private mutating func alter(
        _ old: SchemaSnapshot.CompositeType, _ new: SchemaSnapshot.CompositeType
    ) {
        let found = Matching(
            old.attributes, new.attributes, identity: { UInt32($0.attnum) }, name: { $0.attnum })
        let prefix = "ALTER TYPE \(text.name(new.name))"
        let change = { (diff: inout SchemaDiff, summary: String, sql: String) in
            diff.define(diff.typeID(new.oid), rank: 1, new.name, summary, "\(prefix) \(sql)")
        }
        for attribute in found.dropped {
            change(
                &self, "drop attribute \(new.name).\(attribute.name)",
                "DROP ATTRIBUTE \(text.quoted(attribute.name))")
        }
        let steps = Rename.steps(
            found.pairs.map { (UInt32($0.new.attnum), $0.old.name, $0.new.name) })
        for step in steps {
            change(
                &self, "rename attribute \(new.name).\(step.from) to \(step.to)",
                "RENAME ATTRIBUTE \(text.quoted(step.from)) TO \(text.quoted(step.to))")
        }
        for pair in found.pairs
        where pair.old.collation != pair.new.collation
            || (pair.old.type != pair.new.type
                && (pair.old.typeOID != pair.new.typeOID || pair.new.typeOID < 16384))
        {
            var sql = "ALTER ATTRIBUTE \(text.quoted(pair.new.name)) TYPE \(pair.new.type)"
            if let collation = pair.new.collation { sql += " COLLATE \(collation)" }
            change(&self, "change type of \(new.name).\(pair.new.name)", sql)
        }
        for attribute in found.created {
            change(
                &self, "add attribute \(new.name).\(attribute.name)",
                "ADD ATTRIBUTE \(text.column(attribute, plain: true))")
        }
    }

    // MARK: Domains

    mutating func diffDomains(_ domains: Matching<SchemaSnapshot.DomainType>) {
        var names: [RelationName] = []
        for pair in domains.pairs {
            guard !replaced.contains(typeID(pair.old.oid)) else {
                putAside("DOMAIN", pair.old.name, oid: pair.old.oid)
                create(pair.new)
                continue
            }
            names.append(.init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
            alter(pair.old, pair.new)
        }
        rename(names, "DOMAIN")
        for type in domains.created { create(type) }
        for type in domains.dropped { dropType("DOMAIN", type.name, oid: type.oid) }
    }

    private mutating func create(_ type: SchemaSnapshot.DomainType) {
        define(
            typeID(type.oid), rank: 2, type.name, "create domain \(type.name)", text.domain(type))
    }

    /// What values could violate waits for the rows.
    private mutating func alter(
        _ old: SchemaSnapshot.DomainType, _ new: SchemaSnapshot.DomainType
    ) {
        let prefix = "ALTER DOMAIN \(text.name(new.name))"
        let label = "domain \(new.name)"
        if old.expression != new.expression {
            define(
                typeID(new.oid), rank: 2, new.name, "change default of \(label)",
                prefix + (new.expression.map { " SET DEFAULT \($0)" } ?? " DROP DEFAULT"))
        }
        if old.notNull, !new.notNull {
            define(
                typeID(new.oid), rank: 2, new.name, "allow NULL in \(label)",
                "\(prefix) DROP NOT NULL")
        } else if !old.notNull, new.notNull {
            afterwards("refuse NULL in \(label)", "\(prefix) SET NOT NULL")
        }
        let found = Matching(
            old.checks, new.checks, identity: isSameEpoch ? { $0.oid } : nil, name: { $0.name })
        let before = "ALTER DOMAIN \(text.name(old.name))"
        for check in found.dropped {
            add(
                .dropDependents, "drop constraint \(check.name) of \(label)",
                "\(before) DROP CONSTRAINT \(text.quoted(check.name))")
        }
        for pair in found.pairs {
            let isRefreshed = refreshed.contains(ObjectID(catalog: .constraint, oid: pair.old.oid))
            if isRefreshed || (pair.isByName && pair.old.definition != pair.new.definition) {
                add(
                    .dropDependents, "drop constraint \(pair.old.name) of \(label)",
                    "\(before) DROP CONSTRAINT \(text.quoted(pair.old.name))")
                addCheck(pair.new, prefix, label)
            } else if pair.old.definition == pair.new.definition + " NOT VALID" {
                afterwards(
                    "validate \(pair.new.name) of \(label)",
                    "\(prefix) VALIDATE CONSTRAINT \(text.quoted(pair.new.name))")
            }
        }
        for step in Rename.steps(found.pairs.map { ($0.new.oid, $0.old.name, $0.new.name) }) {
            define(
                typeID(new.oid), rank: 2, new.name, "rename constraint \(step.from) of \(label)",
                "\(prefix) RENAME CONSTRAINT \(text.quoted(step.from)) TO \(text.quoted(step.to))")
        }
        for check in found.created { addCheck(check, prefix, label) }
    }

    private mutating func addCheck(
        _ check: SchemaSnapshot.DomainType.Check, _ prefix: String, _ label: String
    ) {
        afterwards(
            "add constraint \(check.name) to \(label)",
            "\(prefix) ADD CONSTRAINT \(text.quoted(check.name)) \(check.definition)")
    }
}
