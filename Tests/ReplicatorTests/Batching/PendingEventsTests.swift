import PGWire
import Replicator
import Testing

@Suite struct PendingEventsTests {
    private func row(_ values: String?...) -> PGRow {
        PGRow(columns: [], values: values.map { $0.map { Array($0.utf8) } })
    }

    @Test func `kinds of a relation are gathered, a dropped relation has no name`() throws {
        let pending = try PendingEvents([
            row("10", "k", "7", "public", "a", "r", "100"),
            row("10", "t", "1", "public", "a", "r", "100"),
            row("11", "l", "1", "public", "root", "p", "-1"),
            row("12", "k", "3", nil, nil, nil, nil),
        ])
        #expect(pending.relations.count == 3)
        let table = try #require(pending.relations[10])
        #expect(table.keys == 7 && table.truncated && !table.replaced && table.estimatedRows == 100)
        let root = try #require(pending.relations[11])
        #expect(root.replaced && root.isPartitioned && root.keys == 0)
        #expect(pending.relations[12]?.name == nil)
    }

    @Test
    func `a target takes what matches; what is dropped, ignored or another's does not block it`()
        throws
    {
        let pending = try PendingEvents([
            row("10", "k", "7", "public", "a", "r", "1"),
            row("11", "k", "5", "other", "b", "r", "1"),
            row("12", "k", "3", nil, nil, nil, nil),
            row("13", "k", "2", "public", "c", "r", "1"),
        ])
        let expression = try TargetExpression("public.*")
        #expect(pending.wanted(by: expression, ignoring: [13]).map(\.oid) == [10])
        let counts = pending.counts(for: expression, ignoring: [13])
        #expect(counts.wanted == 7)
        #expect(counts.others == 10)
    }

    @Test func `a kind that is not known is read as the whole relation`() throws {
        let pending = try PendingEvents([row("10", "?", "1", "public", "a", "r", "1")])
        #expect(pending.relations[10]?.replaced == true)
    }
}

@Suite struct RowFramesTests {
    @Test func `rows are gathered until a frame is full, and the rest comes at the end`() {
        var frames = RowFrames(rowsPerFrame: 3, bytesPerFrame: 1000)
        #expect(frames.add(Array("a\nb\n".utf8), rows: 2) == nil)
        #expect(frames.add(Array("c\n".utf8), rows: 1) == Array("a\nb\nc\n".utf8))
        #expect(frames.add(Array("d\n".utf8), rows: 1) == nil)
        #expect(frames.finish() == Array("d\n".utf8))
        #expect(frames.finish() == nil)
        #expect(frames.rowCount == 4 && frames.byteCount == 8 && frames.frameCount == 2)
    }

    @Test func `bytes bound a frame before rows do`() {
        var frames = RowFrames(rowsPerFrame: 1_000_000, bytesPerFrame: 4)
        #expect(frames.add([1, 2, 3], rows: 1) == nil)
        #expect(frames.add([4, 5, 6], rows: 1)?.count == 6)
    }

    @Test func `the checksum is of all bytes, whatever the frames`() {
        let bytes = Array("one\ntwo\nthree\n".utf8)
        var crc = CRC32()
        crc.update(bytes)
        for rows in 1...4 {
            var frames = RowFrames(rowsPerFrame: rows, bytesPerFrame: 1000)
            for line in ["one\n", "two\n", "three\n"] { _ = frames.add(Array(line.utf8), rows: 1) }
            _ = frames.finish()
            #expect(frames.checksum == crc.value)
        }
    }
}

@Suite struct SequenceReaderTests {
    @Test(arguments: [
        (true, true, 90_200, SequenceReader.Access.select), (false, true, 90_600, .none),
        (false, true, 100_000, .lastValue), (false, false, 150_000, .none),
    ])
    func `a value is read in the best way that the rights leave`(
        maySelect: Bool, mayUse: Bool, version: Int, access: SequenceReader.Access
    ) {
        #expect(
            SequenceReader.Access.choose(
                maySelect: maySelect, mayUse: mayUse, serverVersion: version) == access)
    }

    @Test func `with SELECT the sequence itself says whether it was called`() {
        let sql = SequenceReader.values(of: [
            .init(oid: 9, name: TableName(schema: "s", name: "b\"q"), access: .lastValue),
            .init(oid: 7, name: TableName(schema: "s", name: "a\"q"), access: .select),
        ])
        #expect(
            sql == """
                SELECT '7'::pg_catalog.oid, last_value, is_called FROM "s"."a""q" UNION ALL \
                SELECT '9'::pg_catalog.oid, \
                pg_catalog.pg_sequence_last_value('9'::pg_catalog.oid), true
                """)
    }
}
