/// The text of intervals in the four styles that a server writes (manual, 8.5.5).
struct IntervalText {
    private var months: Int64 = 0
    private var days: Int64 = 0
    private var microseconds: Int64 = 0
    private var failed = false
    /// Days without a unit, which only sql_standard writes, and a time behind them.
    private var awaitsClock = false

    /// Reads the whole text; nil where it is none of the four styles, or beyond the type's range.
    static func scan(_ scanner: inout TextScanner) -> PGInterval? {
        if scanner.isAll("infinity") || scanner.isAll("-infinity") {
            let isNegative = scanner.next == UInt8(ascii: "-")
            scanner.offset = scanner.text.count
            return isNegative ? .negativeInfinity : .infinity
        }
        var text = IntervalText()
        if scanner.take("P") { return text.iso(&scanner) }
        let isVerbose = scanner.take("@")
        if isVerbose, !scanner.take(" ") { return nil }
        return text.words(&scanner, isVerbose: isVerbose)
    }

    private var value: PGInterval? {
        guard !failed, !awaitsClock, let months = Int32(exactly: months),
            let days = Int32(exactly: days)
        else {
            return nil
        }
        return PGInterval(months: months, days: days, microseconds: microseconds)
    }

    /// Adds a number of units to a part, with its sign.
    private mutating func add(
        _ part: WritableKeyPath<IntervalText, Int64>, _ count: Int64, _ unit: Int64,
        _ isNegative: Bool
    ) {
        let (product, overflow) = (isNegative ? -count : count).multipliedReportingOverflow(
            by: unit)
        let (sum, beyond) = self[keyPath: part].addingReportingOverflow(product)
        if overflow || beyond { failed = true } else { self[keyPath: part] = sum }
    }

    private mutating func add(word unit: Substring, _ count: Int64, _ isNegative: Bool) -> Bool {
        switch unit {
        case "year": add(\.months, count, 12, isNegative)
        case "mon": add(\.months, count, 1, isNegative)
        case "day": add(\.days, count, 1, isNegative)
        case "hour": add(\.microseconds, count, 3_600_000_000, isNegative)
        case "min": add(\.microseconds, count, 60_000_000, isNegative)
        case "sec": add(\.microseconds, count, 1_000_000, isNegative)
        default: return false
        }
        return true
    }

    // MARK: iso_8601

    private mutating func iso(_ scanner: inout TextScanner) -> PGInterval? {
        var isTime = false
        while !scanner.isAtEnd {
            if scanner.take("T") {
                guard !isTime, !scanner.isAtEnd else { return nil }
                isTime = true
            }
            let isNegative = scanner.take("-")
            guard let count = scanner.digits() else { return nil }
            if scanner.take(".") {
                guard let fraction = scanner.millionths() else { return nil }
                guard isTime, scanner.next == UInt8(ascii: "S") else { return nil }
                add(\.microseconds, fraction, 1, isNegative)
            }
            guard let unit = scanner.next else { return nil }
            scanner.offset += 1
            let known: Bool =
                switch (Unicode.Scalar(unit), isTime) {
                case ("Y", false): add(word: "year", count, isNegative)
                case ("M", false): add(word: "mon", count, isNegative)
                case ("D", false): add(word: "day", count, isNegative)
                case ("H", true): add(word: "hour", count, isNegative)
                case ("M", true): add(word: "min", count, isNegative)
                case ("S", true): add(word: "sec", count, isNegative)
                default: false
                }
            guard known else { return nil }
        }
        return scanner.offset > 1 ? value : nil
    }

    // MARK: postgres, postgres_verbose, sql_standard

    private mutating func words(_ scanner: inout TextScanner, isVerbose: Bool) -> PGInterval? {
        // In sql_standard a sign in front is that of all parts without one.
        var inherited: Bool?
        var count = 0
        while true {
            let hasSign = scanner.next == UInt8(ascii: "-") || scanner.next == UInt8(ascii: "+")
            let isNegative = hasSign ? scanner.take("-") : inherited ?? false
            if hasSign, !isNegative { _ = scanner.take("+") }
            guard let number = scanner.digits() else { return nil }
            count += 1
            switch scanner.next {
            case UInt8(ascii: ":"):
                guard !isVerbose, clock(&scanner, number, isNegative) else { return nil }
            case UInt8(ascii: "-"):
                // Years and months of sql_standard; behind the sign there are digits.
                scanner.offset += 1
                guard !isVerbose, let months = scanner.digits(1...2), months < 12 else {
                    return nil
                }
                add(\.months, number, 12, isNegative)
                add(\.months, months, 1, isNegative)
                inherited = inherited ?? isNegative
            default:
                var fraction: Int64 = 0
                let hasFraction = isVerbose && scanner.take(".")
                if hasFraction {
                    guard let millionths = scanner.millionths() else { return nil }
                    fraction = millionths
                }
                if let unit = unit(&scanner) {
                    if hasFraction, unit != "sec" { return nil }
                    guard add(word: unit, number, isNegative) else { return nil }
                    add(\.microseconds, fraction, 1, isNegative)
                } else if isVerbose || (scanner.isAtEnd && count == 1) {
                    // `0` and `@ 0`: nothing at all.
                    guard number == 0, fraction == 0, scanner.isAtEnd, count == 1 else {
                        return nil
                    }
                } else {
                    // A number without a unit: the days of sql_standard.
                    add(\.days, number, 1, isNegative)
                    awaitsClock = true
                    inherited = inherited ?? isNegative
                }
            }
            if scanner.isAtEnd { return value }
            guard scanner.take(" ") else { return nil }
            if isVerbose, scanner.take(word: "ago") { return scanner.isAtEnd ? negated : nil }
        }
    }

    /// A blank and a unit, in singular.
    private func unit(_ scanner: inout TextScanner) -> Substring? {
        guard scanner.next == UInt8(ascii: " "), let first = scanner.peek(1),
            (97...122).contains(first)
        else { return nil }
        scanner.offset += 1
        let start = scanner.offset
        while let next = scanner.next, (97...122).contains(next), scanner.offset - start < 8 {
            scanner.offset += 1
        }
        let word = String(
            decoding: UnsafeRawBufferPointer(rebasing: scanner.text[start..<scanner.offset]),
            as: UTF8.self)
        return word.hasSuffix("s") ? word.dropLast() : word[...]
    }

    /// Minutes and seconds behind a number of hours.
    private mutating func clock(
        _ scanner: inout TextScanner, _ hours: Int64, _ isNegative: Bool
    ) -> Bool {
        guard scanner.take(":"), let minutes = scanner.digits(2...2), minutes < 60,
            scanner.take(":"), let seconds = scanner.digits(2...2), seconds < 60
        else { return false }
        awaitsClock = false
        add(\.microseconds, hours, 3_600_000_000, isNegative)
        add(\.microseconds, minutes * 60 + seconds, 1_000_000, isNegative)
        if scanner.take(".") {
            guard let fraction = scanner.millionths() else { return false }
            add(\.microseconds, fraction, 1, isNegative)
        }
        return true
    }

    private var negated: PGInterval? {
        var copy = self
        copy.months = -months
        copy.days = -days
        guard microseconds != .min, months != .min, days != .min else { return nil }
        copy.microseconds = -microseconds
        return copy.value
    }
}
