import Foundation
import Logging
import PGWire
import Replicator
import TestSupport
import Testing

/// Rows of tables of every kind arrive while the tables change, through capture, batches and the
/// applier.
@Suite(.timeLimit(.minutes(10))) struct TableFlowTests {
    /// Two databases, an instance and a loopback link.
    private struct Flow {
        let cluster: PostgresCluster
        let source: String
        let target: String
        let applier: Applier
        let instance: Instance
        let running: Task<Void, Never>

        init(
            _ sql: String, foreignKeys: SchemaOptions.ForeignKeys = .exact,
            cluster: PostgresCluster? = nil, targetUser: String = "postgres"
        ) async throws {
            let cluster = try cluster ?? PostgresCluster.shared()
            self.cluster = cluster
            source = try cluster.createDatabase("flow_source")
            target = try cluster.createDatabase("flow_target")
            try cluster.psql(sql, database: source)
            if targetUser != "postgres" {
                try cluster.psql(
                    "GRANT CREATE ON DATABASE \(target) TO \(targetUser); "
                        + "ALTER DATABASE \(target) OWNER TO \(targetUser)")
            }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            applier = Applier(
                cluster.configuration(database: target, user: targetUser), log: logger
            ) {
                _ = try await Installer.install(on: $0, log: logger)
            }
            var configuration = InstanceConfiguration(
                name: "test", database: cluster.configuration(database: source))
            configuration.intervals.ddlWatcher = .milliseconds(300)
            var wanted = InstanceConfiguration.Target(
                name: "eu", expression: try TargetExpression(["public.*"]),
                mapping: SchemaMapping(applySchema: nil), hostname: "", port: 0)
            wanted.options.foreignKeys = foreignKeys
            configuration.targets = [wanted]
            instance = Instance(
                configuration: configuration, links: [("eu", LoopbackLink(applier))],
                logger: logger)
            let instance = instance
            running = Task { await instance.run() }
            // What is written before the beginning would have to be loaded.
            try await arrive()
        }

        /// Waits until everything arrived; a table that is new is captured a moment later.
        func arrive() async throws {
            for _ in 0..<40 {
                let result = await instance.wait(target: "eu", timeout: .seconds(60))
                guard result == .done else { throw Late(reason: "\(result)") }
                if try rows(source) == rows(target) { return }
                try await Task.sleep(for: .milliseconds(300))
            }
            throw Late(reason: "source \(try rows(source))\ntarget \(try rows(target))")
        }

        struct Late: Error, CustomStringConvertible {
            let reason: String
            var description: String { reason }
        }

        /// Runs SQL on the source, and waits.
        func step(_ sql: String) async throws {
            try cluster.psql(sql, database: source)
            do {
                try await arrive()
            } catch {
                Issue.record("\(sql): \(error)")
            }
        }

        /// The rows of all tables with a key, each without its children's.
        func rows(_ database: String) throws -> String {
            let tables = try cluster.psql(
                """
                SELECT string_agg(format('SELECT %L, count(*), md5(string_agg(t::text, ''|'' ORDER BY t::text)) FROM ONLY %I t',
                                         c.relname, c.relname), ' UNION ALL ' ORDER BY c.relname)
                  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                   AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
                """, database: database)
            return tables.isEmpty ? "" : try cluster.psql(tables, database: database)
        }

        /// The definitions of a side, without what capture adds.
        func dump(_ database: String) throws -> String {
            try PostgresCluster.shell(
                "pg_dump -h \(cluster.socketDirectory) -p \(cluster.port) -U postgres --schema-only "
                    + "--no-owner --no-privileges -n public \(database)"
            ).split(separator: "\n").filter { line in
                !line.hasPrefix("--") && !line.contains("teleport_") && !line.hasPrefix("\\")
            }.joined(separator: "\n")
        }

        func expectSameDefinitions(_ comment: Comment? = nil) throws {
            #expect(try dump(target) == dump(source), comment)
        }

        /// What the target has of a query.
        func onTarget(_ sql: String) throws -> String { try cluster.psql(sql, database: target) }

        /// The foreign keys, tables and the like that are reported, with their reasons.
        func reported() async -> String {
            await instance.status().notCarried.map { "\($0)" }
                .joined(separator: "\n")
        }

        func stop() async {
            running.cancel()
            await running.value
            await applier.close()
        }
    }

    private static let orders = """
        CREATE TABLE customer (id int PRIMARY KEY, best int, UNIQUE (best));
        CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customer ON DELETE CASCADE ON UPDATE CASCADE,
                             parent int REFERENCES orders ON DELETE SET NULL);
        ALTER TABLE customer ADD FOREIGN KEY (best) REFERENCES orders DEFERRABLE INITIALLY DEFERRED;
        """

    private static let business = [
        """
        BEGIN; INSERT INTO customer SELECT n, n FROM generate_series(1, 300) n;
        INSERT INTO orders SELECT n, n, nullif(n / 2, 0) FROM generate_series(1, 300) n; COMMIT;
        """,
        "DELETE FROM customer WHERE id % 7 = 0 AND best IN (SELECT id FROM orders WHERE parent IS NULL)",
        "UPDATE customer SET best = NULL WHERE id > 100; DELETE FROM orders WHERE id > 100; "
            + "DELETE FROM customer WHERE id = 250; "
            + "UPDATE customer SET id = id + 1000 WHERE id < 50",
        "TRUNCATE customer, orders; INSERT INTO customer VALUES (1); "
            + "INSERT INTO orders VALUES (1, 1, NULL), (2, 1, 1)",
        "ALTER TABLE orders ALTER id TYPE bigint; INSERT INTO orders VALUES (5, 1, 2); "
            + "UPDATE customer SET best = 5",
        "CREATE TABLE line (id int PRIMARY KEY, o bigint REFERENCES orders ON DELETE CASCADE); "
            + "INSERT INTO line VALUES (1, 1), (2, 5); DELETE FROM orders WHERE id = 1",
        "TRUNCATE orders CASCADE; INSERT INTO customer VALUES (9); "
            + "INSERT INTO orders VALUES (9, 9); INSERT INTO line VALUES (9, 9)",
        "ALTER TABLE customer DROP CONSTRAINT customer_best_fkey; DROP TABLE orders CASCADE; "
            + "CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer); "
            + "INSERT INTO orders VALUES (1, 9)",
    ]

    @Test(arguments: [SchemaOptions.ForeignKeys.deferred, .exact, .none])
    func `rows arrive under foreign keys`(mode: SchemaOptions.ForeignKeys) async throws {
        let flow = try await Flow(Self.orders, foreignKeys: mode)
        for step in Self.business { try await flow.step(step) }
        let keys = try flow.onTarget(
            "SELECT count(*), bool_and(condeferred), "
                + "bool_and(convalidated) FROM pg_constraint WHERE contype = 'f'"
        )
        switch mode {
        case .deferred:
            #expect(keys == "1|t|t")
            let words = "foreign_keys is deferred: 1 are DEFERRABLE INITIALLY DEFERRED"
            #expect(await flow.reported().contains(words))
        case .exact:
            #expect(keys == "1|f|t")
            try flow.expectSameDefinitions()
        case .none:
            #expect(keys == "0||")
            #expect(await flow.reported().contains("foreign_keys is none: 1 are not made"))
        }
        await flow.stop()
    }

    @Test func `exact foreign keys that the role may not apply are reported`() async throws {
        let cluster = try PostgresCluster.shared()
        let role = try cluster.createRole("plain")
        let flow = try await Flow(Self.orders, targetUser: role)
        try await flow.step(Self.business[0])
        #expect(try flow.onTarget("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == "0")
        #expect(await flow.reported().contains("GRANT SET ON PARAMETER session_replication_role"))
        await flow.stop()
    }

    @Test func `rows arrive in partitions that come, go and change`() async throws {
        let flow = try await Flow(
            """
            CREATE TABLE p (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10); CREATE INDEX ON p (v);
            CREATE TABLE t (v text, day int, id int, PRIMARY KEY (day, id));
            """)
        for step in [
            "INSERT INTO p SELECT n, 1 + n % 9, 'a' FROM generate_series(1, 100) n; "
                + "INSERT INTO t SELECT 'b', 10 + n % 10, n FROM generate_series(1, 100) n",
            "DELETE FROM t WHERE id % 3 = 0; UPDATE t SET v = 'c' WHERE id % 4 = 0; "
                + "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, day); "
                + "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (10) TO (20); "
                + "INSERT INTO p VALUES (900, 12, 'new')",
            "UPDATE p SET day = day + 10 WHERE id < 20 AND day < 10; "
                + "DELETE FROM t WHERE id = 100",
            "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (20) TO (30) PARTITION BY LIST "
                + "(id); CREATE TABLE p21 PARTITION OF p2 DEFAULT; "
                + "INSERT INTO p SELECT n, 25, 'd' FROM generate_series(1, 50) n",
            "DELETE FROM p WHERE id = 30; ALTER TABLE p DETACH PARTITION p1; "
                + "UPDATE p1 SET v = 'alone' WHERE id % 2 = 0; DELETE FROM p1 WHERE id % 5 = 0",
            "INSERT INTO p1 VALUES (1000, 1000, 'free'); "
                + "UPDATE p SET v = 'e' WHERE id % 2 = 0; TRUNCATE p21",
            "DELETE FROM p1 WHERE day > 9; "
                + "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (-5) TO (10); "
                + "INSERT INTO p VALUES (7, -3, 'low')",
            "DROP TABLE t; CREATE TABLE d PARTITION OF p DEFAULT; "
                + "INSERT INTO p VALUES (8, 77, 'far')",
        ] { try await flow.step(step) }
        try flow.expectSameDefinitions()
        await flow.stop()
    }

    @Test func `each table of a family has its own rows`() async throws {
        let flow = try await Flow(
            """
            CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (k int PRIMARY KEY);
            CREATE TABLE c (PRIMARY KEY (id)) INHERITS (a, b);
            """)
        for step in [
            "INSERT INTO a VALUES (1, 'a'), (2, 'a'); INSERT INTO b VALUES (1); "
                + "INSERT INTO c VALUES (1, 'c', 1), (3, 'c', 2)",
            "UPDATE a SET v = 'all' WHERE id = 1; DELETE FROM a WHERE id = 3; "
                + "INSERT INTO c VALUES (4, 'c', 9)",
            "ALTER TABLE a ADD n float8 DEFAULT random(); UPDATE ONLY a SET v = 'only'",
            "ALTER TABLE c NO INHERIT b; ALTER TABLE c DROP k; "
                + "CREATE TABLE d (PRIMARY KEY (id)) INHERITS (a); "
                + "INSERT INTO d VALUES (1, 'd', 2)",
            "ALTER TABLE a ALTER v TYPE varchar(20); TRUNCATE ONLY a; UPDATE a SET n = 1",
            "DROP TABLE c; TRUNCATE a; INSERT INTO d VALUES (8, 'x', 1)",
        ] { try await flow.step(step) }
        try flow.expectSameDefinitions()
        await flow.stop()
    }

    @Test func `rows of identity and generated columns, and volatile defaults`() async throws {
        let flow = try await Flow(
            """
            CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int, g int GENERATED ALWAYS AS (v * 2) STORED,
                            n int GENERATED BY DEFAULT AS IDENTITY (START 50 INCREMENT 3));
            CREATE SEQUENCE s;
            """)
        for step in [
            "INSERT INTO t (v) SELECT n FROM generate_series(1, 100) n",
            "ALTER TABLE t ADD at timestamptz NOT NULL DEFAULT clock_timestamp(), "
                + "ADD r float8 DEFAULT random(), ADD q bigint DEFAULT nextval('s')",
            "UPDATE t SET v = v + 1 WHERE id % 2 = 0; "
                + "INSERT INTO t (id, v) OVERRIDING SYSTEM VALUE VALUES (1000, 1); "
                + "DELETE FROM t WHERE id < 10",
            "ALTER TABLE t ALTER g DROP EXPRESSION; UPDATE t SET g = -1 WHERE id = 20; "
                + "ALTER TABLE t ALTER id DROP IDENTITY",
            "ALTER TABLE t ADD h text GENERATED ALWAYS AS (v::text || 'x') STORED; "
                + "ALTER TABLE t ADD i int GENERATED ALWAYS AS IDENTITY",
            "UPDATE t SET v = 5 WHERE id = 30",
            "ALTER TABLE t ALTER v SET NOT NULL, ALTER v ADD GENERATED BY DEFAULT AS IDENTITY (START 7); "
                + "INSERT INTO t (id) VALUES (2000), (2001)",
        ] { try await flow.step(step) }
        try flow.expectSameDefinitions()
        for sequence in ["s", "t_v_seq"] {
            let value = "SELECT last_value, is_called FROM \(sequence)"
            #expect(
                try flow.onTarget(value) == flow.cluster.psql(value, database: flow.source))
        }
        await flow.stop()
    }

    @Test func `rows begin to travel with a key, and stop without`() async throws {
        let flow = try await Flow(
            "CREATE TABLE t (a int, b int); CREATE TABLE u (id int PRIMARY KEY)")
        try await flow.step("INSERT INTO t VALUES (1, 1), (2, 2); INSERT INTO u VALUES (1)")
        #expect(try flow.onTarget("SELECT count(*) FROM t") == "0")
        #expect(await flow.reported().contains("no primary key"))
        try await flow.step("ALTER TABLE t ADD PRIMARY KEY (a); INSERT INTO t VALUES (3, 3)")
        #expect(try flow.onTarget("SELECT count(*) FROM t") == "3")
        try await flow.step("ALTER TABLE t DROP CONSTRAINT t_pkey; INSERT INTO t VALUES (3, 4)")
        #expect(await flow.reported().contains("no primary key"))
        // What the rows of before could violate does not hold the target up.
        try await flow.step(
            "ALTER TABLE t ADD c int NOT NULL DEFAULT random(); "
                + "CREATE UNIQUE INDEX ON t (b); INSERT INTO u VALUES (2)")
        #expect(try flow.onTarget("SELECT count(*) FROM t") == "0")
        try await flow.step("ALTER TABLE t ADD PRIMARY KEY (b)")
        #expect(try flow.onTarget("SELECT count(*) FROM t") == "4")
        try flow.expectSameDefinitions()
        await flow.stop()
    }

    @Test func `an unlogged table is copied again after a crash that emptied it`() async throws {
        let cluster = try PostgresCluster()
        let flow = try await Flow(
            "CREATE UNLOGGED TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)",
            cluster: cluster)
        try await flow.step("INSERT INTO t VALUES (1), (2); INSERT INTO u VALUES (1); CHECKPOINT")
        #expect(try flow.onTarget("SELECT count(*) FROM t") == "2")
        // The target's table is logged here, so that only the source loses its rows.
        _ = try flow.onTarget("ALTER TABLE t SET LOGGED")
        let victim = try await PGConnection.connect(cluster.configuration(database: flow.source))
        let row = try await victim.query(sql: "SELECT pg_backend_pid()").rows.first
        let process = try #require(try row?.decode(Int.self, 0))
        try PostgresCluster.shell("kill -9 \(process)")
        for _ in 0..<100 {
            if (try? cluster.psql("SELECT count(*) FROM t", database: flow.source)) == "0" { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        try await flow.step("INSERT INTO u VALUES (2)")
        #expect(try flow.onTarget("SELECT count(*) FROM t") == "0")
        await flow.stop()
        await victim.close()
    }
}
