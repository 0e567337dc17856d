import Replicator
import Testing

@Suite struct CapturePlanTests {
    private func table(isOwned: Bool = true, column: Int16 = 1) -> CaptureTable {
        CaptureTable(
            oid: 16_400, name: TableName(schema: "s", name: "t"),
            key: [.init(number: column, name: "id", typeOID: 23, baseTypeName: "int4")],
            isOwned: isOwned)
    }

    private func state(_ table: CaptureTable, enabled: String = "A") -> CaptureState {
        let function = CaptureFunction(table, serverVersion: 150_000)
        return CaptureState(
            functions: [
                table.oid: .init(source: function.source, configuration: function.configuration)
            ],
            triggers: TriggerDefinition.all(of: table, serverVersion: 150_000).map {
                .init(definition: $0, table: table.oid, enabled: enabled)
            })
    }

    private func plan(_ table: CaptureTable, _ state: CaptureState) -> CapturePlan {
        CapturePlan(table: table, state: state, serverVersion: 150_000)
    }

    @Test func `what fits is not touched`() {
        for table in [table(), table(isOwned: false)] {
            #expect(plan(table, state(table, enabled: table.isOwned ? "A" : "O")).steps == [])
        }
    }

    @Test func `a new table gets a function and four triggers, and no notice`() {
        let plan = plan(table(), CaptureState())
        #expect(plan.isNew && plan.notices == [])
        // CREATE FUNCTION, REVOKE, then CREATE TRIGGER and ENABLE ALWAYS four times.
        #expect(plan.steps.count == 2 + 8)
    }

    @Test func `a role that does not own the table never asks for what only the owner may`() {
        for enabled in ["O", "D"] {
            for plan in [
                plan(table(isOwned: false), CaptureState()),
                plan(table(isOwned: false), state(table(isOwned: false), enabled: enabled)),
            ] {
                for case .sql(let sql) in plan.steps {
                    #expect(!sql.hasPrefix("ALTER TABLE") && !sql.hasPrefix("DROP TRIGGER"))
                }
            }
        }
        let disabled = plan(table(isOwned: false), state(table(isOwned: false), enabled: "D"))
        #expect(disabled.steps.first == .dropFunction && disabled.notices.count == 4)
    }

    @Test func `another key makes the triggers anew`() {
        let plan = plan(table(column: 2), state(table()))
        let dropped = plan.steps.filter {
            if case .sql(let sql) = $0 { sql.hasPrefix("DROP TRIGGER") } else { false }
        }
        #expect(dropped.count == 4 && plan.notices.count == 1)
    }

    @Test func `a renamed key column changes the function only`() {
        var renamed = table()
        renamed.key[0].name = "number"
        #expect(plan(renamed, state(table())).steps.count == 2)
        #expect(plan(renamed, state(table())).notices == [])
    }
}
