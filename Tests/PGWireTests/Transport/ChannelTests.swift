import Glibc
import PGWire
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ChannelTests {
    private func echo(_ peer: FakeServer.Peer, _: Int) throws {
        while true {
            let bytes = try peer.readSome()
            if bytes.isEmpty { return }
            try peer.write(bytes)
        }
    }

    @Test(arguments: [1, 5, 1000, 200_000, 3_000_000])
    func `what is sent over TCP comes back unchanged`(size: Int) async throws {
        let server = try FakeServer(echo)
        defer { server.stop() }
        let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port))
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        await client.send(bytes)
        let back = await client.receive(size)
        // Not inside the expectation: it would describe the difference of millions of bytes.
        let isSame = back == bytes
        #expect(isSame)
        await client.close()
        #expect(server.failures.isEmpty)
    }

    @Test func `what is sent over a Unix socket comes back unchanged`() async throws {
        let directory = "/tmp"
        let port = Int.random(in: 20000..<60000)
        let endpoint = PGConfiguration.Endpoint.unix(directory: directory, port: port)
        let server = try FakeServer(unixPath: endpoint.text, echo)
        defer {
            server.stop()
            unlink(endpoint.text)
        }
        let client = try await TestClient.open(endpoint)
        await client.send(Array("hello".utf8))
        #expect(await client.receive(5) == Array("hello".utf8))
        await client.close()
    }

    @Test func `an end of file is told once and without an error`() async throws {
        let server = try FakeServer { peer, _ in try peer.write([1, 2, 3]) }
        defer { server.stop() }
        let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port))
        #expect(await client.waitForEnd() == nil)
        #expect(await client.received == [1, 2, 3])
    }

    @Test func `a reset is told as a lost connection that names the server`() async throws {
        let server = try FakeServer { peer, _ in
            _ = try peer.read(1)
            peer.resetAtEnd()
        }
        defer { server.stop() }
        let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port))
        await client.send([0])
        let error = await client.waitForEnd()
        #expect(error?.code == .connectionLost)
        #expect(error?.message.contains("127.0.0.1:\(server.port)") == true)
    }

    @Test func `an end of file that came before anybody listened is told`() async throws {
        let server = try FakeServer { _, _ in }
        defer { server.stop() }
        let channel = try await Channel.open(
            .tcp(host: "127.0.0.1", port: server.port), loop: .shared,
            deadline: .now + .seconds(5))
        try await Task.sleep(for: .milliseconds(50))
        let client = await TestClient.attach(channel)
        #expect(await client.waitForEnd() == nil)
    }

    @Test func `a peer that does not read fills the pending bytes, and their drain is told`()
        async throws
    {
        let gate = Gate()
        let server = try FakeServer { peer, _ in
            gate.wait()
            try peer.drain()
        }
        defer { server.stop() }
        let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port))
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<32 { await client.send(piece) }
        let pending = await client.pending
        #expect(pending > Limits.highWater)
        #expect(await client.drained == 0)
        gate.open()
        await client.waitForDrain()
        #expect(await client.pending <= Limits.lowWater)
        #expect(await client.drained == 1)
        await client.close()
    }

    @Test func `a paused reader gets nothing, and everything after it resumes`() async throws {
        let count = 4_000_000
        let server = try FakeServer { peer, _ in
            _ = try peer.read(1)
            try peer.write([UInt8](repeating: 9, count: count))
        }
        defer { server.stop() }
        let client = try await TestClient.open(
            .tcp(host: "127.0.0.1", port: server.port), reading: false)
        await client.send([0])
        try await Task.sleep(for: .milliseconds(100))
        #expect(await client.received.isEmpty)
        await client.resume()
        #expect(await client.receive(count).count == count)
        #expect(await client.waitForEnd() == nil)
    }

    @Test func `a write to a peer that is gone ends the channel and not the process`() async throws
    {
        let server = try FakeServer { peer, _ in
            _ = try peer.read(1)
            peer.resetAtEnd()
        }
        defer { server.stop() }
        let client = try await TestClient.open(
            .tcp(host: "127.0.0.1", port: server.port), reading: false)
        await client.send([0])
        try await Task.sleep(for: .milliseconds(50))
        for _ in 0..<3 { await client.send([UInt8](repeating: 0, count: 100_000)) }
        #expect(await client.waitForEnd()?.code == .connectionLost)
        #expect(await client.pending == 0)
    }

    @Test func `the last words of a server are read though writing failed`() async throws {
        let server = try FakeServer { peer, _ in try peer.write(Array("FATAL".utf8)) }
        defer { server.stop() }
        let client = try await TestClient.open(
            .tcp(host: "127.0.0.1", port: server.port), reading: false)
        try await Task.sleep(for: .milliseconds(50))
        await client.resume()
        for _ in 0..<3 { await client.send([0]) }
        _ = await client.waitForEnd()
        #expect(await client.received == Array("FATAL".utf8))
    }

    @Test func `a silent peer is given up at the deadline of the caller`() async throws {
        let server = try FakeServer { peer, _ in try peer.drain() }
        defer { server.stop() }
        let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: server.port))
        await client.send([1])
        let start = ContinuousClock.now
        client.loop.schedule(after: .milliseconds(100)) {
            client.assumeIsolated { $0.channel.close() }
        }
        while await !client.isClosed { await Task.yield() }
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}

/// Lets a script's thread wait for the test.
final class Gate: Sendable {
    private let pipes: (Int32, Int32)

    init() {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        pipes = (ends[0], ends[1])
    }

    deinit {
        close(pipes.0)
        close(pipes.1)
    }

    func open() { _ = write(pipes.1, "x", 1) }

    func wait() {
        var byte: UInt8 = 0
        _ = read(pipes.0, &byte, 1)
    }
}
