import Testing

@testable import Replicator

/// Types, routines, text search, operators, statistics and comments arrive as they are.
@Suite(.timeLimit(.minutes(10))) struct SchemaTypeChangeTests {
    typealias Change = SchemaChangeTests.Change

    @Test(arguments: [ranges, enums, domains, routines, objects, comments])
    func `a change of what tables are made of arrives`(changes: [Change]) async throws {
        try await SchemaChangeTests.check(changes)
    }

    static let ranges = [
        Change(
            "a range is made and used", "",
            """
            CREATE FUNCTION diff(a int, b int) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT (a - b)::float8';
            CREATE TYPE r AS RANGE (SUBTYPE = int, SUBTYPE_DIFF = diff, MULTIRANGE_TYPE_NAME = many);
            CREATE TYPE q AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops);
            CREATE TABLE t (id int PRIMARY KEY, r r, m many, a r[], q q DEFAULT '[a,b]');
            INSERT INTO t VALUES (1, '[1,5)', '{[1,2),[5,6)}', '{"[2,3)"}');
            """),
        Change(
            "a range is renamed",
            "CREATE TYPE r AS RANGE (SUBTYPE = int); CREATE TABLE t (id int PRIMARY KEY, r r, m r_multirange);",
            "ALTER TYPE r RENAME TO s; ALTER TYPE r_multirange RENAME TO many;"),
        Change(
            "ranges swap names",
            "CREATE TYPE r AS RANGE (SUBTYPE = int); CREATE TYPE s AS RANGE (SUBTYPE = text); "
                + "CREATE TABLE t (id int PRIMARY KEY, r r, s s);",
            "ALTER TYPE r RENAME TO x; ALTER TYPE s RENAME TO r; ALTER TYPE x RENAME TO s;"),
        Change(
            "a range is made anew",
            "CREATE TYPE r AS RANGE (SUBTYPE = int); CREATE TABLE t (id int PRIMARY KEY, r r); "
                + "INSERT INTO t VALUES (1, '[1,2)');",
            """
            ALTER TABLE t ALTER r TYPE text; DROP TYPE r; CREATE TYPE r AS RANGE (SUBTYPE = numeric);
            ALTER TABLE t ALTER r TYPE r USING r::r;
            """),
        Change(
            "a range goes", "CREATE TYPE r AS RANGE (SUBTYPE = int); CREATE TYPE s AS (r r);",
            "DROP TYPE s; DROP TYPE r;"),
    ]

    static let enums = [
        Change(
            "labels are reordered by a type of the same name, in arrays, domains and composites",
            """
            CREATE TYPE e AS ENUM ('a', 'b'); CREATE DOMAIN d AS e DEFAULT 'a'; CREATE TYPE c AS (e e, x int);
            CREATE FUNCTION f(e) RETURNS e LANGUAGE sql IMMUTABLE AS 'SELECT $1';
            CREATE TABLE t (id int PRIMARY KEY, e e DEFAULT 'b', a e[], d d, c c);
            CREATE INDEX i ON t (e) WHERE e <> 'b'; CREATE INDEX j ON t (f(e));
            INSERT INTO t VALUES (1, 'a', '{a,b}', 'b', '(a,1)');
            """,
            """
            DROP INDEX i; DROP INDEX j; DROP FUNCTION f; ALTER TABLE t ALTER e DROP DEFAULT;
            ALTER TABLE t ALTER e TYPE text, ALTER a TYPE text[], ALTER d TYPE text, ALTER c TYPE text;
            DROP TYPE c; DROP DOMAIN d; DROP TYPE e;
            CREATE TYPE e AS ENUM ('b', 'z', 'a'); CREATE DOMAIN d AS e DEFAULT 'a'; CREATE TYPE c AS (e e, x int);
            CREATE FUNCTION f(e) RETURNS e LANGUAGE sql IMMUTABLE AS 'SELECT $1';
            ALTER TABLE t ALTER e TYPE e USING e::e, ALTER a TYPE e[] USING a::e[], ALTER d TYPE d USING d::d,
                ALTER c TYPE c USING c::c;
            ALTER TABLE t ALTER e SET DEFAULT 'b'; CREATE INDEX i ON t (e) WHERE e <> 'b'; CREATE INDEX j ON t (f(e));
            """),
        Change(
            "a label is removed by hand",
            "CREATE TYPE e AS ENUM ('a', 'b', 'c'); CREATE TABLE t (id int PRIMARY KEY, e e DEFAULT 'a'); "
                + "INSERT INTO t VALUES (1, 'c');",
            "DELETE FROM pg_enum WHERE enumtypid = 'e'::regtype AND enumlabel = 'b';"),
        Change(
            "a partitioned table over an enum is made anew with its type",
            "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE p (id int, e e, PRIMARY KEY (id, e)) PARTITION BY LIST (e); "
                + "CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a');",
            "DROP TABLE p; DROP TYPE e; CREATE TYPE e AS ENUM ('b', 'a'); "
                + "CREATE TABLE p (id int, e e, PRIMARY KEY (id, e)) PARTITION BY LIST (e); "
                + "CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a');"),
        Change(
            "enums swap names",
            "CREATE TYPE e AS ENUM ('a'); CREATE TYPE f AS ENUM ('b'); "
                + "CREATE TABLE t (id int PRIMARY KEY, e e, f f);",
            "ALTER TYPE e RENAME TO x; ALTER TYPE f RENAME TO e; ALTER TYPE x RENAME TO f;"),
    ]

    static let domains = [
        Change(
            "constraints of a domain come, go and are validated",
            "CREATE DOMAIN d AS int CONSTRAINT a CHECK (VALUE > 0) NOT NULL; "
                + "ALTER DOMAIN d ADD CONSTRAINT b CHECK (VALUE < 100) NOT VALID; "
                + "CREATE TABLE t (id int PRIMARY KEY, d d); INSERT INTO t VALUES (1, 3);",
            "ALTER DOMAIN d DROP CONSTRAINT a; ALTER DOMAIN d VALIDATE CONSTRAINT b; ALTER DOMAIN d DROP NOT NULL; "
                + "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> 7) NOT VALID; ALTER DOMAIN d DROP DEFAULT;"
        ),
        Change(
            "domains over domains, arrays and composites", "",
            "CREATE TYPE c AS (x int, y text COLLATE \"C\"); CREATE DOMAIN d AS int[] CHECK (array_length(VALUE, 1) < 3); "
                + "CREATE DOMAIN e AS d NOT NULL DEFAULT '{1}'; CREATE DOMAIN g AS c CHECK ((VALUE).x > 0); "
                + "CREATE DOMAIN h AS varchar(5) COLLATE \"C\"; "
                + "CREATE TABLE t (id int PRIMARY KEY, e e, g g, h h); INSERT INTO t VALUES (1, '{2}', '(1,x)', 'y');"
        ),
        Change(
            "a domain of which a domain is made gets another base",
            "CREATE DOMAIN d AS int; CREATE DOMAIN e AS d DEFAULT 3; "
                + "CREATE TABLE t (id int PRIMARY KEY, e e); INSERT INTO t VALUES (1, 5);",
            "ALTER TABLE t ALTER e TYPE int; DROP DOMAIN e; DROP DOMAIN d; CREATE DOMAIN d AS bigint; "
                + "CREATE DOMAIN e AS d DEFAULT 4; ALTER TABLE t ALTER e TYPE e;"),
        Change(
            "constraints of a domain swap names",
            "CREATE DOMAIN d AS int CONSTRAINT a CHECK (VALUE > 0) CONSTRAINT b CHECK (VALUE < 9);",
            "ALTER DOMAIN d RENAME CONSTRAINT a TO x; ALTER DOMAIN d RENAME CONSTRAINT b TO a; "
                + "ALTER DOMAIN d RENAME CONSTRAINT x TO b;"),
        Change(
            "attributes of a composite swap names, with another type",
            "CREATE TYPE c AS (a int, b text, d text); CREATE TYPE e AS (c c[]);",
            "ALTER TYPE c RENAME ATTRIBUTE a TO x; ALTER TYPE c RENAME ATTRIBUTE b TO a; "
                + "ALTER TYPE c RENAME ATTRIBUTE x TO b; ALTER TYPE c DROP ATTRIBUTE d; "
                + "ALTER TYPE c ADD ATTRIBUTE d int;"),
    ]
}
