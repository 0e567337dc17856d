import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Foreign business schemas, from the folder of samples beside the checkout; skipped without it.
    @Suite struct Samples {
        private static let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("shared/samples").path
        private static var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }

        /// Rows of `public` arrive in `schema`, with the source's foreign keys.
        private static func replication(_ schema: String) throws -> Replication {
            let pair = try Replication(applySchema: schema == "public" ? nil : schema) {
                $0 + "    foreign_keys: exact\n"
            }
            try pair.targetCluster.psql(
                """
                GRANT CREATE ON SCHEMA public TO \(pair.applier);
                GRANT SET ON PARAMETER session_replication_role TO \(pair.applier);
                """, database: pair.targetDatabase)
            return pair
        }

        private static func load(_ pair: Replication, _ files: [String]) throws {
            for file in files {
                try pair.cluster.psql(file: file, database: pair.sourceDatabase)
            }
            // The sample is the superuser's, as most restored dumps are.
            try pair.cluster.psql(
                "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO \(pair.teleport)",
                database: pair.sourceDatabase)
        }

        @Test(.enabled(if: isPresent, "no folder of samples here"), arguments: ["test", "public"])
        func `pagila arrives with equal rows and definitions`(schema: String) throws {
            let pair = try Self.replication(schema)
            try Self.load(
                pair,
                [
                    "\(Self.folder)/pagila/pagila-schema.sql",
                    "\(Self.folder)/pagila/pagila-data.sql",
                ])
            try pair.startAndLoad()
            try pair.sync()
            try pair.requireEqual(targetSchema: schema)
            try pair.cluster.psql(
                """
                UPDATE film SET title = lower(title), rating = 'R' WHERE film_id % 3 = 0;
                UPDATE payment SET amount = amount + 1 WHERE payment_id % 5 = 0;
                DELETE FROM payment_p2022_03 WHERE payment_id % 11 = 0;
                TRUNCATE payment_p2022_05;
                INSERT INTO actor (first_name, last_name) SELECT 'A' || i, 'B' FROM generate_series(1, 50) i;
                """, database: pair.sourceDatabase)
            try pair.sync()
            try pair.requireEqual(targetSchema: schema)
            try pair.requireSameDefinitions(targetSchema: schema)
        }

        @Test(.enabled(if: isPresent, "no folder of samples here"), arguments: ["test", "public"])
        func `northwind arrives with equal rows and definitions`(schema: String) throws {
            let pair = try Self.replication(schema)
            try Self.load(pair, ["\(Self.folder)/northwind/northwind.sql"])
            try pair.startAndLoad()
            try pair.sync()
            try pair.requireEqual(targetSchema: schema)
            try pair.cluster.psql(
                "UPDATE orders SET freight = freight * 2; DELETE FROM order_details WHERE quantity < 5",
                database: pair.sourceDatabase)
            try pair.sync()
            try pair.requireEqual(targetSchema: schema)
            try pair.requireSameDefinitions(targetSchema: schema)
        }

        @Test(.enabled(if: isPresent, "no folder of samples here"), arguments: ["test", "public"])
        func `chinook arrives with equal rows and definitions`(schema: String) throws {
            let pair = try Self.replication(schema)
            // The file makes its own database; only what follows the \c belongs here.
            let text = try String(
                contentsOfFile: "\(Self.folder)/chinook/Chinook_PostgreSql.sql", encoding: .utf8)
            let body = text.split(separator: "\n", omittingEmptySubsequences: false)
                .drop { !$0.hasPrefix("\\c") }.dropFirst().joined(separator: "\n")
            let file = pair.directory + "/chinook.sql"
            try body.write(toFile: file, atomically: true, encoding: .utf8)
            _ = chmod(pair.directory, 0o755)
            try Self.load(pair, [file])
            try pair.startAndLoad()
            try pair.sync()
            try pair.requireEqual(targetSchema: schema)
            try pair.cluster.psql(
                "UPDATE track SET unit_price = unit_price + 0.01 WHERE track_id % 4 = 0; DELETE FROM playlist_track WHERE playlist_id = 1",
                database: pair.sourceDatabase)
            try pair.sync()
            try pair.requireEqual(targetSchema: schema)
            try pair.requireSameDefinitions(targetSchema: schema)
        }
    }
}
