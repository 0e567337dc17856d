/// A `numeric`: a decimal number of any length, NaN or ±Infinity, with the number of digits that are
/// shown behind the point (manual, 8.1.2).
///
/// 1.0 and 1.00 are equal, and equal to the server; `scale` tells them apart.
public struct PGNumeric: Sendable {
    enum Sign: UInt16 {
        case positive = 0x0000
        case negative = 0x4000
        case notANumber = 0xC000
        case infinity = 0xD000
        case negativeInfinity = 0xF000
    }

    let sign: Sign
    /// The power of 10,000 of the first digit.
    let weight: Int
    /// Digits of base 10,000, the first and the last not 0; none is the number 0.
    let digits: [UInt16]
    /// The number of decimal digits behind the point.
    public let scale: Int

    /// Takes the digits without zeros in front and at the end.
    init(sign: Sign, weight: Int, digits: [UInt16], scale: Int) {
        let first = digits.firstIndex { $0 != 0 } ?? digits.count
        let end = (digits.lastIndex { $0 != 0 } ?? -1) + 1
        let isZero = first >= end
        self.sign = isZero && sign == .negative ? .positive : sign
        self.weight = isZero ? 0 : weight - first
        self.digits =
            isZero
            ? []
            : first == 0 && end == digits.count
                ? digits : Array(digits[first..<end])
        self.scale = scale
    }

    private init(special sign: Sign) {
        self.init(sign: sign, weight: 0, digits: [], scale: 0)
    }

    /// Not a number; equal to itself and greater than all numbers, as the server has it.
    public static let nan = PGNumeric(special: .notANumber)
    /// Greater than all numbers but NaN; PostgreSQL 14 and newer.
    public static let infinity = PGNumeric(special: .infinity)
    /// Less than all numbers; PostgreSQL 14 and newer.
    public static let negativeInfinity = PGNumeric(special: .negativeInfinity)

    /// An integer, exactly.
    public init(_ value: some BinaryInteger) {
        var rest = value.magnitude
        var digits: [UInt16] = []
        while rest != 0 {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10_000)
            digits.append(UInt16(truncatingIfNeeded: remainder))
            rest = quotient
        }
        digits.reverse()
        self.init(
            sign: value < 0 ? .negative : .positive, weight: digits.count - 1, digits: digits,
            scale: 0)
    }

    /// The shortest decimal number that is this Double and no other.
    public init(_ value: Double) {
        if value.isNaN {
            self = .nan
        } else if value.isInfinite {
            self = value < 0 ? .negativeInfinity : .infinity
        } else {
            // The text of a finite Double is within the type's limits.
            self = PGNumeric(value.description).map(\.withoutZerosBehindPoint) ?? .nan
        }
    }

    /// `1.0` as `1`: a Double's text has a zero that nobody wrote.
    var withoutZerosBehindPoint: PGNumeric {
        let isWhole = digits.count <= weight + 1
        return isWhole ? PGNumeric(sign: sign, weight: weight, digits: digits, scale: 0) : self
    }

    /// Whether it is NaN.
    public var isNaN: Bool { sign == .notANumber }
    /// Whether it is a number, neither NaN nor ±Infinity.
    public var isFinite: Bool { sign == .positive || sign == .negative }
    /// Whether it is less than zero.
    public var isNegative: Bool { sign == .negative || sign == .negativeInfinity }
    /// Whether it is zero.
    public var isZero: Bool { isFinite && digits.isEmpty }

    /// The number with its sign turned.
    public var negated: PGNumeric {
        let turned: Sign =
            switch sign {
            case .positive: .negative
            case .negative: .positive
            case .infinity: .negativeInfinity
            case .negativeInfinity: .infinity
            case .notANumber: .notANumber
            }
        return PGNumeric(sign: turned, weight: weight, digits: digits, scale: scale)
    }
}

extension FixedWidthInteger {
    /// A numeric that is whole and within the range; nil where it is not.
    public init?(exactly value: PGNumeric) {
        guard value.isFinite, value.digits.count <= value.weight + 1 || value.isZero else {
            return nil
        }
        var result: Self = 0
        guard !value.isZero else {
            self = result
            return
        }
        // Ten thousand may not fit: a decimal digit at a time.
        for index in 0...value.weight {
            var digit = index < value.digits.count ? Int(value.digits[index]) : 0
            for _ in 0..<4 {
                let (product, overflow) = result.multipliedReportingOverflow(by: 10)
                let one = Self(truncatingIfNeeded: digit / 1000)
                let (sum, beyond) =
                    value.sign == .negative
                    ? product.subtractingReportingOverflow(one)
                    : product.addingReportingOverflow(one)
                guard !overflow, !beyond else { return nil }
                result = sum
                digit = digit % 1000 * 10
            }
        }
        self = result
    }
}

extension Double {
    /// The nearest Double; ±infinity beyond its range.
    public init(_ value: PGNumeric) {
        switch value.sign {
        case .notANumber: self = .nan
        case .infinity: self = .infinity
        case .negativeInfinity: self = -.infinity
        case .positive, .negative:
            // A number that the text's digits make too great comes back as infinity or nil.
            let text = value.description
            self = Double(text) ?? (value.isNegative ? -.infinity : .infinity)
        }
    }
}

extension PGNumeric: Comparable {
    /// Whether they are the same number, whatever their scale.
    public static func == (left: PGNumeric, right: PGNumeric) -> Bool {
        left.sign == right.sign && left.weight == right.weight && left.digits == right.digits
    }

    /// The server's order: -Infinity, the numbers, Infinity, NaN.
    public static func < (left: PGNumeric, right: PGNumeric) -> Bool {
        let ranks = (left.rank, right.rank)
        if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
        switch left.sign {
        case .positive: return compareMagnitude(left, right) < 0
        case .negative: return compareMagnitude(right, left) < 0
        default: return false
        }
    }

    private var rank: Int {
        switch sign {
        case .negativeInfinity: 0
        case .negative: 1
        case .positive: digits.isEmpty ? 2 : 3
        case .infinity: 4
        case .notANumber: 5
        }
    }

    private static func compareMagnitude(_ left: PGNumeric, _ right: PGNumeric) -> Int {
        if left.weight != right.weight { return left.weight < right.weight ? -1 : 1 }
        for (one, other) in zip(left.digits, right.digits) where one != other {
            return one < other ? -1 : 1
        }
        return left.digits.count - right.digits.count
    }
}

extension PGNumeric: Hashable {
    /// Hashes the number, not its scale.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sign)
        hasher.combine(weight)
        hasher.combine(digits)
    }
}

extension PGNumeric: ExpressibleByIntegerLiteral {
    /// An integer.
    public init(integerLiteral value: Int) { self.init(value) }
}
