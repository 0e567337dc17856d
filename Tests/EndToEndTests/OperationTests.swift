import Foundation
import PGWire
import TestSupport
import Testing

extension EndToEnd {
    /// What an operator does on the first day.
    @Suite struct Operations {
        @Test func `uninstall leaves nothing`() throws {
            let pair = try Replication()
            try pair.write(
                "CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100)"
            )
            let before = try dump(pair)
            try pair.startAndLoad()
            try pair.write("INSERT INTO t VALUES (1, 1); INSERT INTO p VALUES (1)")
            try pair.sync()
            try pair.requireEqual()
            pair.source.kill()
            pair.target.kill()
            let run = try Daemon.run(["uninstall", "-config", pair.sourceConfiguration])
            #expect(run.code == 0, "\(run.output)")
            #expect(try dump(pair) == before)
        }

        private func dump(_ pair: Replication) throws -> String {
            try PostgresCluster.shell(
                "pg_dump -h \(pair.cluster.socketDirectory) -p \(pair.cluster.port) -U postgres --schema-only \(pair.sourceDatabase) | grep -v '^.\\(un\\)\\?restrict'"
            )
        }

        @Test func `a schema teleport that is not ours is refused and left alone`() throws {
            let pair = try Replication()
            try pair.cluster.psql(
                "CREATE SCHEMA teleport; CREATE TABLE teleport.event (id serial PRIMARY KEY, kind text); CREATE TABLE t (id int PRIMARY KEY)",
                database: pair.sourceDatabase)
            let before = try dump(pair)
            try pair.target.start()
            try pair.source.start()
            let wait = try Daemon.run(
                ["wait", "-config", pair.sourceConfiguration, "--timeout", "4"],
                environment: pair.environment)
            #expect(wait.code == 1)
            #expect(try pair.status().contains("teleport"))
            let run = try Daemon.run(["uninstall", "-config", pair.sourceConfiguration])
            #expect(run.code == 1, "\(run.output)")
            #expect(try dump(pair) == before)
        }

        @Test func `the load may come before the daemons, after them, and twice`() throws {
            let pair = try Replication()
            try pair.write(
                "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 1000)"
            )
            try pair.target.start()
            try pair.load()
            try pair.write("INSERT INTO t VALUES (5000)")
            try pair.source.start()
            try pair.sync()
            try pair.requireEqual()
            try pair.load()
            try pair.write("DELETE FROM t WHERE id < 10")
            try pair.sync()
            try pair.requireEqual()
        }

        @Test func `an empty source needs no load`() throws {
            let pair = try Replication()
            try pair.target.start()
            try pair.source.start()
            // The source is seen to be empty, then rows come.
            try pair.sync()
            try pair.write(
                "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)")
            try pair.sync()
            try pair.requireEqual()
        }

        @Test func `of two daemons on one source one leads and the other takes over`() throws {
            let pair = try Replication()
            try pair.write("CREATE TABLE t (id int PRIMARY KEY)")
            try pair.startAndLoad()
            try pair.sync()
            let port = try PostgresCluster.freePort()
            let text = try String(contentsOfFile: pair.sourceConfiguration, encoding: .utf8)
                .replacingOccurrences(of: "port: \(pair.sourcePort)}", with: "port: \(port)}")
            let path = pair.directory + "/second.yml"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let second = Daemon(
                ["-config", path], environment: pair.environment,
                log: pair.directory + "/second.log")
            try second.start()
            usleep(2_500_000)
            #expect(try pair.status(port: port).contains("standby"))
            pair.source.kill()
            try pair.write("INSERT INTO t SELECT generate_series(1, 100)")
            let wait = try Daemon.run(
                ["wait", "-config", path, "--timeout", "60"], environment: pair.environment)
            #expect(wait.code == 0, "\(wait.output) \(second.output.suffix(2000))")
            try pair.requireEqual()
            second.kill()
        }

        @Test func `status, health and metrics say where we are`() throws {
            let pair = try Replication()
            try pair.write("CREATE TABLE t (id int PRIMARY KEY)")
            try pair.startAndLoad()
            try pair.write("INSERT INTO t VALUES (1)")
            try pair.sync()
            let data = Data(try pair.status().utf8)
            let status = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any])
            #expect(status["name"] as? String == "e2e-source")
            #expect(status["version"] is String)
            #expect(status["role"] is String)
            let targets = try #require(status["targets"] as? [[String: Any]])
            let first = try #require(targets.first)
            #expect(first["name"] as? String == "my-target")
            #expect(first["position"] is String)
            #expect(first["lagSeconds"] is Double)
            #expect(first["pendingEvents"] is Int)
            let base = "http://127.0.0.1:\(pair.sourcePort)"
            #expect(
                try PostgresCluster.shell(
                    "curl -s -m 5 -o /dev/null -w '%{http_code}' \(base)/healthz") == "200")
            let metrics = try PostgresCluster.shell("curl -s -m 5 \(base)/metrics")
            #expect(metrics.contains("teleport_lag_seconds{target=\"my-target\"}"), "\(metrics)")
        }

        @Test func `slots are emptied behind the slowest target`() throws {
            let pair = try Replication()
            try pair.write(
                "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)")
            try pair.startAndLoad()
            try pair.write("INSERT INTO t SELECT i, 0 FROM generate_series(2, 5000) i")
            try pair.sync()
            // Three slots further: transaction ids are burnt without touching a table.
            try pair.cluster.psql(
                "DO $$ BEGIN FOR i IN 1..70000 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$",
                database: pair.sourceDatabase)
            try pair.write("UPDATE t SET v = 1 WHERE id = 1")
            try pair.sync()
            var left = "?"
            for _ in 0..<40 {
                left = try pair.cluster.psql(
                    "SELECT (SELECT count(*) FROM teleport.event_0) + (SELECT count(*) FROM teleport.event_1) + (SELECT count(*) FROM teleport.event_2) + (SELECT count(*) FROM teleport.event_3)",
                    database: pair.sourceDatabase)
                if Int(left) ?? .max < 100 { break }
                usleep(250_000)
            }
            #expect(Int(left) ?? .max < 100)
            try pair.requireEqual()
        }
    }
}
