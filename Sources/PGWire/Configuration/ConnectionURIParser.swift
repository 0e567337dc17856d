/// Reads `postgresql://user:password@host:port,host:port/database?option=value` (manual, 34.1.1.2), in
/// the same way as libpq.
struct ConnectionURIParser {
    private static let prefixes = ["postgresql://", "postgres://"].map { Array($0.utf8) }

    private let bytes: [UInt8]
    private var index: Int
    private var settings = ConnectionSettings()

    /// Whether a string is read as a URI.
    static func recognizes(_ bytes: [UInt8]) -> Bool {
        prefixes.contains { bytes.starts(with: $0) }
    }

    /// - Throws: `invalidConfiguration`, with the byte where it went wrong.
    static func parse(_ bytes: [UInt8]) throws(PGError) -> ConnectionSettings {
        let prefix = prefixes.first { bytes.starts(with: $0) }?.count ?? 0
        var parser = ConnectionURIParser(bytes: bytes, index: prefix)
        try parser.parse()
        return parser.settings
    }

    private init(bytes: [UInt8], index: Int) {
        self.bytes = bytes
        self.index = index
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Goes on to the first of some bytes, or to the end; returns what was passed.
    private mutating func skip(to ends: String) -> ArraySlice<UInt8> {
        let start = index
        while let byte = current, !ends.utf8.contains(byte) { index += 1 }
        return bytes[start..<index]
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func parse() throws(PGError) {
        try credentials()
        try servers()
        if take("/") {
            let start = index
            let name = skip(to: "?")
            try store("dbname", name, at: start)
        }
        if take("?") { try parameters() }
    }

    /// `user:password@`, if there is an at sign before the first slash.
    private mutating func credentials() throws(PGError) {
        let start = index
        _ = skip(to: "@/")
        let hasCredentials = current == UInt8(ascii: "@")
        index = start
        guard hasCredentials else { return }
        try store("user", skip(to: ":@"), at: start)
        if take(":") {
            let start = index
            try store("password", skip(to: "@"), at: start)
        }
        index += 1
    }

    /// `host:port`, several with commas between them.
    private mutating func servers() throws(PGError) {
        let start = index
        // Decoded after joining, so that an encoded comma separates too: libpq does it in this order.
        var hosts: [UInt8] = []
        var ports: [UInt8] = []
        while true {
            hosts += try host()
            if take(":") { ports += skip(to: "/?,") }
            guard take(",") else { break }
            hosts.append(UInt8(ascii: ","))
            ports.append(UInt8(ascii: ","))
        }
        try store("host", hosts[...], at: start)
        try store("port", ports[...], at: start)
    }

    private mutating func host() throws(PGError) -> ArraySlice<UInt8> {
        let start = index
        guard take("[") else { return skip(to: ":/?,") }
        let address = skip(to: "]")
        guard take("]") else { throw wrong("the bracket is never closed", at: start) }
        guard !address.isEmpty else {
            throw wrong("there is no address in the brackets", at: start)
        }
        guard
            current == nil || [":", "/", "?", ","].contains(where: { current == UInt8(ascii: $0) })
        else { throw wrong("expected \":\", \"/\", \"?\" or \",\" behind the bracket", at: index) }
        return address
    }

    private mutating func parameters() throws(PGError) {
        while current != nil {
            let start = index
            let name = skip(to: "=&")
            guard take("=") else {
                throw wrong("this parameter has no \"=\"; expected option=value", at: start)
            }
            let value = skip(to: "=&")
            guard current != UInt8(ascii: "=") else {
                throw wrong("a second \"=\" in one parameter; write %3D for it", at: index)
            }
            _ = take("&")
            let option = try decode(name, at: start)
            let text = try decode(value, at: start)
            if option.elementsEqual("ssl".utf8), text.elementsEqual("true".utf8) {
                // JDBC's way to say it.
                try settings.store(
                    Array("sslmode".utf8)[...], Array("require".utf8), byte: start + 1)
            } else {
                try settings.store(option[...], text, byte: start + 1)
            }
        }
    }

    /// Stores a part of the URI; an empty one says nothing, so that its variable still counts.
    private mutating func store(
        _ option: String, _ value: ArraySlice<UInt8>, at start: Int
    ) throws(PGError) {
        guard !value.isEmpty else { return }
        try settings.store(Array(option.utf8)[...], decode(value, at: start), byte: start + 1)
    }

    private func decode(_ part: ArraySlice<UInt8>, at start: Int) throws(PGError) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(part.count)
        var rest = part
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else {
                throw wrong(
                    "a percent sign without two hexadecimal digits; write %25 for it", at: start)
            }
            guard high << 4 | low != 0 else { throw wrong("%00 cannot be sent", at: start) }
            decoded.append(high << 4 | low)
        }
        return decoded
    }

    private func wrong(_ what: String, at index: Int) -> PGError {
        PGError(.invalidConfiguration, "at byte \(index + 1) of the connection URI: \(what)")
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit.
    var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
