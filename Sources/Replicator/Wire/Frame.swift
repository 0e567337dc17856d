/// A piece of a request: length-prefixed bytes on the wire.
public enum Frame: Sendable, Hashable {
    /// First, exactly once.
    case header(BatchHeader)
    /// The rows of a table begin.
    case tableStart(TableStart)
    /// Bytes of the open table's rows in COPY text format; a row may continue in the next frame.
    case rows([UInt8])
    /// The rows of the open table end, with what was sent.
    case tableEnd(rowCount: Int, checksum: UInt32)
    /// Values of sequences.
    case sequences([SequenceValue])
    /// Last, exactly once: without it the request was cut and is rolled back.
    case end(rowCount: Int)
}

/// How the rows of a table are to be applied.
public struct TableStart: Codable, Sendable, Hashable {
    /// What the rows are.
    public enum Mode: String, Codable, Sendable, Hashable {
        /// Each row begins with a Boolean: `t` this is the row now, `f` the row with this key is gone
        /// (its other columns are NULL).
        case changes
        /// These are all the rows that the table has; whatever else the target has goes.
        case replace
        /// Rows of a load's chunk, added; refused as `duplicate` where a key is there already.
        case append
        /// Rows of a load's chunk: added, or where the key is there already, put in its place.
        case merge
    }

    /// The table, with the target's names.
    public var table: TableName
    /// The columns of the rows, in their order, with the target's names.
    public var columns: [String]
    /// Those of `columns` that are the key, in the key's order.
    public var keyColumns: [String]
    /// What the rows are.
    public var mode: Mode
    /// Whether the table is emptied first (a TRUNCATE on the source); all such tables of a batch
    /// are emptied in one statement before the first row.
    public var truncate: Bool
    /// Whether values of identity columns are given (`OVERRIDING SYSTEM VALUE`).
    public var overridesIdentity: Bool

    /// Describes the rows that follow.
    public init(
        table: TableName, columns: [String], keyColumns: [String], mode: Mode, truncate: Bool,
        overridesIdentity: Bool
    ) {
        self.table = table
        self.columns = columns
        self.keyColumns = keyColumns
        self.mode = mode
        self.truncate = truncate
        self.overridesIdentity = overridesIdentity
    }
}

/// The state of a sequence (manual, 9.17).
public struct SequenceValue: Codable, Sendable, Hashable {
    /// The sequence, with the target's names.
    public var sequence: TableName
    /// `last_value`.
    public var lastValue: Int64
    /// `is_called`.
    public var isCalled: Bool

    /// Makes a value.
    public init(sequence: TableName, lastValue: Int64, isCalled: Bool) {
        self.sequence = sequence
        self.lastValue = lastValue
        self.isCalled = isCalled
    }
}
