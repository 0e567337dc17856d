import PGWire
import TestSupport
import Testing

@testable import Replicator

/// What is not carried is named, whatever it is; and nothing is named where nothing is amiss.
@Suite(.timeLimit(.minutes(2))) struct SchemaGapTests {
    static let tables = """
        CREATE SCHEMA src; SET search_path = src;
        CREATE TYPE c AS (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE t (id int PRIMARY KEY, v text, w text);
        CREATE INDEX i ON t ((lower(v)));
        CREATE TABLE p (id int PRIMARY KEY, v text DEFAULT 'x') PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
        CREATE SEQUENCE s;
        """

    /// What is done on the source, and a line that must then be there: kind, name, reason.
    static let gaps: [(String, String, String, String)] = [
        ("COMMENT ON TABLE t IS 'x'", "comments on tables", "src.*", "comments"),
        ("COMMENT ON COLUMN t.v IS 'x'", "comments on columns", "src.*", "comments"),
        ("COMMENT ON COLUMN c.a IS 'x'", "comments on types", "src.*", "comments"),
        ("COMMENT ON TYPE c IS 'x'", "comments on types", "src.*", "comments"),
        ("COMMENT ON FUNCTION f IS 'x'", "comments on functions", "src.*", "comments"),
        ("COMMENT ON INDEX i IS 'x'", "comments on indexes", "src.*", "comments"),
        ("COMMENT ON SEQUENCE s IS 'x'", "comments on sequences", "src.*", "comments"),
        (
            "COMMENT ON CONSTRAINT t_pkey ON t IS 'x'", "comments on constraints", "src.*",
            "comments"
        ),
        ("COMMENT ON SCHEMA src IS 'x'", "comments on schemas", "src.*", "comments"),
        ("GRANT SELECT ON t TO PUBLIC", "privileges on tables", "src.*", "grants"),
        ("GRANT SELECT (v) ON t TO PUBLIC", "privileges on columns", "src.*", "grants"),
        ("REVOKE EXECUTE ON FUNCTION f FROM PUBLIC", "privileges on functions", "src.*", "grants"),
        ("REVOKE USAGE ON TYPE c FROM PUBLIC", "privileges on types", "src.*", "grants"),
        ("GRANT USAGE ON SCHEMA src TO PUBLIC", "privileges on schemas", "src.*", "grants"),
        ("GRANT USAGE ON SEQUENCE s TO PUBLIC", "privileges on sequences", "src.*", "grants"),
        ("CREATE TYPE r AS RANGE (subtype = int)", "type", "src.r", "range"),
        (
            "CREATE TYPE r AS RANGE (subtype = int, multirange_type_name = mr)", "type", "src.mr",
            "multirange"
        ),
        ("CREATE PUBLICATION gone", "publications", "gone", "database"),
        (
            "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; "
                + "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION e()",
            "event triggers", "et", "database"
        ),
        ("SELECT lo_create(0)", "large objects", "*", "database"),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA src GRANT SELECT ON TABLES TO PUBLIC",
            "default privileges", "*", "database"
        ),
        ("CREATE STATISTICS x ON v, w FROM t", "statistics object", "src.x", "not carried"),
        ("CREATE TABLE n (a serial)", "rows of table", "src.n", "no primary key"),
    ]

    @Test func `what is not carried is named, and the cheap look sees it`() async throws {
        var pair = try await SchemaPair()
        for (sql, kind, name, reason) in Self.gaps {
            try await pair.reset()
            try await pair.onSource.execute(Self.tables)
            #expect(try await pair.read().notCarried == [], "before: \(sql)")
            let before = try await CatalogReader.fingerprint(pair.onSource)
            try await pair.onSource.execute("SET search_path = src; \(sql)")
            let found = try await pair.read().notCarried
            #expect(
                found.contains { $0.kind == kind && $0.name == name && $0.reason.contains(reason) },
                "\(sql): \(found)")
            if kind != "large objects" {
                #expect(try await CatalogReader.fingerprint(pair.onSource) != before, "\(sql)")
            }
            try await pair.onSource.execute(
                """
                DROP PUBLICATION IF EXISTS gone; DROP EVENT TRIGGER IF EXISTS et;
                SELECT lo_unlink(oid) FROM pg_largeobject_metadata; RESET search_path;
                """)
        }
        try await pair.close()
    }

    @Test func `an extension of another version stays named`() async throws {
        var pair = try await SchemaPair()
        try await pair.reset()
        try await pair.onSource.execute(
            "CREATE SCHEMA src; CREATE EXTENSION citext SCHEMA src VERSION '1.4'; "
                + "CREATE TABLE src.t (id src.citext PRIMARY KEY)")
        try await pair.carry()
        let installed = try await pair.onTarget.query(
            sql: "SELECT extversion FROM pg_extension WHERE extname = 'citext'")
        #expect(try installed.rows.first?.decode(String.self, 0) == "1.4")
        try await pair.onSource.execute("ALTER EXTENSION citext UPDATE TO '1.6'")
        for _ in 1...2 {
            let plan = try await pair.carry()
            #expect(plan.notCarried.map(\.kind) == ["extension version"])
            #expect(plan.isEmpty && plan.recopy == [])
        }
        try await pair.close()
    }
}
