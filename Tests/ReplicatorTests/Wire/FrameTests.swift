import Replicator
import TestSupport
import Testing

@Suite struct FrameTests {
    static func header() throws -> BatchHeader {
        let from = try #require(Snapshot("10:12:10"))
        let to = try #require(Snapshot("14:14:"))
        var header = BatchHeader(
            kind: .batch, source: SourceIdentity(incarnation: "abc", name: "db"), target: "t",
            to: to)
        header.from = from
        header.truncated = [TableName(schema: "s", name: "weg \"x\"")]
        return header
    }

    static let start = TableStart(
        table: TableName(schema: "s", name: "äöü 🐘"), columns: ["id", "v"], keyColumns: ["id"],
        mode: .changes, truncate: false, overridesIdentity: true)

    static func frames() throws -> [Frame] {
        let sequence = SequenceValue(
            sequence: TableName(schema: "s", name: "q"), lastValue: .max, isCalled: true)
        return [
            .header(try header()), .tableStart(start), .rows(Array("t\t1\tx\n".utf8)),
            .rows(Array("f\t2\t\\N\n".utf8)), .tableEnd(rowCount: 2, checksum: .max),
            .tableStart(start), .tableEnd(rowCount: 0, checksum: 0), .sequences([sequence]),
            .end(rowCount: 2),
        ]
    }

    /// Pieces of rows that follow each other, as one.
    static func joined(_ frames: [Frame]) -> [Frame] {
        frames.reduce(into: []) { result, frame in
            if case .rows(let more) = frame, case .rows(let before) = result.last {
                result[result.count - 1] = .rows(before + more)
            } else {
                result.append(frame)
            }
        }
    }

    static func bytes(_ frames: [Frame]) throws -> [UInt8] {
        let encoder = FrameEncoder()
        return try frames.flatMap { try encoder.encode($0) }
    }

    @Test func `a sign of life may stand between any two frames and is passed over`() throws {
        let frames: [Frame] = [
            .header(
                BatchHeader(
                    kind: .batch, source: SourceIdentity(incarnation: "i", name: "n"), target: "t",
                    to: try #require(Snapshot("1:1:")))),
            .sequences([]), .end(rowCount: 0),
        ]
        let encoder = FrameEncoder()
        var decoder = FrameDecoder()
        var seen: [Frame] = []
        for frame in frames {
            seen += try decoder.push(FrameCodec.keepAlive)
            seen += try decoder.push(encoder.encode(frame) + FrameCodec.keepAlive)
        }
        try decoder.finish()
        #expect(seen == frames)
        var long = FrameDecoder()
        #expect(throws: WireError.tooLong(.keepAlive, length: 1)) {
            try long.push([FrameCodec.keepAlive[0], 0, 0, 0, 1, 0])
        }
    }

    @Test func `frames have the bytes of the wire format`() throws {
        let encoder = FrameEncoder()
        #expect(try encoder.encode(.rows([65, 10])) == [3, 0, 0, 0, 2, 65, 10])
        let end = "{\"rowCount\":7}"
        #expect(
            try encoder.encode(.end(rowCount: 7)) == [6, 0, 0, 0, UInt8(end.utf8.count)] + end.utf8)
        let tableEnd = "{\"checksum\":9,\"rowCount\":1}"
        #expect(
            try encoder.encode(.tableEnd(rowCount: 1, checksum: 9))
                == [4, 0, 0, 0, UInt8(tableEnd.utf8.count)] + tableEnd.utf8)
    }

    @Test func `frames survive a cut at every byte`() throws {
        let frames = try Self.frames()
        let bytes = try Self.bytes(frames)
        for cut in 0...bytes.count {
            var decoder = FrameDecoder()
            var read = try decoder.push(Array(bytes[..<cut]))
            #expect(decoder.isComplete == (cut == bytes.count))
            read += try decoder.push(Array(bytes[cut...]))
            try decoder.finish()
            #expect(Self.joined(read) == Self.joined(frames))
        }
        var single = FrameDecoder()
        let read = try bytes.flatMap { try single.push([$0]) }
        #expect(Self.joined(read) == Self.joined(frames))
    }

    @Test func `a request that ends early is noticed wherever it ends`() throws {
        let bytes = try Self.bytes(try Self.frames())
        for cut in 0..<bytes.count {
            var decoder = FrameDecoder()
            _ = try decoder.push(Array(bytes[..<cut]))
            #expect(throws: WireError.truncated) { try decoder.finish() }
        }
    }

    @Test func `rows beyond a frame's size become several frames`() throws {
        let rows = [UInt8](repeating: 120, count: FrameCodec.rowsFrameSize * 2 + 3)
        let bytes = try FrameEncoder().encode(.rows(rows))
        #expect(bytes.count == rows.count + 3 * FrameCodec.prefixLength)
        var decoder = FrameDecoder()
        _ = try decoder.push(try Self.bytes([.header(try Self.header()), .tableStart(Self.start)]))
        #expect(Self.joined(try decoder.push(bytes)) == [.rows(rows)])
    }

    @Test func `lengths are checked before memory is taken`() throws {
        var decoder = FrameDecoder()
        #expect(throws: WireError.tooLong(.header, length: 0xFFFF_FFFF)) {
            try decoder.push([1, 255, 255, 255, 255])
        }
        var empty = FrameDecoder()
        #expect(throws: WireError.malformed(.header)) { try empty.push([1, 0, 0, 0, 0, 0]) }
        var unknown = FrameDecoder()
        #expect(throws: WireError.unknownKind(71)) { try unknown.push(Array("GET / ".utf8)) }
    }

    @Test(arguments: FrameCodec.Kind.allCases, FrameCodec.Kind.allCases)
    func `only the order of the wire format is accepted`(
        first: FrameCodec.Kind, second: FrameCodec.Kind
    ) throws {
        var order = FrameOrder()
        try order.accept(.header)
        let firstFits: Set<FrameCodec.Kind> = [.tableStart, .sequences, .end]
        guard firstFits.contains(first) else {
            #expect(throws: WireError.self) { try order.accept(first) }
            return
        }
        try order.accept(first)
        let fits: Set<FrameCodec.Kind> =
            switch first {
            case .tableStart: [.rows, .tableEnd]
            case .sequences: firstFits
            default: []
            }
        if fits.contains(second) {
            try order.accept(second)
        } else {
            #expect(throws: WireError.self) { try order.accept(second) }
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `random bytes are refused and never trap`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = try Self.bytes(try Self.frames())
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                in: 0...255, using: &random)
        }
        if seed.isMultiple(of: 2) { bytes = bytes.map { _ in .random(in: 0...7, using: &random) } }
        var decoder = FrameDecoder()
        do throws(WireError) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...64, using: &random))
                _ = try decoder.push(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            try decoder.finish()
        } catch {
            #expect(!error.description.isEmpty, "seed \(seed)")
        }
    }
}
