/// The first frame of a request from a source to a target: what it is and what it needs.
public struct BatchHeader: Codable, Sendable, Hashable {
    /// What a request does on the target; each is one transaction.
    public enum Kind: String, Codable, Sendable, Hashable {
        /// Moves the target from `from` to `to`.
        case batch
        /// Begins an initial load: creates the schema, stores plan and start position.
        case loadBegin
        /// One chunk of an initial load: rows and their mark "done".
        case loadChunk
        /// Ends an initial load: late schema changes (indexes), and the position `to`.
        case loadFinish
    }

    /// The version of frames and header; a target refuses another one.
    public static let currentVersion = 1

    /// `currentVersion` of the sender.
    public var version: Int = Self.currentVersion
    /// What this request does.
    public var kind: Kind
    /// Whose history this is.
    public var source: SourceIdentity
    /// The name of the target in the source's configuration; a position belongs to (source, target).
    public var target: String
    /// The position the target must have; nil for the requests of a load, except for a `loadBegin`
    /// that throws away the load begun at this position and begins again.
    public var from: Snapshot?
    /// The position the target has after it; for loads the start position.
    public var to: Snapshot
    /// The schema changes, where there are any.
    public var schema: SchemaSection?
    /// The tables, with the target's names, that are emptied in one TRUNCATE before the first row
    /// (those whose `TableStart.truncate` is set; at the restart of a load, all of it); nil for none.
    public var truncated: [TableName]?
    /// The plan of a load, for `loadBegin`.
    public var loadPlan: LoadPlan?
    /// Which chunk this is, for `loadChunk`.
    public var chunk: Int?
    /// Whether rows are applied with `session_replication_role = replica`: no foreign key is looked
    /// at, and no action of one runs.
    public var replicaRole: Bool?

    /// Makes a header; everything optional begins as nil.
    public init(kind: Kind, source: SourceIdentity, target: String, to: Snapshot) {
        self.kind = kind
        self.source = source
        self.target = target
        self.to = to
    }
}

/// Schema changes that travel with a batch, rendered for the target's schema and version.
public struct SchemaSection: Codable, Sendable, Hashable {
    /// What must be committed before the transaction begins (enum labels), each idempotent.
    public var preparation: [SchemaStatement] = []
    /// What runs in the batch's transaction before the rows.
    public var changes: [SchemaStatement] = []
    /// What runs in the batch's transaction after the rows (indexes of a load).
    public var afterRows: [SchemaStatement] = []
    /// What follows the batch by itself: the whole list; nil leaves the target's as it is.
    public var later: [LaterStep]?
    /// The steps that the catalog below has now, as `LaterStep.id`.
    public var adopted: [String]?
    /// The `search_path` under which all of them run: target schema names, unquoted.
    public var searchPath: [String] = []
    /// The source's catalog that the target carries afterwards, as `SchemaSnapshot.encoded()`.
    public var applied: String

    /// A section that changes nothing but the remembered catalog.
    public init(applied: String) {
        self.applied = applied
    }
}

/// One SQL statement of a schema change.
public struct SchemaStatement: Codable, Sendable, Hashable {
    /// What it does, for logs: `add column orders.note`.
    public var summary: String
    /// The statement.
    public var sql: String
    /// A query answering one Boolean: true when the change is made already, and is to be skipped.
    public var unless: String?
    /// What it means for others; for the operator of the source, it does not travel.
    public var effect: SchemaEffect = .unmarked

    /// Makes a statement.
    public init(
        summary: String, sql: String, unless: String? = nil, effect: SchemaEffect = .unmarked
    ) {
        self.summary = summary
        self.sql = sql
        self.unless = unless
        self.effect = effect
    }

    private enum CodingKeys: String, CodingKey {
        case summary, sql, unless
    }
}

/// The chunks of an initial load, fixed when it begins.
public struct LoadPlan: Codable, Sendable, Hashable {
    /// One chunk: a part of one table.
    public struct Chunk: Codable, Sendable, Hashable {
        /// The table's oid on the source.
        public var relation: UInt32
        /// The condition that selects the chunk's rows on the source, SQL; nil for all.
        public var condition: String?
        /// An estimate, for progress.
        public var estimatedBytes: Int64

        /// Makes a chunk.
        public init(relation: UInt32, condition: String?, estimatedBytes: Int64) {
            self.relation = relation
            self.condition = condition
            self.estimatedBytes = estimatedBytes
        }
    }

    /// The chunks; a chunk's number is its index.
    public var chunks: [Chunk]
    /// Whether the whole catalog came with the beginning, since no table had a row; nil for no.
    public var isWhole: Bool?

    /// Makes a plan.
    public init(chunks: [Chunk]) {
        self.chunks = chunks
    }
}
