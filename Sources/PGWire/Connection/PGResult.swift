/// What one statement answered: its columns, its rows and its command tag.
public struct PGResult: Sendable {
    /// The columns, empty for a statement without a result set.
    public let columns: [PGColumn]
    /// The rows, in the server's order.
    public let rows: [PGRow]
    /// The command tag, for example `INSERT 0 3`.
    public let commandTag: String

    /// Collects the parts of one answer.
    public init(columns: [PGColumn], rows: [PGRow], commandTag: String) {
        self.columns = columns
        self.rows = rows
        self.commandTag = commandTag
    }

    /// The number of rows that the command tag names; nil where it names none.
    public var affectedRows: Int? {
        commandTag.split(separator: " ").last.flatMap { Int($0) }
    }
}

/// One column of a result (RowDescription; manual, 55.7).
public struct PGColumn: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The oid of the type.
    public let typeOID: UInt32
    /// The type modifier, -1 where there is none.
    public let typeModifier: Int32

    /// Describes a column.
    public init(name: String, typeOID: UInt32, typeModifier: Int32) {
        self.name = name
        self.typeOID = typeOID
        self.typeModifier = typeModifier
    }
}

/// One row: values in text format, decoded when asked for.
public struct PGRow: Sendable {
    /// The columns, shared by all rows of a result.
    public let columns: [PGColumn]
    /// The values in text format, nil for NULL.
    public let values: [[UInt8]?]

    /// Wraps the values of a row.
    public init(columns: [PGColumn], values: [[UInt8]?]) {
        self.columns = columns
        self.values = values
    }

    /// Decodes the value at a position, counted from 0.
    ///
    /// - Throws: `decodingFailed` where there is no such column, it is NULL and `type` is not
    ///   optional, or the text does not fit the type.
    public func decode<T: PGDecodable>(_ type: T.Type = T.self, _ index: Int) throws(PGError) -> T {
        guard values.indices.contains(index) else {
            throw PGError(.decodingFailed, "no column \(index), the row has \(values.count)")
        }
        guard let bytes = values[index] else { return try T.makePGNull() }
        let column = columns.indices.contains(index) ? columns[index] : nil
        do throws(PGError) {
            return try T(
                pgBytes: bytes.span.bytes, type: PGType(oid: column?.typeOID ?? 0), format: .text)
        } catch {
            throw PGError(
                error.code, "column \(index) (\(column?.name ?? "?")): \(error.message)")
        }
    }

    /// Decodes the value of the first column with a name.
    ///
    /// - Throws: as `decode(_:_:)` by position.
    public func decode<T: PGDecodable>(_ type: T.Type = T.self, _ name: String) throws(PGError) -> T
    {
        guard let index = columns.firstIndex(where: { $0.name == name }) else {
            throw PGError(.decodingFailed, "no column named \(name)")
        }
        return try decode(type, index)
    }
}
