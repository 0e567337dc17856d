/// The proleptic Gregorian calendar and the 24-hour clock, as the server counts them.
///
/// That is, days and microseconds from 2000-01-01 (manual, appendix B). Years are astronomical: 0 is 1 BC.
enum CivilCalendar {
    static let microsecondsPerDay: Int64 = 86_400_000_000
    /// 2000-01-01 00:00 UTC in microseconds since 1970-01-01 00:00 UTC.
    static let unixEpochOffset: Int64 = 946_684_800_000_000

    /// Days from 2000-01-01; nil where there is no such day.
    static func days(year: Int, month: Int, day: Int) -> Int64? {
        guard (-5000...6_000_000).contains(year), (1...12).contains(month), day >= 1,
            day <= length(year: year, month: month)
        else { return nil }
        // Years begin in March, so that the leap day is the last.
        let shifted = Int64(month > 2 ? year : year - 1)
        let monthFromMarch = Int64((month + 9) % 12)
        let era = floorDivide(shifted, 400).quotient
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 730_425
    }

    /// Year, month and day of a count of days from 2000-01-01.
    static func date(days: Int64) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivide(days + 730_425, 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (Int(year), Int(month), Int(day))
    }

    static func length(year: Int, month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Quotient towards minus infinity, remainder not negative; the divisor is positive.
    static func floorDivide(
        _ value: Int64, _ divisor: Int64
    ) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    // MARK: Text, DateStyle ISO

    /// `2024-02-29`, without the BC that ends the whole text.
    static func text(days: Int64) -> (text: String, isBC: Bool) {
        let (year, month, day) = date(days: days)
        let shown = year > 0 ? year : 1 - year
        return ("\(padded(shown, 4))-\(padded(month, 2))-\(padded(day, 2))", year <= 0)
    }

    /// `23:59:59.5`; the clock may show 24:00:00.
    static func text(time microseconds: Int64) -> String {
        let (seconds, fraction) = floorDivide(microseconds, 1_000_000)
        let clock =
            "\(padded(Int(seconds / 3600), 2)):\(padded(Int(seconds / 60 % 60), 2)):\(padded(Int(seconds % 60), 2))"
        return fraction == 0 ? clock : clock + "." + trimmed(fraction)
    }

    /// `+01`, `-03:30` or `+05:53:28`, from seconds east of UTC.
    static func text(offset: Int) -> String {
        let size = abs(offset)
        var text = (offset < 0 ? "-" : "+") + padded(size / 3600, 2)
        if size % 3600 != 0 { text += ":" + padded(size / 60 % 60, 2) }
        if size % 60 != 0 { text += ":" + padded(size % 60, 2) }
        return text
    }

    /// Six digits without the zeros at their end.
    static func trimmed(_ millionths: Int64) -> String {
        var text = padded(Int(millionths), 6)
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }

    static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return digits.utf8.count >= width
            ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
    }

    /// A date whose year is written with four digits or more, so that no other DateStyle fits.
    static func scanDate(_ scanner: inout TextScanner) -> (year: Int, month: Int, day: Int)? {
        guard let year = scanner.digits(4...7), scanner.take("-"),
            let month = scanner.digits(2...2), scanner.take("-"),
            let day = scanner.digits(2...2)
        else { return nil }
        return (Int(year), Int(month), Int(day))
    }

    /// Days of a scanned date; a year BC is counted from 1.
    static func days(_ date: (year: Int, month: Int, day: Int), isBC: Bool) -> Int64? {
        guard date.year > 0 else { return nil }
        return days(year: isBC ? 1 - date.year : date.year, month: date.month, day: date.day)
    }

    /// Microseconds of a time of day, up to 24:00:00.
    static func scanTime(_ scanner: inout TextScanner) -> Int64? {
        guard let hour = scanner.digits(2...2), hour <= 24, scanner.take(":"),
            let minute = scanner.digits(2...2), minute < 60, scanner.take(":"),
            let second = scanner.digits(2...2), second < 60
        else { return nil }
        var fraction: Int64 = 0
        if scanner.take(".") {
            guard let millionths = scanner.millionths() else { return nil }
            fraction = millionths
        }
        let value = (hour * 3600 + minute * 60 + second) * 1_000_000 + fraction
        return value <= microsecondsPerDay ? value : nil
    }

    /// Seconds east of UTC; the server's zones are within 16 hours.
    static func scanOffset(_ scanner: inout TextScanner) -> Int? {
        let isWest = scanner.take("-")
        guard isWest || scanner.take("+"), let hours = scanner.digits(2...2), hours < 16 else {
            return nil
        }
        var seconds = hours * 3600
        if scanner.take(":") {
            guard let minutes = scanner.digits(2...2), minutes < 60 else { return nil }
            seconds += minutes * 60
            if scanner.take(":") {
                guard let rest = scanner.digits(2...2), rest < 60 else { return nil }
                seconds += rest
            }
        }
        return Int(isWest ? -seconds : seconds)
    }

    /// What to say of a text that is not in DateStyle ISO.
    static func notISO(_ wanted: Any.Type) -> PGError {
        PGError(
            .decodingFailed,
            "a text is not a \(wanted): only DateStyle ISO is read, set the connection's DateStyle to ISO"
        )
    }
}
