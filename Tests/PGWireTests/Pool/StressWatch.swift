import Glibc
import Synchronization

/// Notes where each worker of a stress test is, so that one that stands still is seen and named.
final class StressWatch: Sendable {
    private struct Entry {
        var phase = "begun"
        var since = ContinuousClock.now
        var isOver = false
    }

    private let entries: Mutex<[Entry]>

    /// How long a stress test runs, in seconds: TELEPORT_SOAK_SECONDS, or this many.
    static func seconds(_ usual: Int) -> Duration {
        .seconds(getenv("TELEPORT_SOAK_SECONDS").flatMap { Int(String(cString: $0)) } ?? usual)
    }

    /// Watches this many workers.
    init(workers: Int) {
        entries = Mutex([Entry](repeating: Entry(), count: workers))
    }

    /// The worker begins something else.
    func note(_ worker: Int, _ phase: String) {
        entries.withLock { $0[worker] = Entry(phase: phase) }
    }

    /// The worker has ended.
    func end(_ worker: Int) {
        entries.withLock { $0[worker] = Entry(phase: "over", isOver: true) }
    }

    /// Waits until all have ended; answers those that stood still for longer than `limit`.
    func hung(_ limit: Duration) async -> [String] {
        while true {
            let (all, stuck) = entries.withLock { entries in
                (
                    entries.allSatisfy(\.isOver),
                    entries.enumerated().filter {
                        !$0.element.isOver && .now - $0.element.since > limit
                    }.map { "worker \($0.offset): \($0.element.phase)" }
                )
            }
            if all { return [] }
            guard stuck.isEmpty else { return stuck }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}

/// Threads that only burn time, so that others lose theirs at odd moments.
final class Burners: Sendable {
    private let isOver = Atomic(false)

    /// Starts threads.
    init(_ count: Int) {
        for _ in 0..<count {
            var id = pthread_t()
            pthread_create(
                &id, nil,
                { raw in
                    guard let raw else { return nil }
                    let burners = Unmanaged<Burners>.fromOpaque(raw).takeRetainedValue()
                    var number = 1
                    while !burners.isOver.load(ordering: .relaxed) {
                        for _ in 0..<100_000 { number = number &* 6_364_136_223_846_793_005 &+ 1 }
                    }
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
            pthread_detach(id)
        }
    }

    /// Ends them.
    func stop() { isOver.store(true, ordering: .relaxed) }
}
