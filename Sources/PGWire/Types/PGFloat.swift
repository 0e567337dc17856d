// Floating-point numbers; text is the shortest that comes back as the same number.

extension Double: PGDecodable, PGEncodable {
    /// `float8`.
    @inlinable public static var pgNaturalType: PGType { .float8 }

    /// A float8 or float4 exactly, a numeric rounded to the nearest, an integer that is exact.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary, bytes.byteCount == 8, type == .float8 || type == .unspecified {
            let bits = bytes.unsafeLoadUnaligned(as: UInt64.self)
            self = Double(bitPattern: UInt64(bigEndian: bits))
            return
        }
        guard let value = FloatField.decode(bytes, type, format) else {
            throw PGError.notA(Self.self, type, format)
        }
        self = value
    }

    /// A float8, float4 (rounded), numeric (the shortest decimal), text, or an integer type where
    /// the value is whole.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary, type == .float8 || type == .unspecified {
            return buffer.append(bitPattern)
        }
        try FloatField.encode(self, into: &buffer, as: type, format: format)
    }
}

extension Float: PGDecodable, PGEncodable {
    /// `float4`.
    @inlinable public static var pgNaturalType: PGType { .float4 }

    /// A float4; a value of another type that is a Float exactly, or in text the nearest.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary, bytes.byteCount == 4, type == .float4 || type == .unspecified {
            let bits = bytes.unsafeLoadUnaligned(as: UInt32.self)
            self = Float(bitPattern: UInt32(bigEndian: bits))
            return
        }
        guard let value = FloatField.decodeFloat(bytes, type, format) else {
            throw PGError.notA(Self.self, type, format)
        }
        self = value
    }

    /// A float4, or what `Double` can be sent as.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary, type == .float4 || type == .unspecified {
            return buffer.append(bitPattern)
        }
        if format == .text || type == .numeric || type.isText {
            // The shortest text of this value, which is shorter than that of the Double.
            return try FloatField.encode(
                Double(self), description, into: &buffer, as: type, format: format)
        }
        try FloatField.encode(Double(self), into: &buffer, as: type, format: format)
    }
}

/// What is not a float8 in binary.
@usableFromInline enum FloatField {
    @usableFromInline static func decode(
        _ bytes: RawSpan, _ type: PGType, _ format: PGFormat
    ) -> Double? {
        switch (format, type) {
        case (_, .numeric):
            return (try? PGNumeric(pgBytes: bytes, type: type, format: format)).map { Double($0) }
        case (.binary, .float4), (.binary, .unspecified):
            return (try? Float(pgBytes: bytes, type: .float4, format: format)).map { Double($0) }
        case (_, .int2), (_, .int4), (_, .int8):
            return IntegerField.decode(bytes, type, format).flatMap { Double(exactly: $0) }
        case (.text, _): return number(bytes).flatMap { Double($0) }
        default: return nil
        }
    }

    @usableFromInline static func decodeFloat(
        _ bytes: RawSpan, _ type: PGType, _ format: PGFormat
    ) -> Float? {
        if format == .text { return number(bytes).flatMap { Float($0) } }
        guard type != .float4, type != .unspecified else { return nil }
        guard let wide = try? Double(pgBytes: bytes, type: type, format: format) else { return nil }
        return wide.isNaN ? .nan : Float(exactly: wide)
    }

    /// A decimal number, NaN or Infinity; not what only Swift takes for a number.
    static func number(_ bytes: RawSpan) -> String? {
        guard bytes.byteCount <= Limits.numericText, let text = bytes.pgText,
            !text.utf8.contains(where: { $0 == UInt8(ascii: "x") || $0 == UInt8(ascii: "X") })
        else { return nil }
        return text
    }

    @usableFromInline static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : value.description
    }

    @usableFromInline static func encode(
        _ value: Double, _ shortest: String? = nil, into buffer: inout PGValueBuffer,
        as type: PGType, format: PGFormat
    ) throws(PGError) {
        let text = value.isFinite ? shortest ?? Self.text(value) : Self.text(value)
        switch type {
        case .unspecified, .float8, .float4:
            if type == .float4, value.isFinite, !Float(value).isFinite {
                throw PGError.cannotEncode(Double.self, type, format, "it is out of range")
            }
            if format == .text {
                buffer.append(text: text)
            } else if type == .float4 {
                buffer.append(Float(value).bitPattern)
            } else {
                buffer.append(value.bitPattern)
            }
        case .numeric:
            guard let number = PGNumeric(text)?.withoutZerosBehindPoint else {
                throw PGError.cannotEncode(Double.self, type, format)
            }
            try number.encode(into: &buffer, as: type, format: format)
        case .int2, .int4, .int8:
            guard let whole = Int64(exactly: value) else {
                throw PGError.cannotEncode(Double.self, type, format, "it is not whole")
            }
            try whole.encode(into: &buffer, as: type, format: format)
        case _ where type.isText || (!type.isBuiltIn && format == .text):
            try text.encode(into: &buffer, as: type, format: format)
        default: throw PGError.cannotEncode(Double.self, type, format)
        }
    }
}
