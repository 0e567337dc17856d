/// Appending in network order, for client messages.
extension [UInt8] {
    /// Appends a big-endian integer.
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// Appends text and a zero byte.
    ///
    /// - Throws: `misuse` where the text has a zero byte itself: it would end there.
    mutating func append(zeroTerminated text: String) throws(PGError) {
        let start = count
        append(contentsOf: text.utf8)
        guard !self[start...].contains(0) else {
            removeSubrange(start...)
            throw PGError(.misuse, "a text for the server holds a zero byte")
        }
        append(0)
    }

    /// Writes over four bytes that were left free for a length.
    mutating func put(length: UInt32, at offset: Int) {
        for (index, shift) in [24, 16, 8, 0].enumerated() {
            self[offset + index] = UInt8(truncatingIfNeeded: length >> shift)
        }
    }
}
