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
    /// (`statementCacheSize`). Where the server refuses to run it because its plan or the statement
    /// itself is gone (0A000, 26000), as after an ALTER TABLE, and no transaction is open, it is
    /// prepared and run again, once; in a transaction the error stands, and the next use prepares it.
    ///
    /// - Parameters:
    ///   - statement: a literal, whose interpolated values become parameters.
    ///   - timeout: after which the statement is cancelled; nil for none.
    /// - Returns: the result of the statement.
    /// - Throws: `server`, `cancelled`, `timedOut`, `connectionLost`, `connectionClosed`, `misuse`,
    ///   `encodingFailed`. Where the statement ended before it could be cancelled, its result is
    ///   returned.
    @discardableResult
    public nonisolated func query(
        _ statement: PGStatement, timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        // What is known is sent at once from the loop's own thread (`answered`).
        if let known = knownHere(statement.sql) {
            return try await run(statement, known, timeout)
        }
        return try await run(statement, timeout)
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
    public nonisolated func query(
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
    public nonisolated func query(
        sql: String, _ parameters: [PGParameter] = [], timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        var request = ExtendedRequest()
        request.text = sql
        try request.execute(sql: sql, parameters: parameters)
        request.sync()
        return try await Self.onlyResult(answered(.extended(request), timeout).answer())
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
    public nonisolated func query(
        _ statement: PGPreparedStatement, _ parameters: any PGEncodable...,
        timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        try await query(statement, parameters, timeout: timeout)
    }

    /// Runs a prepared statement; all rows are collected.
    ///
    /// - Throws: as `query(_:timeout:)`; `misuse` where the number of parameters is wrong.
    @discardableResult
    public nonisolated func query(
        _ statement: PGPreparedStatement, _ parameters: [any PGEncodable],
        timeout: Duration? = nil
    ) async throws(PGError) -> PGResult {
        var request = ExtendedRequest()
        request.text = statement.sql
        try request.execute(
            name: statement.name, parameters: parameters, types: statement.parameterTypes,
            columns: statement.columns)
        request.sync()
        return try await Self.onlyResult(answered(.extended(request), timeout).answer())
    }

    /// Forgets a prepared statement on the server.
    ///
    /// - Throws: as `query`; nothing where it is forgotten already.
    public nonisolated func deallocate(
        _ statement: PGPreparedStatement, timeout: Duration? = nil
    ) async throws(PGError) {
        var request = ExtendedRequest()
        try request.close(name: statement.name)
        request.sync()
        _ = try await answered(.extended(request), timeout).answer()
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
            _ = await endStream(rows.operation)
            throw error
        }
        if case .failure(let failure) = await endStream(rows.operation) { throw failure }
        return value
    }

    private func beginStream(
        _ statement: PGStatement, _ fetchSize: Int32, _ timeout: Duration?
    ) async throws(PGError) -> PGRows {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        let cached = statements.find(statement.sql)
        let first = try await sendStream(statement, fetchSize, deadline)
        do throws(PGError) {
            return try await rows(of: first)
        } catch {
            guard let cached else { throw error }
            forget(cached, error)
            guard first.mayPrepareAgain(error) else { throw error }
            return try await rows(of: sendStream(statement, fetchSize, deadline))
        }
    }

    private func rows(of operation: Operation) async throws(PGError) -> PGRows {
        try await opened(operation)
        return PGRows(connection: self, operation: operation, columns: operation.columns)
    }

    private func sendStream(
        _ statement: PGStatement, _ fetchSize: Int32, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> Operation {
        try await takeTurn(deadline)
        do throws(PGError) {
            return try await startStream(statement, fetchSize, deadline)
        } catch {
            passTurn()
            throw error
        }
    }

    private func startStream(
        _ statement: PGStatement, _ fetchSize: Int32, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> Operation {
        let known = try await description(of: statement, deadline)
        var request = ExtendedRequest()
        try request.append(statement, known, limit: fetchSize)
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

    // MARK: Parts

    /// Runs a statement that is known, and once more where its plan or the statement itself is gone.
    private nonisolated func run(
        _ statement: PGStatement, _ known: PGPreparedStatement, _ timeout: Duration?
    ) async throws(PGError) -> PGResult {
        var request = ExtendedRequest()
        try request.append(statement, known)
        request.sync()
        let began = timeout.map { _ in ContinuousClock.now }
        let operation = try await answered(.extended(request), timeout)
        do throws(PGError) {
            return try Self.onlyResult(operation.answer())
        } catch {
            await forget(known, error)
            guard operation.mayPrepareAgain(error) else { throw error }
            guard let timeout, let began else { return try await run(statement, nil) }
            return try await run(statement, max(.zero, timeout - (ContinuousClock.now - began)))
        }
    }

    /// Runs a statement: prepares it where it is not known, in the same turn.
    private func run(
        _ statement: PGStatement, _ timeout: Duration?
    ) async throws(PGError) -> PGResult {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        defer { passTurn() }
        let cached = statements.find(statement.sql)
        let first = try await start(statement, deadline)
        do throws(PGError) {
            return try Self.onlyResult(await settled(first).get())
        } catch {
            guard let cached else { throw error }
            forget(cached, error)
            guard first.mayPrepareAgain(error) else { throw error }
            return try Self.onlyResult(
                await settled(try await start(statement, deadline)).get())
        }
    }

    private func start(
        _ statement: PGStatement, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> Operation {
        let known = try await description(of: statement, deadline)
        var request = ExtendedRequest()
        try request.append(statement, known)
        request.sync()
        return try start(.extended(request), deadline)
    }

    nonisolated static func onlyResult(_ outcomes: [StepOutcome]) throws(PGError) -> PGResult {
        for outcome in outcomes {
            if case .executed(let result) = outcome { return result }
        }
        throw PGError(.protocolViolation, "the server answered a statement with nothing")
    }
}
