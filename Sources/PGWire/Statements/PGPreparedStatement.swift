/// A statement that one connection's server session has prepared.
public struct PGPreparedStatement: Sendable {
    /// Its name on the server.
    public let name: String
    /// Its text.
    public let sql: String
    /// The types of its parameters.
    public let parameterTypes: [PGType]
    /// The columns of its result, empty where it has none.
    public let columns: [PGColumn]

    /// What every name begins with.
    static let namePrefix = "pgwire_"
}

/// The statements that a connection has prepared by itself, the latest used ones.
struct StatementCache {
    private struct Entry {
        let statement: PGPreparedStatement
        var used: Int
    }

    /// How many are kept.
    let capacity: Int
    private var entries: [String: Entry] = [:]
    private var clock = 0
    /// Those whose columns have changed and that were not prepared again since, by their text.
    private var refused: [String: PGPreparedStatement] = [:]

    init(capacity: Int) { self.capacity = max(0, capacity) }

    /// The number of statements.
    var count: Int { entries.count }

    /// The statement with a text.
    mutating func find(_ sql: String) -> PGPreparedStatement? {
        guard capacity > 0, let index = entries.index(forKey: sql) else { return nil }
        clock += 1
        entries.values[index].used = clock
        return entries.values[index].statement
    }

    /// Keeps a statement; returns the one that must go for it.
    mutating func insert(_ statement: PGPreparedStatement) -> PGPreparedStatement? {
        guard capacity > 0 else { return statement }
        var evicted: PGPreparedStatement?
        if entries.count >= capacity, entries[statement.sql] == nil,
            let oldest = entries.min(by: { $0.value.used < $1.value.used })
        {
            // A look at every entry: a miss costs a round trip anyway.
            evicted = oldest.value.statement
            entries[oldest.key] = nil
        }
        clock += 1
        entries[statement.sql] = Entry(statement: statement, used: clock)
        return evicted
    }

    /// Forgets all.
    mutating func removeAll() {
        entries = [:]
        refused = [:]
    }

    /// Forgets a statement that the server refused.
    ///
    /// - Parameters:
    ///   - statement: what was refused.
    ///   - isStale: its columns are others by now, so that one with the same is the same again.
    /// - Returns: false where it is not kept any more.
    mutating func refuse(_ statement: PGPreparedStatement, isStale: Bool) -> Bool {
        guard let entry = entries[statement.sql], entry.statement.name == statement.name else {
            return false
        }
        entries[statement.sql] = nil
        guard isStale else { return true }
        // Most are prepared again at once; those that never are must not pile up.
        if refused.count >= capacity { refused = [:] }
        refused[statement.sql] = statement
        return true
    }

    /// Whether a statement that was just prepared is the one that the server refused before: the
    /// columns are those of then.
    mutating func wasRefused(_ statement: PGPreparedStatement) -> Bool {
        guard let before = refused.removeValue(forKey: statement.sql) else { return false }
        return before.columns == statement.columns
    }
}
