import Logging
import PGWire
import Replicator
import Synchronization
import TestSupport
import Testing

/// How long a change takes to the target, with the default intervals and a loopback link.
@Suite(.serialized, .timeLimit(.minutes(3))) struct LagTests {
    @Test func `single rows, two hundred a second, arrive within 300 ms`() async throws {
        let cluster = try PostgresCluster.shared()
        let source = try cluster.createDatabase("lag_source")
        let target = try cluster.createDatabase("lag_target")
        try cluster.psql(
            "CREATE TABLE a (id int PRIMARY KEY, note text, s serial)", database: source)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let applier = Applier(cluster.configuration(database: target), log: logger) { connection in
            _ = try await Installer.install(on: connection, log: logger)
        }
        var configuration = InstanceConfiguration(
            name: "lag", database: cluster.configuration(database: source))
        configuration.targets = [
            .init(
                name: "eu", expression: try TargetExpression(["public.*"]),
                mapping: SchemaMapping(applySchema: nil), hostname: "", port: 0)
        ]
        let instance = Instance(
            configuration: configuration, links: [("eu", LoopbackLink(applier))], logger: logger)
        let running = Task { await instance.run() }
        #expect(await instance.wait(target: "eu", timeout: .seconds(30)) == .done)

        let transactions = 2_000
        let writer = try await PGConnection.connect(cluster.configuration(database: source))
        let reader = try await PGConnection.connect(cluster.configuration(database: target))
        let committed = Mutex<[ContinuousClock.Instant]>([])
        let beginning = ContinuousClock.now
        let writing = Task {
            for number in 1...transactions {
                try await Task.sleep(
                    until: beginning + .milliseconds(5) * number, tolerance: .zero,
                    clock: .continuous)
                try await writer.execute("INSERT INTO public.a VALUES (\(number), 'note')")
                committed.withLock { $0.append(.now) }
            }
        }
        var lags: [Duration] = []
        while lags.count < transactions, .now - beginning < .seconds(60) {
            let answer = try await reader.query(sql: "SELECT count(*) FROM public.a")
            let seen = ContinuousClock.now
            let count = try answer.rows.first?.decode(Int.self, 0) ?? 0
            committed.withLock { times in
                // The answer to the commit may be on its way still.
                while lags.count < min(count, times.count) {
                    lags.append(seen - times[lags.count])
                }
            }
            try await Task.sleep(for: .milliseconds(4))
        }
        try await writing.value
        let elapsed = ContinuousClock.now - beginning
        let status = await instance.status().targets.first
        running.cancel()
        await running.value
        await writer.close()
        await reader.close()
        await applier.close()

        // The first second is the warming of caches.
        let sorted = lags.dropFirst(200).sorted()
        try #require(sorted.count == transactions - 200)
        func percentile(_ share: Double) -> Int {
            Int(sorted[Int(Double(sorted.count - 1) * share)] / .milliseconds(1))
        }
        print(
            "lag: p50 \(percentile(0.5)) ms, p90 \(percentile(0.9)) ms, p99 \(percentile(0.99)) ms,"
                + " \(status?.batches ?? 0) batches in \(Int(elapsed / .seconds(1))) s, the last took"
                + " \(status?.lastBatch?.milliseconds ?? 0) ms,"
                + " read in \(status?.lastBatch?.readMilliseconds ?? 0) ms")
        #expect(percentile(0.99) < 300)
    }
}
