import Logging
import PGWire
import Replicator
import TestSupport

/// A database of its own with the two roles of the manual: `app` owns and writes the tables and has
/// no right on schema teleport; `teleport` has CREATE on the database, SELECT and TRIGGER on tables.
struct CaptureFixture {
    let cluster: PostgresCluster
    let database: String
    let app: String
    let teleport: String
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        cluster = try PostgresCluster.shared()
        database = try cluster.createDatabase("capture")
        app = try cluster.createRole("app")
        teleport = try cluster.createRole("teleport")
        try cluster.psql(
            """
            GRANT CREATE ON DATABASE \(database) TO \(teleport);
            GRANT CREATE ON SCHEMA public TO \(app);
            ALTER DEFAULT PRIVILEGES FOR ROLE \(app) GRANT SELECT, TRIGGER ON TABLES TO \(teleport);
            """, database: database)
    }

    /// Runs SQL as the application; returns psql's unaligned output.
    @discardableResult
    func write(_ sql: String) throws -> String {
        try cluster.psql(sql, database: database, role: app)
    }

    /// Runs SQL as the superuser.
    @discardableResult
    func admin(_ sql: String) throws -> String {
        try cluster.psql(sql, database: database)
    }

    /// A connection as the role teleport, set as the engine sets it.
    func connect(as role: String? = nil) async throws -> PGConnection {
        var configuration = cluster.configuration(database: database, user: role ?? teleport)
        configuration.runtimeParameters = ["search_path": "", "application_name": "teleport"]
        return try await PGConnection.connect(configuration)
    }

    /// Installs and captures everything in an expression, with a manager of its own.
    @discardableResult
    func capture(
        _ expression: String = "public.*", manager: CaptureManager? = nil, as role: String? = nil
    ) async throws -> CaptureReport {
        let connection = try await connect(as: role)
        defer { Task { await connection.close() } }
        _ = try await Installer.install(on: connection, log: log)
        return try await ensure(expression, manager: manager, on: connection)
    }

    /// One pass of a manager.
    @discardableResult
    func ensure(
        _ expression: String = "public.*", manager: CaptureManager? = nil,
        on connection: PGConnection
    ) async throws -> CaptureReport {
        let tables = try await CaptureTable.tables(
            on: connection, matching: [TargetExpression([expression])])
        return try await (manager ?? CaptureManager(log: log)).ensure(
            on: connection, tables: tables)
    }

    /// The events so far as `table kind key`, sorted; they are removed.
    func events() throws -> [String] {
        let slots = (0..<EventSlot.count).map { "SELECT * FROM \(EventSlot.table($0))" }
        let text = try admin(
            """
            SELECT relation::regclass::text || ' ' || kind::text || coalesce(' ' || CASE WHEN kind = 'k' THEN key END, '') || coalesce(' from ' || origin, '')
              FROM (\(slots.joined(separator: " UNION ALL "))) e;
            TRUNCATE \((0..<EventSlot.count).map(EventSlot.table).joined(separator: ", "));
            """)
        return text.split(separator: "\n").map(String.init).sorted()
    }

    /// The schema as pg_dump has it.
    func dump() throws -> String {
        try PostgresCluster.shell(
            "pg_dump -h \(cluster.socketDirectory) -p \(cluster.port) -U postgres --schema-only \(database) | grep -v '^.\\(un\\)\\?restrict'"
        )
    }

    /// The identity of every trigger of ours.
    func triggers() throws -> String {
        try admin(
            "SELECT oid, xmin, tgname, tgenabled FROM pg_trigger WHERE tgname LIKE 'teleport%' ORDER BY oid"
        )
    }
}
