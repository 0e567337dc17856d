/// Which tables a target receives: `schema.table`, `schema.*`, `schema.prefix*`, and exclusions with `!`.
///
/// A table matches when a pattern without `!` matches it and none with `!` does. Names are compared
/// as the catalog has them: no case folding. A name that holds a dot, a comma, a star, a blank or a
/// quote is written in double quotes, a quote in it doubled: `"my schema"."a.b"`.
public struct TargetExpression: Hashable, Sendable, CustomStringConvertible {
    /// One pattern of the list.
    public struct Pattern: Hashable, Sendable {
        /// Whether it takes tables away.
        public let excludes: Bool
        /// The schema's whole name.
        public let schema: String
        /// The table's whole name, or its beginning where `isPrefix`.
        public let table: String
        /// Whether `table` is a beginning; empty then means every table.
        public let isPrefix: Bool

        func matches(_ name: TableName) -> Bool {
            guard name.schema == schema else { return false }
            return isPrefix ? name.name.hasPrefix(table) : name.name == table
        }
    }

    /// What could not be understood.
    public struct ParseError: Error, Hashable, CustomStringConvertible {
        /// The pattern as it was written, and what is expected.
        public let description: String
    }

    /// The patterns, in the order they were written.
    public let patterns: [Pattern]

    /// Parses patterns; each string may hold several, separated by commas.
    public init(_ texts: [String]) throws(ParseError) {
        var patterns: [Pattern] = []
        for text in texts {
            var scanner = PatternScanner(text: text)
            patterns += try scanner.patterns()
        }
        guard patterns.contains(where: { !$0.excludes }) else {
            throw ParseError(
                description: "\"\(texts.joined(separator: ", "))\" selects no table: "
                    + "expected at least one pattern such as public.*")
        }
        self.patterns = patterns
    }

    /// Whether a table is replicated.
    public func matches(_ name: TableName) -> Bool {
        patterns.contains { !$0.excludes && $0.matches(name) }
            && !patterns.contains { $0.excludes && $0.matches(name) }
    }

    /// The schemas that patterns without `!` name, sorted, each once.
    public var schemas: [String] {
        Set(patterns.filter { !$0.excludes }.map(\.schema)).sorted()
    }

    /// Whether every object of a schema is meant, that is `schema.*` without exclusion of all.
    public func takesWhole(schema: String) -> Bool {
        patterns.contains { !$0.excludes && $0.schema == schema && $0.isPrefix && $0.table.isEmpty }
    }

    /// The patterns in canonical form, separated by commas.
    public var description: String {
        patterns.map { pattern in
            (pattern.excludes ? "!" : "") + SQLText.identifier(pattern.schema) + "."
                + (pattern.table.isEmpty && pattern.isPrefix
                    ? "*" : SQLText.identifier(pattern.table) + (pattern.isPrefix ? "*" : ""))
        }.joined(separator: ",")
    }
}

/// Reads the patterns of one string, from left to right.
private struct PatternScanner {
    private let text: String
    private var rest: Substring

    init(text: String) {
        self.text = text
        self.rest = text[...]
    }

    mutating func patterns() throws(TargetExpression.ParseError) -> [TargetExpression.Pattern] {
        var result: [TargetExpression.Pattern] = []
        repeat {
            result.append(try pattern())
            skipBlanks()
        } while take(",")
        guard rest.isEmpty else { throw failure() }
        return result
    }

    private mutating func pattern() throws(TargetExpression.ParseError) -> TargetExpression.Pattern
    {
        skipBlanks()
        let excludes = take("!")
        skipBlanks()
        let schema = try name()
        guard !schema.isEmpty, take(".") else { throw failure() }
        let table = rest.first == "*" ? "" : try name()
        let isPrefix = take("*")
        guard isPrefix || !table.isEmpty else { throw failure() }
        return .init(excludes: excludes, schema: schema, table: table, isPrefix: isPrefix)
    }

    private mutating func name() throws(TargetExpression.ParseError) -> String {
        guard take("\"") else {
            let plain = rest.prefix { !".,*!\" \t\n".contains($0) }
            rest = rest.dropFirst(plain.count)
            return String(plain)
        }
        var name = ""
        while let next = rest.popFirst() {
            if next != "\"" {
                name.append(next)
            } else if take("\"") {
                name.append("\"")
            } else {
                return name
            }
        }
        throw failure()
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0.isWhitespace }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private func failure() -> TargetExpression.ParseError {
        .init(
            description: "cannot read \"\(text)\" at \"\(rest)\": expected schema.table, schema.*, "
                + "schema.prefix* or one of them behind !")
    }
}
