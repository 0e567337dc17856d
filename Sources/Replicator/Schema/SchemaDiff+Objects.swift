/// Ranges, collations, text search objects, operators, casts and conversions; statistics.
extension SchemaDiff {
    func matchObjects() -> [Matching<PlainObject>] {
        PlainObject.match(applied.objects, current.objects, byOID: isSameEpoch)
    }

    /// Finds those that no ALTER turns into what they are now.
    ///
    /// Within an epoch one oid means one definition, but for what ALTER changes: another text comes
    /// from a rename in it.
    mutating func noteReplaced(_ objects: [Matching<PlainObject>]) {
        for pair in objects.flatMap(\.pairs) where pair.isByName {
            let isSame =
                pair.old.options == pair.new.options && pair.old.arguments == pair.new.arguments
                && pair.old.links == pair.new.links
            if !isSame { leaves(pair.old) }
        }
        for object in objects.flatMap(\.dropped) where object.kind != .range {
            leavingObjects.append((object.id, object.departure))
        }
    }

    private mutating func leaves(_ object: PlainObject) {
        replaced.insert(object.id)
        leavingObjects.append((object.id, object.departure))
    }

    mutating func diffObjects(_ objects: [Matching<PlainObject>]) {
        for found in objects {
            var names: [RelationName] = []
            for pair in found.pairs {
                guard !replaced.contains(pair.old.id) else {
                    leave(pair.old, isWanted: true)
                    create(pair.new)
                    continue
                }
                names.append(.init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
                alter(pair.old, pair.new)
            }
            for object in found.created { create(object) }
            for object in found.dropped { leave(object, isWanted: false) }
            guard let kind = (found.pairs.first?.new ?? found.created.first)?.kind else { continue }
            if kind != .operator, kind != .cast { rename(names, kind.words) }
        }
    }

    private mutating func create(_ object: PlainObject) {
        let label = "create \(object.kind.name) \(object.label)"
        for sql in text.create(object, links: links(of: object)) {
            define(
                object.id, rank: object.kind.rank, object.name, label, sql, effect: .create)
        }
        noteMade(object.id, at: .define)
    }

    /// The operators that it may name on the target: those of the server and those that are carried.
    private func links(of object: PlainObject) -> [String: TableName] {
        object.links.compactMapValues { name in
            if name.schema == "pg_catalog" { return name }
            let isCarried = current.objects.contains { $0.kind == .operator && $0.name == name }
            return isCarried ? text.mapping.target(name) : nil
        }
    }

    /// Drops an object when nothing needs it any more; one whose name is wanted goes aside first.
    ///
    /// Operators and casts cannot be renamed, and are dropped early.
    private mutating func leave(_ object: PlainObject, isWanted: Bool) {
        let label = "drop \(object.kind.name) \(object.label)"
        let words = object.kind.words
        let wanted = text.mapping.target(object.name)
        switch object.kind {
        case .operator, .cast:
            let sql = "DROP \(words) \(text.address(object))"
            tearDown(
                object.id, rank: object.kind.rank, object.name, label, sql, effect: .dropOther)
            return
        case .range:
            // They belong to the superuser, whoever made the type, so only where they are in the way.
            let isInTheWay = current.functions.contains {
                text.mapping.target($0.name) == wanted
            }
            if isWanted || isInTheWay {
                add(
                    .aside, "put the functions of type \(object.name) aside",
                    text.putRangeFunctionsAside(object), effect: .alterOther)
            }
            isWanted
                ? putAside("TYPE", object.name, oid: object.oid)
                : dropType("TYPE", object.name, oid: object.oid)
            if let multirange = object.multirange, text.target.hasMultiranges {
                add(
                    .aside, "put type \(multirange) aside",
                    "ALTER TYPE \(text.name(multirange)) RENAME TO "
                        + text.quoted("teleport_old_\(object.oid)m"), effect: .alterOther)
            }
            return
        default: break
        }
        let isTaken = current.objects.contains {
            $0.kind == object.kind && text.mapping.target($0.name) == wanted
        }
        var name = text.name(object)
        if isWanted || isTaken {
            let aside = "teleport_old_\(object.oid)"
            add(
                .aside, "put \(object.kind.name) \(object.label) aside",
                "ALTER \(words) \(name) RENAME TO \(text.quoted(aside))", effect: .alterOther)
            name = text.name(object, called: aside)
        }
        dropLate(
            object.id, rank: object.kind.rank, object.name, label, "DROP \(words) \(name)",
            effect: .dropOther)
    }

    // MARK: In place

    private mutating func alter(_ old: PlainObject, _ new: PlainObject) {
        let from = text.mapping.target(old.name)
        let to = text.mapping.target(new.name)
        switch new.kind {
        case .range: moveMultirange(old, new)
        case .dictionary: alterDictionary(old, new)
        case .configuration: alterMappings(old, new)
        case .operator:
            if from.schema != to.schema {
                add(
                    .rename, "move operator \(old.label) to \(to.schema)",
                    "ALTER OPERATOR \(text.address(old)) SET SCHEMA \(text.quoted(to.schema))",
                    effect: .alterOther)
            }
            alterEstimators(old, new)
        case .collation, .cast, .conversion: break
        }
    }

    private mutating func moveMultirange(_ old: PlainObject, _ new: PlainObject) {
        guard text.target.hasMultiranges, let before = old.multirange, let now = new.multirange
        else { return }
        rename([RelationName(oid: new.oid, old: before, new: now)], "TYPE")
    }

    private mutating func alterDictionary(_ old: PlainObject, _ new: PlainObject) {
        let keys = Set(new.parts.map { PlainObject.key($0, kind: .dictionary) })
        let gone = old.parts.map { PlainObject.key($0, kind: .dictionary) }.filter {
            !keys.contains($0)
        }
        let changes = new.parts.filter { !old.parts.contains($0) } + gone
        guard !changes.isEmpty else { return }
        define(
            new.id, rank: new.kind.rank, new.name, "change options of dictionary \(new.name)",
            "ALTER \(new.kind.words) \(text.name(new)) (\(changes.joined(separator: ", ")))",
            effect: .alterOther)
    }

    private mutating func alterMappings(_ old: PlainObject, _ new: PlainObject) {
        let prefix = "ALTER \(new.kind.words) \(text.name(new))"
        let label = "map tokens of configuration \(new.name)"
        let key = { (part: String) in PlainObject.key(part, kind: .configuration) }
        let before = Dictionary(old.parts.map { (key($0), $0) }, uniquingKeysWith: { $1 })
        let now = Set(new.parts.map(key))
        for token in before.keys.sorted() where !now.contains(token) {
            define(
                new.id, rank: new.kind.rank, new.name, label, "\(prefix) DROP MAPPING FOR \(token)",
                effect: .alterOther)
        }
        for part in new.parts {
            let known = before[key(part)]
            // A dictionary that is made anew has to be named again.
            let isBound = known == part && !refreshed.contains(old.id)
            guard !isBound else { continue }
            define(
                new.id, rank: new.kind.rank, new.name, label,
                "\(prefix) \(known == nil ? "ADD" : "ALTER") MAPPING FOR \(part)",
                effect: .alterOther)
        }
    }

    /// The estimators of an operator, which are all that ALTER OPERATOR sets before 17.
    private mutating func alterEstimators(_ old: PlainObject, _ new: PlainObject) {
        let value = { (object: PlainObject, word: String) in
            object.options.first { $0.hasPrefix("\(word) = ") }
        }
        let changes = ["RESTRICT", "JOIN"].compactMap { word -> String? in
            let now = value(new, word)
            return now == value(old, word) ? nil : now ?? "\(word) = NONE"
        }
        guard !changes.isEmpty else { return }
        guard text.target.version >= 90_500 else {
            report("operator", new.label, "the target's PostgreSQL does not alter operators")
            return
        }
        define(
            new.id, rank: new.kind.rank, new.name, "change operator \(new.label)",
            "ALTER OPERATOR \(text.address(new)) SET (\(changes.joined(separator: ", ")))",
            effect: .alterOther)
    }
}

extension PlainObject {
    /// How it leaves: operators and casts have no other name that they could get.
    fileprivate var departure: SchemaDiff.Departure {
        kind == .operator || kind == .cast ? .early : .aside
    }
}

extension PlainObject.Kind {
    /// Where definitions stand among those that do not need each other; casts are used unseen, so
    /// they come before tables.
    var rank: Int {
        switch self {
        case .collation, .dictionary: 0
        case .configuration: 1
        case .range: 2
        case .operator, .cast, .conversion: 3
        }
    }
}

extension PlainObject {
    private struct Address: Hashable {
        var name: TableName
        var arguments: String
    }

    /// Finds those of two catalogs that are the same, kind by kind.
    static func match(
        _ old: [PlainObject], _ new: [PlainObject], byOID: Bool
    ) -> [Matching<PlainObject>] {
        Kind.allCases.map { kind in
            Matching(
                old.filter { $0.kind == kind }, new.filter { $0.kind == kind },
                identity: byOID ? { $0.oid } : nil,
                name: { object in
                    // A conversion's other attribute is not part of its name.
                    Address(
                        name: object.name,
                        arguments: object.kind == .operator ? object.arguments : "")
                })
        }
    }
}
