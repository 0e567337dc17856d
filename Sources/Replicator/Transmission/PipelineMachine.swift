/// What a pipeline does next: the rules, without I/O, clock or randomness.
///
/// Times are durations since the pipeline began, by a clock that never goes back.
package struct PipelineMachine: Sendable {
    /// How far the target is, as far as the pipeline knows.
    package enum Phase: Sendable, Hashable {
        /// The target has to be asked: at the start, and after any doubt.
        case unknown
        /// The target has nothing.
        case empty
        /// A load is under way; `isEmpty` where it has no chunk, so that we began it ourselves.
        case loading(isEmpty: Bool)
        /// The target equals the source at a position.
        case replicating
        /// Position and source do not meet; asked again from time to time.
        case resyncNeeded
    }

    /// What to do.
    package enum Action: Sendable, Hashable {
        /// Ask the target for its state.
        case askState
        /// Count what waits.
        case peek
        /// Compare the catalog's fingerprint with the last one.
        case fingerprint
        /// Build a batch and send it.
        case build(look: Bool, evenIfEmpty: Bool)
        /// See whether nothing is to be loaded, and begin without a load then.
        case startEmpty
        /// Wait, at most as long; a request ends it.
        case pause(Duration)

        /// What is done, for people.
        var name: String {
            switch self {
            case .askState: "asking the target for its position"
            case .peek: "counting the events"
            case .fingerprint: "looking at the catalog"
            case .build: "preparing the batch"
            case .startEmpty: "looking whether there is anything to load"
            case .pause: "pausing"
            }
        }
    }

    /// Why something did not work.
    package enum Failure: Sendable, Hashable {
        /// The target, or the way to it.
        case link(LinkError.Code)
        /// The source: its connection, its locks, its catalog on the move.
        case source
        /// The keys of a table do not fit; it is to be copied whole.
        case undecodable(relation: UInt32)
        /// Position and source do not meet.
        case resync
    }

    /// The pauses and bounds.
    package struct Pace: Sendable, Hashable {
        /// Between two peeks of an idle source.
        package var peek: Duration
        /// Between two looks at the catalog's fingerprint.
        package var fingerprint: Duration
        /// The first pause after a failure.
        package var retry: Duration
        /// The longest pause after failures.
        package var retryCap: Duration = .seconds(5)
        /// Between two questions to a target that waits for a load or a resync.
        package var recheck: Duration = .seconds(2)
        /// Between two batches that only move the position.
        package var emptyBatch: Duration = .seconds(5)
        /// How often in a row a batch is rebuilt at once since the target's schema was behind.
        package var rebuilds = 3
        /// Rows from which on a batch is followed by the next at once.
        package var bigBatch = 1000

        /// The pace of a configuration.
        package init(_ intervals: InstanceConfiguration.Intervals) {
            peek = intervals.batcher
            fingerprint = intervals.ddlWatcher
            retry = intervals.transmitter
        }
    }

    /// Requests of a sort, counted, so that one made during a batch is for the next.
    private struct Requests: Sendable {
        var made = 0
        var begun = 0
        var served = 0
        var isOpen: Bool { made > served }
        mutating func begin() { begun = made }
        mutating func end() { served = begun }
    }

    /// How far the target is.
    package private(set) var phase: Phase = .unknown
    /// Since when the oldest unshipped change has been waiting; nil when nothing waits.
    package private(set) var waitingSince: Duration?
    /// Events that wait for the target, as of the last peek.
    package private(set) var pending = 0
    /// Tables to copy whole in the next batch.
    package private(set) var recopy: Set<UInt32> = []
    /// Whether the next batch looks at the catalog.
    package var lookDue: Bool { looks.isOpen }

    private let pace: Pace
    private var backoff: Backoff
    private var others = 0
    /// Looks at the catalog: the first is due at once.
    private var looks = Requests(made: 1)
    /// Requests for a batch even if it is empty.
    private var forces = Requests()
    private var began: Duration = .zero
    private var knowsPosition = false
    private var rebuilds = 0
    private var notBefore: Duration = .zero
    private var nextPeek: Duration = .zero
    /// When the last peek began.
    private var lastPeek: Duration = .zero
    private var nextFingerprint: Duration = .zero
    private var lastBatch: Duration = .zero
    /// Everything committed before it is shipped; nil after a peek that found nothing.
    private var shippedUntil: Duration?

    /// Begins with a question to the target.
    package init(pace: Pace) {
        self.pace = pace
        backoff = Backoff(first: pace.retry, cap: pace.retryCap)
    }

    /// What to do now.
    package func next(at now: Duration) -> Action {
        switch phase {
        case .unknown:
            if now >= notBefore { return .askState }
            // The source is still looked at, so that the lag is told while the target is away.
            guard knowsPosition else { return .pause(notBefore - now) }
            return now >= nextPeek ? .peek : .pause(min(notBefore, nextPeek) - now)
        case .empty, .loading(isEmpty: true):
            return now < notBefore ? .pause(notBefore - now) : .startEmpty
        case .loading(isEmpty: false), .resyncNeeded:
            return now < notBefore ? .pause(notBefore - now) : .askState
        case .replicating:
            break
        }
        if now >= notBefore {
            if lookDue || forces.isOpen || pending > 0 || !recopy.isEmpty {
                return .build(look: lookDue, evenIfEmpty: forces.isOpen)
            }
            // Nothing of interest, but what others wrote would be kept for this target's sake.
            if others > 0, now - lastBatch >= pace.emptyBatch {
                return .build(look: false, evenIfEmpty: true)
            }
        }
        if now >= nextPeek { return .peek }
        if now >= nextFingerprint { return .fingerprint }
        var wake = min(nextPeek, nextFingerprint)
        if notBefore > now { wake = min(wake, notBefore) }
        return .pause(wake - now)
    }

    /// Takes the target's answer.
    package mutating func answered(_ state: TargetState, at now: Duration) {
        switch state.phase {
        case .empty: phase = .empty
        case .loading: phase = .loading(isEmpty: state.loadPlan?.chunks.isEmpty ?? false)
        case .replicating:
            phase = .replicating
            nextPeek = now
            notBefore = min(notBefore, now)
            knowsPosition = true
            // What the target carries may be older than what we knew.
            looks.made += 1
            return
        }
        knowsPosition = false
        notBefore = phase == .loading(isEmpty: true) ? now : now + pace.recheck
        clearWaiting()
    }

    /// Takes the outcome of `startEmpty`: begun, or there is something to load.
    package mutating func startedEmpty(_ begun: Bool, at now: Duration) {
        phase = .unknown
        notBefore = begun ? now : now + pace.recheck
    }

    /// Takes what a peek counted.
    ///
    /// - Parameters:
    ///   - pending: events for this target.
    ///   - others: events that are not for it.
    ///   - began: when the peek began, from which the next one is counted.
    package mutating func peeked(pending: Int, others: Int, at began: Duration) {
        self.pending = pending
        self.others = others
        lastPeek = began
        let now = began
        // While the target is away there is no hurry.
        nextPeek = now + (phase == .replicating ? pace.peek : max(pace.peek, .seconds(1)))
        if pending == 0 {
            waitingSince = nil
            shippedUntil = nil
        } else if waitingSince == nil {
            // Right behind a batch, the oldest change is at most as old as that batch's snapshot.
            waitingSince = shippedUntil ?? now
        }
    }

    /// Takes the outcome of a comparison of fingerprints.
    package mutating func fingerprinted(changed: Bool, at now: Duration) {
        nextFingerprint = now + pace.fingerprint
        if changed { looks.made += 1 }
    }

    /// Takes a request: the next batch looks at the catalog and is sent even if it is empty.
    package mutating func requested() {
        looks.made += 1
        forces.made += 1
    }

    /// Takes a signal that the catalog may have changed.
    package mutating func catalogChanged() {
        looks.made += 1
    }

    /// Notes that a batch begins: requests made later are for the one after it.
    package mutating func building(at now: Duration) {
        began = now
        looks.begin()
        forces.begin()
    }

    /// Takes an applied batch, or one that had nothing to send.
    ///
    /// - Parameters:
    ///   - rows: how many rows it had.
    ///   - looked: whether it looked at the catalog.
    ///   - moved: whether the target's position is its snapshot now.
    ///   - now: when the answer came.
    package mutating func sent(rows: Int, looked: Bool, moved: Bool, at now: Duration) {
        backoff.reset()
        rebuilds = 0
        if looked {
            looks.end()
            nextFingerprint = max(nextFingerprint, now)
        }
        if moved { forces.end() }
        recopy = []
        pending = 0
        others = 0
        waitingSince = nil
        // Its snapshot is no older than its begin.
        shippedUntil = began
        lastBatch = now
        notBefore = now
        // While there is much work, at once; with little, an interval after this batch began, so
        // that its own duration is no part of the next one's wait.
        nextPeek = rows >= pace.bigBatch ? now : max(now, lastPeek + pace.peek)
    }

    /// Takes a failure; answers the pause before the next attempt, shorter by `chance` in 0..<1 of
    /// its jitter, so that many targets do not come at once.
    @discardableResult
    package mutating func failed(
        _ failure: Failure, at now: Duration, chance: Double = 0
    ) -> Duration {
        switch failure {
        case .undecodable(let relation):
            recopy.insert(relation)
            notBefore = now
            return .zero
        case .resync:
            phase = .resyncNeeded
            knowsPosition = false
            clearWaiting()
            notBefore = now + pace.recheck * 5
            return notBefore - now
        case .link(.schemaBehind):
            looks.made += 1
            rebuilds += 1
            if rebuilds <= pace.rebuilds {
                notBefore = now
                return .zero
            }
        case .link(.wrongPosition), .link(.unreachable), .link(.databaseUnavailable):
            // It may have been applied: only the target knows.
            phase = .unknown
        case .link(.badRequest), .link(.busy), .link(.database), .link(.duplicate),
            .link(.unauthorized), .source:
            break
        }
        notBefore = now + backoff.next(chance: chance)
        return notBefore - now
    }

    private mutating func clearWaiting() {
        pending = 0
        others = 0
        waitingSince = nil
        shippedUntil = nil
    }
}
