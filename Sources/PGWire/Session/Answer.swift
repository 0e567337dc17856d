/// What has come of the answer to a simple query: finished results and the one that is growing.
struct Answer {
    private var results: [StepOutcome] = []
    private var columns: [PGColumn]?
    private var rows: [PGRow] = []
    /// The first thing that went wrong; what follows it is not looked at.
    private(set) var failure: PGError?

    /// Keeps the first failure.
    mutating func fail(_ error: PGError) {
        if failure == nil { failure = error }
        rows = []
    }

    /// Takes the columns of the rows that follow.
    mutating func describe(_ columns: [PGColumn]) { self.columns = columns }

    /// Takes rows.
    ///
    /// - Throws: `protocolViolation` where their columns were not described.
    mutating func append(_ block: RowBlock) throws(PGError) {
        guard let columns, columns.count == block.columnCount else {
            throw PGError(
                .protocolViolation,
                "a row of \(block.columnCount) values, \(columns?.count ?? 0) columns were described"
            )
        }
        if failure == nil { PGRowStorage(columns: columns, block: block).appendRows(to: &rows) }
    }

    /// Ends the growing result.
    mutating func complete(_ tag: String) {
        if failure == nil {
            results.append(
                .executed(PGResult(columns: columns ?? [], rows: rows, commandTag: tag)))
        }
        columns = nil
        rows = []
    }

    /// What the caller gets.
    var outcome: Result<[StepOutcome], PGError> {
        if let failure { return .failure(failure) }
        return .success(results)
    }
}
