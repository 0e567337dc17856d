import Foundation
import TestSupport

@testable import Replicator

/// Answers catalog queries with psql, a session a query: settings are said again each time.
final class PsqlCatalog: CatalogSource {
    private let cluster: PostgresCluster
    private let database: String
    private var settings = ""

    init(_ cluster: PostgresCluster, database: String) {
        self.cluster = cluster
        self.database = database
    }

    func rows(_ sql: String) async throws -> [CatalogRow] {
        if sql.contains("set_config") {
            settings = sql.replacingOccurrences(of: ", true)", with: ", false)")
            return []
        }
        let format = "\\pset fieldsep '\\037'\n\\pset recordsep '\\036'\n\\pset null '\\035'\n"
        let session = settings.isEmpty ? "" : "\\o /dev/null\n\(settings);\n\\o\n"
        let text = try cluster.psql(format + session + sql + ";\n", database: database)
        guard !text.isEmpty else { return [] }
        var records = text.components(separatedBy: "\u{1e}")
        if records.last == "" { records.removeLast() }
        return records.map { record in
            CatalogRow(
                values: record.components(separatedBy: "\u{1f}").map { $0 == "\u{1d}" ? nil : $0 })
        }
    }
}

/// A source and a target database in one cluster, and what a batch does with a schema plan.
struct SchemaPair {
    let cluster: PostgresCluster
    let source: String
    let target: String
    let expression: TargetExpression
    let mapping: SchemaMapping
    var applied: SchemaSnapshot?

    init(expression: [String] = ["src.*"], applySchema: String? = nil) throws {
        cluster = try PostgresCluster.shared()
        source = try cluster.createDatabase("schema_source")
        target = try cluster.createDatabase("schema_target")
        self.expression = try TargetExpression(expression)
        mapping = SchemaMapping(applySchema: applySchema)
    }

    func drop() throws {
        try cluster.psql("DROP DATABASE \(source)")
        try cluster.psql("DROP DATABASE \(target)")
    }

    /// Reads the source; every table counts as captured, as if room Capture had been there.
    func read(_ database: String? = nil) async throws -> SchemaSnapshot {
        let contents = try await CatalogReader.contents(
            PsqlCatalog(cluster, database: database ?? source), serverVersion: 150_000,
            schemas: expression.schemas)
        var snapshot = CatalogScope.select(contents, expression: expression)
        for place in snapshot.tables.indices { snapshot.tables[place].captureID = "captured" }
        return snapshot
    }

    /// Carries the source's catalog to the target, with the rows of tables that are copied again.
    @discardableResult
    mutating func carry(deferIndexes: Bool = false) async throws -> SchemaPlan {
        let current = try await read()
        let plan = try SchemaPlan.make(
            from: applied, to: current, mapping: mapping, targetVersion: 150_000,
            deferIndexes: deferIndexes)
        let path = plan.section.searchPath.map(SQLText.identifier).joined(separator: ", ")
        for statement in plan.section.preparation {
            if let unless = statement.unless,
                try cluster.psql(unless, database: target) == "t"
            {
                continue
            }
            try cluster.psql(statement.sql, database: target)
        }
        let session = "SET LOCAL search_path = \(path); SET LOCAL check_function_bodies = off;\n"
        var script = "BEGIN;\n" + session + Self.script(plan.section.changes)
        for oid in plan.recopy.sorted() { script += try copy(oid, of: current) }
        script += session + Self.script(plan.section.afterRows) + "COMMIT;\n"
        do {
            try cluster.psql(script, database: target)
        } catch {
            throw ScriptError(description: "\(error)\n\(script)")
        }
        applied = try SchemaSnapshot(encoded: plan.section.applied)
        return plan
    }

    private static func script(_ statements: [SchemaStatement]) -> String {
        statements.map { "\($0.sql);\n" }.joined()
    }

    private func copy(_ oid: UInt32, of snapshot: SchemaSnapshot) throws -> String {
        guard let table = snapshot.table(oid: oid) else { return "" }
        let columns = table.storedColumns.map { SQLText.identifier($0.name) }
            .joined(separator: ", ")
        let file = "\(cluster.directory.path)/rows_\(oid)"
        try cluster.psql(
            "COPY (SELECT \(columns) FROM \(table.name.quoted)) TO '\(file)'", database: source)
        let name = mapping.target(table.name).quoted
        return "TRUNCATE \(name);\nCOPY \(name) (\(columns)) FROM '\(file)';\n"
    }

    /// The definitions as pg_dump writes them, without comments.
    func dump(_ database: String, schema: String = "src") throws -> String {
        let text = try PostgresCluster.shell(
            "pg_dump -h \(cluster.socketDirectory) -p \(cluster.port) -U postgres --schema-only "
                + "--no-owner --no-privileges -n \(PostgresCluster.word(schema)) \(database)")
        return text.split(separator: "\n").filter { line in
            !line.hasPrefix("--") && !line.isEmpty && !line.hasPrefix("\\")
        }.joined(separator: "\n")
    }

    /// The rows of all replicated tables in one text, as `snapshot` names the tables.
    func rows(_ database: String, _ snapshot: SchemaSnapshot, mapped: Bool) throws -> String {
        let queries = snapshot.replicatedTables.map { table in
            let name = mapped ? mapping.target(table.name) : table.name
            let columns = table.columns.map { SQLText.identifier($0.name) }.joined(separator: ", ")
            return "SELECT r::text FROM (SELECT \(columns) FROM \(name.quoted)) r ORDER BY 1;"
        }
        return try cluster.psql(queries.joined(separator: "\n"), database: database)
    }
}

/// A script that the target refused.
struct ScriptError: Error, CustomStringConvertible {
    let description: String
}
