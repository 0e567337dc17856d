/// A `uuid`: 16 bytes (manual, 8.12).
@frozen public struct PGUUID: Sendable, Hashable {
    /// The first eight bytes, the first of them as the most significant.
    public let high: UInt64
    /// The last eight bytes.
    public let low: UInt64

    /// An identifier by its halves.
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An identifier by its 16 bytes; nil where they are not 16.
    public init?(_ bytes: [UInt8]) {
        let span = bytes.span.bytes
        guard bytes.count == 16, let high: UInt64 = span.integer(at: 0),
            let low: UInt64 = span.integer(at: 8)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// Sixteen bytes in order, as the `uuid` of Foundation's UUID has them.
    public typealias Bytes = (
        UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
        UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
    )

    /// An identifier by its bytes: `PGUUID(uuid.uuid)` takes a Foundation UUID.
    public init(_ uuid: Bytes) {
        (high, low) = withUnsafeBytes(of: uuid) {
            (
                UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// The bytes as a tuple: `UUID(uuid: value.uuid)` makes a Foundation UUID.
    public var uuid: Bytes {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { $0.loadUnaligned(as: Bytes.self) }
    }

    /// The 16 bytes.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) }
    }
}

extension PGUUID: LosslessStringConvertible {
    /// 32 hex digits, with or without hyphens between bytes.
    public init?(_ description: String) {
        guard let value = Array(description.utf8).span.bytes.scan({ Self.scan(&$0) }) else {
            return nil
        }
        self = value
    }

    private static func scan(_ scanner: inout TextScanner) -> PGUUID? {
        var halves: (UInt64, UInt64) = (0, 0)
        var count = 0
        while let next = scanner.next {
            if let digit = BytesField.hexValue(next) {
                if count < 16 {
                    halves.0 = halves.0 << 4 | UInt64(digit)
                } else {
                    halves.1 = halves.1 << 4 | UInt64(digit)
                }
                count += 1
            } else if next != UInt8(ascii: "-") || count == 0 || count % 4 != 0 || count == 32 {
                return nil
            }
            scanner.offset += 1
            guard count <= 32 else { return nil }
        }
        return count == 32 ? PGUUID(high: halves.0, low: halves.1) : nil
    }

    /// The server's text: lower case, in groups of 8-4-4-4-12 digits.
    public var description: String {
        let digits = BytesField.hex(bytes)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, digit) in digits.enumerated() {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                text.append(UInt8(ascii: "-"))
            }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension PGUUID: Comparable {
    /// The server's order, that of the bytes.
    public static func < (left: PGUUID, right: PGUUID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension PGUUID: PGDecodable, PGEncodable {
    /// `uuid`.
    @inlinable public static var pgNaturalType: PGType { .uuid }

    /// A `uuid`.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        guard type.mayBe(.uuid) else {
            throw PGError.notA(Self.self, type, format)
        }
        if format == .binary {
            guard bytes.byteCount == 16, let high: UInt64 = bytes.integer(at: 0),
                let low: UInt64 = bytes.integer(at: 8)
            else { throw PGError.notA(Self.self, type, format) }
            self.init(high: high, low: low)
        } else {
            guard let value = bytes.pgText.flatMap({ PGUUID($0) }) else {
                throw PGError.notA(Self.self, type, format)
            }
            self = value
        }
    }

    /// A `uuid`.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .text {
            try description.encodeText(of: Self.self, [.uuid], into: &buffer, as: type)
        } else if type.mayBe(.uuid) {
            buffer.append(high)
            buffer.append(low)
        } else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}
