import Yams

/// Everything that is wrong with a configuration file, in the order of its lines.
struct ConfigurationError: Error, CustomStringConvertible {
    /// One thing that is wrong.
    struct Finding: Hashable {
        /// The line, counted from 1.
        let line: Int
        /// The column, counted from 1.
        let column: Int
        /// The key's path, for example `targets.east.endpoint.port`; empty for the whole file.
        let path: String
        /// What was found and what was expected.
        let message: String
    }

    /// The file's name as it was given.
    let file: String
    /// At least one finding.
    let findings: [Finding]

    /// One line for each finding: `FILE:LINE:COLUMN: key path: what was found, what was expected`.
    var description: String {
        findings.map { finding in
            "\(file):\(finding.line):\(finding.column): "
                + (finding.path.isEmpty ? "" : finding.path + ": ") + finding.message
        }.joined(separator: "\n")
    }
}

/// Collects findings while a file is read.
final class Findings {
    private(set) var items: [ConfigurationError.Finding] = []

    /// Notes one; without a mark it is about the whole file.
    func add(_ mark: Mark?, _ path: String, _ message: String) {
        add(line: mark?.line ?? 1, column: mark?.column ?? 1, path, message)
    }

    /// Notes one at a line and a column, counted from 1.
    func add(line: Int, column: Int, _ path: String, _ message: String) {
        items.append(.init(line: line, column: column, path: path, message: message))
    }

    /// All of them by line and column.
    var sorted: [ConfigurationError.Finding] {
        items.sorted { ($0.line, $0.column, $0.path) < ($1.line, $1.column, $1.path) }
    }
}
