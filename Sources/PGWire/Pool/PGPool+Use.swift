extension PGPool {
    /// Lends a connection to the body.
    ///
    /// The connection is the body's alone until it returns or throws, and must not be used
    /// afterwards.
    ///
    /// - Parameters:
    ///   - timeout: how long one waits for a connection; nil for the pool's `acquireTimeout`.
    ///   - body: is given the connection.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws; before it, `timedOut` with the last error of connecting,
    ///   `cancelled`, `connectionClosed` where the pool is closed, and the error of connecting where
    ///   waiting does not mend it (a wrong password, for example).
    @discardableResult
    public nonisolated func withConnection<R: Sendable>(
        timeout: Duration? = nil, _ body: (PGConnection) async throws -> R
    ) async throws -> R {
        let lease = try await acquire(timeout ?? settings.acquireTimeout)
        let value: R
        do {
            value = try await body(onCallersExecutor(lease.connection))
        } catch {
            await release(lease)
            throw error
        }
        await release(lease)
        return value
    }

    /// Lends a connection to the body, inside a transaction that is committed when the body returns and
    /// rolled back when it throws or its task is cancelled.
    ///
    /// - Parameters:
    ///   - options: how the transaction begins.
    ///   - timeout: how long one waits for a connection; nil for the pool's `acquireTimeout`.
    ///   - body: is given the connection; it must not end the transaction.
    /// - Returns: what the body returns, once the transaction is committed.
    /// - Throws: as `withConnection` and `PGConnection.withTransaction`.
    @discardableResult
    public nonisolated func withTransaction<R: Sendable>(
        _ options: PGTransactionOptions = .init(), timeout: Duration? = nil,
        _ body: (PGConnection) async throws -> R
    ) async throws -> R {
        try await withConnection(timeout: timeout) { connection in
            try await connection.withTransaction(options, body)
        }
    }
}

extension PGConnection {
    /// What a pool must know of a connection that comes back.
    enum PoolState { case idle, inTransaction, busy, lost }

    /// What state it comes back in.
    var poolState: PoolState {
        guard failure == nil else { return .lost }
        guard !isBusy else { return .busy }
        return transactionStatus == .idle ? .idle : .inTransaction
    }

    /// Closes, and ends on the server what it still runs: a server does not look at its client
    /// before it has something to say.
    func closeAndCancel() async {
        let (isRunning, key, tls) = (isBusy && failure == nil, session.cancelKey, isEncrypted)
        await close()
        guard isRunning, let key else { return }
        // Where it cannot be sent, the statement ends when it likes.
        try? await CancelRequest.send(key, configuration, tls: tls, loop: loop)
    }

    /// Makes the session as good as new, prepared statements included.
    func discardSession(_ limit: Duration) async throws(PGError) {
        try await execute("DISCARD ALL", timeout: limit)
        statements.removeAll()
        doomed = []
    }
}
