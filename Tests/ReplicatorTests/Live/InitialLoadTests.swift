import Logging
import PGWire
import Replicator
import Synchronization
import TestSupport
import Testing

/// A source and a target database, and the loader between them.
private struct LoadWorld {
    let cluster: PostgresCluster
    let sourceDatabase: String
    let targetDatabase: String
    let link: LoopbackLink
    let configuration: InstanceConfiguration
    let target: InstanceConfiguration.Target
    let log: Logger

    init(_ sql: String) throws {
        cluster = try PostgresCluster.shared()
        sourceDatabase = try cluster.createDatabase("load_source")
        targetDatabase = try cluster.createDatabase("load_target")
        try cluster.psql(sql, database: sourceDatabase)
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        let log = quiet
        self.log = log
        // A busy machine is no failure.
        var source = cluster.configuration(database: sourceDatabase)
        source.connectTimeout = .seconds(60)
        var copy = cluster.configuration(database: targetDatabase)
        copy.connectTimeout = .seconds(60)
        link = LoopbackLink(
            Applier(copy, log: log) { connection in
                _ = try await Installer.install(on: connection, log: log)
            })
        target = InstanceConfiguration.Target(
            name: "copy", expression: try TargetExpression(["public.*"]),
            mapping: SchemaMapping(applySchema: nil), hostname: "localhost", port: 1)
        var configuration = InstanceConfiguration(
            name: "db.source", database: source)
        configuration.targets = [target]
        self.configuration = configuration
    }

    func run(
        workers: Int = 1, link other: (any TargetLink)? = nil
    ) async throws -> LoadSummary {
        try await InitialLoader.run(
            configuration, target: target, link: other ?? link, workers: workers,
            chunkBytes: 64 << 10, log: log)
    }

    func onSource(_ sql: String) throws -> String {
        try cluster.psql(sql, database: sourceDatabase)
    }

    func onTarget(_ sql: String) throws -> String {
        try cluster.psql(sql, database: targetDatabase)
    }

    /// A digest of a table's rows on either side.
    func digests(_ table: String) throws -> (String, String) {
        let sql = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \(table) t"
        return (try onSource(sql), try onTarget(sql))
    }

    /// How many chunks are planned, and how many are done.
    func chunks() throws -> (planned: Int, done: Int) {
        let planned = try onTarget(
            "SELECT json_array_length(load_plan::json->'chunks') FROM teleport.position")
        let done = try onTarget("SELECT count(*) FROM teleport.load_chunk")
        return (Int(planned) ?? -1, Int(done) ?? -1)
    }
}

/// Does something before a request is sent.
private final class HookedLink: TargetLink {
    private let link: LoopbackLink
    private let hook: @Sendable (Int) async throws -> Void
    private let count = Mutex(0)

    init(_ link: LoopbackLink, _ hook: @escaping @Sendable (Int) async throws -> Void) {
        self.link = link
        self.hook = hook
    }

    func state(of source: SourceIdentity, target: String) async throws -> TargetState {
        try await link.state(of: source, target: target)
    }

    func send(
        _ produce: @escaping @Sendable (any FrameSink) async throws -> Void
    ) async throws -> TargetState {
        let number = count.withLock { count in
            count += 1
            return count
        }
        try await hook(number)
        return try await link.send(produce)
    }
}

@Suite(.serialized, .timeLimit(.minutes(3))) struct InitialLoadTests {
    static let big = """
        CREATE TABLE big (id int PRIMARY KEY, v text);
        INSERT INTO big SELECT n, repeat('x', 90) || n FROM generate_series(1, 4000) n;
        CREATE INDEX big_v ON big (v);
        """

    @Test func `tables arrive with rows, indexes and sequences`() async throws {
        let world = try LoadWorld(
            Self.big + """
                CREATE TABLE counted (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial,
                  twice bigint GENERATED ALWAYS AS (id * 2) STORED);
                INSERT INTO counted (s) SELECT n FROM generate_series(1, 50) n;
                SELECT setval('counted_s_seq', 77);
                CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
                CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
                CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (1000);
                INSERT INTO parts SELECT n, 'p' || n FROM generate_series(1, 500) n;
                CREATE TABLE "Häß""lich x" ("a b" int PRIMARY KEY, "select" text);
                INSERT INTO "Häß""lich x" VALUES (1, E'a\\tb\\\\');
                CREATE TABLE empty (id int PRIMARY KEY);
                """)
        let summary = try await world.run(workers: 3)
        for table in ["big", "counted", "parts", "\"Häß\"\"lich x\"", "empty"] {
            let (source, target) = try world.digests(table)
            #expect(source == target, "\(table)")
        }
        #expect(try world.onTarget("SELECT to_regclass('big_v') IS NOT NULL") == "t")
        #expect(try world.onTarget("SELECT nextval('counted_s_seq')") == "78")
        #expect(summary.tables.reduce(0) { $0 + $1.rows } == 4000 + 50 + 500 + 1)
        #expect(try await world.run().alreadyAt != nil)
        #expect(!ProgressBar.render(summary).isEmpty)
    }

    @Test func `a load that was killed goes on where it was`() async throws {
        let world = try LoadWorld(Self.big)
        let refusal = LinkError(.database, "injected")
        world.link.inject(.none, .none, .none, .refused(refusal))
        await #expect(throws: refusal) { _ = try await world.run() }
        let before = try world.chunks()
        #expect(before.planned > 5)
        #expect(before.done == 2)
        let sent = world.link.requests.count
        let summary = try await world.run(workers: 2)
        // The chunks that were left, the refused one among them, and the end.
        #expect(world.link.requests.count - sent == before.planned - 2 + 1)
        #expect(summary.restarts == 0)
        let (source, target) = try world.digests("big")
        #expect(source == target)
    }

    @Test func `answers that are lost and connections that are cut do no harm`() async throws {
        let world = try LoadWorld(Self.big)
        world.link.inject(
            .answerLost, .none, .answerLost, .cut(beforeFrame: 2), .none, .cut(beforeFrame: 3))
        _ = try await world.run()
        let (source, target) = try world.digests("big")
        #expect(source == target)
    }

    @Test func `a row that moves between chunks arrives once`() async throws {
        let world = try LoadWorld(Self.big)
        let link = HookedLink(world.link) { number in
            guard number == 4 else { return }
            _ = try world.onSource("UPDATE big SET v = v || ' moved' WHERE id <= 3")
        }
        _ = try await world.run(link: link)
        let (source, target) = try world.digests("big")
        #expect(source == target)
    }

    @Test func `a table that is rewritten under the load is loaded again`() async throws {
        let world = try LoadWorld(Self.big)
        let link = HookedLink(world.link) { number in
            guard number == 4 else { return }
            _ = try world.onSource("DELETE FROM big WHERE id <= 500")
            _ = try world.onSource("VACUUM FULL big")
        }
        let summary = try await world.run(link: link)
        #expect(summary.restarts == 1)
        let (source, target) = try world.digests("big")
        #expect(source == target)
        #expect(try world.onTarget("SELECT to_regclass('big_v') IS NOT NULL") == "t")
    }

    @Test func `a renamed table and a new column under the load do no harm`() async throws {
        let world = try LoadWorld(Self.big)
        let link = HookedLink(world.link) { number in
            guard number == 4 else { return }
            _ = try world.onSource(
                "ALTER TABLE big RENAME TO large; ALTER TABLE large RENAME v TO w; "
                    + "ALTER TABLE large ADD COLUMN n int")
        }
        let summary = try await world.run(link: link)
        #expect(summary.restarts == 0)
        let sum = "SELECT count(*), sum(length"
        #expect(
            try world.onSource("\(sum)(w)) FROM large")
                == (try world.onTarget("\(sum)(v)) FROM big")))
    }

    @Test func `a target is loaded again once its tables and its position are gone`() async throws {
        let world = try LoadWorld(Self.big)
        _ = try await world.run()
        #expect(try await world.run().alreadyAt != nil)
        _ = try world.onTarget("DELETE FROM teleport.load_chunk; DELETE FROM teleport.position")
        // With its tables still there, the load says which of them is in the way.
        let error = await #expect(throws: LinkError.self) { _ = try await world.run() }
        #expect(error?.sqlState == "42P07", "\(String(describing: error))")
        _ = try world.onTarget("DROP SCHEMA public CASCADE")
        #expect(try await world.run().alreadyAt == nil)
        let (source, target) = try world.digests("big")
        #expect(source == target)
    }

    @Test func `a table that is dropped under the load makes it begin again without it`()
        async throws
    {
        let world = try LoadWorld(
            Self.big + """
                CREATE TABLE doomed (id int PRIMARY KEY, v text);
                INSERT INTO doomed SELECT n, repeat('y', 90) || n FROM generate_series(1, 6000) n;
                """)
        let link = HookedLink(world.link) { number in
            guard number == 4 else { return }
            _ = try world.onSource(
                "DROP TABLE doomed; ALTER TABLE big RENAME v TO w; "
                    + "ALTER TABLE big ADD COLUMN n int DEFAULT 5")
        }
        let summary = try await world.run(link: link)
        #expect(summary.restarts == 1)
        let (source, target) = try world.digests("big")
        #expect(source == target)
        #expect(try world.onTarget("SELECT sum(n), count(w) FROM big") == "20000|4000")
        #expect(try world.onTarget("SELECT to_regclass('doomed') IS NULL") == "t")
    }

    @Test func `one target is loaded by one process at a time`() async throws {
        let world = try LoadWorld(Self.big)
        let link = HookedLink(world.link) { number in
            guard number == 2 else { return }
            let error = await #expect(throws: LoadError.self) { _ = try await world.run() }
            #expect(error?.code == .alreadyRunning)
        }
        _ = try await world.run(link: link)
    }

    /// Runs a daemon over a link until something holds; a cut link ends it in its midst.
    private func feed(
        _ world: LoadWorld, over link: any TargetLink, until holds: () throws -> Bool
    ) async throws {
        let instance = Instance(
            configuration: world.configuration, links: [(world.target.name, link)],
            logger: world.log)
        let running = Task { await instance.run() }
        let deadline = ContinuousClock.now + .seconds(30)
        var isThere = try holds()
        while !isThere, .now < deadline {
            try await Task.sleep(for: .milliseconds(50))
            isThere = try holds()
        }
        #expect(isThere)
        running.cancel()
        await running.value
    }

    @Test(arguments: [false, true])
    func `a daemon that begins with an empty source and a load do not harm each other`(
        isDaemonCut: Bool
    ) async throws {
        let world = try LoadWorld(
            "CREATE TABLE a (id int PRIMARY KEY, u int UNIQUE); "
                + "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); CREATE INDEX ON b (a)")
        let cut = HookedLink(world.link) { number in
            if isDaemonCut, number > 1 { throw LinkError(.unreachable, "cut by the test") }
        }
        let hook = HookedLink(world.link) { number in
            // Between the loader's look at the empty target and its beginning.
            guard number == 1 else { return }
            try await feed(world, over: cut) {
                try world.onTarget("SELECT count(*) FROM pg_constraint WHERE conname = 'b_a_fkey'")
                    == "1"
            }
        }
        #expect(try await world.run(link: hook).alreadyAt != nil)
        _ = try world.onSource("INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (3, 1)")
        try await feed(world, over: world.link) {
            try world.onTarget("SELECT string_agg(t::text, ' ') FROM b t") == "(3,1)"
        }
        #expect(
            try world.onTarget("SELECT count(*) FROM pg_index WHERE indrelid = 'b'::regclass")
                == "2")
    }
}
