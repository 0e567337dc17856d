// bytea, and the bytes of any other type, as [UInt8].

extension Array: PGDecodable where Element: PGDecodable {
    /// An array of at most one dimension; for `[UInt8]`, a `bytea`.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        self = try Element.makePGArray(pgBytes: bytes, type: type, format: format)
    }
}

extension Array: PGEncodable where Element: PGEncodable {
    /// The array of the elements' natural type; for `[UInt8]`, `bytea`.
    @inlinable public static var pgNaturalType: PGType { Element.pgArrayType([]) }

    /// The array of the elements' type; for `[UInt8]`, `bytea`.
    @inlinable public var pgType: PGType { Element.pgArrayType(self) }

    /// Binary where all elements have it and their type is known.
    @inlinable public func pgFormat(as type: PGType) -> PGFormat {
        Element.pgArrayFormat(self, as: type)
    }

    /// An array of one dimension; for `[UInt8]`, a `bytea`.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try Element.encodePGArray(self, into: &buffer, as: type, format: format)
    }
}

extension UInt8: PGDecodable, PGEncodable {
    /// `int2`.
    @inlinable public static var pgNaturalType: PGType { .int2 }

    /// A `bytea`'s content; of another type that is no array, the field as it came.
    @inlinable public static func makePGArray(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) -> [UInt8] {
        if format == .binary, type == .bytea {
            return bytes.withUnsafeBytes { [UInt8]($0) }
        }
        return try BytesField.decode(bytes, type, format)
    }

    /// `bytea`.
    @inlinable public static func pgArrayType(_ elements: [UInt8]) -> PGType { .bytea }

    /// Binary where the type is built in, else text.
    @inlinable public static func pgArrayFormat(
        _ elements: [UInt8], as type: PGType
    ) -> PGFormat { type.isBuiltIn ? .binary : .text }

    /// A `bytea`, in text as hex digits; an array of numbers where the server expects one.
    @inlinable public static func encodePGArray(
        _ elements: [UInt8], into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary, type == .bytea || type == .unspecified {
            return buffer.append(bytes: elements)
        }
        try BytesField.encode(elements, into: &buffer, as: type, format: format)
    }
}

/// bytea in text, and bytes of other types.
@usableFromInline enum BytesField {
    @usableFromInline static func decode(
        _ bytes: RawSpan, _ type: PGType, _ format: PGFormat
    ) throws(PGError) -> [UInt8] {
        if type.isArray {
            return try PGArray<UInt8>(pgBytes: bytes, type: type, format: format).elements
        }
        if type == .bytea, format == .text {
            guard let value = bytes.withUnsafeBytes({ fromText($0) }) else {
                throw PGError.notA([UInt8].self, type, format)
            }
            return value
        }
        return bytes.withUnsafeBytes { [UInt8]($0) }
    }

    @usableFromInline static func encode(
        _ value: [UInt8], into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if type.isArray {
            return try PGArray(value).encode(into: &buffer, as: type, format: format)
        }
        guard type.mayBe(.bytea) else {
            throw PGError.cannotEncode([UInt8].self, type, format)
        }
        if format == .binary { return buffer.append(bytes: value) }
        buffer.append(text: "\\x")
        buffer.append(bytes: hex(value))
    }

    /// Two digits a byte.
    static func hex(_ value: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: value.count * 2) { digits, count in
            for byte in value {
                digits[count] = digit(byte >> 4)
                digits[count + 1] = digit(byte & 15)
                count += 2
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

    /// The value of a hex digit; nil where it is none.
    static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 65...70: digit - 55
        case 97...102: digit - 87
        default: nil
        }
    }

    /// Both of the server's text forms, `hex` and `escape` (manual, 8.4).
    static func fromText(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        let backslash = UInt8(ascii: "\\")
        if text.count >= 2, text[0] == backslash, text[1] == UInt8(ascii: "x") {
            guard text.count % 2 == 0 else { return nil }
            var value: [UInt8] = []
            value.reserveCapacity(text.count / 2 - 1)
            for index in stride(from: 2, to: text.count, by: 2) {
                guard let high = hexValue(text[index]), let low = hexValue(text[index + 1]) else {
                    return nil
                }
                value.append(high << 4 | low)
            }
            return value
        }
        var value: [UInt8] = []
        value.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == backslash else {
                value.append(text[index])
                index += 1
                continue
            }
            if index + 1 < text.count, text[index + 1] == backslash {
                value.append(backslash)
                index += 2
                continue
            }
            guard index + 3 < text.count else { return nil }
            var octal = 0
            for digit in text[index + 1...index + 3] {
                guard (48...55).contains(digit) else { return nil }
                octal = octal * 8 + Int(digit - 48)
            }
            guard let byte = UInt8(exactly: octal) else { return nil }
            value.append(byte)
            index += 4
        }
        return value
    }
}
