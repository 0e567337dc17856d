/// Reads `keyword = value` pairs (manual, 34.1.1.1), in the same way as libpq.
///
/// Blanks may stand around the equals sign. A value with blanks, or none, is in single quotes; a
/// backslash makes the next byte a plain one, with and without quotes.
struct KeywordValueParser {
    private let bytes: [UInt8]
    private var index = 0

    /// - Throws: `invalidConfiguration`, with the byte where it went wrong.
    static func parse(_ bytes: [UInt8]) throws(PGError) -> ConnectionSettings {
        var parser = KeywordValueParser(bytes: bytes)
        return try parser.parse()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func parse() throws(PGError) -> ConnectionSettings {
        var settings = ConnectionSettings()
        while true {
            skipBlanks()
            guard current != nil else { return settings }
            let start = index
            while let byte = current, byte != UInt8(ascii: "="), !byte.isBlank { index += 1 }
            let name = bytes[start..<index]
            skipBlanks()
            guard current == UInt8(ascii: "=") else {
                // The word may be the rest of a password with a blank in it: it is not shown.
                throw PGError(
                    .invalidConfiguration,
                    "the word at byte \(start + 1) of the connection string has no \"=\" behind it;"
                        + " expected keyword=value, values with blanks in single quotes")
            }
            index += 1
            skipBlanks()
            let value = try value()
            try settings.store(name, value, byte: start + 1)
        }
    }

    private mutating func skipBlanks() {
        while let byte = current, byte.isBlank { index += 1 }
    }

    private mutating func value() throws(PGError) -> [UInt8] {
        let start = index
        let isQuoted = current == UInt8(ascii: "'")
        if isQuoted { index += 1 }
        var value: [UInt8] = []
        while let byte = current {
            index += 1
            if isQuoted ? byte == UInt8(ascii: "'") : byte.isBlank { return value }
            if byte != UInt8(ascii: "\\") {
                value.append(byte)
            } else if let escaped = current {
                value.append(escaped)
                index += 1
            }
        }
        guard isQuoted else { return value }
        throw PGError(
            .invalidConfiguration,
            "the quote at byte \(start + 1) of the connection string is never closed")
    }
}

extension UInt8 {
    /// C's isspace.
    var isBlank: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}
