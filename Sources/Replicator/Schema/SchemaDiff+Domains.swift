/// Domains.
extension SchemaDiff {
    mutating func diffDomains(_ domains: Matching<SchemaSnapshot.DomainType>) {
        var names: [RelationName] = []
        for pair in domains.pairs {
            guard !replaced.contains(typeID(pair.old.oid)) else {
                loosen(pair.old)
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

    /// Takes from a domain that is put aside what would keep something else that goes.
    private mutating func loosen(_ type: SchemaSnapshot.DomainType) {
        let prefix = "ALTER DOMAIN \(text.name(type.name))"
        if loosened.contains(typeID(type.oid)), type.expression != nil {
            tearDown(
                typeID(type.oid), rank: 2, type.name, "drop default of domain \(type.name)",
                "\(prefix) DROP DEFAULT")
        }
        for check in type.checks {
            let id = ObjectID(catalog: .constraint, oid: check.oid)
            guard refreshed.contains(id) else { continue }
            tearDown(
                id, rank: 2, type.name, "drop constraint \(check.name) of domain \(type.name)",
                "\(prefix) DROP CONSTRAINT \(text.quoted(check.name))")
        }
    }

    private mutating func create(_ type: SchemaSnapshot.DomainType) {
        noteMade(typeID(type.oid), at: .define)
        define(
            typeID(type.oid), rank: 2, type.name, "create domain \(type.name)", text.domain(type),
            effect: .create)
        for check in type.checks {
            noteMade(ObjectID(catalog: .constraint, oid: check.oid), at: .define)
            guard check.isNotValid else { continue }
            define(
                typeID(type.oid), rank: 2, type.name, "add constraint \(check.name)",
                "ALTER DOMAIN \(text.name(type.name)) ADD CONSTRAINT \(text.quoted(check.name)) "
                    + check.definition, effect: .domainCheck)
        }
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
                prefix + (new.expression.map { " SET DEFAULT \($0)" } ?? " DROP DEFAULT"),
                effect: .alterOther)
        }
        if old.notNull, !new.notNull {
            define(
                typeID(new.oid), rank: 2, new.name, "allow NULL in \(label)",
                "\(prefix) DROP NOT NULL", effect: .alterOther)
        } else if !old.notNull, new.notNull {
            let action = new.notNullConstraint.map {
                "ADD CONSTRAINT \(text.quoted($0.name)) NOT NULL"
            }
            afterwards(
                "refuse NULL in \(label)", "\(prefix) \(action ?? "SET NOT NULL")",
                effect: .domainCheck)
        }
        let found = Matching(
            old.checks, new.checks, identity: isSameEpoch ? { $0.oid } : nil, name: { $0.name })
        let before = "ALTER DOMAIN \(text.name(old.name))"
        for check in found.dropped {
            tearDown(
                ObjectID(catalog: .constraint, oid: check.oid), rank: 2, old.name,
                "drop constraint \(check.name) of \(label)",
                "\(before) DROP CONSTRAINT \(text.quoted(check.name))", effect: .alterOther)
        }
        for pair in found.pairs {
            let isRefreshed = refreshed.contains(ObjectID(catalog: .constraint, oid: pair.old.oid))
            if isRefreshed || (pair.isByName && pair.old.definition != pair.new.definition) {
                tearDown(
                    ObjectID(catalog: .constraint, oid: pair.old.oid), rank: 2, old.name,
                    "drop constraint \(pair.old.name) of \(label)",
                    "\(before) DROP CONSTRAINT \(text.quoted(pair.old.name))",
                    effect: .alterOther)
                addCheck(pair.new, prefix, label)
            } else if pair.old.definition == pair.new.definition + " NOT VALID" {
                afterwards(
                    "validate \(pair.new.name) of \(label)",
                    "\(prefix) VALIDATE CONSTRAINT \(text.quoted(pair.new.name))",
                    effect: .domainCheck)
            }
        }
        var renames = found.pairs.map { ($0.new.oid, $0.old.name, $0.new.name) }
        if old.notNull, new.notNull, let before = old.notNullConstraint,
            let now = new.notNullConstraint
        {
            renames.append((now.oid, before.name, now.name))
        }
        for step in Rename.steps(renames) {
            define(
                typeID(new.oid), rank: 2, new.name, "rename constraint \(step.from) of \(label)",
                "\(prefix) RENAME CONSTRAINT \(text.quoted(step.from)) TO \(text.quoted(step.to))",
                effect: .alterOther)
        }
        for check in found.created { addCheck(check, prefix, label) }
    }

    private mutating func addCheck(
        _ check: SchemaSnapshot.DomainType.Check, _ prefix: String, _ label: String
    ) {
        noteMade(ObjectID(catalog: .constraint, oid: check.oid), at: .afterRows)
        afterwards(
            "add constraint \(check.name) to \(label)",
            "\(prefix) ADD CONSTRAINT \(text.quoted(check.name)) \(check.definition)",
            effect: .domainCheck)
    }
}

extension SchemaSnapshot.DomainType.Check {
    /// Whether the values of old are not checked; CREATE DOMAIN does not know that.
    var isNotValid: Bool { definition.hasSuffix(" NOT VALID") }
}
