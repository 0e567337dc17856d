import Synchronization

/// A bound on how many do something at once; whoever comes too late is told so.
final class Gate: Sendable {
    private let limit: Int
    private let inside = Mutex(0)

    /// A gate for `limit` at once.
    init(limit: Int) {
        self.limit = limit
    }

    /// Runs the body, or returns nil at once where the gate is full.
    func enter<R: Sendable>(_ body: () async throws -> R) async rethrows -> R? {
        let isIn = inside.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isIn else { return nil }
        defer { inside.withLock { $0 -= 1 } }
        return try await body()
    }
}
