/// What has come of the answer to one request: finished results and the one that is growing.
struct Answer {
    private var results: [PGResult] = []
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

    /// Takes a row.
    ///
    /// - Throws: `protocolViolation` where its columns were not described.
    mutating func append(_ values: [[UInt8]?]) throws(PGError) {
        guard let columns, columns.count == values.count else {
            throw PGError(
                .protocolViolation,
                "a row of \(values.count) values, \(columns?.count ?? 0) columns were described")
        }
        if failure == nil { rows.append(PGRow(columns: columns, values: values)) }
    }

    /// Ends the growing result.
    mutating func complete(_ tag: String) {
        if failure == nil {
            results.append(PGResult(columns: columns ?? [], rows: rows, commandTag: tag))
        }
        columns = nil
        rows = []
    }

    /// What the caller gets.
    var outcome: Result<[PGResult], PGError> {
        if let failure { return .failure(failure) }
        return .success(results)
    }
}
