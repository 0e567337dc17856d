import PGWire
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PoolLiveTests {
    let cluster: PostgresCluster
    init() throws { cluster = try PostgresCluster.shared() }

    private func configuration(_ name: String) -> PGConfiguration {
        var configuration = cluster.configuration(database: "postgres")
        configuration.sslMode = .disable
        configuration.runtimeParameters["application_name"] = name
        return configuration
    }

    private func pool(
        _ name: String, _ maximum: Int = 2, _ change: (inout PGPoolConfiguration) -> Void = { _ in }
    ) throws -> PGPool {
        var settings = PGPoolConfiguration(maximum: maximum)
        change(&settings)
        return try PGPool(configuration(name), settings: settings)
    }

    private func sessions(_ name: String) throws -> Int {
        Int(
            try cluster.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(name)'")) ?? -1
    }

    private func expectGone(_ name: String) throws {
        let end = ContinuousClock.now + .seconds(10)
        while try sessions(name) != 0, .now < end {}
        #expect(try sessions(name) == 0)
    }

    private func process(_ pool: PGPool) async throws -> Int {
        try await pool.withConnection { connection in
            try await connection.execute("SELECT pg_backend_pid()")[0].rows[0].decode(Int.self, 0)
        }
    }

    @Test func `many tasks share few connections`() async throws {
        let pool = try pool("pool_share", 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let found = try await pool.withConnection { connection in
                        try await connection.query("SELECT $1::int", [PGParameter(number)])
                            .rows[0].decode(Int.self, 0)
                    }
                    #expect(found == number)
                }
            }
            try await group.waitForAll()
        }
        let statistics = await pool.statistics
        #expect(statistics.acquired == 60)
        #expect((1...3).contains(statistics.created))
        #expect(statistics.idle == statistics.created && statistics.lent == 0)
        await pool.close()
        #expect(await pool.statistics.total == 0)
        try expectGone("pool_share")
    }

    @Test func `connections are spread over the loops that are named`() async throws {
        let loops = [PGEventLoop(name: "one"), PGEventLoop(name: "two")]
        let pool = try PGPool(
            configuration("pool_loops"), settings: PGPoolConfiguration(maximum: 2), loops: loops)
        try await pool.withConnection { first in
            try await pool.withConnection { second in
                try await first.execute("SELECT 1")
                try await second.execute("SELECT 1")
                #expect(first.loop !== second.loop)
            }
        }
        await pool.close()
    }

    @Test func `what comes back in a transaction is rolled back before it is lent again`()
        async throws
    {
        let pool = try pool("pool_rollback", 1)
        let process = try await process(pool)
        for sql in ["BEGIN; CREATE TABLE pool_left (id int)", "BEGIN; SELECT 1/0"] {
            _ = try? await pool.withConnection { try await $0.execute(sql) }
            try await pool.withConnection { connection in
                #expect(await connection.transactionStatus == .idle)
                let tables = try await connection.execute("SELECT to_regclass('pool_left')")
                #expect(tables[0].rows[0].values[0] == nil)
            }
        }
        #expect(try await self.process(pool) == process)
        await pool.close()
    }

    @Test func `a connection with a request under way is not lent again`() async throws {
        let pool = try pool("pool_busy", 1)
        let first = try await process(pool)
        let forgotten = try await pool.withConnection { connection in
            let task = Task { try await connection.execute("SELECT pg_sleep(60)") }
            while try cluster.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = \(first) AND state = 'active'")
                != "1"
            {}
            return task
        }
        #expect(try await process(pool) != first)
        await #expect(throws: PGError.self) { try await forgotten.value }
        #expect(await pool.statistics.closed == [.busy: 1])
        await pool.close()
        try expectGone("pool_busy")
    }

    @Test func `a session is reset where that is asked for, and kept where not`() async throws {
        for resets in [false, true] {
            let pool = try pool("pool_reset", 1) { $0.resetsSession = resets }
            try await pool.withConnection { try await $0.execute("SET work_mem = '77MB'") }
            let found = try await pool.withConnection { connection in
                try await connection.execute("SHOW work_mem")[0].rows[0].decode(String.self, 0)
            }
            #expect((found == "77MB") == !resets)
            // Statements that the server has forgotten are prepared again, also in a transaction.
            for number in 0..<3 {
                let answer = try await pool.withTransaction { connection in
                    try await connection.query("SELECT \(number)::int").rows[0].decode(Int.self, 0)
                }
                #expect(answer == number)
            }
            await pool.close()
        }
    }

    @Test func `a transaction is committed, rolled back, or said to have failed`() async throws {
        let pool = try pool("pool_transaction")
        try await pool.withConnection {
            try await $0.execute("CREATE TABLE pool_transaction (id int)")
        }
        struct Stop: Error {}
        try await pool.withTransaction {
            try await $0.execute("INSERT INTO pool_transaction VALUES (1)")
        }
        await #expect(throws: Stop.self) {
            try await pool.withTransaction {
                try await $0.execute("INSERT INTO pool_transaction VALUES (2)")
                throw Stop()
            }
        }
        let failed = await #expect(throws: PGError.self) {
            try await pool.withTransaction {
                try await $0.execute("INSERT INTO pool_transaction VALUES (3)")
                _ = try? await $0.execute("SELECT 1/0")
            }
        }
        #expect(failed?.sqlState?.rawValue == "25P02")
        let cancelled = Task {
            try await pool.withTransaction {
                try await $0.execute("INSERT INTO pool_transaction VALUES (4)")
                try await $0.execute("SELECT pg_sleep(60)")
            }
        }
        try await Task.sleep(for: .milliseconds(100))
        cancelled.cancel()
        await #expect(throws: PGError.self) { try await cancelled.value }
        let ids = try await pool.withConnection {
            try await $0.execute("SELECT id FROM pool_transaction")[0].rows.map {
                try $0.decode(Int.self, 0)
            }
        }
        #expect(ids == [1])
        try await pool.withConnection { try await $0.execute("DROP TABLE pool_transaction") }
        await pool.close()
    }

    @Test func `a full pool says so in time, and a cancelled waiter leaves`() async throws {
        let pool = try pool("pool_full", 1)
        try await pool.withConnection { _ in
            let start = ContinuousClock.now
            let late = await #expect(throws: PGError.self) {
                try await pool.withConnection(timeout: .milliseconds(100)) { _ in }
            }
            #expect(late?.code == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(5))
            let waiting = Task { try await pool.withConnection { _ in } }
            while await pool.statistics.waiters == 0 {}
            waiting.cancel()
            let cancelled = await #expect(throws: PGError.self) { try await waiting.value }
            #expect(cancelled?.code == .cancelled)
            #expect(await pool.statistics.waiters == 0)
        }
        let statistics = await pool.statistics
        #expect(statistics.timeouts == 1 && statistics.cancellations == 1)
        await pool.close()
    }

    @Test func `who waits for a server that is not there learns why`() async throws {
        var configuration = configuration("pool_absent")
        configuration.endpoint = .tcp(host: "127.0.0.1", port: try PostgresCluster.freePort())
        let pool = try PGPool(configuration)
        let late = await #expect(throws: PGError.self) {
            try await pool.withConnection(timeout: .milliseconds(500)) { _ in }
        }
        #expect(late?.code == .timedOut)
        #expect(late?.message.contains("refused") == true, "\(late?.message ?? "")")
        #expect((2...6).contains(await pool.statistics.connectFailures))
        await pool.close()

        var wrong = self.configuration("pool_wrong")
        wrong.password = "wrong"
        let refused = try PGPool(wrong)
        let start = ContinuousClock.now
        let error = await #expect(throws: PGError.self) {
            try await refused.withConnection { _ in }
        }
        #expect(error?.code == .authenticationFailed)
        #expect(ContinuousClock.now - start < .seconds(10))
        await refused.close()
    }

    @Test func `lost connections are replaced, whoever waits`() async throws {
        let pool = try pool("pool_lost", 3)
        for _ in 0..<5 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { _ = try await process(pool) } }
                try await group.waitForAll()
            }
            try cluster.psql(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'pool_lost'"
            )
            // The end of file may be a moment behind the server's end.
            while (try? await process(pool)) == nil {}
        }
        #expect((await pool.statistics.closed[.lost] ?? 0) >= 5)
        await pool.close()
    }

    @Test func `a connection that gives no sign of life is replaced`() async throws {
        let pool = try pool("pool_silent", 1) {
            $0.checkAfter = .zero
            $0.checkTimeout = .milliseconds(300)
        }
        let first = try await process(pool)
        #expect(try await process(pool) == first)
        try PostgresCluster.shell("kill -STOP \(first)")
        let second = try await process(pool)
        #expect(second != first)
        try PostgresCluster.shell("kill -CONT \(first)")
        #expect(await pool.statistics.closed == [.unhealthy: 1])
        await pool.close()
        try expectGone("pool_silent")
    }

    @Test func `connections are prepared before they are lent; a failure is told`() async throws {
        let pool = try PGPool(configuration("pool_prepare")) { connection in
            try await connection.execute("SET work_mem = '66MB'")
        }
        let found = try await pool.withConnection { connection in
            try await connection.execute("SHOW work_mem")[0].rows[0].decode(String.self, 0)
        }
        #expect(found == "66MB")
        await pool.close()
        var short = configuration("pool_prepare")
        short.connectTimeout = .milliseconds(500)
        let slow = try PGPool(short) { _ in try await Task.sleep(for: .seconds(60)) }
        let error = await #expect(throws: PGError.self) {
            try await slow.withConnection(timeout: .seconds(2)) { _ in }
        }
        #expect(error?.message.contains("preparing") == true, "\(error?.message ?? "")")
        await slow.close()
        try expectGone("pool_prepare")
    }

    @Test func `the minimum is there without being asked for, idle ones end`() async throws {
        let pool = try PGPool(
            configuration("pool_minimum"),
            settings: {
                var settings = PGPoolConfiguration(minimum: 2, maximum: 4)
                settings.idleTime = .milliseconds(200)
                return settings
            }())
        while await pool.statistics.idle < 2 { try await Task.sleep(for: .milliseconds(5)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    _ = try await pool.withConnection {
                        try await $0.execute("SELECT pg_sleep(0.1)")
                    }
                }
            }
            try await group.waitForAll()
        }
        while await pool.statistics.total != 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await pool.statistics.closed == [.idle: 2])
        await pool.close()
        try expectGone("pool_minimum")
    }

    @Test func `closing waits for those that are lent, but not for ever`() async throws {
        let pool = try pool("pool_close", 2)
        let quick = Task {
            try await pool.withConnection { try await $0.execute("SELECT pg_sleep(0.3)") }
        }
        let slow = Task {
            try await pool.withConnection { try await $0.execute("SELECT pg_sleep(60)") }
        }
        while await pool.statistics.lent < 2 { try await Task.sleep(for: .milliseconds(5)) }
        let waiting = Task { try await pool.withConnection { _ in } }
        while await pool.statistics.waiters < 1 { try await Task.sleep(for: .milliseconds(5)) }
        let start = ContinuousClock.now
        async let second: Void = pool.close(within: .seconds(30))
        await pool.close(within: .seconds(1))
        await second
        #expect(ContinuousClock.now - start < .seconds(10))
        _ = try await quick.value
        let refused = await #expect(throws: PGError.self) { try await waiting.value }
        #expect(refused?.code == .connectionClosed)
        let cut = await #expect(throws: PGError.self) { _ = try await slow.value }
        #expect(cut?.code == .connectionClosed)
        let later = await #expect(throws: PGError.self) { try await pool.withConnection { _ in } }
        #expect(later?.code == .connectionClosed)
        #expect(await pool.statistics.total == 0)
        try expectGone("pool_close")
    }

    @Test func `settings that do not fit together are refused`() throws {
        for change: (inout PGPoolConfiguration) -> Void in [
            { $0.maximum = 0 }, { $0.minimum = 3 }, { $0.connectsAtOnce = 0 },
            { $0.lifetimeJitter = 2 }, { $0.lifetime = .zero }, { $0.firstPause = .zero },
            { $0.maximumWaiters = 0 },
        ] {
            let error = #expect(throws: PGError.self) { _ = try pool("pool_settings", 2, change) }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}
