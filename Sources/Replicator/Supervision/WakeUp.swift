internal import Synchronization

/// A pause that somebody else can end: a stage sleeps, a request rings.
///
/// A ring while nobody sleeps is remembered once, so that it is never lost between two looks.
package final class WakeUp: Sendable {
    private struct State {
        var rung = false
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Nobody sleeps, nobody rang.
    package init() {}

    /// Ends the pause under way, or the next one before it begins.
    package func ring() {
        let waiters = state.withLock { state in
            let waiters = Array(state.waiters.values)
            state.waiters = [:]
            if waiters.isEmpty { state.rung = true }
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Pauses; returns early on a ring or when the task is cancelled.
    package func sleep(for duration: Duration) async {
        guard duration > .zero, !Task.isCancelled else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: duration) }
            group.addTask { await self.rings() }
            await group.next()
            group.cancelAll()
        }
    }

    private func rings() async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let done = state.withLock { state in
                    if state.rung || Task.isCancelled {
                        // A cancelled sleeper leaves the ring to the next one.
                        if !Task.isCancelled { state.rung = false }
                        return true
                    }
                    state.waiters[number] = continuation
                    return false
                }
                if done { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
