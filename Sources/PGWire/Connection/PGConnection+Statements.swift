/// The statements that a connection knows: what the server says of them, and what becomes of those that
/// it refuses.
extension PGConnection {
    /// The cached statement with a text; nil also for callers elsewhere than on the loop's thread.
    nonisolated func knownHere(_ sql: String) -> PGPreparedStatement? {
        loop.isOnLoop ? assumeIsolated { $0.statements.find(sql) } : nil
    }

    /// What the server says of a statement, from the cache or by asking.
    func description(
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
        let keeps = named || statements.capacity > 0
        guard !named, keeps else { return try await ask(of: texts, names: keeps, deadline) }
        // A pooler that knows prepared statements by their text goes on with one whose columns have
        // changed, also for those who ask for the first time: then the server refuses to describe it,
        // or describes what it refused already. Only an unnamed statement is made anew there.
        var described: [PGPreparedStatement]
        do throws(PGError) {
            described = try await ask(of: texts, names: true, deadline)
        } catch {
            guard error.sqlState == .featureNotSupported, session.transactionStatus == .idle else {
                throw error
            }
            described = try await ask(of: texts, names: false, deadline)
        }
        let stale = described.indices.filter {
            statements.wasRefused(described[$0]) && !described[$0].name.isEmpty
        }
        if !stale.isEmpty {
            doomed += stale.map { described[$0].name }
            let unnamed = try await ask(of: stale.map { texts[$0] }, names: false, deadline)
            for (index, statement) in zip(stale, unnamed) { described[index] = statement }
        }
        for statement in described {
            if let evicted = statements.insert(statement) { doom(evicted) }
        }
        return described
    }

    private func ask(
        of texts: [String], names: Bool, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> [PGPreparedStatement] {
        var request = ExtendedRequest()
        var given: [String] = []
        for sql in texts {
            var name = ""
            if names {
                lastStatement += 1
                name = "\(statementPrefix)\(lastStatement)"
            }
            try request.prepare(name: name, sql: sql)
            given.append(name)
        }
        request.sync()
        request.text = texts.count == 1 ? texts[0] : "\(texts.count) statements"
        var described: [PGPreparedStatement] = []
        for case .prepared(let parameters, let columns) in try await exchange(
            .extended(request), deadline) where described.count < texts.count
        {
            described.append(
                PGPreparedStatement(
                    name: given[described.count], sql: texts[described.count],
                    parameterTypes: parameters,
                    columns: columns.map { $0.inFormat(Self.format(of: $0)) }))
        }
        guard described.count == texts.count else {
            throw PGError(.protocolViolation, "the server answered a Parse with nothing")
        }
        return described
    }

    /// Strikes a statement from the cache where the server refused it so; the server is told with the
    /// next request.
    ///
    /// One that is not kept on the server is asked for again after any error: it may be that its
    /// columns are others by now.
    func forget(_ statement: PGPreparedStatement, _ error: PGError) {
        guard error.concernsPreparedStatement || statement.name.isEmpty else { return }
        // Another task may have been faster.
        let isStale = error.sqlState != .invalidSQLStatementName
        if statements.refuse(statement, isStale: isStale) { doom(statement) }
    }

    private func doom(_ statement: PGPreparedStatement) {
        if !statement.name.isEmpty { doomed.append(statement.name) }
    }

    /// Binary for the server's own types; text for others, which may lack a binary form.
    private static func format(of column: PGColumn) -> PGFormat {
        column.type.hasBinaryForm ? .binary : .text
    }
}

extension Operation {
    /// Whether a cached statement that failed so may be prepared again and run once more: the server
    /// refused it before it ran, so it had no effect, and there was no transaction to fail with it.
    ///
    /// A statement that runs can fail with the same codes, after a procedure has committed.
    func mayPrepareAgain(_ error: PGError) -> Bool {
        beganIdle && endedIdle && ranNothing && error.concernsPreparedStatement
    }
}

extension PGError {
    /// Whether a prepared statement's plan is gone (0A000), or the statement itself (26000).
    var concernsPreparedStatement: Bool {
        sqlState == .featureNotSupported || sqlState == .invalidSQLStatementName
    }
}

extension ExtendedRequest {
    /// Adds the execution of a statement.
    mutating func append(
        _ statement: PGStatement, _ known: PGPreparedStatement, limit: Int32 = 0
    ) throws(PGError) {
        text = statement.sql
        // An unnamed statement is parsed again with its Bind (see `ExtendedRequest`): with the types
        // that its parameters are encoded as, and it tells its columns, for either may have changed.
        let isUnnamed = known.name.isEmpty
        try execute(
            name: known.name, sql: isUnnamed ? statement.sql : nil,
            parameters: statement.parameters, types: known.parameterTypes,
            columns: known.columns, describes: isUnnamed, limit: limit)
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
