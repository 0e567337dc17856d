import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct InstallerLiveTests {
    @Test func `installing twice changes nothing, and two at once do not race`() async throws {
        let fixture = try CaptureFixture()
        let results = try await withThrowingTaskGroup(of: Installer.Result.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let connection = try await fixture.connect()
                    let result = try await Installer.install(on: connection, log: fixture.log)
                    await connection.close()
                    return result
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(results.map(\.incarnation)).count == 1)
        #expect(results.filter(\.wasInstalled).count == 1)
        #expect(results.allSatisfy { $0.incarnation.count == 36 })
    }

    @Test func `without CREATE on the database the error has the GRANT to run`() async throws {
        let fixture = try CaptureFixture()
        try fixture.admin("REVOKE CREATE ON DATABASE \(fixture.database) FROM \(fixture.teleport)")
        let connection = try await fixture.connect()
        let error = await #expect(throws: CaptureError.self) {
            _ = try await Installer.install(on: connection, log: fixture.log)
        }
        #expect(error?.code == .missingRight)
        #expect(
            error?.message.contains(
                "GRANT CREATE ON DATABASE \"\(fixture.database)\" TO \"\(fixture.teleport)\"")
                == true)
        await connection.close()
    }

    @Test(arguments: [
        "CREATE SCHEMA teleport; CREATE TABLE teleport.event (id serial PRIMARY KEY, kind text)",
        "CREATE SCHEMA teleport; CREATE TABLE teleport.setting (key text, value text)",
        "CREATE SCHEMA teleport; CREATE TABLE teleport.setting (key int, value text); INSERT INTO teleport.setting VALUES (1, 'x')",
        "CREATE SCHEMA teleport",
    ])
    func `a schema teleport that is not ours is refused and left alone`(_ sql: String) async throws
    {
        for isOwned in [false, true] {
            let fixture = try CaptureFixture()
            if isOwned {
                try fixture.cluster.psql(sql, database: fixture.database, role: fixture.teleport)
            } else {
                try fixture.admin(sql)
            }
            let before = try fixture.dump()
            let connection = try await fixture.connect()
            let error = await #expect(throws: CaptureError.self) {
                _ = try await Installer.install(on: connection, log: fixture.log)
            }
            #expect(error?.code == .foreignSchema)
            let second = await #expect(throws: CaptureError.self) {
                try await Uninstaller.uninstall(on: connection, log: fixture.log)
            }
            #expect(second?.code == .foreignSchema)
            #expect(try fixture.dump() == before)
            await connection.close()
        }
    }

    @Test func `objects of a newer version are refused`() async throws {
        let fixture = try CaptureFixture()
        try await fixture.capture()
        try fixture.admin("UPDATE teleport.setting SET value = '99' WHERE key = 'version'")
        let error = await #expect(throws: CaptureError.self) { try await fixture.capture() }
        #expect(error?.code == .newerObjects)
    }

    @Test func `a copy of a database begins a history of its own`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write("CREATE TABLE t (id int PRIMARY KEY)")
        try await fixture.capture()
        try fixture.write("INSERT INTO t VALUES (1)")
        let first = try fixture.admin(
            "SELECT value FROM teleport.setting WHERE key = 'incarnation'")
        try fixture.admin(
            "UPDATE teleport.setting SET value = '1' WHERE key = 'database_oid'; INSERT INTO teleport.target VALUES ('x', '1:1:')"
        )
        let connection = try await fixture.connect()
        let result = try await Installer.install(on: connection, log: fixture.log)
        #expect(result.incarnation != first && result.warnings.count == 1)
        #expect(try fixture.events() == [])
        #expect(try fixture.admin("SELECT count(*) FROM teleport.target") == "0")
        let again = try await Installer.install(on: connection, log: fixture.log)
        #expect(again.incarnation == result.incarnation && again.warnings == [])
        await connection.close()
    }

    @Test func `uninstall leaves nothing`() async throws {
        let fixture = try CaptureFixture()
        try fixture.write(
            """
            CREATE TABLE t (id int PRIMARY KEY, v int);
            CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
            CREATE TABLE parent (id timestamptz PRIMARY KEY); CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
            """)
        try fixture.admin(
            "CREATE TABLE own (id int PRIMARY KEY); ALTER TABLE own OWNER TO \(fixture.teleport)")
        let before = try fixture.dump()
        try await fixture.capture()
        #expect(try fixture.dump() != before)
        let connection = try await fixture.connect()
        let result = try await Uninstaller.uninstall(on: connection, log: fixture.log)
        #expect(result.tables == 5)
        #expect(try fixture.dump() == before)
        #expect(
            try await Uninstaller.uninstall(on: connection, log: fixture.log).wasInstalled == false)
        await connection.close()
    }

    @Test func `of two leaders one leads and the other takes over`() async throws {
        let fixture = try CaptureFixture()
        let first = LeaderLock(connection: try await fixture.connect())
        let second = LeaderLock(connection: try await fixture.connect())
        #expect(try await first.acquire())
        #expect(try await second.acquire() == false)
        #expect(try await first.acquire())
        #expect(await first.isHeld())
        try fixture.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        #expect(await first.isHeld() == false)
        var taken = false
        for _ in 0..<50 where !taken {
            taken = try await second.acquire()
            if !taken { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(taken)
        await second.release()
        await first.release()
    }
}
