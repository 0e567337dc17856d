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
}
