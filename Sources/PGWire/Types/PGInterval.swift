/// An `interval`: months, days and microseconds, which have no fixed ratio (manual, 8.5.4).
public struct PGInterval: Sendable, Hashable {
    /// Months, twelve a year.
    public var months: Int32
    /// Days, which may have 23 to 25 hours.
    public var days: Int32
    /// Microseconds of hours, minutes and seconds.
    public var microseconds: Int64

    /// An interval by its three parts, each with its own sign.
    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }

    /// An interval of a duration, rounded down to a microsecond; nil beyond 292,000 years.
    public init?(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, beyond) = whole.addingReportingOverflow(
            CivilCalendar.floorDivide(attoseconds, 1_000_000_000_000).quotient)
        guard !overflow, !beyond else { return nil }
        self.init(microseconds: sum)
    }

    /// Longer than all intervals; PostgreSQL 17 and newer.
    public static let infinity = PGInterval(months: .max, days: .max, microseconds: .max)
    /// Shorter than all intervals; PostgreSQL 17 and newer.
    public static let negativeInfinity = PGInterval(months: .min, days: .min, microseconds: .min)

    /// The duration; nil where it has months or days, which have none.
    public var duration: Duration? {
        months == 0 && days == 0 ? .microseconds(microseconds) : nil
    }
}

extension PGInterval: CustomStringConvertible {
    /// Text that a server with any IntervalStyle reads as this interval: every part with its sign.
    public var description: String {
        if self == .infinity { return "infinity" }
        if self == .negativeInfinity { return "-infinity" }
        let (seconds, fraction) = microseconds.magnitude.quotientAndRemainder(
            dividingBy: 1_000_000)
        let minutes = Int(seconds / 60 % 60)
        let rest = Int(seconds % 60)
        var time =
            "\(seconds / 3600):\(CivilCalendar.padded(minutes, 2)):\(CivilCalendar.padded(rest, 2))"
        if fraction != 0 { time += "." + CivilCalendar.trimmed(Int64(fraction)) }
        return "\(Self.signed(months)) mons \(Self.signed(days)) days "
            + (microseconds < 0 ? "-" : "+") + time
    }

    private static func signed(_ value: Int32) -> String { value < 0 ? "\(value)" : "+\(value)" }
}

extension PGInterval: PGDecodable, PGEncodable {
    /// `interval`.
    @inlinable public static var pgNaturalType: PGType { .interval }

    /// An `interval`; text in any of the four IntervalStyles.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        guard type.mayBe(.interval) else {
            throw PGError.notA(Self.self, type, format)
        }
        if format == .text {
            guard let value = bytes.scan({ IntervalText.scan(&$0) }) else {
                throw PGError.notA(Self.self, type, format)
            }
            self = value
            return
        }
        guard bytes.byteCount == 16, let microseconds: Int64 = bytes.integer(at: 0),
            let days: Int32 = bytes.integer(at: 8), let months: Int32 = bytes.integer(at: 12)
        else { throw PGError.notA(Self.self, type, format) }
        self.init(months: months, days: days, microseconds: microseconds)
    }

    /// An `interval`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .text {
            try description.encodeText(of: Self.self, [.interval], into: &buffer, as: type)
        } else if type.mayBe(.interval) {
            buffer.append(microseconds)
            buffer.append(days)
            buffer.append(months)
        } else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}
