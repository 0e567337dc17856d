extension PGDecodable where Self: FixedWidthInteger {
    /// Digits, or two, four or eight bytes; what does not fit is refused.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        let value: Self?
        switch (format, bytes.byteCount) {
        case (.text, _): value = Self(bytes.pgText)
        case (.binary, 2):
            value = Self(
                exactly: Int16(bigEndian: bytes.unsafeLoadUnaligned(as: Int16.self)))
        case (.binary, 4):
            value =
                type.rawValue == 26
                ? Self(exactly: UInt32(bigEndian: bytes.unsafeLoadUnaligned(as: UInt32.self)))
                : Self(exactly: Int32(bigEndian: bytes.unsafeLoadUnaligned(as: Int32.self)))
        case (.binary, 8):
            value = Self(
                exactly: Int64(bigEndian: bytes.unsafeLoadUnaligned(as: Int64.self)))
        default: value = nil
        }
        guard let value else { throw .notA(Self.self) }
        self = value
    }
}

extension Int: PGDecodable {}
extension Int16: PGDecodable {}
extension Int32: PGDecodable {}
extension Int64: PGDecodable {}
extension UInt32: PGDecodable {}
extension UInt64: PGDecodable {}

extension Bool: PGDecodable {
    /// `t` or `f`, or one byte.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        guard bytes.byteCount == 1 else { throw .notA(Self.self) }
        switch (format, bytes.unsafeLoad(as: UInt8.self)) {
        case (.text, UInt8(ascii: "t")), (.binary, 1): self = true
        case (.text, UInt8(ascii: "f")), (.binary, 0): self = false
        default: throw .notA(Self.self)
        }
    }
}

extension Double: PGDecodable {
    /// A number in decimal, or eight bytes.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        guard format == .text, let value = Double(bytes.pgText) else { throw .notA(Self.self) }
        self = value
    }
}

extension String: PGDecodable {
    /// The text.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        self = bytes.pgText
    }
}

extension RawSpan {
    /// The bytes as UTF-8.
    @usableFromInline package var pgText: String {
        withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension PGError {
    /// A field that is no value of a type.
    @usableFromInline package static func notA(_ type: Any.Type) -> PGError {
        PGError(.decodingFailed, "not a \(type)")
    }
}

extension String: PGEncodable {
    public var pgType: PGType { .unspecified }
    public func pgFormat(as type: PGType) -> PGFormat { .text }
    public func encode(into buffer: inout PGValueBuffer, as type: PGType) throws(PGError) {
        buffer.append(text: self)
    }
}

extension Int: PGEncodable {
    public var pgType: PGType { .int8 }
    public func encode(into buffer: inout PGValueBuffer, as type: PGType) throws(PGError) {
        switch type {
        case .int4: buffer.append(Int32(truncatingIfNeeded: self))
        case .int2: buffer.append(Int16(truncatingIfNeeded: self))
        default: buffer.append(Int64(self))
        }
    }
}
