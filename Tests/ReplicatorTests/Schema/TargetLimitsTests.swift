import Testing

@testable import Replicator

/// What a server of another version can have of a catalog, without a server.
@Suite struct TargetLimitsTests {
    private typealias ObjectID = SchemaSnapshot.ObjectID

    private static func name(_ name: String) -> TableName { TableName(schema: "src", name: name) }

    /// The catalog as it is possible, and what is said of it.
    private func possible(
        on version: Int, _ change: (inout SchemaSnapshot) -> Void
    ) -> (kept: SchemaSnapshot, said: [String]) {
        var snapshot = SchemaPlanTests.snapshot()
        change(&snapshot)
        let kept = snapshot.possible(on: version)
        #expect(kept.possible(on: version) == kept, "twice is as good as once")
        return (kept, kept.notCarried.map { "\($0.kind) \($0.name)" })
    }

    private static func column(_ name: String, _ type: String) -> SchemaSnapshot.Column {
        .init(attnum: 3, name: name, type: type, typeOID: 4451)
    }

    private static func constraint(_ kind: String, _ definition: String)
        -> SchemaSnapshot.Constraint
    {
        .init(oid: 20_010, name: "k", table: 20_001, kind: kind, definition: definition)
    }

    @Test func `a target of the same version keeps everything`() {
        let found = possible(on: 180_000) {
            $0.tables[0].columns.append(Self.column("m", "int4multirange"))
            $0.constraints.append(Self.constraint("u", "UNIQUE NULLS NOT DISTINCT (a)"))
            $0.tables[0].columns[1].properties.compression = "l"
        }
        #expect(found.said == [])
        #expect(found.kept.tables[0].columns.count == 3)
    }

    @Test(arguments: [
        ("UNIQUE NULLS NOT DISTINCT (a)", 150_000, "UNIQUE (a)"),
        ("PRIMARY KEY (a, b WITHOUT OVERLAPS)", 180_000, "PRIMARY KEY (a, b)"),
        ("UNIQUE (\" WITHOUT OVERLAPS\")", 180_000, nil),
        ("UNIQUE (\"it's\", b WITHOUT OVERLAPS)", 180_000, "UNIQUE (\"it's\", b)"),
    ])
    func `a key has the form that the target can have`(
        definition: String, since: Int, form: String?
    ) {
        let kind = definition.hasPrefix("UNIQUE") ? "u" : "p"
        let older = possible(on: since - 10_000) {
            $0.constraints = [Self.constraint(kind, definition)]
        }
        #expect(older.kept.constraints.map(\.definition) == [form ?? definition])
        #expect(older.said == (form == nil ? [] : ["constraint src.t.k"]))
        let newer = possible(on: since) { $0.constraints = [Self.constraint(kind, definition)] }
        #expect(newer.kept.constraints.map(\.definition) == [definition])
    }

    @Test func `a key is made anew when the target can have its own form`() throws {
        var source = SchemaPlanTests.snapshot()
        source.constraints.append(Self.constraint("u", "UNIQUE NULLS NOT DISTINCT (a)"))
        let index = SchemaSnapshot.Index(
            oid: 20_011, name: Self.name("i"), table: 20_001, isUnique: true,
            definition: "USING btree (a) NULLS NOT DISTINCT")
        source.indexes = [index]
        func plan(_ applied: SchemaSnapshot, _ version: Int) throws -> SchemaPlan {
            try SchemaPlan.make(
                from: applied, to: source, mapping: .init(applySchema: nil), targetVersion: version)
        }
        let old = try plan(SchemaPlanTests.snapshot(), 140_000)
        #expect(
            old.section.afterRows.map(\.sql) == [
                "ALTER TABLE \"src\".\"t\" ADD CONSTRAINT \"k\" UNIQUE (a)",
                "CREATE UNIQUE INDEX \"i\" ON \"src\".\"t\" USING btree (a)",
            ])
        let there = try SchemaSnapshot(encoded: old.section.applied)
        #expect(try plan(there, 140_000).isEmpty)
        #expect(
            try plan(there, 150_000).section.afterRows.map(\.summary) == [
                "add constraint src.t.k", "create index src.i",
            ])
    }

    @Test(arguments: [
        (130_000, Self.constraint("c", "CHECK ((a > 0)) NOT ENFORCED"), "constraint src.t.k"),
        (170_000, Self.constraint("c", "CHECK ((a > 0)) NOT ENFORCED"), "constraint src.t.k"),
    ])
    func `a check that is not enforced is named`(
        version: Int, constraint: SchemaSnapshot.Constraint, said: String
    ) {
        let found = possible(on: version) { $0.constraints.append(constraint) }
        #expect(found.said == [said])
        #expect(found.kept.constraints.map(\.name) == ["t_pkey"])
    }

    @Test func `a foreign key is refused where it is of a newer kind, or goes without its action`()
    {
        func found(_ version: Int, _ change: (inout SchemaSnapshot.ForeignKey) -> Void) -> (
            SchemaSnapshot.ForeignKey?, [String]
        ) {
            var key = SchemaSnapshot.ForeignKey(
                columns: ["a"], referenced: 20_001, referencedColumns: ["id"])
            key.onDelete = "n"
            change(&key)
            let found = possible(on: version) {
                $0.constraints.append(Self.constraint("f", ""))
                $0.constraints[1].foreignKey = key
            }
            return (found.kept.constraints.last?.foreignKey, found.said)
        }
        let refused = found(170_000) { $0.hasPeriod = true }
        #expect(refused.0 == nil && refused.1 == ["foreign key src.t.k"])
        let unforced = found(170_000) { $0.isEnforced = false }
        #expect(unforced.0 == nil && unforced.1 == ["foreign key src.t.k"])
        let newer = found(150_000) { $0.setColumns = ["a"] }
        #expect(newer.0?.setColumns == ["a"] && newer.1 == [])
        let older = found(140_000) { $0.setColumns = ["a"] }
        #expect(older.0?.setColumns == [] && older.0?.onDelete == "a")
        #expect(older.0?.isDeferred == true && older.1 == ["foreign key src.t.k"])
    }

    @Test func `a column of a newer type goes with what names it, and its rows come later`() throws
    {
        var source = SchemaPlanTests.snapshot()
        source.tables[0].columns.append(Self.column("m", "int4multirange[]"))
        source.constraints.append(Self.constraint("c", "CHECK ((m <> '{}'))"))
        source.indexes = [
            .init(
                oid: 20_011, name: Self.name("i"), table: 20_001, isUnique: false,
                definition: "USING btree (a) WHERE (\"m\" IS NULL)"),
            .init(
                oid: 20_012, name: Self.name("j"), table: 20_001, isUnique: false,
                definition: "USING btree (am)"),
        ]
        let found = source.possible(on: 130_000)
        #expect(found.tables[0].columns.map(\.name) == ["id", "a"])
        #expect(found.constraints.map(\.name) == ["t_pkey"])
        #expect(found.indexes.map(\.name.name) == ["j"])
        #expect(
            found.notCarried.map { "\($0.kind) \($0.name)" } == [
                "column src.t.m", "constraint src.t.k", "index src.i",
            ])
        let plan = try SchemaPlan.make(
            from: found, to: source, mapping: .init(applySchema: nil), targetVersion: 140_000)
        #expect(plan.recopy == [20_001])
    }

    @Test func `a table goes with a column of its key, and so do its partitions`() {
        let found = possible(on: 130_000) {
            $0.tables[0].kind = .partitioned(key: "LIST (a)")
            $0.tables[0].columns[0].type = "nummultirange"
            var partition = $0.tables[0]
            partition.oid = 20_020
            partition.name = Self.name("p")
            partition.kind = .partition(parent: 20_001, bound: "FOR VALUES IN ('a')")
            partition.primaryKey = []
            partition.columns.removeFirst()
            $0.tables.append(partition)
        }
        #expect(found.kept.tables == [])
        #expect(found.kept.constraints == [])
        #expect(found.said == ["constraint src.t.t_pkey", "table src.p", "table src.t"])
    }

    @Test func `what needs a routine that is too new is named with it`() {
        let body = SchemaSnapshot.Routine(
            oid: 21_100, name: Self.name("f"), kind: "FUNCTION", arguments: "a integer",
            result: "integer", definition: "(a integer)\n RETURNS integer\nRETURN a")
        let routine = ObjectID(catalog: .routine, oid: 21_100)
        let found = possible(on: 130_000) {
            $0.functions = [body]
            $0.domains = [
                .init(oid: 21_300, name: Self.name("d"), base: "integer", expression: "f(1)")
            ]
            $0.views = [
                .init(
                    oid: 21_200, name: Self.name("v"), isMaterialized: false,
                    definition: " SELECT f(1) AS f"),
                .init(
                    oid: 21_201, name: Self.name("w"), isMaterialized: false,
                    definition: " SELECT f FROM v"),
            ]
            $0.tables[0].columns[1].expression = "f(1)"
            $0.comments = [.init(object: routine, text: "gone with it")]
            let view = ObjectID(catalog: .relation, oid: 21_200)
            $0.dependencies = [
                .init(dependent: view, referenced: routine),
                .init(dependent: .init(catalog: .relation, oid: 21_201), referenced: view),
                .init(
                    dependent: .init(catalog: .relation, oid: 20_001, column: 2),
                    referenced: routine),
                .init(dependent: .init(catalog: .type, oid: 21_300), referenced: routine),
            ]
        }
        #expect(
            found.said == [
                "default src.d", "default src.t.a", "function src.f(a integer)", "view src.v",
                "view src.w",
            ])
        #expect(
            found.kept.notCarried.last?.reason
                == "it needs view src.v: it needs function src.f(a integer): "
                + "the target's PostgreSQL is older than 14")
        #expect(found.kept.functions.isEmpty && found.kept.views.isEmpty)
        #expect(found.kept.tables[0].columns.map(\.expression) == [nil, nil])
        #expect(found.kept.domains.map(\.expression) == [nil])
        #expect(found.kept.comments.isEmpty && found.kept.dependencies.isEmpty)
    }

    @Test func `NOT NULL that is not valid or not for children is left out`() {
        func found(_ constraint: SchemaSnapshot.NotNull) -> ([Bool], [String]) {
            let found = possible(on: 170_000) {
                $0.tables[0].columns[1].notNull = true
                $0.tables[0].columns[1].properties.notNull = constraint
                var child = $0.tables[0]
                child.oid = 20_030
                child.name = Self.name("child")
                child.properties.parents = [20_001]
                child.columns[1].notNull = false
                child.columns[1].properties.notNull = nil
                $0.tables.append(child)
            }
            return (found.kept.tables[0].columns.map(\.notNull), found.said)
        }
        let usual = found(.init(oid: 20_040, name: "t_a_not_null"))
        #expect(usual == ([true, true], []))
        let named = found(.init(oid: 20_040, name: "n"))
        #expect(named == ([true, true], ["constraint src.t.n"]))
        let open = found(.init(oid: 20_040, name: "n", isValidated: false))
        #expect(open == ([true, false], ["constraint src.t.n"]))
        let alone = found(.init(oid: 20_040, name: "n", noInherit: true))
        #expect(alone == ([true, false], ["constraint src.t.n"]))
    }

    @Test(arguments: [
        ("numeric(4,-3)", "numeric"), ("numeric(2,4)[]", "numeric[]"), ("numeric(4,2)", nil),
        ("numeric", nil), ("character varying(3)", nil),
    ])
    func `a scale beyond the precision is left out before 15`(type: String, plain: String?) {
        let older = possible(on: 140_000) { $0.tables[0].columns[1].type = type }
        #expect(older.kept.tables[0].columns[1].type == plain ?? type)
        #expect(older.said == (plain == nil ? [] : ["column type src.t.a"]))
    }

    @Test func `columns, tables, sequences and views lose what they cannot have`() {
        let found = possible(on: 130_000) {
            $0.tables[0].columns[1].properties.compression = "l"
            $0.tables[0].columns[1].generated = "v"
            $0.tables[0].options = [
                "fillfactor=90", "toast.vacuum_index_cleanup=auto",
                "vacuum_max_eager_freeze_failure_rate=0",
            ]
            $0.sequences = [
                .init(
                    oid: 22_000, name: Self.name("s"), type: "bigint", start: 1, increment: 1,
                    minimum: 1, maximum: 9, cache: 1, cycles: false, isUnlogged: true)
            ]
            $0.views = [
                .init(
                    oid: 21_200, name: Self.name("v"), isMaterialized: false,
                    definition: " SELECT 1",
                    options: ["security_invoker=true", "check_option=local"])
            ]
        }
        #expect(
            found.said == [
                "compression src.t.a", "generated column src.t.a", "sequence src.s",
                "table option src.t (toast.vacuum_index_cleanup)",
                "table option src.t (vacuum_max_eager_freeze_failure_rate)",
                "view option src.v (security_invoker)",
            ])
        #expect(found.kept.tables[0].columns[1].generated == "s")
        #expect(found.kept.tables[0].options == ["fillfactor=90"])
        #expect(found.kept.views[0].options == ["check_option=local"])
        #expect(found.kept.sequences.map(\.isUnlogged) == [false])
    }

    @Test func `an identity column is an ordinary one before 10`() {
        let found = possible(on: 90_600) { $0.tables[0].columns[0].identity = "a" }
        #expect(found.said == ["identity src.t.id"])
        #expect(found.kept.tables[0].columns.map(\.isIdentity) == [false, false])
    }

    @Test func `a partitioned table is logged, and excludes nothing, where it has to`() {
        let change = { (snapshot: inout SchemaSnapshot) in
            snapshot.tables[0].kind = .partitioned(key: "LIST (id)")
            snapshot.tables[0].properties.isUnlogged = true
            snapshot.tables[0].properties.accessMethod = "columnar"
            snapshot.constraints.append(
                Self.constraint("x", "EXCLUDE USING gist (id WITH =, a WITH &&)"))
        }
        let newer = possible(on: 180_000, change)
        #expect(newer.said == ["table src.t"])
        #expect(!newer.kept.tables[0].properties.isUnlogged)
        let older = possible(on: 160_000, change)
        #expect(older.said == ["access method src.t", "exclusion constraint src.t.k"])
    }

    @Test(arguments: [
        ("PROCEDURE", "a integer, OUT b integer", "", "AS $$ $$", 140_000),
        ("PROCEDURE", "a integer, INOUT b integer", "", "AS $$ $$", 110_000),
        ("FUNCTION", "a int4multirange", "integer", "AS $$ $$", 140_000),
        ("FUNCTION", "", "anymultirange", "AS $$ $$", 140_000),
        ("FUNCTION", "", "void", "BEGIN ATOMIC\n  MERGE INTO t\n  USING u ON true\nEND", 150_000),
        ("FUNCTION", "", "void", "AS $$ MERGE INTO t $$", 0),
    ])
    func `a routine needs the version that has what it says`(
        kind: String, arguments: String, result: String, body: String, since: Int
    ) {
        let routine = SchemaSnapshot.Routine(
            oid: 21_100, name: Self.name("f"), kind: kind, arguments: arguments, result: result,
            definition: "(\(arguments))\n LANGUAGE sql\n\(body)")
        for version in [110_000, 130_000, 140_000, 150_000] {
            let found = possible(on: version) { $0.functions = [routine] }
            #expect(found.kept.functions.isEmpty == (version < since), "\(version)")
            #expect(found.said.isEmpty == (version >= since), "\(version)")
        }
    }
}
