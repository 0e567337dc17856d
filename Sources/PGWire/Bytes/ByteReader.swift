/// Reads the payload of one server message: big-endian, every access checked against the end.
///
/// Safety: the buffer is borrowed; a reader lives only inside the closure that lends it.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// Reads from the start of a buffer.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// How many bytes have not been read.
    var remaining: Int { bytes.count - offset }

    /// Reads a big-endian integer.
    mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(PGError) -> T {
        let size = MemoryLayout<T>.size
        guard remaining >= size else { throw Self.truncated }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
        offset += size
        return T(bigEndian: value)
    }

    /// Reads a number of bytes.
    mutating func array(_ count: Int) throws(PGError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw Self.truncated }
        defer { offset += count }
        return [UInt8](UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    }

    /// Passes over a number of bytes.
    mutating func skip(_ count: Int) throws(PGError) {
        guard count >= 0, remaining >= count else { throw Self.truncated }
        offset += count
    }

    /// Reads everything that is left.
    mutating func rest() -> [UInt8] {
        defer { offset = bytes.count }
        return [UInt8](UnsafeRawBufferPointer(rebasing: bytes[offset...]))
    }

    /// Reads text up to a zero byte, and the zero byte.
    mutating func string() throws(PGError) -> String {
        let tail = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        guard let end = tail.firstIndex(of: 0) else { throw Self.truncated }
        offset += end + 1
        return String(decoding: tail[..<end], as: UTF8.self)
    }

    /// Throws where bytes are left: a message that is longer than what it says is not understood.
    func finish() throws(PGError) {
        guard remaining == 0 else {
            throw PGError(.protocolViolation, "\(remaining) bytes too many in a server message")
        }
    }

    private static let truncated = PGError(
        .protocolViolation, "a server message ends before its content does")
}
