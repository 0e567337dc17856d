/// What types, views, routines and plain objects cannot have on a server of another version.
extension TargetLimits {
    mutating func limitTypes() {
        for place in kept.domains.indices {
            let domain = kept.domains[place]
            guard isOlder(than: 170_000), let constraint = domain.notNullConstraint else {
                continue
            }
            kept.domains[place].notNullConstraint = nil
            if constraint.name != "\(domain.name.name)_not_null" || hasComment(constraint) {
                report(
                    "constraint", "\(domain.name).\(constraint.name)",
                    "NOT NULL has no name there: " + NotCarried.tooOld(170_000))
            }
        }
        guard isOlder(than: 150_000) else { return }
        let multiranges = kept.multirangeNames
        for place in kept.composites.indices {
            let type = kept.composites[place]
            let id = ObjectID(catalog: .type, oid: type.oid)
            for part in type.attributes.indices {
                let attribute = type.attributes[part]
                if isOlder(than: 140_000), attribute.isMultirange(among: multiranges) {
                    refuse(id, "type", type.name.description, Self.noMultiranges)
                }
                guard let plain = Self.withoutScale(attribute.type) else { continue }
                kept.composites[place].attributes[part].type = plain
                reportType("\(type.name).\(attribute.name)", attribute.type, plain)
            }
        }
        for place in kept.domains.indices {
            let domain = kept.domains[place]
            let base = domain.base.hasSuffix("[]") ? String(domain.base.dropLast(2)) : domain.base
            if isOlder(than: 140_000), multiranges.contains(base) {
                refuse(
                    ObjectID(catalog: .type, oid: domain.oid), "domain",
                    domain.name.description, Self.noMultiranges)
            }
            guard let plain = Self.withoutScale(domain.base) else { continue }
            kept.domains[place].base = plain
            reportType(domain.name.description, domain.base, plain)
        }
    }

    private mutating func reportType(_ label: String, _ type: String, _ plain: String) {
        report("type", label, "\(type) is \(plain) there: " + NotCarried.tooOld(150_000))
    }

    mutating func limitViews() {
        let multiranges = isOlder(than: 140_000) ? kept.multirangeNames : []
        for place in kept.views.indices {
            let view = kept.views[place]
            if view.columns.contains(where: { $0.isMultirange(among: multiranges) }) {
                refuse(
                    ObjectID(catalog: .relation, oid: view.oid),
                    view.isMaterialized ? "materialized view" : "view", view.name.description,
                    Self.noMultiranges)
                continue
            }
            guard !view.isMaterialized else { continue }
            let since = ["check_option": 90_400, "security_invoker": 150_000]
            for option in view.options {
                let name = SchemaDiff.optionName(option)
                guard let needed = since[name], isOlder(than: needed) else { continue }
                kept.views[place].options.removeAll { $0 == option }
                report("view option", "\(view.name) (\(name))", NotCarried.tooOld(needed))
            }
        }
    }

    mutating func limitRoutines() {
        let multiranges = isOlder(than: 140_000) ? kept.multirangeNames : []
        for routine in kept.functions {
            var needed = routine.minimumVersion
            let types = routine.arguments + " " + routine.result
            if isOlder(than: 140_000),
                types.contains("anymultirange") || types.contains("anycompatiblemultirange")
                    || multiranges.contains(where: types.mentions)
            {
                needed = max(needed, 140_000)
            }
            guard isOlder(than: needed) else { continue }
            refuse(
                ObjectID(catalog: .routine, oid: routine.oid), routine.kind.lowercased(),
                "\(routine.name)(\(routine.arguments))", NotCarried.tooOld(needed))
        }
    }

    mutating func limitObjects() {
        for object in kept.objects {
            if let reason = object.obstacle(on: target) {
                refuse(object.id, object.kind.name, object.label, reason)
            } else if let multirange = object.multirange, !target.hasMultiranges {
                report("multirange type", multirange.description, NotCarried.tooOld(140_000))
            }
        }
        for statistics in kept.statistics {
            let needed = statistics.hasExpressions ? 140_000 : 100_000
            guard isOlder(than: needed) else { continue }
            refuse(
                statistics.id, "statistics", statistics.name.description,
                NotCarried.tooOld(needed))
        }
    }
}

extension PlainObject {
    fileprivate func obstacle(on target: CatalogFeatures) -> String? {
        switch kind {
        case .collation:
            var needed = 0
            for option in options {
                switch option {
                case "PROVIDER = icu": needed = max(needed, 100_000)
                case "PROVIDER = builtin": needed = max(needed, 170_000)
                case "DETERMINISTIC = false": needed = max(needed, 120_000)
                case "LOCALE = 'PG_UNICODE_FAST'": needed = max(needed, 180_000)
                default: if option.hasPrefix("RULES = ") { needed = max(needed, 160_000) }
                }
            }
            return target.version < needed ? NotCarried.tooOld(needed) : nil
        case .operator:
            return arguments.hasSuffix(", NONE)") && target.version >= 140_000
                ? "postfix operators ended with PostgreSQL 14" : nil
        case .range, .dictionary, .configuration, .cast, .conversion: return nil
        }
    }
}

extension SchemaSnapshot.Routine {
    /// The lines before the body; of an aggregate all of them.
    var head: [Substring] {
        definition.split(separator: "\n", omittingEmptySubsequences: false).prefix {
            !$0.hasPrefix("AS ") && !$0.hasPrefix("BEGIN ATOMIC") && !$0.hasPrefix("RETURN ")
        }
    }

    /// The version that has what the definition says.
    var minimumVersion: Int {
        if kind == "AGGREGATE" { return 0 }
        let lines = head
        var needed = 0
        if kind == "PROCEDURE" {
            let hasOut = arguments.split(separator: ", ").contains { $0.hasPrefix("OUT ") }
            needed = hasOut ? 140_000 : 110_000
        }
        let body = definition.split(separator: "\n", omittingEmptySubsequences: false)
            .dropFirst(lines.count)
        if let first = body.first, !first.hasPrefix("AS ") {
            let merges = body.contains { $0.trimmingPrefix { $0 == " " }.hasPrefix("MERGE INTO ") }
            needed = max(needed, merges ? 150_000 : 140_000)
        }
        let isParallel = lines.contains {
            $0.hasPrefix(" ") && $0.contains(" PARALLEL ") && !$0.hasPrefix(" SET ")
        }
        return isParallel ? max(needed, 90_600) : needed
    }
}

/// Words of a definition that the version of a target decides about.
enum DefinitionWords: String, CaseIterable {
    /// NULLs are equal for a unique constraint or index (≥ 15).
    case nullsAlike = " NULLS NOT DISTINCT"
    /// The last column of a key is a period (≥ 18).
    case periods = " WITHOUT OVERLAPS"

    /// Whether two definitions differ in such words, which no rename explains: the target that has
    /// one of them was too old for the other.
    static func differ(_ old: String, _ new: String) -> Bool {
        old != new && allCases.contains { (old.place(of: $0) == nil) != (new.place(of: $0) == nil) }
    }
}

extension String {
    /// Where the words stand outside of names and literals.
    func place(of words: DefinitionWords) -> Range<Index>? {
        guard contains(words.rawValue) else { return nil }
        var quote: Character?
        for place in indices {
            let character = self[place]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if self[place...].hasPrefix(words.rawValue) {
                return place..<index(place, offsetBy: words.rawValue.count)
            }
        }
        return nil
    }

    /// Whether a name stands in it as a word; it may be one of a literal.
    func mentions(_ name: String) -> Bool {
        var rest = self[...]
        let isPart = { (character: Character?) in
            character.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" } ?? false
        }
        let text = name.contains("\"") ? SQLText.identifier(name) : name
        while let found = rest.firstRange(of: text) {
            if !isPart(self[..<found.lowerBound].last), !isPart(self[found.upperBound...].first) {
                return true
            }
            rest = self[found.upperBound...]
        }
        return false
    }
}
