/// Requests: one at a time, each in its turn.
extension PGConnection {
    /// Simple query protocol: one or several statements, one result each, values as text.
    ///
    /// The text is sent as it is: never with text of a stranger in it. `query` takes values safely.
    ///
    /// - Parameters:
    ///   - sql: the statements.
    ///   - timeout: after which the statement is cancelled; nil for none.
    /// - Returns: one result for each statement.
    /// - Throws: `server` with the first error, `cancelled`, `timedOut`, `connectionLost`,
    ///   `connectionClosed`, `misuse`. Where the statement ended before it could be cancelled, its
    ///   result is returned.
    @discardableResult
    public func execute(
        _ sql: String, timeout: Duration? = nil
    ) async throws(PGError) -> [PGResult] {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        defer { passTurn() }
        return try await exchange(.simple(sql), deadline).compactMap(\.result)
    }

    /// Sends a request and waits for its answer; the caller has the turn.
    func exchange(
        _ request: Session.Request, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> [StepOutcome] {
        let operation = try start(request, deadline)
        return try await settled(operation).get()
    }

    /// Sends a request; the caller has the turn.
    func start(
        _ request: Session.Request, _ deadline: ContinuousClock.Instant?, streams: Bool = false
    ) throws(PGError) -> Operation {
        if let failure { throw failure }
        if Task.isCancelled { throw PGError(.cancelled, "the task was cancelled") }
        let bytes = try session.start(request)
        if !doomed.isEmpty, case .extended(let request) = request {
            doomed.removeAll { request.closing.contains($0) }
        }
        lastID += 1
        let operation = Operation(id: lastID, streams: streams)
        current = operation
        if let deadline {
            let id = operation.id
            operation.timer = loop.schedule(after: deadline - .now) { [weak self] in
                self?.assumeIsolated { $0.interrupt(id, .timedOut) }
            }
        }
        if configuration.onActivity != nil {
            operation.began = .now
            operation.text = request.text
            configuration.onActivity?(.began(id: operation.id, text: operation.text))
        }
        send(bytes)
        return operation
    }

    /// Waits for its turn and sends a request that streams; the caller must `passTurn` unless this
    /// throws.
    func begin(
        _ request: Session.Request, _ timeout: Duration?
    ) async throws(PGError) -> Operation {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        do throws(PGError) {
            return try start(request, deadline, streams: true)
        } catch {
            passTurn()
            throw error
        }
    }

    /// The answer, once the server is ready for the next request.
    func settled(_ operation: Operation) async -> Result<[StepOutcome], PGError> {
        let id = operation.id
        if !operation.isSettled {
            await withTaskCancellationHandler {
                // A method of the actor, not statements here: a closure that does not capture the
                // actor would run outside of it, and race with the loop for the operation.
                await withUnsafeContinuation { waiter in self.park(waiter, operation) }
            } onCancel: {
                loop.execute { [weak self] in
                    self?.assumeIsolated { $0.interrupt(id, .cancelled) }
                }
            }
        }
        return operation.result ?? .failure(.lost("it ended while an answer was due"))
    }

    /// Keeps who waits for an answer, unless it came while the call was on its way here.
    private func park(_ waiter: UnsafeContinuation<Void, Never>, _ operation: Operation) {
        if operation.isSettled { waiter.resume() } else { operation.waiter = waiter }
    }

    /// Waits for the connection to be free; whoever gets it must `passTurn`.
    func takeTurn(_ deadline: ContinuousClock.Instant?) async throws(PGError) {
        if let failure { throw failure }
        guard isTaken else {
            isTaken = true
            return
        }
        let turn = Promise<Void>()
        waiting.append(turn)
        do throws(PGError) {
            guard let deadline else { return try await turn.wait() }
            try await turn.wait(
                until: deadline, on: loop,
                late: PGError(.timedOut, "the connection was busy for the whole time limit"))
        } catch {
            waiting.removeAll { $0 === turn }
            throw error
        }
    }

    /// Lets the next request begin.
    func passTurn() {
        current = nil
        while !waiting.isEmpty {
            // A waiter that was cancelled meanwhile does not take it.
            if waiting.removeFirst().fulfil(.success(())) { return }
        }
        isTaken = false
    }
}
