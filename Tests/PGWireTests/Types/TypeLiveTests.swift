import PGWire
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TypeLiveTests {
    let cluster: PostgresCluster
    init() throws { cluster = try PostgresCluster.shared() }

    @Test(
        arguments: TypeCase.numbers + TypeCase.texts + TypeCase.times + TypeCase.networks
            + TypeCase.shapes + TypeCase.arrays + TypeCase.ranges)
    func `text to binary to us and back to text is the same value`(_ one: TypeCase) async throws {
        let lab = try await TypeLab.open(cluster)
        let count = try await one.run(lab)
        #expect(count > 0)
        await lab.connection.close()
    }

    @Test(arguments: ["SQL, DMY", "SQL, MDY", "German", "Postgres, DMY", "Postgres, MDY"])
    func `text in another DateStyle is a clear error`(_ style: String) async throws {
        let lab = try await TypeLab.open(cluster)
        try await lab.connection.execute("SET DateStyle = '\(style)'")
        let rows = try await lab.rows(
            "SELECT format('%s', v::date), format('%s', v), format('%s', v AT TIME ZONE 'UTC') FROM (VALUES (timestamptz '2001-02-03 04:05:06+00'), ('0044-03-15 12:00:00+00 BC'), ('12345-01-02 00:00:00+00')) t(v)",
            types: [.text, .text, .text])
        #expect(rows.count == 3)
        for row in rows {
            let fields = row.fields.compactMap { $0 }
            let date = #expect(throws: PGError.self) {
                try decode(PGDate.self, fields[0], .date, .text)
            }
            #expect(date?.code == .decodingFailed && date?.message.contains("DateStyle") == true)
            #expect(throws: PGError.self) {
                try decode(PGTimestamp.self, fields[1], .timestamptz, .text)
            }
            #expect(throws: PGError.self) {
                try decode(PGLocalTimestamp.self, fields[2], .timestamp, .text)
            }
        }
        await lab.connection.close()
    }

    @Test func `the calendar is the server's`() async throws {
        let lab = try await TypeLab.open(cluster)
        let rows = try await lab.rows(
            """
            SELECT d, extract(year FROM d)::int4, extract(month FROM d)::int4, extract(day FROM d)::int4,
                   d - date '1970-01-01' FROM (
                SELECT date '2000-01-01' + (random() * 9000000 - 2400000)::int FROM generate_series(1, 3000)
                UNION ALL SELECT date '4714-11-24 BC' + g * 61 FROM generate_series(0, 3000) g
                UNION ALL SELECT date '5874897-12-31') t(d)
            """, types: [.date, .int4, .int4, .int4, .int4])
        #expect(rows.count == 6002)
        for row in rows {
            let date = try row.decode(PGDate.self, 0)
            // The server has no year 0: 1 BC is -1.
            let year = try row.decode(Int.self, 1)
            let expected = (
                year: year < 0 ? year + 1 : year, month: try row.decode(Int.self, 2),
                day: try row.decode(Int.self, 3)
            )
            let components = try #require(date.components)
            let same = components == expected
            #expect(same, "\(date)")
            #expect(
                PGDate(year: expected.year, month: expected.month, day: expected.day) == date)
            #expect(date.daysSince1970 == (try row.decode(Int.self, 4)))
        }
        await lab.connection.close()
    }

    @Test func `Unix microseconds of an instant are the server's`() async throws {
        let lab = try await TypeLab.open(cluster)
        let rows = try await lab.rows(
            """
            SELECT t, (extract(epoch FROM t) * 1000000)::int8 FROM (
                SELECT timestamptz '1970-01-01' + (random() - 0.5) * interval '8000 years'
                FROM generate_series(1, 2000)) s(t)
            """, types: [.timestamptz, .int8])
        for row in rows {
            let time = try row.decode(PGTimestamp.self, 0)
            let unix = try row.decode(Int64.self, 1)
            #expect(time.unixMicroseconds == unix)
            #expect(PGTimestamp(unixMicroseconds: unix) == time)
            #expect(PGTimestamp(sinceUnixEpoch: .microseconds(unix)) == time)
            #expect(time.sinceUnixEpoch == .microseconds(unix))
            #expect(time.utc.instant(secondsFromUTC: 0) == time)
        }
        await lab.connection.close()
    }

    @Test func `numerics compare and convert as on the server`() async throws {
        let lab = try await TypeLab.open(cluster)
        let rows = try await lab.rows(
            """
            SELECT v, v::float8, CASE WHEN v = trunc(v) AND abs(v) < 9e18 THEN v::int8 END FROM (
                SELECT round((random() - 0.5)::numeric * 10::numeric ^ (g % 60 - 20), g % 25)
                FROM generate_series(1, 3000) g
                UNION ALL VALUES ('NaN'::numeric), ('Infinity'), ('-Infinity'), (0), (1.0), (1.00),
                    (-9e17), (1e300), (-1e-300)) t(v) ORDER BY t.v
            """, types: [.numeric, .float8, .int8])
        var previous = PGNumeric.negativeInfinity
        for row in rows {
            let value = try row.decode(PGNumeric.self, 0)
            #expect(previous <= value)
            previous = value
            let double = try row.decode(Double.self, 1)
            #expect(Double(value) == double || double.isNaN && value.isNaN)
            #expect(try row.decode(Double.self, 0) == double || double.isNaN)
            if let integer = try row.decode(Int?.self, 2) {
                #expect(Int(exactly: value) == integer)
                #expect(PGNumeric(integer) == value)
                #expect(try row.decode(Int.self, 0) == integer)
            }
        }
        await lab.connection.close()
    }

    @Test func `the fields of a record have the server's types`() async throws {
        let lab = try await TypeLab.open(cluster)
        let row = try #require(
            try await lab.rows(
                "SELECT ROW(1::int8, 'a, \"b\"'::text, NULL::uuid, ARRAY[1.50, 2]::numeric[])",
                types: [.record]
            ).first)
        let record = try row.decode(PGComposite.self, 0)
        #expect(record.fields.map(\.type) == [.int8, .text, .uuid, .numericArray])
        #expect(try record.decode(Int.self, 0) == 1)
        #expect(try record.decode(String.self, 1) == "a, \"b\"")
        #expect(try record.decode(PGUUID?.self, 2) == nil)
        #expect(try record.decode([PGNumeric].self, 3).map(\.description) == ["1.50", "2"])
        await lab.connection.close()
    }

    @Test func `a Swift value becomes the type that a column has`() async throws {
        let lab = try await TypeLab.open(cluster)
        try await lab.connection.execute(
            """
            CREATE TEMP TABLE t (a int2, b int4, c int8, d numeric, e float4, f float8, g oid, h text, i xid8,
                j numeric, k float4, l timestamp, m jsonb, n varchar)
            """)
        let types: [PGType] = [
            .int2, .int4, .int8, .numeric, .float4, .float8, .oid, .text, .xid8, .numeric, .float4,
            .timestamp, .jsonb, .varchar,
        ]
        var encoder = PGBinaryCopyEncoder(types: types)
        let time = try #require(PGTimestamp(unixMicroseconds: 1))
        try encoder.row(7, 7, 7, 7, 7, 7, 7, 7, 7, 0.1, 0.1, time, "[1]", true)
        let values: [any PGEncodable] =
            Array(repeating: -7, count: 6) + [7, -7, 7, 1.5, 2, time, "{}", false]
        try encoder.row(values: values)
        let bytes = encoder.finish()
        _ = try await lab.connection.copyIn("COPY t FROM STDIN (FORMAT binary)") {
            try await $0.write(bytes)
        }
        let texts = try await lab.connection.query("SELECT t::text FROM t").rows.map {
            try $0.decode(String.self, 0)
        }
        #expect(
            texts == [
                "(7,7,7,7,7,7,7,7,7,0.1,0.1,\"1970-01-01 00:00:00.000001\",[1],true)",
                "(-7,-7,-7,-7,-7,-7,7,-7,7,1.5,2,\"1970-01-01 00:00:00.000001\",{},false)",
            ])
        await lab.connection.close()
    }

    @Test func `the names of the built-in types are the server's`() async throws {
        let lab = try await TypeLab.open(cluster)
        let result = try await lab.connection.query(
            """
            SELECT t.oid, format_type(t.oid, NULL), t.typarray, r.rngsubtype, r.rngmultitypid
            FROM pg_type t LEFT JOIN pg_range r ON r.rngtypid = t.oid
            WHERE t.oid < 10000 AND t.typtype IN ('b', 'r', 'm') AND t.typname !~ '^pg_(class|type|proc|attribute)'
              AND NOT EXISTS (SELECT FROM pg_type e WHERE e.oid = t.typelem AND e.typtype = 'c')
            """)
        #expect(result.rows.count > 140)
        for row in result.rows {
            let type = PGType(oid: try row.decode(UInt32.self, 0))
            #expect(type.name == (try row.decode(String.self, 1)))
            let array = PGType(oid: try row.decode(UInt32.self, 2))
            if array != .unspecified {
                #expect(type.array == array && array.arrayElement == type && array.isArray)
            }
            if let bound = try row.decode(UInt32?.self, 3) {
                #expect(type.rangeBound?.rawValue == bound)
                #expect(type.multirange?.rawValue == (try row.decode(UInt32?.self, 4)))
                #expect(type.multirange?.multirangeRange == type)
            }
        }
        await lab.connection.close()
    }
}
