import Foundation
import PGWire
import TestSupport
import Testing

extension EndToEnd {
    /// Schema changes while rows flow; the target follows by itself.
    @Suite struct Schema {
        private static let base = """
            CREATE TYPE state AS ENUM ('new', 'paid');
            CREATE TYPE address AS (street text, zip text);
            CREATE FUNCTION total(q int, p numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT q * p';
            CREATE TABLE orders (id bigserial PRIMARY KEY, s state NOT NULL DEFAULT 'new', q int NOT NULL CHECK (q > 0),
                p numeric(10, 2), ship address, note varchar(20));
            CREATE INDEX orders_total ON orders (total(q, p));
            INSERT INTO orders (q, p, ship, note) SELECT i, i * 1.5, ROW('s' || i, 'z')::address, 'n' FROM generate_series(1, 1000) i;
            """

        /// One change after the other; each is compared, rows and definitions.
        @Test(arguments: [
            [
                "ALTER TABLE orders ADD COLUMN at timestamptz NOT NULL DEFAULT clock_timestamp(); INSERT INTO orders (q, p) VALUES (1, 2)",
                "ALTER TABLE orders ADD COLUMN r double precision DEFAULT random()",
                "ALTER TABLE orders ADD COLUMN c text DEFAULT 'const'; ALTER TABLE orders ALTER c SET DEFAULT 'other'; INSERT INTO orders (q) VALUES (3)",
                "ALTER TABLE orders RENAME COLUMN note TO remark; UPDATE orders SET remark = 'x' WHERE id < 10",
                "ALTER TABLE orders DROP COLUMN p CASCADE; ALTER TABLE orders ADD COLUMN p text; UPDATE orders SET p = 'p' WHERE id = 3",
                "ALTER TABLE orders ALTER q TYPE bigint USING q * 1000; UPDATE orders SET q = q + 1 WHERE id = 7",
                "UPDATE orders SET remark = 'none' WHERE remark IS NULL; ALTER TABLE orders ALTER remark TYPE varchar(40), ALTER remark SET NOT NULL, ALTER c DROP DEFAULT",
                "BEGIN; ALTER TABLE orders ADD COLUMN k int; UPDATE orders SET k = id; ALTER TABLE orders ALTER k SET NOT NULL; ALTER TABLE orders ADD UNIQUE (k); COMMIT",
            ],
            [
                "ALTER TYPE state ADD VALUE 'sent' AFTER 'new'",
                "INSERT INTO orders (s, q) VALUES ('sent', 1); UPDATE orders SET s = 'sent' WHERE id < 5",
                "ALTER TYPE state RENAME VALUE 'paid' TO 'settled'; INSERT INTO orders (s, q) VALUES ('settled', 2)",
                "ALTER TYPE address ADD ATTRIBUTE country text; UPDATE orders SET ship = ROW('a', 'b', 'c')::address WHERE id = 1",
                "ALTER TYPE address RENAME ATTRIBUTE zip TO postcode",
                "CREATE TABLE lines (order_id bigint, n int, what text, PRIMARY KEY (order_id, n)); INSERT INTO lines SELECT i, 1, 'w' FROM generate_series(1, 500) i",
                "ALTER TABLE lines RENAME TO order_lines; INSERT INTO order_lines VALUES (1, 2, 'x')",
                "ALTER TABLE orders RENAME TO swap_tmp; ALTER TABLE order_lines RENAME TO orders; ALTER TABLE swap_tmp RENAME TO order_lines; UPDATE order_lines SET q = 9 WHERE id = 9",
                "CREATE OR REPLACE FUNCTION total(q int, p numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT q * p + 0'; CREATE FUNCTION total(q int) RETURNS int LANGUAGE sql AS 'SELECT q'",
                "DROP TABLE orders; CREATE TABLE orders (id int PRIMARY KEY, v text); INSERT INTO orders VALUES (1, 'new one')",
                "CREATE UNIQUE INDEX ON orders (lower(v)); ALTER TABLE orders ADD CONSTRAINT len CHECK (length(v) < 100)",
                "DROP TABLE order_lines; DROP FUNCTION total(int)",
            ],
        ])
        func `a change and the rows behind it arrive together`(_ changes: [String]) throws {
            let pair = try Replication()
            try pair.write(Self.base)
            try pair.startAndLoad()
            try pair.sync()
            try pair.requireEqual()
            for change in changes {
                try pair.write(change)
                try pair.sync()
                try pair.requireEqual()
                try requireSameDefinitions(pair, after: change)
            }
        }

        /// `pg_dump --schema-only` of both sides, the target's schema renamed inside a copy.
        private func requireSameDefinitions(_ pair: Replication, after change: String) throws {
            func dump(_ database: String, _ cluster: PostgresCluster) throws -> [String] {
                try PostgresCluster.shell(
                    """
                    pg_dump -h \(cluster.socketDirectory) -p \(cluster.port) -U postgres -n public --schema-only \
                        --no-owner --no-privileges --no-comments --no-tablespaces \(database)
                    """
                ).split(separator: "\n").map(String.init).filter {
                    !$0.hasPrefix("--") && !$0.hasPrefix("SET ") && !$0.hasPrefix("\\")
                        && !$0.contains("teleport.capture_") && !$0.contains("teleport_")
                        && !$0.hasPrefix("SELECT pg_catalog.set_config")
                        && $0 != "CREATE SCHEMA public;"
                }
            }
            let copy = try pair.targetCluster.createDatabase("copy")
            try pair.targetCluster.psql(
                """
                DROP DATABASE \(copy);
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(pair.targetDatabase)';
                """)
            var made = false
            for _ in 0..<20 where !made {
                // The applier may connect again in between.
                made =
                    (try? pair.targetCluster.psql(
                        "CREATE DATABASE \(copy) TEMPLATE \(pair.targetDatabase)")) != nil
                if !made {
                    try pair.targetCluster.psql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(pair.targetDatabase)'"
                    )
                }
            }
            try #require(made)
            try pair.targetCluster.psql(
                "DROP SCHEMA public CASCADE; ALTER SCHEMA test RENAME TO public", database: copy)
            let there = try dump(pair.sourceDatabase, pair.cluster)
            let here = try dump(copy, pair.targetCluster)
            let missing = there.filter { !here.contains($0) }
            let extra = here.filter { !there.contains($0) }
            #expect(
                missing.isEmpty && extra.isEmpty,
                "after \(change)\n\(missing)\n\(extra)\n\(pair.logs)")
            try pair.targetCluster.psql("DROP DATABASE \(copy)")
        }

        @Test func `what is not carried is named in the status`() throws {
            let pair = try Replication()
            try pair.write(
                """
                CREATE TABLE parent (id int PRIMARY KEY);
                CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent);
                CREATE VIEW a_view AS SELECT * FROM parent;
                CREATE TABLE keyless (v text);
                INSERT INTO keyless VALUES ('x');
                SELECT lo_create(0);
                """)
            try pair.startAndLoad()
            try pair.write(
                "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1); INSERT INTO keyless VALUES ('y')"
            )
            try pair.sync()
            try pair.requireEqual(except: ["keyless"])
            let status = try pair.status()
            #expect(try pair.read("SELECT id FROM test.a_view") == "1")
            #expect(
                try pair.read(
                    "SELECT conname FROM pg_constraint WHERE conrelid = 'test.child'::regclass AND contype = 'f'"
                ) == "child_parent_fkey")
            #expect(try pair.read("SELECT count(*) FROM test.keyless") == "0")
            for name in ["rows of table", "public.keyless", "large objects"] {
                #expect(status.contains(name), "\(status)")
                #expect(pair.source.output.contains(name), "\(pair.logs)")
            }
        }

        @Test
        func `a trigger that somebody dropped or disabled is put back and the table copied again`()
            throws
        {
            let pair = try Replication()
            try pair.write(
                "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i"
            )
            try pair.startAndLoad()
            try pair.sync()
            try pair.write(
                "ALTER TABLE t DISABLE TRIGGER ALL; UPDATE t SET v = 1; ALTER TABLE t ENABLE TRIGGER ALL"
            )
            try pair.sync()
            try pair.requireEqual()
            try pair.write("DROP TRIGGER teleport_update ON t; UPDATE t SET v = 2")
            try pair.sync()
            try pair.requireEqual()
        }
    }
}
