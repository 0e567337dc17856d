/// A `time`: what a clock shows, 00:00:00 to 24:00:00, in microseconds (manual, 8.5).
public struct PGTime: Sendable, Hashable {
    /// Microseconds since midnight, 0 to 86,400,000,000.
    public let microseconds: Int64

    /// A time by its microseconds since midnight; nil outside of a day.
    public init?(microseconds: Int64) {
        guard (0...CivilCalendar.microsecondsPerDay).contains(microseconds) else { return nil }
        self.microseconds = microseconds
    }

    /// A time by its parts; nil where one is out of its range.
    public init?(hour: Int, minute: Int, second: Int, microsecond: Int = 0) {
        guard (0...24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
            (0..<1_000_000).contains(microsecond)
        else { return nil }
        let seconds = Int64(hour * 3600 + minute * 60 + second)
        self.init(microseconds: seconds * 1_000_000 + Int64(microsecond))
    }

    /// The time since midnight.
    public var sinceMidnight: Duration { .microseconds(microseconds) }
}

extension PGTime: Comparable {
    /// Earlier in the day.
    public static func < (left: PGTime, right: PGTime) -> Bool {
        left.microseconds < right.microseconds
    }
}

extension PGTime: CustomStringConvertible {
    /// The server's text, for example `23:59:59.5`.
    public var description: String { CivilCalendar.text(time: microseconds) }
}

extension PGTime: PGDecodable, PGEncodable {
    /// `time`.
    @inlinable public static var pgNaturalType: PGType { .time }

    /// A `time`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        let value: PGTime?
        if format == .text {
            value = bytes.scan { CivilCalendar.scanTime(&$0) }.flatMap { PGTime(microseconds: $0) }
        } else {
            value =
                bytes.byteCount == 8
                ? bytes.integer(at: 0, as: Int64.self).flatMap { PGTime(microseconds: $0) } : nil
        }
        guard let value, type.mayBe(.time) else {
            throw PGError.notA(Self.self, type, format)
        }
        self = value
    }

    /// A `time`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .text {
            try description.encodeText(of: Self.self, [.time], into: &buffer, as: type)
        } else if type.mayBe(.time) {
            buffer.append(microseconds)
        } else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}

/// A `timetz`: what a clock shows, and how far that clock is from UTC (manual, 8.5).
public struct PGTimeWithZone: Sendable, Hashable {
    /// What the clock shows.
    public let time: PGTime
    /// Seconds east of UTC, within 16 hours.
    public let secondsFromUTC: Int

    /// A time in a zone; nil where the zone is 16 hours or more from UTC.
    public init?(_ time: PGTime, secondsFromUTC: Int) {
        guard abs(secondsFromUTC.clamped) < 16 * 3600 else { return nil }
        self.time = time
        self.secondsFromUTC = secondsFromUTC
    }
}

extension PGTimeWithZone: CustomStringConvertible {
    /// The server's text, for example `12:00:00+05:30`.
    public var description: String {
        time.description + CivilCalendar.text(offset: secondsFromUTC)
    }
}

extension PGTimeWithZone: PGDecodable, PGEncodable {
    /// `timetz`.
    @inlinable public static var pgNaturalType: PGType { .timetz }

    /// A `timetz`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        var value: PGTimeWithZone?
        if format == .text {
            value = bytes.scan { scanner -> PGTimeWithZone? in
                guard
                    let time = CivilCalendar.scanTime(&scanner).flatMap({ PGTime(microseconds: $0) }
                    ),
                    let offset = CivilCalendar.scanOffset(&scanner)
                else { return nil }
                return PGTimeWithZone(time, secondsFromUTC: offset)
            }
        } else if bytes.byteCount == 12, let time: Int64 = bytes.integer(at: 0),
            let west: Int32 = bytes.integer(at: 8)
        {
            // The server counts seconds west of UTC.
            value = PGTime(microseconds: time).flatMap {
                PGTimeWithZone($0, secondsFromUTC: -Int(west))
            }
        }
        guard let value, type.mayBe(.timetz) else {
            throw PGError.notA(Self.self, type, format)
        }
        self = value
    }

    /// A `timetz`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .text {
            try description.encodeText(of: Self.self, [.timetz], into: &buffer, as: type)
        } else if type.mayBe(.timetz) {
            buffer.append(time.microseconds)
            buffer.append(Int32(-secondsFromUTC))
        } else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}

extension Int {
    /// The value, or the nearest that has a negative.
    fileprivate var clamped: Int { Swift.max(self, -Int.max) }
}
