// Text: text, varchar, bpchar, name, "char", xml, json, and in text format any type.

extension String: PGDecodable, PGEncodable {
    /// Left to the server: as text, a String may stand for any type.
    @inlinable public static var pgNaturalType: PGType { .unspecified }

    /// In text format the text of any type; in binary, types that are text there too: the text
    /// family, json, jsonb, jsonpath, xml, and enums, citext and the like by any oid.
    ///
    /// - Throws: `decodingFailed` also where the bytes are not UTF-8 (a database in `SQL_ASCII`):
    ///   decode `[UInt8]` there.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary, type != .text, type != .varchar, type != .unspecified {
            self = try TextField.decode(bytes, type)
            return
        }
        guard let text = bytes.pgText else {
            throw PGError.notA(Self.self, type, format)
        }
        self = text
    }

    /// Text: the server reads it as whatever type it expects.
    @inlinable public func pgFormat(as type: PGType) -> PGFormat { .text }

    /// UTF-8; in binary only for types that are text there too.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary, type != .text, type != .varchar, type != .unspecified {
            return try TextField.encode(self, into: &buffer, as: type)
        }
        buffer.append(text: self)
    }
}

extension Substring: PGEncodable {
    /// Text: the server reads it as whatever type it expects.
    @inlinable public func pgFormat(as type: PGType) -> PGFormat { .text }

    /// As a String.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try String(self).encode(into: &buffer, as: type, format: format)
    }
}

extension PGType {
    /// Whether its binary form is its text.
    @usableFromInline package var isText: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .json, .xml, .unknown, .refcursor, .cstring: true
        default: false
        }
    }
}

/// Text in binary format, of types other than text and varchar.
@usableFromInline enum TextField {
    @usableFromInline static func decode(_ bytes: RawSpan, _ type: PGType) throws(PGError) -> String
    {
        let text: String?
        switch type {
        case _ where type.isText: text = bytes.pgText
        case .jsonb, .jsonpath:
            guard bytes.byteCount > 0, bytes.unsafeLoad(as: UInt8.self) == 1 else {
                throw PGError.notA(String.self, type, .binary)
            }
            text = bytes.extracting(droppingFirst: 1).pgText
        case .char: text = CharField.decode(bytes, .binary).map { CharField.text($0) }
        case .void: text = bytes.byteCount == 0 ? "" : nil
        case _ where !type.isBuiltIn:
            // No text has a zero byte; composites, arrays and hstore have.
            text = bytes.pgText.flatMap { $0.utf8.contains(0) ? nil : $0 }
        default: text = nil
        }
        guard let text else { throw PGError.notA(String.self, type, .binary) }
        return text
    }

    @usableFromInline static func encode(
        _ text: String, into buffer: inout PGValueBuffer, as type: PGType
    ) throws(PGError) {
        switch type {
        case _ where type.isText || !type.isBuiltIn: buffer.append(text: text)
        case .jsonb, .jsonpath:
            buffer.append(1 as UInt8)
            buffer.append(text: text)
        case .char:
            guard let byte = CharField.decode(Array(text.utf8).span.bytes, .text) else {
                throw PGError.cannotEncode(String.self, type, .binary)
            }
            buffer.append(byte)
        default: throw PGError.cannotEncode(String.self, type, .binary)
        }
    }
}

/// The type `"char"`, one byte.
///
/// As text nothing is the byte 0, and PostgreSQL 16 and newer write a
/// byte above 127 as a backslash and three octal digits (manual, 8.3).
enum CharField {
    static func decode(_ bytes: RawSpan, _ format: PGFormat) -> UInt8? {
        switch (format, bytes.byteCount) {
        case (_, 1): return bytes.unsafeLoad(as: UInt8.self)
        case (.text, 0): return 0
        case (.text, 4):
            guard bytes.unsafeLoad(as: UInt8.self) == UInt8(ascii: "\\") else { return nil }
            var value = 0
            for offset in 1...3 {
                let digit = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) &- 48
                guard digit < 8 else { return nil }
                value = value * 8 + Int(digit)
            }
            return UInt8(exactly: value)
        default: return nil
        }
    }

    static func text(_ byte: UInt8) -> String {
        if byte == 0 { return "" }
        if byte < 128 { return String(UnicodeScalar(byte)) }
        let octal = String(byte, radix: 8)
        return "\\" + octal
    }
}

extension RawSpan {
    /// The bytes as UTF-8; nil where they are not.
    @inlinable package var pgText: String? {
        withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    }
}
