import Glibc
import PGWire
import Synchronization
import TestSupport
import Testing

/// Servers that break off, stay silent, or say what nobody may say.
@Suite(.timeLimit(.minutes(2)))
struct HostileServerTests {
    private func configuration(_ server: FakeServer) -> PGConfiguration {
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "u", database: "d",
            password: "p")
        configuration.sslMode = .disable
        configuration.connectTimeout = .seconds(5)
        return configuration
    }

    /// A login without a password, and the answer to one query.
    private static let conversation: [UInt8] =
        Golden.frame("R", [0, 0, 0, 0])
        + Golden.frame("S", Golden.zeroed("server_version", "15.1"))
        + Golden.frame("K", [0, 0, 0, 1, 1, 2, 3, 4]) + Golden.frame("Z", Array("I".utf8))

    private static let answer: [UInt8] =
        Golden.frame("C", Golden.zeroed("SET")) + Golden.frame("Z", Array("I".utf8))

    private static func readMessage(_ peer: FakeServer.Peer, typed: Bool) throws {
        let head = try peer.read(typed ? 5 : 4)
        let length = head.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        _ = try peer.read(length - 4)
    }

    @Test func `a server that closes at any byte is an error and never a hang`() async throws {
        let login = Self.conversation
        let all = login + Self.answer
        for cut in stride(from: 0, to: all.count, by: 3) {
            let server = try FakeServer { peer, _ in
                try Self.readMessage(peer, typed: false)
                try peer.write(Array(all[..<min(cut, login.count)]))
                guard cut > login.count else { return }
                try Self.readMessage(peer, typed: true)
                try peer.write(Array(all[login.count..<cut]))
            }
            let error = await #expect(throws: PGError.self) {
                let connection = try await PGConnection.connect(configuration(server))
                try await connection.execute("SET x = 1")
            }
            #expect(error?.code == .connectionLost)
        }
    }

    @Test func `a silent server runs into the time to connect`() async throws {
        let server = try FakeServer { peer, _ in try? peer.drain() }
        for mode in [PGConfiguration.SSLMode.disable, .prefer] {
            var configuration = configuration(server)
            configuration.connectTimeout = .milliseconds(200)
            configuration.sslMode = mode
            let start = ContinuousClock.now
            let error = await #expect(throws: PGError.self) {
                _ = try await PGConnection.connect(configuration)
            }
            #expect(error?.code == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(4))
        }
    }

    @Test func `prefer goes on in plain where the server has no TLS, require does not`()
        async throws
    {
        let server = try FakeServer { peer, _ in
            _ = try peer.read(8)
            try peer.write(Array("N".utf8))
            try Self.readMessage(peer, typed: false)
            try peer.write(Self.conversation)
            try? peer.drain()
        }
        var configuration = configuration(server)
        configuration.sslMode = .prefer
        let connection = try await PGConnection.connect(configuration)
        #expect(connection.serverVersion == 150_001)
        await connection.close()
        configuration.sslMode = .require
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration)
        }
        #expect(error?.code == .tlsFailed)
    }

    @Test func `bytes between the answer and the TLS handshake are refused`() async throws {
        let server = try FakeServer { peer, _ in
            _ = try peer.read(8)
            try peer.write(Array("S".utf8) + Self.conversation)
            try? peer.drain()
        }
        var configuration = configuration(server)
        configuration.sslMode = .require
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration)
        }
        #expect(error?.code == .tlsFailed)
    }

    @Test func `a server that sends an absurd length is refused`() async throws {
        let server = try FakeServer { peer, _ in
            try Self.readMessage(peer, typed: false)
            try peer.write(Self.conversation)
            try Self.readMessage(peer, typed: true)
            try peer.write(Array("D".utf8) + [0x7f, 0xff, 0xff, 0xff])
            try? peer.drain()
        }
        let connection = try await PGConnection.connect(configuration(server))
        let error = await #expect(throws: PGError.self) { try await connection.execute("SELECT 1") }
        #expect(error?.code == .protocolViolation)
        #expect(!connection.isOpen)
    }
}

/// Protocol 3.2 and what it brings.
@Suite(.timeLimit(.minutes(1)))
struct ProtocolVersionTests {
    private final class Seen: Sendable {
        let messages = Mutex<[[UInt8]]>([])
    }

    /// A server that gives a cancel key of some bytes, and keeps what it is asked.
    private func server(key: [UInt8], negotiation: [UInt8] = [], _ seen: Seen) throws -> FakeServer
    {
        try FakeServer { peer, _ in
            let length = try peer.read(4).reduce(0) { $0 << 8 | Int($1) }
            let message = try peer.read(length - 4)
            seen.messages.withLock { $0.append(message) }
            guard message.starts(with: [0, 3]) else { return }
            try peer.write(
                negotiation + Golden.frame("R", [0, 0, 0, 0])
                    + Golden.frame("K", [0, 0, 0, 7] + key) + Golden.frame("Z", Array("I".utf8)))
            try HostileStage.readMessage(peer)
            while seen.messages.withLock({ $0.count < 2 }) { usleep(1000) }
            try peer.write(
                Golden.frame(
                    "E", [83] + Golden.zeroed("ERROR") + [67] + Golden.zeroed("57014") + [0])
                    + Golden.frame("Z", Array("I".utf8)))
            try? peer.drain()
        }
    }

    @Test(arguments: [4, 5, 32, 255, 256])
    func `a cancel key goes back as it came`(_ count: Int) async throws {
        let seen = Seen()
        let key = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let server = try server(key: key, seen)
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "u", database: "d")
        configuration.sslMode = .disable
        configuration.maxProtocolVersion = .v3_2
        let connection = try await PGConnection.connect(configuration)
        let error = await #expect(throws: PGError.self) {
            try await connection.execute("SELECT pg_sleep(60)", timeout: .milliseconds(50))
        }
        #expect(error?.code == .timedOut)
        await connection.close()
        let messages = seen.messages.withLock { $0 }
        #expect(messages[0].starts(with: [0, 3, 0, 2]))
        #expect(messages[1] == [0x04, 0xd2, 0x16, 0x2e, 0, 0, 0, 7] + key)
    }

    @Test(arguments: [0, 3, 257, 1000])
    func `a cancel key of another length is refused`(_ count: Int) async throws {
        let server = try server(key: [UInt8](repeating: 1, count: count), Seen())
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "u", database: "d")
        configuration.sslMode = .disable
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration)
        }
        #expect(error?.code == .protocolViolation)
    }

    @Test func `a server may bring the version down and name options it does not know`()
        async throws
    {
        let seen = Seen()
        let server = try server(
            key: [1, 2, 3, 4],
            negotiation: Golden.frame("v", [0, 3, 0, 0, 0, 0, 0, 1] + Golden.zeroed("_pq_.x")), seen
        )
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "u", database: "d")
        configuration.sslMode = .disable
        configuration.maxProtocolVersion = .v3_2
        let connection = try await PGConnection.connect(configuration)
        await connection.close()
        // Asked for 3.0, nothing is to be negotiated down, but 3.0 itself may be confirmed.
        configuration.maxProtocolVersion = .v3_0
        try await PGConnection.connect(configuration).close()
        #expect(
            seen.messages.withLock { $0.map { Array($0.prefix(4)) } } == [
                [0, 3, 0, 2], [0, 3, 0, 0],
            ])
    }
}
