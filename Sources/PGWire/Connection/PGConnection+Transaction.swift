/// How a transaction block begins (manual, SET TRANSACTION).
public struct PGTransactionOptions: Sendable, Hashable {
    /// What other transactions' changes it sees.
    public enum Isolation: String, Sendable, Hashable, CaseIterable {
        /// Each statement sees what was committed before it.
        case readCommitted = "READ COMMITTED"
        /// All statements see what was committed before the first.
        case repeatableRead = "REPEATABLE READ"
        /// As if transactions ran one after the other.
        case serializable = "SERIALIZABLE"
    }

    /// The isolation level; nil for the session's default.
    public var isolation: Isolation?
    /// Whether it may write; nil for the session's default.
    public var isReadOnly: Bool?
    /// Whether a serializable, read-only one waits until it can neither fail nor make others fail.
    public var isDeferrable: Bool?

    /// Options; what is not named is the session's default.
    public init(
        isolation: Isolation? = nil, isReadOnly: Bool? = nil, isDeferrable: Bool? = nil
    ) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.isDeferrable = isDeferrable
    }

    var begin: String {
        var words = ["BEGIN"]
        if let isolation { words.append("ISOLATION LEVEL \(isolation.rawValue)") }
        if let isReadOnly { words.append(isReadOnly ? "READ ONLY" : "READ WRITE") }
        if let isDeferrable { words.append(isDeferrable ? "DEFERRABLE" : "NOT DEFERRABLE") }
        return words.joined(separator: " ")
    }
}

extension PGConnection {
    /// Runs a body inside a transaction block: its return commits, its error rolls back.
    ///
    /// Inside another transaction block it is a savepoint, and the options do not count. The
    /// connection is not reserved: what other tasks run on it meanwhile is part of the transaction.
    ///
    /// - Throws: what the body throws; else as `execute`; `server` with 25P02 where the body hid the
    ///   error of a statement, so that the server rolled back what was to be committed.
    public nonisolated func withTransaction<R: Sendable>(
        _ options: PGTransactionOptions = .init(), _ body: (PGConnection) async throws -> R
    ) async throws -> R {
        let isNested = await transactionStatus != .idle
        let savepoint = isNested ? await newSavepoint() : ""
        try await execute(isNested ? "SAVEPOINT \(savepoint)" : options.begin)
        let value: R
        do {
            value = try await body(onCallersExecutor(self))
        } catch {
            await rollBack(to: savepoint)
            throw error
        }
        do {
            guard isNested else {
                let result = try await execute("COMMIT")
                guard result.last?.commandTag != "ROLLBACK" else {
                    throw PGError(
                        .server, "the transaction had failed: it was rolled back, not committed",
                        server: PGServerError(fields: [
                            UInt8(ascii: "S"): "ERROR", UInt8(ascii: "C"): "25P02",
                            UInt8(ascii: "M"): "current transaction is aborted",
                        ]))
                }
                return value
            }
            try await execute("RELEASE SAVEPOINT \(savepoint)")
            return value
        } catch {
            await rollBack(to: savepoint)
            throw error
        }
    }

    private func newSavepoint() -> String {
        lastStatement += 1
        return "pgwire_\(lastStatement)"
    }

    /// Rolls back, also for a task that was cancelled; where it cannot, the connection is closed:
    /// nobody may find a transaction of someone else on it.
    private nonisolated func rollBack(to savepoint: String) async {
        await Task {
            guard await transactionStatus != .idle, isOpen else { return }
            do throws(PGError) {
                try await execute(
                    savepoint.isEmpty
                        ? "ROLLBACK" : "ROLLBACK TO \(savepoint); RELEASE SAVEPOINT \(savepoint)",
                    timeout: Limits.rollback)
            } catch {
                await close()
            }
        }.value
    }
}
