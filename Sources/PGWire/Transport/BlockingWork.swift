internal import CShims
import Synchronization

/// Threads for calls that block: name resolution, certificate files, key derivation.
///
/// Swift's own pool has as many threads as the machine has cores and the loop serves every
/// connection; neither may be held up. There are at most `Limits.blockingThreads`; a thread ends when
/// nothing waits.
package enum BlockingWork {
    private struct State {
        var threads = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private static let state = Mutex(State())

    /// Runs a body on a thread made for it and waits for its answer until a deadline.
    ///
    /// A body that is late goes on to its end, its answer is dropped.
    ///
    /// - Parameters:
    ///   - what: names the work in the error of a passed deadline.
    ///   - deadline: when the wait is given up.
    ///   - loop: keeps the deadline.
    ///   - body: the work; it blocks.
    /// - Returns: the body's answer.
    /// - Throws: the body's error, `timedOut`, `cancelled`.
    package static func run<Value: Sendable>(
        _ what: String, deadline: ContinuousClock.Instant, loop: PGEventLoop,
        _ body: @escaping @Sendable () -> Result<Value, PGError>
    ) async throws(PGError) -> Value {
        let promise = Promise<Value>()
        submit { promise.fulfil(body()) }
        return try await promise.wait(
            until: deadline, on: loop, late: PGError(.timedOut, "\(what) took too long"))
    }

    private static func submit(_ body: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            state.waiting.append(body)
            guard state.threads < Limits.blockingThreads else { return false }
            state.threads += 1
            return true
        }
        guard mustStart else { return }
        let code = teleport_start_thread(
            { _ in
                teleport_name_thread("pgwire-blocking")
                BlockingWork.work()
            }, nil)
        guard code != 0 else { return }
        // No thread to be had. Another one takes the work, or its deadline passes.
        state.withLock { $0.threads -= 1 }
    }

    private static func work() {
        while true {
            let next = state.withLock { state -> (@Sendable () -> Void)? in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.threads -= 1
                return nil
            }
            guard let next else { return }
            next()
        }
    }
}
