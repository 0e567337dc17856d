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
