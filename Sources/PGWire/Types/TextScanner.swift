/// Reads the text form of a value from left to right; never beyond its end.
///
/// Safety: the buffer is borrowed; a scanner lives only inside the closure that lends it.
struct TextScanner {
    let text: UnsafeRawBufferPointer
    var offset = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    var isAtEnd: Bool { offset >= text.count }

    /// The next byte, without reading it.
    var next: UInt8? { offset < text.count ? text[offset] : nil }

    /// The byte at a distance, without reading it.
    func peek(_ distance: Int) -> UInt8? {
        offset + distance < text.count ? text[offset + distance] : nil
    }

    /// Reads a character where it is the next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let next, next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    /// Reads a word, in upper or lower case, where it is the next.
    mutating func take(word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard text.count - offset >= count else { return false }
        for index in 0..<count
        where text[offset + index] | 0x20 != word.utf8Start[index] | 0x20 {
            return false
        }
        offset += count
        return true
    }

    /// Whether the whole text is a word, in upper or lower case.
    func isAll(_ word: StaticString) -> Bool {
        var copy = self
        return copy.take(word: word) && copy.isAtEnd
    }

    /// Reads a number without sign of at most 18 digits.
    mutating func digits(_ count: ClosedRange<Int> = 1...18) -> Int64? {
        let start = offset
        var value: Int64 = 0
        while let next, (48...57).contains(next), offset - start < 18 {
            value = value * 10 + Int64(next - 48)
            offset += 1
        }
        return count.contains(offset - start) ? value : nil
    }

    /// Reads what is behind a decimal point, in millionths: one to six digits.
    mutating func millionths() -> Int64? {
        let start = offset
        guard var value = digits(1...6) else { return nil }
        for _ in (offset - start)..<6 { value *= 10 }
        return value
    }

    /// Reads a floating-point number.
    mutating func double() -> Double? {
        let start = offset
        while let next, !Self.endsNumber.contains(next) { offset += 1 }
        return FloatField.decode(
            UnsafeRawBufferPointer(rebasing: text[start..<offset]).bytes, .unspecified, .text)
    }

    private static let endsNumber = Array(",()[]{}<>\" ".utf8)
}

extension RawSpan {
    /// Reads the whole text with a scanner; nil where the body gives nil or leaves something.
    func scan<T>(_ body: (inout TextScanner) -> T?) -> T? {
        withUnsafeBytes { buffer in
            var scanner = TextScanner(buffer)
            guard let value = body(&scanner), scanner.isAtEnd else { return nil }
            return value
        }
    }

    /// A big-endian integer at a place; nil where it is not within the bytes.
    @inlinable package func integer<T: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: T.Type = T.self
    ) -> T? {
        guard offset >= 0, byteCount - offset >= MemoryLayout<T>.size else { return nil }
        return T(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
