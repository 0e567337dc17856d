/// What COPY OUT and streams of rows have in common: pieces come, are kept up to a bound, and are
/// taken.
extension PGConnection {
    /// Waits until a stream begins; passes the turn where it does not.
    func opened(_ operation: Operation) async throws(PGError) {
        do throws(PGError) {
            try await operation.opened?.wait()
            // A server that ends a stream before it began it.
            if case .failure(let error) = operation.result { throw error }
        } catch {
            // Only a cancelled task comes here with the statement still running.
            interrupt(operation.id, .cancelled)
            discard(operation)
            sendBytes(session.endCopyIn(failing: "the task was cancelled"))
            let outcome = await settled(operation)
            passTurn()
            if case .failure(let failure) = outcome { throw failure }
            throw error
        }
    }

    /// Takes a piece; stops reading while too much waits to be taken.
    func deliver(_ piece: StreamPiece) {
        guard let operation = current else { return }
        if case .rows(let storage) = piece { operation.streamedRows += storage.count }
        if let waiter = operation.pieceWaiter {
            operation.pieceWaiter = nil
            if waiter.fulfil(.success(piece)) { return }
        }
        operation.queue.append(piece)
        if !operation.isPaused, operation.queue.byteCount > Limits.copyOutHighWater {
            operation.isPaused = true
            channel?.pauseReading()
        }
    }

    /// The next piece, nil after the last one.
    func nextPiece(_ id: Int) async throws(PGError) -> StreamPiece? {
        guard let operation = current, operation.id == id else {
            throw PGError(.misuse, "the stream is over: it was kept beyond its body")
        }
        if Task.isCancelled { throw PGError(.cancelled, "the task was cancelled") }
        if let piece = operation.queue.popFirst() {
            if operation.isPaused, operation.queue.byteCount <= Limits.copyOutHighWater / 2 {
                operation.isPaused = false
                channel?.resumeReading()
            }
            return piece
        }
        if operation.isSettled, let result = operation.result {
            _ = try result.get()
            return nil
        }
        guard operation.pieceWaiter == nil else {
            throw PGError(.misuse, "two tasks read one stream")
        }
        let waiter = Promise<StreamPiece?>()
        operation.pieceWaiter = waiter
        if operation.isSuspended { fetchMore() }
        do throws(PGError) {
            return try await waiter.wait()
        } catch {
            operation.pieceWaiter = nil
            throw error
        }
    }

    /// Asks for the next rows of a portal when somebody waits for them, and not before.
    func fetchMore() {
        guard let operation = current else { return }
        operation.isSuspended = operation.pieceWaiter == nil
        if !operation.isSuspended { sendBytes(session.fetch(operation.fetchSize)) }
    }

    /// Ends a stream and passes the turn; returns its answer, nil where it was left early.
    func endStream(_ id: Int) async -> Result<[StepOutcome], PGError>? {
        guard let operation = current, operation.id == id else { return nil }
        defer { passTurn() }
        guard operation.outcome == nil else {
            if operation.isPaused { channel?.resumeReading() }
            return await settled(operation)
        }
        let endsByItself = session.endsByItself && session.transactionStatus == .inTransaction
        discard(operation)
        if endsByItself {
            // A portal of limited rows ends without a signal, and its transaction lives on: unless
            // the rows that were asked for take too long.
            operation.timer?.cancel()
            operation.timer = loop.schedule(after: Limits.cancelGrace) { [weak self] in
                self?.assumeIsolated { $0.interrupt(id, .cancelled) }
            }
        } else {
            interrupt(id, .cancelled)
        }
        _ = await settled(operation)
        return nil
    }

    /// Drops what came and what is yet to come: a server that cannot send does not look at cancel
    /// requests.
    private func discard(_ operation: Operation) {
        sendBytes(session.discard())
        operation.queue = StreamQueue()
        channel?.resumeReading()
    }
}
