/// A `timestamp` (without time zone): what a calendar and a clock show, wherever they hang, or
/// ±infinity (manual, 8.5).
public struct PGLocalTimestamp: Sendable, Hashable {
    /// Microseconds from 2000-01-01 00:00 on that clock; the least and the greatest Int64 are ±infinity.
    public let microsecondsSince2000: Int64

    /// A reading by its microseconds from 2000-01-01 00:00; nil outside of the server's range,
    /// 4713 BC to 294276 AD.
    public init?(microsecondsSince2000 value: Int64) {
        guard PGTimestamp(microsecondsSince2000: value) != nil else { return nil }
        microsecondsSince2000 = value
    }

    /// A reading of calendar and clock; ±infinity for such dates; nil outside of the server's range.
    public init?(_ date: PGDate, _ time: PGTime) {
        guard date.isFinite else {
            self = date == .infinity ? .infinity : .negativeInfinity
            return
        }
        let (start, overflow) = Int64(date.daysSince2000).multipliedReportingOverflow(
            by: CivilCalendar.microsecondsPerDay)
        let (value, beyond) = start.addingReportingOverflow(time.microseconds)
        guard !overflow, !beyond else { return nil }
        self.init(microsecondsSince2000: value)
    }

    init(unchecked value: Int64) { microsecondsSince2000 = value }

    /// Later than all.
    public static let infinity = PGLocalTimestamp(unchecked: .max)
    /// Earlier than all.
    public static let negativeInfinity = PGLocalTimestamp(unchecked: .min)

    /// Whether it is a reading of a clock.
    public var isFinite: Bool {
        microsecondsSince2000 != .max && microsecondsSince2000 != .min
    }

    private var parts: (quotient: Int64, remainder: Int64) {
        CivilCalendar.floorDivide(microsecondsSince2000, CivilCalendar.microsecondsPerDay)
    }

    /// What the calendar shows; ±infinity for those.
    public var date: PGDate {
        guard isFinite else { return self == .infinity ? .infinity : .negativeInfinity }
        // A timestamp's days are within those of dates.
        return PGDate(daysSince2000: Int32(truncatingIfNeeded: parts.quotient)) ?? .infinity
    }

    /// What the clock shows; nil for ±infinity.
    public var time: PGTime? { isFinite ? PGTime(microseconds: parts.remainder) : nil }

    /// The instant at which a clock so many seconds east of UTC shows this; nil outside of the
    /// server's range.
    public func instant(secondsFromUTC: Int) -> PGTimestamp? {
        guard isFinite else { return self == .infinity ? .infinity : .negativeInfinity }
        let (offset, overflow) = Int64(secondsFromUTC).multipliedReportingOverflow(by: 1_000_000)
        let (value, beyond) = microsecondsSince2000.subtractingReportingOverflow(offset)
        guard !overflow, !beyond, value != .max, value != .min else { return nil }
        return PGTimestamp(microsecondsSince2000: value)
    }
}

extension PGLocalTimestamp: Comparable {
    /// The server's order.
    public static func < (left: PGLocalTimestamp, right: PGLocalTimestamp) -> Bool {
        left.microsecondsSince2000 < right.microsecondsSince2000
    }
}

extension PGLocalTimestamp: CustomStringConvertible {
    /// The server's text in DateStyle ISO, for example `2024-02-29 12:00:00`.
    public var description: String { TimestampField.text(microsecondsSince2000, suffix: "") }
}

extension PGLocalTimestamp: PGDecodable, PGEncodable {
    /// `timestamp`.
    @inlinable public static var pgNaturalType: PGType { .timestamp }

    /// A `timestamp`, not a `timestamptz`; text in DateStyle ISO only.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        guard type != .timestamptz else { throw PGError.notA(Self.self, type, format) }
        if format == .binary, type == .timestamp || type == .unspecified, bytes.byteCount == 8,
            let value: Int64 = bytes.integer(at: 0),
            let timestamp = PGLocalTimestamp(microsecondsSince2000: value)
        {
            self = timestamp
            return
        }
        self.init(
            unchecked: try TimestampField.decode(Self.self, bytes, type, format, zone: false))
    }

    /// A `timestamp`, not a `timestamptz`: which instant that were depends on a zone.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .text {
            try description.encodeText(of: Self.self, [.timestamp], into: &buffer, as: type)
        } else if type.mayBe(.timestamp) {
            buffer.append(microsecondsSince2000)
        } else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}
