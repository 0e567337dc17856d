import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct CaptureLiveTests {
    @Test func `every way of writing is recorded exactly`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY, v text)")
        try await fixture.capture()
        try fixture.write("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
        #expect(try fixture.events() == ["t k 1", "t k 2", "t k 3"])
        try fixture.write("UPDATE t SET v = v || '!' WHERE id > 1")
        #expect(try fixture.events() == ["t k 2", "t k 3"])
        try fixture.write("DELETE FROM t WHERE id = 1")
        #expect(try fixture.events() == ["t k 1"])
        try fixture.write("COPY t FROM STDIN;\n8\tx\n9\ty\n\\.\n")
        #expect(try fixture.events() == ["t k 8", "t k 9"])
        try fixture.write(
            "INSERT INTO t VALUES (9, 'z'), (10, 'n') ON CONFLICT (id) DO UPDATE SET v = excluded.v"
        )
        #expect(try fixture.events() == ["t k 10", "t k 9"])
        try fixture.write("INSERT INTO t VALUES (9, 'z') ON CONFLICT DO NOTHING")
        #expect(try fixture.events() == [])
        try fixture.write(
            """
            MERGE INTO t USING (VALUES (8), (9), (77)) s(id) ON t.id = s.id
            WHEN MATCHED AND s.id = 8 THEN DELETE WHEN MATCHED THEN UPDATE SET v = 'm'
            WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new')
            """)
        #expect(try fixture.events() == ["t k 77", "t k 8", "t k 9"])
        try fixture.write(
            "WITH d AS (DELETE FROM t WHERE id = 77 RETURNING id) INSERT INTO t SELECT id + 1, 'w' FROM d"
        )
        #expect(try fixture.events() == ["t k 77", "t k 78"])
        try fixture.write(
            "CREATE VIEW w AS SELECT * FROM t; CREATE RULE r AS ON INSERT TO w DO INSTEAD INSERT INTO t VALUES (new.id, 'rule'); INSERT INTO w VALUES (500)"
        )
        #expect(try fixture.events() == ["t k 500"])
        try fixture.write("TRUNCATE t")
        #expect(try fixture.events() == ["t t"])
    }

    @Test func `a savepoint's rollback takes its events along`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY)")
        try await fixture.capture()
        try fixture.write(
            "BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; INSERT INTO t VALUES (3); COMMIT; BEGIN; INSERT INTO t VALUES (4); ROLLBACK"
        )
        #expect(try fixture.events() == ["t k 1", "t k 3"])
    }

    @Test func `a prepared transaction's events appear when it commits`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY)")
        try await fixture.capture()
        let name = fixture.database
        try fixture.write("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '\(name)'")
        #expect(
            try fixture.admin("SELECT count(*) FROM teleport.event_0, teleport.event_1") == "0")
        try fixture.write("COMMIT PREPARED '\(name)'")
        #expect(try fixture.events() == ["t k 1"])
    }

    @Test func `a changed key records the old and the new one, also in swaps and chains`()
        async throws
    {
        let fixture = try CaptureFixture()
        try fixture.write(
            "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, v int); ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id); INSERT INTO t VALUES (5, 0)"
        )
        try await fixture.capture()
        try fixture.write("UPDATE t SET id = 6")
        #expect(try fixture.events() == ["t k 5", "t k 6"])
        try fixture.write("INSERT INTO t VALUES (-6, 1)")
        _ = try fixture.events()
        try fixture.write("UPDATE t SET id = id * 10 WHERE v = 0")
        #expect(try fixture.events() == ["t k 6", "t k 60"])
        try fixture.write("TRUNCATE t; INSERT INTO t SELECT g * 2 FROM generate_series(1, 3) g")
        _ = try fixture.events()
        // From the top, so that the unique index lets the chain through.
        try fixture.write(
            "DELETE FROM t; INSERT INTO t VALUES (3), (2), (1)")
        _ = try fixture.events()
        try fixture.write("UPDATE t SET id = id + 1")
        #expect(try fixture.events() == ["t k 1", "t k 2", "t k 3", "t k 4"])
        try fixture.write("UPDATE t SET id = -id")
        #expect(
            try fixture.events() == ["t k -2", "t k -3", "t k -4", "t k 2", "t k 3", "t k 4"])
    }

    @Test func `a plan made for one row is not slow for many`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY, v int)")
        try await fixture.capture()
        let seconds = try fixture.write(
            """
            INSERT INTO t VALUES (0, 0);
            UPDATE t SET v = 1; UPDATE t SET v = 2; UPDATE t SET v = 3; UPDATE t SET v = 4;
            UPDATE t SET v = 5; UPDATE t SET v = 6; UPDATE t SET v = 7;
            INSERT INTO t SELECT g, 0 FROM generate_series(1, 100000) g;
            SELECT clock_timestamp() AS before \\gset
            UPDATE t SET id = id + 1000000;
            SELECT extract(epoch FROM clock_timestamp() - :'before')::int;
            """)
        #expect(Int(seconds) ?? 99 < 15)
        #expect(try fixture.events().count == 1 + 7 + 100_000 + 200_002)
    }

    @Test func `a statement that changes nothing takes no transaction id`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY)")
        try await fixture.capture()
        let output = try fixture.write(
            "BEGIN; UPDATE t SET id = 1 WHERE false; SELECT txid_current_if_assigned() IS NULL; COMMIT"
        )
        #expect(output == "t")
        #expect(try fixture.events() == [])
    }

    @Test func `replica sessions are captured where the role owns the table`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE foreign_owner (id int PRIMARY KEY)")
        try fixture.admin(
            "CREATE TABLE own (id int PRIMARY KEY); ALTER TABLE own OWNER TO \(fixture.teleport)")
        let report = try await fixture.capture()
        #expect(report.notes.map(\.table.name) == ["foreign_owner"])
        try fixture.admin(
            "SET session_replication_role = replica; INSERT INTO own VALUES (1); INSERT INTO foreign_owner VALUES (1)"
        )
        #expect(try fixture.events() == ["own k 1"])
    }

    @Test func `the origin of applied rows is recorded`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY)")
        try await fixture.capture()
        try fixture.write(
            "BEGIN; SET LOCAL teleport.origin = 'abc'; INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)"
        )
        #expect(try fixture.events() == ["t k 1 from abc", "t k 2"])
    }

    @Test func `composite keys, enums and hostile names are recorded`() async throws {
        let fixture = try CaptureFixture()
        let name = "Ünïcode \"q\" .dot 😀 select"
        let quoted = SQLText.identifier(name)
        try fixture.write(
            """
            CREATE TYPE "My Enum" AS ENUM ('a''b', 'c\\d');
            CREATE DOMAIN "dom" AS "My Enum";
            CREATE TABLE \(quoted) ("txid" int, "origin" text, "c1" "dom", "slot" "My Enum", v int,
                PRIMARY KEY ("slot", "txid", "origin", "c1"));
            """)
        try await fixture.capture()
        try fixture.write(
            "INSERT INTO \(quoted) VALUES (7, 'x,\"y', 'c\\d', 'a''b', 1); UPDATE \(quoted) SET v = 2, txid = 8"
        )
        let labels = try fixture.admin("SELECT oid FROM pg_enum ORDER BY enumsortorder")
            .split(separator: "\n")
        let keys = try fixture.admin(
            """
            SELECT string_agg(kind::text || (key::text[])[1] || ' ' || (key::text[])[2] || ' ' || (key::text[])[3] || ' ' || (key::text[])[4], ';' ORDER BY key)
              FROM (SELECT DISTINCT kind, key FROM (SELECT * FROM teleport.event_0 UNION ALL SELECT * FROM teleport.event_1 UNION ALL SELECT * FROM teleport.event_2 UNION ALL SELECT * FROM teleport.event_3) e) e
            """)
        #expect(
            keys
                == "k\(labels[0]) 7 x,\"y \(labels[1]);k\(labels[0]) 8 x,\"y \(labels[1])")
    }

    @Test func `keys do not depend on the settings of the application's session`() async throws {
        let fixture = try CaptureFixture()
        let types: [(String, String)] = [
            ("timestamp", "'2020-01-02 03:04:05.678'"), ("timestamptz", "'2020-06-02 03:04:05+00'"),
            ("date", "'2020-12-01'"), ("time", "'24:00:00'"),
            ("interval", "'1 year 2 days -03:04:05'"),
            ("float8", "0.1::float8 + 0.2::float8"), ("float4", "1.1"),
            ("bytea", "decode('00ff5c', 'hex')"),
            ("money", "'1234.5'"), ("numeric", "1.00"), ("bool", "true"), ("\"char\"", "'x'"),
            ("char(4)", "'ab'"), ("uuid", "'00000000-0000-0000-0000-0000000000AA'"),
            ("inet", "'10.0.0.1/8'"),
            ("daterange", "'[2020-01-02,2020-02-03)'"),
            ("timestamptz[]", "ARRAY['2020-06-02 03:04:05+00'::timestamptz]"),
        ]
        for (index, type) in types.enumerated() {
            try fixture.write("CREATE TABLE t\(index) (k \(type.0) PRIMARY KEY)")
        }
        try await fixture.capture()
        let hostile = """
            SET DateStyle = 'German'; SET TimeZone = 'Asia/Kathmandu'; SET IntervalStyle = 'iso_8601';
            SET extra_float_digits = -10; SET bytea_output = 'escape'; SET lc_monetary = 'C';
            """
        var plain: [String] = []
        for settings in [
            "SET extra_float_digits = 3; SET TimeZone = UTC; SET DateStyle = ISO;", hostile,
        ] {
            for (index, type) in types.enumerated() {
                try fixture.write("\(settings) INSERT INTO t\(index) VALUES (\(type.1))")
            }
            let events = try fixture.events()
            #expect(events.count == types.count)
            if plain.isEmpty { plain = events } else { #expect(events == plain) }
            for index in types.indices { try fixture.write("DELETE FROM t\(index)") }
            _ = try fixture.events()
        }
        // Each text leads back to the value.
        for (index, type) in types.enumerated() {
            let prefix = "t\(index) k "
            let key = plain.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count) ?? "?"
            let same = try fixture.admin(
                "SET TimeZone = UTC; SET DateStyle = 'ISO, MDY'; SELECT (\(SQLText.literal(String(key))))::\(type.0) = (\(type.1))::\(type.0)"
            )
            #expect(same == "t", "\(type.0): \(key)")
        }
    }

    @Test func `a search_path with false operators cannot hijack the function`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY, e text)")
        try await fixture.capture()
        try fixture.admin("CREATE SCHEMA evil AUTHORIZATION \(fixture.app)")
        try fixture.write(
            """
            CREATE FUNCTION evil.eq(text, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked by %', current_user; END $$;
            CREATE FUNCTION evil.eqi(int, int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked by %', current_user; END $$;
            CREATE FUNCTION evil.concat(int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked by %', current_user; END $$;
            CREATE FUNCTION evil.txid_current_if_assigned() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked by %', current_user; END $$;
            CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, PROCEDURE = evil.eq);
            CREATE OPERATOR evil.= (LEFTARG = int, RIGHTARG = int, PROCEDURE = evil.eqi);
            CREATE TABLE evil.teleport_new (id int); CREATE TABLE evil.pg_enum (oid oid);
            SET search_path = evil, pg_catalog, public;
            INSERT INTO public.t VALUES (1); UPDATE public.t SET id = 2; DELETE FROM public.t; TRUNCATE public.t;
            """)
        #expect(try fixture.events() == ["t k 1", "t k 1", "t k 2", "t k 2", "t t"])
    }

    @Test func `a cast made by the owner of a key's type does not run with our rights`()
        async throws
    {
        let fixture = try CaptureFixture()
        try fixture.write(
            """
            CREATE TYPE e AS ENUM ('x');
            CREATE FUNCTION evil(e) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'cast run by %', current_user; END $$;
            CREATE CAST (e AS text) WITH FUNCTION evil(e);
            CREATE TABLE t (id e PRIMARY KEY);
            """)
        try await fixture.capture()
        try fixture.write("INSERT INTO t VALUES ('x')")
        let label = try fixture.admin("SELECT oid FROM pg_enum")
        #expect(try fixture.events() == ["t k \(label)"])
    }

    @Test func `a key column renamed or retyped behind our back still leaves an event`()
        async throws
    {
        let fixture = try CaptureFixture()
        try fixture.write(
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (a int, id int PRIMARY KEY)"
        )
        try await fixture.capture()
        try fixture.write(
            """
            ALTER TABLE a RENAME id TO "number"; INSERT INTO a VALUES (1); UPDATE a SET "number" = 2; DELETE FROM a;
            ALTER TABLE b ALTER id TYPE timestamp USING now(); INSERT INTO b VALUES (now());
            ALTER TABLE c DROP a; INSERT INTO c VALUES (5);
            """)
        #expect(Set(try fixture.events()) == ["a l", "b l", "c k 5"])
        let before = try fixture.triggers()
        let report = try await fixture.capture()
        #expect(report.installed.map(\.name) == ["a", "b"])
        try fixture.write("INSERT INTO a VALUES (1); INSERT INTO c VALUES (6)")
        #expect(try fixture.events() == ["a k 1", "c k 6"])
        // A rename keeps the triggers, another type makes new ones: the table is copied whole.
        let after = try fixture.triggers()
        #expect(
            Set(before.split(separator: "\n")).intersection(after.split(separator: "\n")).count == 8
        )
        #expect(report.notices.count == 1)
    }

    @Test func `a failing capture fails the statement and says how to uninstall`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY)")
        try await fixture.capture()
        try fixture.admin(
            "DROP TABLE teleport.event_0, teleport.event_1, teleport.event_2, teleport.event_3")
        let error = #expect(throws: ShellError.self) {
            try fixture.write("INSERT INTO t VALUES (1)")
        }
        #expect(error?.errors.contains("teleportd uninstall") == true, "\(error?.errors ?? "")")
        #expect(try fixture.admin("SELECT count(*) FROM t") == "0")
    }

    @Test func `DML on a partition or its root is recorded once, for the root`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(
            """
            CREATE TABLE p (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY RANGE (id);
            CREATE TABLE p2a PARTITION OF p2 FOR VALUES FROM (0) TO (100);
            """)
        let report = try await fixture.capture()
        #expect(report.installed.map(\.name) == ["p"])
        try fixture.write(
            "INSERT INTO p VALUES (1, '2020-02-02'); INSERT INTO p2a VALUES (2, '2021-02-02')")
        #expect(try fixture.events() == ["p k {1,2020-02-02}", "p k {2,2021-02-02}"])
        try fixture.write("UPDATE p SET at = at + 365 WHERE id = 1")
        #expect(Set(try fixture.events()) == ["p k {1,2020-02-02}", "p k {1,2021-02-01}"])
        try fixture.write("TRUNCATE p1")
        #expect(try fixture.events() == ["p l"])
        try fixture.write("TRUNCATE p")
        #expect(try fixture.events().contains("p t"))
        // The owner can still make partitions, without any right on schema teleport.
        try fixture.write(
            "CREATE TABLE p4 PARTITION OF p FOR VALUES FROM ('2030-01-01') TO ('2031-01-01'); INSERT INTO p VALUES (1, '2030-02-02')"
        )
        #expect(try fixture.events() == ["p k {1,2030-02-02}"])
        // A new partition is captured at once; its own truncate trigger and its rows come at the tick.
        try fixture.write(
            "CREATE TABLE p3 (id int NOT NULL, at date NOT NULL); INSERT INTO p3 VALUES (9, '2022-05-05'); ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')"
        )
        #expect(try fixture.events() == [])
        #expect(try await fixture.capture().installed.map(\.name) == ["p"])
        #expect(
            try fixture.events() == ["p k {1,2030-02-02}", "p k {9,2022-05-05}"])
        #expect(try await fixture.capture().installed == [])
        try fixture.write("TRUNCATE p3")
        #expect(try fixture.events() == ["p l"])
        let before = try fixture.triggers()
        try fixture.write("ALTER TABLE p DETACH PARTITION p3")
        #expect(Set(try await fixture.capture().installed.map(\.name)) == ["p", "p3"])
        // Without the right to drop the trigger of p3 all are made anew: the root is copied whole.
        #expect(try fixture.events() == [])
        #expect(try fixture.triggers() != before)
        #expect(try await fixture.capture().installed == [])
    }

    @Test func `a child of old-style inheritance is recorded when its parent is written`()
        async throws
    {
        let fixture = try CaptureFixture()
        try fixture.write(
            "CREATE TABLE a (id int PRIMARY KEY, v int); CREATE TABLE b (PRIMARY KEY (id)) INHERITS (a); INSERT INTO b VALUES (1, 1)"
        )
        try await fixture.capture()
        try fixture.write("UPDATE a SET v = 2")
        #expect(try fixture.events().contains("b k 1"))
        try fixture.write("TRUNCATE a")
        #expect(try fixture.events() == ["a t", "b t"])
        #expect(try await fixture.capture().installed == [])
    }
}
