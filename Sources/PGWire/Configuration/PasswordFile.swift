/// A password file: lines of `host:port:database:user:password` (manual, 34.16).
///
/// The first line whose four fields match wins; `*` matches anything; `\:` and `\\` are the plain
/// characters. Lines that begin with `#` are comments.
struct PasswordFile {
    private let lines: [ArraySlice<UInt8>]

    /// Splits the bytes of a file.
    init(_ bytes: [UInt8]) {
        lines = bytes.split(separator: UInt8(ascii: "\n"))
    }

    /// Reads a file.
    ///
    /// - Returns: nil where there is none, or where it must not be used; the warning says why.
    static func read(
        _ path: String, _ environment: PGEnvironment
    ) -> (file: PasswordFile?, warning: String?) {
        switch environment.read(path, Limits.configurationFile + 1) {
        case .missing: (nil, nil)
        case .special: (nil, "the password file \(path) is not a plain file and was passed over")
        case .unreadable(let reason): (nil, "the password file \(path) cannot be read: \(reason)")
        case .plain(_, let permissions) where permissions & 0o077 != 0:
            (
                nil,
                "the password file \(path) was passed over because others may read or change it;"
                    + " chmod 0600 makes it usable"
            )
        case .plain(let bytes, _) where bytes.count > Limits.configurationFile:
            (nil, "the password file \(path) is larger than \(Limits.configurationFile) bytes")
        case .plain(let bytes, _): (PasswordFile(bytes), nil)
        }
    }

    /// The password of a role, or nil; a password that is not UTF-8 counts as none.
    func password(host: String, port: String, database: String, user: String) -> String? {
        let wanted = [host, port, database, user].map { Array($0.utf8) }
        for line in lines {
            var rest = line.trimmingEnd { $0 == UInt8(ascii: "\r") }
            guard rest.first != UInt8(ascii: "#"),
                wanted.allSatisfy({ Self.match($0, &rest) })
            else { continue }
            return String(validating: Self.unescape(rest), as: UTF8.self)
        }
        return nil
    }

    /// Compares one field and goes on behind its colon.
    private static func match(_ wanted: [UInt8], _ rest: inout ArraySlice<UInt8>) -> Bool {
        if rest.starts(with: "*:".utf8) {
            rest.removeFirst(2)
            return true
        }
        var wanted = wanted[...]
        while let byte = rest.popFirst() {
            var expected = byte
            if byte == UInt8(ascii: "\\") {
                guard let escaped = rest.popFirst() else { return false }
                expected = escaped
            } else if byte == UInt8(ascii: ":"), wanted.isEmpty {
                return true
            }
            guard wanted.popFirst() == expected else { return false }
        }
        return false
    }

    /// The password ends at the line's end or at a colon that is not escaped.
    private static func unescape(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var password: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst(), byte != UInt8(ascii: ":") {
            let isEscape = byte == UInt8(ascii: "\\")
            password.append(isEscape ? rest.popFirst() ?? byte : byte)
        }
        return password
    }
}
