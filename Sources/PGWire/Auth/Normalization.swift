/// Normalisation form KC of Unicode (UAX #15), for characters that Unicode 3.2 knew: as much as
/// SASLprep needs, and the standard library has it for nobody else.
enum Normalization {
    /// The normalised form: compatibility decomposition, canonical order, composition.
    static func nfkc(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        composed(ordered(scalars.flatMap(decomposed)))
    }

    // MARK: Decomposition

    /// Decompositions in the order of their characters.
    private struct Run {
        let source: Range<UInt32>
        /// Where its targets are; each grows with the source where the run is longer than one.
        let targets: Range<Int>
    }

    private static let decompositions: (runs: [Run], targets: [UInt32]) = {
        var reader = PackedNumbers(UnicodeTables.decompositions)
        var runs: [Run] = []
        var targets: [UInt32] = []
        var end: UInt32 = 0
        while !reader.isAtEnd {
            let first = end &+ reader.next()
            let head = reader.next()
            end = first &+ (head & 1 == 1 ? reader.next() : 1)
            let start = targets.count
            var before = first
            for _ in 0..<head >> 1 {
                before = reader.next(from: before)
                targets.append(before)
            }
            guard first < end else { continue }
            runs.append(Run(source: first..<end, targets: start..<targets.count))
        }
        return (runs, targets)
    }()

    private static func decomposed(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        let value = scalar.value
        if value < 0xa0 { return [scalar] }
        if Hangul.syllables.contains(value) { return Hangul.decomposed(value) }
        let (runs, targets) = decompositions
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].source.upperBound <= value { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].source.contains(value) else { return [scalar] }
        let offset = value - runs[low].source.lowerBound
        return targets[runs[low].targets].compactMap { Unicode.Scalar($0 &+ offset) }
    }

    /// Sorts what combines with a character by its combining class, otherwise keeping the order.
    private static func ordered(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var marks: [Unicode.Scalar] = []
        func flush() {
            // Stable: equal classes stay as they are.
            let sorted = marks.enumerated().sorted { left, right in
                let classes = (combiningClass(left.element), combiningClass(right.element))
                return classes.0 == classes.1 ? left.offset < right.offset : classes.0 < classes.1
            }
            result += sorted.map(\.element)
            marks = []
        }
        for scalar in scalars {
            if combiningClass(scalar) == 0 {
                flush()
                result.append(scalar)
            } else {
                marks.append(scalar)
            }
        }
        flush()
        return result
    }

    private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
        scalar.properties.canonicalCombiningClass.rawValue
    }

    // MARK: Composition

    private static let compositions: [UInt64: UInt32] = {
        var reader = PackedNumbers(UnicodeTables.compositions)
        var result: [UInt64: UInt32] = [:]
        var composite: UInt32 = 0
        while !reader.isAtEnd {
            composite &+= reader.next()
            let first = reader.next(from: composite)
            let second = reader.next(from: 0x300)
            result[UInt64(first) << 32 | UInt64(second)] = composite
        }
        return result
    }()

    private static func composition(
        _ first: Unicode.Scalar, _ second: Unicode.Scalar
    ) -> Unicode.Scalar? {
        if let syllable = Hangul.composed(first.value, second.value) {
            return Unicode.Scalar(syllable)
        }
        return compositions[UInt64(first.value) << 32 | UInt64(second.value)]
            .flatMap { Unicode.Scalar($0) }
    }

    private static func composed(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var starter: Int?
        var lastClass: UInt8 = 0
        for scalar in scalars {
            let own = combiningClass(scalar)
            // Nothing of its own class or above stands between it and the starter.
            if let starter, starter == result.count - 1 || lastClass < own,
                let composite = composition(result[starter], scalar)
            {
                result[starter] = composite
                continue
            }
            if own == 0 { starter = result.count }
            lastClass = own
            result.append(scalar)
        }
        return result
    }
}

/// Korean syllables, which are computed (Unicode standard, 3.12).
private enum Hangul {
    static let syllables: ClosedRange<UInt32> = 0xac00...0xd7a3
    private static let leading: UInt32 = 0x1100
    private static let vowel: UInt32 = 0x1161
    private static let trailing: UInt32 = 0x11a7

    static func decomposed(_ value: UInt32) -> [Unicode.Scalar] {
        let index = value - syllables.lowerBound
        var parts = [leading + index / 588, vowel + index % 588 / 28]
        if index % 28 > 0 { parts.append(trailing + index % 28) }
        return parts.compactMap { Unicode.Scalar($0) }
    }

    static func composed(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if (leading..<leading + 19).contains(first), (vowel..<vowel + 21).contains(second) {
            return syllables.lowerBound + ((first - leading) * 21 + second - vowel) * 28
        }
        if syllables.contains(first), (first - syllables.lowerBound).isMultiple(of: 28),
            (trailing + 1..<trailing + 28).contains(second)
        {
            return first + second - trailing
        }
        return nil
    }
}

/// Numbers out of one of `UnicodeTables`.
struct PackedNumbers {
    private let bytes: [UInt8]
    private var offset = 0

    /// Reads a table.
    init(_ table: String) { bytes = Base64.decode(table.filter { !$0.isWhitespace }) ?? [] }

    /// Whether all have been read.
    var isAtEnd: Bool { offset >= bytes.count }

    /// The next number; 0 beyond the end.
    mutating func next() -> UInt32 {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while offset < bytes.count, shift < 32 {
            let byte = bytes[offset]
            offset += 1
            value |= UInt32(byte & 0x7f) << shift
            shift += 7
            if byte & 0x80 == 0 { break }
        }
        return value
    }

    /// The next number, told as its distance from another.
    mutating func next(from origin: UInt32) -> UInt32 {
        let number = next()
        return number & 1 == 0 ? origin &+ number >> 1 : origin &- (number >> 1 &+ 1)
    }
}
