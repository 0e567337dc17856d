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
            interrupt(operation, .cancelled)
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
        if operation.pipe?.add(piece) == true { channel?.pauseReading() }
    }

    /// Reads on, once enough was taken, unless too much came meanwhile.
    func resumeReading(_ pipe: StreamPipe) {
        if current?.pipe === pipe, !pipe.isPaused { channel?.resumeReading() }
    }

    /// Asks for the next rows of a portal when somebody waits for them, and not before.
    func fetchMore() {
        guard let operation = current else { return }
        operation.isSuspended = operation.pipe?.isAwaited == false
        if !operation.isSuspended { sendBytes(session.fetch(operation.fetchSize)) }
    }

    /// Asks for them where they were not asked for, because nobody waited.
    func fetchIfSuspended(_ pipe: StreamPipe) {
        if let operation = current, operation.pipe === pipe, operation.isSuspended { fetchMore() }
    }

    /// Ends a stream and passes the turn; returns its answer, nil where it was left early.
    func endStream(_ operation: Operation) async -> Result<[StepOutcome], PGError>? {
        guard operation === current else { return nil }
        defer { passTurn() }
        guard operation.outcome == nil else {
            operation.pipe?.close()
            channel?.resumeReading()
            return await settled(operation)
        }
        let endsByItself = session.endsByItself && session.transactionStatus == .inTransaction
        discard(operation)
        if endsByItself {
            // A portal of limited rows ends without a signal, and its transaction lives on: unless
            // the rows that were asked for take too long.
            operation.timer?.cancel()
            operation.timer = loop.schedule(after: Limits.cancelGrace) { [weak self] in
                self?.assumeIsolated { $0.interrupt(operation, .cancelled) }
            }
        } else {
            interrupt(operation, .cancelled)
        }
        _ = await settled(operation)
        return nil
    }

    /// Drops what came and what is yet to come: a server that cannot send does not look at cancel
    /// requests.
    private func discard(_ operation: Operation) {
        sendBytes(session.discard())
        operation.pipe?.close()
        channel?.resumeReading()
    }
}
