/// The target's tables as they were read, for as long as the target carries the same catalog.
///
/// A value without I/O. Whoever changes a table by hand is noticed by the failure of a statement,
/// after which everything is read anew, or by the table's oid, which each merge compares.
struct TableCache: Sendable {
    /// At most so many.
    private static let limit = 1_000

    private var tables: [TableStart: TargetTable] = [:]
    private var catalog: String?

    /// Begins a request with the digest of the catalog that the target carries; nil where it is
    /// about to change.
    mutating func use(catalog digest: String?) {
        if digest == nil || digest != catalog { forget() }
        catalog = digest
    }

    /// Forgets everything, after a failure.
    mutating func forget() {
        tables = [:]
        catalog = nil
    }

    /// The table that rows are for, where it is known.
    func table(for start: TableStart) -> TargetTable? { tables[start] }

    /// Remembers a table; not while the catalog changes.
    mutating func remember(_ table: TargetTable, for start: TableStart) {
        guard catalog != nil else { return }
        if tables.count >= Self.limit { tables = [:] }
        tables[start] = table
    }
}
