import TestSupport

@testable import Replicator

/// How a case ended; the raw value is how bad that is.
enum DDLVerdict: Int, Comparable, CaseIterable {
    case equal, reported, silent, wrong, error

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    var word: String {
        switch self {
        case .equal: "equal"
        case .reported: "reported"
        case .silent: "SILENT"
        case .wrong: "wrong"
        case .error: "error"
        }
    }

    /// Judges what differs by what the plan says of itself.
    static func judge(_ differences: [SchemaDump.Difference], _ plan: SchemaPlan) -> DDLVerdict {
        let open = differences.filter { difference in
            !plan.notCarried.contains { difference.isExplained(by: $0) }
        }
        guard let first = open.first else { return differences.isEmpty ? .equal : .reported }
        let section = plan.section
        let claims = (section.preparation + section.changes + section.afterRows).map(\.summary)
        return claims.contains { $0.contains(first.lastName) } ? .wrong : .silent
    }
}

extension SchemaDump.Difference {
    /// The last part of the name, without the arguments of a routine.
    var lastName: String {
        let plain = name.filter { $0 != "\"" }.prefix { $0 != "(" }
        return String(plain.split(separator: " ").last ?? plain)
    }

    /// Whether a report names this object, or what differs in it.
    func isExplained(by missing: NotCarried) -> Bool {
        let text = ([title] + changedLines).joined(separator: "\n")
        let kindFits =
            switch kind {
            case "COMMENT": missing.kind.hasPrefix("comment")
            case "ACL", "DEFAULT ACL": missing.kind.contains("privilege")
            default: true
            }
        if missing.name.hasSuffix(".*") {
            return kindFits && kind != "TABLE" && missing.kind.contains("on ")
                && (schema + ".*" == missing.name || schema == "-")
        }
        if missing.name.filter({ $0 != "\"" }).hasSuffix("." + lastName) { return true }
        return missing.name.split(separator: ",").contains { part in
            let object = part.prefix { $0 != "(" }.split(separator: ".").last ?? ""
            let word = object.filter { $0 != "\"" }.trimmingPrefix { $0 == " " }
            return !word.isEmpty && text.filter { $0 != "\"" }.hasWord(String(word))
        }
    }
}

extension String {
    /// Whether `word` stands in it, not as a part of a longer word.
    fileprivate func hasWord(_ word: String) -> Bool {
        var rest = self[...]
        while let range = rest.firstRange(of: word) {
            let before = self[..<range.lowerBound].last
            let after = self[range.upperBound...].first
            if !(before?.isPartOfWord ?? false), !(after?.isPartOfWord ?? false) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}

extension Character {
    fileprivate var isPartOfWord: Bool { isLetter || isNumber || self == "_" || self == "$" }
}
