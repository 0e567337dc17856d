/// A parameter in text format, whose type the server infers: what `psql` would send.
public struct PGParameter: PGEncodable, Hashable {
    /// The text, nil for NULL.
    public let text: String?

    /// A parameter from its text; nil is NULL.
    public init(_ text: String?) {
        self.text = text
    }

    /// A parameter from an integer.
    public init(_ value: some FixedWidthInteger) {
        self.text = String(value)
    }

    /// A parameter from a truth value.
    public init(_ value: Bool) {
        self.text = value ? "t" : "f"
    }

    /// An array parameter; every element is quoted, nil is NULL (manual, 8.15.6).
    public init(array: [String?]) {
        let elements = array.map { element -> String in
            guard let element else { return "NULL" }
            var quoted = "\""
            for character in element.unicodeScalars {
                if character == "\"" || character == "\\" { quoted.unicodeScalars.append("\\") }
                quoted.unicodeScalars.append(character)
            }
            return quoted + "\""
        }
        self.text = "{" + elements.joined(separator: ",") + "}"
    }
}

extension PGParameter: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByNilLiteral, ExpressibleByBooleanLiteral
{
    /// A parameter from a string literal.
    public init(stringLiteral value: String) { self.init(Optional(value)) }
    /// A parameter from an integer literal.
    public init(integerLiteral value: Int) { self.init(value) }
    /// NULL.
    public init(nilLiteral: ()) { self.init(String?.none) }
    /// A parameter from a Boolean literal.
    public init(booleanLiteral value: Bool) { self.init(value) }
}

extension PGParameter {
    /// Whether there is no text.
    public var isPGNull: Bool { text == nil }
    /// Text.
    public func pgFormat(as type: PGType) -> PGFormat { .text }
    /// The text.
    ///
    /// - Throws: `encodingFailed` where binary is asked for.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        guard format == .text else {
            throw PGError(.encodingFailed, "a PGParameter has a text, and no binary form")
        }
        if let text { buffer.append(text: text) }
    }
}
