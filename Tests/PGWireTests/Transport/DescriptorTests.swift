import FoundationEssentials
import PGWire
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct DescriptorTests {
    private static let rounds = 300
    /// What the tests that run beside this one may hold.
    private static let others = 150

    private func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    /// Nothing that a round opened may be left: the process must not grow by as many as there were.
    private func expectNoLeak(_ round: () async throws -> Void) async throws {
        let before = try openDescriptors()
        for _ in 0..<Self.rounds { try await round() }
        // The loop releases within the turns that follow.
        try await Task.sleep(for: .milliseconds(50))
        let after = try openDescriptors()
        #expect(after - before < Self.others, "\(before) before, \(after) after")
    }

    @Test func `closed channels leave no descriptor`() async throws {
        let server = try FakeServer { peer, _ in try peer.drain() }
        defer { server.stop() }
        try await expectNoLeak {
            let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port))
            await client.close()
        }
    }

    @Test func `channels that their peer ended leave no descriptor`() async throws {
        let server = try FakeServer { _, _ in }
        defer { server.stop() }
        try await expectNoLeak {
            let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port))
            _ = await client.waitForEnd()
        }
    }

    @Test func `refused and cancelled connects leave no descriptor`() async throws {
        let port = try PostgresCluster.freePort()
        try await expectNoLeak {
            let attempt = Task {
                try await TestClient.open(.tcp(host: "127.0.0.1", port: port)).close()
            }
            if Bool.random() { attempt.cancel() }
            _ = await attempt.result
        }
    }

    @Test func `connects that are cancelled while they succeed leave no descriptor`() async throws {
        let server = try FakeServer { peer, _ in try peer.drain() }
        defer { server.stop() }
        try await expectNoLeak {
            let attempt = Task {
                try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port)).close()
            }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...300)))
            attempt.cancel()
            _ = await attempt.result
        }
    }

    @Test func `failed handshakes leave no descriptor`() async throws {
        let server = try FakeServer { peer, _ in
            _ = try peer.readSome()
            try peer.write(Array("no TLS here".utf8))
        }
        defer { server.stop() }
        try await expectNoLeak {
            let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port))
            await #expect(throws: PGError.self) {
                try await client.channel.startTLS(
                    mode: .require, host: "localhost", rootCert: nil, deadline: .now + .seconds(20))
            }
        }
    }
}
