/// A field as it is on the wire: for types that nothing else here knows.
public struct PGRaw: Sendable, Hashable {
    /// The bytes.
    public var bytes: [UInt8]
    /// Their type.
    public var type: PGType
    /// Their format.
    public var format: PGFormat

    /// A field by its bytes, their type and format.
    public init(bytes: [UInt8], type: PGType, format: PGFormat) {
        self.bytes = bytes
        self.type = type
        self.format = format
    }

    /// A field as a value would be sent as a type, in a format or the one that suits it best.
    ///
    /// - Throws: `encodingFailed` where the value does not fit the type; `misuse` for NULL, which
    ///   has no bytes.
    public init(
        _ value: some PGEncodable, as type: PGType? = nil, format: PGFormat? = nil
    ) throws(PGError) {
        guard !value.isPGNull else { throw PGError(.misuse, "NULL has no bytes") }
        let type = type ?? value.pgType
        let format = format ?? value.pgFormat(as: type)
        var buffer = PGValueBuffer()
        try value.encode(into: &buffer, as: type, format: format)
        self.init(bytes: buffer.bytes, type: type, format: format)
    }

    /// The field as a value.
    ///
    /// - Throws: `decodingFailed` where it is none of the type asked for.
    public func decode<T: PGDecodable>(_ wanted: T.Type = T.self) throws(PGError) -> T {
        try T(pgBytes: bytes.span.bytes, type: type, format: format)
    }
}

extension PGRaw: PGDecodable, PGEncodable {
    /// Any field.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self.init(bytes: bytes.withUnsafeBytes { [UInt8]($0) }, type: type, format: format)
    }

    /// The type of the bytes.
    public var pgType: PGType { type }

    /// The format of the bytes, whatever the type.
    public func pgFormat(as type: PGType) -> PGFormat { format }

    /// The bytes as they are.
    ///
    /// - Throws: `encodingFailed` where another format is asked for, unless the type is text in both.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        guard format == self.format || self.type.isText && type.isText else {
            throw PGError.cannotEncode(Self.self, type, format, "the bytes have the other format")
        }
        buffer.append(bytes: bytes)
    }
}
