/// A `date`: a day of the proleptic Gregorian calendar, or ±infinity (manual, 8.5).
public struct PGDate: Sendable, Hashable {
    /// Days from 2000-01-01; the least and the greatest Int32 stand for ±infinity.
    public let daysSince2000: Int32

    /// A day by its count from 2000-01-01; nil outside of the server's range, 4713 BC to
    /// 5874897 AD.
    public init?(daysSince2000 days: Int32) {
        guard (-2_451_545..<2_145_031_949).contains(days) || days == .max || days == .min else {
            return nil
        }
        daysSince2000 = days
    }

    /// A day by its date; nil where there is none such in the server's range.
    ///
    /// - Parameters:
    ///   - year: the astronomical year: 0 is 1 BC, -1 is 2 BC.
    ///   - month: 1 to 12.
    ///   - day: 1 to 31.
    public init?(year: Int, month: Int, day: Int) {
        guard let days = CivilCalendar.days(year: year, month: month, day: day),
            let short = Int32(exactly: days), short < 2_145_031_949
        else { return nil }
        self.init(daysSince2000: short)
    }

    private init(unchecked days: Int32) { daysSince2000 = days }

    /// Later than all days.
    public static let infinity = PGDate(unchecked: .max)
    /// Earlier than all days.
    public static let negativeInfinity = PGDate(unchecked: .min)

    /// Whether it is a day.
    public var isFinite: Bool { daysSince2000 != .max && daysSince2000 != .min }

    /// Year (astronomical: 0 is 1 BC), month and day; nil for ±infinity.
    public var components: (year: Int, month: Int, day: Int)? {
        isFinite ? CivilCalendar.date(days: Int64(daysSince2000)) : nil
    }

    /// Days from 1970-01-01; nil for ±infinity.
    public var daysSince1970: Int? { isFinite ? Int(daysSince2000) + 10_957 : nil }
}

extension PGDate: Comparable {
    /// The server's order.
    public static func < (left: PGDate, right: PGDate) -> Bool {
        left.daysSince2000 < right.daysSince2000
    }
}

extension PGDate: CustomStringConvertible {
    /// The server's text in DateStyle ISO.
    public var description: String {
        guard isFinite else { return self == .infinity ? "infinity" : "-infinity" }
        let (text, isBC) = CivilCalendar.text(days: Int64(daysSince2000))
        return isBC ? text + " BC" : text
    }
}

extension PGDate: PGDecodable, PGEncodable {
    /// `date`.
    @inlinable public static var pgNaturalType: PGType { .date }

    /// A `date`; text in DateStyle ISO only.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        guard type.mayBe(.date) else {
            throw PGError.notA(Self.self, type, format)
        }
        if format == .binary {
            guard bytes.byteCount == 4, let days: Int32 = bytes.integer(at: 0),
                let value = PGDate(daysSince2000: days)
            else { throw PGError.notA(Self.self, type, format) }
            self = value
            return
        }
        let value = bytes.scan { scanner -> PGDate? in
            if scanner.take(word: "infinity") { return .infinity }
            if scanner.take(word: "-infinity") { return .negativeInfinity }
            guard let date = CivilCalendar.scanDate(&scanner) else { return nil }
            let isBC = scanner.take(word: " BC")
            return CivilCalendar.days(date, isBC: isBC).flatMap { Int32(exactly: $0) }
                .flatMap { $0 == .max ? nil : PGDate(daysSince2000: $0) }
        }
        guard let value else { throw CivilCalendar.notISO(Self.self) }
        self = value
    }

    /// A `date`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if format == .text {
            try description.encodeText(of: Self.self, [.date], into: &buffer, as: type)
        } else if type.mayBe(.date) {
            buffer.append(daysSince2000)
        } else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}

extension String {
    /// Appends a value's text where a type takes it: its own types, text, and types unknown here.
    @usableFromInline func encodeText(
        of given: Any.Type, _ own: [PGType], into buffer: inout PGValueBuffer, as type: PGType
    ) throws(PGError) {
        guard type == .unspecified || !type.isBuiltIn || type.isText || own.contains(type) else {
            throw PGError.cannotEncode(given, type, .text)
        }
        buffer.append(text: self)
    }
}
