extension Bool: PGDecodable, PGEncodable {
    /// `bool`.
    @inlinable public static var pgNaturalType: PGType { .bool }

    /// `t` or `f`, or one byte.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        guard bytes.byteCount == 1, type.mayBe(.bool)
        else { throw PGError.notA(Self.self, type, format) }
        switch (format, bytes.unsafeLoad(as: UInt8.self)) {
        case (.text, UInt8(ascii: "t")), (.binary, 1): self = true
        case (.text, UInt8(ascii: "f")), (.binary, 0): self = false
        default: throw PGError.notA(Self.self, type, format)
        }
    }

    /// `t` or `f`, or one byte; as text `true` or `false`.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if type.isText {
            try (self ? "true" : "false").encode(into: &buffer, as: type, format: format)
        } else if type != .bool, type != .unspecified, type.isBuiltIn {
            throw PGError.cannotEncode(Self.self, type, format)
        } else if format == .text {
            buffer.append(self ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        } else {
            buffer.append(self ? 1 as UInt8 : 0)
        }
    }
}
