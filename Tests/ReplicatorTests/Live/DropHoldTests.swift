import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct DropHoldTests {
    private static var hold: SchemaOptions {
        var options = SchemaOptions()
        options.drops = .hold
        return options
    }

    private func world(_ sql: String) async throws -> SchemaWorld {
        try await SchemaWorld(sql, options: Self.hold)
    }

    @Test func `what the source dropped stays, rows go on, and consent drops it by name`()
        async throws
    {
        let world = try await world(
            """
            CREATE TABLE gone (id int PRIMARY KEY, note text);
            CREATE TABLE kept (id int PRIMARY KEY, a text NOT NULL, b int, UNIQUE (a, b));
            CREATE SEQUENCE counter;
            CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE TYPE mood AS ENUM ('good'); CREATE VIEW seen AS SELECT note FROM gone;
            """)
        #expect(await world.wait() == .done)
        #expect(
            try await world.change(
                "INSERT INTO gone VALUES (1, 'x'); INSERT INTO kept VALUES (1, 'y', 1)")
                == .done)
        #expect(
            try await world.change(
                """
                DROP VIEW seen; DROP TABLE gone; ALTER TABLE kept DROP COLUMN a;
                DROP SEQUENCE counter;
                DROP FUNCTION one(); DROP TYPE mood; INSERT INTO kept VALUES (2, 2)
                """) == .done)
        #expect(try world.onTarget("SELECT note FROM gone") == "x")
        #expect(try world.onTarget("SELECT id, b, a FROM kept ORDER BY 1") == "1|1|y\n2|2|")
        #expect(try world.onTarget("SELECT note FROM seen") == "x")
        #expect(try world.onTarget("SELECT one(), 'good'::mood") == "1|good")
        let names = [
            "column public.kept.a", "function public.one()", "sequence public.counter",
            "table public.gone", "type public.mood", "view public.seen",
        ]
        #expect(await world.instance.status().targets.first?.heldDrops == names)
        #expect(try await world.preview().held.map { "\($0.kind) \($0.name)" } == names)

        #expect(try await world.consent("table public.other") == ["table public.other"])
        #expect(
            try await world.consent("table public.gone", "column public.kept.a", "view public.seen")
                == [])
        #expect(
            try await world.eventually("SELECT to_regclass('gone') IS NULL", is: "t"))
        #expect(await world.wait() == .done)
        #expect(try world.onTarget("SELECT * FROM kept ORDER BY 1") == "1|1\n2|2")
        #expect(
            await world.instance.status().targets.first?.heldDrops
                == ["function public.one()", "sequence public.counter", "type public.mood"])
        #expect(try world.onSource("SELECT count(*) FROM teleport.consent") == "0")
        await world.stop()
    }

    @Test func `a table made anew puts the held one aside, with its indexes and sequence`()
        async throws
    {
        let world = try await world(
            "CREATE TABLE t (id serial PRIMARY KEY, a text); CREATE INDEX t_a ON t (a)")
        #expect(await world.wait() == .done)
        #expect(try await world.change("INSERT INTO t (a) VALUES ('old')") == .done)
        for round in 1...2 {
            #expect(
                try await world.change(
                    """
                    DROP TABLE t; CREATE TABLE t (id serial PRIMARY KEY, a text);
                    CREATE INDEX t_a ON t (a); INSERT INTO t (a) VALUES ('new \(round)')
                    """) == .done)
        }
        #expect(try world.onTarget("SELECT a FROM t") == "new 2")
        let held = try #require(await world.instance.status().targets.first?.heldDrops)
        #expect(held.count == 2)
        for label in held {
            #expect(label.hasPrefix("table public.t_held_"))
            let name = String(label.dropFirst("table ".count))
            #expect(["old", "new 1"].contains(try world.onTarget("SELECT a FROM \(name)")))
            #expect(try await world.consent(label) == [])
        }
        #expect(
            try await world.eventually(
                "SELECT count(*) FROM pg_class WHERE relname ~ '_held_'", is: "0"))
        #expect(await world.wait() == .done)
        #expect(try world.onTarget("SELECT a FROM t") == "new 2")
        await world.stop()
    }

    @Test func `a column made anew does not take the held one's place`() async throws {
        let world = try await world("CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL)")
        #expect(await world.wait() == .done)
        #expect(try await world.change("INSERT INTO t VALUES (1, 10)") == .done)
        #expect(
            try await world.change(
                """
                ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a text;
                UPDATE t SET a = 'x'; INSERT INTO t VALUES (2, 'y')
                """) == .done)
        #expect(
            try world.onTarget("SELECT id, a, a_held_2 FROM t ORDER BY 1") == "1|x|10\n2|y|")
        #expect(
            await world.instance.status().targets.first?.heldDrops
                == ["column public.t.a_held_2"])
        // Another type copies the rows again, and the held values stay.
        #expect(
            try await world.change("ALTER TABLE t ALTER COLUMN a TYPE varchar(7)") == .done)
        #expect(try world.onTarget("SELECT a_held_2 FROM t WHERE id = 1") == "10")
        #expect(try await world.consent("column public.t.a_held_2") == [])
        #expect(
            try await world.eventually(
                "SELECT count(*) FROM pg_attribute WHERE attname = 'a_held_2'", is: "0"))
        await world.stop()
    }

    @Test func `consent to a type waits for the column that has it`() async throws {
        let world = try await world(
            "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (id int PRIMARY KEY, m mood)")
        #expect(await world.wait() == .done)
        #expect(
            try await world.change("ALTER TABLE t DROP COLUMN m; DROP TYPE mood") == .done)
        #expect(try await world.consent("type public.mood") == [])
        #expect(try await world.change("INSERT INTO t VALUES (1)") == .done)
        let type = try await world.preview().held.first { $0.kind == "type" }
        #expect(type?.reason?.contains("column public.t.m") == true)
        #expect(try await world.consent("column public.t.m") == [])
        #expect(
            try await world.eventually(
                "SELECT count(*) FROM pg_type WHERE typname = 'mood'", is: "0"))
        await world.stop()
    }

    @Test func `types, operators and text search stay as well, each with a name of its own`()
        async throws
    {
        let world = try await world(
            """
            CREATE TYPE span AS RANGE (subtype = int);
            CREATE COLLATION plain (locale = 'C');
            CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple);
            CREATE TEXT SEARCH CONFIGURATION search (COPY = simple);
            ALTER TEXT SEARCH CONFIGURATION search ALTER MAPPING FOR asciiword WITH words;
            CREATE FUNCTION same(int, int) RETURNS bool LANGUAGE sql AS 'SELECT $1 = $2';
            CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = same);
            CREATE TABLE t (id int PRIMARY KEY, s span);
            """)
        #expect(await world.wait() == .done)
        #expect(
            try await world.change(
                """
                ALTER TABLE t DROP COLUMN s; DROP TYPE span; DROP COLLATION plain;
                DROP TEXT SEARCH CONFIGURATION search; DROP TEXT SEARCH DICTIONARY words;
                DROP OPERATOR === (int, int); DROP FUNCTION same; INSERT INTO t VALUES (1)
                """) == .done)
        #expect(
            try world.onTarget(
                "SELECT id, s::span, 1 === 1, 'a' < 'b' COLLATE plain, to_tsvector('search', 'x') FROM t"
            )
                == "1||t|t|'x':1")
        let held = [
            "collation public.plain", "column public.t.s",
            "function public.same(integer, integer)", "operator public.===(integer, integer)",
            "range type public.span", "text search configuration public.search",
            "text search dictionary public.words",
        ]
        #expect(await world.instance.status().targets.first?.heldDrops == held)
        // The dictionary is in use, the configuration that uses it is not let go yet.
        #expect(
            try await world.consent(
                "text search dictionary public.words", "collation public.plain") == [])
        #expect(
            try await world.eventually(
                "SELECT count(*) FROM pg_collation WHERE collname = 'plain'", is: "0"))
        #expect(
            try world.onTarget("SELECT count(*) FROM pg_ts_dict WHERE dictname = 'words'") == "1")
        #expect(try await world.consent(held.filter { !$0.hasPrefix("coll") }) == [])
        #expect(
            try await world.eventually(
                "SELECT count(*) FROM pg_type WHERE typname = 'span'", is: "0"))
        #expect(await world.wait() == .done)
        #expect(await world.instance.status().targets.first?.heldDrops ?? [] == [])
        #expect(try world.onTarget("SELECT count(*) FROM pg_operator WHERE oprname = '==='") == "0")
        await world.stop()
    }

    @Test func `a dropped partition is detached, so that its table has the source's rows`()
        async throws
    {
        let world = try await world(
            """
            CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
            """)
        #expect(await world.wait() == .done)
        #expect(try await world.change("INSERT INTO p VALUES (1), (11)") == .done)
        #expect(
            try await world.change(
                """
                DROP TABLE p1; CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (5);
                INSERT INTO p VALUES (2)
                """) == .done)
        #expect(try world.onTarget("SELECT id FROM p ORDER BY 1") == "2\n11")
        let held = try #require(await world.instance.status().targets.first?.heldDrops.first)
        let name = String(held.dropFirst("table ".count))
        #expect(try world.onTarget("SELECT id FROM \(name)") == "1")
        #expect(try await world.consent(held) == [])
        #expect(try await world.eventually("SELECT to_regclass('\(name)') IS NULL", is: "t"))
        await world.stop()
    }

    @Test func `without hold a drop is a drop`() async throws {
        let world = try await SchemaWorld("CREATE TABLE t (id int PRIMARY KEY, a int)")
        #expect(await world.wait() == .done)
        #expect(try await world.change("ALTER TABLE t DROP COLUMN a") == .done)
        #expect(
            try world.onTarget(
                "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'a'"
            )
                == "0")
        #expect(await world.instance.status().targets.first?.heldDrops == [])
        await world.stop()
    }
}
