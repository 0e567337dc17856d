/// Rules, triggers and policies, and what is made anew: what is there, and what is done.
extension SchemaViewTests {
    static let function = """
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        """

    static let parts = [
        Change(
            "rules are made", table + "CREATE TABLE l (id int PRIMARY KEY, x text);",
            """
            CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO l VALUES (NEW.id, NEW.a);
            CREATE RULE "two; '" AS ON UPDATE TO t WHERE OLD.b IS DISTINCT FROM NEW.b
                DO (UPDATE l SET x = 'src.t' WHERE l.id = OLD.id; DELETE FROM l WHERE l.id < 0;);
            CREATE RULE n AS ON DELETE TO l DO INSTEAD NOTHING;
            CREATE VIEW v AS SELECT id, a FROM t;
            CREATE RULE vi AS ON INSERT TO v DO INSTEAD INSERT INTO t (id, a) VALUES (NEW.id, NEW.a)
                RETURNING id, a;
            """),
        Change(
            "rules change",
            table + "CREATE TABLE l (id int PRIMARY KEY, x text); "
                + "CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO l VALUES (NEW.id, NEW.a); "
                + "CREATE RULE s AS ON UPDATE TO t DO ALSO NOTHING; CREATE RULE d AS ON DELETE TO t DO NOTHING;",
            "CREATE OR REPLACE RULE r AS ON DELETE TO t DO INSTEAD NOTHING; ALTER RULE s ON t RENAME TO x; "
                + "DROP RULE d ON t; ALTER TABLE t RENAME a TO aa;"),
        Change(
            "triggers are made", table + function,
            """
            CREATE TRIGGER a BEFORE INSERT OR UPDATE OF b, a ON t FOR EACH ROW
                WHEN (NEW.b > 3 AND NEW.a <> 'EXECUTE FUNCTION g()') EXECUTE FUNCTION f('x''y', '\\', '', 'EXECUTE FUNCTION f(', '😀');
            CREATE CONSTRAINT TRIGGER c AFTER DELETE OR UPDATE ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION g();
            CREATE TRIGGER "s'""x" AFTER TRUNCATE ON t EXECUTE FUNCTION g();
            CREATE TRIGGER tr AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS n
                FOR EACH STATEMENT EXECUTE FUNCTION g();
            CREATE VIEW v AS SELECT id, a FROM t;
            CREATE TRIGGER i INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TABLE p (id int PRIMARY KEY, x int) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9);
            CREATE TRIGGER pt AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION g();
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (9) TO (19);
            """),
        Change(
            "triggers change",
            table + function
                + "CREATE TRIGGER a BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f(); "
                + "CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f('1'); "
                + "CREATE TRIGGER c BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
            "ALTER TABLE t RENAME a TO aa; ALTER TRIGGER b ON t RENAME TO x; ALTER TRIGGER a ON t RENAME TO b; "
                + "DROP TRIGGER c ON t; CREATE TRIGGER c AFTER INSERT ON t EXECUTE FUNCTION g(); "
                + "ALTER TABLE t DISABLE TRIGGER x; ALTER FUNCTION g RENAME TO h;"),
        Change(
            "a trigger's function is made anew",
            table + function
                + "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();",
            "DROP FUNCTION f CASCADE; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; "
                + "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();"),
        Change(
            "policies are made", table + "CREATE TABLE o (id int PRIMARY KEY);",
            """
            CREATE FUNCTION me() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY a ON t USING (id = me() OR EXISTS (SELECT FROM o WHERE o.id = t.id));
            CREATE POLICY "b'""y" ON t AS RESTRICTIVE FOR UPDATE TO postgres, pg_monitor
                USING (a <> 'src.t') WITH CHECK (b > 0);
            CREATE POLICY c ON t FOR INSERT WITH CHECK (true); CREATE POLICY d ON t FOR DELETE USING (false);
            """),
        Change(
            "policies change",
            table + "ALTER TABLE t ENABLE ROW LEVEL SECURITY; "
                + "CREATE POLICY a ON t USING (id = 1); CREATE POLICY b ON t FOR SELECT TO postgres USING (b = 1); "
                + "CREATE POLICY c ON t USING (true) WITH CHECK (b > 0); CREATE POLICY d ON t;",
            "ALTER POLICY a ON t USING (id = 2) WITH CHECK (id = 3); ALTER POLICY b ON t TO PUBLIC; "
                + "ALTER POLICY b ON t RENAME TO bb; DROP POLICY c ON t; CREATE POLICY c ON t FOR UPDATE USING (true); "
                + "DROP POLICY d ON t; ALTER TABLE t DISABLE ROW LEVEL SECURITY; ALTER TABLE t RENAME b TO b3;"
        ),
        Change(
            "a table with everything moves out of the way",
            table + function
                + "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f(); CREATE POLICY p ON t; "
                + "CREATE RULE r AS ON DELETE TO t DO NOTHING; CREATE VIEW v AS SELECT * FROM t;",
            "DROP VIEW v; DROP TABLE t; CREATE TABLE t (id bigint PRIMARY KEY, a int); CREATE VIEW v AS SELECT a FROM t; "
                + "CREATE TRIGGER a AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); CREATE POLICY p ON t FOR SELECT;"
        ),
    ]

    static let rebuilds = [
        Change(
            "a column under views is retyped",
            table + function
                + """
                CREATE VIEW v AS SELECT id, b FROM t; CREATE VIEW w AS SELECT b + 1 AS c FROM v;
                CREATE MATERIALIZED VIEW m AS SELECT c FROM w; CREATE INDEX mi ON m (c);
                CREATE VIEW x AS SELECT * FROM m; CREATE VIEW other AS SELECT id FROM t;
                CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t (id, b) VALUES (NEW.id, NEW.b);
                CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.b > 1) EXECUTE FUNCTION f();
                CREATE POLICY p ON t USING (b > 0);
                """,
            """
            DROP POLICY p ON t; DROP TRIGGER g ON t; DROP VIEW v CASCADE;
            ALTER TABLE t ALTER b TYPE bigint;
            CREATE VIEW v AS SELECT id, b FROM t; CREATE VIEW w AS SELECT b + 1 AS c FROM v;
            CREATE MATERIALIZED VIEW m AS SELECT c FROM w; CREATE INDEX mi ON m (c);
            CREATE VIEW x AS SELECT * FROM m;
            CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t (id, b) VALUES (NEW.id, NEW.b);
            CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.b > 1) EXECUTE FUNCTION f();
            CREATE POLICY p ON t USING (b > 0);
            """),
        Change(
            "a column under a replaced view is dropped",
            table
                + "CREATE VIEW v AS SELECT id, b FROM t WHERE a <> 'x'; CREATE VIEW w AS SELECT * FROM v;",
            "CREATE OR REPLACE VIEW v AS SELECT id, b FROM t; ALTER TABLE t DROP a;"),
        Change(
            "a function under everything gets another signature",
            table
                + """
                CREATE FUNCTION k(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
                CREATE VIEW v AS SELECT k(id) AS x FROM t; CREATE VIEW w AS SELECT x FROM v;
                CREATE POLICY p ON t USING (k(id) > 0); CREATE RULE r AS ON DELETE TO t WHERE k(OLD.id) > 1 DO NOTHING;
                ALTER TABLE t ALTER b SET DEFAULT k(5), ADD CONSTRAINT c CHECK (k(id) > 0),
                    ADD gen int GENERATED ALWAYS AS (k(id)) STORED;
                CREATE INDEX i ON t (k(b));
                CREATE FUNCTION body() RETURNS int BEGIN ATOMIC SELECT max(x) FROM w; END;
                """,
            """
            DROP FUNCTION k CASCADE; CREATE FUNCTION k(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
            CREATE VIEW v AS SELECT k(id) AS x FROM t; CREATE VIEW w AS SELECT x FROM v;
            CREATE POLICY p ON t USING (k(id) > 0); CREATE RULE r AS ON DELETE TO t WHERE k(OLD.id) > 1 DO NOTHING;
            ALTER TABLE t ALTER b SET DEFAULT k(5), ADD CONSTRAINT c CHECK (k(id) > 0),
                ADD gen int GENERATED ALWAYS AS (k(id)) STORED;
            CREATE INDEX i ON t (k(b));
            CREATE FUNCTION body() RETURNS int BEGIN ATOMIC SELECT max(x) FROM w; END;
            """),
        Change(
            "a type under views is made anew",
            """
            CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, e e DEFAULT 'a');
            INSERT INTO t VALUES (1, 'b'); CREATE VIEW v AS SELECT e, 'b'::e AS k FROM t;
            CREATE VIEW w AS SELECT k FROM v; CREATE POLICY p ON t USING (e = 'a');
            """,
            """
            DROP POLICY p ON t; DROP VIEW v CASCADE; ALTER TABLE t ALTER e DROP DEFAULT;
            CREATE TYPE x AS ENUM ('b', 'c'); ALTER TABLE t ALTER e TYPE x USING e::text::x; DROP TYPE e;
            ALTER TYPE x RENAME TO e; ALTER TABLE t ALTER e SET DEFAULT 'c';
            CREATE VIEW v AS SELECT e, 'b'::e AS k FROM t; CREATE VIEW w AS SELECT k FROM v;
            CREATE POLICY p ON t USING (e = 'b');
            """),
        Change(
            "a function reads a view that is made anew",
            table
                + """
                CREATE VIEW v AS SELECT id, a FROM t;
                CREATE FUNCTION s() RETURNS bigint BEGIN ATOMIC SELECT count(a) FROM v; END;
                CREATE FUNCTION r(v) RETURNS int LANGUAGE sql AS 'SELECT ($1).id';
                CREATE TABLE u (id int PRIMARY KEY, n bigint DEFAULT s()); CREATE VIEW z AS SELECT s() AS n;
                """,
            """
            DROP VIEW v CASCADE; CREATE VIEW v AS SELECT a, id FROM t;
            CREATE FUNCTION s() RETURNS bigint BEGIN ATOMIC SELECT count(a) FROM v; END;
            CREATE FUNCTION r(v) RETURNS int LANGUAGE sql AS 'SELECT ($1).id';
            ALTER TABLE u ALTER n SET DEFAULT s(); CREATE VIEW z AS SELECT s() AS n;
            """),
        Change(
            "a column under a generated one is retyped",
            table
                + "ALTER TABLE t ADD gen int GENERATED ALWAYS AS (b * 2) STORED; "
                + "CREATE VIEW v AS SELECT gen FROM t;",
            "DROP VIEW v; ALTER TABLE t DROP gen; ALTER TABLE t ALTER b TYPE numeric(9,1); "
                + "ALTER TABLE t ADD gen numeric GENERATED ALWAYS AS (b * 2) STORED; CREATE VIEW v AS SELECT gen FROM t;"
        ),
    ]
}
