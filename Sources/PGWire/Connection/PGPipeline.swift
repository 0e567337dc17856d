/// Statements that are sent together, without waiting for the answers in between.
///
/// Statements between two `sync` are one group: they are one transaction (outside of a transaction
/// block), and where one fails, those after it in the group are not run.
public struct PGPipeline: Sendable {
    enum Item: Sendable {
        case statement(PGStatement)
        case prepared(PGPreparedStatement, [any PGEncodable])
        case sync
    }

    private(set) var items: [Item] = []
    /// The number of statements so far; the index of the next one's result.
    public private(set) var count = 0

    /// Adds a statement.
    public mutating func query(_ statement: PGStatement) {
        items.append(.statement(statement))
        count += 1
    }

    /// Adds a prepared statement.
    public mutating func query(_ statement: PGPreparedStatement, _ parameters: any PGEncodable...) {
        items.append(.prepared(statement, parameters))
        count += 1
    }

    /// Ends a group.
    public mutating func sync() { items.append(.sync) }
}

extension PGConnection {
    /// Sends statements together and collects their answers: one round trip for all.
    ///
    /// ```swift
    /// let answers = try await connection.pipeline { pipeline in
    ///     for id in ids { pipeline.query("INSERT INTO t VALUES (\(id))") }
    /// }
    /// ```
    ///
    /// Everything that is sent and answered is in memory; cut a great many statements into several
    /// pipelines.
    ///
    /// - Parameters:
    ///   - timeout: after which the pipeline is cancelled; nil for none.
    ///   - build: adds the statements; the end of the last group is added by itself.
    /// - Returns: what became of each statement, in their order: its result, `server`, or
    ///   `pipelineAborted`.
    /// - Throws: `connectionLost` and what concerns all: `cancelled`, `timedOut`, `misuse`,
    ///   `encodingFailed`; `server` where a statement cannot be prepared: nothing was run then.
    public func pipeline(
        timeout: Duration? = nil, _ build: (inout PGPipeline) throws(PGError) -> Void
    ) async throws(PGError) -> [Result<PGResult, PGError>] {
        var pipeline = PGPipeline()
        try build(&pipeline)
        guard pipeline.count > 0 else { return [] }
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        defer { passTurn() }
        let described = try await describe(pipeline, deadline)
        var request = ExtendedRequest()
        var endsGroup = true
        for item in pipeline.items {
            switch item {
            case .statement(let statement):
                guard let known = described[statement.sql] else { continue }
                try request.append(statement, known)
            case .prepared(let prepared, let parameters):
                try request.execute(
                    name: prepared.name, parameters: parameters, types: prepared.parameterTypes,
                    columns: prepared.columns)
            case .sync: request.sync()
            }
            if case .sync = item { endsGroup = true } else { endsGroup = false }
        }
        if !endsGroup { request.sync() }
        request.isPipeline = true
        request.text = "a pipeline of \(pipeline.count) statements"
        var answers: [Result<PGResult, PGError>] = []
        answers.reserveCapacity(pipeline.count)
        for outcome in try await exchange(.extended(request), deadline) {
            switch outcome {
            case .executed(let result): answers.append(.success(result))
            case .failed(let error): answers.append(.failure(error))
            case .prepared, .closed: continue
            }
        }
        forgetRefused(pipeline, answers)
        return answers
    }

    /// Forgets the statements that the server refused: the next use prepares them.
    private func forgetRefused(_ pipeline: PGPipeline, _ answers: [Result<PGResult, PGError>]) {
        var index = 0
        for item in pipeline.items {
            if case .sync = item { continue }
            defer { index += 1 }
            guard index < answers.count, case .failure(let error) = answers[index],
                case .statement(let statement) = item,
                let cached = statements.find(statement.sql)
            else { continue }
            forget(cached, error)
        }
    }

    /// What the server says of the statements, all that are not known asked for at once.
    private func describe(
        _ pipeline: PGPipeline, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> [String: PGPreparedStatement] {
        var described: [String: PGPreparedStatement] = [:]
        var missing: [String] = []
        var seen: Set<String> = []
        for case .statement(let statement) in pipeline.items where described[statement.sql] == nil {
            if let cached = statements.find(statement.sql) {
                described[statement.sql] = cached
            } else if seen.insert(statement.sql).inserted {
                missing.append(statement.sql)
            }
        }
        guard !missing.isEmpty else { return described }
        for statement in try await describe(missing, named: false, deadline) {
            described[statement.sql] = statement
        }
        // More statements than the cache holds: those that had to go are parsed with their use.
        for name in doomed {
            for (sql, statement) in described where statement.name == name {
                described[sql] = PGPreparedStatement(
                    name: "", sql: sql, parameterTypes: statement.parameterTypes,
                    columns: statement.columns)
            }
        }
        return described
    }
}
