import PGWire
import TestSupport
import Testing

@testable import Replicator

/// Views, materialized views, rules, triggers and policies arrive as they are on the source, and what
/// hangs on something that is made anew is made anew with it.
@Suite(.timeLimit(.minutes(10))) struct SchemaViewTests {
    typealias Change = SchemaChangeTests.Change

    static let table = SchemaChangeTests.table

    /// What both sides must have alike, as lines without oids.
    static func form(_ snapshot: SchemaSnapshot) -> Set<String> {
        var names = Dictionary(snapshot.tables.map { ($0.oid, $0.name.name) }) { $1 }
        for view in snapshot.views { names[view.oid] = view.name.name }
        var lines: Set<String> = []
        for table in snapshot.tables {
            lines.insert("\(table.name.name) \(table.rowSecurity.isEnabled)")
            for column in table.columns {
                lines.insert(
                    "\(table.name.name).\(column.name) \(column.type) \(column.expression ?? "")"
                        + "\(column.generated)")
            }
        }
        for view in snapshot.views {
            lines.insert(
                "\(view.name.name) \(view.isMaterialized) \(view.definition) \(view.options.sorted()) "
                    + "\(view.isPopulated)")
            for column in view.columns {
                lines.insert(
                    "\(view.name.name).\(column.name) \(column.type) \(column.expression ?? "")")
            }
        }
        for rule in snapshot.rules {
            lines.insert("\(names[rule.table] ?? "?").\(rule.name) \(rule.event)\(rule.definition)")
        }
        for trigger in snapshot.triggers {
            lines.insert(
                "\(names[trigger.table] ?? "?").\(trigger.name) \(trigger.isConstraint) "
                    + "\(trigger.events) \(trigger.condition) \(trigger.function) "
                    + "\(trigger.arguments)")
        }
        for policy in snapshot.policies {
            lines.insert(
                "\(names[policy.table] ?? "?").\(policy.name) \(policy.command) "
                    + "\(policy.isPermissive) \(policy.roles) \(policy.using ?? "-") "
                    + "\(policy.check ?? "-")")
        }
        for index in snapshot.indexes {
            lines.insert("\(names[index.table] ?? "?") \(index.name.name) \(index.definition)")
        }
        for item in snapshot.functions {
            lines.insert("\(item.name.name)\(item.definition)")
        }
        return lines
    }

    private static let sets = [views, materialized, parts, rebuilds]

    @Test(arguments: sets)
    func `it arrives as pg_dump writes it`(changes: [Change]) async throws {
        var pair = try await SchemaPair()
        for change in changes {
            do {
                try await carry(change, &pair)
                let name = Comment(rawValue: change.name)
                let arrived = try pair.dump(pair.target).split(separator: "\n")
                let there = try pair.dump(pair.source).split(separator: "\n")
                // Triggers and rules of tables arrive disabled; which they are is checked elsewhere.
                let isState = { (line: Substring) in
                    line.contains(" DISABLE TRIGGER ") || line.contains(" DISABLE RULE ")
                }
                #expect(
                    arrived.filter { !isState($0) }.joined(separator: "\n")
                        == there.filter { !isState($0) }.joined(separator: "\n"), name)
            } catch {
                Issue.record("\(change.name): \(error)")
            }
        }
        try await pair.close()
    }

    @Test(arguments: sets)
    func `it arrives in another schema`(changes: [Change]) async throws {
        var pair = try await SchemaPair(applySchema: "d\"st")
        for change in changes {
            do {
                try await pair.onTarget.execute("DROP SCHEMA IF EXISTS \"d\"\"st\" CASCADE")
                try await carry(change, &pair)
                let source = Self.form(try await pair.read())
                let target = Self.form(try await readTarget(pair, "\"d\"\"st\""))
                let name = Comment(rawValue: change.name)
                #expect(source.subtracting(target) == [] && target.subtracting(source) == [], name)
            } catch {
                Issue.record("\(change.name): \(error)")
            }
        }
        try await pair.close()
    }

    private func readTarget(_ pair: SchemaPair, _ schema: String) async throws -> SchemaSnapshot {
        try await pair.onTarget.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let snapshot = try await CatalogReader.read(
            pair.onTarget, expression: TargetExpression(["\(schema).*"]))
        try await pair.onTarget.execute("ROLLBACK")
        return snapshot
    }

    private func carry(_ change: Change, _ pair: inout SchemaPair) async throws {
        let plan = try await pair.carry(change.before, then: change.after)
        let name = Comment(rawValue: change.name)
        #expect(plan.notCarried == [], name)
        let again = try SchemaPlan.make(
            from: pair.applied, to: await pair.read(), mapping: pair.mapping,
            targetVersion: 150_000)
        #expect(again.isEmpty && again.recopy == [], name)
        // Triggers and rules of tables do nothing on the target.
        let awake = try await pair.onTarget.query(
            sql: """
                SELECT t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                 WHERE NOT t.tgisinternal AND c.relkind <> 'v' AND t.tgenabled <> 'D'
                UNION ALL SELECT r.rulename::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
                 WHERE c.relkind IN ('r', 'p') AND r.ev_enabled <> 'D' AND c.oid >= 16384
                """)
        #expect(try awake.rows.map { try $0.decode(String.self, 0) } == [], name)
    }
}
