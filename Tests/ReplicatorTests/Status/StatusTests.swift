import Foundation
import Replicator
import Testing

@Suite struct StatusTests {
    private func sample() -> InstanceStatus {
        var status = InstanceStatus(name: "finops-db", version: "0.1.0")
        status.role = .leader
        status.databaseReachable = true
        var eu = InstanceStatus.Target(name: "eu")
        eu.state = .replicating
        eu.position = "10:12:10"
        eu.lagSeconds = 0.25
        eu.batches = 4
        eu.rowsSent = 40
        eu.lastBatch = .init(
            rows: 3, bytes: 90, tables: 1, milliseconds: 12, readMilliseconds: 7)
        var us = InstanceStatus.Target(name: "u\"s\n")
        us.state = .retrying
        us.sentence = "the target cannot be reached"
        us.failures = ["unreachable": 3, "23505": 1]
        status.targets = [eu, us]
        return status
    }

    @Test func `the status survives its JSON`() throws {
        let status = sample()
        let data = try JSONEncoder().encode(status)
        #expect(try JSONDecoder().decode(InstanceStatus.self, from: data) == status)
    }

    @Test func `the sentence says first what an operator wants to know`() {
        var status = sample()
        #expect(
            status.describe()
                == "Replicating to 1 of 2 targets. u\"s\n: the target cannot be reached")
        status.targets.removeLast()
        #expect(status.describe() == "Replicating to 1 target, 0.3 s behind.")
        status.targets[0].lagSeconds = 0
        #expect(status.describe() == "Replicating to 1 target, nothing waits.")
        status.role = .standby
        #expect(status.describe().hasPrefix("Standing by"))
        status.databaseReachable = false
        #expect(status.describe() == "Waiting for the database.")
        status.problem = .init(message: "the schema is not ours", time: "")
        #expect(status.describe() == "the schema is not ours")
    }

    @Test func `every metric has a help, a type and well-formed samples`() throws {
        let text = Metrics.text(sample())
        var typed: Set<Substring> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# HELP ") { continue }
            if line.hasPrefix("# TYPE ") {
                let name = line.split(separator: " ")[2]
                #expect(typed.insert(name).inserted, "\(name) is announced once")
                continue
            }
            let name = line.prefix { $0 != "{" && $0 != " " }
            #expect(typed.contains(name))
            #expect(Double(try #require(line.split(separator: " ").last)) != nil)
        }
        #expect(text.contains("teleport_lag_seconds{target=\"eu\"} 0.25\n"))
        #expect(text.contains("teleport_leader 1\n"))
        #expect(text.contains("teleport_batches_total{target=\"eu\",outcome=\"applied\"} 4\n"))
        #expect(
            text.contains(
                "teleport_apply_errors_total{target=\"u\\\"s\\n\",sqlstate=\"23505\"} 1\n"))
    }

    @Test func `a lag grows on the board while a change waits, and is zero when nothing does`()
        async
    {
        let board = StatusBoard(name: "n", version: "v", targets: ["a", "b"])
        await board.waiting(target: "a", since: .now - .seconds(3), events: 5)
        let status = await board.current()
        #expect(status.targets.map(\.name) == ["a", "b"])
        #expect(status.targets[0].lagSeconds >= 3)
        #expect(status.targets[0].pendingEvents == 5)
        #expect(status.targets[1].lagSeconds == 0)
        await board.waiting(target: "a", since: nil, events: 0)
        #expect(await board.current().targets[0].lagSeconds == 0)
    }

    @Test func `what several stages do not carry is told once`() async {
        let board = StatusBoard(name: "n", version: "v", targets: [])
        let view = InstanceStatus.Missing(kind: "view", name: "public.v", reason: "not yet")
        await board.setNotCarried([view], by: "a")
        await board.setNotCarried([view], by: "b")
        #expect(await board.current().notCarried == [view])
        await board.setNotCarried([], by: "a")
        await board.setNotCarried([], by: "b")
        #expect(await board.current().notCarried.isEmpty)
    }
}
