/// A `pg_lsn`: a place in the write-ahead log (manual, 8.20).
public struct PGLSN: Sendable, Hashable {
    /// Bytes from the log's beginning.
    public let position: UInt64

    /// A place by its byte.
    public init(_ position: UInt64) { self.position = position }
}

extension PGLSN: Comparable {
    /// Earlier in the log.
    public static func < (left: PGLSN, right: PGLSN) -> Bool { left.position < right.position }
}

extension PGLSN: CustomStringConvertible {
    /// The server's text, for example `16/B374D848`.
    public var description: String {
        String(position >> 32, radix: 16, uppercase: true) + "/"
            + String(position & 0xffff_ffff, radix: 16, uppercase: true)
    }
}

extension PGLSN: PGDecodable, PGEncodable {
    /// `pg_lsn`.
    @inlinable public static var pgNaturalType: PGType { .pgLsn }

    /// A `pg_lsn`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.pgLsn],
            text: { scanner in
                guard let high = Self.hex(&scanner), scanner.take("/"),
                    let low = Self.hex(&scanner)
                else { return nil }
                return PGLSN(high << 32 | low)
            }, binary: { $0.byteCount == 8 ? $0.integer(at: 0).map { PGLSN($0) } : nil })
    }

    private static func hex(_ scanner: inout TextScanner) -> UInt64? {
        let start = scanner.offset
        var value: UInt64 = 0
        while let digit = scanner.next.flatMap({ BytesField.hexValue($0) }) {
            value = value << 4 | UInt64(digit)
            scanner.offset += 1
            guard scanner.offset - start <= 8 else { return nil }
        }
        return scanner.offset > start ? value : nil
    }

    /// A `pg_lsn`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.pgLsn]) {
            $0.append(position)
        }
    }
}
