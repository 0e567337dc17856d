/// Quoting of names and literals (manual, 4.1).
package enum SQLText {
    /// A name as a quoted identifier: always quoted, so that no reserved word needs a table here.
    package static func identifier(_ name: String) -> String {
        "\"" + doubled("\"", in: name) + "\""
    }

    /// A text as a literal that means the same whatever `standard_conforming_strings` says.
    package static func literal(_ text: String) -> String {
        let quoted = "'" + doubled("'", in: text) + "'"
        guard text.unicodeScalars.contains("\\") else { return quoted }
        return " E" + doubled("\\", in: quoted)
    }

    private static func doubled(_ scalar: Unicode.Scalar, in text: String) -> String {
        var result = String.UnicodeScalarView()
        for next in text.unicodeScalars {
            if next == scalar { result.append(scalar) }
            result.append(next)
        }
        return String(result)
    }
}
