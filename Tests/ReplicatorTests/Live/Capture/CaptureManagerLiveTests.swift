import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct CaptureManagerLiveTests {
    @Test func `a second pass changes nothing`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (at timestamptz PRIMARY KEY); CREATE TABLE p (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
        )
        #expect(try await fixture.capture().installed.count == 3)
        let before = try fixture.triggers()
        let report = try await fixture.capture()
        #expect(report.installed == [] && report.notices == [] && report.removed == [])
        #expect(try fixture.triggers() == before)
    }

    @Test func `tables without a key or without rights are refused by name, the rest goes on`()
        async throws
    {
        let fixture = try CaptureFixture()
        try fixture.write(
            "CREATE TABLE a (id int); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY); REVOKE TRIGGER ON b FROM \(fixture.teleport)"
        )
        let report = try await fixture.capture()
        #expect(report.installed.map(\.name) == ["c"])
        #expect(report.refused.map(\.table.name) == ["a", "b"])
        #expect(
            report.refused.last?.reason.contains(
                "GRANT TRIGGER ON \"public\".\"b\" TO \"\(fixture.teleport)\"") == true)
    }

    @Test func `a trigger that was disabled or dropped is noticed and made good`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)")
        try fixture.admin(
            "CREATE TABLE own (id int PRIMARY KEY); ALTER TABLE own OWNER TO \(fixture.teleport)")
        try await fixture.capture()
        try fixture.write(
            "ALTER TABLE t DISABLE TRIGGER teleport_update; DROP TRIGGER teleport_delete ON u")
        try fixture.admin("ALTER TABLE own DISABLE TRIGGER ALL")
        let before = try fixture.triggers()
        let report = try await fixture.capture()
        #expect(report.notices.count == 1 + 1 + 4, "\(report.notices)")
        #expect(report.installed.map(\.name) == ["own", "t", "u"])
        try fixture.write(
            "INSERT INTO t VALUES (1); UPDATE t SET id = 2; INSERT INTO u VALUES (1); DELETE FROM u"
        )
        #expect(try fixture.events() == ["t k 1", "t k 1", "t k 2", "u k 1", "u k 1"])
        #expect(try fixture.triggers() != before)
        #expect(try await fixture.capture().installed == [])
    }

    @Test func `a table that no target wants loses its capture`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE w (id int PRIMARY KEY)"
        )
        try await fixture.capture()
        try fixture.write("DROP TABLE w")
        let report = try await fixture.capture("public.t")
        #expect(report.removed.count == 2)
        #expect(
            try fixture.admin("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'teleport%'")
                == "4")
        #expect(
            try fixture.admin("SELECT count(*) FROM pg_proc WHERE proname LIKE 'capture%'") == "1")
    }

    @Test func `a table whose writer holds on is pending within the bound and captured later`()
        async throws
    {
        let fixture = try CaptureFixture()
        try fixture.write(
            "CREATE TABLE busy (id int PRIMARY KEY); CREATE TABLE free (id int PRIMARY KEY)")
        let writer = try await fixture.connect(as: fixture.app)
        try await writer.execute("BEGIN; INSERT INTO public.busy VALUES (1)")
        let connection = try await fixture.connect()
        _ = try await Installer.install(on: connection, log: fixture.log)
        let manager = CaptureManager(log: fixture.log, lockTimeout: .milliseconds(200))
        let start = ContinuousClock.now
        let first = try await fixture.ensure(manager: manager, on: connection)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(first.pending.map(\.table.name) == ["busy"])
        #expect(first.installed.map(\.name) == ["free"])
        try await writer.execute("COMMIT")
        let tables = try await CaptureTable.tables(
            on: connection, matching: [TargetExpression(["public.*"])])
        let later = try await manager.ensure(
            on: connection, tables: tables, now: .now + .seconds(100))
        #expect(later.installed.map(\.name) == ["busy"])
        await writer.close()
        await connection.close()
    }
}
