// Integers: int2, int4, int8, the oid family, xid8, the byte of a "char", and exact values of
// numeric and float.

extension PGDecodable where Self: FixedWidthInteger {
    /// An integer of any of the server's types, exactly; what does not fit is refused.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary {
            if type == .int8, bytes.byteCount == 8 {
                let wide = Int64(bigEndian: bytes.unsafeLoadUnaligned(as: Int64.self))
                if let value = Self(exactly: wide) {
                    self = value
                    return
                }
            } else if type == .int4, bytes.byteCount == 4 {
                let wide = Int32(bigEndian: bytes.unsafeLoadUnaligned(as: Int32.self))
                if let value = Self(exactly: wide) {
                    self = value
                    return
                }
            }
        }
        guard let wide = IntegerField.decode(bytes, type, format), let value = Self(exactly: wide)
        else { throw PGError.notA(Self.self, type, format) }
        self = value
    }
}

extension PGEncodable where Self: FixedWidthInteger {
    /// An integer as int2, int4, int8, oid, xid8, numeric, float or text, exactly.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        let type = type == .unspecified ? Self.pgNaturalType : type
        if format == .binary {
            if type == .int8, let value = Int64(exactly: self) { return buffer.append(value) }
            if type == .int4, let value = Int32(exactly: self) { return buffer.append(value) }
            if type == .int2, let value = Int16(exactly: self) { return buffer.append(value) }
        }
        guard let wide = Int128(exactly: self),
            try IntegerField.encode(wide, into: &buffer, as: type, format: format)
        else { throw PGError.cannotEncode(Self.self, type, format) }
    }
}

/// What is not int4 or int8 in binary, by way of the widest integer.
@usableFromInline enum IntegerField {
    @usableFromInline static func decode(
        _ bytes: RawSpan, _ type: PGType, _ format: PGFormat
    ) -> Int128? {
        if type == .char { return CharField.decode(bytes, format).map { Int128($0) } }
        if type == .numeric {
            let value = try? PGNumeric(pgBytes: bytes, type: type, format: format)
            return value.flatMap { Int128(exactly: $0) }
        }
        if type == .float4 || type == .float8 {
            let value = try? Double(pgBytes: bytes, type: type, format: format)
            return value.flatMap { Int128(exactly: $0) }
        }
        if format == .text { return digits(bytes) }
        switch (bytes.byteCount, type) {
        case (8, .int8), (8, .unspecified):
            return Int128(Int64(bigEndian: bytes.unsafeLoadUnaligned(as: Int64.self)))
        case (4, .int4), (4, .unspecified):
            return Int128(Int32(bigEndian: bytes.unsafeLoadUnaligned(as: Int32.self)))
        case (2, .int2), (2, .unspecified):
            return Int128(Int16(bigEndian: bytes.unsafeLoadUnaligned(as: Int16.self)))
        case (8, .xid8):
            return Int128(UInt64(bigEndian: bytes.unsafeLoadUnaligned(as: UInt64.self)))
        case (4, _) where type.isOID:
            return Int128(UInt32(bigEndian: bytes.unsafeLoadUnaligned(as: UInt32.self)))
        default: return nil
        }
    }

    private static func digits(_ bytes: RawSpan) -> Int128? {
        let count = bytes.byteCount
        let minus = UInt8(ascii: "-")
        let isNegative = count > 0 && bytes.unsafeLoad(as: UInt8.self) == minus
        var offset = isNegative ? 1 : 0
        // More digits than any of the types has; 38 fit without overflow.
        guard count > offset, count <= 38 else { return nil }
        var value: Int128 = 0
        while offset < count {
            let digit = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) &- 48
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ Int128(digit)
            offset += 1
        }
        return isNegative ? -value : value
    }

    /// False where the value does not fit the type.
    @usableFromInline static func encode(
        _ value: Int128, into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) -> Bool {
        switch type {
        case .int2: return put(Int16(exactly: value), value, &buffer, format)
        case .int4: return put(Int32(exactly: value), value, &buffer, format)
        case .int8: return put(Int64(exactly: value), value, &buffer, format)
        case .xid8: return put(UInt64(exactly: value), value, &buffer, format)
        case _ where type.isOID: return put(UInt32(exactly: value), value, &buffer, format)
        case .char where format == .binary:
            return put(UInt8(exactly: value), value, &buffer, format)
        case .numeric:
            try PGNumeric(value).encode(into: &buffer, as: type, format: format)
        case .float4:
            guard let exact = Float(exactly: value) else { return false }
            try exact.encode(into: &buffer, as: type, format: format)
        case .float8:
            guard let exact = Double(exactly: value) else { return false }
            try exact.encode(into: &buffer, as: type, format: format)
        case _ where type.isText || (!type.isBuiltIn && format == .text):
            try String(value).encode(into: &buffer, as: type, format: format)
        default: return false
        }
        return true
    }

    private static func put(
        _ fitting: (some FixedWidthInteger)?, _ value: Int128, _ buffer: inout PGValueBuffer,
        _ format: PGFormat
    ) -> Bool {
        guard let fitting else { return false }
        if format == .text { buffer.append(text: String(value)) } else { buffer.append(fitting) }
        return true
    }
}

extension PGType {
    /// Whether its binary form is an unsigned integer of four bytes.
    var isOID: Bool {
        switch self {
        case .oid, .xid, .cid, .regproc, .regprocedure, .regoper, .regoperator, .regclass,
            .regtype, .regconfig, .regdictionary, .regnamespace, .regrole, .regcollation:
            true
        default: false
        }
    }
}

extension Int: PGDecodable, PGEncodable {
    /// `int8`.
    @inlinable public static var pgNaturalType: PGType { .int8 }
}
extension Int8: PGDecodable, PGEncodable {
    /// `int2`.
    @inlinable public static var pgNaturalType: PGType { .int2 }
}
extension Int16: PGDecodable, PGEncodable {
    /// `int2`.
    @inlinable public static var pgNaturalType: PGType { .int2 }
}
extension Int32: PGDecodable, PGEncodable {
    /// `int4`.
    @inlinable public static var pgNaturalType: PGType { .int4 }
}
extension Int64: PGDecodable, PGEncodable {
    /// `int8`.
    @inlinable public static var pgNaturalType: PGType { .int8 }
}
extension UInt: PGDecodable, PGEncodable {
    /// `int8`: what is beyond its range is refused.
    @inlinable public static var pgNaturalType: PGType { .int8 }
}
extension UInt16: PGDecodable, PGEncodable {
    /// `int4`.
    @inlinable public static var pgNaturalType: PGType { .int4 }
}
extension UInt32: PGDecodable, PGEncodable {
    /// `int8`; it may stand for an `oid` where the server expects one.
    @inlinable public static var pgNaturalType: PGType { .int8 }
}
extension UInt64: PGDecodable, PGEncodable {
    /// `int8`: what is beyond its range is refused; it may stand for an `xid8` or a `numeric`.
    @inlinable public static var pgNaturalType: PGType { .int8 }
}
