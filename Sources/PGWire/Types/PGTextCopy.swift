/// The text format of COPY with its default options (manual, COPY, "Text Format"): a line for a row,
/// tabs between columns, `\N` for NULL.
public enum PGTextCopy {
    private static let escapes: [(byte: UInt8, letter: UInt8)] = [
        (0x08, UInt8(ascii: "b")), (0x0c, UInt8(ascii: "f")), (0x0a, UInt8(ascii: "n")),
        (0x0d, UInt8(ascii: "r")), (0x09, UInt8(ascii: "t")), (0x0b, UInt8(ascii: "v")),
        (0x5c, UInt8(ascii: "\\")),
    ]

    /// Appends one column's text, nil for NULL, with what would end it behind backslashes.
    public static func append(text: (some Sequence<UInt8>)?, to line: inout [UInt8]) {
        guard let text else { return line += [UInt8(ascii: "\\"), UInt8(ascii: "N")] }
        for byte in text {
            if byte < 0x0e || byte == 0x5c, let escape = escapes.first(where: { $0.byte == byte }) {
                line.append(UInt8(ascii: "\\"))
                line.append(escape.letter)
            } else {
                line.append(byte)
            }
        }
    }

    /// Appends one column's value.
    ///
    /// - Throws: `encodingFailed` where the value has no text as the type.
    public static func append(
        _ value: some PGEncodable, as type: PGType = .unspecified, to line: inout [UInt8]
    ) throws(PGError) {
        guard !value.isPGNull else { return append(text: [UInt8]?.none, to: &line) }
        var buffer = PGValueBuffer()
        try value.encode(into: &buffer, as: type, format: .text)
        append(text: buffer.bytes, to: &line)
    }

    /// The columns of one line, without its newline; nil for NULL.
    ///
    /// - Throws: `decodingFailed` where it ends in a backslash.
    public static func columns(_ line: some Collection<UInt8>) throws(PGError) -> [[UInt8]?] {
        var columns: [[UInt8]?] = []
        var column: [UInt8] = []
        var isNull = false
        var index = line.startIndex
        func next() -> UInt8? {
            guard index < line.endIndex else { return nil }
            defer { index = line.index(after: index) }
            return line[index]
        }
        while let byte = next() {
            switch byte {
            case 0x09:
                columns.append(isNull ? nil : column)
                column = []
                isNull = false
            case 0x5c:
                guard let letter = next() else {
                    throw PGError(.decodingFailed, "a line of a COPY ends in a backslash")
                }
                // The server writes `\N` for nothing but NULL, and then it is the whole column.
                if letter == UInt8(ascii: "N"), column.isEmpty {
                    isNull = true
                } else {
                    column.append(escapes.first { $0.letter == letter }?.byte ?? letter)
                }
            default: column.append(byte)
            }
        }
        columns.append(isNull ? nil : column)
        return columns
    }
}
