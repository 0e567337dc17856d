/// Views and materialized views: what is there, and what is done.
extension SchemaViewTests {
    static let views = [
        Change(
            "views are made in any order", table,
            """
            CREATE VIEW z AS SELECT id, a FROM t; CREATE VIEW b AS SELECT id AS i, upper(a) AS u FROM z;
            CREATE VIEW a AS SELECT b.i, z.a FROM b JOIN z ON z.id = b.i;
            CREATE VIEW n AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 5)
                SELECT r.x, t.src FROM r, (SELECT id AS src FROM t) t;
            CREATE RECURSIVE VIEW rv(v) AS SELECT 1 UNION ALL SELECT v + 1 FROM rv WHERE v < 9;
            """),
        Change(
            "options of views", table,
            """
            CREATE VIEW v WITH (security_barrier) AS SELECT * FROM t WHERE id > 0 WITH LOCAL CHECK OPTION;
            CREATE VIEW w WITH (security_invoker = true) AS SELECT * FROM t;
            """),
        Change(
            "options change",
            table
                + "CREATE VIEW v WITH (security_barrier = false, check_option = local) "
                + "AS SELECT * FROM t; CREATE VIEW w AS SELECT * FROM t;",
            "ALTER VIEW v SET (security_barrier = true); ALTER VIEW v RESET (check_option); "
                + "ALTER VIEW w SET (check_option = cascaded);"),
        Change(
            "a default of a view's column", table + "CREATE VIEW v AS SELECT id, a FROM t;",
            "ALTER VIEW v ALTER a SET DEFAULT 'x''\\y';"),
        Change(
            "a default of a view's column goes",
            table
                + "CREATE VIEW v AS SELECT id, a FROM t; ALTER VIEW v ALTER a SET DEFAULT 'x';",
            "ALTER VIEW v ALTER a DROP DEFAULT; CREATE OR REPLACE VIEW v AS SELECT id, a, b FROM t; "
                + "ALTER VIEW v ALTER b SET DEFAULT 7;"),
        Change(
            "a view is replaced with more columns",
            table
                + "CREATE VIEW v AS SELECT id FROM t; CREATE VIEW w AS SELECT * FROM v;",
            "CREATE OR REPLACE VIEW v AS SELECT id, b + 1 AS c FROM t WHERE a <> 'q';"),
        Change(
            "a view gets other columns",
            table
                + "CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT id FROM v;",
            "DROP VIEW v CASCADE; CREATE VIEW v AS SELECT a, id::bigint FROM t; "
                + "CREATE VIEW w AS SELECT id FROM v;"),
        Change(
            "a view and its column are renamed",
            table
                + "CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT a FROM v;",
            "ALTER VIEW v RENAME TO x; ALTER VIEW x RENAME COLUMN a TO aa; ALTER TABLE t RENAME a TO b2;"
        ),
        Change(
            "views swap names and columns",
            table
                + "CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT b FROM t;",
            "ALTER VIEW v RENAME TO x; ALTER VIEW w RENAME TO v; ALTER VIEW x RENAME TO w; "
                + "ALTER VIEW w RENAME a TO q; ALTER VIEW w RENAME id TO a; ALTER VIEW w RENAME q TO id;"
        ),
        Change(
            "a view and a table swap names", table + "CREATE VIEW v AS SELECT id FROM t;",
            "ALTER VIEW v RENAME TO x; ALTER TABLE t RENAME TO v; ALTER VIEW x RENAME TO t;"),
        Change(
            "names move along a chain",
            table + "CREATE VIEW v AS SELECT id FROM t; "
                + "CREATE SEQUENCE s; CREATE TYPE c AS (a int);",
            "ALTER TYPE c RENAME TO d; ALTER SEQUENCE s RENAME TO c; ALTER VIEW v RENAME TO s; "
                + "ALTER TABLE t RENAME TO v;"),
        Change(
            "views go",
            table + "CREATE VIEW v AS SELECT id FROM t; CREATE VIEW a AS SELECT * FROM v;",
            "DROP VIEW a; DROP VIEW v;"),
        Change(
            "a view is a table now", table + "CREATE VIEW v AS SELECT id FROM t;",
            "DROP VIEW v; CREATE TABLE v (id int PRIMARY KEY);"),
        Change(
            "a table is a view now", table + "CREATE TABLE v (id int PRIMARY KEY);",
            "DROP TABLE v; CREATE VIEW v AS SELECT id FROM t;"),
        Change(
            "views and a function need each other", "",
            table + "CREATE VIEW v AS SELECT 1 AS a, 'x'::varchar(5) AS b; "
                + "CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS 'SELECT 1, ''x''::varchar(5)'; "
                + "CREATE OR REPLACE VIEW v AS SELECT a, b FROM f();"),
        Change(
            "a circle goes",
            table + "CREATE VIEW v AS SELECT 1 AS a, 'x'::varchar(5) AS b; "
                + "CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS 'SELECT 1, ''x''::varchar(5)'; "
                + "CREATE OR REPLACE VIEW v AS SELECT a, b FROM f();",
            "CREATE OR REPLACE VIEW v AS SELECT 1 AS a, 'x'::varchar(5) AS b; DROP FUNCTION f; DROP VIEW v;"
        ),
        Change(
            "a view groups by the key", table,
            "CREATE VIEW v AS SELECT id, a, b FROM t GROUP BY id;"),
        Change(
            "a key that a view groups by changes",
            table
                + "CREATE VIEW v AS SELECT id, a, b FROM t GROUP BY id;",
            "DROP VIEW v; ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (id); "
                + "CREATE VIEW v AS SELECT id, a, b FROM t GROUP BY id;"),
        Change(
            "hostile views", "CREATE TABLE \"t'\"\"1\" (\"i\"\"d\" int PRIMARY KEY, \"a b\" text);",
            "CREATE VIEW \"v;--'\" (\"x\"\"y\", \"select\") AS SELECT \"i\"\"d\", \"a b\" || ' src.\\' FROM \"t'\"\"1\"; "
                + "ALTER VIEW \"v;--'\" ALTER \"x\"\"y\" SET DEFAULT 4; "
                + "CREATE VIEW \"😀\" AS SELECT src.\"select\" FROM \"v;--'\" src;"),
    ]

    static let materialized = [
        Change(
            "materialized views with indexes", table,
            """
            CREATE MATERIALIZED VIEW m WITH (fillfactor = 70) AS SELECT id, a FROM t;
            CREATE UNIQUE INDEX mi ON m (id); CREATE INDEX ON m (lower(a)) WHERE id > 0;
            CREATE MATERIALIZED VIEW a AS SELECT count(*) AS n FROM m;
            CREATE MATERIALIZED VIEW e AS SELECT 1 AS x WITH NO DATA; CREATE VIEW v AS SELECT * FROM a;
            """),
        Change(
            "a materialized view is altered",
            table
                + "CREATE MATERIALIZED VIEW m WITH (fillfactor = 70) AS SELECT id, a FROM t; "
                + "CREATE INDEX mi ON m (id); CREATE INDEX mj ON m (a);",
            "ALTER MATERIALIZED VIEW m RENAME TO n; ALTER MATERIALIZED VIEW n RENAME COLUMN a TO aa; "
                + "ALTER MATERIALIZED VIEW n SET (fillfactor = 80); ALTER INDEX mi RENAME TO mk; "
                + "DROP INDEX mj; CREATE INDEX mz ON n (aa DESC); ALTER TABLE t RENAME a TO c;"),
        Change(
            "a materialized view is made anew",
            table
                + "CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE INDEX mi ON m (id); "
                + "CREATE VIEW v AS SELECT * FROM m;",
            "DROP MATERIALIZED VIEW m CASCADE; CREATE MATERIALIZED VIEW m AS SELECT id, b FROM t; "
                + "CREATE INDEX mi ON m (id, b); CREATE VIEW v AS SELECT b FROM m;"),
        Change(
            "a materialized view goes", table + "CREATE MATERIALIZED VIEW m AS SELECT id FROM t;",
            "DROP MATERIALIZED VIEW m;"),
        Change(
            "a materialized view is filled later",
            table
                + "CREATE MATERIALIZED VIEW m AS SELECT id FROM t WITH NO DATA;",
            "REFRESH MATERIALIZED VIEW m;"),
        Change(
            "a materialized view is emptied",
            table
                + "CREATE MATERIALIZED VIEW m AS SELECT id FROM t;",
            "REFRESH MATERIALIZED VIEW m WITH NO DATA;"),
        Change(
            "a view is a materialized view now", table + "CREATE VIEW m AS SELECT id FROM t;",
            "DROP VIEW m; CREATE MATERIALIZED VIEW m AS SELECT id FROM t;"),
    ]
}
