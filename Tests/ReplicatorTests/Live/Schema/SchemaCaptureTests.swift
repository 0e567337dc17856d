import PGWire
import TestSupport
import Testing

@testable import Replicator

/// What a snapshot says of capture, with the triggers that Capture really makes.
@Suite(.timeLimit(.minutes(3))) struct SchemaCaptureTests {
    private static let tables = """
        CREATE TYPE mood AS ENUM ('a', 'b');
        CREATE TABLE t (id int PRIMARY KEY, m mood, v text);
        CREATE TABLE p (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
            PARTITION BY LIST (id);
        CREATE TABLE p21 PARTITION OF p2 FOR VALUES IN (1, 2);
        INSERT INTO t VALUES (1, 'a', 'x'); INSERT INTO p VALUES (1, '2024-02-02', 'x');
        """

    /// Reads as the engine does, and makes sure that the cheap look says the same.
    private func read(_ connection: PGConnection) async throws -> SchemaSnapshot {
        try await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let snapshot = try await CatalogReader.read(
            connection, expression: TargetExpression(["public.*"]))
        let shapes = try await CatalogReader.shapes(connection, oids: snapshot.tables.map(\.oid))
        try await connection.execute("ROLLBACK")
        for table in snapshot.tables { #expect(shapes[table.oid] == table.shape, "\(table.name)") }
        return snapshot
    }

    private func table(_ snapshot: SchemaSnapshot, _ name: String) throws -> SchemaSnapshot.Table {
        try #require(snapshot.tables.first { $0.name.name == name })
    }

    private func plan(_ old: SchemaSnapshot, _ new: SchemaSnapshot) throws -> SchemaPlan {
        try SchemaPlan.make(
            from: old, to: new, mapping: SchemaMapping(applySchema: nil), targetVersion: 150_000)
    }

    @Test func `a capture is the same capture until somebody touches a trigger`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(Self.tables)
        let connection = try await fixture.connect()
        #expect(try await read(connection).replicatedTables == [])
        try await fixture.capture()
        let first = try await read(connection)
        #expect(first.replicatedTables.map(\.name.name) == ["p", "t"])
        try fixture.write(
            "INSERT INTO t VALUES (2, 'b', 'y'); UPDATE p SET v = 'z'; TRUNCATE p1; ANALYZE t")
        try fixture.admin(
            "ANALYZE; VACUUM t; VACUUM FREEZE pg_catalog.pg_trigger; VACUUM FULL t; VACUUM FULL p;"
                + "VACUUM FULL pg_catalog.pg_trigger; CLUSTER t USING t_pkey; REINDEX TABLE t")
        let quiet = try await read(connection)
        for name in ["t", "p"] {
            let before = try table(first, name)
            let after = try table(quiet, name)
            #expect(after.captureID == before.captureID && after.shape == before.shape, "\(name)")
        }
        #expect(try plan(first, quiet).recopy == [])
        try await fixture.capture()
        #expect(try table(await read(connection), "p").captureID == table(first, "p").captureID)

        for (name, trigger) in [("t", "teleport_update"), ("p", "teleport_row")] {
            let before = try table(await read(connection), name)
            try fixture.write("ALTER TABLE \(name) DISABLE TRIGGER \(trigger)")
            #expect(try table(await read(connection), name).captureID == "")
            try fixture.write("ALTER TABLE \(name) ENABLE TRIGGER \(trigger)")
            let enabled = try table(await read(connection), name)
            #expect(enabled.captureID != "" && enabled.captureID != before.captureID)
            #expect(enabled.shape != before.shape)
            try fixture.write("DROP TRIGGER \(trigger) ON \(name)")
            #expect(try table(await read(connection), name).captureID == "")
            try await fixture.capture()
            let again = try table(await read(connection), name)
            #expect(again.captureID != "" && again.captureID != enabled.captureID)
        }
        let last = try await read(connection)
        #expect(
            try plan(first, last).recopy == [table(first, "t").oid, table(first, "p").oid])
        await connection.close()
    }

    @Test func `rows, VACUUM and ANALYZE do not make the cheap look find anything`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(Self.tables)
        try await fixture.capture()
        let connection = try await fixture.connect()
        let before = try await CatalogReader.fingerprint(connection)
        try fixture.write(
            "INSERT INTO t VALUES (2, 'b', 'y'); UPDATE p SET v = 'z'; TRUNCATE t; ANALYZE t")
        try fixture.admin("VACUUM; VACUUM FREEZE; ANALYZE; VACUUM FULL t; VACUUM FULL pg_class")
        #expect(try await CatalogReader.fingerprint(connection) == before)
        try fixture.write("CREATE VIEW w AS SELECT * FROM t")
        #expect(try await CatalogReader.fingerprint(connection) != before)
        await connection.close()
    }

    @Test func `partitions come and go without the whole tree being copied again`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(Self.tables)
        try await fixture.capture()
        let connection = try await fixture.connect()
        let first = try await read(connection)
        try fixture.write(
            """
            CREATE TABLE p3 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            CREATE TABLE p22 PARTITION OF p2 FOR VALUES IN (3);
            INSERT INTO p VALUES (7, '2026-05-05', 'new'), (3, '2025-05-05', 'new');
            """)
        let second = try await read(connection)
        let made = try plan(first, second)
        #expect(
            made.section.changes.map(\.summary).filter { !$0.hasPrefix("add constraint") } == [
                "create table public.p22", "create table public.p3", "attach partition public.p3",
                "attach partition public.p22",
            ])
        #expect(made.recopy == [])
        let (before, after) = (try table(first, "p"), try table(second, "p"))
        #expect(before.captureID == after.captureID)
        // So that a batch that has the new partition's rows brings the partition along.
        #expect(before.shape != after.shape)
        // Capture gives the new partitions their triggers: still the same capture.
        try await fixture.capture()
        let third = try await read(connection)
        #expect(try plan(second, third).isEmpty && plan(second, third).recopy == [])
        try fixture.write("DROP TABLE p1; ALTER TABLE p RENAME TO q; ALTER TABLE p3 RENAME TO q3")
        let last = try plan(third, await read(connection))
        #expect(
            last.section.changes.map(\.sql) == [
                "DROP TABLE \"public\".\"p1\"", "ALTER TABLE \"public\".\"p\" RENAME TO \"q\"",
                "ALTER TABLE \"public\".\"p3\" RENAME TO \"q3\"",
            ])
        #expect(last.recopy == [])
        await connection.close()
    }

    @Test func `a partition that was away for a while is copied with its table`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(Self.tables)
        try await fixture.capture()
        let connection = try await fixture.connect()
        var before = try await read(connection)
        let root = try table(before, "p").oid
        let partition = try table(before, "p1").oid
        for (sql, copied) in [
            ("ALTER TABLE p1 DISABLE TRIGGER ALL; ALTER TABLE p1 ENABLE TRIGGER ALL", root),
            (
                "ALTER TABLE p DETACH PARTITION p1; UPDATE p1 SET v = 'unseen'; ALTER TABLE p "
                    + "ATTACH PARTITION p1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", root
            ),
            (
                "ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p "
                    + "ATTACH PARTITION p1 FOR VALUES FROM ('2023-01-01') TO ('2025-01-01')",
                partition
            ),
        ] {
            try fixture.write(sql)
            let now = try await read(connection)
            #expect(try plan(before, now).recopy == [copied], "\(sql)")
            before = now
            #expect(try plan(before, await read(connection)).recopy == [])
        }
        // What Capture does by itself is no reason.
        try fixture.write(
            "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
        try fixture.admin("GRANT \(fixture.app) TO \(fixture.teleport)")
        let made = try await read(connection)
        #expect(try plan(before, made).recopy == [])
        try fixture.write("ALTER TABLE p3 ENABLE ALWAYS TRIGGER teleport_row")
        #expect(try plan(made, await read(connection)).recopy == [])
        await connection.close()
    }
}
