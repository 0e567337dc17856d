import Logging
import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct InstanceTests {
    /// Two databases, an instance and a loopback link.
    private struct Pair {
        let cluster: PostgresCluster
        let source: String
        let target: String
        let applier: Applier
        let link: LoopbackLink
        let instance: Instance
        let running: Task<Void, Never>

        init(_ sql: String, schema: String? = nil) async throws {
            cluster = try PostgresCluster.shared()
            source = try cluster.createDatabase("source")
            target = try cluster.createDatabase("target")
            try cluster.psql(sql, database: source)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            applier = Applier(cluster.configuration(database: target), log: logger) { connection in
                _ = try await Installer.install(on: connection, log: logger)
            }
            link = LoopbackLink(applier)
            instance = Self.instance(cluster, source, link, schema)
            let instance = instance
            running = Task { await instance.run() }
        }

        static func instance(
            _ cluster: PostgresCluster, _ source: String, _ link: LoopbackLink, _ schema: String?
        ) -> Instance {
            var configuration = InstanceConfiguration(
                name: "test", database: cluster.configuration(database: source))
            configuration.intervals.ddlWatcher = .milliseconds(500)
            if let expression = try? TargetExpression(["public.*"]) {
                configuration.targets = [
                    .init(
                        name: "eu", expression: expression,
                        mapping: SchemaMapping(applySchema: schema), hostname: "", port: 0)
                ]
            }
            return Instance(
                configuration: configuration, links: [("eu", link)],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        func wait(_ seconds: Int = 30) async -> WaitResult {
            await instance.wait(target: "eu", timeout: .seconds(seconds))
        }

        func rows(_ query: String, onSource: Bool = false) throws -> String {
            try cluster.psql(query, database: onSource ? source : target)
        }

        func stop() async {
            running.cancel()
            await running.value
            await applier.close()
        }
    }

    @Test func `an empty source begins by itself, and rows and schema follow`() async throws {
        let pair = try await Pair(
            "CREATE TABLE a (id serial PRIMARY KEY, note text, at timestamptz DEFAULT now())",
            schema: "copy")
        #expect(await pair.wait() == .done)
        try pair.cluster.psql(
            "INSERT INTO a (note) SELECT 'n' || n FROM generate_series(1, 2000) n",
            database: pair.source)
        #expect(await pair.wait() == .done)
        let query = "SELECT count(*), sum(hashtext(a::text)) FROM"
        #expect(try pair.rows("\(query) copy.a") == pair.rows("\(query) public.a", onSource: true))

        try pair.cluster.psql(
            """
            ALTER TABLE a ADD COLUMN extra int; UPDATE a SET extra = id WHERE id % 3 = 0;
            CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (1);
            DELETE FROM a WHERE id % 5 = 0;
            """, database: pair.source)
        #expect(await pair.wait() == .done)
        #expect(try pair.rows("\(query) copy.a") == pair.rows("\(query) public.a", onSource: true))
        #expect(try pair.rows("SELECT * FROM copy.b") == "1")
        #expect(try pair.rows("SELECT last_value FROM copy.a_id_seq") == "2000")

        let status = await pair.instance.status()
        #expect(status.role == .leader)
        #expect(status.targets.first?.state == .replicating)
        #expect(status.targets.first?.rowsSent ?? 0 > 2000)
        await pair.stop()
    }

    @Test func `a target with rows to load waits and says what to type`() async throws {
        let pair = try await Pair("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)")
        let result = await pair.wait(3)
        #expect(!result.isDone)
        #expect(result.reason?.contains("-mode initial-load -load-target eu") == true)
        #expect(await pair.instance.status().targets.first?.state == .waitingForLoad)
        await pair.stop()
    }

    @Test func `a lost answer and cut requests neither lose nor double a change`() async throws {
        let pair = try await Pair("CREATE TABLE a (id int PRIMARY KEY, n int)")
        #expect(await pair.wait() == .done)
        for round in 1...3 {
            pair.link.inject(
                .answerLost, .cut(beforeFrame: 2), .refused(LinkError(.busy, "busy")),
                .refused(LinkError(.schemaBehind, "behind")))
            try pair.cluster.psql(
                "INSERT INTO a VALUES (\(round), 0); UPDATE a SET n = n + 1", database: pair.source)
            #expect(await pair.wait() == .done)
        }
        #expect(try pair.rows("SELECT id, n FROM a ORDER BY 1") == "1|3\n2|2\n3|1")
        await pair.stop()
    }

    @Test func `cut database connections come back by themselves`() async throws {
        let pair = try await Pair("CREATE TABLE a (id int PRIMARY KEY)")
        #expect(await pair.wait() == .done)
        for round in 1...3 {
            try pair.cluster.psql(
                """
                INSERT INTO a VALUES (\(round));
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname IN ('\(pair.source)', '\(pair.target)') AND pid <> pg_backend_pid()
                """, database: pair.source)
            #expect(await pair.wait() == .done)
        }
        #expect(try pair.rows("SELECT count(*) FROM a") == "3")
        await pair.stop()
    }

    @Test func `of two daemons one leads, and the other takes over`() async throws {
        let pair = try await Pair("CREATE TABLE a (id int PRIMARY KEY)")
        #expect(await pair.wait() == .done)
        let second = Pair.instance(pair.cluster, pair.source, pair.link, nil)
        let running = Task { await second.run() }
        while await second.status().role != .standby {
            try await Task.sleep(for: .milliseconds(20))
        }
        let waited = await second.wait(target: nil, timeout: .milliseconds(200))
        #expect(waited.reason?.contains("stands by") == true)
        await pair.stop()
        try pair.cluster.psql("INSERT INTO a VALUES (1)", database: pair.source)
        #expect(await second.wait(target: "eu", timeout: .seconds(30)) == .done)
        #expect(try pair.rows("SELECT count(*) FROM a") == "1")
        running.cancel()
        await running.value
    }

    @Test func `a schema that is not ours is left alone, and the status says so`() async throws {
        let pair = try await Pair("CREATE SCHEMA teleport; CREATE TABLE teleport.mine (id int)")
        var status = await pair.instance.status()
        while status.problem == nil {
            try await Task.sleep(for: .milliseconds(20))
            status = await pair.instance.status()
        }
        #expect(status.sentence.contains("teleport"))
        #expect(try pair.rows("SELECT count(*) FROM teleport.mine", onSource: true) == "0")
        await pair.stop()
    }

    @Test func `stopping takes less than ten seconds, even in the middle of a large batch`()
        async throws
    {
        let pair = try await Pair("CREATE TABLE a (id int PRIMARY KEY, note text)")
        #expect(await pair.wait() == .done)
        try pair.cluster.psql(
            "INSERT INTO a SELECT n, repeat('x', 200) FROM generate_series(1, 200000) n",
            database: pair.source)
        try await Task.sleep(for: .milliseconds(200))
        let began = ContinuousClock.now
        await pair.stop()
        #expect(.now - began < .seconds(10))
        let count = try pair.rows("SELECT count(*) FROM a")
        #expect(count == "0" || count == "200000")
    }
}
