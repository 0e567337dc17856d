/// A value of a composite type, or a `record`: fields with their types (manual, 8.16).
///
/// Text says nothing of the fields' types, and `()` reads as one field that is NULL. The server
/// reads a record in binary only as a named type whose fields have just these types.
public struct PGComposite: Sendable, Hashable {
    /// One field.
    public struct Field: Sendable, Hashable {
        /// Its type; `unspecified` where the record came as text.
        public var type: PGType
        /// Its bytes in the record's format; nil for NULL.
        public var bytes: [UInt8]?

        /// A field by its bytes.
        public init(type: PGType, bytes: [UInt8]?) {
            self.type = type
            self.bytes = bytes
        }
    }

    /// The fields, in order.
    public var fields: [Field]
    /// The format of the fields.
    public let format: PGFormat

    /// A record by its fields.
    public init(fields: [Field], format: PGFormat) {
        self.fields = fields
        self.format = format
    }

    /// A record of values, each of its own type, a String as `text`.
    ///
    /// - Throws: `encodingFailed` where a value has no such format.
    public init<each Value: PGEncodable>(
        format: PGFormat = .binary, _ value: repeat each Value
    ) throws(PGError) {
        fields = []
        self.format = format
        for one in repeat each value { try append(one) }
    }

    /// Appends a field, as a type or the value's own.
    ///
    /// - Throws: `encodingFailed` where the value does not fit the type or the record's format.
    public mutating func append<Value: PGEncodable>(
        _ value: Value, as type: PGType? = nil
    ) throws(PGError) {
        var type = type ?? (value.isPGNull ? Value.pgNaturalType : value.pgType)
        if type == .unspecified { type = .text }
        guard !value.isPGNull else { return fields.append(Field(type: type, bytes: nil)) }
        var buffer = PGValueBuffer()
        try value.encode(into: &buffer, as: type, format: format)
        fields.append(Field(type: type, bytes: buffer.bytes))
    }

    /// A field as a value, counted from 0.
    ///
    /// - Throws: `decodingFailed` where there is no such field, or it is no such value.
    public func decode<T: PGDecodable>(_ wanted: T.Type = T.self, _ index: Int) throws(PGError) -> T
    {
        guard fields.indices.contains(index) else {
            throw PGError(.decodingFailed, "no field \(index), the record has \(fields.count)")
        }
        guard let bytes = fields[index].bytes else { return try T.makePGNull() }
        return try T(pgBytes: bytes.span.bytes, type: fields[index].type, format: format)
    }
}

extension PGComposite: PGDecodable, PGEncodable {
    /// A composite type, or a `record`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        guard type.mayBe(.record),
            let fields = format == .text ? bytes.scan({ Self.scan(&$0) }) : Self.binary(bytes)
        else { throw PGError.notA(Self.self, type, format) }
        self.init(fields: fields, format: format)
    }

    private static func binary(_ bytes: RawSpan) -> [Field]? {
        guard let count: Int32 = bytes.integer(at: 0), count >= 0,
            Int(count) <= (bytes.byteCount - 4) / 8
        else { return nil }
        var fields: [Field] = []
        var offset = 4
        for _ in 0..<count {
            guard let oid: UInt32 = bytes.integer(at: offset),
                let length: Int32 = bytes.integer(at: offset + 4)
            else { return nil }
            offset += 4
            var value: [UInt8]?
            if length == -1 {
                offset += 4
            } else {
                guard let field = bytes.field(at: &offset) else { return nil }
                value = field
            }
            fields.append(Field(type: PGType(oid: oid), bytes: value))
        }
        return offset == bytes.byteCount ? fields : nil
    }

    /// Fields with commas between them; nothing is NULL, quotes may be around any part of a field.
    private static func scan(_ scanner: inout TextScanner) -> [Field]? {
        guard scanner.take("(") else { return nil }
        var fields: [Field] = []
        var value: [UInt8]?
        while let next = scanner.next {
            switch next {
            case UInt8(ascii: ","), UInt8(ascii: ")"):
                scanner.offset += 1
                fields.append(Field(type: .unspecified, bytes: value))
                value = nil
                if next == UInt8(ascii: ")") { return fields }
            case UInt8(ascii: "\""):
                guard let quoted = scanner.quoted() else { return nil }
                value = (value ?? []) + quoted
            case UInt8(ascii: "("): return nil
            case UInt8(ascii: "\\"):
                guard let escaped = scanner.peek(1) else { return nil }
                value.append(escaped)
                scanner.offset += 2
            default:
                value.append(next)
                scanner.offset += 1
            }
        }
        return nil
    }

    /// The format of the fields.
    public func pgFormat(as type: PGType) -> PGFormat { format }

    /// A composite type.
    ///
    /// - Throws: `encodingFailed` where another format is asked for than that of the fields.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        guard format == self.format, type.mayBe(.record),
            let count = Int32(exactly: fields.count)
        else { throw PGError.cannotEncode(Self.self, type, format) }
        if format == .text {
            buffer.append(text: "(")
            for (index, field) in fields.enumerated() {
                if index > 0 { buffer.append(text: ",") }
                if let bytes = field.bytes { buffer.appendQuoted(bytes) }
            }
            return buffer.append(text: ")")
        }
        buffer.append(count)
        for field in fields {
            buffer.append(field.type.rawValue)
            guard let bytes = field.bytes else {
                buffer.append(Int32(-1))
                continue
            }
            try buffer.appendWithLength { $0.append(bytes: bytes) }
        }
    }
}

extension [UInt8]? {
    /// Appends to what there is, or begins.
    fileprivate mutating func append(_ byte: UInt8) {
        if self == nil { self = [byte] } else { self?.append(byte) }
    }
}
