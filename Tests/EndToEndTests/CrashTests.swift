import Foundation
import PGWire
import TestSupport
import Testing

extension EndToEnd {
    /// Killed anywhere, it comes back by itself, and nothing is lost or doubled.
    @Suite struct Crashes {
        @Test func `each daemon is killed at random points twenty times`() async throws {
            let pair = try Replication()
            try pair.write(
                """
                CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0, v text);
                CREATE TABLE log (id bigserial PRIMARY KEY, at timestamptz DEFAULT clock_timestamp());
                """)
            try pair.startAndLoad()
            let seed = UInt64.random(in: .min ... .max)
            print("crash test: seed \(seed)")
            var generator = SeededGenerator(seed: seed)

            let application = pair.application
            let writer = Task {
                let connection = try await PGConnection.connect(application)
                var round = 0
                while !Task.isCancelled {
                    round += 1
                    let base = round % 50 * 100
                    try await connection.execute(
                        """
                        BEGIN;
                        INSERT INTO t SELECT i, 1, 'r\(round)' FROM generate_series(\(base), \(base) + 99) i
                            ON CONFLICT (id) DO UPDATE SET n = t.n + 1, v = excluded.v;
                        DELETE FROM t WHERE id = \(base + 50);
                        INSERT INTO log DEFAULT VALUES;
                        COMMIT
                        """)
                    try await Task.sleep(for: .milliseconds(10))
                }
                await connection.close()
            }
            for _ in 0..<20 {
                for daemon in [pair.source, pair.target].shuffled(using: &generator) {
                    try await Task.sleep(
                        for: .milliseconds(Int.random(in: 50...900, using: &generator)))
                    daemon.kill()
                    if Bool.random(using: &generator) {
                        try await Task.sleep(
                            for: .milliseconds(Int.random(in: 0...300, using: &generator)))
                    }
                    try daemon.start()
                }
            }
            writer.cancel()
            do { try await writer.value } catch is CancellationError {
            } catch let error as PGError where error.code == .cancelled {}
            try pair.sync(90)
            try pair.requireEqual()
        }

        @Test func `both databases are restarted under load`() async throws {
            let source = try PostgresCluster()
            let target = try PostgresCluster()
            let pair = try Replication(cluster: source, targetCluster: target)
            try pair.write("CREATE TABLE t (id bigserial PRIMARY KEY, v text)")
            try pair.startAndLoad()
            try pair.sync()
            for (cluster, mode) in [
                (target, "fast"), (source, "fast"), (target, "immediate"), (source, "immediate"),
            ] {
                try pair.write("INSERT INTO t (v) SELECT 'before' FROM generate_series(1, 5000)")
                try await Task.sleep(for: .milliseconds(120))
                try cluster.stop(mode: mode)
                try await Task.sleep(for: .milliseconds(700))
                try cluster.start()
                try pair.write("INSERT INTO t (v) SELECT 'after' FROM generate_series(1, 100)")
                try pair.sync(60)
                try pair.requireEqual()
            }
            try source.stop(mode: "immediate")
            try target.stop(mode: "immediate")
        }

        @Test func `SIGTERM ends a busy daemon within ten seconds`() async throws {
            let pair = try Replication()
            try pair.write("CREATE TABLE t (id bigint PRIMARY KEY, v text)")
            try pair.startAndLoad()
            try pair.write(
                "INSERT INTO t SELECT i, repeat('y', 200) FROM generate_series(1, 200000) i")
            try await Task.sleep(for: .milliseconds(300))
            for daemon in [pair.source, pair.target] {
                daemon.signal(SIGTERM)
                #expect(daemon.waitForExit(seconds: 10.5) == 0, "\(pair.logs)")
            }
            try pair.target.start()
            try pair.source.start()
            try pair.sync(120)
            try pair.requireEqual()
        }

        @Test func `a killed initial load goes on where it was`() async throws {
            let pair = try Replication()
            try pair.write(
                """
                CREATE TABLE a (id bigint PRIMARY KEY, v text, n int DEFAULT 0);
                CREATE INDEX a_n ON a (n);
                INSERT INTO a SELECT i, repeat('z', 150), 0 FROM generate_series(1, 400000) i
                """)
            try pair.target.start()
            let load = Daemon(
                [
                    "-config", pair.sourceConfiguration, "-mode", "initial-load",
                    "-load-target", "my-target",
                ], environment: pair.environment, log: pair.directory + "/load.log")
            for _ in 0..<3 {
                try load.start()
                try await Task.sleep(for: .milliseconds(900))
                load.kill()
                // Rows that move while the load is down and while it runs.
                try pair.write(
                    "UPDATE a SET n = n + 1 WHERE id % 20 = 0; DELETE FROM a WHERE id % 1000 = 7")
            }
            try pair.source.start()
            try pair.load()
            try pair.load()
            try pair.sync(90)
            try pair.requireEqual()
        }
    }
}
