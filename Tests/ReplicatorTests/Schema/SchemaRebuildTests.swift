import Testing

@testable import Replicator

/// What a plan makes anew, and in which order, without a server.
@Suite struct SchemaRebuildTests {
    private typealias Snapshot = SchemaSnapshot

    private func name(_ name: String) -> TableName { TableName(schema: "src", name: name) }

    private func id(_ oid: UInt32, _ column: Int = 0) -> Snapshot.ObjectID {
        .init(catalog: .relation, oid: oid, column: column)
    }

    private func view(
        _ oid: UInt32, _ name: String, _ columns: [String], type: String = "text",
        isMaterialized: Bool = false
    ) -> Snapshot.View {
        var view = Snapshot.View(
            oid: oid, name: self.name(name), isMaterialized: isMaterialized,
            definition: " SELECT \(columns.joined(separator: ", "))")
        view.columns = columns.enumerated().map { place, name in
            .init(attnum: place + 1, name: name, type: type, typeOID: type == "text" ? 25 : 20)
        }
        return view
    }

    /// `w` over `v` over the column `a` of `t`.
    private func base() -> Snapshot {
        var snapshot = SchemaPlanTests.snapshot()
        snapshot.views = [view(20_010, "v", ["a"]), view(20_011, "w", ["a"])]
        snapshot.dependencies = [
            .init(dependent: id(20_010), referenced: id(20_001, 2)),
            .init(dependent: id(20_011), referenced: id(20_010, 1)),
        ]
        return snapshot
    }

    private func plan(
        _ base: Snapshot? = nil, target: Int = 150_000, abilities: TargetAbilities = .init(),
        options: SchemaOptions = .init(), _ change: (inout Snapshot) -> Void
    ) throws -> SchemaPlan {
        let before = base ?? self.base()
        var current = before
        change(&current)
        return try SchemaPlan.make(
            from: before, to: current, mapping: SchemaMapping(applySchema: nil), options: options,
            targetVersion: target, abilities: abilities)
    }

    private func summaries(_ plan: SchemaPlan) -> [String] { plan.section.changes.map(\.summary) }

    @Test func `a retyped column takes the views over it along, and brings them back in order`()
        throws
    {
        let made = try plan {
            $0.tables[0].columns[1].type = "bigint"
            $0.tables[0].columns[1].typeOID = 20
            $0.views = [
                view(20_010, "v", ["a"], type: "bigint"), view(20_011, "w", ["a"], type: "bigint"),
            ]
        }
        #expect(
            summaries(made) == [
                "drop view src.w", "drop view src.v", "empty table src.t",
                "change type of src.t.a to bigint", "create view src.v", "create view src.w",
            ])
    }

    @Test func `columns that are added to a view leave the views over it alone`() throws {
        let made = try plan { $0.views[0] = view(20_010, "v", ["a", "b"]) }
        #expect(summaries(made) == ["replace view src.v"])
        #expect(
            made.section.changes[0].sql
                == "CREATE OR REPLACE VIEW \"src\".\"v\" (\"a\", \"b\") AS  SELECT a, b")
    }

    @Test func `columns that go from a view make it and what is over it anew`() throws {
        let made = try plan { $0.views[0] = view(20_010, "v", ["b"]) }
        // The same oid and attnum under another name is a rename.
        #expect(summaries(made) == ["rename column src.v.a to b", "replace view src.v"])
        let fewer = try plan(
            {
                var two = base()
                two.views[0] = view(20_010, "v", ["a", "b"])
                return two
            }()
        ) { $0.views[0] = view(20_010, "v", ["a"]) }
        #expect(
            summaries(fewer) == [
                "drop view src.w", "drop view src.v", "create view src.v", "create view src.w",
            ])
    }

    @Test func `views swap names with tables`() throws {
        let made = try plan {
            $0.views[0].name = name("t")
            $0.tables[0].name = name("v")
        }
        #expect(
            made.section.changes.map(\.sql) == [
                "ALTER TABLE \"src\".\"t\" RENAME TO \"teleport_rename_20001\"",
                "ALTER VIEW \"src\".\"v\" RENAME TO \"teleport_rename_20010\"",
                "ALTER TABLE \"src\".\"teleport_rename_20001\" RENAME TO \"v\"",
                "ALTER VIEW \"src\".\"teleport_rename_20010\" RENAME TO \"t\"",
            ])
    }

    @Test func `a chain of renames begins at its free end, also between schemas`() {
        let step = { (oid: UInt32, from: TableName, to: TableName) in
            RelationRename(oid: oid, kind: "VIEW", old: from, new: to)
        }
        let other = TableName(schema: "other", name: "a")
        let steps = SchemaDiff.steps([
            step(1, name("a"), name("b")), step(2, name("b"), name("c")), step(3, other, name("a")),
        ])
        #expect(
            steps.map { "\($0.old) \($0.new)" } == [
                "src.a src.teleport_rename_1", "other.a other.teleport_rename_3",
                "other.teleport_rename_3 src.teleport_rename_3", "src.b src.c",
                "src.teleport_rename_1 src.b", "src.teleport_rename_3 src.a",
            ])
        #expect(
            Rename.steps([(1, "a", "b"), (2, "b", "c")]) == [
                Rename(from: "a", to: "teleport_rename_1"), Rename(from: "b", to: "c"),
                Rename(from: "teleport_rename_1", to: "b"),
            ])
    }

    @Test func `a name for a view and one for a table cannot be one on the target`() throws {
        var current = base()
        current.views[0].name = TableName(schema: "src2", name: "t")
        let second = current
        #expect(throws: SchemaError.self) {
            _ = try SchemaPlan.make(
                from: nil, to: second, mapping: SchemaMapping(applySchema: "x"),
                targetVersion: 150_000)
        }
    }

    @Test func `materialized views are filled behind the rows, unless nobody wants it`() throws {
        var current = base()
        current.views[1].isMaterialized = true
        let wanted = current
        let make = { (options: SchemaOptions) in
            try SchemaPlan.make(
                from: nil, to: wanted, mapping: SchemaMapping(applySchema: nil), options: options,
                targetVersion: 150_000)
        }
        let made = try make(.init())
        #expect(
            made.section.afterRows.map(\.sql) == ["REFRESH MATERIALIZED VIEW \"src\".\"w\""])
        #expect(
            made.section.changes.last?.sql
                == "CREATE MATERIALIZED VIEW \"src\".\"w\" (\"a\") AS  SELECT a WITH NO DATA")
        var options = SchemaOptions()
        options.refresh = .never
        #expect(try make(options).section.afterRows == [])
    }

    @Test func `options that a target lacks are named`() throws {
        let made = try plan(target: 140_000) {
            $0.views[0].options = ["security_barrier=true", "security_invoker=true"]
        }
        #expect(
            made.section.changes.map(\.sql) == [
                "ALTER VIEW \"src\".\"v\" SET (\"security_barrier\" = 'true')"
            ])
        #expect(made.notCarried.map(\.kind) == ["view option"])
    }

    // MARK: Parts

    private static func trigger(_ events: String = "BEFORE UPDATE") -> Snapshot.Trigger {
        .init(
            oid: 20_030, name: "g", table: 20_001, events: events, condition: "FOR EACH ROW",
            function: "f", arguments: ["a'\\"])
    }

    @Test(arguments: [(150_000, "FUNCTION"), (100_000, "PROCEDURE"), (90_200, "PROCEDURE")])
    func `triggers arrive disabled, in the target's words`(version: Int, word: String) throws {
        let made = try plan(target: version) { $0.triggers = [Self.trigger()] }
        #expect(
            made.section.changes.map(\.sql) == [
                "CREATE TRIGGER \"g\" BEFORE UPDATE ON \"src\".\"t\" FOR EACH ROW "
                    + "EXECUTE \(word) f( E'a''\\\\')",
                "ALTER TABLE \"src\".\"t\" DISABLE TRIGGER \"g\"",
            ])
        #expect(made.notCarried == [])
    }

    @Test func `a trigger that changes is made anew, one that is enabled is not touched`() throws {
        var before = base()
        before.triggers = [Self.trigger()]
        let changed = try plan(before) { $0.triggers = [Self.trigger("AFTER INSERT")] }
        #expect(
            summaries(changed) == [
                "drop trigger src.t.g", "create trigger src.t.g", "disable trigger src.t.g",
            ])
        #expect(try plan(before) { $0.triggers[0].enabled = "D" }.isEmpty)
        let renamed = try plan(before) {
            $0.triggers[0].name = "h"
            $0.tables[0].name = name("u")
        }
        #expect(
            renamed.section.changes.map(\.sql) == [
                "ALTER TABLE \"src\".\"t\" RENAME TO \"u\"",
                "ALTER TRIGGER \"g\" ON \"src\".\"u\" RENAME TO \"h\"",
            ])
        #expect(
            summaries(try plan(before) { $0.triggers = [] }) == ["drop trigger src.t.g"])
    }

    @Test func `transition tables are named where the target has none`() throws {
        let made = try plan(target: 90_600) {
            $0.triggers = [Self.trigger("AFTER UPDATE")]
            $0.triggers[0].hasTransitionTables = true
        }
        #expect(made.isEmpty && made.notCarried.map(\.name) == ["src.t.g"])
    }

    private static let policy = Snapshot.Policy(
        oid: 20_040, name: "p", table: 20_001, command: "ALL", roles: ["ann", "bob"], using: "true")

    @Test func `roles that a target lacks are named, and nothing is widened to everybody`() throws {
        var abilities = TargetAbilities()
        abilities.roles = ["bob"]
        let some = try plan(abilities: abilities) { $0.policies = [Self.policy] }
        #expect(
            some.section.changes.map(\.sql) == [
                "CREATE POLICY \"p\" ON \"src\".\"t\" FOR ALL TO \"bob\" USING (true)"
            ])
        #expect(some.notCarried.map(\.reason).contains { $0.hasSuffix(": ann") })
        abilities.roles = []
        let none = try plan(abilities: abilities) { $0.policies = [Self.policy] }
        #expect(none.isEmpty && none.notCarried.map(\.name) == ["src.t.p"])
        // When the roles are there, the policy follows.
        var current = base()
        current.policies = [Self.policy]
        let wanted = current
        let next = { (made: SchemaPlan, roles: Set<String>) in
            var abilities = TargetAbilities()
            abilities.roles = roles
            return try SchemaPlan.make(
                from: SchemaSnapshot(encoded: made.section.applied), to: wanted,
                mapping: SchemaMapping(applySchema: nil), targetVersion: 150_000,
                abilities: abilities)
        }
        #expect(summaries(try next(none, ["ann", "bob"])) == ["create policy src.t.p"])
        #expect(
            try next(some, ["ann", "bob"]).section.changes.map(\.sql) == [
                "ALTER POLICY \"p\" ON \"src\".\"t\" TO \"ann\", \"bob\" USING (true)"
            ])
        #expect(try next(some, ["bob"]).isEmpty)
    }

    @Test func `policies stay away from targets that would read them otherwise`() throws {
        let old = try plan(target: 90_400) { $0.policies = [Self.policy] }
        #expect(old.isEmpty && old.notCarried.count == 1)
        let restrictive = try plan(target: 90_600) {
            $0.policies = [Self.policy]
            $0.policies[0].isPermissive = false
        }
        #expect(restrictive.isEmpty && restrictive.notCarried.count == 1)
    }

    @Test func `row security is forced only where it leaves the applier alone`() throws {
        let force = { (snapshot: inout Snapshot) in
            snapshot.tables[0].rowSecurity = .init(isEnabled: true, isForced: true)
        }
        let held = try plan(base(), force)
        #expect(summaries(held) == ["enable row level security of src.t"])
        #expect(held.notCarried.map(\.kind) == ["forced row security"])
        var abilities = TargetAbilities()
        abilities.bypassesRowSecurity = true
        let forced = try plan(base(), abilities: abilities, force)
        #expect(
            summaries(forced) == [
                "enable row level security of src.t", "force row level security of src.t",
            ])
    }

    @Test func `what needs a constraint that waits for the rows waits as well`() throws {
        let rule = Snapshot.Rule(
            oid: 20_050, name: "r", table: 20_001, event: "INSERT", definition: " DO NOTHING")
        let made = try plan {
            $0.constraints.append(
                .init(oid: 20_051, name: "u", table: 20_001, kind: "u", definition: "UNIQUE (a)"))
            $0.rules = [rule]
            $0.dependencies.append(
                .init(
                    dependent: .init(catalog: .rule, oid: 20_050),
                    referenced: .init(catalog: .constraint, oid: 20_051)))
        }
        #expect(made.section.changes.isEmpty)
        #expect(
            made.section.afterRows.map(\.summary) == [
                "add constraint src.t.u", "create rule src.t.r", "disable rule src.t.r",
            ])
        #expect(made.waiting == [.init(catalog: .rule, oid: 20_050)])
    }

    @Test(
        arguments: [
            (2 | 4 | 16, ["a", "\"b c\""], "BEFORE INSERT OR UPDATE OF a, \"b c\""),
            (1 | 8, [], "AFTER DELETE"),
            (64 | 4 | 8 | 16, [], "INSTEAD OF INSERT OR DELETE OR UPDATE"),
            (32, [], "AFTER TRUNCATE"),
        ])
    func `the bits of a trigger are its events`(bits: Int, columns: [String], text: String) {
        #expect(CatalogReader.events(bits, columns: columns) == text)
    }
}
