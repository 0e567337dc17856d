import PGWire
import TestSupport
import Testing

@testable import Replicator

/// Each change of a source arrives so that pg_dump and the rows of both sides are equal.
@Suite(.timeLimit(.minutes(10))) struct SchemaChangeTests {
    struct Change: Sendable {
        var name: String
        var before: String
        var after: String

        init(_ name: String, _ before: String, _ after: String) {
            self.name = name
            self.before = before
            self.after = after
        }
    }

    static let table =
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int DEFAULT 5); "
        + "INSERT INTO t VALUES (1, '7', 1), (2, '8', 2);"

    @Test(arguments: [columns, constraints, types, objects])
    func `a change arrives as it is on the source`(changes: [Change]) async throws {
        try await Self.check(changes)
    }

    /// Carries the state before each change, and then the change.
    static func check(_ changes: [Change], options: SchemaOptions = .init()) async throws {
        var pair = try await SchemaPair()
        for change in changes {
            do {
                try await check(change, &pair, options)
            } catch {
                Issue.record("\(change.name): \(error)")
            }
        }
        try await pair.close()
    }

    /// The lines of a dump; privileges have no order.
    private static func lines(_ dump: String, sorted: Bool) -> [Substring] {
        let lines = dump.split(separator: "\n")
        return sorted ? lines.sorted() : lines
    }

    private static func check(
        _ change: Change, _ pair: inout SchemaPair, _ options: SchemaOptions
    ) async throws {
        try await pair.reset()
        let path = "SET search_path = src; "
        try await pair.onSource.execute("CREATE SCHEMA src; \(path)\(change.before)")
        try await pair.carry(options: options)
        try await pair.onSource.execute(path + change.after)
        let plan = try await pair.carry(options: options)
        let current = try await pair.read()
        let name = Comment(rawValue: change.name)
        let access = options.grants || options.owners
        let (here, there) = (
            Self.lines(try pair.dump(pair.source, access: access), sorted: access),
            Self.lines(try pair.dump(pair.target, access: access), sorted: access)
        )
        #expect(there.filter { !here.contains($0) } == [], name)
        #expect(here.filter { !there.contains($0) } == [], name)
        #expect(here == there, name)
        let arrived = try await pair.rows(pair.onTarget, current, mapped: true)
        let sent = try await pair.rows(pair.onSource, current, mapped: false)
        #expect(arrived == sent, name)
        #expect(plan.notCarried == [], name)
        let again = try SchemaPlan.make(
            from: pair.applied, to: current, mapping: pair.mapping, options: options,
            targetVersion: 150_000)
        #expect(again.section.changes == [] && again.recopy == [] && again.isEmpty, name)
    }

    static let columns = [
        Change("a table is made", "", table),
        Change("a table is dropped", table, "DROP TABLE t;"),
        Change("a table is renamed", table, "ALTER TABLE t RENAME TO u;"),
        Change(
            "two tables swap names", table + "CREATE TABLE u (id bigint PRIMARY KEY);",
            "ALTER TABLE t RENAME TO x; ALTER TABLE u RENAME TO t; ALTER TABLE x RENAME TO u;"),
        Change("a table is made anew", table, "DROP TABLE t; CREATE TABLE t (x text PRIMARY KEY);"),
        Change("a column is added", table, "ALTER TABLE t ADD c text;"),
        Change("a column is added with a default", table, "ALTER TABLE t ADD c int DEFAULT 3;"),
        Change(
            "a column is added with a default that goes", table,
            "ALTER TABLE t ADD c text NOT NULL DEFAULT 'o''x\\y'; ALTER TABLE t ALTER c DROP DEFAULT;"
        ),
        Change(
            "a column is added with a default that changes", table,
            "ALTER TABLE t ADD c int[] DEFAULT '{1,2}'; ALTER TABLE t ALTER c SET DEFAULT '{3}';"),
        Change(
            "a column is added with a volatile default", table,
            "ALTER TABLE t ADD c float8 NOT NULL DEFAULT random();"),
        Change("a serial column is added", table, "ALTER TABLE t ADD c serial;"),
        Change(
            "an identity column is added", table,
            "ALTER TABLE t ADD c int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5);"),
        Change(
            "a generated column is added", table,
            "ALTER TABLE t ADD c int GENERATED ALWAYS AS (b * 2) STORED;"),
        Change(
            "a generated column is plain now",
            "CREATE TABLE t (id int PRIMARY KEY, b int GENERATED ALWAYS AS (id + 1) STORED);"
                + "INSERT INTO t VALUES (1);",
            "ALTER TABLE t ALTER b DROP EXPRESSION;"),
        Change("a column is dropped", table, "ALTER TABLE t DROP a;"),
        Change("a column is renamed", table, "ALTER TABLE t RENAME a TO c;"),
        Change(
            "two columns swap names", table,
            "ALTER TABLE t RENAME a TO x; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME x TO b;"
        ),
        Change(
            "a column is made anew", table, "ALTER TABLE t DROP b; ALTER TABLE t ADD b int;"),
        Change("the key column is renamed", table, "ALTER TABLE t RENAME id TO ident;"),
        Change("a column is retyped", table, "ALTER TABLE t ALTER a TYPE int USING a::int * 2;"),
        Change(
            "a column with a default is retyped", table,
            "ALTER TABLE t ALTER b TYPE numeric(10,2) USING b / 3.0;"),
        Change("the key is retyped", table, "ALTER TABLE t ALTER id TYPE bigint;"),
        Change(
            "a type gets wider",
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(5));"
                + "INSERT INTO t VALUES (1, 'x');", "ALTER TABLE t ALTER a TYPE varchar(50);"),
        Change(
            "a collation changes", table, "ALTER TABLE t ALTER a TYPE text COLLATE \"C\";"),
        Change("a default is set", table, "ALTER TABLE t ALTER a SET DEFAULT 'x''y';"),
        Change("a default is dropped", table, "ALTER TABLE t ALTER b DROP DEFAULT;"),
        Change("NULL is refused", table, "ALTER TABLE t ALTER a SET NOT NULL;"),
        Change(
            "NULL is allowed", "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL);",
            "ALTER TABLE t ALTER a DROP NOT NULL;"),
        Change(
            "a column becomes an identity", table,
            "ALTER TABLE t ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;"),
        Change(
            "an identity ends", "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
            "ALTER TABLE t ALTER id DROP IDENTITY;"),
        Change(
            "an identity changes",
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
            "ALTER TABLE t ALTER id SET GENERATED BY DEFAULT SET INCREMENT 7; "
                + "ALTER SEQUENCE t_id_seq RENAME TO other;"),
        Change(
            "a serial becomes an identity", "CREATE TABLE t (id serial PRIMARY KEY);",
            "ALTER TABLE t ALTER id DROP DEFAULT; DROP SEQUENCE t_id_seq; "
                + "ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY;"),
        Change(
            "options change",
            "CREATE TABLE t (id int PRIMARY KEY) WITH (fillfactor = 70, "
                + "autovacuum_enabled = off);",
            "ALTER TABLE t SET (fillfactor = 80); ALTER TABLE t RESET (autovacuum_enabled);"),
    ]

    static let constraints = [
        Change(
            "a primary key changes", table,
            "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (id, b);"),
        Change("a primary key is renamed", table, "ALTER INDEX t_pkey RENAME TO key;"),
        Change("a unique constraint is added", table, "ALTER TABLE t ADD UNIQUE (a, b);"),
        Change("a check is added", table, "ALTER TABLE t ADD CHECK (b > 0) NOT VALID;"),
        Change(
            "a check is validated", table + "ALTER TABLE t ADD CHECK (b > 0) NOT VALID;",
            "ALTER TABLE t VALIDATE CONSTRAINT t_b_check;"),
        Change(
            "a check changes", table + "ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0);",
            "ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ADD CONSTRAINT c CHECK (b > -1);"),
        Change(
            "constraints swap names",
            table + "ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0), "
                + "ADD CONSTRAINT d CHECK (b < 9);",
            "ALTER TABLE t RENAME CONSTRAINT c TO x; ALTER TABLE t RENAME CONSTRAINT d TO c; "
                + "ALTER TABLE t RENAME CONSTRAINT x TO d;"),
        Change(
            "a check goes with its column", table + "ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0);",
            "ALTER TABLE t DROP b;"),
        Change(
            "the key is a unique index", "",
            "CREATE TABLE t (id int NOT NULL, a int NOT NULL); "
                + "CREATE UNIQUE INDEX k ON t (a, id); INSERT INTO t VALUES (1, 2);"),
        Change(
            "an index is made", table,
            "CREATE INDEX ON t USING btree (lower(a) text_pattern_ops DESC, b) INCLUDE (id) "
                + "WITH (fillfactor = 60) WHERE b > 3; CREATE INDEX h ON t USING hash (b);"),
        Change(
            "an index is renamed", table + "CREATE INDEX i ON t (a);",
            "ALTER INDEX i RENAME TO j; ALTER TABLE t RENAME a TO c;"),
        Change("an index is dropped", table + "CREATE INDEX i ON t (a);", "DROP INDEX i;"),
        Change(
            "an index gets options", table + "CREATE INDEX i ON t (a);",
            "ALTER INDEX i SET (fillfactor = 50);"),
        Change(
            "an index is made anew", table + "CREATE INDEX i ON t (a);",
            "DROP INDEX i; CREATE UNIQUE INDEX i ON t (b);"),
        Change(
            "a partitioned table is made", "",
            """
            CREATE TABLE p (id int, day date, v text DEFAULT 'x', PRIMARY KEY (id, day))
                PARTITION BY RANGE (day);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
                PARTITION BY LIST (id);
            CREATE TABLE p21 PARTITION OF p2 FOR VALUES IN (1, 2);
            CREATE TABLE pd PARTITION OF p DEFAULT; CREATE INDEX ON p (v);
            INSERT INTO p VALUES (1, '2024-02-02'), (2, '2025-02-02'), (3, '2029-01-01');
            """),
        Change(
            "partitions come and go",
            """
            CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10); CREATE INDEX pv ON p (v);
            """,
            "DROP TABLE p1; CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20); "
                + "ALTER TABLE p ADD w int; ALTER TABLE p RENAME v TO x;"),
        Change(
            "a partition is detached",
            """
            CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
            INSERT INTO p VALUES (3, 'x');
            """,
            "ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p1 RENAME TO old; "
                + "ALTER TABLE p2 RENAME TO p1;"),
        Change(
            "a partition has things of its own",
            """
            CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
            """,
            "CREATE INDEX own ON p1 (v); ALTER TABLE p1 ADD CONSTRAINT c CHECK (v <> 'q'), "
                + "ADD CONSTRAINT u UNIQUE (v); ALTER TABLE p1 SET (fillfactor = 60);"),
    ]

    static let types = [
        Change(
            "labels are added",
            "CREATE TYPE e AS ENUM ('b', 'd'); "
                + "CREATE TABLE t (id int PRIMARY KEY, e e);",
            "ALTER TYPE e ADD VALUE 'a' BEFORE 'b'; ALTER TYPE e ADD VALUE 'c' AFTER 'b'; "
                + "ALTER TYPE e ADD VALUE 'e''e';"),
        Change(
            "a label is renamed",
            "CREATE TYPE e AS ENUM ('b', 'd'); "
                + "CREATE TABLE t (id int PRIMARY KEY, e e DEFAULT 'b'); INSERT INTO t VALUES (1);",
            "ALTER TYPE e RENAME VALUE 'b' TO 'c'; ALTER TYPE e RENAME TO f;"),
        Change(
            "a label takes a renamed one's text", "CREATE TYPE e AS ENUM ('b', 'd');",
            "ALTER TYPE e RENAME VALUE 'b' TO 'c'; ALTER TYPE e ADD VALUE 'b' AFTER 'd';"),
        Change(
            "labels swap", "CREATE TYPE e AS ENUM ('b', 'd');",
            "ALTER TYPE e RENAME VALUE 'b' TO 'c'; ALTER TYPE e RENAME VALUE 'd' TO 'b'; "
                + "ALTER TYPE e RENAME VALUE 'c' TO 'd';"),
        Change(
            "a label is removed by a type of the same name",
            "CREATE TYPE e AS ENUM ('b', 'd'); "
                + "CREATE TABLE t (id int PRIMARY KEY, e e[] DEFAULT '{b}'); INSERT INTO t VALUES (1, '{b,d}');",
            """
            CREATE TYPE x AS ENUM ('c', 'b'); UPDATE t SET e = '{b}'; ALTER TABLE t ALTER e DROP DEFAULT;
            ALTER TABLE t ALTER e TYPE x[] USING e::text::x[]; DROP TYPE e; ALTER TYPE x RENAME TO e;
            ALTER TABLE t ALTER e SET DEFAULT '{b}';
            """),
        Change(
            "a composite type changes",
            "CREATE TYPE c AS (a int, b text, d date); "
                + "CREATE TABLE t (id int PRIMARY KEY, v int);",
            "ALTER TYPE c DROP ATTRIBUTE d, ADD ATTRIBUTE z text COLLATE \"C\", "
                + "ALTER ATTRIBUTE a TYPE bigint; ALTER TYPE c RENAME ATTRIBUTE b TO bb; "
                + "ALTER TYPE c RENAME TO cc;"),
        Change(
            "a composite type is made anew",
            "CREATE TYPE c AS (a int); "
                + "CREATE FUNCTION f(c) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';",
            "DROP TYPE c CASCADE; CREATE TYPE c AS (a text); "
                + "CREATE FUNCTION f(c) RETURNS text LANGUAGE sql AS 'SELECT ($1).a';"),
        Change(
            "a domain changes",
            "CREATE DOMAIN d AS int DEFAULT 3 CONSTRAINT k CHECK (VALUE > 0); "
                + "CREATE TABLE t (id int PRIMARY KEY, d d); INSERT INTO t VALUES (1);",
            "ALTER DOMAIN d SET DEFAULT 4; ALTER DOMAIN d SET NOT NULL; "
                + "ALTER DOMAIN d RENAME CONSTRAINT k TO l; ALTER DOMAIN d ADD CHECK (VALUE < 99); "
                + "ALTER DOMAIN d RENAME TO dd;"),
        Change(
            "a domain gets another base",
            "CREATE DOMAIN d AS int; "
                + "CREATE TABLE t (id int PRIMARY KEY, d d); INSERT INTO t VALUES (1, 5);",
            "ALTER TABLE t ALTER d TYPE int; DROP DOMAIN d; CREATE DOMAIN d AS text; "
                + "ALTER TABLE t ALTER d TYPE d USING d::text;"),
        Change(
            "types go",
            "CREATE TYPE e AS ENUM ('a'); CREATE TYPE c AS (e e); "
                + "CREATE DOMAIN d AS c; CREATE FUNCTION f(d) RETURNS e LANGUAGE sql AS 'SELECT NULL::src.e';",
            "DROP FUNCTION f; DROP DOMAIN d; DROP TYPE c; DROP TYPE e;"),
    ]

    static let objects = [
        Change(
            "a function is made and used", "",
            """
            CREATE FUNCTION f(a int, OUT b int) LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN b := a; END $$;
            CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT f(3); END;
            CREATE PROCEDURE p(INOUT x int) LANGUAGE sql AS 'SELECT 1';
            CREATE TABLE t (id int PRIMARY KEY DEFAULT g(), CHECK (f(id) > 0)); CREATE INDEX ON t (f(id));
            CREATE FUNCTION h(t) RETURNS SETOF t LANGUAGE sql AS 'SELECT $1';
            """),
        Change(
            "a function is replaced",
            "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql STRICT AS 'SELECT 2'; "
                + "ALTER FUNCTION f RENAME TO g;"),
        Change(
            "a function gets another result",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; "
                + "CREATE TABLE t (id int PRIMARY KEY DEFAULT f());",
            "DROP FUNCTION f CASCADE; CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'; "
                + "ALTER TABLE t ALTER id SET DEFAULT f();"),
        Change(
            "a function gets other arguments",
            "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; "
                + "CREATE TABLE t (id int PRIMARY KEY, CHECK (f(id) > 0)); CREATE INDEX ON t (f(id));",
            "DROP FUNCTION f CASCADE; CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; "
                + "ALTER TABLE t ADD CHECK (f(id) > 0); CREATE INDEX ON t (f(id));"),
        Change(
            "a function is dropped",
            "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "DROP FUNCTION f;"),
        Change(
            "a sequence changes", "CREATE SEQUENCE s; CREATE TABLE t (id int PRIMARY KEY, a int);",
            "ALTER SEQUENCE s AS int INCREMENT -2 MINVALUE -50 MAXVALUE 40 START 9 CACHE 5 CYCLE OWNED BY t.a; "
                + "ALTER SEQUENCE s RENAME TO r; ALTER TABLE t ALTER a SET DEFAULT nextval('r');"),
        Change(
            "a sequence has the name of a type", "",
            "CREATE SEQUENCE s; CREATE TYPE s AS ENUM ('x'); CREATE TABLE t (id int PRIMARY KEY, a s);"
        ),
        Change(
            "a sequence outlives its column", "CREATE TABLE t (id int PRIMARY KEY, a serial);",
            "ALTER SEQUENCE t_a_seq OWNED BY NONE; ALTER TABLE t DROP a;"),
        Change(
            "a sequence goes", "CREATE SEQUENCE s; CREATE TABLE t (id int PRIMARY KEY, a serial);",
            "DROP SEQUENCE s; ALTER TABLE t DROP a;"),
        Change(
            "an extension is needed", "",
            "CREATE EXTENSION citext SCHEMA src; CREATE EXTENSION pg_trgm SCHEMA public; "
                + "CREATE TABLE t (id citext PRIMARY KEY, v text DEFAULT 'x'); "
                + "CREATE INDEX ON t USING gin (v public.gin_trgm_ops);"),
    ]
}
