/// A `macaddr` (6 bytes) or `macaddr8` (8 bytes) (manual, 8.9).
public struct PGMACAddress: Sendable, Hashable {
    /// The 6 or 8 bytes.
    public let bytes: [UInt8]

    /// An address by its bytes; nil where they are neither 6 nor 8.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 6 || bytes.count == 8 else { return nil }
        self.bytes = bytes
    }
}

extension PGMACAddress: LosslessStringConvertible {
    /// Six or eight pairs of hex digits with colons or hyphens between them.
    public init?(_ description: String) {
        guard let value = Array(description.utf8).span.bytes.scan({ Self.scan(&$0) }) else {
            return nil
        }
        self = value
    }

    /// The server's text, for example `08:00:2b:01:02:03`.
    public var description: String {
        bytes.map { String(decoding: BytesField.hex([$0]), as: UTF8.self) }
            .joined(separator: ":")
    }

    private static func scan(_ scanner: inout TextScanner) -> PGMACAddress? {
        var bytes: [UInt8] = []
        repeat {
            guard let high = scanner.next.flatMap({ BytesField.hexValue($0) }),
                let low = scanner.peek(1).flatMap({ BytesField.hexValue($0) })
            else { return nil }
            bytes.append(high << 4 | low)
            scanner.offset += 2
        } while bytes.count < 8 && (scanner.take(":") || scanner.take("-"))
        return PGMACAddress(bytes: bytes)
    }
}

extension PGMACAddress: PGDecodable, PGEncodable {
    /// `macaddr` or `macaddr8`, by the number of bytes.
    public var pgType: PGType { bytes.count == 6 ? .macaddr : .macaddr8 }

    /// A `macaddr` or `macaddr8`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        let value =
            format == .text
            ? bytes.scan { Self.scan(&$0) }
            : bytes.byteCount <= 8
                ? PGMACAddress(bytes: bytes.withUnsafeBytes { [UInt8]($0) }) : nil
        guard let value, type == value.pgType || type == .unspecified || !type.isBuiltIn else {
            throw PGError.notA(Self.self, type, format)
        }
        self = value
    }

    /// A `macaddr` or `macaddr8`; the server widens six bytes to eight.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        guard type != .macaddr || bytes.count == 6 else {
            throw PGError.cannotEncode(Self.self, type, format, "it has eight bytes")
        }
        if format == .text {
            try description.encodeText(
                of: Self.self, [.macaddr, .macaddr8], into: &buffer, as: type)
        } else if type == .macaddr || type.mayBe(.macaddr8) {
            buffer.append(bytes: bytes)
        } else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}
