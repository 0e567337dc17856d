import Synchronization

/// One answer that comes once: from the loop, a thread, a deadline or a cancelled task, whichever is
/// first.
///
/// It is waited for at most once.
final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(UnsafeContinuation<Result<Value, PGError>, Never>)
        case answered(Result<Value, PGError>)
        case over
    }

    private let state = Mutex(State.empty)

    /// Gives the answer.
    ///
    /// - Returns: false when there was one already; what the answer holds is then the caller's to
    ///   release.
    @discardableResult
    func fulfil(_ result: Result<Value, PGError>) -> Bool {
        let (accepted, waiter) = state.withLock { state in
            switch state {
            case .empty:
                state = .answered(result)
                return (true, UnsafeContinuation<Result<Value, PGError>, Never>?.none)
            case .waiting(let waiter):
                state = .over
                return (true, waiter)
            case .answered, .over:
                return (false, nil)
            }
        }
        waiter?.resume(returning: result)
        return accepted
    }

    /// Waits for the answer; a cancelled task gets `cancelled`.
    func wait() async throws(PGError) -> Value {
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                let early = state.withLock { state -> Result<Value, PGError>? in
                    guard case .answered(let result) = state else {
                        state = .waiting(waiter)
                        return nil
                    }
                    state = .over
                    return result
                }
                if let early { waiter.resume(returning: early) }
            }
        } onCancel: {
            fulfil(.failure(PGError(.cancelled, "the task was cancelled")))
        }
        return try result.get()
    }

    /// Waits for the answer until a deadline, whose passing is the failure `late`.
    func wait(
        until deadline: ContinuousClock.Instant, on loop: PGEventLoop, late: PGError
    ) async throws(PGError) -> Value {
        let timer = loop.schedule(after: deadline - .now) { self.fulfil(.failure(late)) }
        defer { timer.cancel() }
        return try await wait()
    }
}
