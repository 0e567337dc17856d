/// What a statement of a schema change means for whoever uses the target meanwhile.
///
/// The constants below are the one table of it, a row a kind of statement, from the manual's 13.3
/// and the page of each command. A collecting function of `SchemaDiff` (`add`, `define`,
/// `dropLate`, `afterwards`, `statement`) takes one as `effect:`; what is not marked counts as
/// `unmarked`, and `teleportd plan` says that this was assumed. For a kind of statement that is
/// missing here add a constant, rather than a value at the place of use.
public struct SchemaEffect: Sendable, Hashable {
    /// The strongest lock on a table that readers or writers could be using, as the manual calls it.
    public enum Lock: String, Sendable, Hashable, CaseIterable {
        /// None that a user of a table could meet: a new object, a type, a function.
        case none
        /// Blocks ACCESS EXCLUSIVE only.
        case accessShare = "ACCESS SHARE"
        /// As writing rows.
        case rowExclusive = "ROW EXCLUSIVE"
        /// Reading and writing go on; VACUUM and other such changes wait.
        case shareUpdateExclusive = "SHARE UPDATE EXCLUSIVE"
        /// Reading goes on, writing waits.
        case share = "SHARE"
        /// Reading goes on, writing waits, one at a time.
        case shareRowExclusive = "SHARE ROW EXCLUSIVE"
        /// Reading without locks goes on.
        case exclusive = "EXCLUSIVE"
        /// Everything waits.
        case accessExclusive = "ACCESS EXCLUSIVE"
    }

    /// When a statement is committed.
    public enum Execution: String, Sendable, Hashable {
        /// With the batch.
        case transaction
        /// By itself, before the batch begins: what uses it must find it committed.
        case alone
        /// By itself, after the batch: rows go on meanwhile.
        case afterCommit
    }

    /// The lock.
    public var lock: Lock
    /// Whether every row is written or read again while the lock is held.
    public var rewrites: Bool
    /// Whether something is gone that the source does not send again.
    public var losesData: Bool
    /// When it is committed.
    public var execution: Execution
    /// Whether nobody marked the statement, so that the strongest lock was assumed.
    public var isAssumed: Bool
    /// Whether it is a setting of the session and changes no object.
    public var isSetting: Bool

    /// Describes a kind of statement.
    public init(
        _ lock: Lock, rewrites: Bool = false, losesData: Bool = false,
        execution: Execution = .transaction, isAssumed: Bool = false,
        isSetting: Bool = false
    ) {
        self.lock = lock
        self.rewrites = rewrites
        self.losesData = losesData
        self.execution = execution
        self.isAssumed = isAssumed
        self.isSetting = isSetting
    }

    /// The same, committed by itself before the batch.
    public var alone: SchemaEffect {
        var copy = self
        copy.execution = .alone
        return copy
    }

    /// The same, dropping what cannot be had again.
    public var losing: SchemaEffect {
        var copy = self
        copy.losesData = true
        return copy
    }

    /// The same on a table that is made in this batch: nobody else can wait for it.
    public var onNewTable: SchemaEffect {
        var copy = self
        copy.lock = .none
        return copy
    }

    /// The same, with every row written or read again.
    public var rewriting: SchemaEffect {
        var copy = self
        copy.rewrites = true
        return copy
    }
}

/// The table.
extension SchemaEffect {
    /// Nobody said what it is.
    public static let unmarked = SchemaEffect(.accessExclusive, isAssumed: true)
    /// Settings of the session.
    public static let session = SchemaEffect(.none, isSetting: true)
    /// Any CREATE of what nobody can use yet: schema, extension, type, function, table, view.
    public static let create = SchemaEffect(.none)
    /// Renames, moves and alterations of what is no relation: types, domains, functions.
    public static let alterOther = SchemaEffect(.none)
    /// Drops of functions, types and other definitions that hold no rows.
    public static let dropOther = SchemaEffect(.none)
    /// ALTER TYPE … ADD VALUE and RENAME VALUE.
    public static let label = SchemaEffect(.none)
    /// Renames, moves, defaults, NOT NULL off, options that need it: short, but everything waits.
    public static let alterTable = SchemaEffect(.accessExclusive)
    /// ADD COLUMN whose old rows need not be written.
    public static let addColumn = SchemaEffect(.accessExclusive)
    /// ALTER COLUMN TYPE that is not known to leave the rows alone.
    public static let retype = SchemaEffect(.accessExclusive, rewrites: true)
    /// SET NOT NULL and CHECK: the rows are read.
    public static let check = SchemaEffect(.accessExclusive, rewrites: true)
    /// PRIMARY KEY, UNIQUE and EXCLUDE: an index is built under the lock.
    public static let key = SchemaEffect(.accessExclusive, rewrites: true)
    /// A foreign key: both tables, rows are read.
    public static let foreignKey = SchemaEffect(.shareRowExclusive, rewrites: true)
    /// Checks of a domain: the columns of that type are read.
    public static let domainCheck = SchemaEffect(.share, rewrites: true)
    /// VALIDATE CONSTRAINT.
    public static let validate = SchemaEffect(.shareUpdateExclusive, rewrites: true)
    /// Storage parameters, statistics targets, CLUSTER ON, comments on tables.
    public static let options = SchemaEffect(.shareUpdateExclusive)
    /// Comments, grants and owners of what is no table, or take no lock on one.
    public static let annotate = SchemaEffect(.none)
    /// CREATE INDEX: writers wait until it is built.
    public static let index = SchemaEffect(.share, rewrites: true)
    /// CREATE INDEX CONCURRENTLY, after the batch.
    public static let concurrentIndex = SchemaEffect(
        .shareUpdateExclusive, rewrites: true, execution: .afterCommit)
    /// DROP INDEX and DROP CONSTRAINT, which another CREATE brings back.
    public static let dropIndex = SchemaEffect(.accessExclusive)
    /// CREATE TRIGGER.
    public static let trigger = SchemaEffect(.shareRowExclusive)
    /// Rules, policies, ENABLE and DISABLE, DROP TRIGGER.
    public static let tableRule = SchemaEffect(.accessExclusive)
    /// CREATE STATISTICS, ALTER STATISTICS.
    public static let statistics = SchemaEffect(.shareUpdateExclusive)
    /// ALTER SEQUENCE.
    public static let sequence = SchemaEffect(.shareRowExclusive)
    /// DROP SEQUENCE: its value.
    public static let dropSequence = SchemaEffect(.accessExclusive, losesData: true)
    /// DROP TABLE.
    public static let dropTable = SchemaEffect(.accessExclusive, losesData: true)
    /// DROP COLUMN of an ordinary column.
    public static let dropColumn = SchemaEffect(.accessExclusive, losesData: true)
    /// DROP ATTRIBUTE: the columns of the type lose that part.
    public static let dropAttribute = SchemaEffect(.accessExclusive, losesData: true)
    /// DROP VIEW and DROP MATERIALIZED VIEW: nothing but what was computed.
    public static let dropView = SchemaEffect(.accessExclusive)
    /// TRUNCATE of a table whose rows come again in the same transaction.
    public static let empty = SchemaEffect(.accessExclusive, rewrites: true)
    /// REFRESH MATERIALIZED VIEW.
    public static let refresh = SchemaEffect(.accessExclusive, rewrites: true)
    /// ATTACH PARTITION: the rows are read; the table goes on.
    public static let attach = SchemaEffect(.shareUpdateExclusive, rewrites: true)
    /// DETACH PARTITION.
    public static let detach = SchemaEffect(.accessExclusive)
}
