import PGWire

enum Mood: String, PGEncodable, PGDecodable {
    case sad
    case ok
    case happy = "very \"happy\", 'so' \\ {}"
}

extension TypeCase {
    static let numbers = [
        TypeCase(Bool.self, "bool", literals(["t", "f"])),
        TypeCase(
            Int16.self, "int2", "SELECT generate_series(-32768, 32767, 31) UNION SELECT 32767"),
        TypeCase(
            Int32.self, "int4",
            "SELECT ((random() - 0.5) * 4294967294)::int4 FROM generate_series(1, 2000) UNION ALL "
                + literals(["-2147483648", "2147483647", "0", "-1"])
                .replacingType("int4")),
        TypeCase(
            Int.self, "int8",
            "SELECT ('x' || substr(md5(g::text), 1, 16))::bit(64)::int8 FROM generate_series(1, 2000) g UNION ALL "
                + literals(["-9223372036854775808", "9223372036854775807", "0"])
                .replacingType("int8")),
        TypeCase(UInt32.self, "oid", literals(["0", "4294967295", "2147483648"])),
        TypeCase(UInt32.self, "xid", literals(["0", "4294967295", "3"])),
        TypeCase(UInt32.self, "cid", literals(["0", "4294967295"])),
        // A cast from text to regclass looks a name up.
        TypeCase(
            UInt32.self, "regclass", "VALUES (4000000000::oid), (123456789)", encodesText: false),
        TypeCase(UInt32.self, "regtype", literals(["4000000000", "123456789"])),
        TypeCase(UInt32.self, "regrole", literals(["4000000000", "123456789"])),
        TypeCase(
            UInt64.self, "xid8", literals(["0", "18446744073709551615", "9223372036854775808"])),
        TypeCase(
            Double.self, "float8",
            "SELECT (random() - 0.5) * 10 ^ (random() * 600 - 300) FROM generate_series(1, 3000) UNION ALL "
                + literals([
                    "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "NaN",
                    "Infinity", "-Infinity", "-0", "0", "0.1", "1e15", "1e16", "123456789012345680",
                ]).replacingType("float8")),
        TypeCase(
            Float.self, "float4",
            "SELECT ((random() - 0.5) * 10 ^ (random() * 70 - 35))::float4 FROM generate_series(1, 3000) UNION ALL "
                + literals([
                    "1e-45", "1.17549435e-38", "3.4028235e38", "NaN", "Infinity", "-Infinity", "-0",
                    "0.1", "16777216",
                ]).replacingType("float4")),
        TypeCase(
            PGNumeric.self, "numeric",
            """
            SELECT (translate(md5(g::text), 'abcdef', '012345') || '.' || translate(md5(g::text || 'x'), 'abcdef', '987654'))::numeric
                * (10::numeric ^ (g % 90 - 45)) * (CASE WHEN g % 2 = 0 THEN -1 ELSE 1 END) FROM generate_series(1, 2000) g
            UNION ALL SELECT round(random()::numeric * 10000, g % 12) FROM generate_series(1, 500) g
            UNION ALL SELECT ('1e' || g)::numeric FROM generate_series(-40, 40) g
            UNION ALL SELECT (repeat('9', 131072) || '.' || repeat('7', 16383))::numeric
            UNION ALL SELECT ('-1e131071')::numeric UNION ALL SELECT ('-1e-16383')::numeric
            UNION ALL SELECT ('0.' || repeat('0', 16383))::numeric UNION ALL \

            """
                + literals([
                    "NaN", "0", "0.0", "-0.000", "1.10", "10000", "9999", "0.0001", "0.00010000",
                    "99999999.99990000", "123456789012345678901234567890",
                ]).replacingType("numeric")),
        // The server leaves a meaningless scale on its infinities.
        TypeCase(
            PGNumeric.self, "numeric", literals(["Infinity", "-Infinity"]), isIdentical: false),
        TypeCase(
            PGMoney.self, "money",
            "SELECT ((random() - 0.5) * 1e12)::numeric::money FROM generate_series(1, 200) UNION ALL "
                + literals([
                    "92233720368547758.07", "-92233720368547758.08", "0", "-0.01", "999", "1000",
                ]).replacingType("money"), encodesText: false),
    ]

    static let texts = [
        TypeCase(String.self, "text", nastyText),
        TypeCase(String.self, "varchar", nastyText),
        TypeCase(String.self, "bpchar", literals(["a", "", "  ", "żółć"])),
        TypeCase(String.self, "name", literals(["a", "", "It's \"quoted\""])),
        TypeCase(String.self, "\"char\"", literals(["a", "", "~"])),
        TypeCase(UInt8.self, "\"char\"", literals(["a", "", "~"]), encodesText: false),
        TypeCase(String.self, "xml", literals(["<a b=\"c\">d &amp; e</a>", "text", "<x/>"])),
        TypeCase(String.self, "refcursor", literals(["a cursor", ""])),
        TypeCase(
            String.self, "citext", literals(["Mixed", "CASE", ""]),
            setup: ["CREATE EXTENSION IF NOT EXISTS citext"]),
        TypeCase(
            [UInt8].self, "bytea",
            "SELECT decode(md5(g::text), 'hex') FROM generate_series(1, 200) g UNION ALL SELECT decode(to_hex(g + 256), 'hex') FROM generate_series(3840, 4095) g UNION ALL SELECT decode(string_agg(lpad(to_hex(g), 2, '0'), ''), 'hex') FROM generate_series(0, 255) g UNION ALL SELECT '' UNION ALL SELECT NULL",
            settings: ["SET bytea_output = hex", "SET bytea_output = escape"]),
        TypeCase(
            PGUUID.self, "uuid",
            "SELECT md5(g::text)::uuid FROM generate_series(1, 500) g UNION ALL SELECT gen_random_uuid() UNION ALL "
                + literals([
                    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                ]).replacingType("uuid")),
        TypeCase(PGJSON.self, "json", literals(json)),
        TypeCase(PGJSON.self, "jsonb", literals(json)),
        TypeCase(String.self, "json", literals(json)),
        TypeCase(String.self, "jsonb", literals(json)),
        TypeCase(
            String.self, "jsonpath", literals(["$", "$.a[*] ? (@.b > 1)", "lax $.\"x y\".type()"])),
        TypeCase(
            PGRaw.self, "tsvector", literals(["", "'a':1A 'fat''s':2,3B", "x y z"]),
            formatsDiffer: true),
        TypeCase(
            PGRaw.self, "tsquery", literals(["a & b | !c", "'fat''s':AB* <-> d"]),
            formatsDiffer: true),
        TypeCase(
            Mood.self, "mood", literals(["sad", "ok", Mood.happy.rawValue]),
            setup: [
                "DROP TYPE IF EXISTS mood CASCADE",
                "CREATE TYPE mood AS ENUM ('sad', 'ok', 'very \"happy\", ''so'' \\ {}')",
            ]),
        TypeCase(
            PGHstore.self, "hstore",
            literals([
                "", "a=>1,b=>NULL", "\"q\\\"\\\\\"=>\"x, y=>z\", \"\"=>\"\"", "null=>\"NULL\"",
            ]),
            setup: ["CREATE EXTENSION IF NOT EXISTS hstore"]),
    ]

    private static let json = [
        "null", "{}", "[1, 2.50, \"\\u00e9\\\\ \\\"q\\\"\"]", "{\"a\": {\"b\": [true, null]}}",
        "\"\"", "1e100",
    ]

    private static let nastyText =
        "SELECT md5(g::text) FROM generate_series(1, 500) g UNION ALL SELECT chr(g) FROM generate_series(1, 3000) g UNION ALL SELECT repeat('long ', 100000) UNION ALL "
        + literals([
            "", "plain", "it's \"quoted\" \\ back", "żółć 日本語 👩‍👩‍👧", "two\nlines\t\r", "NULL", "\\N",
            "{a,b}",
        ])

    static let times = [
        TypeCase(
            PGDate.self, "date",
            "SELECT date '2000-01-01' + (random() * 4000000 - 2400000)::int FROM generate_series(1, 3000) UNION ALL SELECT date '1600-01-01' + g FROM generate_series(1, 1500) g UNION ALL "
                + literals([
                    "4714-11-24 BC", "5874897-12-31", "infinity", "-infinity", "0001-12-31 BC",
                    "0001-01-01", "2000-02-29", "1900-02-28", "1999-12-31", "10000-01-01",
                ]).replacingType("date")),
        TypeCase(
            PGTime.self, "time",
            "SELECT time '00:00' + random() * interval '1 day' FROM generate_series(1, 500) UNION ALL "
                + literals(["00:00:00", "24:00:00", "23:59:59.999999", "00:00:00.000001"])
                .replacingType("time")),
        TypeCase(
            PGTimeWithZone.self, "timetz",
            literals([
                "00:00:00+00", "24:00:00-15:59:59", "23:59:59.999999+15:59:59", "12:30:00.5+05:30",
                "01:02:03-03:30:15", "00:00:00+00:00:01",
            ])),
        TypeCase(PGLocalTimestamp.self, "timestamp", instants("timestamp")),
        TypeCase(
            PGTimestamp.self, "timestamp", instants("timestamp"), formatsDiffer: false,
            isIdentical: true),
        TypeCase(
            PGTimestamp.self, "timestamptz", instants("timestamptz"),
            settings: [
                "SET TimeZone = 'UTC'", "SET TimeZone = 'Asia/Kolkata'",
                "SET TimeZone = 'America/St_Johns'", "SET TimeZone = 'Pacific/Apia'",
            ]),
        TypeCase(
            PGInterval.self, "interval",
            """
            SELECT make_interval(g % 7 - 3, g % 23 - 11, 0, g % 60 - 30, g % 25 - 12, g % 61 - 30, ((random() - 0.5) * 100)::numeric(9,6)::float8)
            FROM generate_series(1, 2000) g
            UNION ALL SELECT make_interval(g % 3 - 1) FROM generate_series(1, 3) g
            UNION ALL SELECT make_interval(secs => (g - 100)::float8 / 64) FROM generate_series(1, 200) g UNION ALL \

            """
                + literals([
                    "0", "1 year", "-1 mon", "-1 year -2 mons", "3 days", "-3 days -04:05:06",
                    "-3 days", "-3 days 04:05:06", "178956970 years 7 mons",
                    "-178956970 years -8 mons", "2147483647 days", "-2147483648 days",
                    "2562047788:00:54.775807", "-2562047788:00:54.775807",
                    "1 year 2 mons 3 days 04:05:06.789",
                    "-00:00:00.000001", "00:00:59.999999", "1 mon -1 days +00:00:01",
                ]).replacingType("interval"),
            settings: ["postgres", "postgres_verbose", "sql_standard", "iso_8601"].map {
                "SET IntervalStyle = \($0)"
            }),
    ]

    private static func instants(_ type: String) -> String {
        "SELECT \(type) '2000-01-01' + (random() - 0.5) * interval '9000 years' FROM generate_series(1, 2000) UNION ALL "
            + "SELECT \(type) '1850-01-01' + g * interval '37 days 01:02:03.000004' FROM generate_series(1, 2000) g UNION ALL "
            + literals(
                [
                    "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999", "infinity",
                    "-infinity",
                    "0001-12-31 23:59:59.999999 BC", "0001-01-01", "1999-12-31 23:59:59.999999",
                    "1970-01-01", "2000-02-29 12:00",
                ].map { type == "timestamptz" && $0.contains(":") ? $0.withZone : $0 }
            ).replacingType(type)
    }
}

extension String {
    /// A list of literals as a query of a type.
    func replacingType(_ type: String) -> String {
        "SELECT column1::\(type) FROM (\(self)) literals"
    }

    /// The offset UTC, in front of a BC.
    fileprivate var withZone: String {
        hasSuffix(" BC") ? dropLast(3) + "+00 BC" : self + "+00"
    }
}
