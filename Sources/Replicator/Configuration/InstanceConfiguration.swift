public import PGWire

/// Everything an instance needs to know, whatever file it came from.
public struct InstanceConfiguration: Sendable {
    /// The instance's name, `database.name`.
    public var name: String
    /// The database this instance manages.
    public var database: PGConfiguration
    /// The most rows in a frame of a batch; a frame also ends by its bytes.
    public var batchSize: Int = 10_000
    /// Accepted for the reference's files, and without effect: a batch takes all that is committed,
    /// since a part of it would be a state that the source never had.
    public var maxEventsPerBatch: Int = 10_000
    /// How often each stage looks for work.
    public var intervals: Intervals = .init()
    /// Whether an event trigger notes DDL, so that it is looked at at once; needs a role that may
    /// make one.
    public var useEventTriggers: Bool = false
    /// The targets, sorted by name.
    public var targets: [Target] = []

    /// How often each stage looks for work.
    public struct Intervals: Sendable, Hashable {
        /// How often the event slots are peeked for a target.
        public var batcher: Duration = .milliseconds(100)
        /// The first pause after a batch that did not go through; it doubles up to a bound.
        public var transmitter: Duration = .milliseconds(100)
        /// Accepted for the reference's files, and without effect: a batch is applied when it comes.
        public var applier: Duration = .milliseconds(100)
        /// How often consumed event slots are emptied.
        public var vacuum: Duration = .milliseconds(500)
        /// How often the capture of tables and the catalog's fingerprint are looked at.
        public var ddlWatcher: Duration = .milliseconds(5000)

        /// The defaults.
        public init() {}
    }

    /// One target of a source.
    public struct Target: Sendable {
        /// The key below `targets`.
        public var name: String
        /// Which tables it receives.
        public var expression: TargetExpression
        /// The schema they arrive in; nil keeps the names.
        public var mapping: SchemaMapping
        /// What the operator decided about its schema.
        public var options: SchemaOptions = .init()
        /// The target instance's host.
        public var hostname: String
        /// The target instance's port.
        public var port: Int

        /// Describes a target.
        public init(
            name: String, expression: TargetExpression, mapping: SchemaMapping, hostname: String,
            port: Int
        ) {
            self.name = name
            self.expression = expression
            self.mapping = mapping
            self.hostname = hostname
            self.port = port
        }
    }

    /// An instance with defaults.
    public init(name: String, database: PGConfiguration) {
        self.name = name
        self.database = database
    }
}
