/// A `money`: an amount in the smallest unit of the database's currency (manual, 8.2).
///
/// How many of them make one, and how the amount is written, depends on `lc_monetary`. So it is sent
/// in binary only, and text is read only where it can mean one thing: `-$1,234.56`.
public struct PGMoney: Sendable, Hashable {
    /// Smallest units: cents where the currency has two digits behind the point.
    public let units: Int64

    /// An amount in smallest units.
    public init(units: Int64) { self.units = units }
}

extension PGMoney: PGDecodable, PGEncodable {
    /// `money`.
    @inlinable public static var pgNaturalType: PGType { .money }

    /// A `money`; text with a dollar sign or none, commas between thousands, and a point and just
    /// two digits at its end.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        guard type.mayBe(.money) else {
            throw PGError.notA(Self.self, type, format)
        }
        if format == .binary {
            guard bytes.byteCount == 8, let units: Int64 = bytes.integer(at: 0) else {
                throw PGError.notA(Self.self, type, format)
            }
            self.init(units: units)
            return
        }
        guard let units = bytes.scan({ Self.scan(&$0) }) else {
            throw PGError(
                .decodingFailed,
                "money in text depends on lc_monetary, and this one is not certain: ask for binary")
        }
        self.init(units: units)
    }

    private static func scan(_ scanner: inout TextScanner) -> Int64? {
        let isNegative = scanner.take("-")
        _ = scanner.take("$")
        // Downwards, because the least value has no positive.
        var value: Int64 = 0
        func add(_ number: Int64, _ factor: Int64) -> Bool {
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            let (sum, beyond) = product.subtractingReportingOverflow(number)
            value = sum
            return !overflow && !beyond
        }
        guard let first = scanner.digits(1...18), add(first, 1) else { return nil }
        let isGrouped = scanner.next == UInt8(ascii: ",")
        guard !isGrouped || first < 1000 else { return nil }
        while isGrouped, scanner.take(",") {
            guard let group = scanner.digits(3...3), add(group, 1000) else { return nil }
        }
        guard scanner.take("."), let cents = scanner.digits(2...2), add(cents, 100) else {
            return nil
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// A `money` in binary.
    ///
    /// - Throws: `encodingFailed` in text, which another `lc_monetary` would read as another amount.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        guard format == .binary, type.mayBe(.money) else {
            throw PGError.cannotEncode(
                Self.self, type, format, "money in text depends on lc_monetary")
        }
        buffer.append(units)
    }

    /// Binary, always.
    public func pgFormat(as type: PGType) -> PGFormat { .binary }
}
