import Synchronization
import TestSupport

@testable import PGWire

/// How far a scripted server behaves before it turns hostile.
enum HostileStage: String, CaseIterable, Sendable {
    case startup, passwordSent, md5Sent, scramBegun, scramProved, authenticated, idle, simple, rows,
        extended, copyOut, copyOutData, copyIn, copyInEnded, tlsAnswer, cancelling

    /// Whether the login is complete before the server turns.
    var isLoggedIn: Bool {
        switch self {
        case .startup, .passwordSent, .md5Sent, .scramBegun, .scramProved, .authenticated,
            .tlsAnswer:
            false
        case .idle, .simple, .rows, .extended, .copyOut, .copyOutData, .copyIn, .copyInEnded,
            .cancelling:
            true
        }
    }

    // MARK: The server's side

    private static let ready = Golden.frame("Z", Array("I".utf8))
    private static let welcome: [UInt8] =
        Golden.frame("R", [0, 0, 0, 0])
        + Golden.frame("S", Golden.zeroed("server_version", "15.1"))
        + Golden.frame("K", [0, 0, 0, 1, 1, 2, 3, 4]) + ready
    private static let columns = Golden.frame(
        "T",
        [0, 1] + Golden.zeroed("id") + [0, 0, 0, 1, 0, 2, 0, 0, 0, 23, 0, 4]
            + [255, 255, 255, 255, 0, 0])

    /// Reads one message; with `typed` false, one of before the login.
    @discardableResult
    static func readMessage(_ peer: FakeServer.Peer, typed: Bool = true) throws -> [UInt8] {
        let head = try peer.read(typed ? 5 : 4)
        let length = head.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        return try peer.read(length - 4)
    }

    /// Brings a connection to where the server turns.
    func behave(_ peer: FakeServer.Peer) throws {
        if self == .tlsAnswer {
            _ = try peer.read(8)
            return
        }
        try Self.readMessage(peer, typed: false)
        switch self {
        case .startup, .tlsAnswer: return
        case .passwordSent:
            try peer.write(Golden.frame("R", [0, 0, 0, 3]))
            try Self.readMessage(peer)
        case .md5Sent:
            try peer.write(Golden.frame("R", [0, 0, 0, 5, 1, 2, 3, 4]))
            try Self.readMessage(peer)
        case .scramBegun, .scramProved:
            try peer.write(
                Golden.frame("R", [0, 0, 0, 10] + Golden.zeroed("SCRAM-SHA-256") + [0]))
            let first = String(decoding: try Self.readMessage(peer), as: UTF8.self)
            guard self == .scramProved else { return }
            let nonce = first.split(separator: "r=").last.map(String.init) ?? ""
            try peer.write(
                Golden.frame("R", [0, 0, 0, 11] + Array("r=\(nonce)x,s=QUJD,i=1".utf8)))
            try Self.readMessage(peer)
        case .authenticated:
            try peer.write(Golden.frame("R", [0, 0, 0, 0]))
        case .idle: try peer.write(Self.welcome)
        case .simple, .extended, .rows, .copyOut, .copyOutData, .copyIn, .copyInEnded, .cancelling:
            try peer.write(Self.welcome)
            try Self.readMessage(peer)
            switch self {
            case .rows: try peer.write(Self.columns + Golden.frame("D", [0, 1, 0, 0, 0, 1, 55]))
            case .copyOut: try peer.write(Golden.frame("H", [0, 0, 1, 0, 0]))
            case .copyOutData:
                try peer.write(Golden.frame("H", [0, 0, 1, 0, 0]) + Golden.frame("d", [49, 10]))
            case .copyIn: try peer.write(Golden.frame("G", [0, 0, 1, 0, 0]))
            case .copyInEnded:
                try peer.write(Golden.frame("G", [0, 0, 1, 0, 0]))
                while try peer.read(1) != [UInt8(ascii: "c")] { try Self.readRest(peer) }
            default: break
            }
        }
    }

    private static func readRest(_ peer: FakeServer.Peer) throws {
        let length = try peer.read(4).reduce(0) { $0 << 8 | Int($1) }
        _ = try peer.read(length - 4)
    }

    /// What a well-meaning server would say next.
    var answer: [UInt8] {
        let done = Golden.frame("C", Golden.zeroed("SELECT 1")) + Self.ready
        switch self {
        case .startup, .passwordSent, .md5Sent: return Self.welcome
        case .scramBegun: return Golden.frame("R", [0, 0, 0, 11] + Array("r=x,s=QUJD,i=1".utf8))
        case .scramProved: return Golden.frame("R", [0, 0, 0, 12] + Array("v=QUJD".utf8))
        case .authenticated: return Golden.frame("K", [0, 0, 0, 1, 1, 2, 3, 4]) + Self.ready
        case .idle: return Golden.frame("A", [0, 0, 0, 9] + Golden.zeroed("ch", "payload"))
        case .simple, .cancelling:
            return Self.columns + Golden.frame("D", [0, 1, 0, 0, 0, 1, 55]) + done
        case .rows: return Golden.frame("D", [0, 1, 255, 255, 255, 255]) + done
        case .extended:
            return Golden.frame("1", []) + Golden.frame("2", []) + Self.columns
                + Golden.frame("D", [0, 1, 0, 0, 0, 1, 55]) + done
        case .copyOut, .copyOutData:
            return Golden.frame("d", [49, 10]) + Golden.frame("c", []) + done
        case .copyIn:
            return Golden.frame(
                "E", [83] + Golden.zeroed("ERROR") + [67] + Golden.zeroed("22000") + [0])
                + Self.ready
        case .copyInEnded: return done
        case .tlsAnswer: return Array("S".utf8)
        }
    }

    // MARK: The client's side

    /// Uses a connection until it breaks, which a server that closes makes sure of.
    ///
    /// - Returns: the error that ended it; nil where none did.
    func use(_ port: Int) async -> PGError? {
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: port), user: "u", database: "d", password: "p")
        configuration.sslMode = self == .tlsAnswer ? .require : .disable
        configuration.connectTimeout = .seconds(5)
        do throws(PGError) {
            let connection = try await PGConnection.connect(configuration)
            for _ in 0..<3 { try await request(connection) }
            await connection.close()
            return nil
        } catch {
            return error
        }
    }

    private func request(_ connection: PGConnection) async throws(PGError) {
        do {
            switch self {
            case .extended: _ = try await connection.query("SELECT 1")
            case .copyOut, .copyOutData:
                try await connection.copyOut("COPY t TO STDOUT") { copy in
                    while try await copy.next() != nil {}
                }
            case .copyIn, .copyInEnded:
                _ = try await connection.copyIn("COPY t FROM STDIN") { copy in
                    try await copy.write([49, 10])
                }
            case .cancelling:
                try await connection.execute("SELECT 1", timeout: .milliseconds(1))
            default: try await connection.execute("SELECT 1")
            }
        } catch let error as PGError {
            // The server's own refusal leaves the connection open; the next request tells.
            if connection.isOpen { return }
            throw error
        } catch {
            throw PGError(.misuse, "no error of ours: \(error)")
        }
    }
}

/// A server that is told for each connection how far to behave and what to say then.
///
/// Connections that begin with a CancelRequest are closed at once.
final class HostileServer: Sendable {
    private struct Turn {
        var stage = HostileStage.startup
        var pieces: [[UInt8]] = []
    }
    private final class Plan: Sendable {
        let turn = Mutex(Turn())
    }

    private let plan: Plan
    private let server: FakeServer

    init() throws {
        let plan = Plan()
        self.plan = plan
        server = try FakeServer(patience: 10) { peer, _ in
            let (stage, pieces) = plan.turn.withLock { ($0.stage, $0.pieces) }
            // SSLRequest is expected where TLS is; CancelRequest comes with the same length of 16.
            if stage != .tlsAnswer, Self.isCancel(peer) { return }
            try stage.behave(peer)
            // The client may have enough before it has heard everything.
            for piece in pieces { try? peer.write(piece) }
            peer.endWriting()
            // What the client still says must not become a reset that overtakes our bytes.
            try? peer.drain()
        }
    }

    deinit { server.stop() }

    /// Whether a connection is there to cancel another.
    static func isCancel(_ peer: FakeServer.Peer) -> Bool {
        var head = [UInt8](repeating: 0, count: 8)
        for _ in 0..<200 {
            let count = peer.peek(&head)
            if count == 8 || count == 0 { break }
        }
        return head[4...7].elementsEqual([0x04, 0xd2, 0x16, 0x2e])
    }

    /// Where clients did not follow as far as the server behaved.
    var failures: [String] { server.failures }

    /// One conversation; what ended it, and how long it took.
    func meet(_ stage: HostileStage, _ pieces: [[UInt8]]) async -> (error: PGError?, time: Duration)
    {
        plan.turn.withLock { $0 = Turn(stage: stage, pieces: pieces) }
        let start = ContinuousClock.now
        let error = await stage.use(server.port)
        return (error, .now - start)
    }
}
