/// Writes the binary format of COPY (manual, COPY, "Binary Format"): rows in, chunks of bytes out.
///
/// ```swift
/// var encoder = PGBinaryCopyEncoder(types: [.int8, .text, .timestamptz])
/// for item in items {
///     try encoder.row(item.id, item.name, item.time)
///     if encoder.byteCount > 64 * 1024 { try await copy.write(encoder.take()) }
/// }
/// try await copy.write(encoder.finish())
/// ```
/// The server reads every field as its column's type and converts nothing: tell the types wherever
/// they are not the values' own.
public struct PGBinaryCopyEncoder: Sendable {
    /// What a binary COPY begins with.
    static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00]

    /// The types of the columns, in order; a column without one gets its value's own.
    public let types: [PGType]
    @usableFromInline var buffer = PGValueBuffer()
    @usableFromInline var isFinished = false

    /// An encoder that holds the header.
    public init(types: [PGType] = []) {
        self.types = types
        buffer.append(bytes: Self.signature)
        // No flags, no extension of the header.
        buffer.append(0 as Int64)
    }

    /// Bytes that wait to be taken.
    @inlinable public var byteCount: Int { buffer.count }

    /// Appends a row.
    ///
    /// - Throws: `encodingFailed` where a value does not fit its column's type, `misuse` after
    ///   `finish`; nothing is appended then.
    @inlinable public mutating func row<each Value: PGEncodable>(
        _ value: repeat each Value
    ) throws(PGError) {
        var count: Int16 = 0
        for _ in repeat (each Value).self { count &+= 1 }
        let start = try begin(count)
        var column = 0
        do throws(PGError) {
            for one in repeat each value { try append(one, &column) }
        } catch {
            throw undo(start, column, error)
        }
    }

    /// Appends a row whose columns are known at run time only; nil is NULL.
    ///
    /// - Throws: as `row` with values; `encodingFailed` also beyond 32,767 columns.
    public mutating func row(values: [(any PGEncodable)?]) throws(PGError) {
        guard let count = Int16(exactly: values.count) else {
            throw PGError(.encodingFailed, "a row of \(values.count) columns")
        }
        let start = try begin(count)
        var column = 0
        do throws(PGError) {
            for value in values {
                if let value {
                    try append(value, &column)
                } else {
                    buffer.append(Int32(-1))
                    column += 1
                }
            }
        } catch {
            throw undo(start, column, error)
        }
    }

    /// Hands the bytes over that are there.
    public mutating func take() -> [UInt8] {
        let bytes = buffer.bytes
        buffer.bytes = []
        // The next chunk will be about as long.
        buffer.bytes.reserveCapacity(bytes.count)
        return bytes
    }

    /// Appends the trailer and hands the last bytes over; rows are refused from now on.
    public mutating func finish() -> [UInt8] {
        if !isFinished { buffer.append(Int16(-1)) }
        isFinished = true
        let bytes = buffer.bytes
        buffer.bytes = []
        return bytes
    }

    @inlinable mutating func begin(_ count: Int16) throws(PGError) -> Int {
        guard !isFinished else {
            throw PGError(.misuse, "a row behind the end of a binary COPY")
        }
        let start = buffer.count
        buffer.append(count)
        return start
    }

    @inlinable mutating func append(
        _ value: some PGEncodable, _ column: inout Int
    ) throws(PGError) {
        let type = column < types.count ? types[column] : .unspecified
        column += 1
        try buffer.appendField(value, as: type, format: .binary)
    }

    /// Takes the row back that could not be written.
    @usableFromInline mutating func undo(_ start: Int, _ column: Int, _ error: PGError) -> PGError {
        buffer.bytes.removeSubrange(start...)
        return PGError(error.code, "column \(column - 1): \(error.message)")
    }
}
