import PGWire
import TestSupport
import Testing

@testable import Replicator

extension SchemaTypeChangeTests {
    static let routines = [
        Change(
            "aggregates of every sort are made", "",
            """
            CREATE FUNCTION add(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + b';
            CREATE FUNCTION sub(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a - b';
            CREATE FUNCTION fin(a int) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT a::text';
            CREATE FUNCTION step(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + 1';
            CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '0', COMBINEFUNC = add, PARALLEL = SAFE,
                FINALFUNC = fin, FINALFUNC_MODIFY = SHAREABLE,
                MSFUNC = add, MINVFUNC = sub, MSTYPE = int, MINITCOND = '0', MFINALFUNC = fin, SSPACE = 64);
            CREATE AGGREGATE many(*) (SFUNC = step, STYPE = int, INITCOND = '0');
            CREATE AGGREGATE all_of(anycompatible) (SFUNC = array_append, STYPE = anycompatiblearray, INITCOND = '{}');
            CREATE AGGREGATE smallest(int) (SFUNC = int4smaller, STYPE = int, SORTOP = <);
            CREATE FUNCTION pick(s int[], p float8) RETURNS int LANGUAGE sql AS 'SELECT s[1]';
            CREATE AGGREGATE nth(p float8 ORDER BY v int) (SFUNC = array_append, STYPE = int[], FINALFUNC = pick);
            CREATE FUNCTION w() RETURNS int8 LANGUAGE sql WINDOW AS 'SELECT 1::int8';
            COMMENT ON AGGREGATE many(*) IS 'star'; COMMENT ON AGGREGATE nth(p float8 ORDER BY v int) IS 'ordered';
            """),
        Change(
            "an aggregate changes in place and is renamed",
            "CREATE FUNCTION add(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + b'; "
                + "CREATE AGGREGATE s(int) (SFUNC = add, STYPE = int);",
            "CREATE OR REPLACE AGGREGATE s(int) (SFUNC = add, STYPE = int, INITCOND = '5'); "
                + "ALTER AGGREGATE s(int) RENAME TO z; ALTER FUNCTION add RENAME TO plus;"),
        Change(
            "an aggregate is made anew over another state",
            "CREATE AGGREGATE s(int) (SFUNC = int4pl, STYPE = int); CREATE TABLE t (id int PRIMARY KEY);",
            "DROP AGGREGATE s(int); CREATE AGGREGATE s(int) (SFUNC = int84pl, STYPE = int8, INITCOND = '0');"
        ),
        Change(
            "an aggregate goes with its function",
            "CREATE FUNCTION add(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + b'; "
                + "CREATE AGGREGATE s(int) (SFUNC = add, STYPE = int); CREATE AGGREGATE m(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');",
            "DROP AGGREGATE s(int); DROP FUNCTION add; DROP AGGREGATE m(*);"),
        Change(
            "overloads swap names and one goes",
            "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f(text) RETURNS int LANGUAGE sql "
                + "AS 'SELECT 2'; CREATE FUNCTION g(int) RETURNS int LANGUAGE sql AS 'SELECT 3';",
            "DROP FUNCTION f(text); ALTER FUNCTION f(int) RENAME TO x; ALTER FUNCTION g(int) RENAME TO f; "
                + "ALTER FUNCTION x(int) RENAME TO g; CREATE FUNCTION f(bigint) RETURNS int LANGUAGE sql AS 'SELECT 4';"
        ),
        Change(
            "a function takes the name of one that goes",
            "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION g(int) RETURNS int LANGUAGE sql "
                + "AS 'SELECT 3';", "DROP FUNCTION f(int); ALTER FUNCTION g RENAME TO f;"),
        Change(
            "a function loses a default and keeps its users",
            "CREATE FUNCTION f(a int, b int DEFAULT 2) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; "
                + "CREATE TABLE t (id int PRIMARY KEY DEFAULT f(1, 2), CHECK (f(id, 1) > 0)); CREATE INDEX i ON t (f(id, 3));",
            "DROP FUNCTION f CASCADE; CREATE FUNCTION f(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2'; "
                + "ALTER TABLE t ALTER id SET DEFAULT f(1, 2), ADD CHECK (f(id, 1) > 0); CREATE INDEX i ON t (f(id, 3));"
        ),
        Change(
            "settings and costs of functions change",
            "CREATE FUNCTION f() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';",
            "ALTER FUNCTION f COST 7 ROWS 33 SECURITY DEFINER STABLE STRICT PARALLEL SAFE SET work_mem = '1MB' "
                + "SET search_path = pg_catalog, \"x y\";"),
        Change(
            "functions with a body in SQL hang on each other and on tables", "",
            """
            CREATE TABLE t (id int PRIMARY KEY, v text);
            CREATE FUNCTION a() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM t WHERE v <> 'x'; END;
            CREATE FUNCTION b() RETURNS bigint RETURN a() + 1;
            CREATE FUNCTION c(x t) RETURNS text IMMUTABLE RETURN x.v || 'y';
            CREATE INDEX i ON t (id) WHERE id > 3;
            """),
        Change(
            "a procedure becomes a function",
            "CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1';",
            "DROP PROCEDURE p; CREATE FUNCTION p(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"),
    ]

    static let objects = [
        Change(
            "collations are made and used", "",
            """
            CREATE COLLATION l (LC_COLLATE = 'C', LC_CTYPE = 'C');
            CREATE COLLATION i (PROVIDER = icu, LOCALE = 'de-u-co-phonebk');
            CREATE COLLATION n (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
            CREATE DOMAIN d AS text COLLATE i;
            CREATE TABLE t (id int PRIMARY KEY, a text COLLATE l, b text COLLATE n, d d); CREATE INDEX x ON t (a COLLATE i);
            """),
        Change(
            "a collation is renamed and another made anew",
            "CREATE COLLATION a (LC_COLLATE = 'C', LC_CTYPE = 'C'); CREATE COLLATION b (LC_COLLATE = 'C', LC_CTYPE = 'C'); "
                + "CREATE TABLE t (id int PRIMARY KEY, v text COLLATE a, w text COLLATE b); CREATE INDEX i ON t (w);",
            "ALTER COLLATION a RENAME TO c; ALTER TABLE t ALTER w TYPE text; DROP COLLATION b; "
                + "CREATE COLLATION b (LC_COLLATE = 'POSIX', LC_CTYPE = 'POSIX'); ALTER TABLE t ALTER w TYPE text COLLATE b;"
        ),
        Change(
            "text search is configured and used", "",
            """
            CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false);
            CREATE TEXT SEARCH DICTIONARY "D 2" (TEMPLATE = snowball, LANGUAGE = 'german');
            CREATE TEXT SEARCH CONFIGURATION c (PARSER = default);
            ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word, asciiword WITH d, "D 2", english_stem;
            CREATE TABLE t (id int PRIMARY KEY, v text, s tsvector GENERATED ALWAYS AS (to_tsvector('c', v)) STORED);
            CREATE INDEX i ON t USING gin (to_tsvector('c'::regconfig, v)); INSERT INTO t VALUES (1, 'the house');
            """),
        Change(
            "mappings and options of text search change",
            """
            CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false);
            CREATE TEXT SEARCH DICTIONARY e (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION c (COPY = english);
            """,
            """
            ALTER TEXT SEARCH DICTIONARY d (STOPWORDS, ACCEPT = true); ALTER TEXT SEARCH DICTIONARY e RENAME TO f;
            ALTER TEXT SEARCH CONFIGURATION c DROP MAPPING FOR email; ALTER TEXT SEARCH CONFIGURATION c ALTER MAPPING
            FOR word, int WITH f, d; ALTER TEXT SEARCH CONFIGURATION c RENAME TO k;
            """),
        Change(
            "a dictionary is made anew below its configuration",
            "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION c (PARSER = default); "
                + "ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH d;",
            "ALTER TEXT SEARCH CONFIGURATION c DROP MAPPING FOR word; DROP TEXT SEARCH DICTIONARY d; "
                + "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = snowball, LANGUAGE = german); "
                + "ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH d;"),
        Change(
            "text search goes",
            "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION c (PARSER = default); "
                + "ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH d;",
            "DROP TEXT SEARCH CONFIGURATION c; DROP TEXT SEARCH DICTIONARY d;"),
        Change(
            "operators, casts and conversions are made", "",
            """
            CREATE TYPE c AS (a int);
            CREATE FUNCTION eq(c, c) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT ($1).a = ($2).a';
            CREATE FUNCTION ne(c, c) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT ($1).a <> ($2).a';
            CREATE FUNCTION neg(c) RETURNS c IMMUTABLE LANGUAGE sql AS 'SELECT ROW(-($1).a)::src.c';
            CREATE OPERATOR === (FUNCTION = eq, LEFTARG = c, RIGHTARG = c, COMMUTATOR = ===, NEGATOR = !==,
                RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
            CREATE OPERATOR !== (FUNCTION = ne, LEFTARG = c, RIGHTARG = c, COMMUTATOR = !==, NEGATOR = ===);
            CREATE OPERATOR @- (FUNCTION = neg, RIGHTARG = c);
            CREATE FUNCTION of_int(int) RETURNS c IMMUTABLE LANGUAGE sql AS 'SELECT ROW($1)::src.c';
            CREATE CAST (int AS c) WITH FUNCTION of_int(int) AS ASSIGNMENT; CREATE CAST (c AS int) WITH INOUT;
            CREATE CONVERSION v FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
            CREATE DEFAULT CONVERSION w FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8;
            CREATE TABLE t (id int PRIMARY KEY, c c DEFAULT 3::c, CHECK (c === 3::c));
            COMMENT ON OPERATOR === (c, c) IS 'equal'; COMMENT ON CAST (int AS c) IS 'from int';
            """),
        Change(
            "operators and casts change and go",
            """
            CREATE TYPE c AS (a int); CREATE FUNCTION eq(c, c) RETURNS bool LANGUAGE sql AS 'SELECT true';
            CREATE OPERATOR === (FUNCTION = eq, LEFTARG = c, RIGHTARG = c, RESTRICT = eqsel);
            CREATE OPERATOR =~= (FUNCTION = eq, LEFTARG = c, RIGHTARG = c);
            CREATE CAST (int AS c) WITH INOUT; CREATE CAST (c AS int) WITH INOUT;
            CREATE CONVERSION v FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
            """,
            """
            ALTER OPERATOR === (c, c) SET (RESTRICT = NONE, JOIN = eqjoinsel); DROP OPERATOR =~= (c, c);
            DROP CAST (int AS c); CREATE CAST (int AS c) WITH INOUT AS ASSIGNMENT; DROP CAST (c AS int);
            ALTER CONVERSION v RENAME TO u;
            """),
        Change(
            "an operator is made anew with its function",
            """
            CREATE FUNCTION eq(int, text) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true';
            CREATE OPERATOR === (FUNCTION = eq, LEFTARG = int, RIGHTARG = text);
            CREATE TABLE t (id int PRIMARY KEY, a text, CHECK (id === a)); CREATE INDEX i ON t ((id === a));
            """,
            """
            DROP FUNCTION eq CASCADE; CREATE FUNCTION eq(int, text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
            CREATE OPERATOR === (FUNCTION = eq, LEFTARG = int, RIGHTARG = text);
            ALTER TABLE t ADD CHECK ((id === a) > 0); CREATE INDEX i ON t ((id === a));
            """),
        Change(
            "statistics are made, changed and go",
            "CREATE TABLE t (id int PRIMARY KEY, a int, b text); CREATE STATISTICS x ON a, b FROM t; "
                + "CREATE STATISTICS y (ndistinct) ON a, b FROM t; CREATE STATISTICS z (mcv) ON a, id FROM t;",
            "ALTER STATISTICS x RENAME TO s; ALTER STATISTICS s SET STATISTICS 33; DROP STATISTICS y; "
                + "CREATE STATISTICS e (dependencies, mcv) ON a, (lower(b)) FROM t; ALTER TABLE t RENAME a TO c; "
                + "DROP STATISTICS z; CREATE STATISTICS z (ndistinct) ON c, id FROM t;"),
        Change(
            "statistics survive a retype and go with a column",
            "CREATE TABLE t (id int PRIMARY KEY, a int, b text, c int); CREATE STATISTICS x ON a, b FROM t; "
                + "CREATE STATISTICS y ON b, c FROM t;",
            "ALTER TABLE t ALTER a TYPE bigint; ALTER TABLE t DROP c;"),
    ]

    static let comments = [
        Change(
            "comments are set on everything", SchemaChangeTests.table,
            """
            CREATE TYPE e AS ENUM ('a'); CREATE TYPE c AS (a int); CREATE DOMAIN d AS int CONSTRAINT k CHECK (VALUE > 0);
            CREATE TYPE r AS RANGE (SUBTYPE = int); CREATE SEQUENCE s; CREATE INDEX i ON t (a);
            CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
            CREATE STATISTICS x ON a, b FROM t; ALTER TABLE t ADD CONSTRAINT q CHECK (b > 0);
            CREATE COLLATION l (LC_COLLATE = 'C', LC_CTYPE = 'C'); CREATE TEXT SEARCH DICTIONARY y (TEMPLATE = simple);
            CREATE TEXT SEARCH CONFIGURATION z (PARSER = default);
            COMMENT ON TABLE t IS 'it''s \\ "1"'; COMMENT ON COLUMN t.a IS 'a'; COMMENT ON TYPE e IS 'e'; COMMENT ON TYPE c IS 'c';
            COMMENT ON COLUMN c.a IS 'c.a'; COMMENT ON DOMAIN d IS 'd'; COMMENT ON CONSTRAINT k ON DOMAIN d IS 'k';
            COMMENT ON TYPE r IS 'r'; COMMENT ON SEQUENCE s IS 's'; COMMENT ON INDEX i IS 'i'; COMMENT ON INDEX t_pkey IS 'pk';
            COMMENT ON FUNCTION f(int) IS 'f'; COMMENT ON PROCEDURE p() IS 'p'; COMMENT ON STATISTICS x IS 'x';
            COMMENT ON CONSTRAINT q ON t IS 'q'; COMMENT ON CONSTRAINT t_pkey ON t IS 'key'; COMMENT ON SCHEMA src IS 'sch';
            COMMENT ON COLLATION l IS 'l'; COMMENT ON TEXT SEARCH DICTIONARY y IS 'y'; COMMENT ON TEXT SEARCH CONFIGURATION z IS 'z';
            """),
        Change(
            "comments change, go and follow renames",
            SchemaChangeTests.table
                + """
                CREATE TYPE c AS (a int); COMMENT ON COLUMN c.a IS 'x'; CREATE SEQUENCE s; COMMENT ON SEQUENCE s IS 's';
                COMMENT ON TABLE t IS 'old'; COMMENT ON COLUMN t.a IS 'a'; COMMENT ON COLUMN t.b IS 'b';
                COMMENT ON CONSTRAINT t_pkey ON t IS 'key'; CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'i';
                """,
            """
            COMMENT ON TABLE t IS 'new'; COMMENT ON COLUMN t.a IS NULL; ALTER TABLE t RENAME b TO c; ALTER TABLE t RENAME TO u;
            ALTER INDEX t_pkey RENAME TO k; ALTER TYPE c RENAME ATTRIBUTE a TO b; DROP SEQUENCE s; COMMENT ON INDEX i IS 'j';
            """),
        Change(
            "comments are set again on what is made anew",
            """
            CREATE TYPE e AS ENUM ('a', 'b'); COMMENT ON TYPE e IS 'e'; CREATE FUNCTION f() RETURNS int LANGUAGE sql
            AS 'SELECT 1'; COMMENT ON FUNCTION f IS 'f'; CREATE TABLE t (id int PRIMARY KEY, e e); CREATE INDEX i ON t (e);
            COMMENT ON INDEX i IS 'i'; COMMENT ON COLUMN t.e IS 'col';
            """,
            """
            ALTER TABLE t ALTER e TYPE text; DROP TYPE e; CREATE TYPE e AS ENUM ('b', 'a'); COMMENT ON TYPE e IS 'e';
            ALTER TABLE t ALTER e TYPE e USING e::e; DROP FUNCTION f; CREATE FUNCTION f() RETURNS text LANGUAGE sql AS
            'SELECT 1'; COMMENT ON FUNCTION f IS 'f'; DROP INDEX i; CREATE INDEX i ON t (id, e); COMMENT ON INDEX i IS 'i';
            """),
    ]

    // MARK: Who may do what

    static let access = [
        Change(
            "grants are set on everything", "CREATE SEQUENCE s; " + SchemaChangeTests.table,
            """
            CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE AGGREGATE m(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0'); CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
            CREATE DOMAIN d AS int;
            GRANT SELECT, INSERT ON t TO teleport_reader; GRANT UPDATE (a), SELECT (a, b) ON t TO teleport_reader;
            GRANT SELECT ON t TO "teleport ""other" WITH GRANT OPTION; GRANT USAGE ON SEQUENCE s TO PUBLIC;
            GRANT USAGE ON SCHEMA src TO teleport_reader; REVOKE ALL ON FUNCTION f(int) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION m(), f(int) TO teleport_reader; REVOKE ALL ON TYPE e FROM PUBLIC;
            REVOKE ALL ON PROCEDURE p() FROM PUBLIC; GRANT USAGE ON DOMAIN d TO teleport_reader;
            ALTER DEFAULT PRIVILEGES IN SCHEMA src GRANT SELECT ON TABLES TO teleport_reader;
            """),
        Change(
            "grants change and go",
            SchemaChangeTests.table
                + "GRANT SELECT, INSERT ON t TO teleport_reader; GRANT DELETE ON t TO teleport_reader WITH GRANT OPTION; "
                + "GRANT UPDATE (a) ON t TO teleport_reader; "
                + "ALTER DEFAULT PRIVILEGES IN SCHEMA src GRANT SELECT ON TABLES TO PUBLIC;",
            """
            REVOKE INSERT ON t FROM teleport_reader; REVOKE GRANT OPTION FOR DELETE ON t FROM teleport_reader;
            GRANT SELECT ON t TO teleport_reader WITH GRANT OPTION; REVOKE UPDATE (a) ON t FROM teleport_reader;
            CREATE TABLE u (id int PRIMARY KEY); REVOKE ALL ON u FROM PUBLIC; CREATE TABLE v (id int PRIMARY KEY);
            ALTER DEFAULT PRIVILEGES IN SCHEMA src REVOKE SELECT ON TABLES FROM PUBLIC;
            """),
        Change(
            "owners follow", SchemaChangeTests.table,
            """
            CREATE TABLE u (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY); ALTER TABLE u OWNER TO teleport_reader;
            CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f() OWNER TO teleport_reader;
            CREATE TYPE e AS ENUM ('a'); ALTER TYPE e OWNER TO teleport_reader; ALTER TABLE t OWNER TO teleport_reader;
            CREATE AGGREGATE m(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0'); ALTER AGGREGATE m(*) OWNER TO teleport_reader;
            """),
    ]

    /// Roles belong to the whole server: another test may have made it.
    private static func makeRole(_ role: String, _ cluster: PostgresCluster) throws {
        let body =
            "BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = \(SQLText.literal(role))) "
            + "THEN CREATE ROLE \(SQLText.identifier(role)); END IF; END"
        try cluster.psql("DO \(SQLText.literal(body))")
    }

    @Test func `privileges and owners follow where the operator wants them`() async throws {
        let cluster = try PostgresCluster.shared()
        for role in ["teleport_reader", "teleport \"other"] { try Self.makeRole(role, cluster) }
        var options = SchemaOptions()
        options.grants = true
        options.owners = true
        try await SchemaChangeTests.check(Self.access, options: options)
    }

    @Test func `roles that the target lacks are named, and served when they appear`() async throws {
        let cluster = try PostgresCluster.shared()
        try Self.makeRole("teleport_reader", cluster)
        var pair = try await SchemaPair()
        try await pair.onSource.execute(
            "CREATE SCHEMA src; CREATE TABLE src.t (id int PRIMARY KEY); GRANT SELECT ON src.t TO teleport_reader"
        )
        var options = SchemaOptions()
        options.grants = true
        var known = TargetAbilities(roles: ["postgres"], ownRoles: ["postgres"])
        let first = try await pair.carry(options: options, abilities: known)
        #expect(first.notCarried.map(\.name) == ["teleport_reader"])
        #expect(!(try pair.dump(pair.target, access: true).contains("GRANT")))
        known.roles?.insert("teleport_reader")
        let second = try await pair.carry(options: options, abilities: known)
        #expect(second.notCarried == [] && !second.isEmpty)
        #expect(try pair.dump(pair.target, access: true).contains("GRANT SELECT"))
        try await pair.close()
    }
}
