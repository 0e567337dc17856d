import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Every built-in type and every odd name goes through both roads: the load and the batches.
    @Suite struct Values {
        private static let types = """
            CREATE EXTENSION IF NOT EXISTS hstore;
            CREATE TYPE mood AS ENUM ('sad', 'so, "so"', 'happy');
            CREATE TYPE point3 AS (x int, y double precision, label text);
            CREATE TYPE nested AS (p point3, tags text[]);
            CREATE DOMAIN positive AS int CHECK (VALUE > 0);
            CREATE TABLE v (
                id int PRIMARY KEY,
                a_bool bool, a_int2 int2, a_int4 int4, a_int8 int8, a_float4 float4, a_float8 float8,
                a_numeric numeric, a_numeric2 numeric(12, 4), a_money money,
                a_text text, a_varchar varchar(20), a_char char(5), a_name name, a_char1 "char",
                a_bytea bytea, a_uuid uuid, a_date date, a_time time, a_timetz timetz,
                a_timestamp timestamp, a_timestamptz timestamptz, a_interval interval,
                a_json json, a_jsonb jsonb, a_xml xml, a_inet inet, a_cidr cidr, a_mac macaddr, a_mac8 macaddr8,
                a_bit bit(5), a_varbit varbit, a_point point, a_line line, a_lseg lseg, a_box box, a_path path,
                a_polygon polygon, a_circle circle, a_tsvector tsvector, a_tsquery tsquery,
                a_int4range int4range, a_numrange numrange, a_tstzrange tstzrange, a_multi int4multirange,
                a_oid oid, a_regclass regclass, a_lsn pg_lsn, a_xid8 xid8,
                a_ints int[], a_texts text[], a_moods mood[], a_stamps timestamptz[],
                a_mood mood, a_point3 point3, a_nested nested, a_positive positive, a_hstore hstore,
                a_generated int GENERATED ALWAYS AS (id * 2) STORED,
                a_identity int GENERATED ALWAYS AS IDENTITY
            );
            """

        private static func rows(_ first: Int) -> String {
            """
            INSERT INTO v (id) VALUES (\(first));
            INSERT INTO v VALUES (\(first + 1), true, -32768, 2147483647, -9223372036854775808, 'NaN', '-Infinity',
                'NaN', -99999999.9999, '-12.34', E'tab\\t nl\\n cr\\r bs\\\\ nul-word \\\\N é 漢 🐘', '', 'ab', 'name', 'x',
                '\\x00ff10', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '0044-03-15 BC', '24:00:00', '23:59:59.999999+14',
                'infinity', '-infinity', '-1 year 2 mons -3 days 04:05:06.789', '{"a":1, "a": 2 ,"b":[null]}',
                '{"a":1,"b":"\\u00e9"}', '<a b="c">d</a>', '10.1.2.3/8', '10.0.0.0/8', '08:00:2b:01:02:03',
                '08:00:2b:01:02:03:04:05', '10101', '1', '(1,2)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)',
                '[(0,0),(1,1),(2,0)]', '((0,0),(1,1),(2,0))', '<(0,0),1.5>', 'a:1A fat:2', 'fat & rat',
                '[1,10)', 'empty', '[2020-01-01,)', '{[1,3),[5,7)}', 4294967295, 'pg_class', '16/B374D848', '42',
                '[0:2]={1,NULL,3}', '{"a b","c\\"d",NULL,"NULL","",}', NULL, '{infinity,"0044-03-15 12:00:00 BC"}',
                'so, "so"', '(1,-0,"x ""y"", z")', '("(1,2.5,)","{a,""b c""}")', 7, 'a=>1,b=>NULL');
            INSERT INTO v (id, a_numeric, a_float8, a_float4, a_timestamptz, a_texts, a_moods, a_text, a_interval) VALUES
                (\(first + 2), 1.10, 0.1 + 0.2, 1e-45, '2020-02-30 00:00:00+00'::date - 1, '{{a,b},{c,d}}', '{sad,happy}',
                 repeat('0123456789', 20000), 'P1Y2M3DT4H5M6S');
            """.replacingOccurrences(
                of: "'{\"a b\",\"c\\\"d\",NULL,\"NULL\",\"\",}'",
                with: "'{\"a b\",NULL,\"NULL\",\"\"}'"
            )
            .replacingOccurrences(
                of: "'2020-02-30 00:00:00+00'::date - 1", with: "'1999-12-31 23:59:59.999999+03'")
        }

        @Test func `all built-in types survive the load and the batches`() throws {
            let pair = try Replication()
            // Names of relations are not the same number on both sides; regclass of a system table is.
            try pair.cluster.psql(
                Self.types + "SET extra_float_digits = 3;" + Self.rows(1),
                database: pair.sourceDatabase)
            try pair.startAndLoad()
            try pair.sync()
            try pair.requireEqual()
            try pair.cluster.psql(Self.rows(100), database: pair.sourceDatabase)
            try pair.cluster.psql(
                """
                SET DateStyle = 'German'; SET TimeZone = 'Asia/Kathmandu'; SET IntervalStyle = iso_8601;
                SET bytea_output = escape; SET extra_float_digits = -3;
                UPDATE v SET a_timestamptz = a_timestamptz, a_int4 = 5, a_bytea = a_bytea || '\\x01' WHERE id < 50;
                """, database: pair.sourceDatabase)
            try pair.sync()
            try pair.requireEqual()
        }

        @Test func `keys of every type are found whatever the application's settings are`() throws {
            let pair = try Replication()
            let keys: [(String, String)] = [
                ("timestamp", "timestamp '2020-01-02 03:04:05.678901' + i * interval '1 day'"),
                ("timestamptz", "timestamptz '2020-01-02 03:04:05+00' + i * interval '1 hour'"),
                ("date", "date '2020-01-31' + i"), ("interval", "i * interval '1 day 2 hours'"),
                ("float8", "i / 7.0"), ("float4", "(i / 7.0)::float4"),
                ("bytea", "decode(lpad(to_hex(i), 8, '0'), 'hex')"),
                ("money", "(i * 1.01)::numeric::money"),
                ("numeric", "i * 1.10"), ("uuid", "md5(i::text)::uuid"),
                ("text", "E'k\\\\ ''\" {,}' || i"),
                ("bool", "i > 1"), ("char(6)", "'c' || i"), ("inet", "'10.0.0.1'::inet + i"),
                ("mood", "(enum_range(NULL::mood))[i]"), ("int4range", "int4range(i, i + 5)"),
                ("int[]", "ARRAY[i, NULL]"),
            ]
            var sql = "CREATE TYPE mood AS ENUM ('a', 'b', 'c');\n"
            for (index, key) in keys.enumerated() {
                let last = key.0 == "bool" ? 2 : 3
                sql += "CREATE TABLE k\(index) (k \(key.0) PRIMARY KEY, v int);\n"
                sql +=
                    "INSERT INTO k\(index) SELECT \(key.1), i FROM generate_series(1, \(last)) i;\n"
            }
            try pair.write(sql)
            try pair.startAndLoad()
            try pair.sync()
            try pair.requireEqual()
            for settings in [
                "SET DateStyle = 'SQL, DMY'; SET TimeZone = 'America/New_York'; SET IntervalStyle = sql_standard",
                "SET bytea_output = escape; SET extra_float_digits = -15; SET IntervalStyle = postgres_verbose",
            ] {
                var change = settings + ";\n"
                for index in keys.indices {
                    change +=
                        "UPDATE k\(index) SET v = v + 10; DELETE FROM k\(index) WHERE v % 10 = 2;\n"
                }
                try pair.write(change)
                try pair.sync()
                try pair.requireEqual()
            }
        }

        @Test func `names with quotes, dots, spaces, upper case and emoji`() throws {
            let pair = try Replication()
            try pair.write(
                #"""
                CREATE TYPE "My ""Type"".x" AS ENUM ('A b', 'c''d');
                CREATE TABLE "We""ird.Table 🐘" (
                    "Primary Key" int, "sel""ect" text, "a.b" "My ""Type"".x", "'q'" text DEFAULT 'it''s',
                    "🐘" int, "$1" int, "back\slash" text,
                    PRIMARY KEY ("sel""ect", "Primary Key"));
                CREATE TABLE "select" ("from" int PRIMARY KEY, "where" text UNIQUE);
                CREATE TABLE "a_name_of_sixty_three_bytes_which_is_the_longest_that_fits_12345" ("id" int PRIMARY KEY, p text);
                CREATE INDEX "In dex ""🐘""" ON "We""ird.Table 🐘" (lower("back\slash"));
                INSERT INTO "We""ird.Table 🐘" VALUES (1, 'x''y"z', 'A b', 'q', 2, 3, '\'), (2, '{a,"b"}', NULL, NULL, 3, 4, E'\t');
                INSERT INTO "select" VALUES (1, 'one');
                """#)
            try pair.startAndLoad()
            try pair.sync()
            try pair.requireEqual()
            try pair.write(
                #"""
                UPDATE "We""ird.Table 🐘" SET "🐘" = 99, "Primary Key" = "Primary Key" + 10;
                INSERT INTO "We""ird.Table 🐘" VALUES (3, '\', 'c''d', 'z', 1, 1, 'b');
                INSERT INTO "select" VALUES (2, 'two'); DELETE FROM "select" WHERE "from" = 1;
                INSERT INTO "a_name_of_sixty_three_bytes_which_is_the_longest_that_fits_12345" VALUES (1, 'p');
                ALTER TABLE "We""ird.Table 🐘" RENAME COLUMN "🐘" TO "Elephant ""🐘""";
                """#)
            try pair.sync()
            try pair.requireEqual()
        }
    }
}
