import Glibc
import TestSupport
import Testing

@testable import PGWire

/// Whatever a server says, and wherever: an error within its time, no trap, no hang, no memory without bound.
@Suite(.timeLimit(.minutes(3)))
struct HostilePeersTests {
    private let server: HostileServer
    init() throws { server = try HostileServer() }

    /// Every conversation ends with an error, soon; the server has closed, so no clock is needed.
    private func expectErrors(
        _ stage: HostileStage, _ conversations: [[[UInt8]]], _ what: String
    ) async {
        for (number, pieces) in conversations.enumerated() {
            let (error, time) = await server.meet(stage, pieces)
            let isFine = error != nil && time < .seconds(4)
            if !isFine {
                Issue.record(
                    "\(what) \(number) while \(stage.rawValue): \(String(describing: error)), \(time)"
                )
            }
        }
    }

    @Test(arguments: HostileStage.allCases)
    func `a length that cannot be is refused`(_ stage: HostileStage) async {
        let lengths: [[UInt8]] = [
            [0, 0, 0, 0], [0, 0, 0, 3], [0x80, 0, 0, 0], [0xff, 0xff, 0xff, 0xff],
            [0x7f, 0xff, 0xff, 0xff], [0x40, 0, 0, 1],
        ]
        let types = stage == .startup ? Array("RKSEZDTCdGHNAvXx\0".utf8) : Array("RDdZE".utf8)
        var conversations: [[[UInt8]]] = []
        for type in types {
            for length in lengths { conversations.append([[type] + length + [1, 2, 3, 4, 5]]) }
        }
        await expectErrors(stage, conversations, "length")
    }

    @Test(arguments: HostileStage.allCases)
    func `a message that may not come here is an error or does no harm`(_ stage: HostileStage) async
    {
        await expectErrors(stage, Golden.messages.map { [$0.bytes] }, "message")
    }

    @Test(arguments: HostileStage.allCases)
    func `a payload that is too short or too long is refused`(_ stage: HostileStage) async {
        var conversations: [[[UInt8]]] = []
        for (bytes, _) in Golden.messages {
            guard let type = bytes.first else { continue }
            let letter = Character(UnicodeScalar(type))
            let payload = Array(bytes.dropFirst(5))
            conversations.append([Golden.frame(letter, payload + [0])])
            if !payload.isEmpty {
                conversations.append([Golden.frame(letter, Array(payload.dropLast()))])
            }
        }
        await expectErrors(stage, conversations, "payload")
    }

    @Test(arguments: HostileStage.allCases)
    func `an answer that breaks off at any byte, comes twice or in pieces is an error`(
        _ stage: HostileStage
    ) async {
        let answer = stage.answer
        await expectErrors(stage, (0..<answer.count).map { [Array(answer[..<$0])] }, "cut")
        await expectErrors(
            stage, [[answer, answer], answer.map { [$0] }, [answer + answer + answer]], "doubled")
    }

    @Test(arguments: HostileStage.allCases)
    func `random messages and random bytes are an error`(_ stage: HostileStage) async {
        let seed = UInt64.random(in: 0 ... .max)
        print("\(stage.rawValue): seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let conversations = (0..<60).map { round -> [[UInt8]] in
            if round.isMultiple(of: 2) {
                let count = Int.random(in: 1...64, using: &generator)
                return [(0..<count).map { _ in .random(in: 0 ... .max, using: &generator) }]
            }
            return (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                Golden.messages.randomElement(using: &generator)?.bytes ?? []
            }
        }
        await expectErrors(stage, conversations, "random \(seed)")
    }

    // MARK: SCRAM

    private func scram(_ text: String) -> [UInt8] {
        Golden.frame("R", [0, 0, 0, 11] + Array(text.utf8))
    }

    @Test(
        arguments: [
            "r=other,s=QUJD,i=4096", "r=,s=,i=", "r=x,s=QUJD,i=1000000000", "e=other-error", "",
        ])
    func `a server that cheats in SCRAM is refused before any work`(_ first: String) async {
        let (error, time) = await server.meet(.scramBegun, [scram(first)])
        #expect(error?.code == .authenticationFailed)
        #expect(time < .seconds(1))
    }

    @Test func `10^9 iterations behind the right nonce are refused at once`() async throws {
        let server = try FakeServer { peer, _ in
            try HostileStage.readMessage(peer, typed: false)
            try peer.write(
                Golden.frame("R", [0, 0, 0, 10] + Golden.zeroed("SCRAM-SHA-256") + [0]))
            let first = String(decoding: try HostileStage.readMessage(peer), as: UTF8.self)
            let nonce = first.split(separator: "r=").last.map(String.init) ?? ""
            try peer.write(
                Golden.frame(
                    "R", [0, 0, 0, 11] + Array("r=\(nonce)x,s=QUJD,i=1000000000".utf8)))
            try? peer.drain()
        }
        let start = ContinuousClock.now
        let error = await HostileStage.scramBegun.use(server.port)
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("1000000000 iterations") == true)
        #expect(ContinuousClock.now - start < .seconds(1))
    }

    @Test(arguments: ["v=QUJD", "v=", "e=invalid-proof", "x", ""])
    func `a server that cannot prove itself is refused`(_ final: String) async {
        let (error, _) = await server.meet(
            .scramProved, [Golden.frame("R", [0, 0, 0, 12] + Array(final.utf8))])
        #expect(error?.code == .authenticationFailed)
        let (skipped, _) = await server.meet(.scramProved, [Golden.frame("R", [0, 0, 0, 0])])
        #expect(skipped?.code == .protocolViolation)
    }

    // MARK: TLS

    @Test func `anything but one byte is no answer to the request for TLS`() async {
        let hello: [UInt8] = [0x16, 3, 3, 0, 2, 1, 2]
        let refusal = Golden.frame(
            "E", [83] + Golden.zeroed("FATAL") + [77] + Golden.zeroed("hi") + [0])
        for pieces in [
            [Array("S".utf8) + hello], [Array("SS".utf8)], [Array("X".utf8)], [[0]], [refusal],
            [Array("S".utf8), Array("plain".utf8)], [Array("S".utf8), hello], [Array("N".utf8)],
        ] {
            let (error, time) = await server.meet(.tlsAnswer, pieces)
            #expect(error?.code == .tlsFailed, "\(pieces): \(String(describing: error))")
            #expect(time < .seconds(2))
        }
    }

    // MARK: What is left behind

    private static func descriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }

    @Test func `no conversation leaves a descriptor behind`() async throws {
        func meetAll() async {
            for stage in HostileStage.allCases {
                for pieces in [[[0xff]], [stage.answer], [Array(stage.answer.dropLast())]] {
                    _ = await server.meet(stage, pieces)
                }
            }
        }
        await meetAll()
        let before = Self.descriptors()
        for _ in 0..<3 { await meetAll() }
        // The server's threads close theirs in their own time.
        for _ in 0..<100 where Self.descriptors() > before {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(Self.descriptors() <= before)
    }

    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let words = String(
            decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self
        )
        .split(separator: " ")
        return (Int(words[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    @Test(arguments: ["notices", "settings", "notifications", "chunks", "login"])
    func `a server that never stops talking does not fill the memory`(_ kind: String) async throws {
        let body = [UInt8](repeating: 120, count: 1000)
        let server = try FakeServer(patience: 3) { peer, _ in
            if HostileServer.isCancel(peer) { return }
            try (kind == "login" ? HostileStage.startup : .copyOut).behave(peer)
            var number = 0
            // More than the memory may grow by; ends when the client is gone.
            while number < 200_000 {
                var batch: [UInt8] = []
                for _ in 0..<100 {
                    number += 1
                    switch kind {
                    case "notices", "login": batch += Golden.frame("N", [77] + body + [0, 0])
                    case "settings":
                        batch += Golden.frame("S", Golden.zeroed("name\(number)") + body + [0])
                    case "notifications":
                        batch += Golden.frame("A", [0, 0, 0, 1] + Golden.zeroed("c") + body + [0])
                    default: batch += Golden.frame("d", body)
                    }
                }
                do { try peer.write(batch) } catch { return }
            }
        }
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "u", database: "d")
        configuration.sslMode = .disable
        configuration.connectTimeout = .seconds(1)
        let before = Self.residentBytes()
        if kind == "login" {
            let error = await #expect(throws: PGError.self) {
                _ = try await PGConnection.connect(configuration)
            }
            #expect(error?.code == .timedOut || error?.code == .connectionLost)
        } else {
            let connection = try await PGConnection.connect(configuration)
            // The caller takes one chunk and then its time.
            await #expect(throws: (any Error).self) {
                try await connection.copyOut("COPY t TO STDOUT") { copy in
                    if kind == "chunks" { _ = try await copy.next() }
                    try await Task.sleep(for: .seconds(1))
                    await connection.close()
                    throw CancellationError()
                }
            }
        }
        let grown = Self.residentBytes() - before
        #expect(grown < 48 << 20, "\(kind): \(grown >> 20) MiB")
    }
}
