import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct SchemaPreviewTests {
    @Test func `a target that has nothing would get everything`() async throws {
        let world = try await SchemaWorld(
            "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        let preview = try await world.preview()
        #expect(preview.phase == .empty)
        #expect(preview.steps.contains { $0.sql.hasPrefix("CREATE TABLE \"public\".\"t\"") })
        #expect(preview.hasChanges)
        #expect(try world.onTarget("SELECT to_regclass('public.t') IS NULL") == "t")
        await world.stop()
    }

    @Test func `changes are shown with lock, rewriting and loss, and nothing is changed`()
        async throws
    {
        let world = try await SchemaWorld("CREATE TABLE t (id int PRIMARY KEY, a text, b int)")
        #expect(await world.wait() == .done)
        #expect(try await !world.preview().hasChanges)
        await world.stop()
        try world.cluster.psql(
            """
            ALTER TABLE t DROP COLUMN a; ALTER TABLE t ALTER COLUMN b TYPE text;
            CREATE VIEW v AS SELECT 1 AS one
            """, database: world.source)
        let preview = try await world.preview()
        let dropped = try #require(preview.steps.first { $0.summary.hasPrefix("drop column") })
        #expect(dropped.losesData && dropped.lock == "ACCESS EXCLUSIVE" && !dropped.isAssumed)
        let retyped = try #require(preview.steps.first { $0.summary.hasPrefix("change type") })
        #expect(retyped.rewrites && !retyped.losesData)
        #expect(preview.copied == ["public.t"])
        #expect(try await world.preview() == preview)
        #expect(
            try world.onTarget(
                "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped"
            ) == "3")
    }

    @Test func `a source that was never installed can be planned`() async throws {
        let world = try await SchemaWorld(
            "CREATE SCHEMA teleport; CREATE TABLE t (id int PRIMARY KEY)")
        await world.stop()
        await #expect(throws: CaptureError.self) { _ = try await world.preview() }
        try world.cluster.psql("DROP SCHEMA teleport", database: world.source)
        let preview = try await world.preview()
        #expect(
            preview.phase == .empty && preview.steps.contains { $0.sql.contains("CREATE TABLE") })
        #expect(
            try world.onSource("SELECT count(*) FROM pg_namespace WHERE nspname = 'teleport'")
                == "0")
    }
}
