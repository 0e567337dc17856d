import Testing

@testable import Replicator

@Suite struct SchemaEffectTests {
    private func statements(
        _ change: (inout SchemaSnapshot) -> Void, target: Int = 150_000
    ) throws -> [SchemaStatement] {
        var current = SchemaPlanTests.snapshot()
        change(&current)
        let section = try SchemaPlan.make(
            from: SchemaPlanTests.snapshot(), to: current,
            mapping: SchemaMapping(applySchema: nil), targetVersion: target
        ).section
        return section.preparation + section.changes + section.afterRows
    }

    @Test func `what is made loses nothing and locks nobody out`() throws {
        let plan = try SchemaPlan.make(
            from: nil, to: SchemaPlanTests.snapshot(), mapping: SchemaMapping(applySchema: nil),
            targetVersion: 150_000)
        #expect(!plan.section.changes.isEmpty)
        for statement in plan.section.changes {
            #expect(statement.effect == .create, "\(statement.summary)")
        }
    }

    @Test func `a dropped table and a dropped column lose data`() throws {
        let table = try statements {
            $0.tables = []
            $0.constraints = []
        }
        #expect(table.map(\.effect) == [.dropTable])
        let column = try statements { $0.tables[0].columns.removeLast() }
        #expect(column.map(\.effect) == [.dropColumn])
        #expect(SchemaEffect.dropColumn.losesData && !SchemaEffect.dropIndex.losesData)
    }

    @Test func `another type rewrites, and a wider one does not`() throws {
        let other = try statements { $0.tables[0].columns[1].type = "bytea" }
        #expect(other.contains { $0.effect == .retype && $0.effect.rewrites })
        var before = SchemaPlanTests.snapshot()
        before.tables[0].columns[1].type = "character varying(10)"
        let wider = try SchemaPlan.make(
            from: before, to: SchemaPlanTests.snapshot(),
            mapping: SchemaMapping(applySchema: nil), targetVersion: 150_000)
        #expect(wider.section.changes.map(\.effect) == [.alterTable])
    }

    @Test(arguments: [(90_600, true), (110_000, false)])
    func `a column with a default rewrites before 11`(target: Int, rewrites: Bool) throws {
        let added = try statements(
            { snapshot in
                var column = SchemaSnapshot.Column(
                    attnum: 3, name: "n", type: "integer", typeOID: 23)
                column.missingValue = "1"
                snapshot.tables[0].columns.append(column)
            }, target: target)
        #expect(added.first?.effect.rewrites == rewrites)
    }

    @Test func `effects stay at home: the wire carries the statement only`() throws {
        let statement = SchemaStatement(summary: "s", sql: "q", effect: .dropTable)
        var header = BatchHeader(
            kind: .batch, source: SourceIdentity(incarnation: "i", name: "n"), target: "t",
            to: try #require(Snapshot("1:2:")))
        header.schema = SchemaSection(applied: "")
        header.schema?.changes = [statement]
        let bytes = try FrameEncoder().encode(.header(header))
        #expect(!String(decoding: bytes, as: UTF8.self).contains("ACCESS"))
    }
}
