import Testing

@testable import Replicator

/// Types, routines, comments, privileges and epochs, without a server.
@Suite struct SchemaObjectPlanTests {
    private func plan(
        _ before: (inout SchemaSnapshot) -> Void = { _ in },
        _ change: (inout SchemaSnapshot) -> Void,
        mapped: String? = nil, target: Int = 150_000, grants: Bool = false,
        abilities: TargetAbilities = .init()
    ) throws -> SchemaPlan {
        var applied = SchemaPlanTests.snapshot()
        before(&applied)
        var current = applied
        change(&current)
        var options = SchemaOptions()
        options.grants = grants
        return try SchemaPlan.make(
            from: applied, to: current, mapping: SchemaMapping(applySchema: mapped),
            options: options, targetVersion: target, abilities: abilities)
    }

    private static func name(_ name: String) -> TableName { TableName(schema: "src", name: name) }

    private static let range = PlainObject(
        kind: .range, oid: 21_000, name: name("r"), options: ["SUBTYPE = integer"],
        multirange: name("many"))

    private static let function = SchemaSnapshot.Routine(
        oid: 21_100, name: name("f"), kind: "FUNCTION", arguments: "a integer", result: "integer",
        definition: "(a integer)\n RETURNS integer\n LANGUAGE sql\nAS $$ SELECT 1 $$")

    @Test func `a multirange is named where the target has multiranges`() throws {
        let known = try plan { $0.objects = [Self.range] }
        #expect(
            known.section.changes.map(\.sql) == [
                "CREATE TYPE \"src\".\"r\" AS RANGE (SUBTYPE = integer, "
                    + "MULTIRANGE_TYPE_NAME = \"src\".\"many\")"
            ])
        let older = try plan({ _ in }, { $0.objects = [Self.range] }, target: 130_000)
        #expect(
            older.section.changes.map(\.sql) == [
                "CREATE TYPE \"src\".\"r\" AS RANGE (SUBTYPE = integer)"
            ])
    }

    @Test func `a range that goes leaves its functions alone, which belong to the superuser`()
        throws
    {
        let plan = try plan({ $0.objects = [Self.range] }) { $0.objects = [] }
        #expect(
            plan.section.changes.map(\.summary) == [
                "put type src.many aside", "drop type src.r",
            ])
    }

    @Test func `a range of the same name and another definition is put aside and made anew`() throws
    {
        let plan = try plan({ $0.objects = [Self.range] }) {
            $0.objects[0].oid = 21_001
            $0.objects[0].options = ["SUBTYPE = text"]
        }
        let summaries = plan.section.changes.map(\.summary)
        #expect(
            summaries == [
                "put the functions of type src.r aside", "put type src.r aside",
                "put type src.many aside", "create range type src.r", "drop type src.r",
            ])
    }

    @Test func `functions swap names through a temporary one`() throws {
        var other = Self.function
        other.oid = 21_101
        other.name = Self.name("g")
        let plan = try plan({ $0.functions = [Self.function, other] }) {
            $0.functions[0].name = Self.name("g")
            $0.functions[1].name = Self.name("f")
        }
        #expect(
            plan.section.changes.map(\.sql) == [
                "ALTER FUNCTION \"src\".\"f\"(a integer) RENAME TO \"teleport_rename_21100\"",
                "ALTER FUNCTION \"src\".\"g\"(a integer) RENAME TO \"teleport_rename_21101\"",
                "ALTER FUNCTION \"src\".\"teleport_rename_21100\"(a integer) RENAME TO \"g\"",
                "ALTER FUNCTION \"src\".\"teleport_rename_21101\"(a integer) RENAME TO \"f\"",
            ])
    }

    @Test func `only the body of a function is replaced in place`() throws {
        let body = try plan({ $0.functions = [Self.function] }) {
            $0.functions[0].oid = 21_102
            $0.functions[0].definition += " -- other"
        }
        #expect(body.section.changes.map(\.summary) == ["create function src.f"])
        let head = try plan({ $0.functions = [Self.function] }) {
            $0.functions[0].oid = 21_102
            $0.functions[0].definition =
                "(a integer DEFAULT 1)" + $0.functions[0].definition.dropFirst(11)
        }
        #expect(
            head.section.changes.map(\.summary) == [
                "put function src.f aside", "create function src.f", "drop function src.f",
            ])
    }

    @Test(arguments: [
        ("(a) AS $$ SELECT src.f() $$", true), ("(a) AS $$ SELECT \"src\".f() $$", true),
        ("(a)\n SET search_path TO 'src', 'pg_temp'\nAS $$ $$", true),
        ("(a) AS $$ SELECT mysrc.f(), src_2.x, src $$", false), ("(a) AS $$ SELECT 1 $$", false),
    ])
    func `a text that names a mapped schema is reported as long as it is there`(
        definition: String, isNamed: Bool
    ) throws {
        var function = Self.function
        function.definition = definition
        for before in [[], [function]] {
            let plan = try plan(
                { $0.functions = before }, { $0.functions = [function] }, mapped: "dst")
            #expect(plan.notCarried.map(\.kind) == (isNamed ? ["function body"] : []))
        }
    }

    @Test func `options of a dictionary are read as the catalog keeps them`() {
        #expect(
            PlainObject.dictionaryOptions(
                "stopwords = 'it''s, \"x\"', \"A, b\" = E'\\\\\\', y', accept = 5")
                == ["stopwords = 'it''s, \"x\"'", "\"A, b\" = E'\\\\\\', y'", "accept = 5"])
        #expect(PlainObject.key("a = 'b = c'", kind: .dictionary) == "a")
        #expect(PlainObject.key("word WITH d", kind: .configuration) == "word")
    }

    // MARK: Comments

    @Test func `a comment follows its object, and is set again where that is made anew`() throws {
        let index = SchemaSnapshot.Index(
            oid: 21_200, name: Self.name("i"), table: 20_001, isUnique: false,
            definition: "USING btree (a)")
        let before = { (snapshot: inout SchemaSnapshot) in
            snapshot.indexes = [index]
            snapshot.comments = [
                .init(object: .init(catalog: .relation, oid: 20_001), text: "table"),
                .init(object: .init(catalog: .relation, oid: 20_001, column: 2), text: "column"),
                .init(object: .init(catalog: .relation, oid: 21_200), text: "index"),
            ]
        }
        let renamed = try plan(before) { $0.tables[0].name = Self.name("u") }
        #expect(renamed.section.afterRows.isEmpty)
        let gone = try plan(before) {
            $0.tables[0].name = Self.name("u")
            $0.comments.remove(at: 1)
        }
        #expect(
            gone.section.afterRows.map(\.sql) == ["COMMENT ON COLUMN \"src\".\"u\".\"a\" IS NULL"])
        let anew = try plan(before) {
            $0.indexes[0].oid = 21_201
            $0.indexes[0].definition = "USING hash (a)"
            $0.comments[2].object.oid = 21_201
        }
        #expect(
            anew.section.afterRows.map(\.sql) == [
                "CREATE INDEX \"i\" ON \"src\".\"t\" USING hash (a)",
                "COMMENT ON INDEX \"src\".\"i\" IS 'index'",
            ])
    }

    // MARK: Privileges

    private static let granted = SchemaSnapshot.Privileges(
        object: .init(catalog: .relation, oid: 20_001),
        items: [.init(role: "r", privilege: "SELECT", isGrantable: false)])

    @Test func `privileges wait for the operator, and are counted until then`() throws {
        let silent = try plan { $0.privileges = [Self.granted] }
        #expect(silent.isEmpty && silent.notCarried.map(\.kind) == ["privileges on tables"])
        let carried = try plan({ _ in }, { $0.privileges = [Self.granted] }, grants: true)
        #expect(carried.notCarried == [] && carried.section.afterRows.count == 1)
        #expect(
            carried.section.afterRows[0].sql.contains(
                "GRANT SELECT ON TABLE \"src\".\"t\" TO \"r\""))
    }

    @Test func `a role that the target lacks is named, and its privileges are not remembered`()
        throws
    {
        let known = TargetAbilities(roles: ["x"], ownRoles: [])
        let plan = try plan(
            { _ in }, { $0.privileges = [Self.granted] }, grants: true, abilities: known)
        #expect(plan.isEmpty && plan.notCarried.map(\.name) == ["r"])
        let applied = try SchemaSnapshot(encoded: plan.section.applied)
        #expect(applied.privileges.flatMap(\.items) == [])
    }

    // MARK: Epochs

    private static func everything(_ snapshot: inout SchemaSnapshot) {
        snapshot.enums = [.init(oid: 22_000, name: name("e"), labels: [.init(oid: 1, text: "a")])]
        snapshot.composites = [.init(oid: 22_001, name: name("c"))]
        snapshot.domains = [.init(oid: 22_002, name: name("d"), base: "integer")]
        snapshot.functions = [function]
        snapshot.objects = [range]
        snapshot.sequences = [
            .init(
                oid: 22_003, name: name("s"), type: "bigint", start: 1, increment: 1, minimum: 1,
                maximum: 9, cache: 1, cycles: false)
        ]
        snapshot.indexes = [
            .init(
                oid: 22_004, name: name("i"), table: 20_001, isUnique: false,
                definition: "USING btree (a)")
        ]
        snapshot.statistics = [
            .init(
                oid: 22_005, name: name("x"), table: 20_001, definition: " ON id, a FROM t",
                target: -1, hasExpressions: false)
        ]
        snapshot.constraints.append(
            .init(oid: 22_006, name: "q", table: 20_001, kind: "c", definition: "CHECK (true)"))
    }

    @Test func `in another epoch other oids of the same names change nothing`() throws {
        let plan = try plan(Self.everything) { snapshot in
            snapshot.epoch.majorVersion = 1600
            for place in snapshot.enums.indices { snapshot.enums[place].labels[0].oid = 99 }
            snapshot.enums[0].oid = 32_000
            snapshot.composites[0].oid = 32_001
            snapshot.domains[0].oid = 32_002
            snapshot.functions[0].oid = 32_007
            snapshot.objects[0].oid = 32_008
            snapshot.sequences[0].oid = 32_003
            snapshot.indexes[0].oid = 32_004
            snapshot.statistics[0].oid = 32_005
            snapshot.constraints[1].oid = 32_006
        }
        #expect(plan.isEmpty && plan.notCarried == [] && plan.recopy == [])
    }

    @Test func `another epoch drops nothing of any kind, and names it for good`() throws {
        let first = try plan(Self.everything) { snapshot in
            snapshot.epoch.databaseOID = 77
            snapshot.enums = []
            snapshot.composites = []
            snapshot.domains = []
            snapshot.functions = []
            snapshot.objects = []
            snapshot.sequences = []
            snapshot.indexes = []
            snapshot.statistics = []
            snapshot.constraints.removeLast()
            snapshot.tables[0].columns.removeLast()
        }
        #expect(first.isEmpty)
        #expect(
            first.notCarried.map(\.kind) == [
                "column", "constraint", "domain", "function", "index", "object", "sequence",
                "statistics", "type", "type",
            ])
        let applied = try SchemaSnapshot(encoded: first.section.applied)
        var again = applied
        again.retained = []
        let second = try SchemaPlan.make(
            from: applied, to: again, mapping: SchemaMapping(applySchema: nil),
            targetVersion: 150_000)
        #expect(second.isEmpty && second.notCarried == first.notCarried)
    }
}
