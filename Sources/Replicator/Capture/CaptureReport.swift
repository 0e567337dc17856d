/// What one pass over the tables did, and what it could not do, by name.
public struct CaptureReport: Sendable, Hashable {
    /// A table and what is to be said about it.
    public struct Entry: Sendable, Hashable, CustomStringConvertible {
        /// The table.
        public let table: TableName
        /// What holds, and what to type where something can be done.
        public let reason: String

        /// Names a table and a reason.
        public init(_ table: TableName, _ reason: String) {
            self.table = table
            self.reason = reason
        }

        /// `schema.name: reason`.
        public var description: String { "\(table): \(reason)" }
    }

    /// Tables whose capture was made or repaired, and is committed.
    public var installed: [TableName] = []
    /// Oids of tables that no target wants any longer, whose capture was removed.
    public var removed: [UInt32] = []
    /// Tables whose lock could not be had now; tried again at a later tick.
    public var pending: [Entry] = []
    /// Tables that cannot be captured as they are.
    public var refused: [Entry] = []
    /// What holds for a captured table and is to be known, for example sessions not captured.
    public var notes: [Entry] = []
    /// What was found changed behind our back, once, when it is found.
    public var notices: [String] = []

    /// An empty report.
    public init() {}
}
