import Foundation
import PGWire
import TestSupport
import Testing

@testable import Replicator

/// Objects arrive in another schema, whatever they are called and wherever extensions are.
@Suite(.timeLimit(.minutes(5))) struct SchemaMappingTests {
    /// What both sides must have alike, as lines without oids.
    private func form(_ snapshot: SchemaSnapshot) -> Set<String> {
        let names = Dictionary(snapshot.tables.map { ($0.oid, $0.name.name) }) { $1 }
        var lines: Set<String> = []
        for table in snapshot.tables {
            var kind = "table"
            switch table.kind {
            case .ordinary: break
            case .partitioned(let key): kind = "partitioned by \(key)"
            case .partition(let parent, let bound): kind = "in \(names[parent] ?? "?") \(bound)"
            }
            lines.insert(
                "\(table.name.name) \(kind) \(table.options) \(table.primaryKey) "
                    + "\(table.subpartitionKey ?? "") \(table.sequences.map(\.name.name).sorted())")
            for column in table.columns {
                lines.insert(
                    "\(table.name.name).\(column.name) \(column.type) \(column.collation ?? "") "
                        + "\(column.notNull) \(column.expression ?? "") \(column.identity)"
                        + "\(column.generated)\(column.identitySequence?.name.name ?? "")")
            }
        }
        for type in snapshot.enums { lines.insert("\(type.name.name) \(type.labels.map(\.text))") }
        for type in snapshot.composites {
            lines.insert("\(type.name.name) \(type.attributes.map { $0.name + " " + $0.type })")
        }
        for type in snapshot.domains {
            lines.insert(
                "\(type.name.name) \(type.base) \(type.expression ?? "") \(type.notNull) "
                    + "\(type.checks.map { $0.name + $0.definition }.sorted())")
        }
        for item in snapshot.functions {
            lines.insert("\(item.kind) \(item.name.name)\(item.definition) \(item.result)")
        }
        for item in snapshot.sequences {
            lines.insert(
                "\(item.name.name) \(item.type) \(item.start) \(item.increment) \(item.minimum) "
                    + "\(item.maximum) \(item.cache) \(item.cycles)")
        }
        for item in snapshot.indexes {
            lines.insert(
                "\(names[item.table] ?? "?").\(item.name.name) \(item.isUnique) \(item.definition)")
        }
        for item in snapshot.constraints {
            lines.insert("\(names[item.table] ?? "?").\(item.name) \(item.definition)")
        }
        return lines
    }

    private func requireEqual(
        _ pair: SchemaPair, _ schema: String, _ comment: Comment, sourceLocation: SourceLocation
    ) async throws {
        let source = try await pair.read()
        try await pair.onTarget.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let name = schema.replacing("\"", with: "\"\"")
        let target = try await CatalogReader.read(
            pair.onTarget, expression: TargetExpression(["\"\(name)\".*"]))
        try await pair.onTarget.execute("ROLLBACK")
        let (here, there) = (form(source), form(target))
        #expect(
            here.subtracting(there) == [] && there.subtracting(here) == [], comment,
            sourceLocation: sourceLocation)
        let arrived = try await pair.rows(pair.onTarget, source, mapped: true)
        let sent = try await pair.rows(pair.onSource, source, mapped: false)
        #expect(arrived == sent && !sent.isEmpty, comment, sourceLocation: sourceLocation)
        let again = try SchemaPlan.make(
            from: pair.applied, to: source, mapping: pair.mapping, targetVersion: 150_000)
        #expect(again.isEmpty && again.recopy == [], comment, sourceLocation: sourceLocation)
    }

    private func expectEqual(
        _ pair: SchemaPair, _ schema: String, _ comment: Comment,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await requireEqual(pair, schema, comment, sourceLocation: sourceLocation)
    }

    // MARK: Names

    private static let hostile = #"""
        CREATE TYPE "e""n'um. 😀" AS ENUM ('it''s', 'a"b', 'c\d', '😀 ');
        CREATE TYPE "com.po'site" AS ("a""b" int, "C D" text);
        CREATE DOMAIN "do""main" AS text DEFAULT 'x''\y' CONSTRAINT "ch'eck" CHECK (VALUE <> '"');
        CREATE FUNCTION "fu.nc""tion"("ar'g" int) RETURNS int IMMUTABLE LANGUAGE sql
            AS $$ SELECT "ar'g" + 1 $$;
        CREATE SEQUENCE "se'q.""uence" START 5;
        CREATE TABLE "Ta.b""le 'x' \y 😀" (
            "i""d" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "select" "e""n'um. 😀" DEFAULT 'it''s',
            "C.D" "com.po'site", "d'o" "do""main", "a b" int DEFAULT nextval('"se''q.""uence"'),
            "G" int GENERATED ALWAYS AS ("fu.nc""tion"(length("d'o"::text))) STORED,
            CONSTRAINT "k'""y" UNIQUE ("a b", "d'o"), CONSTRAINT "c %s $1" CHECK ("a b" <> 77));
        CREATE INDEX "in.d""ex '" ON "Ta.b""le 'x' \y 😀" (lower("d'o"::text) DESC) WHERE "a b" > 0;
        INSERT INTO "Ta.b""le 'x' \y 😀" ("select", "C.D") VALUES ('😀 ', ROW (1, 'x y')), ('c\d', NULL);
        CREATE TABLE "P""" ("k.1" text, "k'2" int, PRIMARY KEY ("k'2", "k.1")) PARTITION BY LIST ("k.1");
        CREATE TABLE "P""1" PARTITION OF "P""" FOR VALUES IN ('a''"b', '\');
        INSERT INTO "P""" VALUES ('\', 1);
        """#

    private static let hostileChange = #"""
        ALTER TYPE "e""n'um. 😀" RENAME VALUE 'it''s' TO 'it"s'; ALTER TYPE "e""n'um. 😀" ADD VALUE '''"';
        ALTER TYPE "e""n'um. 😀" RENAME TO "'"; ALTER TYPE "com.po'site" RENAME ATTRIBUTE "C D" TO ".";
        ALTER DOMAIN "do""main" RENAME CONSTRAINT "ch'eck" TO """"; ALTER DOMAIN "do""main" RENAME TO "%";
        ALTER FUNCTION "fu.nc""tion" RENAME TO " "; ALTER SEQUENCE "se'q.""uence" RENAME TO "$1";
        ALTER TABLE "Ta.b""le 'x' \y 😀" RENAME "i""d" TO "where"; ALTER INDEX "in.d""ex '" RENAME TO "😀";
        ALTER TABLE "Ta.b""le 'x' \y 😀" RENAME CONSTRAINT "k'""y" TO "\";
        ALTER TABLE "Ta.b""le 'x' \y 😀" ADD "n""ew" text[] NOT NULL DEFAULT '{"a\"b",''}';
        ALTER TABLE "Ta.b""le 'x' \y 😀" DROP COLUMN "C.D"; ALTER TABLE "Ta.b""le 'x' \y 😀" RENAME TO "t;--";
        CREATE TABLE "P""2" PARTITION OF "P""" FOR VALUES IN ('2'); ALTER TABLE "P""" RENAME "k.1" TO "k,";
        DROP TABLE "P""1"; INSERT INTO "P""" VALUES ('2', 3);
        """#

    @Test(arguments: [nil, "other", "d\"s't. \\😀"])
    func `names that need quoting arrive`(schema: String?) async throws {
        let name = "s\"r'c. \\😀"
        var pair = try await SchemaPair(
            expression: ["\"s\"\"r'c. \\😀\".*"], applySchema: schema)
        let quoted = SQLText.identifier(name)
        try await pair.onSource.execute(
            "CREATE SCHEMA \(quoted); SET search_path = \(quoted); \(Self.hostile)")
        #expect(try await pair.carry().notCarried == [])
        try await expectEqual(pair, schema ?? name, "at first")
        try await pair.onSource.execute(Self.hostileChange)
        let plan = try await pair.carry()
        #expect(plan.notCarried == [])
        let tables = try await pair.read().tables
        let root = try #require(tables.first { $0.name.name == "P\"" })
        if plan.recopy.isEmpty == false { #expect(!plan.recopy.contains(root.oid)) }
        try await pair.onTarget.execute(
            "INSERT INTO \(pair.mapping.target(root.name).quoted) VALUES ('2', 3)")
        try await expectEqual(pair, schema ?? name, "changed")
        try await pair.close()
    }

    // MARK: Texts

    /// What runs a routine whose text names the source's schema is named; all else arrives, and it
    /// follows when the text no longer names the schema.
    @Test func `what would run a text of another schema is left out until it can`() async throws {
        var pair = try await SchemaPair(applySchema: "dst")
        try await pair.onSource.execute(
            """
            CREATE SCHEMA src; SET search_path = src;
            CREATE FUNCTION g(text) RETURNS bool IMMUTABLE LANGUAGE sql RETURN true;
            CREATE FUNCTION f(text) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT src.g($1)';
            CREATE FUNCTION h(text) RETURNS bool IMMUTABLE LANGUAGE sql RETURN f($1);
            CREATE DOMAIN d AS text CONSTRAINT dc CHECK (f(VALUE)) CONSTRAINT ok CHECK (VALUE <> 'no');
            CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT f('x')::text, x d,
                e bool NOT NULL GENERATED ALWAYS AS (h(v)) STORED, CONSTRAINT c CHECK (h(v)));
            CREATE INDEX i ON t (f(v)); CREATE INDEX j ON t (g(v)); CREATE STATISTICS s ON h(v) FROM t;
            CREATE VIEW w AS SELECT id, f(v) AS f FROM t;
            INSERT INTO t (id, v, x) VALUES (1, 'a', 'b');
            """)
        let plan = try await pair.carry()
        #expect(
            Set(plan.notCarried.map { "\($0.kind) \($0.name)" }) == [
                "constraint src.d.dc", "constraint src.t.c", "function body src.f(text)",
                "generated column src.t.e", "index src.i", "statistics src.s",
            ])
        #expect(try await pair.carry().isEmpty)
        let found = "SELECT count(*) FROM dst.t WHERE id = 1 AND v = 'a' AND x = 'b'"
        #expect(try pair.cluster.psql(found + " AND e IS NULL", database: pair.target) == "1")
        // Bodies of functions do not show up in what calls them.
        try await pair.onSource.execute(
            "CREATE OR REPLACE FUNCTION src.f(text) RETURNS bool IMMUTABLE LANGUAGE sql RETURN src.g($1)"
        )
        let after = try await pair.carry()
        #expect(after.notCarried == [])
        #expect(try await pair.carry().isEmpty)
        #expect(try pair.cluster.psql(found + " AND e", database: pair.target) == "1")
        for name in ["c", "dc"] {
            #expect(
                try pair.cluster.psql(
                    "SELECT count(*) FROM pg_constraint WHERE conname = '\(name)'",
                    database: pair.target) == "1")
        }
        try await pair.close()
    }

    // MARK: Extensions

    private static let extended = """
        CREATE TABLE words (
            id citext PRIMARY KEY, tags hstore NOT NULL DEFAULT 'a=>1'::hstore, many citext[],
            low text GENERATED ALWAYS AS (lower(id::text)) STORED,
            CHECK (similarity(id::text, 'x') < 2 AND tags ? 'a'), UNIQUE (tags));
        CREATE INDEX words_trgm ON words USING gin (low gin_trgm_ops);
        CREATE INDEX words_tags ON words USING gist (tags) WHERE id <> 'q'::citext;
        CREATE DOMAIN mail AS citext CHECK (VALUE ~ '@');
        CREATE TYPE pair AS (a hstore, b citext);
        CREATE FUNCTION near(a citext, b citext DEFAULT 'q') RETURNS boolean IMMUTABLE
            BEGIN ATOMIC SELECT a = b OR a::text % b::text; END;
        INSERT INTO words VALUES ('Abc', 'a=>2', '{X,y}'), ('d', 'a=>3,b=>NULL', NULL);
        """

    private static let extendedChange = """
        ALTER TABLE words ADD second hstore DEFAULT 'b=>2'::hstore, ADD box mail;
        ALTER TABLE words ADD CHECK (near(id, 'no') IS NOT NULL);
        CREATE TABLE more (h hstore PRIMARY KEY, c citext COLLATE "C" DEFAULT 'Z'::citext);
        CREATE INDEX more_c ON more USING gin ((c::text) gin_trgm_ops);
        INSERT INTO more VALUES ('k=>v'); UPDATE words SET box = 'a@b';
        ALTER TABLE words RENAME TO terms;
        """

    static let places: [(source: String, present: String?)] = [
        ("src", nil), ("src", "public"), ("src", "elsewhere"), ("public", nil),
        ("public", "public"), ("public", "elsewhere"),
    ]

    /// Tables in `source`, extensions in public; the target has them in `present`, or not yet.
    @Test(arguments: places)
    func `types of extensions are found in another schema`(
        source: String, present: String?
    ) async throws {
        var pair = try await SchemaPair(expression: ["\(source).*"], applySchema: "dst")
        if source != "public" { try await pair.onSource.execute("CREATE SCHEMA \(source)") }
        let extensions = ["citext", "hstore", "pg_trgm"]
        for name in extensions {
            try await pair.onSource.execute("CREATE EXTENSION \(name) SCHEMA public")
            if let present {
                try await pair.onTarget.execute(
                    "CREATE SCHEMA IF NOT EXISTS \(present); "
                        + "CREATE EXTENSION \(name) SCHEMA \(present)")
            }
        }
        try await pair.onSource.execute("SET search_path = \(source), public; \(Self.extended)")
        #expect(try await pair.carry().notCarried == [])
        try await expectEqual(pair, "dst", "at first")
        try await pair.onSource.execute(Self.extendedChange)
        #expect(try await pair.carry().notCarried == [])
        let rows = try await pair.onSource.query(sql: "SELECT id::text, box::text FROM terms")
        for row in rows.rows {
            let (id, box) = (try row.decode(String.self, 0), try row.decode(String.self, 1))
            try await pair.onTarget.execute(
                "UPDATE dst.terms SET box = \(SQLText.literal(box)) WHERE id::text = "
                    + SQLText.literal(id))
        }
        try await expectEqual(pair, "dst", "changed")
        let place = present ?? (source == "public" ? "dst" : "public")
        let found = try await pair.onTarget.query(
            sql: "SELECT DISTINCT n.nspname::text FROM pg_extension e JOIN pg_namespace n "
                + "ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'")
        #expect(try found.rows.map { try $0.decode(String.self, 0) } == [place])
        try await pair.close()
    }

    // MARK: Samples

    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/samples").path

    /// The files of each sample, in the order in which they are loaded.
    static let samples = [
        ["chinook/Chinook_PostgreSql.sql"], ["chinook/Chinook_PostgreSql_SerialPKs.sql"],
        ["northwind/northwind.sql"], ["pagila/pagila-schema.sql", "pagila/pagila-data.sql"],
    ]

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: folder), "no folder of samples here"),
        arguments: samples)
    func `a business schema arrives in another schema`(files: [String]) async throws {
        var pair = try await SchemaPair(expression: ["public.*"], applySchema: "test")
        for file in files {
            let text = try String(
                contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8)
            // A file may make a database of its own; only what follows its \c belongs here.
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let start = lines.firstIndex { $0.hasPrefix("\\c ") }.map { $0 + 1 } ?? 0
            try pair.cluster.psql(
                lines[start...].joined(separator: "\n"), database: pair.source)
        }
        let plan = try await pair.carry()
        try await expectEqual(pair, "test", Comment(rawValue: files[0]))
        #expect(!plan.notCarried.contains { $0.kind == "foreign key" })
        let statements = plan.section.changes + plan.section.afterRows
        #expect(statements.contains { $0.sql.contains("FOREIGN KEY") })
        try await pair.close()
    }
}
