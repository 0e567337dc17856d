import Synchronization

/// How far an initial load is.
public struct LoadProgress: Sendable, Hashable {
    /// Chunks that are committed on the target, those of earlier runs too.
    public var doneChunks = 0
    /// All chunks of the plan.
    public var totalChunks = 0
    /// Bytes of the plan that are done, as the source's disk has them: an estimate.
    public var doneBytes: Int64 = 0
    /// Bytes of the whole plan: an estimate.
    public var totalBytes: Int64 = 0
    /// Rows that this run has sent.
    public var rows: Int64 = 0
    /// Bytes that this run has sent.
    public var sentBytes: Int64 = 0
    /// How long this run takes so far.
    public var elapsed: Duration = .zero
    /// Bytes of the plan that earlier runs have done.
    public var earlierBytes: Int64 = 0

    /// Nothing is done.
    public init() {}

    /// The share that is done, 0...1.
    public var fraction: Double {
        guard totalBytes > 0 else { return doneChunks >= totalChunks ? 1 : 0 }
        return min(1, Double(doneBytes) / Double(totalBytes))
    }

    /// Bytes that this run sends a second.
    public var bytesPerSecond: Double {
        let seconds = elapsed / .seconds(1)
        return seconds > 0 ? Double(sentBytes) / seconds : 0
    }

    /// How long the rest takes at the pace of this run; nil before there is one.
    public var remaining: Duration? {
        let seconds = elapsed / .seconds(1)
        let done = Double(doneBytes - earlierBytes)
        guard seconds > 0, done > 0 else { return nil }
        return .seconds(max(0, Double(totalBytes - doneBytes)) * seconds / done)
    }
}

/// What an initial load has done.
public struct LoadSummary: Sendable, Hashable {
    /// One table's part.
    public struct Table: Sendable, Hashable {
        /// The table, with the source's names.
        public var name: String
        /// Rows that this run sent.
        public var rows: Int64 = 0
        /// Bytes that this run sent.
        public var bytes: Int64 = 0
        /// Time that its chunks took, added up over the workers.
        public var busy: Duration = .zero
    }

    /// The tables, by name.
    public var tables: [Table] = []
    /// How long this run took.
    public var elapsed: Duration = .zero
    /// Set where there was nothing to do: the position that the target has already.
    public var alreadyAt: Snapshot?
    /// How often the load was begun again, because tables were rewritten meanwhile.
    public var restarts = 0
    /// What is in scope and not carried: `kind name: reason`.
    public var notCarried: [String] = []

    /// Nothing is done.
    public init() {}
}

/// Counts what the workers of a load do, and tells it at most five times a second.
final class LoadMeter: Sendable {
    private struct State {
        var progress = LoadProgress()
        var tables: [UInt32: LoadSummary.Table] = [:]
        /// Bytes sent of the chunks under way.
        var open: [Int: Int64] = [:]
        var committedBytes: Int64 = 0
        var toldAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let begun: ContinuousClock.Instant
    private let tell: @Sendable (LoadProgress) -> Void

    init(begun: ContinuousClock.Instant, tell: @escaping @Sendable (LoadProgress) -> Void) {
        self.begun = begun
        self.tell = tell
    }

    /// A plan, and what of it is done.
    func begin(_ plan: LoadPlan, done: Set<Int>, names: [UInt32: String]) {
        state.withLock { state in
            state.progress.totalChunks = plan.chunks.count
            state.progress.doneChunks = done.count
            state.progress.totalBytes = plan.chunks.reduce(0) { $0 + $1.estimatedBytes }
            state.committedBytes = done.reduce(0) { sum, chunk in
                sum + (plan.chunks.indices.contains(chunk) ? plan.chunks[chunk].estimatedBytes : 0)
            }
            state.progress.earlierBytes = state.committedBytes
            state.open = [:]
            for (oid, name) in names where state.tables[oid] == nil {
                state.tables[oid] = LoadSummary.Table(name: name)
            }
        }
        report(always: true)
    }

    /// So many bytes of a chunk were sent in all.
    func sent(_ chunk: Int, bytes: Int64) {
        state.withLock { $0.open[chunk] = bytes }
        report(always: false)
    }

    /// A chunk's attempt failed.
    func failed(_ chunk: Int) {
        state.withLock { $0.open[chunk] = nil }
    }

    /// A chunk is committed.
    func done(
        _ chunk: Int, _ planned: LoadPlan.Chunk, rows: Int, bytes: Int64, busy: Duration
    ) {
        state.withLock { state in
            state.open[chunk] = nil
            state.committedBytes += planned.estimatedBytes
            state.progress.doneChunks += 1
            state.progress.rows += Int64(rows)
            state.progress.sentBytes += bytes
            state.tables[planned.relation]?.rows += Int64(rows)
            state.tables[planned.relation]?.bytes += bytes
            state.tables[planned.relation]?.busy += busy
        }
        report(always: true)
    }

    /// The tables by name, partitions under their root's.
    var tables: [LoadSummary.Table] {
        var byName: [String: LoadSummary.Table] = [:]
        for table in state.withLock({ $0.tables.values.map(\.self) }) {
            var sum = byName[table.name] ?? LoadSummary.Table(name: table.name)
            sum.rows += table.rows
            sum.bytes += table.bytes
            sum.busy += table.busy
            byName[table.name] = sum
        }
        return byName.values.sorted { $0.name < $1.name }
    }

    private func report(always: Bool) {
        let now = ContinuousClock.now
        let progress = state.withLock { state -> LoadProgress? in
            if !always, let last = state.toldAt, now - last < .milliseconds(200) { return nil }
            state.toldAt = now
            var progress = state.progress
            let open = state.open.values.reduce(0, +)
            progress.sentBytes += open
            progress.doneBytes = min(progress.totalBytes, state.committedBytes + open)
            progress.elapsed = now - begun
            return progress
        }
        if let progress { tell(progress) }
    }
}
