import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ApplierTests {
    static let table = "CREATE TABLE t (id int PRIMARY KEY, v text);"

    @Test func `rows arrive, change and go`() async throws {
        let world = try ApplierWorld(Self.table)
        #expect(try await world.state().phase == .empty)
        try await world.begin()
        let state = try await world.batch(10, 11, TableRows("t", ["t\t1\ta", "t\t2\t\\N"]))
        #expect(state.position == (try world.snapshot(11)))
        #expect(state.phase == .replicating)
        try await world.batch(11, 12, TableRows("t", ["f\t1\t\\N", "t\t2\tb", "t\t3\tc"]))
        #expect(try world.psql("TABLE t ORDER BY id") == "2|b\n3|c")
        #expect(try await world.state().position == (try world.snapshot(12)))
    }

    @Test func `a lost answer is recognised when the batch comes again`() async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        world.link.inject(.answerLost)
        await #expect(throws: LinkError.self) {
            try await world.batch(10, 11, TableRows("t", ["t\t1\ta"]))
        }
        _ = try world.psql("UPDATE t SET v = 'proof that it is not applied twice'")
        let state = try await world.batch(10, 11, TableRows("t", ["t\t1\ta"]))
        #expect(state.position == (try world.snapshot(11)))
        #expect(try world.psql("SELECT v FROM t") == "proof that it is not applied twice")
    }

    @Test func `a batch from another position is refused and changes nothing`() async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        let error = await #expect(throws: LinkError.self) {
            try await world.batch(9, 11, TableRows("t", ["t\t1\ta"]))
        }
        #expect(error?.code == .wrongPosition)
        #expect(try world.psql("TABLE t") == "")
    }

    @Test func `two rows exchange a unique value`() async throws {
        let world = try ApplierWorld("CREATE TABLE t (id int PRIMARY KEY, v int UNIQUE);")
        try await world.begin()
        try await world.batch(10, 11, TableRows("t", ["t\t1\t1", "t\t2\t2", "t\t3\t3"]))
        try await world.batch(11, 12, TableRows("t", ["t\t1\t2", "t\t2\t1"]))
        #expect(try world.psql("TABLE t ORDER BY id") == "1|2\n2|1\n3|3")
    }

    @Test func `a row goes and another takes its unique value`() async throws {
        let world = try ApplierWorld("CREATE TABLE t (id int PRIMARY KEY, v int UNIQUE);")
        try await world.begin()
        try await world.batch(10, 11, TableRows("t", ["t\t1\t5"]))
        try await world.batch(11, 12, TableRows("t", ["t\t2\t5", "f\t1\t\\N"]))
        #expect(try world.psql("TABLE t") == "2|5")
    }

    @Test func `truncated tables are emptied before the first row, in one statement`() async throws
    {
        let world = try ApplierWorld(
            "CREATE TABLE t (id int PRIMARY KEY, v text);"
                + "CREATE TABLE u (id int PRIMARY KEY, v int REFERENCES t DEFERRABLE INITIALLY DEFERRED);"
        )
        try await world.begin()
        try await world.batch(
            10, 11, TableRows("t", ["t\t1\ta", "t\t2\tb"]), TableRows("u", ["t\t1\t1"]))
        var header = try world.header(.batch, from: 11, to: 12)
        header.truncated = ["t", "u"].map { TableName(schema: "public", name: $0) }
        try await world.send(
            header, TableRows("u", truncate: true, []), TableRows("t", truncate: true, ["t\t3\tc"]))
        #expect(try world.psql("TABLE t") == "3|c")
        #expect(try world.psql("TABLE u") == "")
    }

    @Test(arguments: [
        (TableRows("missing", ["t\t1\ta"]), "42P01"),
        (TableRows("t", columns: ["id", "w"], ["t\t1\ta"]), "42703"),
        (TableRows("t", columns: ["id", "v", "e"], ["t\t1\ta\tnew"]), "22P02"),
        (TableRows("t", columns: ["id", "v", "e"], ["t\t1\ta"]), "22P04"),
        (TableRows("t", ["t\t1\ta\tmore"]), "22P04"),
    ])
    func `rows of another schema are refused with their SQLSTATE`(
        rows: TableRows, sqlState: String
    ) async throws {
        let world = try ApplierWorld(
            "CREATE TYPE mood AS ENUM ('old'); CREATE TABLE t (id int PRIMARY KEY, v text, e mood);"
        )
        try await world.begin()
        let error = await #expect(throws: LinkError.self) {
            try await world.batch(10, 11, rows)
        }
        #expect(error?.code == .schemaBehind)
        #expect(error?.sqlState == sqlState)
        #expect(try await world.state().position == (try world.snapshot(10)))
        // The connection, and the position, are good for the next one.
        try await world.batch(10, 11, TableRows("t", ["t\t1\ta"]))
        #expect(try world.psql("SELECT id FROM t") == "1")
    }

    @Test func `a schema change and its rows arrive together`() async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        var header = try world.header(.batch, from: 10, to: 11)
        var section = SchemaSection(applied: "{\"a\":1}")
        section.searchPath = ["public"]
        section.preparation = [
            SchemaStatement(
                summary: "make a type", sql: "CREATE TYPE mood AS ENUM ('a', 'b')",
                unless: "SELECT pg_catalog.to_regtype('public.mood') IS NOT NULL")
        ]
        section.changes = [
            SchemaStatement(summary: "add a column", sql: "ALTER TABLE t ADD COLUMN e mood")
        ]
        section.afterRows = [
            SchemaStatement(summary: "add an index", sql: "CREATE INDEX i ON t (e)")
        ]
        header.schema = section
        let rows = TableRows("t", columns: ["e", "id", "v"], ["t\tb\t1\tx"])
        world.link.inject(.cut(beforeFrame: 2))
        await #expect(throws: LinkError.self) { try await world.send(header, rows) }
        #expect(try await world.state().position == (try world.snapshot(10)))
        let state = try await world.send(header, rows)
        #expect(try world.psql("SELECT id, v, e FROM t") == "1|x|b")
        #expect(try await world.state().applied == "{\"a\":1}")
        #expect(state.appliedDigest == SchemaSnapshot.digest(of: "{\"a\":1}"))
    }

    @Test(arguments: 1...6)
    func `a request that is cut leaves nothing`(frame: Int) async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        world.link.inject(.cut(beforeFrame: frame))
        await #expect(throws: LinkError.self) {
            try await world.batch(10, 11, TableRows("t", ["t\t1\ta", "t\t2\tb", "t\t3\tc"]))
        }
        #expect(try world.psql("TABLE t") == "")
        try await world.batch(10, 11, TableRows("t", ["t\t1\ta"]))
        #expect(try world.psql("TABLE t") == "1|a")
    }

    @Test func `rows that were changed on their way are refused`() async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        let header = try world.header(.batch, from: 10, to: 11)
        let good = ApplierWorld.frames(header, [TableRows("t", ["t\t1\ta"])])
        for (index, replacement) in [
            (2, Frame.rows(Array("t\t1\tb\n".utf8))), (3, .tableEnd(rowCount: 2, checksum: 0)),
            (4, .end(rowCount: 2)),
        ] {
            var frames = good
            frames[index] = replacement
            let sent = frames
            let error = await #expect(throws: LinkError.self) {
                try await world.link.send { sink in
                    for frame in sent { try await sink.write(frame) }
                }
            }
            #expect(error?.code == .badRequest)
        }
        #expect(try world.psql("TABLE t") == "")
    }

    @Test func `a second request at the same time is told that the target is busy`() async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        let frames = ApplierWorld.frames(
            try world.header(.batch, from: 10, to: 11), [TableRows("t", ["t\t1\ta"])])
        try await world.link.send { sink in
            for frame in frames.prefix(3) { try await sink.write(frame) }
            // The first one has its locks once its rows were taken, which nobody can see from here.
            var error: LinkError?
            for _ in 0..<100 where error?.code != .busy {
                do {
                    try await world.batch(9, 11, TableRows("t", ["t\t1\tb"]))
                } catch let refusal as LinkError { error = refusal }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(error?.code == .busy)
            for frame in frames.dropFirst(3) { try await sink.write(frame) }
        }
        #expect(try world.psql("TABLE t") == "1|a")
    }

    @Test func `a target that was edited by hand converges`() async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        _ = try world.psql("INSERT INTO t VALUES (1, 'by hand')")
        try await world.batch(10, 11, TableRows("t", ["t\t1\ta", "f\t2\t\\N"]))
        #expect(try world.psql("TABLE t") == "1|a")
    }

    @Test func `more columns and another order on the target do no harm`() async throws {
        let world = try ApplierWorld(
            "CREATE TABLE t (extra int DEFAULT 7, v text, id int PRIMARY KEY);")
        try await world.begin()
        try await world.batch(10, 11, TableRows("t", ["t\t1\ta"]))
        try await world.batch(11, 12, TableRows("t", ["t\t1\tb"]))
        #expect(try world.psql("SELECT id, v, extra FROM t") == "1|b|7")
    }

    @Test func `a lost connection is replaced`() async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        _ = try world.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                + "WHERE datname = current_database() AND pid <> pg_backend_pid()")
        var attempts = 0
        while true {
            attempts += 1
            do {
                try await world.batch(10, 11, TableRows("t", ["t\t1\ta"]))
                break
            } catch let error as LinkError {
                #expect(error.code == .databaseUnavailable)
                try #require(attempts < 3)
            }
        }
        #expect(try world.psql("TABLE t") == "1|a")
    }

    @Test func `cancellation rolls back`() async throws {
        let world = try ApplierWorld(Self.table)
        try await world.begin()
        let frames = ApplierWorld.frames(
            try world.header(.batch, from: 10, to: 11), [TableRows("t", ["t\t1\ta"])])
        let (started, signal) = AsyncStream<Void>.makeStream()
        let request = Task {
            try await world.link.send { sink in
                for frame in frames.prefix(3) { try await sink.write(frame) }
                signal.finish()
                try await Task.sleep(for: .seconds(60))
            }
        }
        for await _ in started {}
        request.cancel()
        await #expect(throws: (any Error).self) { try await request.value }
        var attempts = 0
        while true {
            attempts += 1
            do {
                try await world.batch(10, 11, TableRows("t", ["t\t2\tb"]))
                break
            } catch let error as LinkError where error.code == .busy {
                try #require(attempts < 100)
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        #expect(try world.psql("TABLE t") == "2|b")
    }
}
