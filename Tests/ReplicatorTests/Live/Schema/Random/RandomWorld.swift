import Logging
import PGWire
import TestSupport

@testable import Replicator

/// A captured source with schema `src`, and a target that has it under that name or another.
struct RandomWorld {
    /// The application's connection to the source.
    let application: PGConnection
    private let lab: DDLLab
    private let admin: PGConnection
    private let database: String
    private let engine: PGConnection
    private let manager: CaptureManager
    private let expression: TargetExpression
    private let target: DDLTarget
    /// Whether the schema has another name on the target.
    private let isMapped: Bool

    init(_ lab: DDLLab, isMapped: Bool) async throws {
        self.lab = lab
        self.isMapped = isMapped
        admin = try await PGConnection.connect(lab.cluster.configuration(database: "postgres"))
        database = try await lab.database(admin)
        application = try await PGConnection.connect(lab.cluster.configuration(database: database))
        try await application.execute("SET client_min_messages = error; CREATE SCHEMA src")
        engine = try await EngineConnection.open(
            lab.cluster.configuration(database: database), purpose: "lab")
        let silent = Logger(label: "lab") { _ in SwiftLogNoOpLogHandler() }
        // It stands in another place than its template: an incarnation of its own.
        let installed = try await Installer.install(on: engine, log: silent)
        manager = CaptureManager(log: silent)
        expression = try TargetExpression(["src.*"])
        target = try await DDLTarget(
            lab.cluster, database: try await lab.database(admin),
            mapping: .init(applySchema: isMapped ? "mapped" : nil),
            source: .init(incarnation: installed.incarnation, name: "random"))
    }

    /// Runs a statement on the source; whether the server took it.
    func run(_ sql: String) async -> Bool {
        do { try await application.execute(sql) } catch { return false }
        return true
    }

    /// Lets the target follow, and compares; what went wrong, or nil.
    func look() async -> String? {
        do {
            let tables = try await CaptureTable.tables(on: engine, matching: [expression])
            _ = try await manager.ensure(on: engine, tables: tables)
            return try await difference()
        } catch let failure as DDLFailure {
            return "\(failure.error)\n" + failure.statements.joined(separator: ";\n")
        } catch {
            return "\(error)"
        }
    }

    private func difference() async throws -> String? {
        let (plan, current) = try await target.follow(engine, expression)
        let found = try SchemaDump(lab.cluster, database: database).differences(
            from: try await target.dump(mapped: isMapped ? "src" : nil), on: lab.cluster)
        if DDLVerdict.judge(found, plan) > .reported {
            let missing = plan.notCarried.map { "\($0.kind) \($0.name): \($0.reason)" }
            return found.map(\.description).joined(separator: "\n") + "\nplan:\n"
                + Self.script(plan) + missing.joined(separator: "\n")
        }
        let again = try await target.plan(to: current)
        if !again.isEmpty { return "a second look finds:\n" + Self.script(again) }
        for table in current.replicatedTables {
            let here = try await engine.rows(of: table, named: table.name)
            let there = try await target.rows(of: table)
            guard here != there else { continue }
            return "rows of \(table.name): \(here) on the source, \(there) on the target\nplan:\n"
                + Self.script(plan)
        }
        return nil
    }

    private static func script(_ plan: SchemaPlan) -> String {
        let section = plan.section
        let parts = [section.preparation, section.changes, section.afterRows]
        return parts.map { part in part.map { "\($0.sql);\n" }.joined() }
            .joined(separator: "-- next\n")
    }

    func close() async {
        await application.close()
        await engine.close()
        await target.drop(admin: admin)
        _ = try? await admin.execute("DROP DATABASE \(database) WITH (FORCE)")
        await admin.close()
    }
}
