import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Wrong settings and broken networks: a clear word, nothing lost, and on it goes.
    @Suite struct Failures {
        @Test func `a wrong file is refused with line and key before anything is touched`() throws {
            let pair = try Replication { text in
                text.replacingOccurrences(of: "batch_size: 10000", with: "batch_sise: 10000")
            }
            let run = try Daemon.run(["-config", pair.sourceConfiguration], seconds: 20)
            #expect(run.code == 2)
            #expect(
                run.output.contains("source.yml:1") && run.output.contains("batch_sise"),
                "\(run.output)")
            #expect(
                try pair.cluster.psql(
                    "SELECT count(*) FROM pg_namespace WHERE nspname = 'teleport'",
                    database: pair.sourceDatabase) == "0")
        }

        @Test func `a wrong password is said and forgiven once it is right`() async throws {
            let pair = try Replication()
            try pair.write("CREATE TABLE t (id int PRIMARY KEY)")
            try pair.startAndLoad()
            try pair.cluster.psql(
                """
                ALTER ROLE \(pair.teleport) PASSWORD 'another';
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '\(pair.teleport)';
                """)
            try pair.write("INSERT INTO t VALUES (1)")
            let wait = try Daemon.run(
                ["wait", "-config", pair.sourceConfiguration, "--timeout", "4"],
                environment: pair.environment)
            #expect(wait.code == 1)
            let status = try pair.status()
            #expect(status.contains("28P01"), "\(status)")
            #expect(!pair.source.output.contains(PostgresCluster.password))
            try pair.cluster.psql(
                "ALTER ROLE \(pair.teleport) PASSWORD '\(PostgresCluster.password)'")
            try pair.sync()
            try pair.requireEqual()
        }

        @Test func `a wrong certificate is refused, the right one is taken`() throws {
            let other = try PostgresCluster()
            func pair(_ authority: String) throws -> Replication {
                try Replication { text in
                    text.replacingOccurrences(
                        of: "username: ",
                        with:
                            "options: {sslmode: verify-full, sslrootcert: \"\(authority)\"}, username: "
                    )
                }
            }
            let shared = try PostgresCluster.shared()
            let good = try pair(shared.rootCertificate)
            try good.write("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
            try good.startAndLoad()
            try good.sync()
            try good.requireEqual()

            let bad = try pair(other.rootCertificate)
            try bad.target.start()
            try bad.source.start()
            let wait = try Daemon.run(
                ["wait", "-config", bad.sourceConfiguration, "--timeout", "4"],
                environment: bad.environment)
            #expect(wait.code == 1)
            #expect(try bad.status().lowercased().contains("certificate"))
            try other.stop(mode: "immediate")
        }

        @Test func `a closed target port delays, and loses nothing`() throws {
            let pair = try Replication()
            try pair.write("CREATE TABLE t (id int PRIMARY KEY, v int)")
            try pair.startAndLoad()
            pair.target.kill()
            try pair.write("INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i")
            let wait = try Daemon.run(
                ["wait", "-config", pair.sourceConfiguration, "--timeout", "3"],
                environment: pair.environment)
            #expect(wait.code == 1)
            #expect(wait.output.contains("my-target"), "\(wait.output)")
            try pair.write("UPDATE t SET v = -v WHERE id % 2 = 0")
            try pair.target.start()
            try pair.sync()
            try pair.requireEqual()
        }

        @Test func `a cut and a half-open connection between the daemons are survived`() throws {
            // A proxy between the daemons: each fault for a moment, then it passes again.
            let proxy = try Proxy()
            let pair = try Replication { text in
                let own = text.range(of: "endpoint: {hostname: \"127.0.0.1\", port: ")
                guard let own else { return text }
                let end = text[own.upperBound...].firstIndex(of: "}") ?? text.endIndex
                try? proxy.start(to: String(text[own.upperBound..<end]))
                return text.replacingCharacters(in: own.upperBound..<end, with: String(proxy.port))
            }
            defer { proxy.stop() }
            try pair.write("CREATE TABLE t (id int PRIMARY KEY, v text)")
            try pair.startAndLoad()
            try pair.sync()
            for fault in ["cut", "swallow", "mute", "truncate"] {
                try pair.write(
                    "INSERT INTO t SELECT i, repeat('w', 500) FROM generate_series((SELECT count(*) FROM t) + 1, (SELECT count(*) FROM t) + 20000) i"
                )
                try proxy.set(fault)
                usleep(1_500_000)
                try proxy.set("pass")
                try pair.sync(90)
                try pair.requireEqual()
            }
        }

        @Test func `without a token an address beyond loopback answers status only`() throws {
            let pair = try Replication()
            try pair.write("CREATE TABLE t (id int PRIMARY KEY)")
            let open = try String(contentsOfFile: pair.targetConfiguration, encoding: .utf8)
                .replacingOccurrences(
                    of: "server: {hostname: \"127.0.0.1\"", with: "server: {hostname: \"0.0.0.0\"")
            try open.write(toFile: pair.targetConfiguration, atomically: true, encoding: .utf8)
            let bare = Daemon(
                ["-config", pair.targetConfiguration], environment: ["TELEPORT_TOKEN": ""],
                log: pair.directory + "/bare.log")
            try bare.start()
            let base = "http://127.0.0.1:\(pair.targetPort)"
            let answer = try PostgresCluster.shell(
                "for i in $(seq 100); do curl -s -m 2 \(base)/healthz >/dev/null && break; sleep 0.1; done; "
                    + "curl -s -m 5 -w '\\n%{http_code}' -X POST --data-binary x \(base)/v1/batches"
            )
            #expect(answer.hasSuffix("401"), "\(answer)")
            #expect(answer.contains("TELEPORT_TOKEN") && answer.contains("insecure"))
            #expect(
                try PostgresCluster.shell(
                    "curl -s -m 5 -o /dev/null -w '%{http_code}' \(base)/status") == "200")
            bare.kill()
        }
    }
}
