/// A `pg_snapshot` or `txid_snapshot`: which transactions are over (manual, 9.27.8).
public struct PGSnapshot: Sendable, Hashable {
    /// All transactions below are over.
    public let xmin: UInt64
    /// All transactions from this one on had not begun.
    public let xmax: UInt64
    /// Those between that were in progress.
    public let inProgress: [UInt64]

    /// A snapshot by its parts.
    public init(xmin: UInt64, xmax: UInt64, inProgress: [UInt64]) {
        self.xmin = xmin
        self.xmax = xmax
        self.inProgress = inProgress
    }

    /// Whether a transaction is visible: it was over when the snapshot was taken.
    public func contains(_ transaction: UInt64) -> Bool {
        transaction < xmin || (transaction < xmax && !inProgress.contains(transaction))
    }
}

extension PGSnapshot: CustomStringConvertible {
    /// The server's text, for example `10:20:10,14,15`.
    public var description: String {
        "\(xmin):\(xmax):" + inProgress.map { String($0) }.joined(separator: ",")
    }
}

extension PGSnapshot: PGDecodable, PGEncodable {
    /// `pg_snapshot`.
    @inlinable public static var pgNaturalType: PGType { .pgSnapshot }

    /// A `pg_snapshot` or `txid_snapshot`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.pgSnapshot, .txidSnapshot],
            text: Self.scan, binary: Self.binary)
    }

    private static func scan(_ scanner: inout TextScanner) -> PGSnapshot? {
        func number() -> UInt64? {
            var value: UInt64 = 0
            let start = scanner.offset
            while let next = scanner.next, (48...57).contains(next) {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, beyond) = product.addingReportingOverflow(UInt64(next - 48))
                guard !overflow, !beyond else { return nil }
                value = sum
                scanner.offset += 1
            }
            return scanner.offset > start ? value : nil
        }
        guard let xmin = number(), scanner.take(":"), let xmax = number(), scanner.take(":")
        else { return nil }
        var inProgress: [UInt64] = []
        if !scanner.isAtEnd {
            repeat {
                guard let transaction = number() else { return nil }
                inProgress.append(transaction)
            } while scanner.take(",")
        }
        return PGSnapshot(xmin: xmin, xmax: xmax, inProgress: inProgress)
    }

    private static func binary(_ bytes: RawSpan) -> PGSnapshot? {
        guard let count: Int32 = bytes.integer(at: 0), count >= 0,
            bytes.byteCount == 20 + Int(count) * 8, let xmin: UInt64 = bytes.integer(at: 4),
            let xmax: UInt64 = bytes.integer(at: 12)
        else { return nil }
        var inProgress: [UInt64] = []
        for index in 0..<Int(count) {
            guard let transaction: UInt64 = bytes.integer(at: 20 + index * 8) else { return nil }
            inProgress.append(transaction)
        }
        return PGSnapshot(xmin: xmin, xmax: xmax, inProgress: inProgress)
    }

    /// A `pg_snapshot` or `txid_snapshot`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        guard let count = Int32(exactly: inProgress.count) else {
            throw PGError.cannotEncode(Self.self, type, format, "it is too long")
        }
        try ValueCodec.encode(
            self, into: &buffer, as: type, format, own: [.pgSnapshot, .txidSnapshot]
        ) {
            $0.append(count)
            $0.append(xmin)
            $0.append(xmax)
            for transaction in inProgress { $0.append(transaction) }
        }
    }
}
