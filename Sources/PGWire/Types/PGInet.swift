/// An `inet` or `cidr`: an address with the length of its network prefix (manual, 8.9).
public struct PGInet: Sendable, Hashable {
    /// The address: 4 bytes (IPv4) or 16 (IPv6).
    public let address: [UInt8]
    /// Bits of the network prefix: all of them for a single host.
    public let prefixLength: Int
    /// Whether it is a `cidr`, a network whose bits behind the prefix are 0.
    public let isCIDR: Bool

    /// An address with a prefix, all bits by default; nil where the address has neither 4 nor 16
    /// bytes, the prefix is longer, or a network has bits behind its prefix.
    public init?(address: [UInt8], prefixLength: Int? = nil, isCIDR: Bool = false) {
        let bits = address.count * 8
        let prefixLength = prefixLength ?? bits
        guard bits == 32 || bits == 128, (0...bits).contains(prefixLength) else { return nil }
        if isCIDR {
            for bit in prefixLength..<bits where address[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 {
                return nil
            }
        }
        self.address = address
        self.prefixLength = prefixLength
        self.isCIDR = isCIDR
    }

    /// Whether it is an IPv6 address.
    public var isIPv6: Bool { address.count == 16 }

    private var isHost: Bool { prefixLength == address.count * 8 }

    /// The address without its prefix; the longest row of zeros of IPv6 is shortened (RFC 5952).
    public var host: String {
        guard isIPv6 else { return address.map { String($0) }.joined(separator: ".") }
        let groups = (0..<8).map { Int(address[$0 * 2]) << 8 | Int(address[$0 * 2 + 1]) }
        var best = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(best.count, 1) { best = start..<index }
            start = index + 1
        }
        let hex = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return hex.joined(separator: ":") }
        return hex[..<best.lowerBound].joined(separator: ":") + "::"
            + hex[best.upperBound...].joined(separator: ":")
    }
}

extension PGInet: LosslessStringConvertible {
    /// An address such as `10.0.0.1`, `10.0.0.0/8` or `::1/128`; it is no `cidr`.
    public init?(_ description: String) {
        guard
            let value = Array(description.utf8).span.bytes.scan({ Self.scan(&$0, isCIDR: false) })
        else { return nil }
        self = value
    }

    /// The server's text: the prefix is left out for a host that is no `cidr`.
    public var description: String { isHost && !isCIDR ? host : "\(host)/\(prefixLength)" }

    fileprivate static func scan(_ scanner: inout TextScanner, isCIDR: Bool) -> PGInet? {
        var copy = scanner
        let address = scanIPv4(&copy).map { address -> [UInt8] in
            scanner = copy
            return address
        }
        guard let address = address ?? scanIPv6(&scanner) else { return nil }
        guard scanner.take("/") else { return PGInet(address: address, isCIDR: isCIDR) }
        guard let prefix = scanner.digits(1...3) else { return nil }
        return PGInet(address: address, prefixLength: Int(prefix), isCIDR: isCIDR)
    }

    private static func scanIPv4(_ scanner: inout TextScanner) -> [UInt8]? {
        var bytes: [UInt8] = []
        repeat {
            guard let part = scanner.digits(1...3), let byte = UInt8(exactly: part) else {
                return nil
            }
            bytes.append(byte)
        } while bytes.count < 4 && scanner.take(".")
        return bytes.count == 4 ? bytes : nil
    }

    private static func scanIPv6(_ scanner: inout TextScanner) -> [UInt8]? {
        var bytes: [UInt8] = []
        var gap: Int?
        if scanner.next == UInt8(ascii: ":"), scanner.peek(1) == UInt8(ascii: ":") {
            scanner.offset += 2
            gap = 0
        }
        while bytes.count < 16, let next = scanner.next, next != UInt8(ascii: "/") {
            // The last four bytes may be written as IPv4.
            var copy = scanner
            if bytes.count <= 12, let tail = scanIPv4(&copy) {
                scanner = copy
                bytes += tail
                break
            }
            var group = 0
            let start = scanner.offset
            while let digit = scanner.next.flatMap({ BytesField.hexValue($0) }) {
                group = group << 4 | Int(digit)
                scanner.offset += 1
                guard scanner.offset - start <= 4 else { return nil }
            }
            guard scanner.offset > start else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
            guard scanner.take(":") else { break }
            if scanner.take(":") {
                guard gap == nil else { return nil }
                gap = bytes.count
            } else if scanner.isAtEnd || scanner.next == UInt8(ascii: "/") {
                return nil
            }
        }
        if let gap {
            guard bytes.count < 16 else { return nil }
            bytes.insert(contentsOf: repeatElement(0, count: 16 - bytes.count), at: gap)
        }
        return bytes.count == 16 ? bytes : nil
    }
}

extension PGInet: PGDecodable, PGEncodable {
    /// `inet`.
    @inlinable public static var pgNaturalType: PGType { .inet }

    /// `cidr` for those, else `inet`.
    public var pgType: PGType { isCIDR ? .cidr : .inet }

    /// An `inet` or `cidr`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        guard type == .inet || type.mayBe(.cidr) else {
            throw PGError.notA(Self.self, type, format)
        }
        let value =
            format == .text
            ? bytes.scan { Self.scan(&$0, isCIDR: type == .cidr) } : Self.binary(bytes)
        guard let value else { throw PGError.notA(Self.self, type, format) }
        self = value
    }

    private static func binary(_ bytes: RawSpan) -> PGInet? {
        guard let family: UInt8 = bytes.integer(at: 0), let bits: UInt8 = bytes.integer(at: 1),
            let isCIDR: UInt8 = bytes.integer(at: 2), let count: UInt8 = bytes.integer(at: 3),
            family == 2 && count == 4 || family == 3 && count == 16,
            bytes.byteCount == 4 + Int(count)
        else { return nil }
        let address = bytes.extracting(droppingFirst: 4).withUnsafeBytes { [UInt8]($0) }
        return PGInet(address: address, prefixLength: Int(bits), isCIDR: isCIDR != 0)
    }

    /// An `inet`, or a `cidr` where it is one or could be.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        let asCIDR = type == .cidr || type != .inet && isCIDR
        if format == .text {
            return try description.encodeText(
                of: Self.self, [.inet, .cidr], into: &buffer, as: type)
        }
        guard type == .inet || type.mayBe(.cidr),
            !asCIDR || PGInet(address: address, prefixLength: prefixLength, isCIDR: true) != nil
        else { throw PGError.cannotEncode(Self.self, type, format) }
        // The server's own numbers of the address families.
        buffer.append(isIPv6 ? 3 as UInt8 : 2)
        buffer.append(UInt8(truncatingIfNeeded: prefixLength))
        buffer.append(asCIDR ? 1 as UInt8 : 0)
        buffer.append(UInt8(truncatingIfNeeded: address.count))
        buffer.append(bytes: address)
    }
}
