import Synchronization

extension PGConnection {
    /// COPY … TO STDOUT as a stream; the connection is busy until the body returns or throws.
    ///
    /// Leaving the body before the end cancels the COPY and leaves the connection usable; inside a
    /// transaction block, the transaction has failed then.
    ///
    /// - Throws: what the body throws; else `server`, `cancelled`, `connectionLost`, `misuse`.
    public nonisolated func copyOut<R: Sendable>(
        _ sql: String, _ body: (PGCopyOut) async throws -> R
    ) async throws -> R {
        let operation = try await beginCopy(.copyOut(sql))
        let value: R
        do {
            value = try await body(
                onCallersExecutor(PGCopyOut(connection: self, pipe: operation.pipe)))
        } catch {
            _ = await endStream(operation)
            throw error
        }
        if case .failure(let failure) = await endStream(operation) { throw failure }
        return value
    }

    /// COPY … FROM STDIN; the body writes, its return ends the COPY, its error fails the COPY.
    ///
    /// - Returns: the number of rows the server counted.
    /// - Throws: what the body throws; else `server`, `cancelled`, `connectionLost`, `misuse`.
    public nonisolated func copyIn(
        _ sql: String, _ body: (PGCopyIn) async throws -> Void
    ) async throws -> Int {
        let operation = try await beginCopy(.copyIn(sql))
        do {
            try await body(onCallersExecutor(PGCopyIn(connection: self, operation: operation)))
        } catch {
            // The error's text may hold rows or secrets, and the server logs what it is told.
            _ = await endCopyIn(operation, failing: "the client could not complete the data")
            throw error
        }
        return try await endCopyIn(operation, failing: nil).get().last?.result?.affectedRows ?? 0
    }

    private func beginCopy(_ request: Session.Request) async throws(PGError) -> Operation {
        let operation = try await begin(request, nil)
        try await opened(operation)
        return operation
    }

    // MARK: In

    /// Sends the writes that were joined; waits while too much is yet to be sent.
    func sendCopy(_ bytes: [UInt8], _ operation: Operation) async throws(PGError) {
        guard operation === current else { throw CopyBuffer.isOver }
        try check(operation)
        // Also for a task that was cancelled on the way here: these are writes that returned well.
        sendBytes(bytes)
        while let channel, channel.pendingBytes > Limits.highWater {
            guard operation.drained == nil else {
                throw PGError(.misuse, "two tasks write one COPY")
            }
            let drained = Promise<Void>()
            operation.drained = drained
            defer { operation.drained = nil }
            try await drained.wait()
            try check(operation)
        }
    }

    private func check(_ operation: Operation) throws(PGError) {
        if let error = operation.copyFailure { throw error }
        guard operation.outcome == nil else {
            _ = try operation.result?.get()
            throw PGError(.misuse, "the server ended the COPY by itself")
        }
    }

    private func endCopyIn(
        _ operation: Operation, failing reason: String?
    ) async -> Result<[StepOutcome], PGError> {
        guard operation === current else { return .failure(CopyBuffer.isOver) }
        defer { passTurn() }
        let rest = operation.outgoing?.close() ?? []
        if reason == nil, operation.outcome == nil {
            sendBytes(rest + session.endCopyIn(failing: nil))
        } else {
            sendBytes(session.endCopyIn(failing: reason))
        }
        return await settled(operation)
    }

    func sendBytes(_ bytes: [UInt8]) {
        if !bytes.isEmpty { send(bytes) }
    }
}

/// The rows of a COPY OUT.
public struct PGCopyOut: Sendable {
    let connection: PGConnection
    let pipe: StreamPipe?

    /// The next chunk: whole CopyData payloads, concatenated, at least one; nil at the end.
    ///
    /// - Throws: `server`, `cancelled`, `connectionLost`; `misuse` after the body has ended.
    public func next() async throws(PGError) -> PGCopyChunk? {
        guard case .chunk(let chunk) = try await pipe?.next(connection) else { return nil }
        return chunk
    }
}

/// Bytes of a COPY OUT.
public struct PGCopyChunk: Sendable {
    /// The payloads, concatenated, untouched.
    public let bytes: [UInt8]
    /// How many CopyData messages they were: in text format, rows.
    public let rowCount: Int
}

/// The writing end of a COPY IN.
public struct PGCopyIn: Sendable {
    let connection: PGConnection
    let operation: Operation

    /// Sends bytes; suspends while the server is slower than the caller.
    ///
    /// Any cut is fine: small writes are joined where they are made, without a hop to the connection.
    ///
    /// - Throws: `server` where the server has given the COPY up, `cancelled`, `connectionLost`;
    ///   `misuse` after the body has ended.
    public func write(_ bytes: [UInt8]) async throws(PGError) {
        if Task.isCancelled { throw PGConnection.cancelled }
        guard let joined = try operation.outgoing?.append(bytes) else { return }
        try await connection.sendCopy(joined, operation)
    }
}

/// Writes of a COPY IN that are yet to be sent, joined, as messages.
final class CopyBuffer: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        /// Why nothing more is taken.
        var refusal: PGError?
    }

    private let state = Mutex(State())

    /// Adds a write.
    ///
    /// - Returns: all that waits, once it is worth sending.
    /// - Throws: why the COPY takes no more.
    func append(_ bytes: [UInt8]) throws(PGError) -> [UInt8]? {
        try state.withLock { state throws(PGError) in
            if let refusal = state.refusal { throw refusal }
            if state.bytes.isEmpty { state.bytes.reserveCapacity(Limits.copyInJoined + 1024) }
            FrontendMessage.appendCopyData(bytes, to: &state.bytes)
            guard state.bytes.count >= Limits.copyInJoined else { return nil }
            let joined = state.bytes
            state.bytes = []
            return joined
        }
    }

    /// Takes no more; what is there is dropped.
    func refuse(_ error: PGError) {
        state.withLock { state in
            state.bytes = []
            if state.refusal == nil { state.refusal = error }
        }
    }

    /// Takes no more; returns the rest.
    func close() -> [UInt8] {
        state.withLock { state in
            defer { state = State(refusal: state.refusal ?? Self.isOver) }
            return state.bytes
        }
    }

    static let isOver = PGError(.misuse, "the COPY is over: its stream was kept beyond its body")
}
