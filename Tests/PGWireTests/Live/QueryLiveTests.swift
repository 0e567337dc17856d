import PGWire
import TestSupport
import Testing

/// The extended protocol against a real server.
@Suite(.timeLimit(.minutes(2))) struct QueryLiveTests {
    private func connect(
        cache: Int = 256, _ change: (inout PGConfiguration) -> Void = { _ in }
    ) async throws -> PGConnection {
        var configuration = try PostgresCluster.shared().configuration(database: "postgres")
        configuration.statementCacheSize = cache
        change(&configuration)
        return try await PGConnection.connect(configuration)
    }

    private func prepared(_ connection: PGConnection) async throws -> Int {
        try await connection.execute("SELECT count(*) FROM pg_prepared_statements")[0][0]
            .decode(Int.self, 0)
    }

    @Test(arguments: [0, 1, 256])
    func `values travel as parameters and names are quoted`(_ cache: Int) async throws {
        let connection = try await connect(cache: cache)
        let evil = "'; DROP TABLE x; -- \" \\"
        for _ in 0..<3 {
            let row = try await connection.query(
                "SELECT \(evil) AS \(identifier: "a\"b"), \(7) + 1, \(Int?.none)::int")[0]
            let (text, number, nothing) = try row.decode(String.self, Int.self, Int?.self)
            #expect(text == evil)
            #expect(number == 8)
            #expect(nothing == nil)
            #expect(row.columns[0].name == "a\"b")
        }
        #expect(try await prepared(connection) == min(cache, 1))
        await connection.close()
    }

    @Test func `a statement inside another keeps its parameters`() async throws {
        let connection = try await connect()
        let inner: PGStatement = "SELECT \(1)::int + \(2)"
        let row = try await connection.query("SELECT \(10) + (\(inner)) + \(100)")[0]
        #expect(try row.decode(Int.self, 0) == 113)
        await connection.close()
    }

    @Test func `an integer is what the server expects`() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE n (a int2, b int4, c int8)")
        try await connection.query("INSERT INTO n VALUES (\(1), \(2), \(3))")
        let sum = try await connection.query("SELECT a + b + c FROM n WHERE b = \(2)")
        #expect(try sum[0].decode(Int.self, 0) == 6)
        await connection.close()
    }

    @Test func `the cache holds so many and forgets the oldest on the server too`() async throws {
        let connection = try await connect(cache: 3)
        for number in 0..<10 {
            #expect(
                try await connection.query("SELECT \(raw: "\(number)")")[0].decode(Int.self, 0)
                    == number)
        }
        // The last one that had to go goes with the next request.
        #expect(try await prepared(connection) <= 4)
        _ = try await connection.query("SELECT 9")
        #expect(try await prepared(connection) == 3)
        await connection.close()
    }

    @Test func `statements are forgotten though a request before could not be sent`()
        async throws
    {
        let connection = try await connect(cache: 1)
        _ = try await connection.query("SELECT 1")
        // It pushes the first one out of the cache, and then has a value that does not fit.
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT \(100_000)::int2")
        }
        #expect(error?.code == .encodingFailed)
        #expect(try await connection.query("SELECT \(5)::int2")[0].decode(Int.self, 0) == 5)
        #expect(try await prepared(connection) == 1)
        await connection.close()
    }

    @Test func `a statement whose plan is gone is prepared again outside a transaction`()
        async throws
    {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE p (a int)")
        try await connection.execute("INSERT INTO p VALUES (1)")
        #expect(try await connection.query("SELECT * FROM p")[0].count == 1)
        try await connection.execute("ALTER TABLE p ADD b text DEFAULT 'x'")
        let row = try await connection.query("SELECT * FROM p")[0]
        #expect(try row.decode(String.self, "b") == "x")
        try await connection.execute("DEALLOCATE ALL")
        #expect(try await connection.query("SELECT * FROM p").count == 1)
        try await connection.execute("BEGIN; ALTER TABLE p ADD c int")
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT * FROM p")
        }
        #expect(error?.sqlState == .featureNotSupported)
        try await connection.execute("ROLLBACK")
        #expect(try await connection.query("SELECT * FROM p")[0].count == 2)
        await connection.close()
    }

    @Test func `a prepared statement counts its parameters and can be forgotten`() async throws {
        let connection = try await connect()
        let statement = try await connection.prepare("SELECT $1::int4 * $2::int8")
        #expect(statement.parameterTypes == [.int4, .int8])
        #expect(statement.columns[0].type == .int8)
        #expect(try await connection.query(statement, 6, 7)[0].decode(Int.self, 0) == 42)
        var error = await #expect(throws: PGError.self) {
            try await connection.query(statement, 6)
        }
        #expect(error?.code == .misuse)
        try await connection.deallocate(statement)
        error = await #expect(throws: PGError.self) {
            try await connection.query(statement, 6, 7)
        }
        #expect(error?.sqlState == .invalidSQLStatementName)
        error = await #expect(throws: PGError.self) { try await connection.prepare("SELEC 1") }
        #expect(error?.sqlState == .syntaxError)
        #expect(error?.server?.position == 1)
        await connection.close()
    }

    @Test func `types without a binary form come as text`() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TYPE pg_temp.mood AS ENUM ('sad', 'ok')")
        let row = try await connection.query(
            "SELECT 'ok'::pg_temp.mood, 'postgres=r/postgres'::aclitem IS NULL, 5::int4, relacl FROM pg_class WHERE relacl IS NOT NULL LIMIT 1"
        )[0]
        #expect(try row.decode(String.self, 0) == "ok")
        #expect(row.columns.map(\.format) == [.text, .binary, .binary, .text])
        await connection.close()
    }

    // MARK: Pipelines

    @Test(arguments: [0, 256])
    func `a pipeline answers each statement`(_ cache: Int) async throws {
        let connection = try await connect(cache: cache)
        try await connection.execute("CREATE TEMP TABLE q (id int PRIMARY KEY, v text)")
        let answers = try await connection.pipeline { pipeline in
            for id in 1...1000 { pipeline.query("INSERT INTO q VALUES (\(id), \("v\(id)"))") }
            pipeline.query("SELECT count(*) FROM q")
        }
        #expect(answers.count == 1001)
        #expect(try answers[1000].get()[0].decode(Int.self, 0) == 1000)
        let mixed = try await connection.pipeline { pipeline in
            pipeline.query("INSERT INTO q VALUES (\(2001), 'a')")
            pipeline.query("INSERT INTO q VALUES (\(1), 'twice')")
            pipeline.query("INSERT INTO q VALUES (\(2002), 'b')")
            pipeline.sync()
            pipeline.query("INSERT INTO q VALUES (\(2003), 'c')")
            pipeline.sync()
        }
        let codes = mixed.map { answer -> String in
            switch answer {
            case .success(let result): result.commandTag
            case .failure(let error): error.code.rawValue
            }
        }
        #expect(codes == ["INSERT 0 1", "server", "pipelineAborted", "INSERT 0 1"])
        let ids = try await connection.query("SELECT id FROM q WHERE id > 2000").decode(Int.self)
        #expect(ids == [2003])
        #expect(try await connection.pipeline { _ in }.isEmpty)
        await connection.close()
    }

    @Test func `a pipeline larger than both buffers does not lock up`() async throws {
        let connection = try await connect()
        let text = String(repeating: "x", count: 20_000)
        let answers = try await connection.pipeline(timeout: .seconds(60)) { pipeline in
            for _ in 0..<1000 { pipeline.query("SELECT \(text) || \(text)") }
        }
        #expect(try answers.allSatisfy { try $0.get()[0].decode(String.self, 0).count == 40_000 })
        await connection.close()
    }

    @Test func `a commit that fails at the end of a group is told`() async throws {
        let connection = try await connect()
        try await connection.execute(
            "CREATE TEMP TABLE d (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let answers = try await connection.pipeline { pipeline in
            pipeline.query("INSERT INTO d VALUES (1)")
            pipeline.query("INSERT INTO d VALUES (1)")
        }
        #expect(throws: PGError.self) { try answers[1].get() }
        #expect(try await connection.query("SELECT 1 FROM d").isEmpty)
        await connection.close()
    }

    // MARK: Streams

    @Test(arguments: [0, 1, 7, 1000])
    func `rows stream in their order`(_ fetchSize: Int) async throws {
        let connection = try await connect()
        var sum = 0
        let count = try await connection.stream(
            "SELECT g, 'r' || g FROM generate_series(1, \(fetchSize == 1 ? 50 : 100_000)) g",
            fetchSize: fetchSize
        ) { rows in
            var count = 0
            for try await (number, text) in rows.decode(Int.self, String.self) {
                count += 1
                if number != count || text != "r\(count)" { sum = -1 }
            }
            return count
        }
        #expect(count == (fetchSize == 1 ? 50 : 100_000))
        #expect(sum == 0)
        await connection.close()
    }

    @Test func `a stream that is left early leaves the connection usable`() async throws {
        let connection = try await connect()
        for fetchSize in [0, 10] {
            let first = try await connection.stream(
                "SELECT generate_series(1, 100000000)", fetchSize: fetchSize
            ) { rows in
                for try await row in rows { return try row.decode(Int.self, 0) }
                return 0
            }
            #expect(first == 1)
            #expect(try await connection.query("SELECT 2")[0].decode(Int.self, 0) == 2)
        }
        // A portal that is left costs the transaction nothing.
        try await connection.withTransaction { connection in
            try await connection.stream("SELECT generate_series(1, 100000)", fetchSize: 5) { rows in
                for try await _ in rows { break }
            }
            #expect(try await connection.query("SELECT 3")[0].decode(Int.self, 0) == 3)
        }
        await connection.close()
    }

    @Test func `an error in the middle of a stream comes after the rows before it`() async throws {
        let connection = try await connect()
        for fetchSize in [0, 3] {
            var seen = 0
            let error = await #expect(throws: PGError.self) {
                try await connection.stream(
                    "SELECT 10 / (6 - g) FROM generate_series(1, 10) g", fetchSize: fetchSize
                ) { rows in
                    for try await _ in rows { seen += 1 }
                }
            }
            #expect(error?.sqlState?.rawValue == "22012")
            #expect(seen <= 5)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
        await connection.close()
    }

    @Test func `an insert streams no rows, a COPY is refused`() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE s (a int)")
        let columns = try await connection.stream("INSERT INTO s VALUES (1)") { rows in
            for try await _ in rows { Issue.record("a row") }
            return rows.columns.count
        }
        #expect(columns == 0)
        for sql in ["COPY s TO STDOUT", "COPY s FROM STDIN"] {
            let error = await #expect(throws: PGError.self) {
                try await connection.query(sql, [])
            }
            #expect(error?.code == .misuse)
        }
        await connection.close()
    }

    // MARK: Transactions

    @Test func `transactions commit, roll back and nest`() async throws {
        struct Own: Error {}
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE x (a int)")
        try await connection.withTransaction { connection in
            try await connection.query("INSERT INTO x VALUES (1)")
            await #expect(throws: Own.self) {
                try await connection.withTransaction { connection in
                    try await connection.query("INSERT INTO x VALUES (2)")
                    throw Own()
                }
            }
            try await connection.withTransaction { connection in
                _ = try await connection.query("INSERT INTO x VALUES (3)")
            }
        }
        #expect(
            try await connection.query("SELECT a FROM x ORDER BY a").decode(Int.self) == [1, 3])
        await #expect(throws: Own.self) {
            try await connection.withTransaction(.init(isolation: .serializable)) { connection in
                try await connection.query("DELETE FROM x")
                throw Own()
            }
        }
        #expect(try await connection.query("SELECT a FROM x").count == 2)
        let hidden = await #expect(throws: PGError.self) {
            try await connection.withTransaction { connection in
                try await connection.query("DELETE FROM x")
                _ = try? await connection.query("SELECT 1/0")
            }
        }
        #expect(hidden?.sqlState?.rawValue == "25P02")
        let readOnly = await #expect(throws: PGError.self) {
            try await connection.withTransaction(.init(isReadOnly: true)) { connection in
                try await connection.execute("CREATE TABLE never (a int)")
            }
        }
        #expect(readOnly?.sqlState?.rawValue == "25006")
        #expect(await connection.transactionStatus == .idle)
        #expect(try await connection.query("SELECT a FROM x").count == 2)
        await connection.close()
    }

    @Test func `a cancelled transaction is rolled back`() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE y (a int)")
        let task = Task {
            try await connection.withTransaction { connection in
                try await connection.query("INSERT INTO y VALUES (1)")
                try await connection.query("SELECT pg_sleep(60)")
            }
        }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        await #expect(throws: PGError.self) { try await task.value }
        #expect(await connection.transactionStatus == .idle)
        #expect(try await connection.query("SELECT a FROM y").isEmpty)
        await connection.close()
    }

    // MARK: Notifications

    @Test func `notifications come in order, and what was dropped is counted`() async throws {
        let listener = try await connect()
        let sender = try await connect()
        try await listener.listen(to: "Jobs \"x\"", capacity: 10) { events in
            for number in 0..<30 {
                try await sender.query("SELECT pg_notify('Jobs \"x\"', \("\(number)"))")
            }
            // They come while nothing is asked, and with answers.
            try await listener.execute("SELECT 1")
            var got: [String] = []
            var dropped = 0
            for try await event in events {
                switch event {
                case .notification(let notification): got.append(notification.payload)
                case .dropped(let count): dropped = count
                }
                if dropped > 0 { break }
            }
            #expect(got == (0..<10).map(String.init))
            #expect(dropped == 20)
            // It goes on.
            try await sender.execute("NOTIFY \"Jobs \"\"x\"\"\", 'on'")
            for try await event in events {
                guard case .notification(let notification) = event else { continue }
                #expect(notification.payload == "on")
                break
            }
        }
        let channels = try await listener.execute("SELECT * FROM pg_listening_channels()")
        #expect(channels[0].isEmpty)
        await sender.close()
        await listener.close()
    }

    @Test func `who listens is told that the connection is lost`() async throws {
        let listener = try await connect()
        let other = try await connect()
        let error = await #expect(throws: PGError.self) {
            try await listener.listen(to: "c") { events in
                let process = await listener.serverProcessID ?? 0
                try await other.execute("SELECT pg_terminate_backend(\(process))")
                for try await _ in events {}
            }
        }
        #expect(error?.isConnectionLost == true)
        await other.close()
    }
}
