import PGWire
import Replicator
import TestSupport
import Testing

@testable import Replicator

/// Schema changes on a target that others use.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BusyTargetTests {
    private func session(_ world: SchemaWorld) async throws -> PGConnection {
        try await PGConnection.connect(world.cluster.configuration(database: world.target))
    }

    @Test func `a lock that another session holds is named, and the change comes when it goes`()
        async throws
    {
        let world = try await SchemaWorld("CREATE TABLE t (id int PRIMARY KEY)")
        #expect(await world.wait() == .done)
        let reader = try await session(world)
        try await reader.execute(
            "SET application_name = 'reporting'; BEGIN; SELECT * FROM t")
        try world.cluster.psql(
            "ALTER TABLE t ADD COLUMN a int; INSERT INTO t VALUES (1, 2)", database: world.source)
        var error: InstanceStatus.Failure?
        let deadline = ContinuousClock.now + .seconds(30)
        while error?.message.contains("it waits for") != true, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
            error = await world.instance.status().targets.first?.lastError
        }
        #expect(error?.sqlState == "55P03")
        #expect(error?.message.contains("ACCESS EXCLUSIVE on public.t") == true)
        #expect(error?.message.contains("reporting, idle in transaction") == true)
        try await reader.execute("COMMIT")
        await reader.close()
        #expect(await world.wait() == .done)
        #expect(try world.onTarget("SELECT * FROM t") == "1|2")
        await world.stop()
    }

    private static var concurrent: SchemaOptions {
        var options = SchemaOptions()
        options.concurrentIndexes = true
        return options
    }

    private static let index = """
        SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE c.relname = 'i'
        """

    /// A table of 1,000 rows whose new index is being built and cannot be ended: an old snapshot on the
    /// target holds up the build, and nothing else.
    private func stuckBuild() async throws -> (world: SchemaWorld, old: PGConnection) {
        let world = try await SchemaWorld(
            "CREATE TABLE t (id int PRIMARY KEY, a int)", options: Self.concurrent)
        #expect(await world.wait() == .done)
        #expect(
            try await world.change("INSERT INTO t SELECT n, n FROM generate_series(1, 1000) n")
                == .done)
        let old = try await session(world)
        try await old.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
        #expect(try await world.change("CREATE INDEX i ON t (a)") == .done)
        #expect(try await world.eventually(Self.index, is: "f"))
        return (world, old)
    }

    @Test func `an index is built after the batch, and rows go on meanwhile`() async throws {
        let (built, old) = try await stuckBuild()
        var world = built
        #expect(try await world.change("INSERT INTO t VALUES (2000, 1)") == .done)
        #expect(try world.onTarget("SELECT count(*) FROM t") == "1001")
        #expect(
            await world.instance.status().targets.first?.later == ["create index public.i: started"]
        )
        #expect(try await world.preview().steps.map(\.stage) == [.afterCommit])
        // The source's daemon goes away and comes back: it goes on.
        await world.stop(applier: false)
        try await old.execute("COMMIT")
        await old.close()
        world.start()
        #expect(try await world.eventually(Self.index, is: "t"))
        let deadline = ContinuousClock.now + .seconds(20)
        while try await world.preview().hasChanges, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await !world.preview().hasChanges)
        #expect(try world.onTarget("SELECT count(*) FROM teleport.step") == "0")
        #expect(try await world.change("DROP INDEX i") == .done)
        #expect(try world.onTarget(Self.index) == "")
        await world.stop()
    }

    @Test func `an invalid leftover of ours is built again, and another's index is left alone`()
        async throws
    {
        let (world, old) = try await stuckBuild()
        try world.cluster.psql(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = 'teleport index builder' AND datname = '\(world.target)'
            """)
        try await old.execute("COMMIT")
        await old.close()
        #expect(try await world.eventually(Self.index, is: "t"))

        try world.cluster.psql("CREATE INDEX mine ON t (id)", database: world.target)
        #expect(try await world.change("CREATE INDEX mine ON t (a)") == .done)
        let deadline = ContinuousClock.now + .seconds(20)
        var later: [String] = []
        while later.first?.contains("not made by this product") != true,
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(100))
            later = await world.instance.status().targets.first?.later ?? []
        }
        #expect(later.first?.contains("not made by this product") == true)
        #expect(
            try world.onTarget("SELECT pg_get_indexdef('mine'::regclass)").contains("(id)"))
        try world.cluster.psql("DROP INDEX mine", database: world.target)
        #expect(
            try await world.eventually(
                "SELECT pg_get_indexdef(oid) LIKE '%(a)' FROM pg_class WHERE relname = 'mine'",
                is: "t", seconds: 90))
        await world.stop()
    }

    @Test func `an index that the source drops while it is built goes away`() async throws {
        let (world, old) = try await stuckBuild()
        #expect(try await world.change("DROP INDEX i") == .done)
        // A schema change does not wait for the build: that gives way.
        #expect(try await world.change("ALTER TABLE t ADD COLUMN b int") == .done)
        try await old.execute("COMMIT")
        await old.close()
        #expect(try await world.eventually("SELECT count(*) FROM teleport.step", is: "0"))
        #expect(try world.onTarget(Self.index) == "")
        await world.stop()
    }

    @Test func `a wait for a lock is told in the manual's words`() {
        #expect(
            LockWatch.describe(
                mode: "ShareRowExclusiveLock", table: TableName(schema: "s", name: "t"), holder: 7,
                application: "psql", state: nil)
                == "it waits for SHARE ROW EXCLUSIVE on s.t, which process 7 (psql) uses")
        #expect(
            LockWatch.describe(
                mode: "AccessExclusiveLock", table: TableName(schema: "s", name: "t"), holder: nil,
                application: nil, state: nil) == "it waits for ACCESS EXCLUSIVE on s.t")
    }
}
