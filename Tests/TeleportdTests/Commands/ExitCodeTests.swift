import Foundation
import TestSupport
import Testing

/// The built program, as a script would call it.
@Suite(.timeLimit(.minutes(2))) struct ExitCodeTests {
    private struct Run {
        let code: Int32
        let output: String
    }

    private static let program: String = {
        // The tests' own program lies beside the daemon.
        let here = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return here.deletingLastPathComponent().appendingPathComponent("teleportd").path
    }()

    private func run(_ arguments: String, file: String? = nil) throws -> Run {
        let path = "/tmp/teleportd-test-\(UUID().uuidString).yml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        if let file { try file.write(toFile: path, atomically: true, encoding: .utf8) }
        let command =
            "timeout 20 \(PostgresCluster.word(Self.program)) "
            + arguments.replacingOccurrences(of: "FILE", with: path)
        let text = try PostgresCluster.shell("\(command) 2>&1; echo \"exit=$?\"")
        let code = try #require(text.split(separator: "=").last.flatMap { Int32($0) })
        return Run(code: code, output: text)
    }

    @Test(arguments: [
        "-config FILE", "--config FILE", "run -config FILE", "wait -config FILE",
        "status -config FILE", "uninstall -config FILE", "config validate -config FILE",
        "-config FILE -mode initial-load -load-target a",
    ])
    func `a wrong file is exit code 2 with its line`(_ arguments: String) throws {
        let run = try run(arguments, file: "database: {nme: x}\nserver: 7\n")
        #expect(run.code == 2, "\(run.output)")
        #expect(run.output.contains(":2:9: server: found 7"))
        #expect(run.output.contains(":1:12: database.nme: found an unknown key"))
    }

    @Test(arguments: [
        "", "-config /nonexistent/file", "-config", "-konfig FILE", "-config FILE -mode fast",
        "-config FILE -mode initial-load", "-config FILE -load-target a", "nonsense",
        "-config FILE -mode initial-load -load-target nobody",
        "wait -config FILE --target nobody", "wait -config FILE --timeout never",
        "-config FILE --log-level loud",
    ])
    func `a wrong command line is exit code 2`(_ arguments: String) throws {
        let run = try run(arguments, file: ConfigurationFileTests.flow)
        #expect(run.code == 2, "\(run.output)")
    }

    @Test func `a correct file is exit code 0`() throws {
        let run = try run("config validate -config FILE", file: ConfigurationFileTests.flow)
        #expect(run.code == 0, "\(run.output)")
        #expect(try self.run("version").output.hasPrefix("teleportd "))
        #expect(try self.run("--help").code == 0)
    }

    @Test func `waiting for a daemon that is not there ends in time with the reason`() throws {
        let port = try PostgresCluster.freePort()
        let file = ConfigurationFileTests.flow.replacingOccurrences(of: "3000", with: "\(port)")
        let began = ContinuousClock.now
        let run = try run("wait -config FILE --timeout 1", file: file)
        #expect(run.code == 1)
        #expect(run.output.contains("is it running?"), "\(run.output)")
        #expect(began.duration(to: .now) < .seconds(15))
        #expect(try self.run("status -config FILE", file: file).code == 1)
    }

    /// A file whose database nobody serves, with an API on a free port.
    private func lonelyFile(port: Int) throws -> String {
        """
        database: {name: a, database: b, hostname: 127.0.0.1, username: c, password: d, port: 1}
        server: {hostname: 127.0.0.1, port: \(port)}
        """
    }

    @Test func `a port in use is exit code 1 with what to do`() throws {
        let port = try PostgresCluster.freePort()
        let listener =
            "python3 -c 'import socket,time; s=socket.socket(); s.bind((\"127.0.0.1\",\(port))); s.listen(); time.sleep(8)'"
        try PostgresCluster.shell("(\(listener)) >/dev/null 2>&1 </dev/null & sleep 0.5")
        let run = try run("-config FILE", file: try lonelyFile(port: port))
        #expect(run.code == 1)
        #expect(run.output.contains("change server.port"), "\(run.output)")
    }

    @Test(arguments: ["TERM", "INT"])
    func `a signal stops the daemon in time with exit code 0`(_ signal: String) throws {
        let path = "/tmp/teleportd-test-\(UUID().uuidString).yml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let port = try PostgresCluster.freePort()
        try lonelyFile(port: port).write(toFile: path, atomically: true, encoding: .utf8)
        // A shell's background job ignores SIGINT, so Python starts it.
        let script = """
            import signal, subprocess, sys, time, urllib.request
            p = subprocess.Popen([sys.argv[1], "-config", sys.argv[2]], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), stderr=subprocess.DEVNULL)
            for _ in range(200):
                try:
                    assert urllib.request.urlopen("http://127.0.0.1:%s/healthz" % sys.argv[3]).read() == b"ok\\n"
                    break
                except OSError: time.sleep(0.05)
            ready = 200
            try: urllib.request.urlopen("http://127.0.0.1:%s/readyz" % sys.argv[3])
            except urllib.error.HTTPError as e: ready = e.code
            p.send_signal(signal.SIG\(signal))
            print(ready, p.wait(12))
            """
        let output = try PostgresCluster.shell(
            "timeout 40 python3 -c \(PostgresCluster.word(script)) \(PostgresCluster.word(Self.program)) \(path) \(port)"
        )
        #expect(output == "503 0")
    }
}
