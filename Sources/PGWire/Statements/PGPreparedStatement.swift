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

    /// Forgets a statement.
    mutating func remove(_ sql: String) { entries[sql] = nil }

    /// Forgets all.
    mutating func removeAll() { entries = [:] }
}
