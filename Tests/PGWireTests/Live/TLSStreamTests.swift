import FoundationEssentials
import PGWire
import TestSupport
import Testing

/// Bulk through TLS, against OpenSSL's own test server, which is ended by its time limit.
@Suite(.timeLimit(.minutes(2))) struct TLSStreamTests {
    /// Starts `openssl s_server` in a fresh directory; returns the directory and the port.
    ///
    /// The server would take an end of its own input for the order to leave, hence the `sleep`.
    private func startServer(_ options: String) throws -> (directory: String, port: Int) {
        let cluster = try PostgresCluster.shared()
        let directory = try PostgresCluster.shell("mktemp -d /tmp/teleport-test-tls-XXXXXX")
        let port = try PostgresCluster.freePort()
        try PostgresCluster.shell(
            """
            cd \(directory)
            sleep 40 | timeout 60 openssl s_server -accept 127.0.0.1:\(port) -naccept 1 -quiet \
                -cert \(cluster.socketDirectory)/server.crt -key \(cluster.socketDirectory)/server.key \
                \(options) >received 2>errors &
            """)
        return (directory, port)
    }

    private func connect(_ port: Int, reading: Bool = true) async throws -> TestClient {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                let client = try await TestClient.open(
                    .tcp(host: "127.0.0.1", port: port), reading: reading)
                try await client.channel.startTLS(
                    mode: .require, host: "localhost", rootCert: nil, deadline: deadline)
                return client
            } catch let error as PGError where error.code == .connectFailed {
                // The server is still starting.
                guard .now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func `a large download arrives whole, also when reading is paused now and then`()
        async throws
    {
        let (directory, port) = try startServer("-WWW")
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let content = Data((0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) })
        try content.write(to: URL(filePath: "\(directory)/file.bin"))
        let client = try await connect(port)
        await client.send(Array("GET /file.bin HTTP/1.0\r\n\r\n".utf8))
        let pauses = Task {
            while !Task.isCancelled {
                await client.pause()
                await Task.yield()
                await client.resume()
                try? await Task.sleep(for: .milliseconds(1))
            }
            await client.resume()
        }
        #expect(await client.waitForEnd() == nil)
        pauses.cancel()
        await pauses.value
        // An HTTP header comes first.
        let isSame = await client.received.suffix(content.count) == Array(content)[...]
        #expect(isSame)
        await client.close()
    }

    @Test func `a large upload arrives whole, and its drain is told`() async throws {
        let (directory, port) = try startServer("")
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let piece = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 7) }
        let client = try await connect(port)
        let pieces = 80
        for _ in 0..<pieces { await client.send(piece) }
        await client.waitForDrain()
        while await client.pending > 0 { try await Task.sleep(for: .milliseconds(1)) }
        await client.close()
        let deadline = ContinuousClock.now + .seconds(30)
        var size = 0
        while size < pieces * piece.count, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(10))
            size = try Data(contentsOf: URL(filePath: "\(directory)/received")).count
        }
        let received = try Data(contentsOf: URL(filePath: "\(directory)/received"))
        #expect(received.count == pieces * piece.count)
        let isSame =
            received.prefix(piece.count) == Data(piece)
            && received.suffix(piece.count) == Data(piece)
        #expect(isSame)
    }
}
