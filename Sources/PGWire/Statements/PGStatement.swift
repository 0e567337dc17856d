/// A statement and its parameters.
///
/// Written as a string literal, what is interpolated becomes a parameter and never part of the text:
///
/// ```swift
/// try await connection.query("SELECT name FROM users WHERE id = \(id)")
/// try await connection.query("SELECT * FROM \(identifier: table) WHERE v = ANY(\(values))")
/// ```
public struct PGStatement: Sendable, ExpressibleByStringInterpolation {
    /// The text, its parameters as `$1`, `$2` and so on.
    public private(set) var sql: String
    /// The parameters' values.
    public private(set) var parameters: [any PGEncodable]

    /// A statement from its text, taken as it is, and its parameters.
    public init(_ sql: String, _ parameters: [any PGEncodable]) {
        self.sql = sql
        self.parameters = parameters
    }

    /// A text without parameters.
    public init(stringLiteral value: String) {
        sql = value
        parameters = []
    }

    /// A text whose interpolated values are parameters.
    public init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        parameters = stringInterpolation.parameters
    }

    /// Builds a statement from a literal.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql = ""
        fileprivate var parameters: [any PGEncodable] = []

        /// Begins a literal.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + 4 * interpolationCount)
            parameters.reserveCapacity(interpolationCount)
        }

        /// Adds text of the literal.
        public mutating func appendLiteral(_ literal: String) { sql += literal }

        /// Adds a parameter.
        public mutating func appendInterpolation(_ value: some PGEncodable) {
            parameters.append(value)
            sql += "$\(parameters.count)"
        }

        /// Adds a parameter that may be NULL.
        public mutating func appendInterpolation(_ value: (some PGEncodable)?) {
            parameters.append(value)
            sql += "$\(parameters.count)"
        }

        /// Adds a name, quoted (manual, 4.1.1).
        ///
        /// - Parameter name: one name, without a schema; a zero byte in it is refused when the
        ///   statement is sent.
        public mutating func appendInterpolation(identifier name: String) {
            sql += PGStatement.quoted(identifier: name)
        }

        /// Adds text as it is: never with text of a stranger.
        public mutating func appendInterpolation(raw text: String) { sql += text }

        /// Adds another statement, its parameters after those that are there.
        ///
        /// - Parameter statement: its parameters must be numbered from `$1`; inside its string
        ///   constants and comments there must be no such number.
        public mutating func appendInterpolation(_ statement: PGStatement) {
            sql += PGStatement.renumbered(statement.sql, by: parameters.count)
            parameters += statement.parameters
        }
    }

    /// A name in double quotes, those in it doubled.
    public static func quoted(identifier name: String) -> String {
        var quoted = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    private static func renumbered(_ sql: String, by offset: Int) -> String {
        guard offset > 0 else { return sql }
        var result = ""
        var rest = sql[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[...dollar]
            rest = rest[rest.index(after: dollar)...]
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits), number < Limits.parameters else { continue }
            result += String(number + offset)
            rest = rest[digits.endIndex...]
        }
        return result + rest
    }
}
