/// One row, decoded when asked for.
///
/// A row keeps the rows that arrived with it in memory, at most some 100 kilobytes of them.
public struct PGRow: Sendable {
    @usableFromInline let storage: PGRowStorage
    /// Where the row's message begins.
    @usableFromInline let offset: Int

    @inlinable init(storage: PGRowStorage, offset: Int) {
        self.storage = storage
        self.offset = offset
    }

    /// Makes a row of values in text format, nil for NULL.
    ///
    /// Values beyond the columns are kept and have no type; of more than 65,535 values the rest is
    /// left out.
    public init(columns: [PGColumn], values: [[UInt8]?]) {
        storage = PGRowStorage(
            columns: columns, block: RowBlock(fields: Array(values.prefix(65_535))))
        offset = 0
    }

    /// The columns, shared by all rows of a result.
    public var columns: [PGColumn] { storage.columns }

    /// The number of fields.
    @inlinable public var count: Int {
        let bytes = storage.bytes
        return Int(
            UInt16(
                bigEndian: bytes.span.bytes.unsafeLoadUnaligned(
                    fromByteOffset: offset + 5, as: UInt16.self)))
    }

    /// The bytes of every field in its column's format, nil for NULL.
    public var values: [[UInt8]?] {
        var reader = PGFieldReader(self)
        return (0..<count).map { _ in
            guard let range = reader.nextRange() else { return nil }
            return Array(storage.bytes[range])
        }
    }

    /// The bytes of a field in its column's format, nil for NULL and where there is no such field.
    public subscript(index: Int) -> [UInt8]? {
        guard index >= 0, index < count else { return nil }
        var reader = PGFieldReader(self)
        for _ in 0..<index { _ = reader.nextRange() }
        return reader.nextRange().map { Array(storage.bytes[$0]) }
    }

    /// Decodes the value at a position, counted from 0.
    ///
    /// - Throws: `decodingFailed` where there is no such column, it is NULL and `type` is not
    ///   optional, or the value does not fit the type.
    @inlinable public func decode<T: PGDecodable>(
        _ type: T.Type = T.self, _ index: Int
    ) throws(PGError) -> T {
        var reader = PGFieldReader(self)
        try reader.skip(to: index)
        return try reader.next(type)
    }

    /// Decodes the value of the first column with a name.
    ///
    /// - Throws: as `decode(_:_:)` by position.
    @inlinable public func decode<T: PGDecodable>(
        _ type: T.Type = T.self, _ name: String
    ) throws(PGError) -> T {
        guard let index = storage.columns.firstIndex(where: { $0.name == name }) else {
            throw PGError(.decodingFailed, "no column named \(name)")
        }
        return try decode(type, index)
    }

    /// Decodes the first columns, in their order.
    ///
    /// ```swift
    /// let (id, name) = try row.decode(Int.self, String?.self)
    /// ```
    ///
    /// - Throws: `decodingFailed` where there are fewer columns than types, or one does not fit.
    @inlinable public func decode<each T: PGDecodable>(
        _ types: repeat (each T).Type
    ) throws(PGError) -> (repeat each T) {
        var reader = PGFieldReader(self)
        return (repeat try reader.next(each types))
    }
}

/// Walks over the fields of a row.
@usableFromInline struct PGFieldReader {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline let columns: [PGColumn]
    /// The field that comes next, counted from 0.
    @usableFromInline var index = 0
    /// The number of fields.
    @usableFromInline let count: Int
    /// Where the next field's length stands.
    @usableFromInline var offset: Int

    @inlinable init(_ row: PGRow) {
        bytes = row.storage.bytes
        columns = row.storage.columns
        count = row.count
        offset = row.offset + 7
    }

    /// Where the next field's bytes are, nil for NULL; only while there is one.
    @inlinable mutating func nextRange() -> Range<Int>? {
        // The lengths were checked when the row came; the loads and the range are checked again.
        guard offset + 4 <= bytes.count else { return nil }
        let length = Int32(
            bigEndian: bytes.span.bytes.unsafeLoadUnaligned(
                fromByteOffset: offset, as: Int32.self))
        index += 1
        offset += 4
        guard length >= 0 else { return nil }
        let start = offset
        offset += Int(length)
        return start..<offset
    }

    /// Goes to a field.
    @inlinable mutating func skip(to index: Int) throws(PGError) {
        guard index >= 0, index < count else {
            throw PGError(.decodingFailed, "no column \(index), the row has \(count)")
        }
        for _ in 0..<index { _ = nextRange() }
    }

    /// Decodes the next field.
    @inlinable mutating func next<T: PGDecodable>(_ type: T.Type) throws(PGError) -> T {
        let index = self.index
        guard index < count else {
            throw PGError(.decodingFailed, "no column \(index), the row has \(count)")
        }
        let range = nextRange()
        do throws(PGError) {
            guard let range else { return try T.makePGNull() }
            guard index < columns.count else {
                return try T(
                    pgBytes: bytes.span.bytes.extracting(range), type: .unspecified,
                    format: .text)
            }
            return try T(
                pgBytes: bytes.span.bytes.extracting(range),
                type: columns[index].type, format: columns[index].format)
        } catch {
            throw failure(error, index)
        }
    }

    /// The error with its column; it names no value.
    @usableFromInline func failure(_ error: PGError, _ index: Int) -> PGError {
        let column = index < columns.count ? columns[index] : nil
        let name = column.map { " (\($0.name), \($0.type))" } ?? ""
        return PGError(error.code, "column \(index)\(name): \(error.message)")
    }
}
