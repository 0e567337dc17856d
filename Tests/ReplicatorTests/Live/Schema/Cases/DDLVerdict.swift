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
    /// Whether a report names this object, or what differs in it.
    func isExplained(by missing: NotCarried) -> Bool {
        isExplained(byKind: missing.kind, name: missing.name)
    }
}
