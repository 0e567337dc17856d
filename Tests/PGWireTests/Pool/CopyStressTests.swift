import PGWire
import Synchronization
import TestSupport
import Testing

/// COPY OUT with a slow consumer, cancelled at random moments from within task groups, as the daemon
/// does when the connection to its target is cut.
@Suite(.timeLimit(.minutes(15)))
struct CopyStressTests {
    let cluster: PostgresCluster
    init() throws { cluster = try PostgresCluster.shared() }

    private final class Tally: Sendable {
        struct Counts {
            var cut = 0
            var complete = 0
        }
        private let state = Mutex((counts: Counts(), problems: [String: Int]()))

        var counts: Counts { state.withLock { $0.counts } }
        var problems: [String: Int] { state.withLock { $0.problems } }

        func count(_ what: any WritableKeyPath<Counts, Int> & Sendable) {
            state.withLock { $0.counts[keyPath: what] += 1 }
        }

        func problem(_ text: String) {
            state.withLock { $0.problems[text, default: 0] += 1 }
        }
    }

    private func configuration(_ worker: Int) -> PGConfiguration {
        var configuration = cluster.configuration(database: "postgres")
        switch worker % 3 {
        case 0: configuration.sslMode = .disable
        case 1: configuration.sslMode = .require
        default:
            configuration.endpoint = .unix(directory: cluster.socketDirectory, port: cluster.port)
        }
        return configuration
    }

    private struct Cut: Error {}

    /// One COPY in a group with a sign of life and an answer that comes, or fails, after a while.
    private static func round(_ connection: PGConnection, rows: Int, answer: Duration, pace: Int)
        async throws
    {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await connection.copyOut(
                    "COPY (SELECT n, repeat('w', 500) FROM generate_series(1, \(rows)) n) TO STDOUT"
                ) { copy in
                    var taken = 0
                    while let chunk = try await copy.next() {
                        taken += chunk.rowCount
                        switch pace {
                        case 0: break
                        case 1: await Task.yield()
                        case 2: try await Task.sleep(for: .microseconds(300))
                        // Until it is cancelled, with the socket full.
                        default: try await Task.sleep(for: .seconds(rows < 2_000 ? 0 : 60))
                        }
                    }
                    guard taken == rows else { throw PGError(.misuse, "\(taken) of \(rows) rows") }
                }
                return true
            }
            group.addTask {
                while !Task.isCancelled { try await Task.sleep(for: .seconds(1)) }
                return false
            }
            group.addTask {
                if answer > .zero { try await Task.sleep(for: answer) }
                throw Cut()
            }
            defer { group.cancelAll() }
            while let isComplete = try await group.next() {
                if isComplete { return }
            }
        }
    }

    /// Copies, is cut, and asks on the same connection, until the end.
    private static func work(
        _ worker: Int, _ configuration: PGConfiguration, until end: ContinuousClock.Instant,
        _ watch: StressWatch, _ tally: Tally
    ) async {
        var connection: PGConnection?
        while .now < end {
            watch.note(worker, "connect")
            do {
                if connection?.isOpen != true {
                    connection = try await PGConnection.connect(configuration)
                }
                guard let connection else { continue }
                let rows = [1, 2_000, 20_000, 200_000].randomElement() ?? 1
                let limit = [1, 1_000, 10_000, 60_000].randomElement() ?? 1
                let answer = Duration.microseconds(Int.random(in: 0...limit))
                watch.note(worker, "copy \(rows) rows, answer after \(answer)")
                do {
                    try await round(
                        connection, rows: rows, answer: answer, pace: Int.random(in: 0...3))
                    tally.count(\.complete)
                } catch is Cut {
                    tally.count(\.cut)
                }
                watch.note(worker, "query")
                let id = Int.random(in: 0...1_000_000)
                let found = try await connection.query("SELECT $1::int", [PGParameter(id)])
                    .rows[0].decode(Int.self, 0)
                if found != id { tally.problem("\(found) for \(id)") }
            } catch {
                tally.problem("\(error)")
            }
        }
        await connection?.close()
        watch.end(worker)
    }

    @Test func `a COPY cancelled at any moment ends, and its connection goes on`() async throws {
        let workers = 6
        let watch = StressWatch(workers: workers)
        let tally = Tally()
        let end = ContinuousClock.now + StressWatch.seconds(8)
        let burners = Burners(2)
        defer { burners.stop() }
        for worker in 0..<workers {
            let configuration = configuration(worker)
            Task.detached { await Self.work(worker, configuration, until: end, watch, tally) }
        }
        let hung = await watch.hung(.seconds(30))
        print("COPY stress: \(tally.counts.cut) cut, \(tally.counts.complete) complete")
        #expect(hung.isEmpty)
        #expect(tally.problems.isEmpty)
    }

    /// One request of any kind in a task that is cancelled after a while, together with what else may
    /// befall it.
    private static func disturb(_ connection: PGConnection, _ cluster: PostgresCluster) async throws
    {
        let kind = Int.random(in: 0...3)
        let rows = [10, 20_000].randomElement() ?? 10
        let task = Task.detached {
            try await withTaskExecutorPreference(Bool.random() ? connection.loop : nil) {
                switch kind {
                case 0: try await connection.execute("SELECT pg_sleep(0.02)")
                case 1:
                    _ = try await connection.copyIn("COPY stress FROM STDIN") { copy in
                        for _ in 0..<rows {
                            try await copy.write([UInt8](repeating: 0x77, count: 500) + [0x0a])
                        }
                    }
                default:
                    try await connection.execute("BEGIN")
                    try await round(
                        connection, rows: rows, answer: .milliseconds(5),
                        pace: Int.random(in: 0...3))
                }
            }
        }
        try await Task.sleep(for: .microseconds(Int.random(in: 0...20_000)))
        switch Int.random(in: 0...9) {
        case 0:
            if let process = await connection.serverProcessID {
                let other = try await PGConnection.connect(
                    cluster.configuration(database: "postgres"))
                try await other.execute("SELECT pg_terminate_backend(\(process))")
                await other.close()
            }
        case 1: await connection.close()
        case 2, 3: await connection.cancelRunningStatement()
        case 4:
            // A cancel request under way while the connection ends.
            async let cancelled: Void = connection.cancelRunningStatement()
            async let closed: Void = connection.close()
            _ = await (cancelled, closed)
        default: task.cancel()
        }
        _ = await task.result
    }

    private static func suffer(
        _ worker: Int, _ configuration: PGConfiguration, _ cluster: PostgresCluster,
        until end: ContinuousClock.Instant, _ watch: StressWatch, _ tally: Tally
    ) async {
        var connection: PGConnection?
        while .now < end {
            watch.note(worker, "connect")
            do {
                if connection?.isOpen != true {
                    connection = try await PGConnection.connect(configuration)
                    try await connection?.execute(
                        "SET client_min_messages = error; CREATE TEMP TABLE stress (line text)")
                }
                guard let connection else { continue }
                watch.note(worker, "disturb")
                try? await disturb(connection, cluster)
                watch.note(worker, "query")
                guard connection.isOpen else { continue }
                try await connection.execute("ROLLBACK")
                let id = Int.random(in: 0...1_000_000)
                let found = try await connection.query("SELECT $1::int", [PGParameter(id)])
                    .rows[0].decode(Int.self, 0)
                if found != id { tally.problem("\(found) for \(id)") }
                tally.count(\.complete)
            } catch {
                // A backend that was told to end does so when it likes.
                if !error.isConnectionLost { tally.problem("\(error)") }
                tally.count(\.cut)
            }
        }
        await connection?.close()
        watch.end(worker)
    }

    @Test func `whatever befalls a COPY, nobody waits for ever`() async throws {
        let workers = 6
        let watch = StressWatch(workers: workers)
        let tally = Tally()
        let end = ContinuousClock.now + StressWatch.seconds(8)
        let burners = Burners(2)
        defer { burners.stop() }
        for worker in 0..<workers {
            let configuration = configuration(worker)
            Task.detached { [cluster] in
                await Self.suffer(worker, configuration, cluster, until: end, watch, tally)
            }
        }
        let hung = await watch.hung(.seconds(30))
        print("chaos: \(tally.counts.complete) went on, \(tally.counts.cut) lost")
        #expect(hung.isEmpty)
        #expect(tally.problems.isEmpty)
    }
}
