import Foundation
import PGWire
import TestSupport
import Testing

/// Two databases and two daemons: a source whose application role has no right on schema
/// `teleport`, and a target; rows of `public` arrive in schema `test`.
final class Replication {
    let cluster: PostgresCluster
    let targetCluster: PostgresCluster
    let sourceDatabase: String
    let targetDatabase: String
    /// Owns and writes the tables, has no right on schema `teleport`.
    let app: String
    /// CREATE on the source database, SELECT and TRIGGER on the tables, nothing more.
    let teleport: String
    /// CREATE on the target database, nothing more.
    let applier: String
    let sourcePort: Int
    let targetPort: Int
    let directory: String
    let source: Daemon
    let target: Daemon
    let environment = ["TELEPORT_TOKEN": "a-token-for-tests"]

    var sourceConfiguration: String { directory + "/source.yml" }
    var targetConfiguration: String { directory + "/target.yml" }

    /// Databases, roles and configuration files; `sourceText` and `targetText` may edit the files.
    init(
        cluster: PostgresCluster? = nil, targetCluster: PostgresCluster? = nil,
        expression: String = "public.*", applySchema: String? = "test",
        edit: (String) -> String = { $0 }
    ) throws {
        let cluster = try cluster ?? PostgresCluster.shared()
        self.cluster = cluster
        let targetCluster = targetCluster ?? cluster
        self.targetCluster = targetCluster
        sourceDatabase = try cluster.createDatabase("src")
        targetDatabase = try targetCluster.createDatabase("dst")
        app = try cluster.createRole("app")
        teleport = try cluster.createRole("teleport")
        applier = try targetCluster.createRole("applier")
        try Self.grant(cluster, database: sourceDatabase, app: app, teleport: teleport)
        try targetCluster.psql("GRANT CREATE ON DATABASE \(targetDatabase) TO \(applier)")

        sourcePort = try PostgresCluster.freePort()
        targetPort = try PostgresCluster.freePort()
        directory = "/tmp/teleport-e2e-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let common = """
            batch_size: 10000
            max_events_per_batch: 10000
            processing_intervals: {batcher: 100, transmitter: 100, applier: 100, vacuum: 500, ddlwatcher: 1000}

            """
        let from =
            common + """
                database: {name: "e2e-source", database: "\(sourceDatabase)", hostname: "127.0.0.1", username: "\(teleport)", password: "\(PostgresCluster.password)", port: \(cluster.port)}
                server: {hostname: "127.0.0.1", port: \(sourcePort)}
                targets:
                  my-target:
                    target_expression: "\(expression)"
                    endpoint: {hostname: "127.0.0.1", port: \(targetPort)}

                """ + (applySchema.map { "    apply_schema: \"\($0)\"\n" } ?? "")
        let to =
            common + """
                database: {name: "e2e-target", database: "\(targetDatabase)", hostname: "127.0.0.1", username: "\(applier)", password: "\(PostgresCluster.password)", port: \(targetCluster.port)}
                server: {hostname: "127.0.0.1", port: \(targetPort)}

                """
        source = Daemon(
            ["-config", directory + "/source.yml"], environment: environment,
            log: directory + "/source.log")
        target = Daemon(
            ["-config", directory + "/target.yml"], environment: environment,
            log: directory + "/target.log")
        try edit(from).write(toFile: sourceConfiguration, atomically: true, encoding: .utf8)
        try to.write(toFile: targetConfiguration, atomically: true, encoding: .utf8)
    }

    deinit {
        source.kill()
        target.kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    static func grant(
        _ cluster: PostgresCluster, database: String, app: String, teleport: String
    ) throws {
        try cluster.psql(
            """
            GRANT CREATE ON DATABASE \(database) TO \(teleport);
            GRANT CREATE ON DATABASE \(database) TO \(app);
            GRANT CREATE, USAGE ON SCHEMA public TO \(app);
            GRANT USAGE ON SCHEMA public TO \(teleport);
            ALTER DEFAULT PRIVILEGES FOR ROLE \(app) GRANT SELECT, TRIGGER ON TABLES TO \(teleport);
            ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT, TRIGGER ON TABLES TO \(teleport);
            """, database: database)
    }

    /// Runs SQL as the application.
    @discardableResult
    func write(_ sql: String) throws -> String {
        try cluster.psql(sql, database: sourceDatabase, role: app)
    }

    /// Runs SQL on the target as superuser.
    @discardableResult
    func read(_ sql: String) throws -> String {
        try targetCluster.psql(sql, database: targetDatabase)
    }

    /// Starts both daemons and loads.
    func startAndLoad() throws {
        try target.start()
        try source.start()
        try load()
    }

    /// The initial load by the command line, to its end.
    func load() throws {
        let load = try Daemon.run(
            [
                "-config", sourceConfiguration, "-mode", "initial-load", "-load-target",
                "my-target",
            ], environment: environment)
        try #require(load.code == 0, "initial load: \(load.output)\n\(logs)")
    }

    /// Everything committed on the source before the call is on the target afterwards.
    func sync(_ seconds: Int = 60, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let wait = try Daemon.run(
            ["wait", "-config", sourceConfiguration, "--timeout", String(seconds)],
            environment: environment, seconds: Double(seconds) + 15)
        try #require(
            wait.code == 0, "wait: \(wait.code) \(wait.output)\n\(logs)",
            sourceLocation: sourceLocation)
    }

    var logs: String {
        "source:\n\(source.output.suffix(3000))\ntarget:\n\(target.output.suffix(3000))"
    }

    /// `/status` of the source daemon, as text.
    func status(port: Int? = nil) throws -> String {
        try PostgresCluster.shell(
            "curl -s -m 5 -H 'Authorization: Bearer a-token-for-tests' http://127.0.0.1:\(port ?? sourcePort)/status"
        )
    }

    /// Row-for-row checksums of a schema's tables: one line a table.
    static func checksums(
        _ cluster: PostgresCluster, database: String, schema: String, tables: [String]? = nil
    ) throws -> [String: String] {
        let list = try cluster.psql(
            """
            SELECT format('SELECT %L || chr(9) || count(*) || '':'' || coalesce(md5(string_agg(r, chr(10) ORDER BY r COLLATE "C")), '''') FROM (SELECT concat_ws(chr(1), %s) AS r FROM %I.%I t) x;',
                c.relname,
                (SELECT string_agg(format('coalesce(%I::text, chr(2))', a.attname), ',' ORDER BY a.attname COLLATE "C")
                   FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
                n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = '\(schema)' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            ORDER BY c.relname
            """, database: database)
        let lines = try cluster.psql(
            "SET DateStyle = ISO; SET TimeZone = UTC;\n" + list, database: database)
        var result: [String: String] = [:]
        for line in lines.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let name = String(parts[0])
            if tables?.contains(name) ?? true { result[name] = String(parts[1]) }
        }
        return result
    }

    /// Requires every table of the source, but for those named, to be equal on the target.
    func requireEqual(
        schema: String = "public", targetSchema: String = "test", except: Set<String> = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let there = try Self.checksums(cluster, database: sourceDatabase, schema: schema)
            .filter { !except.contains($0.key) }
        let here = try Self.checksums(
            targetCluster, database: targetDatabase, schema: targetSchema)
        try #require(!there.isEmpty, sourceLocation: sourceLocation)
        for (table, sum) in there.sorted(by: { $0.key < $1.key }) {
            #expect(
                here[table] == sum, "table \(table)\n\(logs)", sourceLocation: sourceLocation)
        }
        let extra = Set(here.keys).subtracting(there.keys).subtracting(except)
        #expect(extra.isEmpty, "only on the target", sourceLocation: sourceLocation)
    }

    /// A connection of the application.
    func connect() async throws -> PGConnection {
        try await PGConnection.connect(application)
    }

    /// How the application connects.
    var application: PGConfiguration {
        cluster.configuration(database: sourceDatabase, user: app)
    }
}
