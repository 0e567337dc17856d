import PGWire
import TestSupport
import Testing

@testable import Replicator

/// What belongs to tables arrives so that pg_dump of both sides is equal, by changes in place.
@Suite(.timeLimit(.minutes(10))) struct SchemaTableTests {
    struct Change: Sendable {
        var name: String
        var before: String
        var after: String
        /// Whether the target's tables stay the same tables.
        var isInPlace: Bool

        init(_ name: String, _ before: String, _ after: String, inPlace: Bool = true) {
            self.name = name
            self.before = before
            self.after = after
            isInPlace = inPlace
        }
    }

    private func check(_ changes: [Change]) async throws {
        var pair = try await SchemaPair()
        pair.options.foreignKeys = .exact
        for change in changes {
            do {
                try await check(change, &pair)
            } catch {
                Issue.record("\(change.name): \(error)")
            }
        }
        try await pair.close()
    }

    private func check(_ change: Change, _ pair: inout SchemaPair) async throws {
        let plan = try await pair.carry(change.before, then: change.after)
        let current = try await pair.read()
        let name = Comment(rawValue: change.name)
        let (arrived, there) = try (pair.dump(pair.target), pair.dump(pair.source))
        #expect(arrived == there, name)
        #expect(
            try await pair.rows(pair.onTarget, current, mapped: true)
                == pair.rows(pair.onSource, current, mapped: false), name)
        #expect(plan.notCarried.filter { $0.kind != "rows of table" } == [], name)
        if change.isInPlace {
            let sql = plan.section.changes.map(\.sql)
            #expect(
                !sql.contains { $0.hasPrefix("DROP TABLE") || $0.hasPrefix("CREATE TABLE") }, name)
        }
        let again = try SchemaPlan.make(
            from: pair.applied, to: current, mapping: pair.mapping, options: pair.options,
            targetVersion: 150_000)
        #expect(again.isEmpty && again.recopy == [], "\(change.name): \(again.section)")
    }

    @Test func `foreign keys arrive as they are`() async throws {
        try await check(Self.foreignKeys)
    }

    @Test func `constraints arrive as they are`() async throws { try await check(Self.constraints) }

    @Test func `properties arrive as they are`() async throws { try await check(Self.properties) }

    @Test func `partitions arrive as they are`() async throws { try await check(Self.partitions) }

    @Test func `inheritance arrives as it is`() async throws { try await check(Self.inheritance) }

    static let pair = """
        CREATE TABLE a (id int PRIMARY KEY, u int UNIQUE, x int);
        CREATE TABLE b (id int PRIMARY KEY, a int, u int);
        INSERT INTO a VALUES (1, 10, 1), (2, 20, 2); INSERT INTO b VALUES (1, 1, 10);
        """

    static let foreignKeys = [
        Change(
            "foreign keys are added", pair,
            "ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a ON DELETE CASCADE ON UPDATE "
                + "SET NULL, "
                + "ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES a (u) MATCH FULL DEFERRABLE INITIALLY DEFERRED NOT VALID;"
        ),
        Change(
            "foreign keys change in place",
            pair + "ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES a NOT VALID, "
                + "ADD CONSTRAINT g FOREIGN KEY (u) REFERENCES a (u);",
            "ALTER TABLE b VALIDATE CONSTRAINT f; ALTER TABLE b ALTER CONSTRAINT g DEFERRABLE; "
                + "ALTER TABLE b RENAME CONSTRAINT f TO x; "
                + "ALTER TABLE b RENAME CONSTRAINT g TO f; "
                + "ALTER TABLE b RENAME CONSTRAINT x TO g; ALTER TABLE a RENAME TO c; "
                + "ALTER TABLE c RENAME u TO uu;"
        ),
        Change(
            "a foreign key is another one of the same name",
            pair + "ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES a;",
            "ALTER TABLE b DROP CONSTRAINT f; "
                + "ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES a ON DELETE SET DEFAULT (a);"
        ),
        Change(
            "keys below foreign keys are retyped",
            pair + "ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES a; "
                + "ALTER TABLE a ADD CONSTRAINT s FOREIGN KEY (x) REFERENCES a;",
            "ALTER TABLE a ALTER id TYPE bigint; ALTER TABLE b ALTER a TYPE bigint;"),
        Change(
            "a key below a foreign key is made anew",
            pair + "ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES a;",
            "ALTER TABLE a DROP CONSTRAINT a_pkey CASCADE; "
                + "ALTER TABLE a ADD CONSTRAINT a_pkey PRIMARY KEY (id) INCLUDE (x); "
                + "ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES a;"),
        Change(
            "tables in a circle come and go",
            "CREATE TABLE o (id int PRIMARY KEY, p int); "
                + "CREATE TABLE p (id int PRIMARY KEY, o int REFERENCES o); "
                + "ALTER TABLE o ADD FOREIGN KEY (p) REFERENCES p;",
            "DROP TABLE o CASCADE; DROP TABLE p; " + pair
                + "ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES a; "
                + "ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a; "
                + "ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES b DEFERRABLE NOT VALID;",
            inPlace: false),
        Change(
            "tables in a circle are made anew",
            "CREATE TABLE o (id int PRIMARY KEY, p int); "
                + "CREATE TABLE p (id int PRIMARY KEY, o int REFERENCES o); "
                + "ALTER TABLE o ADD FOREIGN KEY (p) REFERENCES p;",
            "DROP TABLE o CASCADE; CREATE TABLE o (id int PRIMARY KEY, p int REFERENCES p); "
                + "ALTER TABLE p ADD FOREIGN KEY (o) REFERENCES o;", inPlace: false),
        Change(
            "partitioned tables refer and are referred to", pair,
            """
            CREATE TABLE p (id int PRIMARY KEY, a int REFERENCES a) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
            ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p NOT VALID; INSERT INTO p VALUES (1, 1);
            """, inPlace: false),
        Change(
            "what leaves a tree keeps the foreign keys it got there",
            pair + """
                CREATE TABLE p (id int, a int, u int, PRIMARY KEY (id, u)) PARTITION BY LIST (u);
                CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
                CREATE TABLE p3 (LIKE p, CONSTRAINT own FOREIGN KEY (a) REFERENCES a);
                ALTER TABLE p ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES a, ADD CONSTRAINT g FOREIGN KEY (u) REFERENCES a;
                ALTER TABLE p ATTACH PARTITION p3 FOR VALUES IN (3); INSERT INTO p VALUES (1, 1, 1), (2, 2, 2);
                """,
            """
            ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p DETACH PARTITION p2; ALTER TABLE p DETACH PARTITION p3;
            ALTER TABLE p1 DROP CONSTRAINT f; ALTER TABLE p1 RENAME a TO aa; ALTER TABLE p2 RENAME CONSTRAINT f TO h;
            ALTER TABLE p2 ALTER a TYPE bigint; ALTER TABLE p DROP CONSTRAINT g;
            """),
        Change(
            "a foreign key goes with its column",
            pair + "ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES a;",
            "ALTER TABLE b DROP a;"),
    ]

    static let constraints = [
        Change(
            "an exclusion constraint is added", pair,
            "CREATE EXTENSION btree_gist SCHEMA src; "
                + "ALTER TABLE a ADD CONSTRAINT e EXCLUDE USING gist "
                + "(x WITH =, int4range(id, u, '[]') WITH &&) WHERE (x > 5) DEFERRABLE;"),
        Change(
            "unique constraints of every form", pair,
            "ALTER TABLE a ADD UNIQUE NULLS NOT DISTINCT (x), ADD CONSTRAINT d UNIQUE (x, "
                + "u) DEFERRABLE INITIALLY DEFERRED; "
                + "CREATE UNIQUE INDEX i ON b (a) INCLUDE (u) WITH (fillfactor = 80); "
                + "ALTER TABLE b ADD CONSTRAINT c UNIQUE USING INDEX i;"
        ),
        Change(
            "options of a constraint's index change", pair,
            "ALTER INDEX a_pkey SET (fillfactor = 70);"),
        Change(
            "checks of every form", pair,
            "ALTER TABLE a ADD CONSTRAINT n CHECK (x > 0) NO INHERIT NOT VALID, "
                + "ADD CHECK (u > id);"),
        Change(
            "an exclusion constraint is renamed and another goes",
            "CREATE TABLE e (id int PRIMARY KEY, r int4range, "
                + "EXCLUDE USING gist (r WITH &&), CONSTRAINT o EXCLUDE USING gist (r WITH -|-));",
            "ALTER TABLE e RENAME CONSTRAINT e_r_excl TO x; ALTER TABLE e DROP CONSTRAINT o;"),
        Change(
            "statistics of an index change", pair + "CREATE INDEX i ON a ((x + u), (u + 1));",
            "ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 77; "
                + "ALTER INDEX i SET (fillfactor = 60); REINDEX INDEX i;"),
        Change(
            "options of an index go",
            pair + "CREATE INDEX i ON a (x) WITH (fillfactor = 60, deduplicate_items = off);",
            "ALTER INDEX i RESET (fillfactor);"),
    ]

    static let properties = [
        Change(
            "columns are made with properties", "",
            """
            CREATE TABLE t (id int PRIMARY KEY, v text, w text COMPRESSION pglz);
            ALTER TABLE t ALTER v SET STORAGE EXTERNAL; ALTER TABLE t ALTER v SET STATISTICS 500;
            ALTER TABLE t ALTER v SET (n_distinct = 5); ALTER TABLE t REPLICA IDENTITY FULL;
            """, inPlace: false),
        Change(
            "columns are made anew beside new ones, in their order",
            "CREATE TABLE t (id int PRIMARY KEY, x int, y int); INSERT INTO t VALUES (1, 2, 3);",
            "ALTER TABLE t DROP x, DROP y; ALTER TABLE t ADD x int, ADD z int, ADD y int;"),
        Change(
            "properties of columns change",
            "CREATE TABLE t (id int PRIMARY KEY, v text, w text COMPRESSION pglz); "
                + "ALTER TABLE t ALTER v SET STORAGE EXTERNAL, ALTER v SET STATISTICS 500, "
                + "ALTER v SET (n_distinct = 5);",
            "ALTER TABLE t ALTER v SET STORAGE EXTENDED, ALTER v SET STATISTICS -1, "
                + "ALTER v RESET (n_distinct), "
                + "ALTER w SET COMPRESSION default, ALTER w SET STORAGE MAIN, "
                + "ALTER w SET (n_distinct_inherited = -0.5); "
                + "ALTER TABLE t ADD z text; ALTER TABLE t ALTER z SET STORAGE PLAIN;"),
        Change(
            "properties of tables change",
            "CREATE TABLE t (id int PRIMARY KEY, v text) WITH (toast.autovacuum_enabled = off); "
                + "CREATE UNIQUE INDEX r ON t (id);",
            "ALTER TABLE t SET (toast.vacuum_truncate = off, fillfactor = 40), "
                + "RESET (toast.autovacuum_enabled); "
                + "ALTER TABLE t REPLICA IDENTITY USING INDEX r; ALTER TABLE t CLUSTER ON r;"),
        Change(
            "tables are logged and not",
            "CREATE TABLE t (id serial PRIMARY KEY); "
                + "CREATE UNLOGGED TABLE u (id int PRIMARY KEY REFERENCES t); "
                + "INSERT INTO t VALUES (1); INSERT INTO u VALUES (1);",
            "ALTER TABLE u SET LOGGED; CREATE UNLOGGED TABLE n (id int PRIMARY KEY); "
                + "CREATE UNLOGGED SEQUENCE s;",
            inPlace: false),
        Change(
            "tables become unlogged",
            "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); "
                + "CREATE SEQUENCE s;",
            "ALTER TABLE t SET UNLOGGED; ALTER SEQUENCE s SET UNLOGGED;"),
        Change(
            "tables without keys", "CREATE TABLE t (a int); INSERT INTO t VALUES (1);",
            "CREATE TABLE n (a int, b text DEFAULT 'x', CHECK (a > 0)); CREATE INDEX ON n (a); "
                + "ALTER TABLE t ADD PRIMARY KEY (a);", inPlace: false),
        Change(
            "typed tables",
            "CREATE TYPE c AS (id int, v text); "
                + "CREATE TABLE t OF c (id WITH OPTIONS PRIMARY KEY, v WITH OPTIONS DEFAULT 'x');",
            "ALTER TABLE t NOT OF; CREATE TABLE u OF c (PRIMARY KEY (id)); "
                + "CREATE TABLE w (id int PRIMARY KEY, v text); "
                + "ALTER TABLE w OF c;", inPlace: false),
        Change(
            "identities change",
            "CREATE TABLE t (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY (MINVALUE 5 "
                + "CACHE 3), v int); INSERT INTO t (v) VALUES (1);",
            "ALTER TABLE t ALTER id SET GENERATED BY DEFAULT SET START 9 SET CYCLE; "
                + "ALTER TABLE t ALTER v SET NOT NULL; "
                + "ALTER TABLE t ALTER v ADD GENERATED ALWAYS AS IDENTITY;"),
    ]

    static let tree = """
        CREATE TABLE p (id int, day date, v text DEFAULT 'x', w int CHECK (w > 0), PRIMARY KEY (id, day))
            PARTITION BY RANGE (day);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE INDEX i ON p (v); INSERT INTO p VALUES (1, '2024-02-02', 'a', 1);
        """

    static let partitions = [
        Change(
            "partitions with names, columns and things of their own", "",
            """
            CREATE TABLE p (id int NOT NULL, day date NOT NULL, v text) PARTITION BY RANGE (day);
            CREATE TABLE q (v text DEFAULT 'own', day date NOT NULL, gone int, id int NOT NULL);
            ALTER TABLE q DROP gone; CREATE UNIQUE INDEX odd ON q (id, day); CREATE INDEX own ON q (v);
            ALTER TABLE q ADD CONSTRAINT c CHECK (v <> 'q'), ALTER v SET NOT NULL, ALTER v SET STORAGE MAIN;
            ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            CREATE TABLE d PARTITION OF p DEFAULT; CREATE UNIQUE INDEX u ON p (id, day); CREATE INDEX i ON p (v);
            ALTER INDEX d_v_idx RENAME TO strange; ALTER TABLE p ADD CHECK (id > 0);
            INSERT INTO p VALUES (1, '2024-02-02', 'a'), (2, '2029-02-02', 'b');
            """, inPlace: false),
        Change(
            "a table with rows becomes a partition",
            tree + "CREATE TABLE t (v text, id int, w int, day date, PRIMARY KEY (id, day)); "
                + "INSERT INTO t VALUES ('z', 5, 5, '2025-05-05'), ('y', 6, 6, '2001-01-01'); "
                + "CREATE INDEX odd ON t (v);",
            "DELETE FROM t WHERE day < '2025-01-01'; "
                + "ALTER TABLE t ADD CONSTRAINT p_w_check CHECK (w > 0); "
                + "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
        ),
        Change(
            "a partition becomes a table", tree,
            "ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p DROP v; "
                + "ALTER TABLE p ADD z int DEFAULT 4; "
                + "ALTER TABLE p1 ADD y int; ALTER TABLE p1 RENAME TO alone;"),
        Change(
            "a bound changes", tree + "CREATE TABLE d PARTITION OF p DEFAULT;",
            "ALTER TABLE p DETACH PARTITION p1; "
                + "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM ('2023-01-01') TO ('2025-01-01');"
        ),
        Change(
            "trees move",
            tree
                + "CREATE TABLE s (id int, day date, v text, w int, PRIMARY KEY (id, "
                + "day)) PARTITION BY LIST (id); "
                + "CREATE TABLE s1 PARTITION OF s FOR VALUES IN (1, 2); "
                + "INSERT INTO s VALUES (1, '2026-01-01');",
            "ALTER TABLE s ADD CONSTRAINT p_w_check CHECK (w > 0); "
                + "ALTER TABLE p ATTACH PARTITION s FOR VALUES FROM ('2026-01-01') TO "
                + "('2027-01-01'); "
                + "CREATE TABLE s3 PARTITION OF s FOR VALUES IN (3) PARTITION BY RANGE (day); "
                + "CREATE TABLE s31 PARTITION OF s3 DEFAULT;", inPlace: false),
        Change(
            "columns of a tree change", tree + "CREATE TABLE p2 PARTITION OF p DEFAULT;",
            "ALTER TABLE p ADD n int NOT NULL DEFAULT 5; ALTER TABLE p RENAME v TO t; "
                + "ALTER TABLE p DROP w; "
                + "ALTER TABLE p1 ALTER n SET DEFAULT 6; ALTER TABLE p1 ALTER t SET NOT NULL; "
                + "ALTER TABLE ONLY p ALTER t DROP DEFAULT; "
                + "ALTER TABLE p2 ALTER t SET STATISTICS 9; ALTER TABLE p ALTER n TYPE bigint;"),
        Change(
            "indexes of a tree come, go and are attached",
            tree + "CREATE INDEX j ON p (w); CREATE TABLE p2 PARTITION OF p DEFAULT;",
            "DROP INDEX j; CREATE INDEX k ON ONLY p (id); CREATE INDEX part ON p1 (id); "
                + "ALTER INDEX k ATTACH PARTITION part; "
                + "ALTER TABLE p ADD UNIQUE (day, id); ALTER INDEX i RENAME TO ii; "
                + "ALTER INDEX p1_v_idx RENAME TO named; "
                + "ALTER INDEX p1_pkey RENAME TO key1;"),
        Change(
            "indexes of a tree are made anew", tree,
            "DROP INDEX i; CREATE INDEX i ON p (w, v); "
                + "ALTER TABLE p DROP CONSTRAINT p_pkey; ALTER TABLE p ADD PRIMARY KEY (day, id);"),
        Change(
            "a partition's own key is not taken for its part of another", "",
            """
            CREATE TABLE k (a int, b int, v text NOT NULL, UNIQUE (a, b)) PARTITION BY LIST (a);
            ALTER TABLE k ALTER a SET NOT NULL, ALTER b SET NOT NULL;
            CREATE TABLE k1 PARTITION OF k (PRIMARY KEY (a, b)) FOR VALUES IN (1);
            CREATE TABLE u (a int, b int) PARTITION BY LIST (a);
            CREATE TABLE u1 PARTITION OF u (UNIQUE (a, b)) FOR VALUES IN (1);
            CREATE UNIQUE INDEX over ON u (a, b); INSERT INTO k VALUES (1, 2, 'x');
            """, inPlace: false),
        Change(
            "columns with defaults come to a tree with rows",
            tree + "INSERT INTO p VALUES (2, '2024-03-03', 'b', 2);",
            "ALTER TABLE p ADD n int NOT NULL DEFAULT 7, ADD m text DEFAULT 'm', ADD o int; "
                + "CREATE TABLE p2 PARTITION OF p DEFAULT; ALTER TABLE p ALTER n SET DEFAULT 8;",
            inPlace: false),
        Change(
            "a tree gets a key over columns that allowed NULL",
            "CREATE TABLE p (id int, day date) PARTITION BY RANGE (day); "
                + "CREATE TABLE p1 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1, '2024-02-02');",
            "ALTER TABLE p ADD PRIMARY KEY (id, day);"),
        Change(
            "keys and indexes of a tree get other names, and their parts the old ones", tree,
            "DROP INDEX i; CREATE INDEX j ON p (v); "
                + "ALTER TABLE p DROP CONSTRAINT p_pkey, ADD CONSTRAINT k PRIMARY KEY (id, day);"),
        Change(
            "checks of a tree", tree,
            "ALTER TABLE p RENAME CONSTRAINT p_w_check TO c; "
                + "ALTER TABLE p ADD CONSTRAINT n CHECK (id > 0) NOT VALID; "
                + "CREATE TABLE p2 PARTITION OF p DEFAULT;", inPlace: false),
    ]

    static let family = """
        CREATE TABLE a (id int PRIMARY KEY, v text DEFAULT 'x', w int NOT NULL CHECK (w > 0));
        CREATE TABLE b (k int);
        CREATE TABLE c (PRIMARY KEY (id), extra int) INHERITS (a, b);
        INSERT INTO a VALUES (1, 'a', 1); INSERT INTO c VALUES (2, 'c', 2, 3, 4);
        """

    static let inheritance = [
        Change("a family is made", "", family, inPlace: false),
        Change(
            "columns of a family change", family,
            "ALTER TABLE a ADD n int DEFAULT 5; ALTER TABLE a RENAME v TO t; "
                + "ALTER TABLE b DROP k; ALTER TABLE a ALTER w TYPE bigint; "
                + "ALTER TABLE c ALTER n SET DEFAULT 7; "
                + "ALTER TABLE ONLY a ALTER t SET DEFAULT 'y'; "
                + "ALTER TABLE a ALTER w DROP NOT NULL; "
                + "ALTER TABLE a RENAME CONSTRAINT a_w_check TO ww;"),
        Change(
            "children leave and come",
            family + "CREATE TABLE d (id int PRIMARY KEY, v text, w int NOT NULL CHECK (w > 0));",
            "ALTER TABLE c NO INHERIT b; "
                + "ALTER TABLE d ADD CONSTRAINT a_w_check CHECK (w > 0); "
                + "ALTER TABLE d INHERIT a; "
                + "ALTER TABLE c ADD CHECK (extra < 99);"),
        Change(
            "the type of a table changes",
            "CREATE TYPE y AS (id int, a int, b text); CREATE TABLE t OF y (PRIMARY KEY (id)); "
                + "INSERT INTO t VALUES (1, 2, 'x');",
            "ALTER TYPE y ALTER ATTRIBUTE a TYPE bigint CASCADE, ADD ATTRIBUTE c int CASCADE; "
                + "ALTER TYPE y RENAME ATTRIBUTE id TO key CASCADE; "
                + "ALTER TYPE y DROP ATTRIBUTE b CASCADE;"),
        Change("a family goes", family, "DROP TABLE a, b, c;", inPlace: false),
        Change(
            "a child keeps what its parent loses", family,
            "ALTER TABLE ONLY a DROP v; ALTER TABLE c ALTER v SET DEFAULT 'q';"),
        Change(
            "a child gets a column of the name that its parent loses", family,
            "ALTER TABLE a DROP v; ALTER TABLE c ADD v int;"),
    ]
}
