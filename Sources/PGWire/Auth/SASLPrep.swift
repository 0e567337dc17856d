/// SASLprep of a password (RFC 4013), as PostgreSQL does it when it stores one.
///
/// ASCII stays as it is. Text that SASLprep refuses passes as its raw bytes, as in libpq: the server
/// has done the same when the password was set.
enum SASLPrep {
    /// The prepared bytes of a password.
    static func prepare(_ password: String) -> [UInt8] {
        let raw = [UInt8](password.utf8)
        if raw.allSatisfy({ $0 < 0x80 }) { return raw }
        let mapped = password.unicodeScalars.compactMap(mapping)
        guard !mapped.isEmpty, !mapped.contains(where: isProhibited), hasOneDirection(mapped) else {
            return raw
        }
        var prepared = String.UnicodeScalarView()
        prepared.append(contentsOf: Normalization.nfkc(mapped))
        return [UInt8](String(prepared).utf8)
    }

    /// Section 2.1: spaces become a space, and what nobody sees vanishes.
    private static func mapping(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        // Table C.1.2 first, as PostgreSQL: U+200B is in both.
        case 0xa0, 0x1680, 0x2000...0x200b, 0x202f, 0x205f, 0x3000: " "
        // Table B.1.
        case 0xad, 0x34f, 0x1806, 0x180b...0x180d, 0x200c, 0x200d, 0x2060, 0xfe00...0xfe0f, 0xfeff:
            nil
        default: scalar
        }
    }

    /// Section 2.3 and 2.5.
    ///
    /// Asked before the normalisation and not after it, as in PostgreSQL.
    private static func isProhibited(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1f, 0x7f: true  // C.2.1
        case 0x80...0x9f, 0x6dd, 0x70f, 0x180e, 0x2028, 0x2029, 0x2061...0x2063, 0x206a...0x206f,
            0xfff9...0xfffc, 0x1d173...0x1d17a:
            true  // C.2.2
        case 0xe000...0xf8ff, 0xf0000...0xffffd, 0x100000...0x10fffd: true  // C.3
        case 0xfdd0...0xfdef: true  // C.4
        case 0xfffd: true  // C.6
        case 0x2ff0...0x2ffb: true  // C.7
        case 0x340, 0x341, 0x200e, 0x200f, 0x202a...0x202e: true  // C.8
        case 0xe0001, 0xe0020...0xe007f: true  // C.9
        default: scalar.value & 0xfffe == 0xfffe || isUnassigned(scalar)  // C.4, A.1
        }
    }

    /// Table A.1: what Unicode 3.2 did not know.
    private static func isUnassigned(_ scalar: Unicode.Scalar) -> Bool {
        guard let age = scalar.properties.age else { return true }
        return age > (3, 2)
    }

    /// Section 2.4: text from right to left begins and ends so, and holds nothing else.
    private static func hasOneDirection(_ scalars: [Unicode.Scalar]) -> Bool {
        guard scalars.contains(where: { rightToLeft.contains($0.value) }) else { return true }
        guard let first = scalars.first, let last = scalars.last else { return true }
        return rightToLeft.contains(first.value) && rightToLeft.contains(last.value)
            && !scalars.contains { leftToRight.contains($0.value) }
    }

    private static let rightToLeft = CodeRanges(UnicodeTables.rightToLeft)
    private static let leftToRight = CodeRanges(UnicodeTables.leftToRight)
}

/// Ranges of characters, in order.
private struct CodeRanges {
    private var ranges: [Range<UInt32>] = []

    init(_ table: String) {
        var reader = PackedNumbers(table)
        var end: UInt32 = 0
        while !reader.isAtEnd {
            let first = end &+ reader.next()
            end = first &+ reader.next()
            if first < end { ranges.append(first..<end) }
        }
    }

    func contains(_ value: UInt32) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(value)
    }
}
