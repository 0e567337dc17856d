import Glibc
import PGWire
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectTests {
    private func error(
        _ endpoint: PGConfiguration.Endpoint, within: Duration = .seconds(10)
    ) async -> PGError? {
        do {
            let client = try await TestClient.open(endpoint, within: within)
            await client.close()
            return nil
        } catch {
            return error as? PGError
        }
    }

    @Test func `a refused connection names host, port and reason`() async throws {
        let port = try PostgresCluster.freePort()
        let error = await error(.tcp(host: "127.0.0.1", port: port))
        #expect(error?.code == .connectFailed)
        #expect(
            error?.message
                == "cannot connect to 127.0.0.1:\(port): 127.0.0.1: Connection refused")
    }

    @Test func `every address of a name is tried`() async throws {
        let server = try FakeServer { peer, _ in try peer.drain() }
        defer { server.stop() }
        // The name may have an IPv6 address too, on which nobody listens.
        #expect(await error(.tcp(host: "localhost", port: server.port)) == nil)
    }

    @Test func `a missing Unix socket names its path`() async {
        let error = await error(.unix(directory: "/tmp/no-such-directory", port: 5432))
        #expect(error?.code == .connectFailed)
        #expect(error?.message.contains("/tmp/no-such-directory/.s.PGSQL.5432") == true)
    }

    @Test func `an endpoint that cannot be is refused as configuration`() async {
        let long = "/" + String(repeating: "d", count: 120)
        #expect(await error(.unix(directory: long, port: 1))?.code == .invalidConfiguration)
        #expect(await error(.tcp(host: "127.0.0.1", port: 0))?.code == .invalidConfiguration)
        #expect(await error(.tcp(host: "127.0.0.1", port: 65536))?.code == .invalidConfiguration)
        #expect(await error(.tcp(host: "", port: 5432))?.code == .invalidConfiguration)
        #expect(await error(.tcp(host: "a\0b", port: 5432))?.code == .invalidConfiguration)
    }

    @Test func `a name without an address is said to have none`() async {
        let error = await error(.tcp(host: "no-such-host.invalid", port: 5432))
        #expect(error?.code == .connectFailed || error?.code == .timedOut)
        #expect(error?.message.contains("no-such-host.invalid:5432") == true)
    }

    @Test func `a server that does not take connections is given up at the deadline`() async throws
    {
        // Nobody accepts: after a few, the kernel drops the opening packets.
        let (listener, port) = try FakeServer.listen(backlog: 0)
        defer { close(listener) }
        var opened: [TestClient] = []
        var failure: PGError?
        for _ in 0..<8 where failure == nil {
            do {
                opened.append(
                    try await TestClient.open(
                        .tcp(host: "127.0.0.1", port: port), within: .milliseconds(300)))
            } catch {
                failure = error as? PGError
            }
        }
        #expect(failure?.code == .timedOut)
        #expect(failure?.message.contains("127.0.0.1:\(port)") == true)
        for client in opened { await client.close() }
    }

    @Test func `a Unix socket with a full backlog is tried until the deadline`() async throws {
        let endpoint = PGConfiguration.Endpoint.unix(
            directory: "/tmp", port: Int.random(in: 20000..<60000))
        let (listener, _) = try FakeServer.listen(unixPath: endpoint.text, backlog: 0)
        defer {
            close(listener)
            unlink(endpoint.text)
        }
        let first = try await TestClient.open(endpoint, within: .seconds(1))
        #expect(await error(endpoint, within: .milliseconds(200))?.code == .timedOut)
        async let second = TestClient.open(endpoint, within: .seconds(10))
        try await Task.sleep(for: .milliseconds(50))
        let accepted = accept(listener, nil, nil)
        await (try second).close()
        await first.close()
        close(accepted)
    }

    @Test func `a cancelled task stops connecting at once`() async throws {
        let (listener, port) = try FakeServer.listen(backlog: 0)
        defer { close(listener) }
        var tasks: [Task<PGError?, Never>] = []
        for _ in 0..<8 {
            tasks.append(
                Task { await error(.tcp(host: "127.0.0.1", port: port), within: .seconds(50)) })
        }
        try await Task.sleep(for: .milliseconds(100))
        for task in tasks { task.cancel() }
        var codes: [PGError.Code] = []
        for task in tasks { if let code = await task.value?.code { codes.append(code) } }
        #expect(!codes.isEmpty)
        #expect(codes.allSatisfy { $0 == .cancelled })
    }
}
