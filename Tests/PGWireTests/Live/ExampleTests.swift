import Foundation
import PGWire
import TestSupport
import Testing

/// The programs of Examples/, run as a newcomer would.
@Suite(.timeLimit(.minutes(3))) struct ExampleTests {
    let cluster: PostgresCluster
    init() throws { cluster = try PostgresCluster.shared() }

    private var server: String { at(cluster) + " sslmode=disable" }

    private func at(_ cluster: PostgresCluster, host: String = "127.0.0.1") -> String {
        "host=\(host) port=\(cluster.port) user=postgres dbname=postgres password=\(PostgresCluster.password)"
    }

    /// What a program prints, and its exit code.
    private func run(_ name: String, _ arguments: String...) throws -> (lines: [String], code: Int)
    {
        let here = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let program = here.deletingLastPathComponent().appendingPathComponent("example-\(name)")
            .path
        let command = ([program] + arguments).map(PostgresCluster.word).joined(separator: " ")
        let output = try PostgresCluster.shell("timeout 60 \(command); echo $?")
        var lines = output.split(separator: "\n").map(String.init)
        let code = Int(lines.popLast() ?? "") ?? -1
        return (lines, code)
    }

    @Test func `query asks with values, in a transaction, and tells an error apart`() throws {
        let (lines, code) = try run("query", server)
        #expect(code == 0)
        #expect(lines.first?.hasPrefix("connected to postgres@127.0.0.1:\(cluster.port)/") == true)
        #expect(
            Array(lines.dropFirst()) == [
                "inserted 1 row",
                "Venus: 0 moons, seen first at all times",
                "Mars: 2 moons, seen first 1877-08-18",
                "Jupiter'; DROP TABLE planet; --: 95 moons, seen first at all times",
                "there already: planet_pkey",
            ])
    }

    @Test func `stream takes a million rows, and leaves early`() throws {
        let (lines, code) = try run("stream", server)
        #expect(code == 0)
        #expect(lines.count == 3)
        #expect(lines.first?.hasPrefix("1000000 rows, their sum is 500000500000, in ") == true)
        #expect(
            Array(lines.dropFirst()) == [
                "1415 is the first whose square is above two million", "[1, 2, 3], still here",
            ])
    }

    @Test func `pipeline runs its groups one by one`() throws {
        let (lines, code) = try run("pipeline", server)
        #expect(code == 0)
        #expect(lines.first?.hasPrefix("10000 inserts in ") == true)
        #expect(
            Array(lines.dropFirst()) == [
                "0: INSERT 0 1", "1: server 23505", "2: pipelineAborted ", "3: 10000",
            ])
    }

    @Test func `copy goes from one server to another`() throws {
        let other = try PostgresCluster()
        let (lines, code) = try run("copy", server, at(other) + " sslmode=require")
        try other.stop(mode: "immediate")
        #expect(code == 0)
        #expect(
            lines == ["copied 200000 rows", "wrote 1000 rows", "the sum of our ids is -500500"])
    }

    @Test func `listen is told what another connection says`() throws {
        let (lines, code) = try run("listen", server)
        #expect(code == 0)
        // The notice comes to an observer, the messages to the body: each in its own order.
        #expect(
            lines.filter { !$0.hasPrefix("notice") } == [
                "jobs: job 1", "jobs: job 2", "jobs: job 3", "done",
            ])
        #expect(lines.filter { $0.hasPrefix("notice") } == ["notice: not idle"])
    }

    @Test func `pool serves a thousand tasks with eight connections`() throws {
        let (lines, code) = try run("pool", server)
        #expect(code == 0)
        #expect(lines.count == 4)
        #expect(lines.first == "1000 of 1000 tasks got their own answer")
        #expect(lines.dropFirst().first?.hasPrefix("cancelled: ") == true)
        #expect(lines.dropFirst(2).first?.hasPrefix("timed out: ") == true)
        #expect(lines.last?.hasSuffix(" connections served 1003 times") == true)
    }

    @Test func `rds checks the server and logs in with a token`() throws {
        let token = "printf %s \(PostgresCluster.password)"
        let place = "host=localhost port=\(cluster.port) user=postgres dbname=postgres"
        let (lines, code) = try run("rds", place, cluster.rootCertificate, token)
        #expect(code == 0)
        #expect(lines == ["a new token", "postgres over TLSv1.3, encrypted: true"])

        let stranger = "\(cluster.socketDirectory)/stranger-\(Int.random(in: 0..<1_000_000)).crt"
        try PostgresCluster.shell(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=stranger"
                + " -keyout \(stranger).key -out \(stranger) 2>/dev/null")
        let refused = try run("rds", place, stranger, token)
        #expect(refused.code == 1)
        #expect(refused.lines.last?.hasSuffix("(tlsFailed)") == true)

        let failed = try run("rds", place, cluster.rootCertificate, "false")
        #expect(failed.code == 1)
        #expect(failed.lines.last?.hasSuffix("(authenticationFailed)") == true)
    }

    @Test(arguments: ["query", "stream", "pipeline", "copy", "listen", "pool", "rds"])
    func `a program that is not let in says so and exits with 1`(name: String) throws {
        let stranger =
            "host=localhost port=\(cluster.port) user=postgres dbname=postgres password=wrong"
        let result =
            switch name {
            case "copy": try run(name, stranger, stranger)
            case "rds": try run(name, stranger, cluster.rootCertificate, "echo wrong")
            default: try run(name, stranger)
            }
        #expect(result.code == 1)
        #expect(result.lines.last?.hasPrefix("\(name): ") == true)
        #expect(result.lines.last?.contains("(SQLSTATE 28P01)") == true)
    }
}
