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
    public nonisolated func execute(
        _ sql: String, timeout: Duration? = nil
    ) async throws(PGError) -> [PGResult] {
        try await answered(.simple(sql), timeout).answer().compactMap(\.result)
    }

    // MARK: Whole requests

    /// Has a request answered in its turn.
    ///
    /// Not the actor's own: from the loop's thread the request is sent at once, and the answer resumes
    /// the caller where it is; from elsewhere there is one hop to the loop and one back.
    ///
    /// - Returns: the request, settled.
    nonisolated func answered(
        _ request: Session.Request, _ timeout: Duration?
    ) async throws(PGError) -> Operation {
        if Task.isCancelled { throw Self.cancelled }
        let operation = Operation(endsTurn: true)
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                operation.waiter = waiter
                if loop.isOnLoop {
                    assumeIsolated { $0.take(operation, request, timeout) }
                } else {
                    loop.execute { self.assumeIsolated { $0.take(operation, request, timeout) } }
                }
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.interrupt(operation, .cancelled) } }
        }
        return operation
    }

    /// Does something on the loop: now where the caller is there, else soon.
    nonisolated func onLoop(_ body: @escaping @Sendable (isolated PGConnection) -> Void) {
        if loop.isOnLoop {
            assumeIsolated(body)
        } else {
            loop.execute { self.assumeIsolated(body) }
        }
    }

    /// Sends a request, or lets it wait for its turn.
    private func take(
        _ operation: Operation, _ request: Session.Request, _ timeout: Duration?
    ) {
        if let failure { return operation.end(failure) }
        // On its way here its task was cancelled.
        guard operation.interruption == nil else { return operation.end(Self.cancelled) }
        if let timeout {
            operation.timer = loop.schedule(after: timeout) { [weak self] in
                self?.assumeIsolated { $0.interrupt(operation, .timedOut) }
            }
        }
        guard !isTaken else { return waiting.append(.request(operation, request)) }
        isTaken = true
        if !begin(operation, request) { passTurn() }
    }

    /// Sends a request that has the turn; where it cannot be sent, ends it and returns false.
    private func begin(_ operation: Operation, _ request: Session.Request) -> Bool {
        do throws(PGError) {
            try send(request, operation)
            return true
        } catch {
            operation.end(error)
            return false
        }
    }

    /// Wakes who waits for an operation, where it is settled, and passes the turn if that ends with it.
    func settle(_ operation: Operation) {
        guard operation.isSettled else { return }
        if operation.endsTurn, operation === current { passTurn() }
        operation.wakeIfSettled()
    }

    // MARK: Parts of requests

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
        if Task.isCancelled { throw Self.cancelled }
        let operation = Operation(streams: streams)
        try send(request, operation)
        if let deadline {
            operation.timer = loop.schedule(after: deadline - .now) { [weak self] in
                self?.assumeIsolated { $0.interrupt(operation, .timedOut) }
            }
        }
        return operation
    }

    /// Sends a request that has the turn.
    ///
    /// - Throws: `misuse` where it cannot be sent, or why the connection is gone; nothing has changed
    ///   then.
    private func send(_ request: Session.Request, _ operation: Operation) throws(PGError) {
        if let failure { throw failure }
        var request = request
        if !doomed.isEmpty, case .extended(var extended) = request {
            extended.closeFirst(doomed)
            request = .extended(extended)
        }
        let bytes = try session.start(request)
        if case .extended = request { doomed = [] }
        lastID += 1
        operation.id = lastID
        operation.beganIdle = session.transactionStatus == .idle
        current = operation
        if isWatched {
            operation.began = .now
            operation.text = request.text
            configuration.onActivity?(.began(id: operation.id, text: operation.text))
        }
        send(bytes)
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
        if !operation.isSettled {
            await withTaskCancellationHandler {
                // A method of the actor, not statements here: a closure that does not capture the
                // actor would run outside of it, and race with the loop for the operation.
                await withUnsafeContinuation { waiter in self.park(waiter, operation) }
            } onCancel: {
                loop.execute { [weak self] in
                    self?.assumeIsolated { $0.interrupt(operation, .cancelled) }
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
        waiting.append(.caller(turn))
        do throws(PGError) {
            guard let deadline else { return try await turn.wait() }
            try await turn.wait(
                until: deadline, on: loop,
                late: Self.busy)
        } catch {
            waiting.removeAll { $0.caller === turn }
            throw error
        }
    }

    /// Lets the next request begin.
    func passTurn() {
        current = nil
        while !waiting.isEmpty {
            switch waiting.removeFirst() {
            case .caller(let turn):
                // One that was cancelled meanwhile does not take it.
                if turn.fulfil(.success(())) { return }
            case .request(let operation, let request):
                if begin(operation, request) { return }
            }
        }
        isTaken = false
    }

    static let cancelled = PGError(.cancelled, "the task was cancelled")
    static let busy = PGError(.timedOut, "the connection was busy for the whole time limit")
}

/// Who waits for the connection to be free.
enum Turn {
    /// A caller that sends what it wants itself.
    case caller(Promise<Void>)
    /// A request that can be sent as it is.
    case request(Operation, Session.Request)

    var caller: Promise<Void>? {
        if case .caller(let caller) = self { caller } else { nil }
    }

    var operation: Operation? {
        if case .request(let operation, _) = self { operation } else { nil }
    }

    /// Ends the wait.
    func fail(_ error: PGError) {
        switch self {
        case .caller(let turn): turn.fulfil(.failure(error))
        case .request(let operation, _): operation.end(error)
        }
    }
}
