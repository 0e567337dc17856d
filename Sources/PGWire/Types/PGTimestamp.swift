/// A `timestamptz`: an instant, in microseconds, or ±infinity (manual, 8.5).
///
/// The server keeps instants without a zone, so this has none. It also reads and writes a `timestamp`,
/// as what a clock in UTC shows; a `PGLocalTimestamp` says better that there is no zone.
@frozen public struct PGTimestamp: Sendable, Hashable {
    /// Microseconds from 2000-01-01 00:00 UTC; the least and the greatest Int64 are ±infinity.
    public let microsecondsSince2000: Int64

    /// An instant by its microseconds from 2000-01-01 00:00 UTC; nil outside of the server's range,
    /// 4713 BC to 294276 AD.
    @inlinable public init?(microsecondsSince2000 value: Int64) {
        // The last two are the infinities.
        guard
            value >= -211_813_488_000_000_000 && value < 9_223_371_331_200_000_000
                || value == .max || value == .min
        else { return nil }
        microsecondsSince2000 = value
    }

    @usableFromInline init(unchecked value: Int64) { microsecondsSince2000 = value }

    /// An instant by its microseconds from 1970-01-01 00:00 UTC; nil outside of the server's range.
    public init?(unixMicroseconds value: Int64) {
        let (since2000, overflow) = value.subtractingReportingOverflow(
            CivilCalendar.unixEpochOffset)
        guard !overflow, since2000 != .min, since2000 != .max else { return nil }
        self.init(microsecondsSince2000: since2000)
    }

    /// An instant by its time since 1970-01-01 00:00 UTC, rounded down to a microsecond; nil outside
    /// of the server's range.
    public init?(sinceUnixEpoch duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let fraction = CivilCalendar.floorDivide(attoseconds, 1_000_000_000_000).quotient
        let (sum, beyond) = whole.addingReportingOverflow(fraction)
        guard !overflow, !beyond else { return nil }
        self.init(unixMicroseconds: sum)
    }

    /// Later than all instants.
    public static var infinity: PGTimestamp { PGTimestamp(unchecked: .max) }
    /// Earlier than all instants.
    public static var negativeInfinity: PGTimestamp { PGTimestamp(unchecked: .min) }

    /// Whether it is an instant.
    @inlinable public var isFinite: Bool {
        microsecondsSince2000 != .max && microsecondsSince2000 != .min
    }

    /// Microseconds from 1970-01-01 00:00 UTC; nil for ±infinity, and for the last 30 years of the
    /// server's range, which an Int64 cannot count from there.
    public var unixMicroseconds: Int64? {
        guard isFinite else { return nil }
        let (value, overflow) = microsecondsSince2000.addingReportingOverflow(
            CivilCalendar.unixEpochOffset)
        return overflow ? nil : value
    }

    /// The time since 1970-01-01 00:00 UTC; nil for ±infinity.
    public var sinceUnixEpoch: Duration? {
        isFinite
            ? .microseconds(microsecondsSince2000)
                + .microseconds(CivilCalendar.unixEpochOffset) : nil
    }

    /// What a calendar and a clock in UTC show.
    public var utc: PGLocalTimestamp { PGLocalTimestamp(unchecked: microsecondsSince2000) }
}

extension PGTimestamp: Comparable {
    /// The server's order.
    @inlinable public static func < (left: PGTimestamp, right: PGTimestamp) -> Bool {
        left.microsecondsSince2000 < right.microsecondsSince2000
    }
}

extension PGTimestamp: CustomStringConvertible {
    /// The server's text in DateStyle ISO and UTC, for example `2024-02-29 12:00:00+00`.
    public var description: String {
        TimestampField.text(microsecondsSince2000, suffix: "+00")
    }
}

extension PGTimestamp: PGDecodable, PGEncodable {
    /// `timestamptz`.
    @inlinable public static var pgNaturalType: PGType { .timestamptz }

    /// A `timestamptz`, or a `timestamp` as in UTC; text in DateStyle ISO only.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary, bytes.byteCount == 8,
            type == .timestamptz || type == .timestamp || type == .unspecified
        {
            let value = Int64(bigEndian: bytes.unsafeLoadUnaligned(as: Int64.self))
            if let timestamp = PGTimestamp(microsecondsSince2000: value) {
                self = timestamp
                return
            }
        }
        self.init(
            unchecked: try TimestampField.decode(
                Self.self, bytes, type, format, zone: type == .timestamp ? false : nil))
    }

    /// A `timestamptz`, or a `timestamp` as in UTC.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .binary,
            type == .timestamptz || type.mayBe(.timestamp)
        {
            return buffer.append(microsecondsSince2000)
        }
        guard format == .text else { throw PGError.cannotEncode(Self.self, type, format) }
        try (type == .timestamp ? utc.description : description).encodeText(
            of: Self.self, [.timestamptz, .timestamp], into: &buffer, as: type)
    }
}

/// The text of timestamps in DateStyle ISO.
@usableFromInline enum TimestampField {
    static func text(_ value: Int64, suffix: String) -> String {
        if value == .max { return "infinity" }
        if value == .min { return "-infinity" }
        let (days, time) = CivilCalendar.floorDivide(value, CivilCalendar.microsecondsPerDay)
        let (date, isBC) = CivilCalendar.text(days: days)
        return date + " " + CivilCalendar.text(time: time) + suffix + (isBC ? " BC" : "")
    }

    /// Reads text; `zone` says whether an offset must be there, may not be, or nil for either.
    @usableFromInline static func decode(
        _ wanted: Any.Type, _ bytes: RawSpan, _ type: PGType, _ format: PGFormat, zone: Bool?
    ) throws(PGError) -> Int64 {
        guard format == .text,
            type == .timestamptz || type.mayBe(.timestamp)
        else { throw PGError.notA(wanted, type, format) }
        let value = bytes.scan { scanner -> Int64? in
            if scanner.take(word: "infinity") { return .max }
            if scanner.take(word: "-infinity") { return .min }
            return scan(&scanner, zone: zone)
        }
        guard let value else { throw CivilCalendar.notISO(wanted) }
        return value
    }

    private static func scan(_ scanner: inout TextScanner, zone: Bool?) -> Int64? {
        guard let date = CivilCalendar.scanDate(&scanner), scanner.take(" "),
            let time = CivilCalendar.scanTime(&scanner)
        else { return nil }
        var offset = 0
        let hasZone = scanner.next == UInt8(ascii: "+") || scanner.next == UInt8(ascii: "-")
        guard zone == nil || zone == hasZone else { return nil }
        if hasZone {
            guard let seconds = CivilCalendar.scanOffset(&scanner) else { return nil }
            offset = seconds
        }
        let isBC = scanner.take(word: " BC")
        // The last day that Int64 has is in the year 294277, beyond the server's range.
        guard let days = CivilCalendar.days(date, isBC: isBC), abs(days) < 106_751_991 else {
            return nil
        }
        let value =
            days * CivilCalendar.microsecondsPerDay + time - Int64(offset) * 1_000_000
        return PGTimestamp(microsecondsSince2000: value)?.microsecondsSince2000
    }
}
