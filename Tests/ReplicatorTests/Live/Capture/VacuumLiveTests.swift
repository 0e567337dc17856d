import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct VacuumLiveTests {
    /// The slot that is not written now and follows the current one, and a txid of long ago in it.
    private func seed(_ fixture: CaptureFixture, txids: [Int]) throws {
        for txid in txids {
            try fixture.admin(
                "INSERT INTO teleport.event_\((txid >> 16) & 3) VALUES (\(txid), 1, 'k', '1')")
        }
    }

    private func count(_ fixture: CaptureFixture) throws -> String {
        try fixture.admin(
            "SELECT (SELECT count(*) FROM teleport.event_0) || ' ' || (SELECT count(*) FROM teleport.event_1) || ' ' || (SELECT count(*) FROM teleport.event_2) || ' ' || (SELECT count(*) FROM teleport.event_3)"
        )
    }

    @Test func `only slots that every configured target has passed are emptied`() async throws {
        let fixture = try CaptureFixture()
        try await fixture.capture()
        let connection = try await fixture.connect()
        let vacuum = EventVacuum(log: fixture.log)
        // Transactions of a far future, as after a wrap of the slots: nobody has passed them.
        let round = (Int(try fixture.admin("SELECT txid_current() >> 16")) ?? 0) + 10
        let slot = round & 3
        try seed(fixture, txids: [65_536 * round + 7])
        var report = try await vacuum.tick(on: connection, configuredTargets: [])
        #expect(report.emptied == [])
        #expect(
            try count(fixture) == (0..<4).map { $0 == slot ? "1" : "0" }.joined(separator: " "))
        try fixture.admin(
            "TRUNCATE teleport.event_\(slot); INSERT INTO teleport.event_\(slot) VALUES (5, 1, 'k', '1')"
        )
        try fixture.admin("INSERT INTO teleport.target VALUES ('slow', '5:5:'), ('gone', '1:1:')")
        report = try await vacuum.tick(on: connection, configuredTargets: ["slow"])
        #expect(report.emptied == [] && report.heldBackBy == "slow" && report.departed == ["gone"])
        #expect(try fixture.admin("SELECT name FROM teleport.target") == "slow")
        try fixture.admin("UPDATE teleport.target SET position = '6:6:'")
        report = try await vacuum.tick(on: connection, configuredTargets: ["slow"])
        #expect(report.emptied == [slot])
        #expect(
            try fixture.admin("SELECT value FROM teleport.setting WHERE key = 'forgotten'") == "6")
        await connection.close()
    }

    @Test func `events at or above a running transaction stay`() async throws {
        let fixture = try CaptureFixture()
        try await fixture.capture()
        let connection = try await fixture.connect()
        let open = try await fixture.connect(as: fixture.app)
        try await open.execute("BEGIN")
        let txid = try await open.query(sql: "SELECT txid_current()").rows[0].decode(Int.self, 0)
        let slot = ((txid >> 16) + 1) & 3
        try fixture.admin("INSERT INTO teleport.event_\(slot) VALUES (\(txid), 1, 'k', '1')")
        let vacuum = EventVacuum(log: fixture.log)
        #expect(try await vacuum.tick(on: connection, configuredTargets: []).emptied == [])
        // A prepared transaction counts as open.
        try await open.execute("PREPARE TRANSACTION '\(fixture.database)'")
        #expect(try await vacuum.tick(on: connection, configuredTargets: []).emptied == [])
        try await open.execute("COMMIT PREPARED '\(fixture.database)'")
        // Other tests share the server: their transactions may hold the bound back for a moment.
        var emptied: [Int] = []
        for _ in 0..<100 where emptied.isEmpty {
            emptied = try await vacuum.tick(on: connection, configuredTargets: []).emptied
            if emptied.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(emptied == [slot])
        await open.close()
        await connection.close()
    }

    @Test func `a slot that somebody writes is left for the next tick`() async throws {
        let fixture = try CaptureFixture()
        try await fixture.capture()
        let connection = try await fixture.connect()
        let current = try await connection.query(
            sql: "SELECT txid_snapshot_xmax(txid_current_snapshot())"
        )
        .rows[0].decode(Int.self, 0)
        let slot = ((current >> 16) + 1) & 3
        try fixture.admin("INSERT INTO teleport.event_\(slot) VALUES (5, 1, 'k', '1')")
        let open = try await fixture.connect()
        try await open.execute("BEGIN; LOCK TABLE teleport.event_\(slot) IN ROW EXCLUSIVE MODE")
        let vacuum = EventVacuum(log: fixture.log)
        let report = try await vacuum.tick(on: connection, configuredTargets: [])
        #expect(report.busy == [slot] && report.emptied == [])
        try await open.execute("COMMIT")
        #expect(try await vacuum.tick(on: connection, configuredTargets: []).emptied == [slot])
        await open.close()
        await connection.close()
    }

    @Test func `a big slot is emptied although it is being written`() async throws {
        let fixture = try CaptureFixture()
        try await fixture.capture()
        let connection = try await fixture.connect()
        let current = try await connection.query(
            sql: "SELECT txid_snapshot_xmax(txid_current_snapshot())"
        )
        .rows[0].decode(Int.self, 0)
        let slot = (current >> 16) & 3
        try fixture.admin(
            "INSERT INTO teleport.event_\(slot) SELECT 5, 1, 'k', '1' FROM generate_series(1, 1000)"
        )
        #expect(
            try await EventVacuum(log: fixture.log).tick(on: connection, configuredTargets: [])
                .emptied == [])
        let small = EventVacuum(log: fixture.log, currentSlotBytes: 8192)
        #expect(try await small.tick(on: connection, configuredTargets: []).emptied == [slot])
        await connection.close()
    }

    @Test func `a target is registered with the snapshot it starts from`() async throws {
        let fixture = try CaptureFixture()
        try await fixture.capture()
        let connection = try await fixture.connect()
        let start = try await TargetRegistry.register("t", incarnation: nil, on: connection)
        #expect(try await TargetRegistry.positions(on: connection) == ["t": start])
        let later = try #require(
            Snapshot("\(start.xmax.rawValue + 10):\(start.xmax.rawValue + 10):"))
        #expect(
            try await TargetRegistry.update("t", position: later, incarnation: "i", on: connection))
        #expect(
            try await TargetRegistry.update("u", position: later, incarnation: "i", on: connection)
                == false)
        let statistics = try await QueueStatistics.read(on: connection)
        #expect(
            statistics.heldBackBy == "t" && statistics.bytes > 0 && statistics.oldestSlot == nil)
        try await TargetRegistry.remove("t", on: connection)
        #expect(try await TargetRegistry.positions(on: connection).isEmpty)
        await connection.close()
    }
}
