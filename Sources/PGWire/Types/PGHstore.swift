/// An `hstore`, a type of the extension of that name: texts, or NULL, by a text (manual, F.18).
///
/// Its oid differs from database to database, so it is known by how it is asked for.
public struct PGHstore: Sendable, Hashable {
    /// The values by their keys.
    public var values: [String: String?]

    /// Values by their keys.
    public init(_ values: [String: String?]) { self.values = values }

    /// The value of a key; nil where it is NULL or there is none.
    public subscript(key: String) -> String? { values[key] ?? nil }
}

extension PGHstore: ExpressibleByDictionaryLiteral {
    /// Values by their keys; of two with one key the last stays.
    public init(dictionaryLiteral elements: (String, String?)...) {
        values = Dictionary(elements) { _, last in last }
    }
}

extension PGHstore: PGDecodable, PGEncodable {
    /// An `hstore`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        guard !type.isBuiltIn || type == .unspecified,
            let values = format == .text ? bytes.scan({ Self.scan(&$0) }) : Self.binary(bytes)
        else { throw PGError.notA(Self.self, type, format) }
        self.init(values)
    }

    private static func binary(_ bytes: RawSpan) -> [String: String?]? {
        guard let count: Int32 = bytes.integer(at: 0), count >= 0 else { return nil }
        var values: [String: String?] = [:]
        var offset = 4
        for _ in 0..<count {
            guard let key = text(bytes, &offset), let length: Int32 = bytes.integer(at: offset)
            else { return nil }
            if length == -1 {
                offset += 4
                values.updateValue(nil, forKey: key)
            } else {
                guard let value = text(bytes, &offset) else { return nil }
                values.updateValue(value, forKey: key)
            }
        }
        return offset == bytes.byteCount ? values : nil
    }

    private static func text(_ bytes: RawSpan, _ offset: inout Int) -> String? {
        bytes.field(at: &offset).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// `"key"=>"value", "other"=>NULL`.
    private static func scan(_ scanner: inout TextScanner) -> [String: String?]? {
        var values: [String: String?] = [:]
        if scanner.isAtEnd { return values }
        repeat {
            while scanner.take(" ") {}
            guard let key = quoted(&scanner), scanner.take("="), scanner.take(">") else {
                return nil
            }
            if scanner.take(word: "null") {
                values.updateValue(nil, forKey: key)
            } else {
                guard let value = quoted(&scanner) else { return nil }
                values.updateValue(value, forKey: key)
            }
        } while scanner.take(",")
        return values
    }

    private static func quoted(_ scanner: inout TextScanner) -> String? {
        scanner.quoted().flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// An `hstore`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        guard !type.isBuiltIn || type == .unspecified, let count = Int32(exactly: values.count)
        else { throw PGError.cannotEncode(Self.self, type, format) }
        if format == .binary { buffer.append(count) }
        var isFirst = true
        // The server's own order, so that one value always has the same bytes.
        let ordered = values.sorted {
            let sizes = ($0.key.utf8.count, $1.key.utf8.count)
            return sizes.0 == sizes.1
                ? $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) : sizes.0 < sizes.1
        }
        for (key, value) in ordered {
            if format == .text {
                if !isFirst { buffer.append(text: ",") }
                buffer.appendQuoted(Array(key.utf8))
                buffer.append(text: "=>")
                if let value {
                    buffer.appendQuoted(Array(value.utf8))
                } else {
                    buffer.append(text: "NULL")
                }
            } else {
                try buffer.appendWithLength { $0.append(text: key) }
                if let value {
                    try buffer.appendWithLength { $0.append(text: value) }
                } else {
                    buffer.append(Int32(-1))
                }
            }
            isFirst = false
        }
    }

    /// Text, which the server can tell from other types; binary where it expects a type.
    public func pgFormat(as type: PGType) -> PGFormat { type == .unspecified ? .text : .binary }
}
