import PGWire
import Replicator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct ApplierRowsTests {
    @Test func `a whole table is replaced, rows that are the same stay`() async throws {
        let world = try ApplierWorld("CREATE TABLE t (id int PRIMARY KEY, v json);")
        try await world.begin()
        try await world.batch(10, 11, TableRows("t", mode: .replace, ["1\t1", "2\t2", "3\t3"]))
        let before = try world.psql("SELECT xmin FROM t WHERE id = 2")
        try await world.batch(
            11, 12, TableRows("t", mode: .replace, ["2\t2", "3\t3.0", "4\t{\"a\":1,\"a\":2}"]))
        #expect(try world.psql("TABLE t ORDER BY id") == "2|2\n3|3.0\n4|{\"a\":1,\"a\":2}")
        #expect(try world.psql("SELECT xmin FROM t WHERE id = 2") == before)
        try await world.batch(12, 13, TableRows("t", mode: .replace, []))
        #expect(try world.psql("TABLE t") == "")
    }

    @Test func `a chunk that meets its rows is refused, and merged when it comes again`()
        async throws
    {
        let world = try ApplierWorld("CREATE TABLE t (id int PRIMARY KEY, v text);")
        var begin = try world.header(.loadBegin, to: 10)
        let chunk = LoadPlan.Chunk(relation: 1, condition: nil, estimatedBytes: 1)
        begin.loadPlan = LoadPlan(chunks: [chunk, chunk])
        begin.schema = SchemaSection(applied: "{}")
        try await world.send(begin)
        var first = try world.header(.loadChunk, to: 10)
        first.chunk = 0
        try await world.send(first, TableRows("t", mode: .append, ["1\ta", "2\tb"]))
        // Done is done: its rows are not even read again.
        try await world.send(first, TableRows("t", mode: .append, ["9\tz"]))
        let early = await #expect(throws: LinkError.self) {
            try await world.send(try world.header(.loadFinish, to: 10))
        }
        #expect(early?.code == .wrongPosition)
        var second = try world.header(.loadChunk, to: 10)
        second.chunk = 1
        let refusal = await #expect(throws: LinkError.self) {
            try await world.send(second, TableRows("t", mode: .append, ["2\tB", "3\tc"]))
        }
        #expect(refusal?.code == .duplicate)
        #expect(try await world.state().doneChunks == [0])
        try await world.send(second, TableRows("t", mode: .merge, ["2\tB", "3\tc"]))
        #expect(try await world.state().doneChunks == [0, 1])
        #expect(try await world.send(begin).loadPlan?.chunks.count == 2)
        try await world.send(try world.header(.loadFinish, to: 10))
        #expect(try world.psql("TABLE t ORDER BY id") == "1|a\n2|B\n3|c")
        #expect(try await world.state().loadPlan == nil)
    }

    @Test func `identity, generated and domain columns arrive`() async throws {
        let world = try ApplierWorld(
            """
            CREATE DOMAIN must AS varchar(5) NOT NULL CHECK (VALUE <> 'bad');
            CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v must,
              twice int GENERATED ALWAYS AS (id * 2) STORED);
            CREATE TABLE u (id int PRIMARY KEY, v int GENERATED ALWAYS AS IDENTITY);
            """)
        try await world.begin()
        try await world.batch(
            10, 11, TableRows("t", ["t\t1\ta", "t\t2\tb"]), TableRows("u", ["t\t1\t5"]))
        try await world.batch(
            11, 12, TableRows("t", ["t\t1\tc", "f\t2\t\\N"]), TableRows("u", ["t\t1\t6"]))
        #expect(try world.psql("TABLE t") == "1|c|2")
        #expect(try world.psql("TABLE u") == "1|6")
        let error = await #expect(throws: LinkError.self) {
            try await world.batch(12, 13, TableRows("t", ["t\t3\tbad"]))
        }
        #expect(error?.sqlState == "23514")
    }

    @Test func `hostile names are only names`() async throws {
        let schema = "s.\"; DROP"
        let table = "tä b'l\"e🐘 select"
        let column = "c\"\\ \u{1F418}; --"
        let quoted = TableName(schema: schema, name: table).quoted
        let world = try ApplierWorld(
            """
            CREATE SCHEMA "s.""; DROP";
            CREATE TABLE \(quoted) ("order" int, "c""\\ 🐘; --" text, PRIMARY KEY ("order"));
            """)
        try await world.begin()
        let columns = ["order", column]
        try await world.batch(
            10, 11, TableRows(table, schema: schema, columns: columns, key: ["order"], ["t\t1\ta"]))
        try await world.batch(
            11, 12,
            TableRows(
                table, schema: schema, columns: columns, key: ["order"], ["t\t1\tb", "f\t2\t\\N"]))
        #expect(try world.psql("TABLE \(quoted)") == "1|b")
    }

    @Test func `keys of every shape find their rows`() async throws {
        let world = try ApplierWorld(
            """
            CREATE TABLE composite (a text, b numeric, v text, PRIMARY KEY (b, a));
            CREATE TABLE onlykey (a numeric PRIMARY KEY);
            CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text);
            CREATE TABLE nokey (id int NOT NULL, v text);
            CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN feeling AS mood;
            CREATE TABLE felt (id feeling PRIMARY KEY, v text); INSERT INTO felt VALUES ('b', '');
            CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY HASH (id);
            CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            """)
        try await world.begin()
        for (from, b) in [(10, "1.0"), (11, "1.00")] {
            try await world.batch(
                from, from + 1,
                TableRows(
                    "composite", columns: ["a", "b", "v"], key: ["b", "a"], ["t\tx\t\(b)\t\(b)"]),
                TableRows("onlykey", columns: ["a"], key: ["a"], ["t\t\(b)"]),
                TableRows("late", ["t\t1\t\(b)", "f\t2\t\\N"]),
                TableRows("nokey", ["t\t1\t\(b)", "f\t2\t\\N"]),
                TableRows("felt", ["t\ta\t\(b)", "f\tb\t\\N"]),
                TableRows("parts", ["t\t1\t\(b)", "t\t2\t\(b)", "f\t3\t\\N"]))
        }
        #expect(try world.psql("TABLE composite") == "x|1.00|1.00")
        #expect(try world.psql("TABLE onlykey") == "1.00")
        #expect(try world.psql("TABLE late") == "1|1.00")
        #expect(try world.psql("TABLE nokey") == "1|1.00")
        #expect(try world.psql("TABLE felt") == "a|1.00")
        #expect(try world.psql("TABLE parts ORDER BY id") == "1|1.00\n2|1.00")
    }

    @Test func `values of every built-in type arrive as they were`() async throws {
        let world = try ApplierWorld(Self.types)
        try await world.begin()
        let list = try world.psql(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'src'::regclass AND attnum > 0 "
                + "ORDER BY attnum"
        ).split(separator: "\n").map(String.init)
        let settings =
            "SET DateStyle = 'ISO, MDY'; SET TimeZone = 'UTC'; SET extra_float_digits = 3;"
        let text = try world.psql("\(settings) COPY src TO STDOUT")
        let rows = text.split(separator: "\n").map(String.init)
        #expect(rows.count == 3)
        try await world.batch(
            10, 11, TableRows("dst", columns: list, rows.map { "t\t" + $0 }))
        try await world.batch(11, 12, TableRows("dst", columns: list, mode: .replace, rows))
        #expect(try world.psql("\(settings) COPY (TABLE dst ORDER BY id) TO STDOUT") == text)
        #expect(
            try world.psql(
                "SELECT count(*) FROM src JOIN dst USING (id) WHERE src::text = dst::text") == "3")
    }

    private static let types = """
        CREATE TYPE inner_type AS (a int, b text);
        CREATE TYPE outer_type AS (i inner_type, l inner_type[]);
        CREATE DOMAIN ints AS int[] CHECK (array_length(VALUE, 1) < 10);
        CREATE TYPE mood AS ENUM ('so, so', 'fine "x"');
        CREATE TABLE src (id int PRIMARY KEY, b bool, i2 int2, i8 int8, f4 float4, f8 float8,
          n numeric, m money, t text, c char(5), vc varchar(9), bin bytea, u uuid, d date, ti time,
          tz timetz, ts timestamp, tstz timestamptz, iv interval, j json, jb jsonb, ip inet,
          ci cidr, mac macaddr, bi bit(4), vb varbit, arr int[], arr2 text[], r int4range,
          tr tstzrange, mr int8multirange, o outer_type, ds ints, e mood, p point, bx box,
          x xml, tsv tsvector, tq tsquery, l pg_lsn, k "char", nm name);
        INSERT INTO src VALUES
         (1, true, -32768, 9223372036854775807, 'NaN', '-Infinity', 'NaN', '-12.50', E'a\\tb\\\\n\\nc',
          'ab', 'x y', '\\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'infinity', '24:00:00',
          '24:00:00+14', '-infinity', 'infinity', '-1 year 2 days -03:04:05.000006',
          '{"a": 1, "a":  2}', '{"a": 1.10}', '::1/64', '10.0.0.0/8', '08:00:2b:01:02:03',
          '1010', '101', '[-2:0]={1,NULL,3}', '{{"a,b",""},{"NULL",NULL}}', '[1,5)', '(,)',
          '{[1,3),[5,9)}', ROW(ROW(1, 'x,"y"'), ARRAY[ROW(2, NULL)::inner_type])::outer_type,
          '{1,2}', 'so, so', '(1,2)', '(1,2),(3,4)', '<a>&lt;</a>', 'a:1B fat', 'a & !b',
          '16/B374D848', 'x', 'name'),
         (2, false, 0, 0, '-0', '1e-307', 'Infinity', '0', '', '', '', '', NULL,
          '4713-01-01 BC', '00:00', '00:00-12:30', '0044-03-15 12:00:00.123456 BC',
          '0001-01-01 00:00+00 BC', '0', 'null', 'null', '1.2.3.4', '::/0', NULL, '0000', '',
          '{}', '{}', 'empty', '["2020-01-01 00:00+00",)', '{}', NULL, NULL, 'fine "x"', NULL,
          NULL, '', '', '', '0/0', '', ''),
         (3, NULL, NULL, NULL, 3.4028235e38, 0.1, 1e100, NULL, '\\N', '\\N', '\\.', NULL, NULL,
          NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        CREATE TABLE dst (LIKE src INCLUDING ALL);
        """

    @Test func `a value of 110 megabytes passes`() async throws {
        let world = try ApplierWorld("CREATE TABLE t (id int PRIMARY KEY, v text);")
        try await world.begin()
        let header = try world.header(.batch, from: 10, to: 11)
        let start = TableRows("t", []).start
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 11 << 20)
        try await world.link.send { sink in
            try await sink.write(.header(header))
            try await sink.write(.tableStart(start))
            var checksum = CRC32()
            func write(_ bytes: [UInt8]) async throws {
                checksum.update(bytes)
                try await sink.write(.rows(bytes))
            }
            try await write(Array("t\t1\t".utf8))
            for _ in 0..<10 { try await write(piece) }
            try await write([10])
            try await sink.write(.tableEnd(rowCount: 1, checksum: checksum.value))
            try await sink.write(.end(rowCount: 1))
        }
        #expect(try world.psql("SELECT length(v) FROM t") == "\(110 << 20)")
    }

    @Test func `300,000 rows pass in bounded memory`() async throws {
        let world = try ApplierWorld("CREATE TABLE t (id int PRIMARY KEY, v text);")
        try await world.begin()
        let header = try world.header(.batch, from: 10, to: 11)
        let start = TableRows("t", []).start
        let before = residentMemory()
        try await world.link.send { sink in
            try await sink.write(.header(header))
            try await sink.write(.tableStart(start))
            var checksum = CRC32()
            for block in 0..<300 {
                var bytes: [UInt8] = []
                for row in 0..<1000 {
                    bytes +=
                        "t\t\(block * 1000 + row)\tthe value of a row, as wide as many are\n".utf8
                }
                checksum.update(bytes)
                try await sink.write(.rows(bytes))
            }
            try await sink.write(.tableEnd(rowCount: 300_000, checksum: checksum.value))
            try await sink.write(.end(rowCount: 300_000))
        }
        #expect(try world.psql("SELECT count(*) FROM t") == "300000")
        #expect(residentMemory() - before < 64 << 20)
    }

    /// Bytes of this process in memory; 0 where it cannot be read.
    private func residentMemory() -> Int {
        let text = try? PostgresCluster.shell("awk '/VmRSS/ {print $2}' /proc/$PPID/status")
        return (text.flatMap { Int($0) } ?? 0) * 1024
    }
}
