/// Enum types.
extension SchemaDiff {
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
        noteMade(typeID(type.oid), at: .define)
        define(
            typeID(type.oid), rank: 0, type.name, "create type \(type.name)", text.enumType(type),
            effect: .create)
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
        // Labels that were removed or reordered make another type of it, see noteReplaced.
        guard let added = addedLabels(old, new, isByName: isByName) else { return }
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
                        unless: text.hasLabel(step.to, type: old.name), effect: .label.alone))
            }
        } else {
            for step in Rename.steps(renames) {
                add(
                    .labels, "rename label \(old.name).\(step.from) to \(step.to)",
                    renameLabel(old.name, step), effect: .label)
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
                    unless: text.hasLabel(label.text, type: old.name), effect: .label.alone))
        }
    }

    /// Named as the type is before this plan: in the transaction it comes before the type's rename.
    private func renameLabel(_ type: TableName, _ step: Rename) -> String {
        "ALTER TYPE \(text.name(type)) RENAME VALUE \(SQLText.literal(step.from)) TO "
            + SQLText.literal(step.to)
    }
}
