import PGWire
import Testing

@Suite struct NumberTests {
    /// What a value is on the wire.
    private func bytes(
        _ value: some PGEncodable, _ type: PGType, _ format: PGFormat = .binary
    ) throws -> [UInt8] {
        try PGRaw(value, as: type, format: format).bytes
    }

    @Test func `an integer takes the width that the server expects`() throws {
        #expect(try bytes(7, .int2) == [0, 7])
        #expect(try bytes(-2, .int4) == [255, 255, 255, 254])
        #expect(try bytes(258, .int8) == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(try bytes(258, .unspecified) == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(try bytes(Int32(258), .unspecified) == [0, 0, 1, 2])
        #expect(try bytes(4_294_967_295, .oid) == [255, 255, 255, 255])
        #expect(try bytes(UInt64.max, .xid8) == Array(repeating: 255, count: 8))
        #expect(try bytes(1, .float8) == [0x3f, 0xf0, 0, 0, 0, 0, 0, 0])
        #expect(try bytes(-12, .text) == Array("-12".utf8))
        #expect(try bytes(10_000, .numeric) == [0, 1, 0, 1, 0, 0, 0, 0, 0, 1])
        #expect(try bytes(-12, .int4, .text) == Array("-12".utf8))
        #expect(try bytes(-12, PGType(oid: 99_999), .text) == Array("-12".utf8))
    }

    @Test(arguments: [
        (32768, PGType.int2), (2_147_483_648, .int4), (-1, .oid), (-1, .xid8),
        (1 << 24 + 1, .float4),
        (1, .bool), (1, .uuid), (1, .timestamptz), (1, .money), (1 << 53 + 1, .float8),
    ])
    func `an integer that a type cannot hold is refused by the type's name`(
        _ value: Int, _ type: PGType
    ) throws {
        for format in [PGFormat.binary, .text] {
            let error = #expect(throws: PGError.self) { try bytes(value, type, format) }
            #expect(error?.code == .encodingFailed)
            #expect(error?.message.contains(try #require(type.name)) == true)
        }
    }

    @Test func `an integer is decoded exactly or not at all`() throws {
        let eight: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 0]
        #expect(try decode(Int.self, eight, .int8, .binary) == 65536)
        #expect(try decode(Int.self, eight, .unspecified, .binary) == 65536)
        #expect(try decode(UInt32.self, eight, .int8, .binary) == 65536)
        #expect(throws: PGError.self) { try decode(Int16.self, eight, .int8, .binary) }
        // Eight bytes, but no integer.
        for type in [PGType.float8, .timestamptz, .time, .money, .pgLsn, .macaddr8, .int4, .text] {
            let value = try? decode(Int.self, eight, type, .binary)
            #expect(value == nil, "\(type)")
        }
        #expect(try decode(UInt64.self, Array(repeating: 255, count: 8), .xid8, .binary) == .max)
        #expect(try decode(UInt32.self, [255, 255, 255, 255], .oid, .binary) == .max)
        #expect(try decode(Int.self, [255, 255, 255, 255], .int4, .binary) == -1)
        #expect(try decode(Int.self, Array("-9223372036854775808".utf8), .int8, .text) == .min)
        for text in ["", "-", "+1", " 1", "1 ", "9223372036854775808", "1.5", "0x1", "1_000"] {
            #expect(throws: PGError.self) { try decode(Int.self, Array(text.utf8), .int8, .text) }
        }
        #expect(try decode(Int.self, Array("12.00".utf8), .numeric, .text) == 12)
        #expect(throws: PGError.self) { try decode(Int.self, Array("12.50".utf8), .numeric, .text) }
        #expect(try decode(Int.self, bytes(12.0, .float8), .float8, .binary) == 12)
        #expect(throws: PGError.self) {
            try decode(Int.self, bytes(12.5, .float8), .float8, .binary)
        }
    }

    @Test func `NULL is refused unless the type is optional`() throws {
        #expect(throws: PGError.self) { try Int.makePGNull() }
        #expect(try Int?.makePGNull() == nil)
        #expect(PGType.int8 == (7 as Int?).pgType)
        #expect((nil as Int?).isPGNull && (nil as Int?).pgType == .unspecified)
        #expect(((.some(.none)) as Int??).isPGNull)
    }

    @Test func `a numeric has the server's bytes`() throws {
        // 12345.678 is 1 2345 . 6780 with three digits shown.
        let golden: [UInt8] = [0, 3, 0, 1, 0, 0, 0, 3, 0, 1, 0x09, 0x29, 0x1a, 0x7c]
        let value = try #require(PGNumeric("12345.678"))
        #expect(try bytes(value, .numeric) == golden)
        let decoded = try decode(PGNumeric.self, golden, .numeric, .binary)
        #expect(decoded == value && decoded.description == "12345.678" && decoded.scale == 3)
        let tiny = try #require(PGNumeric("-0.00001200"))
        #expect(try bytes(tiny, .numeric) == [0, 1, 255, 254, 0x40, 0, 0, 8, 0x04, 0xb0])
        #expect(tiny.description == "-0.00001200")
        #expect(try bytes(PGNumeric.nan, .numeric) == [0, 0, 0, 0, 0xc0, 0, 0, 0])
        #expect(
            try decode(PGNumeric.self, [0, 0, 0, 0, 0xd0, 0, 0, 32], .numeric, .binary) == .infinity
        )
        #expect(
            try decode(PGNumeric.self, [0, 0, 0, 0, 0xf0, 0, 0, 32], .numeric, .binary)
                == .negativeInfinity)
        for broken: [UInt8] in [
            [], [0, 1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0],
            [0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10],
            [0, 0, 0, 0, 0x12, 0x34, 0, 0], [0, 0, 0, 0, 0, 0, 0x40, 0],
            [0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1], [0, 1, 255, 255, 0, 0, 0, 0, 0, 1],
        ] {
            #expect(throws: PGError.self) {
                try decode(PGNumeric.self, broken, .numeric, .binary)
            }
        }
    }

    @Test(arguments: [
        ("0", "0"), ("-0", "0"), ("-0.00", "0.00"), ("+1", "1"), (".5", "0.5"), ("5.", "5"),
        ("1e3", "1000"), ("1.5e-3", "0.0015"), ("12.50E+1", "125.0"), ("0010", "10"),
        ("1e-8", "0.00000001"),
        ("99999999", "99999999"), ("10000.0001", "10000.0001"), ("nan", "NaN"),
        ("-inf", "-Infinity"),
        ("0e100", "0"), ("1e0", "1"), ("120000", "120000"), ("0.00012", "0.00012"),
    ])
    func `a numeric's text is the server's`(_ text: String, _ expected: String) throws {
        #expect(PGNumeric(text)?.description == expected)
    }

    @Test(arguments: [
        "", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1 ", " 1", "--1", "1e99999999999",
        "1e131072",
        "1e-16384", "infinit", "1_0",
    ])
    func `what is no numeric, or too long for the server, is refused`(_ text: String) {
        #expect(PGNumeric(text) == nil)
        #expect(throws: PGError.self) {
            try decode(PGNumeric.self, Array(text.utf8), .numeric, .text)
        }
    }

    @Test func `numerics are equal whatever their scale`() throws {
        let one = try #require(PGNumeric("1.0"))
        #expect(one == 1 && one.hashValue == PGNumeric(1).hashValue && one.description == "1.0")
        #expect(PGNumeric.nan == .nan && PGNumeric.nan > .infinity && .negativeInfinity < one)
        #expect(PGNumeric(0.1).description == "0.1" && PGNumeric(-2.0).description == "-2")
        #expect(PGNumeric(Double.leastNonzeroMagnitude).description.hasSuffix("5"))
        #expect(PGNumeric(Int.min).description == "-9223372036854775808")
        #expect(Int(exactly: PGNumeric(Int.min)) == .min)
        #expect(Int8(exactly: PGNumeric(128)) == nil && Int8(exactly: PGNumeric(-128)) == -128)
        #expect(UInt(exactly: PGNumeric(-1)) == nil && Int(exactly: one) == 1)
        #expect(one.negated.isNegative && PGNumeric(0).negated == 0)
    }

    @Test func `a float comes back with all its bits`() throws {
        for bits: UInt64 in [0, 1 << 63, 1, 0x7ff0_0000_0000_0000, 0x7ff8_0000_0000_0001, .max] {
            let value = Double(bitPattern: bits)
            let back = try decode(Double.self, bytes(value, .float8), .float8, .binary)
            #expect(back.bitPattern == bits)
        }
        #expect(try bytes(-0.0, .float8, .text) == Array("-0.0".utf8))
        #expect(try decode(Double.self, Array("-0".utf8), .float8, .text).sign == .minus)
        #expect(try decode(Double.self, Array("-Infinity".utf8), .float8, .text) == -.infinity)
        #expect(throws: PGError.self) {
            try decode(Double.self, Array("0x1p3".utf8), .float8, .text)
        }
        #expect(throws: PGError.self) { try bytes(1e300, .float4) }
        #expect(throws: PGError.self) { try bytes(1.5, .int4) }
        #expect(try bytes(0.1 as Float, .numeric, .text) == Array("0.1".utf8))
        #expect(try decode(Float.self, bytes(0.5, .float8), .float8, .binary) == 0.5)
        #expect(throws: PGError.self) {
            try decode(Float.self, bytes(0.1, .float8), .float8, .binary)
        }
    }

    @Test(arguments: [
        ("$1,234.56", 123_456), ("-$0.01", -1), ("$12.00", 1200), ("1234.50", 123_450),
        ("-$92,233,720,368,547,758.08", Int.min), ("$92,233,720,368,547,758.07", Int.max),
    ])
    func `money in text is read where it can mean one thing`(_ text: String, _ units: Int) throws {
        let value = try decode(PGMoney.self, Array(text.utf8), .money, .text)
        #expect(value.units == units)
        #expect(try decode(PGMoney.self, bytes(value, .money), .money, .binary) == value)
    }

    @Test(arguments: [
        "1.234,56 €", "€1.00", "$1.234", "¥1,234", "1,23", "$1,23.45", "$92,233,720,368,547,758.08",
        "",
        "$", "1234,567.00", "$1,234.5",
    ])
    func `money in text that another locale reads otherwise is an error`(_ text: String) throws {
        let error = #expect(throws: PGError.self) {
            try decode(PGMoney.self, Array(text.utf8), .money, .text)
        }
        #expect(error?.message.contains("lc_monetary") == true)
        #expect(throws: PGError.self) { try bytes(PGMoney(units: 1), .money, .text) }
    }
}
