/// One column of a table's key, with what is needed to read it back from an event.
package struct KeyColumn: Sendable, Hashable {
    /// The column's name now.
    package let name: String
    /// Its type without modifier, as `format_type(…, -1)` prints it under an empty search path.
    package let type: String
    /// The enum's oid where the type, or what its domain stands on, is an enum.
    package let enumOID: UInt32?
    /// The key index's equality, such as `OPERATOR(pg_catalog.=)`.
    ///
    /// It is named in full, since under an empty search path a plain `=` of an extension's type
    /// would quietly be another type's.
    package let equality: String
    /// The index's collation, quoted, where the type's own is not meant.
    package let collation: String?
    /// Whether the column's own type is a domain over `type`.
    package let isDomain: Bool

    /// Describes a key column.
    package init(
        name: String, type: String, enumOID: UInt32? = nil,
        equality: String = "OPERATOR(pg_catalog.=)", collation: String? = nil,
        isDomain: Bool = false
    ) {
        self.name = name
        self.type = type
        self.enumOID = enumOID
        self.equality = equality
        self.collation = collation
        self.isDomain = isDomain
    }
}

/// A table as its rows are read: names as they are in the batch's snapshot.
package struct ReadableTable: Sendable, Hashable {
    /// The oid on the source.
    package let oid: UInt32
    /// The name now.
    package let name: TableName
    /// Whether the rows are in partitions below it.
    package let isPartitioned: Bool
    /// The columns that travel, in their order.
    package let columns: [String]
    /// The key, in its order.
    package let key: [KeyColumn]

    /// Describes a table.
    package init(
        oid: UInt32, name: TableName, isPartitioned: Bool, columns: [String], key: [KeyColumn]
    ) {
        self.oid = oid
        self.name = name
        self.isPartitioned = isPartitioned
        self.columns = columns
        self.key = key
    }

    /// The table as FROM and LOCK name it: without its old-style children, with its partitions.
    package var relationSQL: String { (isPartitioned ? "" : "ONLY ") + name.quoted }
}
