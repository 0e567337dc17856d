import Glibc
import PGWire
import Synchronization
import TestSupport
import Testing

/// Cancelling a COPY at the moments where it is hard: before the server has opened it, and while the
/// connection ends.
@Suite(.timeLimit(.minutes(1)))
struct CopyCancellationTests {
    private static let login: [UInt8] =
        Golden.frame("R", [0, 0, 0, 0])
        + Golden.frame("S", Golden.zeroed("server_version", "15.1"))
        + Golden.frame("K", [0, 0, 0, 1, 1, 2, 3, 4]) + Golden.frame("Z", Array("I".utf8))

    private static func readMessage(_ peer: FakeServer.Peer, typed: Bool) throws {
        let head = try peer.read(typed ? 5 : 4)
        _ = try peer.read(head.suffix(4).reduce(0) { $0 << 8 | Int($1) } - 4)
    }

    private static func fields(_ fields: [(Character, String)]) -> [UInt8] {
        fields.flatMap { [$0.0.asciiValue ?? 0] + Array($0.1.utf8) + [0] } + [0]
    }

    private func connect(_ server: FakeServer) async throws -> PGConnection {
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "u", database: "d")
        configuration.sslMode = .disable
        return try await PGConnection.connect(configuration)
    }

    /// Set by one script, waited for by another.
    private final class Flag: Sendable {
        private let state = Atomic(false)
        func set() { state.store(true, ordering: .releasing) }
        func wait() { while !state.load(ordering: .acquiring) { usleep(1000) } }
    }

    @Test func `a cancel request that outlives the connection keeps nobody waiting`() async throws {
        let cancelCame = Flag()
        let connectionLost = Flag()
        let server = try FakeServer { peer, number in
            guard number == 0 else {
                _ = try peer.read(16)
                cancelCame.set()
                return connectionLost.wait()
            }
            try Self.readMessage(peer, typed: false)
            try peer.write(Self.login)
            try Self.readMessage(peer, typed: true)
            try peer.write(
                Golden.frame("H", [0, 0, 0]) + Golden.frame("d", Array("one\n".utf8)))
            cancelCame.wait()
        }
        let connection = try await connect(server)
        let error = await #expect(throws: PGError.self) {
            try await connection.copyOut("COPY t TO STDOUT") { copy in
                let first = try await copy.next()
                #expect(first?.rowCount == 1)
                async let cancelled: Void = connection.cancelRunningStatement()
                let lost = try? await copy.next()
                #expect(lost == nil)
                connectionLost.set()
                await cancelled
                _ = try await copy.next()
            }
        }
        #expect(error?.code == .connectionLost)
    }

    /// A server that opens the COPY only when the cancel request has come, as one does that is busy.
    private func opensLate(_ direction: Character, thenReads: Bool) throws -> FakeServer {
        let cancelCame = Flag()
        return try FakeServer { peer, number in
            guard number == 0 else {
                _ = try peer.read(16)
                return cancelCame.set()
            }
            try Self.readMessage(peer, typed: false)
            try peer.write(Self.login)
            try Self.readMessage(peer, typed: true)
            cancelCame.wait()
            try peer.write(Golden.frame(direction, [0, 0, 0]))
            // More than the client keeps and than the kernel's buffers hold: a server that cannot
            // send does not look at cancel requests, and neither does one that waits for data.
            if thenReads {
                try Self.readMessage(peer, typed: true)
            } else {
                let row = Golden.frame("d", [UInt8](repeating: 0x77, count: 65_000))
                for _ in 0..<400 { try peer.write(row) }
            }
            try peer.write(
                Golden.frame(
                    "E", Self.fields([("S", "ERROR"), ("C", "57014"), ("M", "canceled")]))
                    + Golden.frame("Z", Array("I".utf8)))
            try Self.readMessage(peer, typed: true)
            try peer.write(
                Golden.frame("C", Golden.zeroed("SET")) + Golden.frame("Z", Array("I".utf8)))
            try? peer.drain()
        }
    }

    @Test func `a COPY that opens after it was cancelled is dropped, the connection goes on`()
        async throws
    {
        for isOut in [true, false] {
            let server = try opensLate(isOut ? "H" : "G", thenReads: !isOut)
            let connection = try await connect(server)
            let task = Task {
                if isOut {
                    try await connection.copyOut("COPY t TO STDOUT") { _ in }
                } else {
                    _ = try await connection.copyIn("COPY t FROM STDIN") { _ in }
                }
            }
            try await Task.sleep(for: .milliseconds(50))
            task.cancel()
            let error = await #expect(throws: PGError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(connection.isOpen)
            try await connection.execute("SET x = 1")
            await connection.close()
            #expect(server.failures.isEmpty)
        }
    }

    @Test func `a cancel request that the server misses is sent again`() async throws {
        let heard = Flag()
        let server = try FakeServer { peer, number in
            // Each request has a connection of its own; the first two come too early.
            guard number == 0 else {
                _ = try peer.read(16)
                if number == 3 { heard.set() }
                return
            }
            try Self.readMessage(peer, typed: false)
            try peer.write(Self.login)
            try Self.readMessage(peer, typed: true)
            heard.wait()
            try peer.write(
                Golden.frame(
                    "E", Self.fields([("S", "ERROR"), ("C", "57014"), ("M", "canceled")]))
                    + Golden.frame("Z", Array("I".utf8)))
            try? peer.drain()
        }
        let connection = try await connect(server)
        let error = await #expect(throws: PGError.self) {
            try await connection.execute("SELECT 1", timeout: .milliseconds(20))
        }
        #expect(error?.code == .timedOut)
        #expect(connection.isOpen)
        #expect(server.accepted == 4)
        await connection.close()
    }
}
