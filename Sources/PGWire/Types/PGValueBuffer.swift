/// The bytes of values on their way to the server.
public struct PGValueBuffer: Sendable {
    /// What was written.
    @usableFromInline package var bytes: [UInt8] = []

    /// An empty buffer.
    @inlinable public init() {}

    /// The number of bytes written.
    @inlinable public var count: Int { bytes.count }

    /// Appends an integer, most significant byte first.
    @inlinable public mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes.
    @inlinable public mutating func append(bytes more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Appends a text's UTF-8.
    @inlinable public mutating func append(text: some StringProtocol) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends what a closure writes, after its length as an Int32 (as array elements and composite
    /// fields have it).
    ///
    /// - Throws: what the closure throws; `encodingFailed` beyond 2³¹ - 1 bytes.
    @inlinable public mutating func appendWithLength(
        _ body: (inout PGValueBuffer) throws(PGError) -> Void
    ) throws(PGError) {
        let start = bytes.count
        append(Int32(0))
        try body(&self)
        try putLength(at: start)
    }

    /// Appends a value in a format after its length, or the length -1 for NULL.
    ///
    /// - Throws: `encodingFailed`, as the value's `encode`.
    @inlinable public mutating func appendField(
        _ value: some PGEncodable, as type: PGType, format: PGFormat
    ) throws(PGError) {
        if value.isPGNull { return append(Int32(-1)) }
        let start = bytes.count
        append(Int32(0))
        try value.encode(into: &self, as: type, format: format)
        try putLength(at: start)
    }

    /// Writes the number of bytes behind a place into the four that were left free there.
    @inlinable mutating func putLength(at start: Int) throws(PGError) {
        guard let count = Int32(exactly: bytes.count - start - 4) else {
            throw PGError(
                .encodingFailed, "a value of \(bytes.count - start - 4) bytes is too long")
        }
        let value = UInt32(bitPattern: count)
        bytes[start] = UInt8(truncatingIfNeeded: value >> 24)
        bytes[start + 1] = UInt8(truncatingIfNeeded: value >> 16)
        bytes[start + 2] = UInt8(truncatingIfNeeded: value >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: value)
    }
}
