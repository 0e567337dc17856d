/// One column of a result (RowDescription; manual, 55.7).
public struct PGColumn: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The oid of the type; of a domain's base type.
    public let typeOID: UInt32
    /// The type modifier, -1 where there is none.
    public let typeModifier: Int32
    /// The oid of the table that the column comes from, 0 where it comes from none.
    public let tableOID: UInt32
    /// The column's number in that table, counted from 1; 0 where there is none.
    public let tableColumn: Int16
    /// The size of the type in bytes, negative for a variable length.
    public let typeSize: Int16
    /// How the column's values travel.
    public let format: PGFormat

    /// Describes a column.
    public init(
        name: String, typeOID: UInt32, typeModifier: Int32 = -1, tableOID: UInt32 = 0,
        tableColumn: Int16 = 0, typeSize: Int16 = -1, format: PGFormat = .text
    ) {
        self.name = name
        self.typeOID = typeOID
        self.typeModifier = typeModifier
        self.tableOID = tableOID
        self.tableColumn = tableColumn
        self.typeSize = typeSize
        self.format = format
    }

    /// The type.
    @inlinable public var type: PGType { PGType(oid: typeOID) }

    /// The same column, its values in another format.
    func inFormat(_ format: PGFormat) -> PGColumn {
        PGColumn(
            name: name, typeOID: typeOID, typeModifier: typeModifier, tableOID: tableOID,
            tableColumn: tableColumn, typeSize: typeSize, format: format)
    }
}
