/// A range whose bounds are bytes still.
struct RangeField {
    var isEmpty = false
    var includesLower = false
    var includesUpper = false
    var lower: [UInt8]?
    var upper: [UInt8]?

    init() {}

    /// From binary: a byte of flags, then each bound that there is behind its length.
    init?(_ bytes: RawSpan) {
        guard let flags: UInt8 = bytes.integer(at: 0), flags < 0x20 else { return nil }
        isEmpty = flags & 0x01 != 0
        includesLower = flags & 0x02 != 0
        includesUpper = flags & 0x04 != 0
        var offset = 1
        if !isEmpty, flags & 0x08 == 0 {
            guard let bound = bytes.field(at: &offset) else { return nil }
            lower = bound
        }
        if !isEmpty, flags & 0x10 == 0 {
            guard let bound = bytes.field(at: &offset) else { return nil }
            upper = bound
        }
        guard offset == bytes.byteCount else { return nil }
    }

    func append(to buffer: inout PGValueBuffer) throws(PGError) {
        guard !isEmpty else { return buffer.append(0x01 as UInt8) }
        var flags: UInt8 = (includesLower ? 0x02 : 0) | (includesUpper ? 0x04 : 0)
        if lower == nil { flags |= 0x08 }
        if upper == nil { flags |= 0x10 }
        buffer.append(flags)
        for bound in [lower, upper] {
            guard let bound else { continue }
            try buffer.appendWithLength { $0.append(bytes: bound) }
        }
    }

    // MARK: Text (manual, 8.17.5)

    /// Reads one range; others may follow.
    static func scan(_ scanner: inout TextScanner) -> RangeField? {
        var field = RangeField()
        if scanner.take(word: "empty") {
            field.isEmpty = true
            return field
        }
        field.includesLower = scanner.take("[")
        guard field.includesLower || scanner.take("("), let lower = bound(&scanner),
            scanner.take(","), let upper = bound(&scanner)
        else { return nil }
        field.lower = lower
        field.upper = upper
        field.includesUpper = scanner.take("]")
        return field.includesUpper || scanner.take(")") ? field : nil
    }

    /// A bound, nil where there is none; nil in nil where the text is wrong.
    private static func bound(_ scanner: inout TextScanner) -> [UInt8]?? {
        var value: [UInt8] = []
        var isThere = false
        while let next = scanner.next {
            switch next {
            case UInt8(ascii: ","), UInt8(ascii: ")"), UInt8(ascii: "]"):
                return .some(isThere ? value : nil)
            case UInt8(ascii: "\""):
                guard let quoted = scanner.quoted() else { return nil }
                value += quoted
            case UInt8(ascii: "("), UInt8(ascii: "["): return nil
            case UInt8(ascii: "\\"):
                guard let escaped = scanner.peek(1) else { return nil }
                value.append(escaped)
                scanner.offset += 2
            default:
                value.append(next)
                scanner.offset += 1
            }
            isThere = true
        }
        return nil
    }

    func appendText(to buffer: inout PGValueBuffer) {
        guard !isEmpty else { return buffer.append(text: "empty") }
        buffer.append(text: includesLower ? "[" : "(")
        if let lower { buffer.appendQuoted(lower) }
        buffer.append(text: ",")
        if let upper { buffer.appendQuoted(upper) }
        buffer.append(text: includesUpper ? "]" : ")")
    }
}

extension RawSpan {
    /// Reads bytes behind their length as an Int32; nil where they are cut or the length is negative.
    func field(at offset: inout Int) -> [UInt8]? {
        guard let length: Int32 = integer(at: offset), length >= 0,
            byteCount - offset - 4 >= Int(length)
        else { return nil }
        let start = offset + 4
        offset = start + Int(length)
        return extracting(start..<offset).withUnsafeBytes { [UInt8]($0) }
    }
}
