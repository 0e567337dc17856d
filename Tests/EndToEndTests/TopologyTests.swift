import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Several targets, several sources, chains, and a target set back in time.
    @Suite struct Topology {
        @Test func `a target set back to an earlier backup catches up`() throws {
            let pair = try Replication()
            try pair.write(
                "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM generate_series(1, 500) i"
            )
            try pair.startAndLoad()
            try pair.sync()
            pair.target.kill()
            let backup = "backup_\(pair.targetDatabase)"
            try disconnect(pair, pair.targetDatabase)
            try pair.targetCluster.psql("CREATE DATABASE \(backup) TEMPLATE \(pair.targetDatabase)")
            try pair.target.start()
            try pair.write("UPDATE t SET v = 1 WHERE id % 2 = 0; DELETE FROM t WHERE id > 450")
            try pair.sync()
            pair.target.kill()
            try disconnect(pair, pair.targetDatabase)
            try pair.targetCluster.psql(
                "DROP DATABASE \(pair.targetDatabase)")
            try pair.targetCluster.psql(
                "ALTER DATABASE \(backup) RENAME TO \(pair.targetDatabase)")
            try pair.target.start()
            try pair.write("INSERT INTO t VALUES (9999, 9)")
            try pair.sync()
            try pair.requireEqual()
        }

        private func disconnect(_ pair: Replication, _ database: String) throws {
            for _ in 0..<50 {
                try pair.targetCluster.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database)'"
                )
                let left = try pair.targetCluster.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database)'")
                if left == "0" { return }
                usleep(50_000)
            }
        }

        @Test func `one source feeds two targets, and a dead one does not hold the other`() throws {
            let pair = try Replication()
            let second = try Replication()
            let text = try String(contentsOfFile: pair.sourceConfiguration, encoding: .utf8)
            try
                (text + """
                      other:
                        target_expression: ["public.*", "!public.private*"]
                        endpoint: {hostname: "127.0.0.1", port: \(second.targetPort)}
                        apply_schema: "elsewhere"

                    """).write(toFile: pair.sourceConfiguration, atomically: true, encoding: .utf8)
            try pair.write(
                "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE private_notes (id int PRIMARY KEY); INSERT INTO t VALUES (1); INSERT INTO private_notes VALUES (1)"
            )
            try second.target.start()
            try pair.startAndLoad()
            let load = try Daemon.run(
                [
                    "-config", pair.sourceConfiguration, "-mode", "initial-load", "-load-target",
                    "other",
                ],
                environment: pair.environment)
            #expect(load.code == 0, "\(load.output)")
            try pair.sync()
            second.target.kill()
            try pair.write("INSERT INTO t VALUES (2); INSERT INTO private_notes VALUES (2)")
            let wait = try Daemon.run(
                [
                    "wait", "-config", pair.sourceConfiguration, "--target", "my-target",
                    "--timeout", "30",
                ],
                environment: pair.environment)
            #expect(wait.code == 0, "\(wait.output)\n\(pair.logs)")
            try pair.requireEqual()
            try second.target.start()
            try pair.sync()
            #expect(
                try second.read("SELECT string_agg(id::text, ',' ORDER BY id) FROM elsewhere.t")
                    == "1,2")
            #expect(try second.read("SELECT to_regclass('elsewhere.private_notes') IS NULL") == "t")
        }

        @Test func `a target is fed by two sources`() throws {
            let one = try Replication(applySchema: "one")
            let two = try Replication(targetCluster: nil, applySchema: "two")
            // The second source sends to the first pair's target.
            let text = try String(contentsOfFile: two.sourceConfiguration, encoding: .utf8)
                .replacingOccurrences(
                    of: "port: \(two.targetPort)}", with: "port: \(one.targetPort)}")
            try text.write(toFile: two.sourceConfiguration, atomically: true, encoding: .utf8)
            for pair in [one, two] {
                try pair.write(
                    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, '\(pair.sourceDatabase)' FROM generate_series(1, 100) i"
                )
            }
            try one.startAndLoad()
            try two.source.start()
            try two.load()
            for pair in [one, two] {
                try pair.write("UPDATE t SET v = v || '!' WHERE id < 50")
                try pair.sync()
            }
            try one.requireEqual(targetSchema: "one")
            let there = try Replication.checksums(
                two.cluster, database: two.sourceDatabase, schema: "public")
            let here = try Replication.checksums(
                one.targetCluster, database: one.targetDatabase, schema: "two")
            #expect(there == here)
        }

        @Test func `a chain passes changes on`() throws {
            let first = try Replication(applySchema: "middle")
            let last = try Replication()
            try first.write(
                "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'a' FROM generate_series(1, 100) i"
            )
            // The first pair's target is a source as well.
            let text = try String(contentsOfFile: first.targetConfiguration, encoding: .utf8)
            try
                (text + """
                    targets:
                      end:
                        target_expression: "middle.*"
                        endpoint: {hostname: "127.0.0.1", port: \(last.targetPort)}
                        apply_schema: "test"

                    """).write(toFile: first.targetConfiguration, atomically: true, encoding: .utf8)
            try last.target.start()
            try first.startAndLoad()
            try first.sync()
            let load = try Daemon.run(
                [
                    "-config", first.targetConfiguration, "-mode", "initial-load", "-load-target",
                    "end",
                ],
                environment: first.environment)
            #expect(load.code == 0, "\(load.output)")
            try first.write(
                "UPDATE t SET v = 'b' WHERE id < 10; DELETE FROM t WHERE id > 90; ALTER TABLE t ADD COLUMN n int; INSERT INTO t VALUES (1000, 'c', 3)"
            )
            try first.sync()
            let wait = try Daemon.run(
                ["wait", "-config", first.targetConfiguration, "--timeout", "60"],
                environment: first.environment)
            #expect(wait.code == 0, "\(wait.output)")
            let there = try Replication.checksums(
                first.cluster, database: first.sourceDatabase, schema: "public")
            let here = try Replication.checksums(
                last.targetCluster, database: last.targetDatabase, schema: "test")
            #expect(there == here)
        }
    }
}
