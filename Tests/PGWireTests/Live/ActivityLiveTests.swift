import PGWire
import Synchronization
import TestSupport
import Testing

/// What a program can watch.
struct ActivityLiveTests {
    private final class Log: Sendable {
        let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    @Test func `what a connection does is told, without values`() async throws {
        let log = Log()
        let wire = Log()
        var configuration = try PostgresCluster.shared().configuration(database: "postgres")
        configuration.onActivity = { activity in
            switch activity {
            case .connected(let process, let time):
                log.add("connected \(process != nil) \(time > .zero)")
            case .disconnected(let error): log.add("disconnected \(error.code.rawValue)")
            case .began(_, let text): log.add("began \(text)")
            case .ended(_, let text, _, .success(let rows)): log.add("ended \(text): \(rows)")
            case .ended(_, let text, _, .failure(let error)):
                log.add("failed \(text): \(error.sqlState?.rawValue ?? "")")
            }
        }
        configuration.onMessage = { wire.add("\($0.sender) \($0.name) \($0.count)") }
        let connection = try await PGConnection.connect(configuration)
        let secret = "secret"
        for _ in 0..<2 { try await connection.query("SELECT \(secret) FROM generate_series(1, 3)") }
        try await connection.stream("SELECT generate_series(1, 5)") { rows in
            for try await _ in rows {}
        }
        _ = try? await connection.query(sql: "SELECT 1/0")
        try await connection.execute("CREATE TEMP TABLE t (a int)")
        _ = try await connection.copyIn("COPY t FROM STDIN") {
            try await $0.write(Array("1\n".utf8))
        }
        await connection.close()
        let select = "SELECT $1 FROM generate_series(1, 3)"
        let series = "SELECT generate_series(1, 5)"
        #expect(
            log.all == [
                "connected true true", "began \(select)", "ended \(select): 0", "began \(select)",
                "ended \(select): 3", "began \(select)", "ended \(select): 3", "began \(series)",
                "ended \(series): 0", "began \(series)", "ended \(series): 5", "began SELECT 1/0",
                "failed SELECT 1/0: 22012", "began CREATE TEMP TABLE t (a int)",
                "ended CREATE TEMP TABLE t (a int): 0", "began COPY t FROM STDIN",
                "ended COPY t FROM STDIN: 1", "disconnected connectionClosed",
            ])
        #expect(wire.all.contains("server DataRow 3"))
        #expect(wire.all.contains("client Bind 1"))
        #expect(wire.all.contains("client CopyData 1"))
        #expect(!(log.all + wire.all).contains { $0.contains("secret") })
    }
}
