import Replicator
import TestSupport
import Testing

/// Which tables a target has, and where: mapping of several schemas, joining and leaving.
@Suite(.timeLimit(.minutes(5))) struct SchemaScopeTests {
    @Test func `several schemas are mapped, and a table moves between them`() async throws {
        let world = try await SchemaWorld(
            """
            CREATE SCHEMA a; CREATE SCHEMA b; CREATE SCHEMA c;
            CREATE TYPE a.mood AS ENUM ('good');
            CREATE TABLE a.t (id serial PRIMARY KEY, m a.mood DEFAULT 'good');
            CREATE TABLE b.t (id int PRIMARY KEY, note text);
            CREATE TABLE c.u (id int PRIMARY KEY);
            CREATE INDEX moved_i ON a.t (m);
            """, expression: ["a.*", "b.*", "c.*"],
            mapping: SchemaMapping(schemas: ["a": "b", "b": "x"]))
        #expect(await world.wait() == .done)
        #expect(
            try await world.change(
                """
                INSERT INTO a.t DEFAULT VALUES; INSERT INTO b.t VALUES (1, 'n');
                INSERT INTO c.u VALUES (7)
                """) == .done)
        #expect(try world.onTarget("SELECT id, m FROM b.t") == "1|good")
        #expect(try world.onTarget("SELECT note FROM x.t") == "n")
        #expect(try world.onTarget("SELECT id FROM c.u") == "7")
        #expect(try world.onTarget("SELECT count(*) FROM pg_namespace WHERE nspname = 'a'") == "0")
        // Within the scope it moves, and is not copied.
        let rows = world.link.rowBytes
        #expect(try await world.change("ALTER TABLE c.u SET SCHEMA b") == .done)
        #expect(try world.onTarget("SELECT id FROM x.u") == "7")
        #expect(try world.onTarget("SELECT to_regclass('c.u') IS NULL") == "t")
        #expect(world.link.rowBytes == rows)
        #expect(try await world.change("INSERT INTO b.u VALUES (8)") == .done)
        #expect(try world.onTarget("SELECT id FROM x.u ORDER BY 1") == "7\n8")
        await world.stop()
    }

    @Test func `out of the scope a table leaves, and into it it joins by a copy`() async throws {
        let world = try await SchemaWorld(
            """
            CREATE SCHEMA inside; CREATE SCHEMA outside;
            CREATE TABLE inside.leaves (id int PRIMARY KEY);
            CREATE TABLE outside.joins (id int PRIMARY KEY);
            INSERT INTO outside.joins SELECT generate_series(1, 1000)
            """, expression: ["inside.*"])
        #expect(await world.wait() == .done)
        #expect(try await world.change("INSERT INTO inside.leaves VALUES (1)") == .done)
        #expect(
            try await world.change(
                """
                ALTER TABLE inside.leaves SET SCHEMA outside;
                ALTER TABLE outside.joins SET SCHEMA inside; INSERT INTO inside.joins VALUES (0)
                """) == .done)
        #expect(try world.onTarget("SELECT to_regclass('inside.leaves') IS NULL") == "t")
        #expect(try world.onTarget("SELECT count(*) FROM inside.joins") == "1001")
        // Back again: it is another copy.
        #expect(
            try await world.change(
                "INSERT INTO outside.leaves VALUES (2); ALTER TABLE outside.leaves SET SCHEMA inside"
            )
                == .done)
        #expect(try world.onTarget("SELECT count(*) FROM inside.leaves") == "2")
        await world.stop()
    }

    @Test func `a name decides: renames join and leave, and exclusions stay out`() async throws {
        let world = try await SchemaWorld(
            """
            CREATE TABLE app_one (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY);
            CREATE TABLE app_log (id int PRIMARY KEY); INSERT INTO other VALUES (1);
            INSERT INTO app_log VALUES (1)
            """, expression: ["public.app*", "!public.app_log*"])
        #expect(await world.wait() == .done)
        let tables =
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
            + "'public'::regnamespace ORDER BY 1"
        #expect(try world.onTarget(tables) == "app_one")
        #expect(
            try await world.change(
                """
                ALTER TABLE other RENAME TO app_two; ALTER TABLE app_one RENAME TO app_log_one;
                CREATE TABLE app_three (id int PRIMARY KEY); INSERT INTO app_three VALUES (3)
                """) == .done)
        #expect(try world.onTarget(tables) == "app_three\napp_two")
        #expect(try world.onTarget("SELECT id FROM app_two") == "1")
        #expect(try world.onTarget("SELECT id FROM app_three") == "3")
        #expect(
            try await world.change(
                """
                ALTER TABLE app_log_one RENAME TO app_one; INSERT INTO app_one VALUES (4);
                INSERT INTO app_two VALUES (2)
                """) == .done)
        #expect(try world.onTarget("SELECT id FROM app_one") == "4")
        #expect(try world.onTarget("SELECT count(*) FROM app_two") == "2")
        await world.stop()
    }

    @Test
    func `a schema that is dropped goes, and the status forgets it; so with a role that came late`()
        async throws
    {
        let cluster = try PostgresCluster.shared()
        let role = "late_\(UInt32.random(in: 1 ... .max))"
        let world = try await SchemaWorld(
            "CREATE SCHEMA old; CREATE TABLE old.t (id int PRIMARY KEY); CREATE TABLE a (id int PRIMARY KEY)",
            expression: ["public.*", "old.*"])
        #expect(await world.wait() == .done)
        func missing() async -> [String] {
            await world.instance.status().notCarried.map(\.kind).filter {
                ["schema", "policy"].contains($0)
            }
        }
        #expect(
            try await world.change(
                "DROP SCHEMA old CASCADE; CREATE ROLE \(role); "
                    + "CREATE POLICY p ON a TO \(role) USING (true)") == .done)
        #expect(
            try world.onTarget("SELECT count(*) FROM pg_namespace WHERE nspname = 'old'") == "0")
        #expect(try await world.eventually("SELECT count(*) FROM pg_policy", is: "1"))
        for _ in 0..<100 where await !missing().isEmpty {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(await missing() == [])
        try cluster.psql("DROP POLICY p ON a", database: world.source)
        #expect(await world.wait() == .done)
        await world.stop()
        try cluster.psql("DROP ROLE \(role)")
    }

    @Test func `two tables of one name on the target are refused by name`() async throws {
        let world = try await SchemaWorld(
            """
            CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (id int PRIMARY KEY);
            CREATE TABLE b.t (id int PRIMARY KEY)
            """, expression: ["a.*", "b.*"], mapping: SchemaMapping(schemas: ["a": "b"]))
        #expect(await world.isRefused("a.t and b.t would both be b.t"))
        await #expect(throws: (any Error).self) { _ = try await world.preview() }
        #expect(
            try await world.change(
                "ALTER TABLE b.t RENAME TO other; ALTER INDEX b.t_pkey RENAME TO o") == .done)
        #expect(try world.onTarget("SELECT count(*) FROM b.t, b.other") == "0")
        await world.stop()
    }

    @Test func `what only its schema tells apart in a text is refused under a mapping`()
        async throws
    {
        let world = try await SchemaWorld(
            """
            CREATE SCHEMA a; CREATE SCHEMA b; CREATE TYPE a.kind AS ENUM ('one');
            CREATE TYPE b.kind AS ENUM ('two'); CREATE TABLE a.t (id int PRIMARY KEY, k b.kind)
            """, expression: ["a.*", "b.*"], mapping: SchemaMapping(schemas: ["b": "x"]))
        #expect(await world.isRefused("b.kind cannot be told from a.kind"))
        #expect(try await world.change("ALTER TYPE a.kind RENAME TO sort") == .done)
        #expect(try world.onTarget("INSERT INTO a.t VALUES (1, 'two') RETURNING k") == "two")
        await world.stop()
    }
}
