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

    @Test func `an extension that cannot be moved is named until somebody moved it`() async throws {
        var pair = try await SchemaPair()
        try await pair.reset()
        let drop = "DROP EXTENSION IF EXISTS xml2; "
        try await pair.onSource.execute(
            "\(drop)CREATE SCHEMA src; CREATE EXTENSION xml2 SCHEMA src; "
                + "CREATE TABLE src.t (id int PRIMARY KEY, v bool DEFAULT src.xml_valid('x'))")
        try await pair.carry()
        let move =
            "CREATE SCHEMA IF NOT EXISTS other; ALTER TABLE src.t ALTER v DROP DEFAULT; "
            + "\(drop)CREATE EXTENSION xml2 SCHEMA other; "
            + "ALTER TABLE src.t ALTER v SET DEFAULT other.xml_valid('x')"
        try await pair.onSource.execute(move)
        let plan = try SchemaPlan.make(
            from: pair.applied, to: try await pair.read(), mapping: pair.mapping,
            targetVersion: 150_000)
        #expect(plan.notCarried.map(\.kind) == ["extension"])
        #expect(plan.notCarried.first?.reason.contains("schema other") == true)
        try await pair.onTarget.execute(move)
        var abilities = TargetAbilities()
        abilities.extensionSchemas = ["xml2": "other"]
        #expect(try await pair.carry(abilities: abilities).notCarried == [])
        #expect(try await pair.carry().isEmpty)
        for connection in [pair.onSource, pair.onTarget] {
            try await connection.execute("DROP SCHEMA src CASCADE; DROP SCHEMA other CASCADE")
        }
        try await pair.close()
    }

    @Test func `an extension that the role may not move is named until somebody moved it`()
        async throws
    {
        var pair = try await SchemaPair()
        try await pair.reset()
        try await pair.onSource.execute(
            "CREATE SCHEMA src; CREATE EXTENSION citext SCHEMA src; "
                + "CREATE TABLE src.t (id src.citext PRIMARY KEY)")
        try await pair.carry()
        let role = try pair.cluster.createRole("mover")
        var configuration = pair.cluster.configuration(database: pair.target)
        configuration.user = role
        let asRole = try await PGConnection.connect(configuration)
        for (connection, isFixed) in [(pair.onTarget, false), (asRole, true)] {
            let found = try await connection.query(
                sql: TargetAbilities.extensionSQL(serverVersion: connection.serverVersion))
            let rows = try found.rows.filter { try $0.decode(String.self, 0) == "citext" }
            #expect(try !rows.isEmpty && rows.allSatisfy { try $0.decode(Bool.self, 3) == isFixed })
        }
        await asRole.close()
        let move = "CREATE SCHEMA other; ALTER EXTENSION citext SET SCHEMA other"
        try await pair.onSource.execute(move)
        var abilities = TargetAbilities()
        abilities.fixedExtensions = ["citext"]
        abilities.extensionSchemas = ["citext": "src"]
        let plan = try await pair.carry(abilities: abilities)
        #expect(plan.notCarried.map(\.kind) == ["extension"])
        #expect(plan.notCarried.first?.reason.contains("let a superuser move it") == true)
        try await pair.onTarget.execute(move)
        abilities.extensionSchemas = ["citext": "other"]
        #expect(try await pair.carry(abilities: abilities).notCarried == [])
        #expect(try await pair.carry(abilities: abilities).isEmpty)
        try await pair.close()
    }

    @Test func `a table whose foreign key is not carried is emptied once, not at each look`()
        async throws
    {
        var pair = try await SchemaPair()
        let plan = try await pair.carry(
            "CREATE TABLE a (id int UNIQUE); CREATE TABLE b (id int PRIMARY KEY, a int); "
                + "CREATE TABLE c (a int REFERENCES a (id));",
            then: "ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a (id);")
        let missing = plan.notCarried.map { "\($0.kind) \($0.name)" }
        #expect(missing.contains("foreign key src.b.b_a_fkey"))
        #expect(plan.isEmpty, "\(plan.section)")
        #expect(try await pair.carry().isEmpty)
        // A table without rows needs none.
        #expect(try pair.dump(pair.target).contains("ADD CONSTRAINT c_a_fkey FOREIGN KEY"))
        try await pair.close()
    }

    @Test(arguments: [SchemaOptions.Drops.apply, .hold], [false, true])
    func `a schema goes where it is empty, and is named where it is not`(
        drops: SchemaOptions.Drops, isUsed: Bool
    ) async throws {
        var pair = try await SchemaPair(expression: ["src.*", "old.*", "new.*"])
        pair.options.drops = drops
        try await pair.onSource.execute(
            "CREATE SCHEMA src; CREATE SCHEMA old; CREATE TABLE old.t (id int PRIMARY KEY); "
                + "CREATE TYPE old.m AS ENUM ('x')")
        try await pair.carry()
        if isUsed { try await pair.onTarget.execute("CREATE TABLE old.other ()") }
        // What moves to another schema is the same.
        try await pair.onSource.execute("ALTER SCHEMA old RENAME TO new")
        var abilities = TargetAbilities()
        abilities.schemas = ["src", "old", "public"]
        let plan = try await pair.carry(abilities: abilities)
        #expect(plan.notCarried.map { "\($0.kind) \($0.name)" } == ["schema old"])
        #expect(!plan.section.changes.contains { $0.sql.hasPrefix("CREATE TABLE") })
        let there = try await pair.onTarget.query(
            sql: "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> "
                + "'information_schema'")
        abilities.schemas = Set(try there.rows.map { try $0.decode(String.self, 0) })
        let stays = drops == .hold || isUsed
        let gone: Set = stays ? [] : ["old"]
        #expect(abilities.schemas == Set(["src", "old", "new", "public"]).subtracting(gone))
        let again = try await pair.carry(abilities: abilities)
        #expect(again.isEmpty && again.notCarried.map(\.name) == (stays ? ["old"] : []))
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
