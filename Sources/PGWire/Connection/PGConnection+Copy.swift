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
        let id = try await beginCopy(.copyOut(sql))
        let value: R
        do {
            value = try await body(onCallersExecutor(PGCopyOut(connection: self, id: id)))
        } catch {
            _ = await endCopyOut(id)
            throw error
        }
        if let failure = await endCopyOut(id) { throw failure }
        return value
    }

    /// COPY … FROM STDIN; the body writes, its return ends the COPY, its error fails the COPY.
    ///
    /// - Returns: the number of rows the server counted.
    /// - Throws: what the body throws; else `server`, `cancelled`, `connectionLost`, `misuse`.
    public nonisolated func copyIn(
        _ sql: String, _ body: (PGCopyIn) async throws -> Void
    ) async throws -> Int {
        let id = try await beginCopy(.copyIn(sql))
        do {
            try await body(onCallersExecutor(PGCopyIn(connection: self, id: id)))
        } catch {
            // The error's text may hold rows or secrets, and the server logs what it is told.
            _ = await endCopyIn(id, failing: "the client could not complete the data")
            throw error
        }
        return try await endCopyIn(id, failing: nil).get().last?.result?.affectedRows ?? 0
    }

    private func beginCopy(_ request: Session.Request) async throws(PGError) -> Int {
        let operation = try await begin(request, nil)
        try await opened(operation)
        return operation.id
    }

    func nextChunk(_ id: Int) async throws(PGError) -> PGCopyChunk? {
        guard case .chunk(let chunk) = try await nextPiece(id) else { return nil }
        return chunk
    }

    /// Ends a COPY OUT; returns what went wrong, nil where it was left early.
    private func endCopyOut(_ id: Int) async -> PGError? {
        switch await endStream(id) {
        case .failure(let error): error
        case .success, nil: nil
        }
    }

    // MARK: In

    func write(_ bytes: [UInt8], _ id: Int) async throws(PGError) {
        guard let operation = current, operation.id == id else {
            throw PGError(.misuse, "the COPY is over: its stream was kept beyond its body")
        }
        if Task.isCancelled { throw PGError(.cancelled, "the task was cancelled") }
        try check(operation)
        FrontendMessage.appendCopyData(bytes, to: &operation.outgoing)
        guard operation.outgoing.count >= Limits.copyInJoined else { return }
        flush(operation)
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
        _ id: Int, failing reason: String?
    ) async -> Result<[StepOutcome], PGError> {
        guard let operation = current, operation.id == id else {
            return .failure(PGError(.misuse, "the COPY is over"))
        }
        defer { passTurn() }
        if reason == nil, operation.outcome == nil { flush(operation) }
        sendBytes(session.endCopyIn(failing: reason))
        return await settled(operation)
    }

    private func flush(_ operation: Operation) {
        sendBytes(operation.outgoing)
        operation.outgoing.removeAll(keepingCapacity: true)
    }

    func sendBytes(_ bytes: [UInt8]) {
        if !bytes.isEmpty { send(bytes) }
    }
}

/// The rows of a COPY OUT.
public struct PGCopyOut: Sendable {
    let connection: PGConnection
    let id: Int

    /// The next chunk: whole CopyData payloads, concatenated, at least one; nil at the end.
    ///
    /// - Throws: `server`, `cancelled`, `connectionLost`; `misuse` after the body has ended.
    public func next() async throws(PGError) -> PGCopyChunk? {
        try await connection.nextChunk(id)
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
    let id: Int

    /// Sends bytes; suspends while the server is slower than the caller.
    ///
    /// Any cut is fine.
    ///
    /// - Throws: `server` where the server has given the COPY up, `cancelled`, `connectionLost`;
    ///   `misuse` after the body has ended.
    public func write(_ bytes: [UInt8]) async throws(PGError) {
        try await connection.write(bytes, id)
    }
}
