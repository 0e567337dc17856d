import Foundation
import PGWire
import TestSupport
import Testing

@testable import Replicator

/// Random statements on a random schema: every look's plan turns the target into the source.
///
/// `TELEPORT_RANDOM_SCHEMAS` is how many seeds run, `TELEPORT_RANDOM_SEED` the first of them. What fails
/// is made smaller: the statements without which it still fails are left out.
@Suite(.serialized) struct RandomSchemaTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = Int(environment["TELEPORT_RANDOM_SCHEMAS"] ?? "") ?? 4
    private static let first = UInt64(environment["TELEPORT_RANDOM_SEED"] ?? "") ?? 1
    /// Statements before the first look, and how many follow before each next one.
    private static let sizes = [14, 5, 5, 5]

    @Test(
        .timeLimit(.minutes(60)),
        .enabled(if: environment["TELEPORT_RANDOM_SCHEMAS"] != nil, "no number of seeds is set"))
    func `a random change of a random schema arrives as it is`() async throws {
        let lab = try await DDLLab()
        for seed in Self.first..<(Self.first + UInt64(Self.count)) {
            let story = try await Self.story(seed, lab)
            guard let failure = try await lab.tell(story) else { continue }
            let small = try await Self.shrink(story, lab)
            let text = small.enumerated().map { number, part in
                "-- before look \(number + 1)\n" + part.map { "\($0);\n" }.joined()
            }.joined()
            let last = try await lab.tell(small) ?? failure
            Issue.record("seed \(seed):\n\(text)-- \(last)")
        }
    }

    /// The statements of a seed that the server takes, look by look.
    private static func story(_ seed: UInt64, _ lab: DDLLab) async throws -> [[String]] {
        var changes = SchemaChanges(seed: seed)
        return try await lab.withSource { connection, database in
            var story: [[String]] = []
            for (look, size) in sizes.enumerated() {
                var part: [String] = []
                for _ in 0..<size {
                    let zoo = try SchemaZoo(lab.cluster, database: database)
                    let sql = look == 0 ? changes.creation(zoo) : changes.change(zoo)
                    do {
                        try await connection.execute(sql)
                        part.append(sql)
                    } catch {
                        // The server says no: a type in use, a name that is taken.
                        continue
                    }
                }
                story.append(part)
            }
            return story
        }
    }

    /// Leaves out whatever is not needed for the failure.
    private static func shrink(_ story: [[String]], _ lab: DDLLab) async throws -> [[String]] {
        var small = story
        for part in story.indices.reversed() {
            for place in story[part].indices.reversed() {
                var shorter = small
                shorter[part].remove(at: place)
                if try await lab.tell(shorter) != nil { small = shorter }
            }
        }
        return small.filter { !$0.isEmpty }
    }
}

extension DDLLab {
    /// Runs `body` with a source database that has schema `src` only.
    func withSource<Result: Sendable>(
        _ body: (PGConnection, String) async throws -> Result
    ) async throws -> Result {
        let admin = try await PGConnection.connect(cluster.configuration(database: "postgres"))
        let name = "random_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try await admin.execute("CREATE DATABASE \(name)")
        let connection = try await PGConnection.connect(cluster.configuration(database: name))
        try await connection.execute("SET client_min_messages = error; CREATE SCHEMA src")
        do {
            let result = try await body(connection, name)
            await connection.close()
            _ = try? await admin.execute("DROP DATABASE \(name) WITH (FORCE)")
            await admin.close()
            return result
        } catch {
            await connection.close()
            _ = try? await admin.execute("DROP DATABASE \(name) WITH (FORCE)")
            await admin.close()
            throw error
        }
    }

    /// Runs the statements, with a look behind each part; what went wrong first, or nil.
    func tell(_ story: [[String]]) async throws -> String? {
        try await withSource { connection, database in
            let admin = try await PGConnection.connect(cluster.configuration(database: "postgres"))
            let same = try await target(admin, mapping: .init(applySchema: nil))
            let mapped = try await target(admin, mapping: .init(applySchema: "mapped"))
            var failure: String?
            for part in story where failure == nil {
                // A statement that needs one that was left out fails, and that is the shorter story.
                for sql in part { _ = try? await connection.execute(sql) }
                failure = await look(connection, database, same, mapped)
            }
            await same.drop(admin: admin)
            await mapped.drop(admin: admin)
            await admin.close()
            return failure
        }
    }

    private func look(
        _ connection: PGConnection, _ database: String, _ same: DDLTarget, _ mapped: DDLTarget
    ) async -> String? {
        for (target, schema) in [(same, nil), (mapped, "src")] {
            let way = schema == nil ? "same" : "mapped"
            do {
                if let what = try await difference(connection, database, target, schema) {
                    return "[\(way)] \(what)"
                }
            } catch let failure as DDLFailure {
                return "[\(way)] \(failure.error)\n" + failure.statements.joined(separator: ";\n")
            } catch {
                return "[\(way)] \(error)"
            }
        }
        return nil
    }

    private func difference(
        _ connection: PGConnection, _ database: String, _ target: DDLTarget, _ schema: String?
    ) async throws -> String? {
        let current = try await connection.captured(try TargetExpression(["src.*"]))
        let plan = try await target.carry(current)
        let source = try SchemaDump(cluster, database: database)
        let found = try source.differences(
            from: try await target.dump(mapped: schema), on: cluster)
        if DDLVerdict.judge(found, plan) > .reported {
            let section = plan.section
            let statements = section.preparation + section.changes + section.afterRows
            return found.map(\.description).joined(separator: "\n") + "\nplan:\n"
                + statements.map { "\($0.sql);\n" }.joined()
        }
        let again = try await target.plan(to: current)
        guard !again.isEmpty else { return nil }
        return "a second look finds: " + again.section.changes.map(\.sql).joined(separator: "; ")
    }
}
