import Testing

@testable import PGWire

/// One message of each kind, with its bytes as a server sends them.
enum Golden {
    static func frame(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [type.asciiValue ?? 0]
        bytes.append(bigEndian: UInt32(payload.count + 4))
        return bytes + payload
    }

    static func zeroed(_ texts: String...) -> [UInt8] { texts.flatMap { Array($0.utf8) + [0] } }

    static let messages: [(bytes: [UInt8], message: BackendMessage)] = [
        (frame("R", [0, 0, 0, 0]), .authentication(.ok)),
        (frame("R", [0, 0, 0, 3]), .authentication(.cleartextPassword)),
        (frame("R", [0, 0, 0, 5, 1, 2, 3, 4]), .authentication(.md5Password(salt: [1, 2, 3, 4]))),
        (
            frame("R", [0, 0, 0, 10] + zeroed("SCRAM-SHA-256") + [0]),
            .authentication(.sasl(mechanisms: ["SCRAM-SHA-256"]))
        ),
        (frame("R", [0, 0, 0, 11, 65]), .authentication(.saslContinue([65]))),
        (frame("R", [0, 0, 0, 12, 66]), .authentication(.saslFinal([66]))),
        (frame("R", [0, 0, 0, 7]), .authentication(.unsupported(7))),
        (frame("S", zeroed("TimeZone", "UTC")), .parameterStatus(name: "TimeZone", value: "UTC")),
        (
            frame("K", [0, 0, 0, 9, 1, 2, 3, 4]),
            .backendKeyData(CancelKey(processID: 9, secret: [1, 2, 3, 4]))
        ),
        (
            frame("v", [0, 3, 0, 0, 0, 0, 0, 1] + zeroed("_pq_.x")),
            .negotiateProtocolVersion(0x30000, unknown: ["_pq_.x"])
        ),
        (frame("Z", Array("T".utf8)), .readyForQuery(.inTransaction)),
        (
            frame(
                "T",
                [0, 1] + zeroed("id") + [0, 0, 0, 1, 0, 2, 0, 0, 0, 23, 0, 4]
                    + [255, 255, 255, 255, 0, 0]),
            .rowDescription([
                PGColumn(name: "id", typeOID: 23, tableOID: 1, tableColumn: 2, typeSize: 4)
            ])
        ),
        (
            frame("D", [0, 3, 0, 0, 0, 1, 55, 255, 255, 255, 255, 0, 0, 0, 0]),
            .dataRows(RowBlock(fields: [[55], nil, []]))
        ),
        (frame("C", zeroed("SELECT 1")), .commandComplete("SELECT 1")),
        (frame("I", []), .emptyQueryResponse), (frame("1", []), .parseComplete),
        (frame("2", []), .bindComplete), (frame("3", []), .closeComplete),
        (frame("n", []), .noData), (frame("s", []), .portalSuspended),
        (frame("t", [0, 1, 0, 0, 0, 23]), .parameterDescription([23])),
        (frame("H", [0, 0, 1, 0, 0]), .copyOutResponse),
        (frame("G", [0, 0, 1, 0, 0]), .copyInResponse),
        (frame("W", [0, 0, 0]), .copyBothResponse),
        (frame("c", []), .copyDone),
        (
            frame("A", [0, 0, 0, 9] + zeroed("ch", "payload")),
            .notificationResponse(PGNotification(processID: 9, channel: "ch", payload: "payload"))
        ),
        (
            frame("E", Array("S".utf8) + zeroed("ERROR") + Array("C".utf8) + zeroed("42P01") + [0]),
            .errorResponse(PGServerError(fields: [83: "ERROR", 67: "42P01"]))
        ),
        (
            frame("N", Array("M".utf8) + zeroed("hm") + [0]),
            .noticeResponse(PGServerError(fields: [77: "hm"]))
        ),
    ]
}

struct CodecTests {
    private func decode(_ pieces: [[UInt8]]) throws -> [BackendMessage] {
        var decoder = BackendDecoder()
        var messages: [BackendMessage] = []
        for piece in pieces {
            piece.withUnsafeBytes { decoder.feed($0) }
            while let message = try decoder.next() { messages.append(message) }
        }
        return messages
    }

    @Test func `every message is understood, cut at every byte`() throws {
        let all = Golden.messages.flatMap(\.bytes)
        let expected = Golden.messages.map(\.message)
        #expect(try decode([all]) == expected)
        #expect(try decode(all.map { [$0] }) == expected)
        for cut in 0...all.count {
            #expect(try decode([Array(all[..<cut]), Array(all[cut...])]) == expected)
        }
    }

    @Test func `a message with bytes missing or too many is refused`() throws {
        for (bytes, message) in Golden.messages {
            // A step of SASL is whatever it is, and a salted method carries what it likes.
            switch message {
            case .authentication(.saslContinue), .authentication(.saslFinal),
                .authentication(.unsupported), .backendKeyData:
                continue
            default: break
            }
            let type = Character(UnicodeScalar(bytes[0]))
            let payload = Array(bytes[5...])
            #expect(throws: PGError.self) {
                _ = try decode([Golden.frame(type, payload + [0, 0])])
            }
            guard !payload.isEmpty else { continue }
            #expect(throws: PGError.self) {
                _ = try decode([Golden.frame(type, Array(payload.dropLast()))])
            }
        }
    }

    @Test(
        arguments: [
            [0xff, 0xff, 0xff, 0xff], [0x80, 0, 0, 0], [0x7f, 0xff, 0xff, 0xff], [0, 0, 0, 3],
            [0, 0, 0, 0],
        ] as [[UInt8]])
    func `a length that cannot be is refused with the first five bytes`(_ length: [UInt8]) {
        let error = #expect(throws: PGError.self) {
            _ = try decode([[UInt8(ascii: "D")] + length])
        }
        #expect(error?.code == .protocolViolation)
    }

    @Test func `copy data in a row become one chunk and lose nothing`() throws {
        var bytes: [UInt8] = []
        var expected: [UInt8] = []
        for number in 0..<10_000 {
            let row = Array("\(number)\n".utf8)
            expected += row
            bytes += Golden.frame("d", row)
        }
        bytes += Golden.frame("c", [])
        for size in [bytes.count, 1000, 7] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            var got: [UInt8] = []
            var rows = 0
            let messages = try decode(pieces)
            for message in messages {
                if case .copyData(let payload, let count) = message {
                    got += payload
                    rows += count
                }
            }
            #expect(rows == 10_000)
            #expect(got == expected)
            #expect(messages.last == .copyDone)
        }
    }

    @Test func `random bytes are refused and never trap`() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed of the random bytes: \(seed)")
        var generator = SplitMix(state: seed)
        for _ in 0..<3000 {
            var bytes = Golden.messages.randomElement(using: &generator)?.bytes ?? []
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[index] = UInt8.random(in: 0...255, using: &generator)
            }
            let noise = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var session = Session(login: Login(user: "u", password: "p", nonce: "n"))
            for message in (try? decode([bytes, noise])) ?? [] { _ = session.receive(message) }
        }
    }

    @Test func `a request has the bytes of the manual`() throws {
        #expect(try FrontendMessage.encode(.sslRequest) == [0, 0, 0, 8, 4, 210, 22, 47])
        #expect(
            try FrontendMessage.encode(
                .cancelRequest(CancelKey(processID: 258, secret: [1, 2, 3, 4])))
                == [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 1, 2, 1, 2, 3, 4])
        #expect(try FrontendMessage.encode(.terminate) == [88, 0, 0, 0, 4])
        #expect(try FrontendMessage.encode(.query("x")) == [81, 0, 0, 0, 6, 120, 0])
        var request = ExtendedRequest()
        try request.execute(
            name: "s", parameters: [PGParameter("a"), PGParameter(nil)], columns: [])
        #expect(
            request.bytes
                == [66, 0, 0, 0, 26, 0, 115, 0, 0, 2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 97]
                + [255, 255, 255, 255, 0, 0] + [69, 0, 0, 0, 9, 0, 0, 0, 0, 0])
        #expect(
            try FrontendMessage.encode(.startup(parameters: [("user", "u")]))
                == [0, 0, 0, 16, 0, 3, 0, 0] + Golden.zeroed("user", "u") + [0])
    }

    @Test func `what cannot be sent is refused`() {
        #expect(throws: PGError.self) { _ = try FrontendMessage.encode(.query("a\0b")) }
        #expect(throws: PGError.self) {
            var request = ExtendedRequest()
            try request.execute(
                sql: "x", parameters: [PGParameter](repeating: 1, count: 65_536))
        }
        let long = String(repeating: "x", count: 20_000)
        #expect((try? FrontendMessage.encode(.copyFail(long)).count) ?? .max < 9_990)
    }
}

/// A small generator that a seed repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
