import Logging
import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct DDLNoticeTests {
    private func world(_ sql: String) async throws -> SchemaWorld {
        try await SchemaWorld(sql) {
            $0.useEventTriggers = true
            // So long that only the event trigger can be the reason for a look.
            $0.intervals.ddlWatcher = .seconds(600)
        }
    }

    @Test func `with the event trigger a change is seen at once`() async throws {
        let world = try await world("CREATE TABLE t (id int PRIMARY KEY)")
        #expect(await world.wait() == .done)
        try world.cluster.psql(
            "CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1); COMMENT ON TABLE u IS ''",
            database: world.source)
        #expect(try await world.eventually("SELECT to_regclass('u') IS NOT NULL", is: "t"))
        #expect(try await world.eventually("SELECT id FROM u", is: "1"))
        // Seen when it is committed, not when it is run.
        let open = try await PGConnection.connect(
            world.cluster.configuration(database: world.source))
        try await open.execute("BEGIN; CREATE TABLE late (id int PRIMARY KEY)")
        try await Task.sleep(for: .milliseconds(500))
        try await open.execute("COMMIT")
        #expect(try await world.eventually("SELECT to_regclass('late') IS NOT NULL", is: "t"))
        await open.close()
        #expect(
            !(await world.instance.status().notCarried.contains { $0.kind == "event triggers" }))
        await world.stop()
    }

    @Test func `the function never fails a statement, and goes with the schema`() async throws {
        let world = try await world("CREATE TABLE t (id int PRIMARY KEY)")
        #expect(await world.wait() == .done)
        #expect(
            try world.onSource("SELECT evtname, evtenabled FROM pg_event_trigger")
                == "teleport_ddl|A")
        await world.stop()
        for sql in [
            "SET search_path = ''; CREATE TABLE public.a (id int)",
            "SET session_replication_role = replica; CREATE TABLE b (id int)",
            "CREATE TEMP TABLE temporary (id int)", "CREATE TABLE IF NOT EXISTS a (id int)",
            "SET ROLE pg_monitor; CREATE TEMP TABLE other (id int)",
            "DROP TABLE teleport.event_0, teleport.event_1, teleport.event_2, teleport.event_3",
            "CREATE TABLE c (id int)", "DROP SCHEMA teleport CASCADE", "CREATE TABLE d (id int)",
        ] {
            try world.cluster.psql(sql, database: world.source)
        }
        #expect(try world.onSource("SELECT count(*) FROM pg_event_trigger") == "0")
    }

    @Test func `uninstalling and switching off remove it, and another's stays`() async throws {
        let world = try await world("CREATE TABLE t (id int PRIMARY KEY)")
        #expect(await world.wait() == .done)
        await world.stop()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let connection = try await EngineConnection.open(
            world.cluster.configuration(database: world.source), purpose: "test")
        #expect(try await DDLNotice.ensure(false, on: connection) == .absent)
        #expect(try world.onSource("SELECT count(*) FROM pg_event_trigger") == "0")
        #expect(try await DDLNotice.ensure(true, on: connection) == .installed)
        try await Uninstaller.uninstall(on: connection, log: logger)
        #expect(try world.onSource("SELECT count(*) FROM pg_event_trigger") == "0")
        try world.cluster.psql(
            """
            CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE EVENT TRIGGER teleport_ddl ON ddl_command_end EXECUTE PROCEDURE f()
            """, database: world.source)
        _ = try await Installer.install(on: connection, log: logger)
        guard case .refused = try await DDLNotice.ensure(true, on: connection) else {
            Issue.record("another's event trigger was taken for ours")
            return
        }
        #expect(try await DDLNotice.ensure(false, on: connection) == .absent)
        try await Uninstaller.uninstall(on: connection, log: logger)
        #expect(
            try world.onSource(
                "SELECT p.proname FROM pg_event_trigger t JOIN pg_proc p ON p.oid = evtfoid") == "f"
        )
        await connection.close()
    }

    @Test func `a role that may not make it is told so, and replicates all the same`()
        async throws
    {
        let cluster = try PostgresCluster.shared()
        try cluster.psql(
            """
            DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'plain_ddl') THEN
            CREATE ROLE plain_ddl LOGIN PASSWORD 'plain'; END IF; END $$
            """)
        let world = try await SchemaWorld(
            """
            DO $$ BEGIN EXECUTE 'GRANT CREATE ON DATABASE ' || current_database() || ' TO plain_ddl';
            END $$; GRANT ALL ON SCHEMA public TO plain_ddl; SET ROLE plain_ddl;
            CREATE TABLE t (id int PRIMARY KEY)
            """
        ) {
            $0.useEventTriggers = true
            $0.database.user = "plain_ddl"
            $0.database.password = "plain"
        }
        let answer = await world.wait()
        #expect(answer == .done)
        let notes = await world.instance.status().notCarried
        #expect(notes.contains { $0.kind == "event trigger" && $0.reason.contains("may not make") })
        #expect(try await world.change("ALTER TABLE t ADD COLUMN a int") == .done)
        #expect(try world.onTarget("SELECT count(a) FROM t") == "0")
        await world.stop()
    }
}
