import PGWire
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CancellationLiveTests {
    let cluster: PostgresCluster
    init() throws { cluster = try PostgresCluster.shared() }

    private func connect() async throws -> PGConnection {
        var configuration = cluster.configuration(database: "postgres")
        configuration.sslMode = .disable
        return try await PGConnection.connect(configuration)
    }

    private func expectUsable(_ connection: PGConnection) async throws {
        for number in 0..<20 {
            let result = try await connection.query("SELECT $1::int", [PGParameter(number)])
            #expect(try result.rows[0].decode(Int.self, 0) == number)
        }
    }

    private func isRunning(_ mark: String) throws -> Bool {
        try cluster.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%\(mark)%'"
                + " AND pid <> pg_backend_pid()") != "0"
    }

    @Test func `a cancelled task ends its statement on the server`() async throws {
        let connection = try await connect()
        let task = Task { try await connection.execute("SELECT pg_sleep(60) AS mark_cancel") }
        while try !isRunning("mark_cancel") {}
        task.cancel()
        let error = await #expect(throws: PGError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try !isRunning("mark_cancel"))
        try await expectUsable(connection)
        await connection.close()
    }

    @Test func `a time limit ends the statement on the server`() async throws {
        let connection = try await connect()
        for _ in 0..<3 {
            let error = await #expect(throws: PGError.self) {
                try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(50))
            }
            #expect(error?.code == .timedOut)
            try await expectUsable(connection)
        }
        await connection.close()
    }

    @Test func `cancelling at random moments never hits a later statement`() async throws {
        let connection = try await connect()
        for round in 0..<60 {
            let task = Task {
                try await connection.query("SELECT count(*) FROM generate_series(1, 20000)")
            }
            try await Task.sleep(for: .microseconds(round * 150))
            task.cancel()
            _ = try? await task.value
            #expect(try await connection.query("SELECT 5").rows[0].decode(Int.self, 0) == 5)
        }
        await connection.close()
    }

    @Test func `cancelRunningStatement is the server's own error`() async throws {
        let connection = try await connect()
        let task = Task { try await connection.execute("SELECT pg_sleep(60) AS mark_running") }
        while try !isRunning("mark_running") {}
        await connection.cancelRunningStatement()
        let error = await #expect(throws: PGError.self) { _ = try await task.value }
        #expect(error?.sqlState == .queryCanceled)
        #expect(error?.code == .server)
        try await expectUsable(connection)
        await connection.close()
    }

    @Test func `a task that is cancelled in the queue leaves it`() async throws {
        let connection = try await connect()
        let slow = Task { try await connection.execute("SELECT pg_sleep(1)") }
        try await Task.sleep(for: .milliseconds(100))
        let queued = Task { try await connection.execute("SELECT 1") }
        try await Task.sleep(for: .milliseconds(100))
        queued.cancel()
        let error = await #expect(throws: PGError.self) { _ = try await queued.value }
        #expect(error?.code == .cancelled)
        _ = try await slow.value
        try await expectUsable(connection)
        await connection.close()
    }

    @Test func `leaving a COPY OUT early leaves the connection usable`() async throws {
        let connection = try await connect()
        for _ in 0..<5 {
            let rows = try await connection.copyOut(
                "COPY (SELECT generate_series(1, 20000000)) TO STDOUT"
            ) { copy in
                try await copy.next()?.rowCount ?? 0
            }
            #expect(rows > 0)
            try await expectUsable(connection)
        }
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await connection.copyOut("COPY (SELECT generate_series(1, 20000000)) TO STDOUT") {
                _ = try await $0.next()
                throw Stop()
            }
        }
        try await expectUsable(connection)
        await connection.close()
    }

    @Test func `a cancelled COPY leaves the connection usable`() async throws {
        let connection = try await connect()
        let task = Task {
            try await connection.copyOut("COPY (SELECT pg_sleep(60)) TO STDOUT") { copy in
                while try await copy.next() != nil {}
            }
        }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        let error = await #expect(throws: PGError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        try await expectUsable(connection)
        await connection.close()
    }

    @Test func `a COPY IN that is cancelled while it opens ends at once`() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TABLE IF NOT EXISTS copy_opens (id int)")
        for delay in [0, 1, 200, 400, 700, 1000, 1500, 2500, 4000] {
            let start = ContinuousClock.now
            let task = Task {
                try await connection.copyIn("COPY copy_opens FROM STDIN") { copy in
                    try await copy.write(Array("1\n".utf8))
                    try await Task.sleep(for: .seconds(60))
                }
            }
            try await Task.sleep(for: .microseconds(delay))
            task.cancel()
            await #expect(throws: (any Error).self) { _ = try await task.value }
            #expect(ContinuousClock.now - start < .seconds(2), "after \(delay) µs")
            try await expectUsable(connection)
        }
        // The COPY waits for a lock, and is told to end while it does.
        let other = try await self.connect()
        try await other.execute("BEGIN; LOCK TABLE copy_opens")
        let start = ContinuousClock.now
        let task = Task { try await connection.copyIn("COPY copy_opens FROM STDIN") { _ in } }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let error = await #expect(throws: PGError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(2))
        try await other.execute("ROLLBACK")
        try await expectUsable(connection)
        try await connection.execute("DROP TABLE copy_opens")
        await connection.close()
        await other.close()
    }

    @Test func `a COPY IN that fails on either side leaves the connection usable`() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (id int PRIMARY KEY)")
        let server = await #expect(throws: PGError.self) {
            _ = try await connection.copyIn("COPY t FROM STDIN") { copy in
                let bytes = Array("not a number\n".utf8)
                for _ in 0..<100_000 { try await copy.write(bytes) }
            }
        }
        #expect(server?.sqlState == .invalidTextRepresentation)
        try await expectUsable(connection)
        let duplicate = await #expect(throws: PGError.self) {
            _ = try await connection.copyIn("COPY t FROM STDIN") { copy in
                try await copy.write(Array("1\n1\n".utf8))
            }
        }
        #expect(duplicate?.sqlState == .uniqueViolation)
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            _ = try await connection.copyIn("COPY t FROM STDIN") { copy in
                try await copy.write(Array("7\n".utf8))
                throw Stop()
            }
        }
        #expect(
            try await connection.query("SELECT count(*) FROM t").rows[0].decode(Int.self, 0) == 0)
        let missing = await #expect(throws: PGError.self) {
            _ = try await connection.copyIn("COPY nowhere FROM STDIN") { _ in }
        }
        #expect(missing?.sqlState == .undefinedTable)
        let wrong = await #expect(throws: PGError.self) {
            _ = try await connection.copyIn("SELECT 1") { _ in }
        }
        #expect(wrong?.code == .misuse)
        try await expectUsable(connection)
        #expect(try await connection.copyIn("COPY t FROM STDIN") { _ in } == 0)
        await connection.close()
    }

    @Test func `a terminated backend wakes everybody`() async throws {
        let connection = try await connect()
        let process = try #require(await connection.serverProcessID)
        let running = Task { try await connection.execute("SELECT pg_sleep(60)") }
        try await Task.sleep(for: .milliseconds(100))
        let queued = Task { try await connection.execute("SELECT 1") }
        try await Task.sleep(for: .milliseconds(100))
        try cluster.psql("SELECT pg_terminate_backend(\(process))")
        let first = await #expect(throws: PGError.self) { _ = try await running.value }
        #expect(first?.sqlState == .adminShutdown)
        #expect(first?.isConnectionLost == true)
        let second = await #expect(throws: PGError.self) { _ = try await queued.value }
        #expect(second?.code == .connectionLost)
        #expect(!connection.isOpen)
        let third = await #expect(throws: PGError.self) { try await connection.execute("SELECT 1") }
        #expect(third?.isConnectionLost == true)
    }

    @Test func `closing wakes who waits`() async throws {
        let connection = try await connect()
        let running = Task { try await connection.execute("SELECT pg_sleep(60)") }
        try await Task.sleep(for: .milliseconds(100))
        await connection.close()
        let error = await #expect(throws: PGError.self) { _ = try await running.value }
        #expect(error?.code == .connectionClosed)
        await connection.close()
    }
}
