import PGWire

extension TypeCase {
    static let networks = [
        TypeCase(PGInet.self, "inet", addresses),
        TypeCase(PGInet.self, "cidr", "SELECT network(v::inet) FROM (\(addresses)) a(v)"),
        TypeCase(
            PGMACAddress.self, "macaddr",
            "SELECT substr(md5(g::text), 1, 12)::macaddr FROM generate_series(1, 100) g"),
        TypeCase(
            PGMACAddress.self, "macaddr8",
            "SELECT substr(md5(g::text), 1, 16)::macaddr8 FROM generate_series(1, 100) g"),
        TypeCase(
            PGBitString.self, "varbit",
            "SELECT substring(('x' || md5(g::text))::bit(128)::varbit, 1, g) FROM generate_series(0, 128) g UNION ALL SELECT repeat('10', 5000)::varbit"
        ),
        TypeCase(PGBitString.self, "bit(13)", literals(["1010101010101", "0000000000000"])),
        TypeCase(PGLSN.self, "pg_lsn", literals(["0/0", "FFFFFFFF/FFFFFFFF", "16/B374D848"])),
        TypeCase(PGTupleID.self, "tid", literals(["(0,0)", "(4294967295,65535)", "(7,1)"])),
        TypeCase(
            PGSnapshot.self, "pg_snapshot",
            literals(["10:20:10,14,15", "1:1:", "9223372036854775806:9223372036854775807:"])),
        TypeCase(PGSnapshot.self, "txid_snapshot", literals(["10:20:10,14,15", "1:1:"])),
    ]

    private static let addresses =
        "SELECT ('10.' || g || '.' || (g * 7) % 256 || '.1/' || g % 33)::inet FROM generate_series(0, 255) g UNION ALL "
        + "SELECT (SELECT string_agg(CASE WHEN random() < 0.5 THEN '0' ELSE to_hex((random() * 65535)::int) END, ':') FROM generate_series(1, 8) WHERE g > 0)::inet FROM generate_series(1, 500) g UNION ALL "
        + literals([
            "::", "::1", "::ffff:1.2.3.4", "::1.2.3.4", "fe80::1/64", "1::", "1:2:3:4:5:6:7:8",
            "0.0.0.0/0", "255.255.255.255", "2001:db8::/32", "1:0:0:2::3", "::/0",
        ]).replacingType("inet")

    static let shapes = [
        TypeCase(
            PGPoint.self, "point",
            "SELECT point(random() * 1e5, -random() / 1e9) FROM generate_series(1, 100) UNION ALL "
                + literals(["(1e300,-1e-300)", "(Infinity,-Infinity)", "(NaN,0)", "(-0,0)"])
                .replacingType("point")),
        TypeCase(PGLine.self, "line", literals(["{1,-1,0}", "{0,1.5,-2e-10}"])),
        TypeCase(PGLineSegment.self, "lseg", literals(["[(1,2),(3,4)]", "[(-1.5,2),(3e10,4)]"])),
        TypeCase(PGBox.self, "box", literals(["(3,4),(1,2)", "(0.1,0.2),(-5,-6)"])),
        TypeCase(
            PGPath.self, "path", literals(["((0,0),(1,1),(2,0))", "[(0,0),(1,1.5)]", "[(1,2)]"])),
        TypeCase(PGPolygon.self, "polygon", literals(["((0,0),(1,1),(2,0))", "((1,2))"])),
        TypeCase(PGCircle.self, "circle", literals(["<(1,2),3>", "<(-0.5,1e10),0>"])),
    ]

    static let arrays = [
        TypeCase(
            PGArray<Int?>.self, "int4[]",
            "SELECT array_agg(CASE WHEN random() < 0.1 THEN NULL ELSE (random() * 1000)::int END) FROM generate_series(1, 1000) g GROUP BY g % 50 UNION ALL "
                + literals([
                    "{}", "{NULL}", "{{1,2},{3,NULL}}", "[0:1][-2:-1]={{1,2},{3,4}}", "[5:5]={7}",
                    "{{{{{{1}}}}}}", "[-2147483648:-2147483647]={1,2}",
                    "{{{1},{2}},{{3},{4}},{{5},{6}}}",
                ]).replacingType("int4[]")),
        TypeCase([Int16].self, "int2[]", literals(["{}", "{1,-2,32767}"])),
        TypeCase([Int?].self, "int8[]", literals(["{}", "{NULL,9223372036854775807}"])),
        TypeCase([UInt8].self, "int2[]", literals(["{0,1,255}"])),
        TypeCase(
            PGArray<String?>.self, "text[]",
            "SELECT array_agg(chr(g)) FROM generate_series(1, 1000) g GROUP BY g / 10 UNION ALL "
                + literals([
                    #"{}"#, #"{"",NULL,"NULL","null",a}"#,
                    #"{"a \"q\" \\ {} , ; b"," lead","tail "}"#,
                    #"{{"x y",""},{"\\N",NULL}}"#, #"[2:3]={"a,b","c"}"#,
                ]).replacingType("text[]")),
        TypeCase(PGArray<String?>.self, "varchar[]", literals(["{a,NULL}"])),
        TypeCase([Bool].self, "bool[]", literals(["{t,f}"])),
        TypeCase(PGArray<Double>.self, "float8[]", literals(["{NaN,-Infinity,0.1}"])),
        TypeCase(PGArray<PGNumeric?>.self, "numeric[]", literals(["{1.10,NULL,NaN}"])),
        TypeCase(PGArray<[UInt8]>.self, "bytea[]", #"SELECT ARRAY['\x00ff'::bytea, '', 'a\\b']"#),
        TypeCase(
            PGArray<PGUUID>.self, "uuid[]", "SELECT ARRAY[gen_random_uuid(), gen_random_uuid()]"),
        TypeCase(
            PGArray<PGTimestamp?>.self, "timestamptz[]",
            "SELECT ARRAY[now(), NULL, 'infinity', '0044-03-15 12:00 BC']"),
        TypeCase(
            PGArray<PGInterval>.self, "interval[]", "SELECT ARRAY[interval '1 mon -2 days 3 s']"),
        TypeCase(
            PGArray<PGJSON>.self, "jsonb[]", #"SELECT ARRAY['{"a": "b\\"}', '[1, 2]']::jsonb[]"#),
        TypeCase(PGArray<PGInet>.self, "inet[]", literals(["{10.0.0.1,::1/64}"])),
        TypeCase(PGArray<PGBox>.self, "box[]", literals(["{(3,4),(1,2);(5,6),(0,0)}"])),
        TypeCase(PGArray<PGPoint?>.self, "point[]", "SELECT ARRAY[point(1,2), NULL]"),
        TypeCase(
            PGArray<PGRange<Int>>.self, "int8range[]",
            "SELECT ARRAY[int8range(1, 5), 'empty', int8range(NULL, 3)]"),
        TypeCase(PGArray<Int>.self, "int2vector", literals(["1 2 -3", "7"])),
        TypeCase(PGArray<UInt32>.self, "oidvector", literals(["1 2 4294967295"])),
        TypeCase(
            PGArray<Mood?>.self, "mood[]",
            "SELECT ARRAY['sad', 'ok', NULL, 'very \"happy\", ''so'' \\ {}']::mood[]",
            setup: [
                "DROP TYPE IF EXISTS mood CASCADE",
                "CREATE TYPE mood AS ENUM ('sad', 'ok', 'very \"happy\", ''so'' \\ {}')",
            ], formatsDiffer: true),
    ]

    static let ranges = [
        TypeCase(
            PGRange<Int32>.self, "int4range",
            "SELECT int4range(g, g + abs(g % 5), '[]') FROM generate_series(-50, 50) g UNION ALL SELECT int4range(NULL, g) FROM generate_series(1, 3) g UNION ALL "
                + literals(["empty", "(,)", "[1,)", "[-2147483648,2147483647)"])
                .replacingType("int4range")),
        TypeCase(PGRange<Int>.self, "int8range", literals(["empty", "[1,9223372036854775807)"])),
        TypeCase(
            PGRange<PGNumeric>.self, "numrange",
            literals(["[1.10,2.000]", "(1,2)", "(,5]", "empty", "[NaN,)", "(-5,Infinity]"]),
            isIdentical: false),
        TypeCase(
            PGRange<PGDate>.self, "daterange",
            literals(["[2020-01-01,2020-02-01)", "[-infinity,infinity)", "(,2020-01-01)", "empty"])),
        TypeCase(
            PGRange<PGLocalTimestamp>.self, "tsrange",
            literals([#"["2020-01-01 00:00:00","2020-02-01 12:00:00.5"]"#, "(,)"])),
        TypeCase(
            PGRange<PGTimestamp>.self, "tstzrange",
            literals([
                #"["2020-01-01 00:00:00+00","infinity")"#, #"("0044-03-15 12:00:00+00 BC",]"#,
            ])),
        TypeCase(
            PGRange<String>.self, "textrange",
            #"SELECT textrange('a "q" \', 'b,()[] c', '[]') UNION ALL SELECT textrange('', NULL) UNION ALL SELECT textrange(NULL, '')"#,
            setup: [
                "DROP TYPE IF EXISTS textrange CASCADE",
                "CREATE TYPE textrange AS RANGE (subtype = text)",
            ]),
        TypeCase(
            PGMultirange<Int32>.self, "int4multirange",
            literals(["{}", "{[1,3),[5,9)}", "{(,)}", "{(,1),[7,)}"])),
        TypeCase(
            PGMultirange<PGNumeric>.self, "nummultirange", literals(["{[1.5,2.50],(3,4)}"])),
        TypeCase(
            PGMultirange<PGTimestamp>.self, "tstzmultirange",
            "SELECT tstzmultirange(tstzrange(now(), now() + interval '1 s'), tstzrange('2001-01-01', NULL))"
        ),
        TypeCase(
            PGMultirange<PGDate>.self, "datemultirange", literals(["{[2020-01-01,2020-02-01)}"])),
        TypeCase(
            PGComposite.self, "triple",
            #"SELECT (g, 'a "q" \ (,)' || g, ARRAY[g, NULL])::triple FROM generate_series(1, 10) g UNION ALL SELECT (NULL, '', NULL)::triple UNION ALL SELECT (NULL, NULL, NULL)::triple UNION ALL SELECT NULL"#,
            setup: [
                "DROP TYPE IF EXISTS triple CASCADE",
                "CREATE TYPE triple AS (a int, b text, c numeric[])",
            ], formatsDiffer: true),
        TypeCase(
            PGArray<PGComposite>.self, "triple[]",
            #"SELECT ARRAY[(1, 'a "q" \ (,)', ARRAY[1.50, NULL])::triple, (NULL, '', '{}')::triple]"#,
            setup: [
                "DROP TYPE IF EXISTS triple CASCADE",
                "CREATE TYPE triple AS (a int, b text, c numeric[])",
            ], formatsDiffer: true),
    ]
}
