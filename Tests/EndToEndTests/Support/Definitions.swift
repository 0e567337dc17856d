import Foundation
import TestSupport
import Testing

extension Replication {
    /// Requires both sides' definitions to be equal as pg_dump shows them, but for what the status
    /// names; `schema` of the source is `targetSchema` on the target.
    func requireSameDefinitions(
        schema: String = "public", targetSchema: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let comment = { (entry: SchemaDump.Entry) in
            entry.kind == "COMMENT" && entry.name == "SCHEMA public"
        }
        var source = try SchemaDump(cluster, database: sourceDatabase)
        source.remove(where: comment)
        var target = try targetDump(of: targetSchema, as: schema)
        target.remove(where: comment)
        let reports = try reports()
        for difference in try source.differences(from: target, on: targetCluster) {
            let isNamed = reports.contains {
                difference.isExplained(byKind: $0.kind, name: $0.name)
            }
            #expect(isNamed, "\(difference)", sourceLocation: sourceLocation)
        }
    }

    private func targetDump(of schema: String, as name: String) throws -> SchemaDump {
        guard schema != name else {
            return try SchemaDump(targetCluster, database: targetDatabase)
        }
        try read("ALTER SCHEMA \(name) RENAME TO aside; ALTER SCHEMA \(schema) RENAME TO \(name)")
        defer {
            _ = try? read(
                "ALTER SCHEMA \(name) RENAME TO \(schema); ALTER SCHEMA aside RENAME TO \(name)")
        }
        return try SchemaDump(targetCluster, database: targetDatabase, excluding: ["aside"])
    }

    private struct Report: Decodable {
        var kind: String
        var name: String
    }

    private struct Reports: Decodable {
        var notCarried: [Report]
        var refusedTables: [Report]
    }

    private func reports() throws -> [Report] {
        let reports = try JSONDecoder().decode(Reports.self, from: Data(try status().utf8))
        return reports.notCarried + reports.refusedTables
    }
}
