/// A five-character SQLSTATE code (PostgreSQL manual, appendix A).
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The five characters, as the server sent them.
    public let rawValue: String

    /// Wraps the five characters of a code.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The first two characters: the class of the condition.
    public var errorClass: String { String(rawValue.prefix(2)) }

    /// The five characters.
    public var description: String { rawValue }
}
