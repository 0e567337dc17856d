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
        ("ALTER TABLE t ALTER v SET STORAGE EXTERNAL", "column properties", "src.t.v", "EXTERNAL"),
        (
            "ALTER TABLE t ALTER v SET COMPRESSION pglz", "column properties", "src.t.v", "pglz"
        ),
        (
            "ALTER TABLE t ALTER v SET STATISTICS 500", "column properties", "src.t.v", "500"
        ),
        (
            "ALTER TABLE t ALTER v SET (n_distinct = 5)", "column properties", "src.t.v",
            "n_distinct=5"
        ),
        ("ALTER INDEX i ALTER 1 SET STATISTICS 77", "column properties", "src.i.lower", "77"),
        ("ALTER TABLE t REPLICA IDENTITY FULL", "table properties", "src.t", "FULL"),
        (
            "ALTER TABLE t SET (toast.autovacuum_enabled = off)", "table properties", "src.t",
            "TOAST"
        ),
        ("CLUSTER t USING i", "index properties", "src.i", "CLUSTER"),
        (
            "ALTER INDEX t_pkey SET (fillfactor = 70)", "index properties", "src.t_pkey",
            "fillfactor=70"
        ),
        ("ALTER TABLE p1 ALTER v SET DEFAULT 'y'", "partition's default", "src.p1.v", "default"),
        ("ALTER TABLE p1 ALTER v SET NOT NULL", "partition's NOT NULL", "src.p1.v", "NOT NULL"),
        (
            "CREATE OPERATOR FAMILY fam USING btree", "operator family", "src.fam", "not carried"
        ),
        (
            "CREATE AGGREGATE a (int8) (SFUNC = int8_avg_accum, STYPE = internal, "
                + "FINALFUNC = numeric_poly_sum)", "aggregate", "src.a(bigint)", "superuser"
        ),
        (
            "CREATE FUNCTION g() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1'",
            "function property", "src.g()", "LEAKPROOF"
        ),
        ("CREATE PUBLICATION gone", "publications", "gone", "database"),
        (
            "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; "
                + "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION e()",
            "event triggers", "et", "database"
        ),
        ("SELECT lo_create(0)", "large objects", "*", "database"),
        (
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "default privileges", "*",
            "database"
        ),
        ("CREATE TABLE n (a serial)", "sequence", "src.n_a_seq", "table"),
        ("CREATE TABLE h () INHERITS (t)", "table", "src.h", "inherits"),
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
                ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC;
                DROP PUBLICATION IF EXISTS gone; DROP EVENT TRIGGER IF EXISTS et;
                SELECT lo_unlink(oid) FROM pg_largeobject_metadata; RESET search_path;
                """)
        }
        try await pair.close()
    }

    @Test
    func `an extension follows to versions that the target has, and is named where it cannot`()
        async throws
    {
        var pair = try await SchemaPair()
        try await pair.reset()
        try await pair.onSource.execute(
            "CREATE SCHEMA src; CREATE EXTENSION citext SCHEMA src VERSION '1.4'; "
                + "CREATE TABLE src.t (id src.citext PRIMARY KEY)")
        try await pair.carry()
        #expect(try await pair.version(of: "citext") == "1.4")
        try await pair.onSource.execute("ALTER EXTENSION citext UPDATE TO '1.6'")
        for _ in 1...2 {
            let plan = try await pair.carry(
                abilities: .init(roles: [], ownRoles: [], extensionVersions: ["citext": ["1.4"]]))
            #expect(plan.notCarried.map(\.kind) == ["extension version"])
            #expect(plan.isEmpty && plan.recopy == [])
        }
        let plan = try await pair.carry(
            abilities: .init(
                roles: [], ownRoles: [], extensionVersions: ["citext": ["1.4", "1.6"]]))
        #expect(plan.notCarried == [])
        #expect(try await pair.version(of: "citext") == "1.6")
        #expect(try await pair.carry().isEmpty)
        try await pair.close()
    }

    static let privileges: [(String, String)] = [
        ("GRANT SELECT ON t TO PUBLIC", "privileges on tables"),
        ("GRANT SELECT (v) ON t TO PUBLIC", "privileges on columns"),
        ("REVOKE EXECUTE ON FUNCTION f FROM PUBLIC", "privileges on functions"),
        ("REVOKE USAGE ON TYPE c FROM PUBLIC", "privileges on types"),
        ("GRANT USAGE ON SCHEMA src TO PUBLIC", "privileges on schemas"),
        ("GRANT USAGE ON SEQUENCE s TO PUBLIC", "privileges on sequences"),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA src GRANT SELECT ON TABLES TO PUBLIC",
            "default privileges"
        ),
    ]

    @Test func `privileges that nobody asked for are counted, and the cheap look sees them`()
        async throws
    {
        var pair = try await SchemaPair()
        for (sql, kind) in Self.privileges {
            try await pair.reset()
            try await pair.onSource.execute(Self.tables)
            try await pair.carry()
            let before = try await CatalogReader.fingerprint(pair.onSource)
            try await pair.onSource.execute("SET search_path = src; \(sql)")
            let plan = try await pair.carry()
            #expect(plan.isEmpty && plan.notCarried.map(\.kind) == [kind], "\(sql)")
            #expect(try await CatalogReader.fingerprint(pair.onSource) != before, "\(sql)")
        }
        try await pair.close()
    }
}
