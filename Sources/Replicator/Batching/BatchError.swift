/// Why a batch could not be made; the position stays where it is.
package enum BatchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A lock was not to be had in time; we went out of the way and try again.
    case locked(tables: [String])
    /// Names moved under us, or a table was locked, each time.
    case unsettled(attempts: Int)
    /// The keys in a table's events do not fit its key: it is to be copied whole.
    case undecodableKeys(relation: UInt32, table: String)
    /// Events after the position may have been discarded.
    case forgotten(position: Snapshot, forgotten: TransactionID)
    /// The position is ahead of this database: it was restored to an earlier point.
    case ahead(position: Snapshot, current: Snapshot)
    /// The objects were installed anew while we ran.
    case incarnationChanged
    /// The objects are gone.
    case notInstalled

    /// What happened and what to do.
    package var description: String {
        switch self {
        case .locked(let tables):
            "waiting for a lock on \(tables.joined(separator: ", ")): another session holds a "
                + "stronger one; tried again by itself"
        case .unsettled(let attempts):
            "tables were locked, renamed, dropped or created during each of \(attempts) attempts; "
                + "tried again by itself"
        case .undecodableKeys(_, let table):
            "the keys recorded for \(table) do not fit its key of now; it is copied whole"
        case .forgotten(let position, let forgotten):
            "the target is at \(position), and events below \(forgotten) are forgotten here: "
                + "was the target restored to an earlier point?"
        case .ahead(let position, let current):
            "the target is at \(position), which is ahead of this database at \(current): was this "
                + "database restored to an earlier point?"
        case .incarnationChanged: "the schema teleport was installed anew; starting over"
        case .notInstalled: "the schema teleport is not there or not complete; installing it"
        }
    }
}
