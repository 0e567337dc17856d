import Testing

@testable import Replicator

@Suite struct SchemaPlanTests {
    static func snapshot() -> SchemaSnapshot {
        var snapshot = SchemaSnapshot(
            epoch: .init(systemIdentifier: "1", databaseOID: 5, majorVersion: 1500),
            serverVersion: 150_000)
        snapshot.schemas = [.init(oid: 20_000, name: "src")]
        var table = SchemaSnapshot.Table(
            oid: 20_001, name: TableName(schema: "src", name: "t"), kind: .ordinary)
        table.columns = [
            .init(attnum: 1, name: "id", type: "integer", typeOID: 23, notNull: true),
            .init(attnum: 2, name: "a", type: "text", typeOID: 25),
        ]
        table.primaryKey = ["id"]
        table.keyIndex = "t_pkey"
        table.storage = 20_001
        table.captureID = "c"
        snapshot.tables = [table]
        snapshot.constraints = [
            .init(
                oid: 20_002, name: "t_pkey", table: 20_001, kind: "p",
                definition: "PRIMARY KEY (id)")
        ]
        return snapshot
    }

    private func plan(
        _ change: (inout SchemaSnapshot) -> Void, mapped: String? = nil, target: Int = 150_000
    ) throws -> SchemaPlan {
        var current = Self.snapshot()
        change(&current)
        return try SchemaPlan.make(
            from: Self.snapshot(), to: current, mapping: SchemaMapping(applySchema: mapped),
            targetVersion: target)
    }

    @Test func `a target that has nothing gets everything under its own schema`() throws {
        let plan = try SchemaPlan.make(
            from: nil, to: Self.snapshot(), mapping: SchemaMapping(applySchema: "o\"ther"),
            targetVersion: 150_000)
        #expect(
            plan.section.changes.map(\.sql).suffix(2) == [
                "CREATE TABLE \"o\"\"ther\".\"t\" (\"id\" integer NOT NULL, \"a\" text)",
                "ALTER TABLE \"o\"\"ther\".\"t\" ADD CONSTRAINT \"t_pkey\" PRIMARY KEY (id)",
            ])
        #expect(plan.recopy == [20_001])
        #expect(plan.section.searchPath == ["o\"ther"])
    }

    @Test func `the same catalog asks for nothing, nor does VACUUM FULL`() throws {
        #expect(try plan { _ in }.isEmpty)
        let rewritten = try plan { $0.tables[0].storage = 20_099 }
        #expect(rewritten.isEmpty && rewritten.recopy.isEmpty)
    }

    @Test func `a schema that is gone is named until it is there again`()
        throws
    {
        var both = Self.snapshot()
        both.schemas.append(.init(oid: 20_005, name: "other"))
        func next(from applied: SchemaSnapshot, to current: SchemaSnapshot) throws -> SchemaPlan {
            try SchemaPlan.make(
                from: applied, to: current, mapping: SchemaMapping(applySchema: nil),
                targetVersion: 150_000)
        }
        let gone = try next(from: both, to: Self.snapshot())
        #expect(gone.section.changes.map(\.summary) == ["drop schema other where it is empty"])
        #expect(gone.notCarried.map(\.name) == ["other"])
        let later = try next(
            from: SchemaSnapshot(encoded: gone.section.applied), to: Self.snapshot())
        #expect(later.isEmpty && later.notCarried.map(\.name) == ["other"])
        let again = try next(from: SchemaSnapshot(encoded: later.section.applied), to: both)
        #expect(again.notCarried.isEmpty)
    }

    @Test func `another capture copies the table again`() throws {
        let plan = try plan { $0.tables[0].captureID = "d" }
        #expect(plan.isEmpty && plan.recopy == [20_001])
    }

    @Test func `a rename is a rename, and a table of the same name is another one`() throws {
        let renamed = try plan { $0.tables[0].name = TableName(schema: "src", name: "u") }
        #expect(renamed.section.changes.map(\.sql) == ["ALTER TABLE \"src\".\"t\" RENAME TO \"u\""])
        let another = try plan {
            $0.tables[0].oid = 20_050
            $0.constraints[0].table = 20_050
        }
        #expect(another.section.changes.first?.sql == "DROP TABLE \"src\".\"t\"")
        #expect(another.recopy == [20_050])
    }

    @Test func `a table that loses its key stays on the target and is remembered`() throws {
        let plan = try plan {
            $0.tables = []
            $0.constraints = []
            $0.notCarried = [.init(kind: "table", name: "src.t", reason: "no primary key")]
        }
        #expect(plan.isEmpty)
        let applied = try SchemaSnapshot(encoded: plan.section.applied)
        #expect(applied.tables.map(\.name.name) == ["t"] && applied.replicatedTables.isEmpty)
    }

    @Test func `another database drops nothing`() throws {
        let plan = try plan {
            $0.epoch.databaseOID = 6
            $0.tables = []
            $0.constraints = []
        }
        #expect(plan.isEmpty && plan.notCarried.count == 1)
    }

    @Test func `NOT NULL on a table with rows waits for the rows`() throws {
        let plan = try plan { $0.tables[0].columns[1].notNull = true }
        #expect(plan.section.changes.isEmpty)
        #expect(
            plan.section.afterRows.map(\.sql) == [
                "ALTER TABLE \"src\".\"t\" ALTER COLUMN \"a\" SET NOT NULL"
            ])
    }

    @Test func `two objects of one name on the target are an error`() throws {
        #expect(throws: SchemaError.self) {
            _ = try plan(
                { snapshot in
                    var other = snapshot.tables[0]
                    other.oid = 20_060
                    other.name = TableName(schema: "src2", name: "t")
                    snapshot.tables.append(other)
                }, mapped: "dst")
        }
    }

    @Test func `swaps of names go through a temporary one`() {
        #expect(
            Rename.steps([(1, "a", "b"), (2, "b", "a"), (3, "c", "c")]) == [
                Rename(from: "a", to: "teleport_rename_1"),
                Rename(from: "b", to: "teleport_rename_2"),
                Rename(from: "teleport_rename_1", to: "b"),
                Rename(from: "teleport_rename_2", to: "a"),
            ])
    }

    @Test func `a snapshot survives its text`() throws {
        let snapshot = Self.snapshot()
        let again = try SchemaSnapshot(encoded: snapshot.encoded())
        #expect(again == snapshot && again.digest == snapshot.digest)
        #expect(snapshot.digest.count == 32)
        #expect(throws: SchemaError.self) { _ = try SchemaSnapshot(encoded: "{") }
    }

    @Test func `a server newer than we know says which catalogs nobody looks at`() {
        #expect(CatalogSQL(serverVersion: 180_004).unknownCatalogs == nil)
        #expect(CatalogSQL(serverVersion: 190_000).gaps.contains("'pg_aggregate'"))
    }

    @Test(arguments: [90_216, 90_400, 90_624, 100_000, 110_000, 120_000, 150_018, 180_000])
    func `queries name only what a version has`(version: Int) {
        let sql = CatalogSQL(serverVersion: version, schemas: ["src"])
        let all = [
            sql.relations, sql.columns, sql.constraints, sql.routines, sql.sequences,
            sql.unmodelled, sql.database, sql.fingerprint, sql.gaps, sql.plainObjects,
            sql.aggregates, sql.privilegedRoutines, sql.statistics ?? "", sql.comments, sql.owners,
            sql.privileges, sql.defaultPrivileges, sql.dependencies, sql.views,
            sql.rules, sql.triggers, sql.policies ?? "", sql.rowSecurity ?? "",
        ].joined()
        #expect(all.contains("aggkind") == (version >= 90_400))
        #expect(all.contains("aggcombinefn") == (version >= 90_600))
        #expect(all.contains("proparallel") == (version >= 90_600))
        #expect(all.contains("aggfinalmodify") == (version >= 110_000))
        #expect(all.contains("prosupport") == (version >= 120_000))
        #expect(all.contains("collprovider") == (version >= 100_000))
        #expect(all.contains("collisdeterministic") == (version >= 120_000))
        #expect(all.contains("colllocale") == (version >= 170_000))
        #expect(all.contains("rngmultitypid") == (version >= 140_000))
        #expect(all.contains("pg_statistic_ext") == (version >= 100_000))
        #expect(all.contains("stxstattarget") == (version >= 130_000))
        #expect(all.contains("attidentity") == (version >= 100_000))
        #expect(all.contains("attgenerated") == (version >= 120_000))
        #expect(all.contains("attmissingval") == (version >= 110_000))
        #expect(all.contains("prokind") == (version >= 110_000))
        #expect(all.contains("proisagg") == (version < 110_000))
        #expect(all.contains("attcompression") == (version >= 140_000))
        #expect(all.contains("relreplident") == (version >= 90_400))
        #expect(all.contains("pg_init_privs") == (version >= 90_600))
        #expect(all.contains("pg_subscription") == (version >= 100_000))
        #expect(all.contains("pg_publication") == (version >= 100_000))
        #expect(all.contains("pg_event_trigger") == (version >= 90_300))
        #expect(all.contains("relpartbound") == (version >= 100_000))
        #expect(all.contains("pg_sequence ") == (version >= 100_000))
        #expect(all.contains("relispartition") == (version >= 100_000))
        #expect(all.contains("pg_policy") == (version >= 90_500))
        #expect((sql.policies != nil) == (version >= 90_500))
        #expect(all.contains("polpermissive") == (version >= 100_000))
        #expect(all.contains("relforcerowsecurity") == (version >= 90_500))
        #expect(all.contains("relispopulated") == (version >= 90_300))
        #expect(all.contains("tgparentid") == (version >= 130_000))
        #expect(all.contains("tgoldtable") == (version >= 100_000))
        #expect(all.contains("conenforced") == (version >= 180_000))
        #expect(!all.contains("LATERAL") && !all.contains("FILTER"))
    }
}
