extension PGNumeric: LosslessStringConvertible {
    /// A decimal number such as `-12.50` or `1e-7`, `NaN`, `Infinity` or `-Infinity`; nil where it
    /// is none, or has more digits than the server takes: 131,072 before and 16,383 behind the point.
    public init?(_ description: String) {
        let value = Array(description.utf8).span.bytes.scan { Self.scan(&$0) }
        guard let value else { return nil }
        self = value
    }

    /// The server's text: all digits, as many behind the point as `scale` says.
    public var description: String {
        switch sign {
        case .notANumber: return "NaN"
        case .infinity: return "Infinity"
        case .negativeInfinity: return "-Infinity"
        case .positive, .negative: break
        }
        var text: [UInt8] = sign == .negative ? [UInt8(ascii: "-")] : []
        text.reserveCapacity(max(weight, 0) * 4 + scale + 8)
        if weight < 0 || digits.isEmpty {
            text.append(48)
        } else {
            for index in 0...weight {
                appendDigits(of: digit(index), to: &text, isFirst: index == 0)
            }
        }
        if scale > 0 {
            text.append(UInt8(ascii: "."))
            let end = text.count + scale
            var index = digits.isEmpty ? 0 : weight + 1
            while text.count < end {
                appendDigits(of: digit(index), to: &text, isFirst: false)
                index += 1
            }
            text.removeLast(text.count - end)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The digit at a place, 0 beyond those that are kept.
    private func digit(_ index: Int) -> UInt16 {
        // Behind the point and in front of the first digit there are zeros.
        digits.indices.contains(index) ? digits[index] : 0
    }

    private func appendDigits(of value: UInt16, to text: inout [UInt8], isFirst: Bool) {
        var rest = value
        var divisor: UInt16 = 1000
        var isLeading = isFirst
        while divisor > 0 {
            let digit = rest / divisor
            rest %= divisor
            if digit != 0 || divisor == 1 { isLeading = false }
            if !isLeading { text.append(48 + UInt8(truncatingIfNeeded: digit)) }
            divisor /= 10
        }
    }

    static func scan(_ scanner: inout TextScanner) -> PGNumeric? {
        guard scanner.text.count <= Limits.numericText else { return nil }
        if scanner.take(word: "nan") { return .nan }
        let isNegative = scanner.take("-")
        if !isNegative { _ = scanner.take("+") }
        if scanner.take(word: "infinity") || scanner.take(word: "inf") {
            return isNegative ? .negativeInfinity : .infinity
        }
        var decimals: [UInt8] = []
        decimals.reserveCapacity(scanner.text.count - scanner.offset)
        var whole: Int?
        while let next = scanner.next {
            if (48...57).contains(next) {
                decimals.append(next - 48)
            } else if next == UInt8(ascii: "."), whole == nil {
                whole = decimals.count
            } else {
                break
            }
            scanner.offset += 1
        }
        guard !decimals.isEmpty else { return nil }
        var exponent = 0
        if scanner.take("e") || scanner.take("E") {
            let isMinus = scanner.take("-")
            if !isMinus { _ = scanner.take("+") }
            guard let size = scanner.digits(1...9) else { return nil }
            exponent = Int(isMinus ? -size : size)
        }
        let point = (whole ?? decimals.count) + exponent
        let scale = max(decimals.count - point, 0)
        let leadingZeros = decimals.firstIndex { $0 != 0 } ?? decimals.count
        let isZero = leadingZeros == decimals.count
        guard scale <= Limits.numericScale,
            isZero || point - leadingZeros <= Limits.numericWholeDigits
        else { return nil }
        if isZero { return PGNumeric(sign: .positive, weight: 0, digits: [], scale: scale) }
        return PGNumeric(
            sign: isNegative ? .negative : .positive, decimals[leadingZeros...],
            point: point - leadingZeros, scale: scale)
    }

    /// From decimal digits, `point` of which are in front of the point (it may be negative).
    private init(sign: Sign, _ decimals: ArraySlice<UInt8>, point: Int, scale: Int) {
        // Digits of base 10,000 are aligned at the point.
        let (quotient, remainder) = CivilCalendar.floorDivide(Int64(point), 4)
        var position = remainder == 0 ? 0 : 4 - Int(remainder)
        let weight = Int(quotient) - (remainder == 0 ? 1 : 0)
        var digits: [UInt16] = []
        digits.reserveCapacity(decimals.count / 4 + 2)
        var digit: UInt16 = 0
        for decimal in decimals {
            digit = digit * 10 + UInt16(decimal)
            position += 1
            if position == 4 {
                digits.append(digit)
                digit = 0
                position = 0
            }
        }
        if position != 0 {
            for _ in position..<4 { digit *= 10 }
            digits.append(digit)
        }
        self.init(sign: sign, weight: weight, digits: digits, scale: scale)
    }
}

extension PGNumeric: PGDecodable, PGEncodable {
    /// `numeric`.
    @inlinable public static var pgNaturalType: PGType { .numeric }

    /// A `numeric`, or an integer.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        switch type {
        case .int2, .int4, .int8, .oid, .xid8:
            guard let value = IntegerField.decode(bytes, type, format) else {
                throw PGError.notA(Self.self, type, format)
            }
            self.init(value)
        case _ where type.mayBe(.numeric):
            let value = format == .text ? bytes.scan { Self.scan(&$0) } : Self.binary(bytes)
            guard let value else { throw PGError.notA(Self.self, type, format) }
            self = value
        default: throw PGError.notA(Self.self, type, format)
        }
    }

    private static func binary(_ bytes: RawSpan) -> PGNumeric? {
        guard let count: UInt16 = bytes.integer(at: 0), let weight: Int16 = bytes.integer(at: 2),
            let sign: UInt16 = bytes.integer(at: 4), let scale: UInt16 = bytes.integer(at: 6),
            bytes.byteCount == 8 + Int(count) * 2, let sign = Sign(rawValue: sign),
            Int(scale) <= Limits.numericScale
        else { return nil }
        switch sign {
        case .notANumber: return .nan
        case .infinity: return .infinity
        case .negativeInfinity: return .negativeInfinity
        case .positive, .negative: break
        }
        var digits: [UInt16] = []
        digits.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            guard let digit: UInt16 = bytes.integer(at: 8 + index * 2), digit < 10_000 else {
                return nil
            }
            digits.append(digit)
        }
        let value = PGNumeric(
            sign: sign, weight: Int(weight), digits: digits, scale: Int(scale))
        // Digits that the scale does not show would be lost in text.
        let shown = (value.digits.count - value.weight - 1) * 4
        guard shown - value.zerosAtEnd <= Int(scale) else { return nil }
        return value
    }

    /// Decimal zeros at the end of the last digit.
    private var zerosAtEnd: Int {
        guard let last = digits.last else { return 0 }
        if last % 1000 == 0 { return 3 }
        return last % 100 == 0 ? 2 : last % 10 == 0 ? 1 : 0
    }

    /// A `numeric`, text, or an integer type where the number is one.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        switch type {
        case .int2, .int4, .int8, .oid, .xid8:
            guard let value = Int128(exactly: self) else {
                throw PGError.cannotEncode(Self.self, type, format, "it is not whole")
            }
            guard try IntegerField.encode(value, into: &buffer, as: type, format: format) else {
                throw PGError.cannotEncode(Self.self, type, format, "it is out of range")
            }
        case .float4, .float8:
            try Double(self).encode(into: &buffer, as: type, format: format)
        case _ where format == .text || type.isText:
            try description.encodeText(of: Self.self, [.numeric], into: &buffer, as: type)
        case _ where type.mayBe(.numeric):
            guard let weight = Int16(exactly: weight), let count = UInt16(exactly: digits.count)
            else { throw PGError.cannotEncode(Self.self, type, format, "it is out of range") }
            buffer.append(count)
            buffer.append(weight)
            buffer.append(sign.rawValue)
            buffer.append(UInt16(truncatingIfNeeded: scale))
            for digit in digits { buffer.append(digit) }
        default: throw PGError.cannotEncode(Self.self, type, format)
        }
    }
}
