import Glibc
import PGWire
import Synchronization
import TestSupport
import Testing

/// The pool under fire: tasks that are cancelled or run out of time, backends that are killed, a
/// server that is restarted.
@Suite(.timeLimit(.minutes(15)))
struct PoolSoakTests {
    /// What the tasks saw.
    private final class Seen: Sendable {
        private let state = Mutex((answers: 0, errors: [String: Int](), wrong: [String]()))
        var answers: Int { state.withLock { $0.answers } }
        var errors: [String: Int] { state.withLock { $0.errors } }
        var wrong: [String] { state.withLock { $0.wrong } }

        func answer() { state.withLock { $0.answers += 1 } }
        func wrong(_ text: String) { state.withLock { $0.wrong.append(text) } }
        func error(_ code: String) { state.withLock { $0.errors[code, default: 0] += 1 } }
    }

    /// The sockets of this process that lead to a port.
    private static func sockets(to port: Int) -> Int {
        let target = String(port, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: 4 - target.count) + target
        let table = (try? PostgresCluster.shell("cat /proc/\(getpid())/net/tcp")) ?? ""
        var inodes: Set<String> = []
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[2].hasSuffix(":" + padded) else { continue }
            inodes.insert(String(fields[9]))
        }
        let links = (try? PostgresCluster.shell("ls -l /proc/\(getpid())/fd")) ?? ""
        return links.split(separator: "\n").filter { line in
            inodes.contains { line.hasSuffix("socket:[\($0)]") }
        }.count
    }

    /// Open descriptors but for those that libdispatch makes for itself when it first needs them.
    private static func descriptors() -> Int {
        let count = try? PostgresCluster.shell(
            "ls -l /proc/\(getpid())/fd | grep -v anon_inode | wc -l")
        return count.flatMap { Int($0) } ?? -1
    }

    /// Asks for its own number, in one of several ways.
    private static func ask(_ pool: PGPool, _ id: Int, _ seen: Seen) async throws {
        let found: [Int] = try await pool.withConnection(timeout: .seconds(20)) { connection in
            switch id % 5 {
            case 0:
                return try await connection.query(
                    "SELECT $1::int", [PGParameter(id)], timeout: .milliseconds(id % 40)
                ).rows.map { try $0.decode(Int.self, 0) }
            case 1:
                return try await connection.execute("SELECT \(id), pg_sleep(0.01)")[0].rows.map {
                    try $0.decode(Int.self, 0)
                }
            case 2:
                let lines = try await connection.copyOut(
                    "COPY (SELECT \(id) FROM generate_series(1, 5000)) TO STDOUT"
                ) { copy in
                    var bytes: [UInt8] = []
                    while let chunk = try await copy.next() { bytes += chunk.bytes }
                    return bytes
                }
                let text = String(decoding: lines, as: UTF8.self)
                let ids = text.split(separator: "\n").map { Int($0) ?? -1 }
                return ids.count == 5000 ? Array(Set(ids)) : [-ids.count]
            case 3:
                try await connection.execute("BEGIN; SELECT \(id)")
                return try await connection.query("SELECT \(id)::int8").rows.map {
                    try $0.decode(Int.self, 0)
                }
            default:
                return try await connection.query("SELECT $1::int", [PGParameter(id)]).rows.map {
                    try $0.decode(Int.self, 0)
                }
            }
        }
        seen.answer()
        if found != [id] { seen.wrong("\(found) for \(id)") }
    }

    private static func work(
        _ worker: Int, _ pool: PGPool, until end: ContinuousClock.Instant, _ watch: StressWatch,
        _ seen: Seen
    ) async {
        var round = 0
        while .now < end {
            round += 1
            let id = worker * 1_000_000 + round
            watch.note(worker, "asks for \(id)")
            let task = Task { try await ask(pool, id, seen) }
            let isCancelled = Int.random(in: 0..<3) == 0
            if isCancelled {
                try? await Task.sleep(for: .microseconds(Int.random(in: 0...30_000)))
                task.cancel()
            }
            do {
                try await task.value
            } catch let error as PGError {
                seen.error(error.code.rawValue)
                switch error.code {
                case .cancelled where isCancelled, .timedOut, .connectionLost, .connectFailed: break
                case .server where error.isConnectionLost: break
                // In particular 57014: a cancellation that hit somebody else's statement.
                default: seen.wrong("\(error)")
                }
            } catch {
                seen.wrong("\(error)")
            }
        }
        watch.end(worker)
    }

    /// Kills backends all the time, and the whole server now and then.
    private static func fire(_ cluster: PostgresCluster, until end: ContinuousClock.Instant) async {
        var round = 0
        while .now < end {
            round += 1
            try? await Task.sleep(for: .milliseconds(200))
            if round % 15 == 0 {
                try? cluster.stop(mode: round % 30 == 0 ? "immediate" : "fast")
                try? cluster.start()
            } else {
                _ = try? cluster.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'soak' ORDER BY random() LIMIT 1"
                )
            }
        }
    }

    @Test func `a hundred tasks on eight connections, under fire`() async throws {
        let cluster = try PostgresCluster()
        defer { try? cluster.stop(mode: "immediate") }
        var configuration = cluster.configuration(database: "postgres")
        configuration.sslMode = .disable
        configuration.runtimeParameters["application_name"] = "soak"
        // The test's own, so that others' descriptors are not counted.
        let loops = [PGEventLoop(name: "soak-1"), PGEventLoop(name: "soak-2")]
        let before = Self.descriptors()
        var settings = PGPoolConfiguration(minimum: 2, maximum: 8)
        settings.lifetime = .seconds(2)
        settings.checkAfter = .milliseconds(50)
        settings.longestPause = .milliseconds(500)
        let pool = try PGPool(configuration, settings: settings, loops: loops)
        let seen = Seen()
        let workers = 100
        let watch = StressWatch(workers: workers)
        let end = ContinuousClock.now + StressWatch.seconds(10)
        for worker in 0..<workers {
            Task.detached { await Self.work(worker, pool, until: end, watch, seen) }
        }
        let fire = Task.detached { await Self.fire(cluster, until: end) }
        let most = Task.detached {
            var most = 0
            while .now < end {
                most = max(most, await pool.statistics.total)
                try? await Task.sleep(for: .milliseconds(5))
            }
            return most
        }
        let hung = await watch.hung(.seconds(40))
        #expect(hung.isEmpty)
        await fire.value
        #expect(await most.value <= 8)
        #expect(seen.wrong.isEmpty)
        // Every connection is as good as new.
        for id in 0..<20 { try await Self.ask(pool, id * 5 + 4, seen) }
        await pool.close(within: .seconds(10))
        let statistics = await pool.statistics
        print("pool soak: \(seen.answers) answers, \(seen.errors), \(statistics)")
        #expect(statistics.total == 0 && statistics.waiters == 0)
        #expect(seen.answers > 100)
        #expect(
            statistics.created == statistics.closed.values.reduce(0, +))
        let deadline = ContinuousClock.now + .seconds(10)
        func left() throws -> String {
            try cluster.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'soak'")
        }
        while try left() != "0", .now < deadline {}
        #expect(try left() == "0")
        #expect(Self.sockets(to: cluster.port) == 0)
        #expect(Self.descriptors() <= before)
    }
}
