import Foundation
import Logging
import PGWire
import Synchronization
import TestSupport
import Testing

@testable import Replicator

/// Foreign cases of schema changes, planned and applied in this process; structure only.
///
/// `TELEPORT_DDL_CASES` names the folder, `TELEPORT_DDL_ONLY` patterns of `TOOL/CASE`,
/// `TELEPORT_DDL_REPORT` a file for everything that is not equal, `TELEPORT_DDL_JOBS` how many run
/// at once. Each case runs with the schema's own name and, where it has one schema, mapped.
@Suite(.serialized, .enabled(if: DDLCase.root != nil, "no folder of cases is named"))
struct DDLCaseTests {
    private static let jobs =
        Int(ProcessInfo.processInfo.environment["TELEPORT_DDL_JOBS"] ?? "") ?? 2
    private static let reportFile = ProcessInfo.processInfo.environment["TELEPORT_DDL_REPORT"]

    @Test(.timeLimit(.minutes(60)))
    func `every case arrives as pg_dump shows it, or is reported by name`() async throws {
        let lab = try await DDLLab()
        let cases = try DDLCase.all()
        try #require(!cases.isEmpty, "no case fits")
        let report = DDLReport(file: Self.reportFile)
        await withTaskGroup(of: Void.self) { group in
            var rest = cases[...]
            func next() {
                guard let testCase = rest.popFirst() else { return }
                group.addTask { report.add(testCase.name, await lab.run(testCase)) }
            }
            for _ in 0..<max(1, Self.jobs) { next() }
            while await group.next() != nil { next() }
        }
        let bad = report.finish()
        #expect(bad == 0, "cases that are silent, wrong or failed")
    }
}

/// The server and the template of targets.
struct DDLLab: Sendable {
    let cluster: PostgresCluster
    private let template = "ddl_" + String(UInt64.random(in: 0 ... .max), radix: 36)

    /// On a server of its own, where none is given.
    init(_ cluster: PostgresCluster? = nil) async throws {
        self.cluster =
            try cluster
            ?? PostgresCluster(settings: [
                "autovacuum = off", "wal_level = logical", "synchronous_commit = off",
                "full_page_writes = off",
            ])
        let cluster = self.cluster
        try cluster.psql("CREATE DATABASE \(template)")
        let connection = try await PGConnection.connect(cluster.configuration(database: template))
        _ = try await Installer.install(on: connection, log: .init(label: "ddl-cases"))
        await connection.close()
        if let root = DDLCase.root, FileManager.default.fileExists(atPath: "\(root)/roles.sql") {
            try PostgresCluster.shell(
                "psql -X -q -h \(cluster.socketDirectory) -p \(cluster.port) -U postgres"
                    + " -f \(PostgresCluster.word("\(root)/roles.sql"))")
        }
    }

    /// Runs a case both ways; each outcome has its way's name.
    func run(_ testCase: DDLCase) async -> [(way: String, outcome: DDLCaseRun.Outcome)] {
        do {
            if testCase.minimumVersion > cluster.version.rawValue { return [] }
            let admin = try await PGConnection.connect(
                cluster.configuration(database: "postgres"))
            for role in testCase.rolesNeeded { _ = try? await admin.execute("CREATE ROLE \(role)") }
            var run = try await DDLCaseRun(testCase, on: cluster, admin: admin)
            let outcomes = await compare(&run, admin)
            await run.drop(admin: admin)
            await admin.close()
            return outcomes
        } catch {
            return [("same", .init(verdict: .error, headline: "the lab: \(error)"))]
        }
    }

    private func compare(
        _ run: inout DDLCaseRun, _ admin: PGConnection
    ) async -> [(way: String, outcome: DDLCaseRun.Outcome)] {
        var ways: [DDLWay] = []
        do {
            if let path = run.testCase.file("a.sql") { try run.load(path) }
            ways = try await self.ways(run, admin)
            await Self.look("a", run, &ways)
            try await run.change()
            // More than one schema now: only one can be mapped.
            if ways.count > 1,
                try await run.schemasInUse().union([ways[1].mapped ?? ""]).count > 1
            {
                await ways.removeLast().target.drop(admin: admin)
            }
            await Self.look("b", run, &ways)
        } catch {
            for place in ways.indices { ways[place].fail("\(error)") }
            if ways.isEmpty {
                return [("same", .init(verdict: .error, headline: "\(error)"))]
            }
        }
        for place in ways.indices {
            ways[place].outcome.details += run.notes.map { "  note: \($0)\n" }.joined()
            await ways[place].target.drop(admin: admin)
        }
        return ways.map { ($0.mapped == nil ? "same" : "mapped", $0.outcome) }
    }

    /// The targets: one with the source's schemas, and one where the only schema is mapped.
    private func ways(_ run: DDLCaseRun, _ admin: PGConnection) async throws -> [DDLWay] {
        let schemas = try await run.schemas()
        let used = try await run.schemasInUse().union(schemas.subtracting(["public"]))
        func way(_ names: [String], mapped: String?) async throws -> DDLWay {
            let mapping = SchemaMapping(applySchema: mapped.map { _ in DDLCaseRun.mappedSchema })
            return DDLWay(
                target: try await target(admin, mapping: mapping),
                expression: try TargetExpression(names.map { "\(SQLText.identifier($0)).*" }),
                mapped: mapped)
        }
        var ways = [try await way(schemas.sorted(), mapped: nil)]
        if used.count <= 1 {
            let only = used.first ?? "public"
            ways.append(try await way([only], mapped: only))
        }
        return ways
    }

    /// The name of a new database, with schema `teleport`.
    func database(_ admin: PGConnection) async throws -> String {
        let name = template + "_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try await admin.execute("CREATE DATABASE \(name) TEMPLATE \(template)")
        return name
    }

    /// A target database, with schema `teleport`.
    func target(_ admin: PGConnection, mapping: SchemaMapping) async throws -> DDLTarget {
        try await DDLTarget(cluster, database: try await database(admin), mapping: mapping)
    }

    private static func look(_ stage: String, _ run: DDLCaseRun, _ ways: inout [DDLWay]) async {
        do {
            let dump = try SchemaDump(run.cluster, database: run.source)
            for place in ways.indices { await ways[place].look(stage, run, dump) }
        } catch {
            for place in ways.indices { ways[place].fail("\(stage): \(error)") }
        }
    }
}

/// One target of a case.
private struct DDLWay {
    let target: DDLTarget
    let expression: TargetExpression
    let mapped: String?
    var outcome = DDLCaseRun.Outcome()

    /// Carries what the source has now, and compares.
    mutating func look(_ stage: String, _ run: DDLCaseRun, _ dump: SchemaDump) async {
        guard outcome.verdict != .error else { return }
        do {
            let current = try await run.connection.captured(expression)
            let plan = try await target.carry(current)
            var source = dump
            if mapped != nil {
                source.remove { $0.kind == "COMMENT" && $0.name == "SCHEMA public" }
            }
            let differences = try source.differences(
                from: try await target.dump(mapped: mapped), on: run.cluster)
            note(stage, plan, differences)
            let again = try await target.plan(to: current)
            if !again.isEmpty {
                worse(.wrong, "\(stage): a second look finds something to do")
                outcome.details += "  second look at \(stage):\n" + Self.list(again)
            }
        } catch let error as DDLFailure {
            fail("\(stage): \(error.error)")
            outcome.details += error.statements.map { "    \($0);\n" }.joined()
        } catch {
            fail("\(stage): \(error)")
        }
    }

    mutating func fail(_ text: String) {
        worse(.error, text)
        outcome.details += "  \(text)\n"
    }

    private mutating func worse(_ verdict: DDLVerdict, _ headline: String) {
        guard verdict > outcome.verdict else { return }
        outcome.verdict = verdict
        outcome.headline = headline.split(separator: "\n").joined(separator: " ")
    }

    private mutating func note(
        _ stage: String, _ plan: SchemaPlan, _ differences: [SchemaDump.Difference]
    ) {
        let verdict = DDLVerdict.judge(differences, plan)
        guard verdict != .equal else { return }
        let missing = plan.notCarried.map { "\($0.kind) \($0.name): \($0.reason)" }
        let reasons = plan.notCarried.filter { report in
            differences.contains { $0.isExplained(by: report) }
        }.map { "\($0.kind) \($0.name): \($0.reason)" }
        let open = differences.filter { difference in
            !plan.notCarried.contains { difference.isExplained(by: $0) }
        }
        let first = open.first.map { "\($0.title) \($0.changedLines.prefix(2))" }
        worse(verdict, "\(stage): " + (first ?? reasons.joined(separator: "; ")))
        outcome.details += "  at \(stage) \(verdict.word):\n"
        for difference in differences {
            let isOpen = open.contains { $0.title == difference.title }
            outcome.details += (isOpen ? "  ! " : "    ") + "\(difference)\n"
        }
        outcome.details += missing.map { "    reported: \($0)\n" }.joined() + Self.list(plan)
    }

    private static func list(_ plan: SchemaPlan) -> String {
        let section = plan.section
        return (section.preparation + section.changes + section.afterRows)
            .map { "    plan: \($0.sql);\n" }.joined()
    }
}

/// Prints a line a case, counts, and writes what is not equal to a file.
final class DDLReport: Sendable {
    private struct State {
        var counts: [String: [DDLVerdict: Int]] = [:]
        var text = ""
    }

    private let state = Mutex(State())
    private let file: String?

    init(file: String?) {
        self.file = file
    }

    func add(_ name: String, _ outcomes: [(way: String, outcome: DDLCaseRun.Outcome)]) {
        state.withLock { state in
            for (way, outcome) in outcomes {
                state.counts[way, default: [:]][outcome.verdict, default: 0] += 1
                let headline = outcome.headline.isEmpty ? "" : ": \(outcome.headline.prefix(300))"
                print("\(name) [\(way)] \(outcome.verdict.word)\(headline)")
                if outcome.verdict != .equal {
                    state.text +=
                        "== \(name) [\(way)] \(outcome.verdict.word): \(outcome.headline)\n"
                        + outcome.details + "\n"
                }
            }
            if outcomes.isEmpty { print("\(name) skipped: for a newer server") }
            write(state.text)
        }
    }

    private func write(_ text: String) {
        guard let file else { return }
        try? text.write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// Prints the totals; returns how many are silent, wrong or failed.
    func finish() -> Int {
        state.withLock { state in
            var bad = 0
            for (way, counts) in state.counts.sorted(by: { $0.key < $1.key }) {
                let words = DDLVerdict.allCases.map { "\(counts[$0] ?? 0) \($0.word)" }
                let line = "totals [\(way)]: \(words.joined(separator: ", "))"
                print(line)
                state.text += line + "\n"
                bad += counts.filter { $0.key >= .silent }.values.reduce(0, +)
            }
            write(state.text)
            return bad
        }
    }
}
