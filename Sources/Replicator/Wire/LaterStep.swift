/// A step that follows a batch by itself: an index that is built while rows go on.
///
/// The catalog that the target carries does not have the index before it is built: until then each
/// look finds it missing and names it again, so that a restart goes on where it was. The target
/// keeps the steps in `teleport.step`, with what became of them.
public struct LaterStep: Codable, Sendable, Hashable {
    /// What it does, for people.
    public var summary: String
    /// One statement that cannot run in a transaction.
    public var sql: String
    /// The index, with the target's name: whether it is there and valid tells whether it is done.
    public var index: TableName

    /// The same for the same statement.
    public var id: String { SchemaSnapshot.digest(of: sql) }

    /// Makes a step.
    public init(summary: String, sql: String, index: TableName) {
        self.summary = summary
        self.sql = sql
        self.index = index
    }

    /// How far a step is, as the target keeps it.
    public struct Progress: Codable, Sendable, Hashable {
        /// How far it is.
        public enum State: String, Codable, Sendable, Hashable {
            /// Not begun.
            case planned
            /// Begun. Where the connection was lost since, whether it was done is found out first.
            case started
            /// The last attempt did not succeed; it is tried again.
            case failed
            /// The index is there and valid.
            case done
            /// The source does not have it any more; what was built of it is removed.
            case unwanted
        }

        /// `LaterStep.id`.
        public var id: String
        /// What it does.
        public var summary: String
        /// How far it is.
        public var state: State
        /// Why the last attempt did not succeed.
        public var error: String?

        /// Whether something is to be done still.
        public var isOpen: Bool { state != .done }

        /// Describes a step.
        public init(id: String, summary: String, state: State, error: String? = nil) {
            self.id = id
            self.summary = summary
            self.state = state
            self.error = error
        }
    }
}
