/// A `json` or `jsonb`: its text, as the server gave it (manual, 8.14); parsing is the caller's.
public struct PGJSON: Sendable, Hashable {
    /// The text in UTF-8.
    public var bytes: [UInt8]

    /// A document by its text in UTF-8, for example what a JSON encoder gave.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// A document by its text.
    public init(_ text: String) { bytes = Array(text.utf8) }
}

extension PGJSON: CustomStringConvertible {
    /// The text.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension PGJSON: PGDecodable, PGEncodable {
    /// `jsonb`.
    @inlinable public static var pgNaturalType: PGType { .jsonb }

    /// A `json`, a `jsonb`, or a text.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        switch (type, format) {
        case (.jsonb, .binary):
            // The version of the format, of which there is one.
            guard bytes.byteCount > 0, bytes.unsafeLoad(as: UInt8.self) == 1 else {
                throw PGError.notA(Self.self, type, format)
            }
            self.bytes = bytes.extracting(droppingFirst: 1).withUnsafeBytes { [UInt8]($0) }
        case (.unspecified, .binary):
            // No json begins with a byte 1: it is the version of a jsonb.
            let isJSONB = bytes.byteCount > 0 && bytes.unsafeLoad(as: UInt8.self) == 1
            let text = bytes.extracting(droppingFirst: isJSONB ? 1 : 0)
            self.bytes = text.withUnsafeBytes { [UInt8]($0) }
        case (.json, _), (.jsonb, _), (.text, _), (.varchar, _), (.unspecified, _):
            self.bytes = bytes.withUnsafeBytes { [UInt8]($0) }
        case (_, .text) where !type.isBuiltIn:
            self.bytes = bytes.withUnsafeBytes { [UInt8]($0) }
        default: throw PGError.notA(Self.self, type, format)
        }
    }

    /// A `json`, a `jsonb`, or a text.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        switch type {
        case .jsonb, .unspecified: if format == .binary { buffer.append(1 as UInt8) }
        case _ where type.isText || (!type.isBuiltIn && format == .text): break
        default: throw PGError.cannotEncode(Self.self, type, format)
        }
        buffer.append(bytes: bytes)
    }
}
