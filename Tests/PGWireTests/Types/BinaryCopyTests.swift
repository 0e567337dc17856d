import PGWire
import Testing

@Suite struct BinaryCopyTests {
    private static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    private static let trailer: [UInt8] = [255, 255]

    @Test func `a row has the server's bytes`() throws {
        var encoder = PGBinaryCopyEncoder(types: [.int4, .text])
        try encoder.row(7, nil as String?, true)
        #expect(encoder.byteCount == 19 + 19)
        #expect(
            encoder.take() == Self.header + [
                0, 3, 0, 0, 0, 4, 0, 0, 0, 7, 255, 255, 255, 255, 0, 0, 0, 1, 1,
            ])
        try encoder.row(values: [nil, "ab"])
        #expect(encoder.take() == [0, 2, 255, 255, 255, 255, 0, 0, 0, 2, 97, 98])
        #expect(encoder.finish() == Self.trailer)
        #expect(encoder.finish().isEmpty)
    }

    @Test func `a row that cannot be written leaves nothing`() throws {
        var encoder = PGBinaryCopyEncoder(types: [.int2, .int2])
        _ = encoder.take()
        let error = #expect(throws: PGError.self) { try encoder.row(1, 70_000) }
        #expect(error?.code == .encodingFailed && error?.message.hasPrefix("column 1:") == true)
        #expect(throws: PGError.self) { try encoder.row(values: [1, "x"]) }
        #expect(throws: PGError.self) {
            try encoder.row(values: Array(repeating: nil, count: 32_768))
        }
        #expect(encoder.byteCount == 0)
        _ = encoder.finish()
        let late = #expect(throws: PGError.self) { try encoder.row(1, 1) }
        #expect(late?.code == .misuse)
    }

    private func sample() throws -> [UInt8] {
        var encoder = PGBinaryCopyEncoder(types: [.int8, .text, .timestamptz])
        for number in 0..<5 {
            try encoder.row(
                number, number == 3 ? nil : String(repeating: "x", count: number * 3),
                PGTimestamp(microsecondsSince2000: Int64(number)))
        }
        return encoder.finish()
    }

    private func rows(_ chunks: [[UInt8]]) throws -> [String] {
        var decoder = PGBinaryCopyDecoder(types: [.int8, .text, .timestamptz])
        var rows: [String] = []
        for chunk in chunks {
            decoder.feed(chunk)
            while let (id, name, time) = try decoder.next(Int.self, String?.self, PGTimestamp.self)
            {
                rows.append("\(id) \(name ?? "NULL") \(time.microsecondsSince2000)")
            }
        }
        try decoder.finish()
        #expect(decoder.isFinished)
        return rows
    }

    @Test func `chunks may be cut at every byte`() throws {
        let bytes = try sample()
        let whole = try rows([bytes])
        #expect(whole == ["0  0", "1 xxx 1", "2 xxxxxx 2", "3 NULL 3", "4 xxxxxxxxxxxx 4"])
        #expect(try rows(bytes.map { [$0] }) == whole)
        for cut in 0...bytes.count {
            #expect(try rows([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
        }
        for cut in 0..<bytes.count {
            #expect(throws: PGError.self) { try rows([Array(bytes[..<cut])]) }
        }
    }

    @Test func `the header's extension is skipped`() throws {
        var bytes = Self.header
        bytes[18] = 5
        bytes += [1, 2, 3, 4, 5, 0, 1, 0, 0, 0, 1, 9] + Self.trailer
        for size in 1...bytes.count {
            var decoder = PGBinaryCopyDecoder()
            var found: [[UInt8]?] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                decoder.feed(Array(bytes[start..<min(start + size, bytes.count)]))
                while let row = try decoder.next() { found += row.fields }
            }
            try decoder.finish()
            #expect(found == [[9]])
        }
    }

    @Test(
        arguments: [
            Array("PGCOPX".utf8), Array("1\tx\n".utf8),
            header.dropLast(8) + [0, 1, 0, 0, 0, 0, 0, 0],
            header.dropLast(8) + [0x80, 0, 0, 0, 0, 0, 0, 0],
            header.dropLast(4) + [255, 255, 255, 255], header + [0, 1, 255, 255, 255, 254],
            header + [255, 254], header + trailer + [0], header + [0, 2, 0x7f, 255, 255, 255],
            header + [0x7f, 255] + [UInt8](repeating: 0x7f, count: 8),
        ].map { Array($0) })
    func `broken bytes are a protocol violation, also at the next call`(_ bytes: [UInt8]) throws {
        var decoder = PGBinaryCopyDecoder()
        var errors: [PGError] = []
        decoder.feed(bytes)
        for _ in 0..<2 {
            do throws(PGError) {
                while try decoder.next() != nil {}
                try decoder.finish()
            } catch {
                errors.append(error)
            }
        }
        #expect(errors.map(\.code) == [.protocolViolation, .protocolViolation])
        #expect(errors[0].message == errors[1].message)
    }

    @Test func `a row that is not what was asked for is left behind`() throws {
        var decoder = PGBinaryCopyDecoder(types: [.int8, .text, .timestamptz])
        decoder.feed(try sample())
        let count = #expect(throws: PGError.self) { try decoder.next(Int.self) }
        #expect(count?.code == .decodingFailed && count?.message.contains("3 columns") == true)
        let type = #expect(throws: PGError.self) {
            try decoder.next(Int.self, Int.self, PGTimestamp.self)
        }
        #expect(type?.message.hasPrefix("column 1:") == true)
        let row = try #require(try decoder.next())
        #expect(try row.decode(Int.self, 0) == 2)
        #expect(throws: PGError.self) { try row.decode(Int.self, 3) }
    }

    @Test func `random bytes never trap`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            var decoder = PGBinaryCopyDecoder()
            decoder.feed(Self.header)
            for _ in 0..<4 {
                decoder.feed((0..<8).map { _ in UInt8.random(in: 0...3, using: &generator) })
                while let row = try? decoder.next(), !row.fields.isEmpty {}
            }
        }
    }

    // MARK: Text

    @Test(arguments: [
        "", "plain", "tab\tnew\nline\r", "\\", "\\N", "\u{8}\u{c}\u{b}", "żółć", "a\\tb", "x\\Ny",
    ])
    func `a column of a text COPY comes back as it went`(_ text: String) throws {
        var line: [UInt8] = []
        PGTextCopy.append(text: text.utf8, to: &line)
        line.append(9)
        PGTextCopy.append(text: [UInt8]?.none, to: &line)
        line.append(9)
        try PGTextCopy.append(12, to: &line)
        #expect(!line.contains(10) && !line.contains(13))
        let columns = try PGTextCopy.columns(line)
        #expect(columns == [Array(text.utf8), nil, Array("12".utf8)])
    }

    @Test func `a line of a text COPY that ends in a backslash is refused`() {
        #expect(throws: PGError.self) { try PGTextCopy.columns(Array("a\\".utf8)) }
    }
}
