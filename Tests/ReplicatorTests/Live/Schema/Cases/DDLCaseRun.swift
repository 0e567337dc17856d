import Foundation
import PGWire
import TestSupport

@testable import Replicator

/// One case in databases of its own: before, a look, after, another look.
struct DDLCaseRun {
    /// What became of a case in one way of mapping.
    struct Outcome: Sendable {
        var verdict = DDLVerdict.equal
        /// One line: what is reported, differs or failed.
        var headline = ""
        /// Everything one needs to understand it.
        var details = ""
    }

    /// The schema on the target, where the only one of the source is mapped.
    static let mappedSchema = "mapped"

    let cluster: PostgresCluster
    let testCase: DDLCase
    let source: String
    /// The superuser in the source's database.
    let connection: PGConnection
    private let rolesBefore: Set<String>
    /// The lines that psql said while it loaded a file.
    private(set) var notes: [String] = []

    init(_ testCase: DDLCase, on cluster: PostgresCluster, admin: PGConnection) async throws {
        self.cluster = cluster
        self.testCase = testCase
        source = "ddl_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try await admin.execute("CREATE DATABASE \(source)")
        connection = try await PGConnection.connect(cluster.configuration(database: source))
        rolesBefore = Set(try await connection.words("SELECT rolname FROM pg_roles"))
    }

    // MARK: The source

    /// Runs a file statement by statement, as whoever wrote it would; failing ones are noted.
    mutating func load(_ path: String) throws {
        let output = try PostgresCluster.shell(
            "psql -X -q -h \(cluster.socketDirectory) -p \(cluster.port) -U postgres -d \(source)"
                + " -f \(PostgresCluster.word(path)) 2>&1 >/dev/null | grep ERROR || true")
        for line in output.split(separator: "\n") {
            let message = line.firstRange(of: "ERROR:").map { line[$0.lowerBound...] } ?? line
            notes.append("\(path.split(separator: "/").last ?? ""): \(message)")
        }
    }

    /// Leads the source to the state of b: by the case's script, else by making everything anew.
    mutating func change() async throws {
        if let script = testCase.script { return try load(script) }
        try await connection.execute(Self.dropEverything())
        await dropRoles()
        if let path = testCase.file("b.sql") { try load(path) }
    }

    /// What `scripts/ddl-cases` does as well, then schema `public` as a new database has it.
    private static func dropEverything() throws -> String {
        let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(6).joined(separator: "/")
        return try String(
            contentsOfFile: "\(root)/scripts/ddl-cases.d/drop.sql", encoding: .utf8)
                + """
                CREATE SCHEMA public AUTHORIZATION pg_database_owner;
                GRANT USAGE ON SCHEMA public TO PUBLIC;
                COMMENT ON SCHEMA public IS 'standard public schema';
                """
    }

    /// Drops the roles that the case made; one that the cluster has otherwise stays.
    func dropRoles() async {
        for role in testCase.rolesMade.subtracting(rolesBefore) {
            let name = SQLText.identifier(role)
            for sql in ["DROP OWNED BY \(name)", "DROP ROLE \(name)"] {
                _ = try? await connection.execute(sql)
            }
        }
    }

    /// The schemas that exist, with those that the case makes later.
    func schemas() async throws -> Set<String> {
        let list = try await connection.words(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
                + " AND nspname NOT IN ('information_schema', 'teleport')")
        return testCase.schemas.union(list)
    }

    /// The schemas in which something is.
    func schemasInUse() async throws -> Set<String> {
        Set(
            try await connection.words(
                """
                SELECT nspname FROM pg_namespace n
                 WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'teleport')
                   AND (EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = n.oid)
                     OR EXISTS (SELECT 1 FROM pg_proc WHERE pronamespace = n.oid)
                     OR EXISTS (SELECT 1 FROM pg_type WHERE typnamespace = n.oid))
                """))
    }

    func drop(admin: PGConnection) async {
        let subscriptions = """
            SELECT format('ALTER SUBSCRIPTION %1$I DISABLE; ALTER SUBSCRIPTION %1$I SET (slot_name = NONE); DROP SUBSCRIPTION %1$I', subname)
              FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()
            """
        for sql in (try? await connection.words(subscriptions)) ?? [] {
            _ = try? await connection.execute(sql)
        }
        await dropRoles()
        await connection.close()
        _ = try? await admin.execute("DROP DATABASE IF EXISTS \(source) WITH (FORCE)")
    }
}

extension PGConnection {
    /// Reads the catalog; every table counts as captured.
    func captured(_ expression: TargetExpression) async throws -> SchemaSnapshot {
        try await execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        do {
            var snapshot = try await CatalogReader.read(self, expression: expression)
            for place in snapshot.tables.indices { snapshot.tables[place].captureID = "captured" }
            try await execute("ROLLBACK")
            return snapshot
        } catch {
            _ = try? await execute("ROLLBACK")
            throw error
        }
    }

    /// The first column of a query's answer.
    func words(_ sql: String) async throws -> [String] {
        try await query(sql: sql).rows.map { try $0.decode(String.self, 0) }
    }
}
