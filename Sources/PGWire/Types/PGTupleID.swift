/// A `tid`: the place of a row version in its table (manual, 8.19).
public struct PGTupleID: Sendable, Hashable {
    /// The block, counted from 0.
    public let block: UInt32
    /// The place in the block, counted from 1.
    public let offset: UInt16

    /// A place by its block and offset.
    public init(block: UInt32, offset: UInt16) {
        self.block = block
        self.offset = offset
    }
}

extension PGTupleID: CustomStringConvertible {
    /// The server's text, for example `(0,1)`.
    public var description: String { "(\(block),\(offset))" }
}

extension PGTupleID: PGDecodable, PGEncodable {
    /// `tid`.
    @inlinable public static var pgNaturalType: PGType { .tid }

    /// A `tid`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.tid],
            text: { scanner in
                guard scanner.take("("),
                    let block = scanner.digits().flatMap({ UInt32(exactly: $0) }),
                    scanner.take(","),
                    let offset = scanner.digits().flatMap({ UInt16(exactly: $0) }),
                    scanner.take(")")
                else { return nil }
                return PGTupleID(block: block, offset: offset)
            },
            binary: { bytes in
                guard bytes.byteCount == 6, let block: UInt32 = bytes.integer(at: 0),
                    let offset: UInt16 = bytes.integer(at: 4)
                else { return nil }
                return PGTupleID(block: block, offset: offset)
            })
    }

    /// A `tid`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.tid]) {
            $0.append(block)
            $0.append(offset)
        }
    }
}
