/// Which staging tables a connection has: made once, used by every batch of the same shape.
///
/// A value without I/O: it says what is to be created and dropped, the session does it. Tables made
/// in a transaction that is rolled back are gone, so they are forgotten with it.
struct StagingCache: Sendable {
    /// At most so many: the server visits each of them at every commit.
    static let limit = 64

    /// What must be done before the rows can be staged.
    struct Use: Sendable {
        /// The statements of the table to use.
        var statements: RowStatements
        /// SQL to run first, in order.
        var preparation: [String]
    }

    private struct Key: Hashable {
        var table: TableName
        var columns: [String]
    }

    private struct Entry {
        var statements: RowStatements
        var lastUse: Int
        var isCommitted: Bool
    }

    private var entries: [Key: Entry] = [:]
    private var clock = 0

    /// The staging table for a table as it is now; one for another shape of it is replaced.
    mutating func use(_ table: TargetTable, serverVersion: Int) -> Use {
        clock += 1
        let key = Key(table: table.name, columns: table.columns.map(\.name))
        if var entry = entries[key], entry.statements.table == table {
            entry.lastUse = clock
            entries[key] = entry
            return Use(statements: entry.statements, preparation: [])
        }
        var preparation: [String] = []
        if entries[key] != nil { preparation.append(drop(key)) }
        if entries.count >= Self.limit, let oldest = entries.min(by: oldestFirst)?.key {
            preparation.append(drop(oldest))
        }
        // A name is never used twice, so that no rollback can bring back another table of it.
        let statements = RowStatements(
            table: table, staging: "teleport_stage_\(clock)", serverVersion: serverVersion)
        entries[key] = Entry(statements: statements, lastUse: clock, isCommitted: false)
        preparation.append(statements.createStaging)
        return Use(statements: statements, preparation: preparation)
    }

    /// The transaction is committed.
    mutating func commit() {
        for key in entries.keys { entries[key]?.isCommitted = true }
    }

    /// The transaction is rolled back.
    mutating func rollback() {
        entries = entries.filter(\.value.isCommitted)
    }

    private mutating func drop(_ key: Key) -> String {
        guard let entry = entries.removeValue(forKey: key) else { return "" }
        return entry.statements.dropStaging
    }

    private func oldestFirst(_ left: (key: Key, value: Entry), _ right: (key: Key, value: Entry))
        -> Bool
    {
        left.value.lastUse < right.value.lastUse
    }
}
