/// What an instance says about itself: `GET /status` as a value.
public struct InstanceStatus: Codable, Sendable, Hashable {
    /// What an instance does.
    public enum Role: String, Codable, Sendable, Hashable {
        /// It has not found out yet, or cannot.
        case starting
        /// It has targets and feeds them.
        case leader
        /// It has targets; another daemon of the same database feeds them.
        case standby
        /// It has no targets of its own; it takes what sources send.
        case target
    }

    /// `database.name` of the configuration.
    public var name: String
    /// The product's version.
    public var version: String
    /// What it does.
    public var role: Role = .starting
    /// One sentence for people.
    public var sentence: String = ""
    /// Whether the managed database answered at the last attempt.
    public var databaseReachable: Bool = false
    /// Why nothing is done, where that is so: the schema is not ours, the database is away.
    public var problem: Failure?
    /// The targets, by name.
    public var targets: [Target] = []
    /// The sources that feed this database.
    public var sources: [Source] = []
    /// What is in scope and not carried, each once.
    public var notCarried: [Missing] = []
    /// Tables that cannot be captured, with the reason and what to do.
    public var refusedTables: [Missing] = []
    /// The events waiting on this database.
    public var queue: Queue?
    /// How often a connection to the managed database was made again.
    public var reconnects: Int = 0

    /// Begins as knowing nothing.
    public init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// One target.
    public struct Target: Codable, Sendable, Hashable {
        /// How it is.
        public enum State: String, Codable, Sendable, Hashable {
            /// Its position is not known yet.
            case starting
            /// It has nothing; an initial load is needed.
            case waitingForLoad
            /// An initial load is under way.
            case loading
            /// It is fed.
            case replicating
            /// It is fed as soon as the last error goes away; tried again by itself.
            case retrying
            /// Its history and the source's do not meet any more; somebody must act.
            case resyncNeeded
        }

        /// The key below `targets`.
        public var name: String
        /// How it is.
        public var state: State = .starting
        /// One sentence for people.
        public var sentence: String = ""
        /// The source's snapshot it equals.
        public var position: String?
        /// How long the oldest change that was not shipped has been waiting; 0 when nothing waits.
        public var lagSeconds: Double = 0
        /// Events that wait, as of the last look.
        public var pendingEvents: Int = 0
        /// The last error, until a batch goes through.
        public var lastError: Failure?
        /// The last batch that was applied.
        public var lastBatch: Batch?
        /// Batches applied since the daemon's start.
        public var batches: Int = 0
        /// Rows sent in them.
        public var rowsSent: Int = 0
        /// Bytes of rows sent in them.
        public var bytesSent: Int = 0
        /// Attempts that failed since the daemon's start, by SQLSTATE or code.
        public var failures: [String: Int] = [:]
        /// Schema changes sent since the daemon's start.
        public var schemaChanges: Int = 0
        /// What the source dropped and the target keeps, as `teleportd consent` takes it.
        public var heldDrops: [String] = []
        /// Indexes that follow a batch and are not there yet, with how far they are.
        public var later: [String] = []

        /// A target of which nothing is known.
        public init(name: String) {
            self.name = name
        }
    }

    /// Something that went wrong.
    public struct Failure: Codable, Sendable, Hashable {
        /// What happened.
        public var message: String
        /// The SQLSTATE, where a database said so.
        public var sqlState: String?
        /// The table concerned, where known.
        public var table: String?
        /// When, ISO 8601 in UTC.
        public var time: String
        /// What to type next, where that is known.
        public var next: String?

        /// Describes a failure.
        public init(
            message: String, sqlState: String? = nil, table: String? = nil, time: String,
            next: String? = nil
        ) {
            self.message = message
            self.sqlState = sqlState
            self.table = table
            self.time = time
            self.next = next
        }
    }

    /// A batch that was applied.
    public struct Batch: Codable, Sendable, Hashable {
        /// Rows in it.
        public var rows: Int
        /// Bytes of rows in it.
        public var bytes: Int
        /// Tables in it.
        public var tables: Int
        /// Milliseconds from its begin to the target's answer.
        public var milliseconds: Int
        /// Milliseconds until the last row was read and handed over.
        public var readMilliseconds: Int

        /// Describes a batch.
        public init(
            rows: Int, bytes: Int, tables: Int, milliseconds: Int, readMilliseconds: Int
        ) {
            self.rows = rows
            self.bytes = bytes
            self.tables = tables
            self.milliseconds = milliseconds
            self.readMilliseconds = readMilliseconds
        }
    }

    /// One source that feeds this database.
    public struct Source: Codable, Sendable, Hashable {
        /// The source's name.
        public var name: String
        /// Its incarnation.
        public var incarnation: String
        /// This database's name in the source's configuration.
        public var target: String
        /// `empty`, `loading` or `replicating`.
        public var phase: String
        /// The source's snapshot that this database equals.
        public var position: String?

        /// Describes a source.
        public init(
            name: String, incarnation: String, target: String, phase: String, position: String?
        ) {
            self.name = name
            self.incarnation = incarnation
            self.target = target
            self.phase = phase
            self.position = position
        }
    }

    /// An object that is left out.
    public struct Missing: Codable, Sendable, Hashable, Comparable {
        /// What it is: `table`, `view`, `sequence`.
        public var kind: String
        /// Its name.
        public var name: String
        /// Why, and what to do.
        public var reason: String

        /// Names an object and the reason.
        public init(kind: String, name: String, reason: String) {
            self.kind = kind
            self.name = name
            self.reason = reason
        }

        /// By kind, name and reason.
        public static func < (left: Missing, right: Missing) -> Bool {
            (left.kind, left.name, left.reason) < (right.kind, right.name, right.reason)
        }
    }

    /// The events on the source.
    public struct Queue: Codable, Sendable, Hashable {
        /// Events in all slots, an estimate of the server.
        public var events: Int
        /// Bytes of all slots with their indexes.
        public var bytes: Int
        /// Who keeps the oldest slot from being emptied; nil where nobody does.
        public var heldBackBy: String?

        /// Describes the queue.
        public init(events: Int, bytes: Int, heldBackBy: String?) {
            self.events = events
            self.bytes = bytes
            self.heldBackBy = heldBackBy
        }
    }
}
