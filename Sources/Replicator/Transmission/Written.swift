internal import Synchronization

/// What a batch's writing left behind: the link runs it elsewhere, maybe on another task.
final class Written: Sendable {
    private let state = Mutex<(PreparedBatch.Summary, ContinuousClock.Instant)?>(nil)

    /// The summary and when the last frame was handed over; nil before.
    var value: (PreparedBatch.Summary, ContinuousClock.Instant)? { state.withLock { $0 } }

    /// Notes that everything is written.
    func set(_ summary: PreparedBatch.Summary) {
        state.withLock { $0 = (summary, .now) }
    }
}

/// What a pipeline is doing, and since when; set and read by anybody.
final class Stage: Sendable {
    private let state = Mutex(("starting", ContinuousClock.now))

    /// Begins something.
    func begin(_ what: String) { state.withLock { $0 = (what, .now) } }

    /// What is being done, and for how many seconds.
    var text: String {
        let (what, since) = state.withLock { $0 }
        return "\(what), for \((ContinuousClock.now - since).components.seconds) s"
    }
}
