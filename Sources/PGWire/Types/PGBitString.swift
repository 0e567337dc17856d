/// A `bit` or `varbit`: a number of bits (manual, 8.10).
public struct PGBitString: Sendable, Hashable {
    /// The number of bits.
    public let count: Int
    /// The bits from the most significant of the first byte; those behind the last are 0.
    public let bytes: [UInt8]

    /// Bits from bytes; nil where there are not just as many bytes as the bits need.
    ///
    /// Bits behind the last are set to 0.
    public init?(count: Int, bytes: [UInt8]) {
        guard count >= 0, count <= Int(Int32.max), bytes.count == (count + 7) / 8 else {
            return nil
        }
        self.count = count
        var bytes = bytes
        if count % 8 != 0, !bytes.isEmpty {
            bytes[bytes.count - 1] &= 0xff << UInt8(8 - count % 8)
        }
        self.bytes = bytes
    }

    /// Bits, the first in front.
    public init(_ bits: some Sequence<Bool>) {
        var bytes: [UInt8] = []
        var count = 0
        for bit in bits {
            if count % 8 == 0 { bytes.append(0) }
            if bit { bytes[count / 8] |= 0x80 >> UInt8(count % 8) }
            count += 1
        }
        self.count = count
        self.bytes = bytes
    }

    /// The bits, the first in front.
    public var bits: [Bool] {
        (0..<count).map { bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) != 0 }
    }
}

extension PGBitString: LosslessStringConvertible {
    /// Zeros and ones.
    public init?(_ description: String) {
        guard let value = Array(description.utf8).span.bytes.scan({ Self.scan(&$0) }) else {
            return nil
        }
        self = value
    }

    /// The server's text: zeros and ones.
    public var description: String { String(decoding: bits.map { $0 ? 49 : 48 }, as: UTF8.self) }

    private static func scan(_ scanner: inout TextScanner) -> PGBitString? {
        var bits: [Bool] = []
        while let next = scanner.next {
            guard next == 48 || next == 49 else { return nil }
            bits.append(next == 49)
            scanner.offset += 1
        }
        return PGBitString(bits)
    }
}

extension PGBitString: PGDecodable, PGEncodable {
    /// `varbit`.
    @inlinable public static var pgNaturalType: PGType { .varbit }

    /// A `bit` or `varbit`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        var value: PGBitString?
        if format == .text {
            value = bytes.scan { Self.scan(&$0) }
        } else if let count: Int32 = bytes.integer(at: 0),
            count >= 0, bytes.byteCount == 4 + (Int(count) + 7) / 8
        {
            value = PGBitString(
                count: Int(count),
                bytes: bytes.extracting(droppingFirst: 4).withUnsafeBytes { [UInt8]($0) })
        }
        guard let value,
            type == .bit || type.mayBe(.varbit)
        else { throw PGError.notA(Self.self, type, format) }
        self = value
    }

    /// A `bit` or `varbit`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .text {
            try description.encodeText(of: Self.self, [.bit, .varbit], into: &buffer, as: type)
        } else if type == .bit || type.mayBe(.varbit) {
            buffer.append(Int32(truncatingIfNeeded: count))
            buffer.append(bytes: bytes)
        } else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}
