import Foundation
import PGWire
import Replicator
import TestSupport
import Testing

/// DDL at the worst of times.
///
/// `TELEPORT_STORM_SECONDS` and `TELEPORT_STORM_ROWS` make it longer.
@Suite(.serialized, .timeLimit(.minutes(30))) struct DDLStormTests {
    private static func setting(_ name: String, _ otherwise: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? otherwise
    }

    /// What both databases have, but for what only one of them is meant to have.
    private func differences(_ world: SchemaWorld) throws -> [String] {
        func text(_ dump: SchemaDump) -> Set<String> {
            Set(
                dump.entries.filter { $0.kind != "EVENT TRIGGER" }.map { "\($0.title)\n\($0.text)" }
            )
        }
        let source = text(try SchemaDump(world.cluster, database: world.source))
        let target = text(try SchemaDump(world.cluster, database: world.target))
        var found = source.symmetricDifference(target).sorted()
        let names = try world.onSource(
            """
            SELECT c.oid::regclass FROM pg_class c WHERE c.relkind = 'r'
              AND c.relnamespace = 'public'::regnamespace ORDER BY 1
            """
        ).split(separator: "\n")
        for name in names {
            let sum = "SELECT count(*), sum(hashtext(t::text)::bigint) FROM public.\(name) t"
            if try world.onSource(sum) != world.onTarget(sum) { found.append("rows of \(name)") }
        }
        return found
    }

    @Test func `DDL while the target is far behind`() async throws {
        var world = try await SchemaWorld(
            "CREATE TABLE a (id int PRIMARY KEY, n int, note text); CREATE TABLE b (id int PRIMARY KEY)"
        )
        #expect(await world.wait() == .done)
        await world.stop(applier: false)
        let rows = Self.setting("TELEPORT_STORM_ROWS", 100_000)
        for statement in [
            "INSERT INTO a SELECT n, n, 'x' || n FROM generate_series(1, \(rows)) n",
            "ALTER TABLE a ADD COLUMN extra text NOT NULL DEFAULT 'e'",
            "UPDATE a SET extra = 'u' WHERE id % 3 = 0", "ALTER TABLE a RENAME COLUMN note TO text",
            "INSERT INTO b SELECT generate_series(1, 1000)", "ALTER TABLE b RENAME TO c",
            "CREATE TABLE b (id int PRIMARY KEY, v int); INSERT INTO b VALUES (1, 1)",
            "DELETE FROM a WHERE id % 5 = 0", "ALTER TABLE a ALTER COLUMN n TYPE bigint",
            "CREATE INDEX ON a (n)", "ALTER TABLE a DROP COLUMN extra",
            "CREATE TYPE mood AS ENUM ('x'); ALTER TABLE c ADD COLUMN m mood DEFAULT 'x'",
            "ALTER TYPE mood ADD VALUE 'y'; UPDATE c SET m = 'y' WHERE id < 10",
        ] {
            try world.cluster.psql(statement, database: world.source)
        }
        world.start()
        #expect(await world.wait(600) == .done)
        #expect(try differences(world) == [])
        await world.stop()
    }

    @Test func `DDL in the middle of an initial load`() async throws {
        let world = try await SchemaWorld(
            """
            CREATE TABLE a (id int PRIMARY KEY, note text); CREATE TABLE b (id int PRIMARY KEY, n int);
            INSERT INTO a SELECT n, repeat('x', 100) FROM generate_series(1, 40000) n;
            INSERT INTO b SELECT n, n FROM generate_series(1, 20000) n
            """)
        let cluster = world.cluster
        let source = world.source
        async let summary = InitialLoader.run(
            world.configuration, target: world.configuration.targets[0], link: world.link,
            workers: 2, chunkBytes: 128 << 10, log: SchemaWorld.silent)
        for (round, statement) in [
            "ALTER TABLE a ADD COLUMN extra int DEFAULT 7",
            "CREATE TABLE c (id int PRIMARY KEY); INSERT INTO c SELECT generate_series(1, 100)",
            "ALTER TABLE b RENAME COLUMN n TO m", "CREATE INDEX ON b (m)",
            "UPDATE a SET extra = id WHERE id % 7 = 0", "ALTER TABLE a DROP COLUMN note",
            "DELETE FROM b WHERE id % 2 = 0",
        ].enumerated() {
            try await Task.sleep(for: .milliseconds(100 + 50 * round))
            try cluster.psql(statement, database: source)
        }
        _ = try await summary
        #expect(await world.wait(300) == .done)
        #expect(try differences(world) == [])
        await world.stop()
    }

    @Test(arguments: [false, true])
    func `many DDL statements from several sessions while rows flow`(
        useEventTriggers: Bool
    ) async throws {
        let sessions = 4
        let world = try await SchemaWorld(
            (0..<sessions).map { "CREATE TABLE s\($0) (id serial PRIMARY KEY, n int);" }.joined()
        ) { $0.useEventTriggers = useEventTriggers }
        #expect(await world.wait() == .done)
        let seconds = Self.setting("TELEPORT_STORM_SECONDS", 5)
        let rate = Self.setting("TELEPORT_STORM_RATE", 100)
        let end = ContinuousClock.now + .seconds(seconds)
        let began = ContinuousClock.now
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for session in 0..<sessions {
                let configuration = world.cluster.configuration(database: world.source)
                group.addTask {
                    let connection = try await PGConnection.connect(configuration)
                    var count = 0
                    var next = ContinuousClock.now
                    while ContinuousClock.now < end {
                        let statement = Self.statement(count, session: session)
                        try await connection.execute(statement)
                        try await connection.execute(
                            "INSERT INTO s\(session) (n) SELECT generate_series(1, 5)")
                        count += 1
                        next += .seconds(1) * sessions / rate
                        if next > .now { try await Task.sleep(until: next, clock: .continuous) }
                    }
                    await connection.close()
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        let storm = ContinuousClock.now - began
        let waited = await world.wait(300)
        let settled = ContinuousClock.now - began - storm
        #expect(waited == .done)
        let found = try differences(world)
        // Named one by one: the expectation alone does not print what a call returned.
        for difference in found { Issue.record("differs: \(difference)") }
        print(
            "storm: \(counts) DDL statements in \(storm), equal \(settled) after it,",
            "event triggers \(useEventTriggers), failures",
            await world.instance.status().targets.first?.failures ?? [:])
        await world.stop()
    }

    /// A round of statements over objects of one session.
    private static func statement(_ number: Int, session: Int) -> String {
        let round = number / 10
        let table = "t\(session)_\(round)"
        switch number % 10 {
        case 0: return "CREATE TABLE \(table) (id serial PRIMARY KEY, a int)"
        case 1: return "ALTER TABLE \(table) ADD COLUMN b text DEFAULT 'b'"
        case 2: return "INSERT INTO \(table) (a) VALUES (1); CREATE INDEX ON \(table) (a)"
        case 3: return "ALTER TABLE \(table) RENAME COLUMN a TO c"
        case 4: return "ALTER TABLE s\(session) ADD COLUMN IF NOT EXISTS x\(round % 3) int"
        case 5: return "CREATE TYPE y\(session)_\(round) AS ENUM ('p')"
        case 6: return "ALTER TABLE \(table) ADD COLUMN y y\(session)_\(round)"
        case 7: return "ALTER TYPE y\(session)_\(round) ADD VALUE 'q'"
        case 8:
            return
                "UPDATE \(table) SET y = 'q'; ALTER TABLE \(table) RENAME TO r\(session)_\(round)"
        default:
            return round % 4 == 3
                ? "DROP TABLE r\(session)_\(round - 1), r\(session)_\(round - 2)"
                : "ALTER TABLE s\(session) DROP COLUMN IF EXISTS x\((round + 1) % 3)"
        }
    }
}
