import Replicator
import Testing

@Suite struct CaptureFunctionTests {
    /// Versions on both sides of each choice.
    static let versions = [
        90_216, 90_600, 100_000, 110_000, 120_000, 130_000, 140_000, 150_018, 160_000, 170_000,
        180_006,
    ]

    private func table(
        _ type: String = "int4", kind: CaptureTable.Kind = .ordinary, isEnum: Bool = false,
        columns: Int = 1
    ) -> CaptureTable {
        CaptureTable(
            oid: 16_400, name: TableName(schema: "s", name: "t"), kind: kind,
            key: (1...columns).map {
                .init(
                    number: Int16($0), name: "k\($0)", typeOID: 23, baseTypeName: type,
                    isEnum: isEnum)
            }, isOwned: true)
    }

    @Test(arguments: versions) func `a plain table has statement triggers from 10 on`(
        _ version: Int
    ) {
        let triggers = TriggerDefinition.all(of: table(), serverVersion: version)
        let names = Set(triggers.map(\.name))
        #expect(
            names == Set(CaptureID.required(isPartitioned: false, serverVersion: version)))
        let sql = triggers.map { $0.create(calling: "teleport.f") }.joined(separator: ";")
        #expect(sql.contains("REFERENCING") == (version >= 100_000))
        #expect(sql.contains("FOR EACH ROW") == (version < 100_000))
    }

    @Test(arguments: versions) func `only what a version knows is used`(_ version: Int) {
        let source = CaptureFunction(table(columns: 2), serverVersion: version).source
        #expect(source.contains("txid_current_if_assigned") == (version >= 100_000))
        #expect(source.contains("'teleport.origin', true") == (version >= 90_600))
        #expect(source.contains("LATERAL") == (version >= 100_000))
        #expect(source.contains("teleport_new") == (version >= 100_000))
    }

    @Test(arguments: versions) func `no operator and no function is left to the search_path`(
        _ version: Int
    ) {
        for kind in [CaptureTable.Kind.ordinary, .inherited, .partitioned(leaves: [])] {
            let function = CaptureFunction(
                table(kind: kind, isEnum: true, columns: 2), serverVersion: version)
            let stripped = function.source
                .replacing(#/OPERATOR\(pg_catalog\.[^)]+\)/#, with: "")
                .replacing("<<teleport>>", with: "").replacing(":=", with: "")
                .replacing(#/--.*/#, with: "").replacing(#//\*.*?\*//#, with: "")
            #expect(!stripped.contains(#/[=<>&|+~-]/#), "\(stripped)")
            let calls = stripped.matches(of: #/([A-Za-z_.]+)\(/#).map { String($0.1) }
            #expect(
                calls.allSatisfy { $0.hasPrefix("pg_catalog.") || $0.hasPrefix("teleport.") },
                "\(calls)")
        }
    }

    @Test(arguments: [
        "int2", "int4", "int8", "uuid", "text", "varchar", "bpchar", "numeric", "bool",
    ])
    func `a key that no setting changes costs no SET`(_ type: String) {
        #expect(CaptureFunction(table(type), serverVersion: 150_000).configuration.isEmpty)
    }

    @Test(arguments: [
        "timestamp", "timestamptz", "date", "interval", "float8", "bytea", "money", "inet",
    ])
    func `any other key carries the settings that decide its text`(_ type: String) {
        let function = CaptureFunction(table(type), serverVersion: 150_000)
        #expect(function.configuration.contains("DateStyle=ISO, MDY"))
        #expect(function.statements[0].contains(#"SET "DateStyle" = 'ISO', 'MDY'"#))
        #expect(function.configuration.count == KeyEncoding.settings.count)
    }

    @Test func `a partition tree has row triggers on its root and a truncate trigger each`() {
        let leaf = CaptureTable.Leaf(
            oid: 16_500, name: TableName(schema: "s", name: "leaf"), isOwned: false)
        let root = table(kind: .partitioned(leaves: [leaf]))
        let triggers = TriggerDefinition.all(of: root, serverVersion: 150_000)
        #expect(triggers.map(\.name) == ["teleport_row", "teleport_truncate", "teleport_truncate"])
        #expect(triggers.map(\.relation) == [16_400, 16_400, 16_500])
        #expect(CaptureFunction(root, serverVersion: 150_000).source.contains("TG_RELID"))
    }

    @Test func `the name of a function leads back to its table`() {
        #expect(CaptureID.tableOID(functionName: CaptureID.functionName(4_294_967_295)) == .max)
        for name in ["capture_", "capture_01", "capture_x", "capture_-1", "other_1"] {
            #expect(CaptureID.tableOID(functionName: name) == nil)
        }
    }
}
