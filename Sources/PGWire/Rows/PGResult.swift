/// What one statement answered: its columns, its rows and its command tag.
public struct PGResult: Sendable {
    /// The columns, empty for a statement without a result set.
    public let columns: [PGColumn]
    /// The rows, in the server's order.
    public let rows: [PGRow]
    /// The command tag, for example `INSERT 0 3`; empty for an empty statement.
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

extension PGResult: RandomAccessCollection {
    /// 0.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { rows.count }
    /// The row at a position, counted from 0.
    public subscript(position: Int) -> PGRow { rows[position] }

    /// Decodes every row's first columns.
    ///
    /// - Throws: `decodingFailed`, with the row and the column.
    @inlinable public func decode<each T: PGDecodable>(
        _ types: repeat (each T).Type
    ) throws(PGError) -> [(repeat each T)] {
        var values: [(repeat each T)] = []
        values.reserveCapacity(rows.count)
        for row in rows { values.append(try row.decode(repeat each types)) }
        return values
    }
}
