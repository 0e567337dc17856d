/// What a target's PostgreSQL is too old, or too new, for.
///
/// It is taken out of the catalog before the comparison, so that it is reported as long as it is
/// there, and made once the target can.
extension SchemaSnapshot {
    /// The part that a server can have, and the rest by name.
    func possible(on target: CatalogFeatures) -> (SchemaSnapshot, [NotCarried]) {
        var kept = self
        var rest: [NotCarried] = []
        kept.objects.removeAll { object in
            guard let reason = object.obstacle(on: target) else { return false }
            rest.append(.init(kind: object.kind.name, name: object.label, reason: reason))
            return true
        }
        kept.statistics.removeAll { statistics in
            let needed = statistics.hasExpressions ? 140_000 : 100_000
            guard target.version < needed else { return false }
            rest.append(
                .init(
                    kind: "statistics", name: statistics.name.description,
                    reason: NotCarried.tooOld(needed)))
            return true
        }
        kept.functions.removeAll { routine in
            guard target.version < routine.minimumVersion else { return false }
            rest.append(
                .init(
                    kind: routine.kind.lowercased(),
                    name: "\(routine.name)(\(routine.arguments))",
                    reason: NotCarried.tooOld(routine.minimumVersion)))
            return true
        }
        return (kept, rest)
    }
}

extension NotCarried {
    static func tooOld(_ needed: Int) -> String {
        let name = needed >= 100_000 ? "\(needed / 10_000)" : "9.\(needed / 100 % 100)"
        return "the target's PostgreSQL is older than \(name)"
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
        var needed = kind == "PROCEDURE" ? 110_000 : 0
        let all = definition.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.count < all.count, !all[lines.count].hasPrefix("AS ") { needed = 140_000 }
        let isParallel = lines.contains {
            $0.hasPrefix(" ") && $0.contains(" PARALLEL ") && !$0.hasPrefix(" SET ")
        }
        return isParallel ? max(needed, 90_600) : needed
    }
}
