extension PGConnection {
    /// Asks the server to cancel the running statement; the statement's own call then throws 57014.
    ///
    /// Returns when the server has taken the request, or could not be reached.
    public func cancelRunningStatement() async {
        if let current { await sendCancel(current.id) }
    }

    /// Ends a request that nobody waits for any more.
    func interrupt(_ operation: Operation, _ reason: PGError.Code) {
        guard operation.outcome == nil, operation.interruption == nil else { return }
        operation.interruption = reason
        guard operation === current else {
            // Nothing of it was sent yet.
            guard let turn = waiting.firstIndex(where: { $0.operation === operation }) else {
                return
            }
            waiting.remove(at: turn).fail(reason == .timedOut ? Self.busy : Self.cancelled)
            return
        }
        let id = operation.id
        operation.timer?.cancel()
        operation.timer = loop.schedule(after: Limits.cancelGrace) { [weak self] in
            self?.assumeIsolated { $0.giveUp(id, reason) }
        }
        Task { await insist(id) }
    }

    /// Cancels until the statement ends or is given up: a server that has not yet read the statement
    /// ignores the request.
    private func insist(_ id: Int) async {
        while let operation = current, operation.id == id, operation.outcome == nil {
            await sendCancel(id)
            guard operation.outcome == nil else { return }
            try? await Task.sleep(for: Limits.cancelRepeat)
        }
    }

    private func giveUp(_ id: Int, _ reason: PGError.Code) {
        guard let operation = current, operation.id == id, !operation.isSettled else { return }
        fail(
            PGError(
                reason,
                "the statement was cancelled and did not end within \(Limits.cancelGrace);"
                    + " the connection was closed"))
    }

    private func sendCancel(_ id: Int) async {
        guard let operation = current, operation.id == id, operation.outcome == nil,
            let key = session.cancelKey
        else { return }
        operation.cancelsInFlight += 1
        // Where it cannot be sent, the statement goes on; an interrupted one has its grace period.
        try? await CancelRequest.send(key, configuration, tls: isEncrypted, loop: loop)
        // Where the connection failed meanwhile, the count is zero already.
        operation.cancelsInFlight = max(0, operation.cancelsInFlight - 1)
        settle(operation)
    }
}
