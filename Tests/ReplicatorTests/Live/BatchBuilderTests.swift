import Foundation
import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct BatchBuilderTests {
    @Test func `a batch has exactly the rows that changed between two snapshots`() async throws {
        let lab = try await BatchLab(
            """
            CREATE TABLE a (id int PRIMARY KEY, note text);
            CREATE TABLE b (id int PRIMARY KEY, note text);
            INSERT INTO a SELECT n, 'old' FROM generate_series(1, 100) n;
            """)
        try await lab.run("UPDATE a SET note = 'before' WHERE id = 50")
        let base = try await lab.now()
        try await lab.run(
            """
            UPDATE a SET note = 'new' WHERE id = 1; UPDATE a SET note = E'tab\\tline\\n' WHERE id = 1;
            DELETE FROM a WHERE id = 2; INSERT INTO a VALUES (101, NULL);
            INSERT INTO a VALUES (102, 'gone'); DELETE FROM a WHERE id = 102;
            UPDATE a SET id = 103 WHERE id = 3;
            """)
        let batch = try await lab.batch(from: base)
        #expect(
            batch.rows("a") == [
                "f\t102\t\\N", "f\t2\t\\N", "f\t3\t\\N", "t\t1\ttab\\tline\\n", "t\t101\t\\N",
                "t\t103\told",
            ])
        #expect(batch.tables.count == 1)
        #expect(batch.tables.allSatisfy { $0.isWhole })
        #expect(batch.summary.rows == 6)
        #expect(batch.header.from == base.position)
        #expect(batch.header.schema == nil)
        #expect(batch.header.to.includes(base.position))
        await lab.close()
    }

    @Test func `transactions arrive once each, whatever the order of begin and commit`()
        async throws
    {
        let lab = try await BatchLab("CREATE TABLE a (id int PRIMARY KEY, note text)")
        let long = try await lab.open()
        let other = try await lab.open()
        var base = try await lab.now()
        try await long.execute("BEGIN; INSERT INTO a VALUES (1, 'long')")
        try await other.execute(
            "BEGIN; INSERT INTO a VALUES (2, 'kept'); SAVEPOINT s; INSERT INTO a VALUES (3, 'no'); "
                + "ROLLBACK TO s; SAVEPOINT s2; INSERT INTO a VALUES (4, 'nested'); RELEASE s2")
        try await lab.run("INSERT INTO a VALUES (5, 'first')")
        try await lab.run("BEGIN; INSERT INTO a VALUES (6, 'prepared'); PREPARE TRANSACTION 'p'")

        var batch = try await lab.batch(from: base)
        #expect(batch.rows("a") == ["t\t5\tfirst"])
        #expect(batch.header.to.inProgress.count >= 2)
        base.position = batch.header.to

        try await other.execute("COMMIT")
        batch = try await lab.batch(from: base)
        #expect(batch.rows("a") == ["t\t2\tkept", "t\t4\tnested"])
        base.position = batch.header.to

        try await long.execute("INSERT INTO a VALUES (7, 'late'); COMMIT")
        batch = try await lab.batch(from: base)
        #expect(batch.rows("a") == ["t\t1\tlong", "t\t7\tlate"])
        base.position = batch.header.to

        try await lab.run("COMMIT PREPARED 'p'")
        batch = try await lab.batch(from: base)
        #expect(batch.rows("a") == ["t\t6\tprepared"])
        base.position = batch.header.to
        let last = try await lab.batch(from: base)
        #expect(last.tables.isEmpty)
        for connection in [long, other] { await connection.close() }
        await lab.close()
    }

    @Test func `a truncated table is emptied and has the rows that came after`() async throws {
        let lab = try await BatchLab(
            """
            CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a);
            INSERT INTO a SELECT generate_series(1, 50); INSERT INTO b VALUES (1);
            """)
        let base = try await lab.now()
        try await lab.run("INSERT INTO a VALUES (51)")
        try await lab.run("TRUNCATE a CASCADE; INSERT INTO a VALUES (7)")
        let batch = try await lab.batch(from: base)
        let tables = batch.tables.filter(\.start.truncate).map(\.start.table.name)
        #expect(Set(tables) == ["a", "b"])
        #expect(Set(batch.header.truncated ?? []).count == 2)
        #expect(batch.rows("a") == ["f\t51", "t\t7"])
        await lab.close()
    }

    @Test func `a batch never waits for long behind a stronger lock, and reads after it`()
        async throws
    {
        let lab = try await BatchLab(
            "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 10)")
        let base = try await lab.now()
        try await lab.run("DELETE FROM a WHERE id = 1")
        let ddl = try await lab.open()
        try await ddl.execute("BEGIN; TRUNCATE a; INSERT INTO a VALUES (99)")
        let began = ContinuousClock.now
        await #expect(throws: BatchError.locked(tables: ["public.a"])) {
            try await lab.batch(from: base)
        }
        #expect(.now - began < .seconds(6))
        try await ddl.execute("COMMIT")
        let batch = try await lab.batch(from: base)
        #expect(batch.rows("a") == ["f\t1", "t\t99"])
        await ddl.close()
        await lab.close()
    }

    @Test func `a truncate that waits for our locks is in the next batch, not half in this one`()
        async throws
    {
        let lab = try await BatchLab(
            "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 1000)")
        let base = try await lab.now()
        try await lab.run("UPDATE a SET id = id WHERE id <= 5")
        var builder = BatchBuilder()
        let pending = try await builder.peek(
            since: base.position, notFrom: "target", on: lab.connection)
        let prepared = try await builder.prepare(
            .init(
                source: lab.source, target: "t", expression: lab.expression,
                mapping: SchemaMapping(applySchema: nil), position: base.position,
                applied: base.applied, appliedDigest: base.applied.digest, targetVersion: 150_000,
                targetIncarnation: "target"),
            pending: pending, on: lab.connection)
        let ddl = try await lab.open()
        let truncating = Task { try await ddl.execute("TRUNCATE a") }
        try await Task.sleep(for: .milliseconds(300))
        let sink = CollectingSink()
        _ = try await prepared.write(to: sink)
        _ = try await truncating.value
        #expect(sink.tables.first?.lines.sorted() == (1...5).map { "t\t\($0)" })
        var next = base
        next.position = prepared.header.to
        let second = try await lab.batch(from: next)
        #expect(second.tables.first?.start.truncate == true)
        await ddl.close()
        await lab.close()
    }

    @Test func `every key type is read back as the row it was`() async throws {
        // Type, two values as literals.
        let types: [(type: String, first: String, second: String)] = [
            ("smallint", "'-32768'", "7"), ("integer", "'-5'", "6"),
            ("bigint", "'-9223372036854775808'", "1"),
            ("oid", "'4294967295'", "0"), ("boolean", "true", "false"),
            ("numeric", "1.0", "'NaN'"), ("numeric(10,2)", "1.5", "-0.01"),
            ("real", "'1.1'", "'-Infinity'"), ("double precision", "0.1", "'NaN'"),
            ("text", "E'tab\\t\"q\\\\uote\\n{,}'", "''"), ("varchar(9)", "'ä€😀'", "'NULL'"),
            ("char(8)", "'pad'", "' x'"), ("name", "'n'", "'m'"), ("\"char\"", "'a'", "'b'"),
            ("bytea", "'\\x00ff'", "'\\x'"), ("date", "'0044-03-15 BC'", "'infinity'"),
            ("time", "'24:00:00'", "'00:00:00.000001'"), ("timetz", "'12:00+05:30'", "'12:00-08'"),
            ("timestamp", "'2024-02-29 12:00:00.123456'", "'-infinity'"),
            ("timestamptz", "'2024-02-29 12:00:00+03'", "'infinity'"),
            ("interval", "'1 year -2 days 03:00'", "'-00:00:01'"),
            (
                "uuid", "'00000000-0000-0000-0000-0000000000ff'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'"
            ),
            ("inet", "'10.0.0.1/8'", "'::1'"), ("cidr", "'10.0.0.0/8'", "'::/0'"),
            ("macaddr", "'08:00:2b:01:02:03'", "'00:00:00:00:00:00'"), ("money", "'-12.34'", "'0'"),
            ("bit(3)", "B'101'", "B'000'"), ("varbit", "B'1'", "B''"),
            ("int4range", "'[1,5)'", "'empty'"), ("jsonb", "'{\"a\": [1, null]}'", "'null'"),
            ("text[]", "ARRAY['a,b', NULL, '\"']", "'{}'"), ("tsvector", "'a b'", "'c'"),
            ("public.mood", "'so so'", "'10000'"), ("public.points", "3", "4"),
            ("public.feeling", "'so so'", "'10000'"), ("public.citext", "'AbC'", "'x'"),
            ("public.pair", "ROW(1, 'x y')", "ROW(2, '')"), ("text COLLATE \"C\"", "'B'", "'a'"),
        ]
        var sql = """
            CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('so so', '10000');
            CREATE DOMAIN points AS int CHECK (VALUE > 0); CREATE DOMAIN feeling AS mood;
            CREATE TYPE pair AS (a int, b text);

            """
        for (index, type) in types.enumerated() {
            sql += """
                CREATE TABLE one_\(index) (k \(type.type) PRIMARY KEY, v text);
                CREATE TABLE two_\(index) (v text, n int, k \(type.type), PRIMARY KEY (k, n));
                INSERT INTO one_\(index) VALUES (\(type.first), 'a'), (\(type.second), 'a');
                INSERT INTO two_\(index) VALUES ('a', 1, \(type.first)), ('a', 1, \(type.second));

                """
        }
        let lab = try await BatchLab(sql)
        let base = try await lab.now()
        #expect(base.applied.replicatedTables.count == types.count * 2)
        // The application's own settings must not reach the events.
        try await lab.run(
            """
            SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Tokyo'; SET extra_float_digits = 0;
            SET IntervalStyle = sql_standard; SET bytea_output = escape
            """)
        for (index, type) in types.enumerated() {
            // A domain over an enum has no equality.
            let isFeeling = type.type == "public.feeling"
            let column = isFeeling ? "k::public.mood" : "k"
            let cast = isFeeling ? "public.mood" : type.type
            try await lab.run(
                """
                UPDATE one_\(index) SET v = 'b' WHERE \(column) = \(type.first)::\(cast);
                DELETE FROM one_\(index) WHERE \(column) = \(type.second)::\(cast);
                UPDATE two_\(index) SET v = 'b' WHERE \(column) = \(type.first)::\(cast);
                DELETE FROM two_\(index) WHERE \(column) = \(type.second)::\(cast);
                """)
        }
        try await lab.run("ALTER TYPE mood RENAME VALUE 'so so' TO 'well'")
        let batch = try await lab.batch(from: base)
        for (index, type) in types.enumerated() {
            let one = batch.rows("one_\(index)")
            #expect(one.count == 2 && one.last?.hasSuffix("\tb") == true, "\(type.type): \(one)")
            #expect(one.first?.hasPrefix("f\t") == true, "\(type.type): \(one)")
            let two = batch.rows("two_\(index)")
            #expect(
                two.count == 2 && two.last?.hasPrefix("t\tb\t1\t") == true, "\(type.type): \(two)")
            #expect(two.first?.hasPrefix("f\t\\N\t1\t") == true, "\(type.type): \(two)")
        }
        await lab.close()
    }

    @Test func `keys that are equal as values are one row`() async throws {
        let lab = try await BatchLab(
            """
            CREATE EXTENSION citext;
            CREATE TABLE n (k numeric PRIMARY KEY, v int); CREATE TABLE c (k citext PRIMARY KEY, v int);
            INSERT INTO n VALUES (1.0, 1); INSERT INTO c VALUES ('a', 1);
            """)
        let base = try await lab.now()
        try await lab.run(
            "UPDATE n SET v = 2; UPDATE n SET k = 1.000; UPDATE c SET v = 2; UPDATE public.c SET k = 'A'"
                .replacing("UPDATE n", with: "UPDATE public.n").replacing(
                    "UPDATE c", with: "UPDATE public.c"))
        let batch = try await lab.batch(from: base)
        #expect(batch.rows("n") == ["t\t1.000\t2"])
        #expect(batch.rows("c") == ["t\tA\t2"])
        await lab.close()
    }

    @Test func `names with quotes, dots, blanks, upper case and emoji are names`() async throws {
        let schema = TableName(schema: "My.Schema \"x\"", name: "SELECT 😀 '; --")
        let lab = try await BatchLab(
            #"CREATE SCHEMA "My.Schema ""x"""; CREATE TABLE "#
                + schema.quoted + #"("Col""1" int PRIMARY KEY, "order" text, "a.b\c" int)"#,
            expression: [#""My.Schema ""x"""."# + "*"])
        let base = try await lab.now()
        try await lab.run("INSERT INTO \(schema.quoted) VALUES (1, 'x', 2), (2, NULL, NULL)")
        let batch = try await lab.batch(from: base)
        #expect(batch.tables.first?.start.columns == ["Col\"1", "order", "a.b\\c"])
        #expect(batch.tables.first?.lines.sorted() == ["t\t1\tx\t2", "t\t2\t\\N\t\\N"])
        await lab.close()
    }

    @Test
    func `a new table comes whole, a new column comes with its rows, a dropped table is no hurdle`()
        async throws
    {
        let lab = try await BatchLab(
            """
            CREATE TABLE a (id int PRIMARY KEY, note text); CREATE TABLE gone (id int PRIMARY KEY);
            INSERT INTO a VALUES (1, 'x');
            """)
        let base = try await lab.now()
        try await lab.run(
            """
            INSERT INTO gone VALUES (1); DROP TABLE gone; 
            CREATE TABLE fresh (id int PRIMARY KEY); INSERT INTO fresh VALUES (1), (2);
            ALTER TABLE a ADD COLUMN extra int; UPDATE a SET extra = 5
            """.replacing("INTO gone", with: "INTO public.gone").replacing(
                "DROP TABLE gone", with: "DROP TABLE public.gone"))
        try await lab.capture()
        let batch = try await lab.batch(from: base, look: true)
        #expect(batch.header.schema?.changes.isEmpty == false)
        let fresh = try #require(batch.tables.first { $0.start.table.name == "fresh" })
        #expect(fresh.start.mode == .replace)
        #expect(fresh.lines.sorted() == ["1", "2"])
        #expect(batch.rows("a").contains { $0.hasSuffix("1\tx\t5") })
        #expect(!batch.tables.contains { $0.start.table.name == "gone" })
        await lab.close()
    }

    @Test func `a changed shape is noticed without anybody asking for a look`() async throws {
        let lab = try await BatchLab("CREATE TABLE a (id int PRIMARY KEY, note text)")
        let base = try await lab.now()
        try await lab.run(
            "ALTER TABLE public.a RENAME COLUMN note TO remark; INSERT INTO public.a VALUES (1, 'x')"
        )
        let batch = try await lab.batch(from: base)
        #expect(batch.header.schema != nil)
        #expect(batch.tables.first?.start.columns == ["id", "remark"])
        await lab.close()
    }

    @Test func `values of sequences travel with the tables that draw from them, once`() async throws
    {
        let lab = try await BatchLab(
            "CREATE TABLE a (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, v int)")
        let base = try await lab.now()
        try await lab.run("INSERT INTO public.a (v) VALUES (1), (2), (3)")
        var builder = BatchBuilder()
        let batch = try await lab.batch(from: base, builder: &builder)
        #expect(batch.sequences.map(\.lastValue) == [3, 3])
        #expect(batch.sequences.allSatisfy { $0.isCalled })
        #expect(batch.tables.first?.start.overridesIdentity == true)
        await lab.close()
    }

    @Test func `a truncated partition makes its tree be read whole`() async throws {
        let lab = try await BatchLab(
            """
            CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
            INSERT INTO p VALUES (1, 'a'), (11, 'b');
            """)
        var base = try await lab.now()
        try await lab.run("UPDATE public.p1 SET v = 'c'; INSERT INTO public.p VALUES (12, 'd')")
        var batch = try await lab.batch(from: base)
        #expect(batch.rows("p") == ["t\t1\tc", "t\t12\td"])
        base.position = batch.header.to
        try await lab.run("TRUNCATE public.p2")
        batch = try await lab.batch(from: base)
        #expect(batch.tables.first?.start.mode == .replace)
        #expect(batch.rows("p") == ["1\tc"])
        await lab.close()
    }

    @Test
    func `a position ahead of the source, or behind what is forgotten, is told and not guessed`()
        async throws
    {
        let lab = try await BatchLab("CREATE TABLE a (id int PRIMARY KEY)")
        var base = try await lab.now()
        try await lab.run("UPDATE teleport.setting SET value = '999999999' WHERE key = 'forgotten'")
        await #expect(throws: BatchError.self) { try await lab.batch(from: base) }
        try await lab.run("UPDATE teleport.setting SET value = '0' WHERE key = 'forgotten'")
        base.position = try #require(Snapshot("999999999:999999999:"))
        await #expect(throws: BatchError.self) { try await lab.batch(from: base) }
        // The connection is usable afterwards.
        let healthy = try await lab.batch(from: lab.now())
        #expect(healthy.tables.isEmpty)
        await lab.close()
    }

    @Test func `three hundred thousand rows of one transaction pass in bounded frames and memory`()
        async throws
    {
        let lab = try await BatchLab("CREATE TABLE a (id int PRIMARY KEY, note text)")
        let base = try await lab.now()
        try await lab.run(
            "INSERT INTO public.a SELECT n, repeat('x', 100) FROM generate_series(1, 300000) n")
        var builder = BatchBuilder()
        let before = residentBytes()
        let batch = try await lab.batch(
            from: base, rowsPerFrame: 10_000, keepRows: false, builder: &builder)
        let growth = residentBytes() - before
        #expect(batch.summary.rows == 300_000)
        #expect(batch.tables.first?.rowCount == 300_000)
        #expect(batch.summary.bytes > 30_000_000)
        #expect(batch.summary.frames >= 30)
        #expect(batch.largestFrame < 2 << 20)
        #expect(growth < 32 << 20, "resident memory grew by \(growth >> 20) MiB")
        await lab.close()
    }

    /// The resident memory of this process, as the kernel counts it.
    private func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
            return 0
        }
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
