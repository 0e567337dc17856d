import PGWire
import Testing

@Suite struct ValueTests {
    private func bytes(
        _ value: some PGEncodable, _ type: PGType, _ format: PGFormat = .binary
    ) throws -> [UInt8] {
        try PGRaw(value, as: type, format: format).bytes
    }

    private func text<T: PGDecodable>(_ wanted: T.Type, _ text: String, _ type: PGType) throws -> T
    {
        try decode(wanted, Array(text.utf8), type, .text)
    }

    // MARK: Date and time

    @Test func `dates have the server's bytes`() throws {
        let date = try #require(PGDate(year: 2000, month: 2, day: 29))
        #expect(try bytes(date, .date) == [0, 0, 0, 59])
        #expect(try bytes(PGDate.infinity, .date) == [0x7f, 255, 255, 255])
        #expect(try text(PGDate.self, "-infinity", .date) == .negativeInfinity)
        #expect(try text(PGDate.self, "0044-03-15 BC", .date).components?.year == -43)
        #expect(PGDate(year: 2023, month: 2, day: 29) == nil)
        #expect(PGDate(year: 1900, month: 2, day: 29) == nil)
        #expect(PGDate(year: 5_874_898, month: 1, day: 1) == nil)
        #expect(PGDate(year: -4713, month: 11, day: 23) == nil)
        #expect(PGDate(year: -4713, month: 11, day: 24)?.description == "4714-11-24 BC")
        #expect(PGDate(year: .max, month: .max, day: .max) == nil)
        #expect(PGDate(year: 1970, month: 1, day: 1)?.daysSince1970 == 0)
        for wrong in [
            "", "2024-1-1", "2024-13-01", "2024-02-30", "01-02-2024", "0000-01-01", "2024-01-01 ",
        ] {
            #expect(throws: PGError.self) { try text(PGDate.self, wrong, .date) }
        }
    }

    @Test func `instants convert to and from Unix time without a trap`() throws {
        let time = try #require(PGTimestamp(unixMicroseconds: 0))
        #expect(time.description == "1970-01-01 00:00:00+00")
        #expect(time.microsecondsSince2000 == -946_684_800_000_000)
        #expect(try bytes(time, .timestamptz) == [255, 0xfc, 0xa2, 0xfe, 0xc4, 0xc8, 0x20, 0])
        for wild in [Int64.min, .max, .min + 1, .max - 1] {
            _ = PGTimestamp(unixMicroseconds: wild)
            _ = PGTimestamp(microsecondsSince2000: wild)?.description
            _ = PGTimestamp(sinceUnixEpoch: .microseconds(wild))
            _ = PGTimestamp(sinceUnixEpoch: .seconds(wild))
            _ = PGInterval(.seconds(wild))
            _ = PGInterval(microseconds: wild).description
            _ = PGTime(microseconds: wild)
        }
        #expect(PGTimestamp(unixMicroseconds: .min) == nil)
        #expect(PGTimestamp(microsecondsSince2000: .max) == .infinity)
        #expect(PGTimestamp.infinity.unixMicroseconds == nil && !PGTimestamp.infinity.isFinite)
        #expect(PGTimestamp(sinceUnixEpoch: .nanoseconds(-1))?.unixMicroseconds == -1)
        let offset = try text(PGTimestamp.self, "2024-02-29 12:00:00.5+05:53:28", .timestamptz)
        #expect(offset.description == "2024-02-29 06:06:32.5+00")
        let local = try text(PGLocalTimestamp.self, "2024-02-29 12:00:00", .timestamp)
        #expect(local.date.description == "2024-02-29" && local.time?.description == "12:00:00")
        #expect(PGLocalTimestamp(local.date, try #require(local.time)) == local)
        #expect(local.instant(secondsFromUTC: 3600)?.description == "2024-02-29 11:00:00+00")
        #expect(local.instant(secondsFromUTC: .max) == nil)
    }

    @Test func `a timestamp without time zone is not taken for an instant`() throws {
        let local = try text(PGLocalTimestamp.self, "2024-02-29 12:00:00", .timestamp)
        #expect(throws: PGError.self) { try bytes(local, .timestamptz) }
        #expect(throws: PGError.self) {
            try text(PGLocalTimestamp.self, "2024-02-29 12:00:00+00", .timestamptz)
        }
        #expect(throws: PGError.self) {
            try text(PGLocalTimestamp.self, "2024-02-29 12:00:00+00", .timestamp)
        }
    }

    @Test(
        arguments: [
            ("1 year 2 mons -3 days +04:05:06.789", 14, -3, 14_706_789_000),
            ("-1 years -2 mons +3 days -04:05:06", -14, 3, -14_706_000_000),
            ("00:00:00", 0, 0, 0), ("@ 0", 0, 0, 0), ("0", 0, 0, 0), ("PT0S", 0, 0, 0),
            ("@ 1 year 2 mons -3 days 4 hours 5 mins 6.789 secs", 14, -3, 14_706_789_000),
            ("@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs ago", -14, -3, -14_706_000_000),
            ("+1-2 -3 +4:05:06.789", 14, -3, 14_706_789_000), ("-1-2", -14, 0, 0),
            ("-3 4:05:06", 0, -3, -14_706_000_000), ("3 4:05:06", 0, 3, 14_706_000_000),
            ("-4:05:06", 0, 0, -14_706_000_000), ("P1Y2M-3DT4H5M6.789S", 14, -3, 14_706_789_000),
            ("P-1Y-2M3DT-4H-5M-6S", -14, 3, -14_706_000_000), ("PT-0.000001S", 0, 0, -1),
            ("-00:00:00.000001", 0, 0, -1), ("infinity", Int32.max, .max, .max),
            ("-infinity", Int32.min, .min, .min),
        ] as [(String, Int32, Int32, Int64)])
    func `an interval is read in every IntervalStyle`(
        _ written: String, _ months: Int32, _ days: Int32, _ microseconds: Int64
    ) throws {
        let value = try text(PGInterval.self, written, .interval)
        #expect(value == PGInterval(months: months, days: days, microseconds: microseconds))
        #expect(try text(PGInterval.self, value.description, .interval) == value)
    }

    @Test(arguments: [
        "", "P", "PT", "@", "1", "1 fortnight", "P1", "P1S", "PT1Y", "1 day 2", "1:2:3", "1-13",
        "99999999999 years",
        "9999999999999:00:00", "1 year ", "@ 1.5 days", "ago", "-",
    ])
    func `what is no interval is refused`(_ written: String) {
        #expect(throws: PGError.self) { try text(PGInterval.self, written, .interval) }
    }

    // MARK: Texts and bytes

    @Test func `a String stands for any type in text and for few in binary`() throws {
        #expect("x".pgType == .unspecified && "x".pgFormat(as: .int4) == .text)
        #expect(try bytes("[]", .jsonb) == [1, 91, 93])
        #expect(try decode(String.self, [1, 91, 93], .jsonb, .binary) == "[]")
        #expect(throws: PGError.self) { try decode(String.self, [2, 91, 93], .jsonb, .binary) }
        #expect(throws: PGError.self) { try decode(String.self, [], .jsonb, .binary) }
        #expect(throws: PGError.self) { try bytes("1", .int4) }
        #expect(throws: PGError.self) { try decode(String.self, [0, 0, 0, 1], .int4, .binary) }
        #expect(throws: PGError.self) { try decode(String.self, [0xff], .text, .binary) }
        #expect(throws: PGError.self) {
            try decode(String.self, [0, 0, 0, 0], PGType(oid: 70_000), .binary)
        }
        #expect(try decode(String.self, [0xc8], .char, .binary) == "\\310")
        #expect(try decode(UInt8.self, Array("\\310".utf8), .char, .text) == 0xc8)
        #expect(try bytes("\\310", .char) == [0xc8])
    }

    @Test(arguments: ["\\x0", "\\xzz", "\\", "\\1", "\\12", "\\777", "\\8ab"])
    func `what is no bytea is refused`(_ written: String) {
        #expect(throws: PGError.self) { try text([UInt8].self, written, .bytea) }
    }

    @Test func `an array of bytes is a bytea, or numbers where the server says so`() throws {
        let value: [UInt8] = [1, 255]
        #expect(value.pgType == .bytea)
        #expect(try bytes(value, .bytea) == value && bytes(value, .unspecified) == value)
        #expect(try bytes(value, .bytea, .text) == Array("\\x01ff".utf8))
        #expect(try bytes(value, .int2Array, .text) == Array("{1,255}".utf8))
        #expect(throws: PGError.self) { try bytes(value, .uuid) }
        #expect(try decode([UInt8].self, [9, 8], .uuid, .binary) == [9, 8])
    }

    @Test func `a uuid's bytes are in order`() throws {
        let value = try #require(PGUUID("00010203-0405-0607-0809-0a0b0c0d0eff"))
        #expect(value.bytes == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255])
        #expect(value.uuid.15 == 255 && value.uuid.1 == 1)
        #expect(PGUUID(value.uuid) == value && PGUUID(value.bytes) == value)
        #expect(value.description == "00010203-0405-0607-0809-0a0b0c0d0eff")
        for wrong in [
            "", "0", "00010203-0405-0607-0809-0a0b0c0d0ef", "-0010203040506070809 0a0b0c0d0eff",
        ] {
            #expect(PGUUID(wrong) == nil)
        }
        #expect(PGUUID([1, 2]) == nil)
    }

    // MARK: Containers

    @Test func `arrays have the server's bytes`() throws {
        let golden: [UInt8] = [
            0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 21, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 7, 255, 255,
            255,
            255,
        ]
        #expect(try bytes([7, nil] as [Int?], .int2Array) == golden)
        #expect(try decode([Int?].self, golden, .int2Array, .binary) == [7, nil])
        #expect(throws: PGError.self) { try decode([Int].self, golden, .int2Array, .binary) }
        let empty: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20]
        #expect(try bytes([] as [Int], .unspecified) == empty)
        #expect(try decode([Int].self, empty, .int8Array, .binary).isEmpty)
        #expect(["a"].pgFormat(as: .unspecified) == .text && ["a"].pgType == .unspecified)
        #expect([1].pgFormat(as: .int4Array) == .binary && [1].pgType == .int8Array)
        #expect([1].pgFormat(as: PGType(oid: 70_000)) == .text)
        #expect(throws: PGError.self) { try bytes([70_000], .int2Array) }
        #expect(throws: PGError.self) { try bytes([1], .int4) }
        #expect(throws: PGError.self) { try text([Int].self, "{{1},{2}}", .int4Array) }
    }

    @Test func `an array keeps its dimensions and lower bounds`() throws {
        let value = try text(PGArray<Int?>.self, "[0:1][-2:-1]={{1,NULL},{3,4}}", .int4Array)
        #expect(value.dimensions.map(\.lowerBound) == [0, -2])
        #expect(value.elements == [1, nil, 3, 4])
        #expect(try bytes(value, .int4Array, .text) == Array("[0:1][-2:-1]={{1,NULL},{3,4}}".utf8))
        #expect(PGArray(dimensions: [.init(count: 2)], elements: [1]) == nil)
        #expect(PGArray(dimensions: [.init(count: 0)], elements: [Int]()) == nil)
        #expect(
            PGArray(dimensions: [.init(count: .max), .init(count: .max)], elements: [1]) == nil)
        #expect(PGArray(dimensions: [.init(count: 1, lowerBound: .max)], elements: [1]) == nil)
    }

    @Test(arguments: [
        "", "{", "}", "{1", "{1,}", "{,1}", "{{1},2}", "{1,{2}}", "{{1},{2,3}}", "{{}}", "{1}x",
        "[0:1]={1}", "[1:0]={}",
        "[1:1]{1}", "{\"1}", "{1\\", "{{{{{{{1}}}}}}}", "[1:2147483648]={1}", "{a\"b\"}",
    ])
    func `what is no array is refused`(_ written: String) {
        #expect(throws: PGError.self) { try text(PGArray<String?>.self, written, .textArray) }
    }

    @Test func `ranges say which bounds belong to them`() throws {
        let range = try text(PGRange<Int>.self, "[1,5)", .int4range)
        #expect(range == PGRange(1..<5) && range.contains(1) && !range.contains(5))
        #expect(
            try bytes(range, .int4range) == [2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5])
        #expect(try bytes(PGRange<Int>.empty, .int4range) == [1])
        #expect(try bytes(PGRange<Int>.all, .int4range) == [0x18])
        #expect(PGRange(1...5).contains(5) && PGRange(1..<1).isEmpty)
        #expect(
            try text(PGRange<String>.self, #"["a ""b\\",]"#, PGType(oid: 70_000)).lower == #"a "b\"#
        )
        for wrong in ["", "[1,2", "1,2)", "[1 2)", "[1,2,3)", "empty ", "[(1,2)"] {
            #expect(throws: PGError.self) { try text(PGRange<Int>.self, wrong, .int8range) }
        }
    }

    @Test func `records are read from text and written from values`() throws {
        let record = try text(PGComposite.self, #"(1,"a ""b\\",,"")"#, PGType(oid: 70_000))
        #expect(try record.decode(Int.self, 0) == 1)
        #expect(try record.decode(String.self, 1) == #"a "b\"#)
        #expect(try record.decode(String?.self, 2) == nil)
        #expect(try record.decode(String.self, 3).isEmpty)
        #expect(throws: PGError.self) { try record.decode(Int.self, 4) }
        let value = try PGComposite(1 as Int32, "x", nil as Bool?)
        #expect(
            try bytes(value, PGType(oid: 70_000)) == [
                0, 0, 0, 3, 0, 0, 0, 23, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 1, 120, 0, 0,
                0, 16,
                255, 255, 255, 255,
            ])
        #expect(throws: PGError.self) { try bytes(value, PGType(oid: 70_000), .text) }
        let written = try PGComposite(format: .text, 1, "x y", nil as Bool?)
        #expect(try bytes(written, PGType(oid: 70_000), .text) == Array(#"("1","x y",)"#.utf8))
    }

    @Test(arguments: [
        "10.0.0.1", "10.0.0.0/8", "::1", "::", "1::/16", "::ffff:102:304", "1:2:3:4:5:6:7:8",
        "1:0:0:2::3",
    ])
    func `an address is written as it is read`(_ written: String) {
        #expect(PGInet(written)?.description == written)
    }

    @Test(arguments: [
        "", "10", "10.0.0", "10.0.0.256", "10.0.0.1/33", "::1/129", ":::", "1:2:3", "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "g::", "10.0.0.1/", "1:2:3:4:5:6:7:", "::1.2.3",
    ])
    func `what is no address is refused`(_ written: String) {
        #expect(PGInet(written) == nil)
    }

    @Test func `a network has no bits behind its prefix`() {
        #expect(PGInet(address: [10, 0, 0, 1], prefixLength: 8, isCIDR: true) == nil)
        #expect(
            PGInet(address: [10, 0, 0, 0], prefixLength: 8, isCIDR: true)?.description
                == "10.0.0.0/8")
        #expect(PGInet(address: [1, 2, 3]) == nil)
        #expect(PGBitString("10110")?.bytes == [0b1011_0000])
        #expect(PGBitString(count: 3, bytes: [0xff])?.description == "111")
        #expect(PGBitString(count: 9, bytes: [0xff]) == nil)
    }
}
