/// The extended query protocol.
extension PGConnection {
    /// Runs one statement with parameters; all rows are collected.
    ///
    /// ```swift
    /// let result = try await connection.query("SELECT name FROM users WHERE id = \(id)")
    /// for row in result { let name = try row.decode(String.self, 0) }
    /// ```
    ///
    /// The statement is prepared on its first use and kept in the connection's cache
    /// (`statementCacheSize`); where its plan or the statement itself is gone (0A000, 26000) and no
    /// transaction is open, it is prepared again, once.
    ///
    /// - Parameters:
    ///   - statement: a literal, whose interpolated values become parameters.
    ///   - timeout: after which the statement is cancelled; nil for none.
    /// - Returns: the result of the statement.
    /// - Throws: `server`, `cancelled`, `timedOut`, `connectionLost`, `connectionClosed`, `misuse`,
    ///   `encodingFailed`. Where the statement ended before it could be cancelled, its result is
    ///   returned.
    @discardableResult
    public func query(
        _ statement: PGStatement, timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        defer { passTurn() }
        return try await run(statement, deadline)
    }

    /// Runs one statement, its text taken as it is.
    ///
    /// - Parameters:
    ///   - sql: the statement, its parameters as `$1`, `$2` and so on.
    ///   - parameters: their values.
    ///   - timeout: after which the statement is cancelled; nil for none.
    /// - Returns: the result of the statement.
    /// - Throws: as `query(_:timeout:)`.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [any PGEncodable], timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        try await query(PGStatement(sql, parameters), timeout: timeout)
    }

    /// Runs one statement in one round trip, without preparing it.
    ///
    /// Parameters and rows travel as text, the server infers the types. It works behind every pooler.
    ///
    /// - Parameters:
    ///   - sql: the statement, taken as it is, its parameters as `$1`, `$2` and so on.
    ///   - parameters: their values.
    ///   - timeout: after which the statement is cancelled; nil for none.
    /// - Returns: the result of the statement, its rows in text format.
    /// - Throws: as `query(_:timeout:)`.
    @discardableResult
    public func query(
        sql: String, _ parameters: [PGParameter] = [], timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        defer { passTurn() }
        var request = newRequest()
        request.text = sql
        try request.execute(sql: sql, parameters: parameters)
        request.sync()
        return try await onlyResult(request, deadline)
    }

    // MARK: Prepared statements

    /// Prepares a statement; it lives until `deallocate` or the end of the connection.
    ///
    /// - Throws: `server` where it is no valid statement, and as `query`.
    public func prepare(
        _ sql: String, timeout: Duration? = nil
    ) async throws(PGError) -> PGPreparedStatement {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        defer { passTurn() }
        return try await describe([sql], named: true, deadline)[0]
    }

    /// Runs a prepared statement; all rows are collected.
    ///
    /// - Throws: as `query(_:timeout:)`; `misuse` where the number of parameters is wrong.
    @discardableResult
    public func query(
        _ statement: PGPreparedStatement, _ parameters: any PGEncodable...,
        timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        try await query(statement, parameters, timeout: timeout)
    }

    /// Runs a prepared statement; all rows are collected.
    ///
    /// - Throws: as `query(_:timeout:)`; `misuse` where the number of parameters is wrong.
    @discardableResult
    public func query(
        _ statement: PGPreparedStatement, _ parameters: [any PGEncodable],
        timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        var request = newRequest()
        request.text = statement.sql
        try request.execute(
            name: statement.name, parameters: parameters, types: statement.parameterTypes,
            columns: statement.columns)
        request.sync()
        try await takeTurn(deadline)
        defer { passTurn() }
        return try await onlyResult(request, deadline)
    }

    /// Forgets a prepared statement on the server.
    ///
    /// - Throws: as `query`; nothing where it is forgotten already.
    public func deallocate(
        _ statement: PGPreparedStatement, timeout: Duration? = nil
    ) async throws(PGError) {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        defer { passTurn() }
        var request = newRequest()
        try request.close(name: statement.name)
        request.sync()
        _ = try await exchange(.extended(request), deadline)
    }

    // MARK: Streams

    /// Runs one statement and hands its rows out as they come; the connection is busy until the body
    /// returns or throws.
    ///
    /// ```swift
    /// try await connection.stream("SELECT id, name FROM users") { rows in
    ///     for try await (id, name) in rows.decode(Int.self, String.self) { … }
    /// }
    /// ```
    ///
    /// Leaving the body before the last row cancels the statement and leaves the connection usable;
    /// inside a transaction block the transaction has failed then, unless `fetchSize` was given.
    ///
    /// - Parameters:
    ///   - statement: a literal, whose interpolated values become parameters.
    ///   - fetchSize: how many rows the server prepares at a time (a portal with a row limit); 0 for
    ///     as fast as they are taken.
    ///   - timeout: after which the statement is cancelled; nil for none.
    ///   - body: takes the rows.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws; else as `query`.
    public nonisolated func stream<R: Sendable>(
        _ statement: PGStatement, fetchSize: Int = 0, timeout: Duration? = nil,
        _ body: (PGRows) async throws -> R
    ) async throws -> R {
        let rows = try await beginStream(
            statement, Int32(clamping: max(0, fetchSize)), timeout)
        let value: R
        do {
            value = try await body(onCallersExecutor(rows))
        } catch {
            _ = await endStream(rows.id)
            throw error
        }
        if case .failure(let failure) = await endStream(rows.id) { throw failure }
        return value
    }

    private func beginStream(
        _ statement: PGStatement, _ fetchSize: Int32, _ timeout: Duration?
    ) async throws(PGError) -> PGRows {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        let operation: Operation
        do throws(PGError) {
            operation = try await startStream(statement, fetchSize, deadline)
        } catch {
            passTurn()
            throw error
        }
        try await opened(operation)
        return PGRows(connection: self, id: operation.id, columns: operation.columns)
    }

    private func startStream(
        _ statement: PGStatement, _ fetchSize: Int32, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> Operation {
        let known = try await description(of: statement, deadline)
        var request = newRequest()
        try append(statement, known, to: &request, limit: fetchSize)
        if fetchSize > 0 {
            request.delivery = .portal(fetchSize)
            request.flushBeforeSync()
        } else {
            request.delivery = .stream
            request.sync()
        }
        let operation = try start(.extended(request), deadline, streams: true)
        operation.fetchSize = fetchSize
        return operation
    }

    func nextRows(_ id: Int) async throws(PGError) -> PGRowStorage? {
        guard case .rows(let storage) = try await nextPiece(id) else { return nil }
        return storage
    }

    // MARK: Parts

    /// A request that begins with what the server may forget; `start` strikes it off the list, since a
    /// request that cannot be completed is never sent.
    func newRequest() -> ExtendedRequest {
        var request = ExtendedRequest()
        // Our own names: they hold no zero byte, so they cannot fail.
        for name in doomed { try? request.close(name: name) }
        return request
    }

    private func run(
        _ statement: PGStatement, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> PGResult {
        let wasIdle = session.transactionStatus == .idle
        let wasCached = statements.find(statement.sql) != nil
        do throws(PGError) {
            return try await runOnce(statement, deadline)
        } catch {
            guard wasCached, wasIdle, session.transactionStatus == .idle,
                error.sqlState == .featureNotSupported
                    || error.sqlState == .invalidSQLStatementName
            else { throw error }
            forget(statement.sql)
            return try await runOnce(statement, deadline)
        }
    }

    private func runOnce(
        _ statement: PGStatement, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> PGResult {
        let known = try await description(of: statement, deadline)
        var request = newRequest()
        try append(statement, known, to: &request)
        request.sync()
        return try await onlyResult(request, deadline)
    }

    func onlyResult(
        _ request: ExtendedRequest, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> PGResult {
        for outcome in try await exchange(.extended(request), deadline) {
            if case .executed(let result) = outcome { return result }
        }
        throw PGError(.protocolViolation, "the server answered a statement with nothing")
    }

    /// Adds the execution of a statement.
    func append(
        _ statement: PGStatement, _ known: PGPreparedStatement,
        to request: inout ExtendedRequest, limit: Int32 = 0
    ) throws(PGError) {
        request.text = statement.sql
        // An unnamed statement is parsed again with its Bind: see `ExtendedRequest`.
        try request.execute(
            name: known.name, sql: known.name.isEmpty ? statement.sql : nil,
            parameters: statement.parameters, types: known.parameterTypes,
            columns: known.columns, limit: limit)
    }

    /// What the server says of a statement, from the cache or by asking.
    private func description(
        of statement: PGStatement, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> PGPreparedStatement {
        if let cached = statements.find(statement.sql) { return cached }
        return try await describe([statement.sql], named: false, deadline)[0]
    }

    /// Asks for the parameters and columns of statements, and keeps them in the cache; without one,
    /// the server forgets them again.
    ///
    /// - Parameters:
    ///   - texts: the statements.
    ///   - named: they are the caller's own and not the cache's.
    ///   - deadline: when to give up; nil for never.
    /// - Returns: what the server says of each.
    /// - Throws: as `query`.
    func describe(
        _ texts: [String], named: Bool, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> [PGPreparedStatement] {
        var request = newRequest()
        let keeps = named || statements.capacity > 0
        var names: [String] = []
        for sql in texts {
            var name = ""
            if keeps {
                lastStatement += 1
                name = "\(statementPrefix)\(lastStatement)"
            }
            try request.prepare(name: name, sql: sql)
            names.append(name)
        }
        request.sync()
        request.text = texts.count == 1 ? texts[0] : "\(texts.count) statements"
        let prepared = try await exchange(.extended(request), deadline).compactMap {
            if case .prepared(let parameters, let columns) = $0 {
                (parameters, columns)
            } else {
                nil
            }
        }
        guard prepared.count == texts.count else {
            throw PGError(.protocolViolation, "the server answered a Parse with nothing")
        }
        var described: [PGPreparedStatement] = []
        for (index, (parameters, columns)) in prepared.enumerated() {
            let statement = PGPreparedStatement(
                name: names[index], sql: texts[index], parameterTypes: parameters,
                columns: columns.map { $0.inFormat(format(of: $0)) })
            described.append(statement)
            if !named, keeps, let evicted = statements.insert(statement) {
                doomed.append(evicted.name)
            }
        }
        return described
    }

    func forget(_ sql: String) {
        if let statement = statements.find(sql) { doomed.append(statement.name) }
        statements.remove(sql)
    }

    /// Binary for the server's own types; text for others, which may lack a binary form.
    private func format(of column: PGColumn) -> PGFormat {
        column.type.hasBinaryForm ? .binary : .text
    }
}

extension PGType {
    /// Whether the server can surely send it in binary: built-in types but those without a send
    /// function (`SELECT typname FROM pg_type WHERE typsend = 0 AND oid < 10000`, versions 13 to 17).
    var hasBinaryForm: Bool {
        switch rawValue {
        // aclitem, its array, gtsvector, its array.
        case 1033, 1034, 3642, 3644: false
        default: isBuiltIn
        }
    }
}
