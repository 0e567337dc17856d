import PGWire
import TestSupport

@testable import Replicator

/// A source and a target database in one cluster, and what a batch does with a schema plan.
struct SchemaPair {
    let cluster: PostgresCluster
    let source: String
    let target: String
    let onSource: PGConnection
    let onTarget: PGConnection
    let expression: TargetExpression
    let mapping: SchemaMapping
    var applied: SchemaSnapshot?
    var options = SchemaOptions()

    init(expression: [String] = ["src.*"], applySchema: String? = nil) async throws {
        cluster = try PostgresCluster.shared()
        source = try cluster.createDatabase("schema_source")
        target = try cluster.createDatabase("schema_target")
        onSource = try await PGConnection.connect(cluster.configuration(database: source))
        onTarget = try await PGConnection.connect(cluster.configuration(database: target))
        self.expression = try TargetExpression(expression)
        mapping = SchemaMapping(applySchema: applySchema)
    }

    /// Forgets everything, so that the databases serve another case.
    mutating func reset() async throws {
        for connection in [onSource, onTarget] {
            try await connection.execute(
                "SET client_min_messages = warning; DROP SCHEMA IF EXISTS src CASCADE; "
                    + "DROP EXTENSION IF EXISTS citext, pg_trgm, btree_gist CASCADE")
        }
        applied = nil
    }

    /// Carries one state of an emptied schema `src`, then another; answers the second plan.
    mutating func carry(_ before: String, then after: String) async throws -> SchemaPlan {
        try await reset()
        let path = "SET search_path = src; "
        try await onSource.execute("CREATE SCHEMA src; \(path)\(before)")
        try await carry()
        try await onSource.execute(path + after)
        return try await carry()
    }

    func close() async throws {
        await onSource.close()
        await onTarget.close()
        try cluster.psql("DROP DATABASE \(source)")
        try cluster.psql("DROP DATABASE \(target)")
    }

    /// Reads the source; every table counts as captured, as if room Capture had been there.
    func read() async throws -> SchemaSnapshot {
        try await onSource.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        var snapshot = try await CatalogReader.read(onSource, expression: expression)
        try await onSource.execute("ROLLBACK")
        for place in snapshot.tables.indices { snapshot.tables[place].captureID = "captured" }
        return snapshot
    }

    /// Carries the source's catalog to the target, with the rows of tables that are copied again.
    @discardableResult
    mutating func carry(
        deferIndexes: Bool = false, options: SchemaOptions? = nil,
        abilities: TargetAbilities = .init()
    ) async throws -> SchemaPlan {
        let current = try await read()
        let plan = try SchemaPlan.make(
            from: applied, to: current, mapping: mapping, options: options ?? self.options,
            targetVersion: 150_000,
            abilities: abilities, deferIndexes: deferIndexes)
        let path = plan.section.searchPath.map(SQLText.identifier).joined(separator: ", ")
        for statement in plan.section.preparation {
            if let unless = statement.unless,
                try await onTarget.query(sql: unless).rows.first?.decode(Bool.self, 0) == true
            {
                continue
            }
            try await onTarget.execute(statement.sql)
        }
        let session = "SET LOCAL search_path = \(path); SET LOCAL check_function_bodies = off;\n"
        var script = "BEGIN;\n" + session + Self.script(plan.section.changes)
        script += "SET LOCAL session_replication_role = replica;\n"
        for oid in plan.recopy.sorted() { script += try await copy(oid, of: current) }
        script += "SET LOCAL session_replication_role = origin;\n"
        script +=
            "SET CONSTRAINTS ALL IMMEDIATE;\n" + session + Self.script(plan.section.afterRows)
            + "COMMIT;\n"
        do {
            try await onTarget.execute(script)
        } catch {
            _ = try? await onTarget.execute("ROLLBACK")
            throw ScriptError(description: "\(error)\n\(script)")
        }
        applied = try SchemaSnapshot(encoded: plan.section.applied)
        return plan
    }

    /// The version of an extension on the target.
    func version(of name: String) async throws -> String? {
        let found = try await onTarget.query(
            sql: "SELECT extversion FROM pg_extension WHERE extname = \(SQLText.literal(name))")
        return try found.rows.first?.decode(String.self, 0)
    }

    private static func script(_ statements: [SchemaStatement]) -> String {
        statements.map { "\($0.sql);\n" }.joined()
    }

    private func copy(_ oid: UInt32, of snapshot: SchemaSnapshot) async throws -> String {
        guard let table = snapshot.table(oid: oid) else { return "" }
        let columns = table.storedColumns.map { SQLText.identifier($0.name) }
            .joined(separator: ", ")
        let file = "\(cluster.socketDirectory)/rows_\(oid)"
        let only = table.partitionKey == nil ? "ONLY " : ""
        try await onSource.execute(
            "COPY (SELECT \(columns) FROM \(only)\(table.name.quoted)) TO '\(file)'")
        let name = mapping.target(table.name).quoted
        return "DELETE FROM \(only)\(name);\nCOPY \(name) (\(columns)) FROM '\(file)';\n"
    }

    /// The definitions as pg_dump writes them; who may do what only where asked for.
    func dump(
        _ database: String, schema: String = "src", access: Bool = false
    ) throws -> String {
        let text = try PostgresCluster.shell(
            "pg_dump -h \(cluster.socketDirectory) -p \(cluster.port) -U postgres --schema-only "
                + "\(access ? "" : "--no-owner --no-privileges") -n \(PostgresCluster.word(schema)) \(database)"
        )
        return text.split(separator: "\n").filter { line in
            !line.hasPrefix("--") && !line.isEmpty && !line.hasPrefix("\\")
        }.joined(separator: "\n")
    }

    /// The rows of all replicated tables in one text, as `snapshot` names the tables.
    func rows(
        _ connection: PGConnection, _ snapshot: SchemaSnapshot, mapped: Bool
    ) async throws -> [String] {
        var all: [String] = []
        for table in snapshot.replicatedTables {
            let name = mapped ? mapping.target(table.name) : table.name
            let columns = table.columns.map { SQLText.identifier($0.name) }.joined(separator: ", ")
            let result = try await connection.query(
                sql: "SELECT r::text FROM (SELECT \(columns) FROM \(name.quoted)) r ORDER BY 1")
            all += try result.rows.map { try $0.decode(String.self, 0) }
        }
        return all
    }
}

/// A script that the target refused.
struct ScriptError: Error, CustomStringConvertible {
    let description: String
}

extension TargetAbilities {
    /// What is known of a target.
    init(
        roles: Set<String>?, ownRoles: Set<String>? = nil,
        extensionVersions: [String: Set<String>]? = nil
    ) {
        self.init()
        self.roles = roles
        self.ownRoles = ownRoles
        self.extensionVersions = extensionVersions
    }
}
