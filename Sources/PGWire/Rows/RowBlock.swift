/// Rows that arrived together: DataRow messages as the server sent them.
///
/// Each row is checked when the block is made: the lengths of its fields add up, and there are
/// `columnCount` of them.
package struct RowBlock: Sendable, Equatable {
    /// For each row the message's letter, four bytes of length, themselves counted, and the payload.
    package var bytes: [UInt8]
    /// The number of rows.
    package var count: Int
    /// The number of fields of every row.
    package let columnCount: Int

    /// A block of one row, for tests.
    package init(fields: [[UInt8]?]) {
        var payload: [UInt8] = []
        payload.append(bigEndian: UInt16(truncatingIfNeeded: fields.count))
        for field in fields {
            payload.append(bigEndian: Int32(truncatingIfNeeded: field?.count ?? -1))
            payload += field ?? []
        }
        bytes = [UInt8(ascii: "D")]
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: payload.count + 4))
        bytes += payload
        count = 1
        columnCount = fields.count
    }

    /// A block of rows that were checked.
    init(bytes: [UInt8], count: Int, columnCount: Int) {
        self.bytes = bytes
        self.count = count
        self.columnCount = columnCount
    }

    /// Checks the payload of a DataRow; returns the number of its fields.
    ///
    /// - Throws: `protocolViolation` where a field's length is negative and not NULL's, or the
    ///   lengths do not add up.
    static func check(_ payload: UnsafeRawBufferPointer) throws(PGError) -> Int {
        var reader = ByteReader(payload)
        let count = Int(try reader.integer(UInt16.self))
        for _ in 0..<count {
            let length = try reader.integer(Int32.self)
            guard length >= -1 else {
                throw PGError(.protocolViolation, "a value with a length of \(length)")
            }
            if length > 0 { try reader.skip(Int(length)) }
        }
        try reader.finish()
        return count
    }
}

/// The memory of rows that arrived together.
@usableFromInline package final class PGRowStorage: Sendable {
    @usableFromInline package let columns: [PGColumn]
    /// As `RowBlock.bytes`.
    @usableFromInline package let bytes: [UInt8]
    /// The number of rows.
    @usableFromInline package let count: Int

    init(columns: [PGColumn], block: RowBlock) {
        self.columns = columns
        bytes = block.bytes
        count = block.count
    }

    /// The offset after the row that begins at an offset.
    @inlinable package func end(ofRowAt offset: Int) -> Int {
        let bytes = bytes
        return offset + 1
            + Int(
                UInt32(
                    bigEndian: bytes.span.bytes.unsafeLoadUnaligned(
                        fromByteOffset: offset + 1, as: UInt32.self)))
    }

    /// Appends every row.
    func appendRows(to rows: inout [PGRow]) {
        var offset = 0
        for _ in 0..<count {
            rows.append(PGRow(storage: self, offset: offset))
            offset = end(ofRowAt: offset)
        }
    }
}
