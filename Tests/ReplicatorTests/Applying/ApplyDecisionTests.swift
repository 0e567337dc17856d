import Replicator
import Testing

@Suite struct ApplyDecisionTests {
    static func header(_ kind: BatchHeader.Kind, from: String?, to: String) throws -> BatchHeader {
        var header = BatchHeader(
            kind: kind, source: SourceIdentity(incarnation: "i", name: "n"), target: "t",
            to: try #require(Snapshot(to)))
        header.from = from.flatMap { Snapshot($0) }
        return header
    }

    static func stored(_ phase: TargetState.Phase, _ position: String?) -> StoredState {
        var stored = StoredState()
        stored.phase = phase
        stored.position = position.flatMap { Snapshot($0) }
        return stored
    }

    enum Outcome { case apply, answer, refuse }

    static func outcome(_ decision: ApplyDecision) -> Outcome {
        switch decision {
        case .apply: .apply
        case .answer: .answer
        case .refuse: .refuse
        }
    }

    @Test(
        arguments: [
            (.batch, "5:5:", "6:6:", .replicating, "5:5:", .apply),
            (.batch, "5:5:", "6:6:", .replicating, "6:6:", .answer),
            (.batch, "5:5:", "5:5:", .replicating, "5:5:", .apply),
            (.batch, "5:5:", "6:6:", .replicating, "7:7:", .refuse),
            (.batch, "5:5:", "6:6:", .loading, "5:5:", .refuse),
            (.batch, "5:5:", "6:6:", .empty, nil, .refuse),
            (.loadBegin, nil, "6:6:", .empty, nil, .apply),
            (.loadBegin, nil, "6:6:", .loading, "5:5:", .answer),
            (.loadBegin, nil, "6:6:", .replicating, "5:5:", .answer),
            (.loadBegin, "5:5:", "6:6:", .loading, "5:5:", .apply),
            (.loadBegin, "5:5:", "6:6:", .loading, "6:6:", .refuse),
            (.loadBegin, "5:5:", "6:6:", .empty, nil, .refuse),
            (.loadChunk, nil, "5:5:", .loading, "5:5:", .apply),
            (.loadChunk, nil, "5:5:", .loading, "6:6:", .refuse),
            (.loadChunk, nil, "5:5:", .replicating, "5:5:", .refuse),
            (.loadFinish, nil, "5:5:", .loading, "5:5:", .apply),
            (.loadFinish, nil, "5:5:", .replicating, "5:5:", .answer),
            (.loadFinish, nil, "5:5:", .replicating, "6:6:", .refuse),
            (.loadFinish, nil, "5:5:", .empty, nil, .refuse),
        ] as [(BatchHeader.Kind, String?, String, TargetState.Phase, String?, Outcome)])
    func `a request is judged by the position`(
        kind: BatchHeader.Kind, from: String?, to: String, phase: TargetState.Phase,
        position: String?, expected: Outcome
    ) throws {
        let decision = ApplyDecision.decide(
            try Self.header(kind, from: from, to: to), Self.stored(phase, position))
        #expect(Self.outcome(decision) == expected)
    }

    @Test func `a load is finished only when all of its chunks are done`() throws {
        let header = try Self.header(.loadFinish, from: nil, to: "5:5:")
        var stored = Self.stored(.loading, "5:5:")
        stored.plannedChunks = 2
        stored.doneChunks = 1
        #expect(Self.outcome(.decide(header, stored)) == .refuse)
        stored.doneChunks = 2
        #expect(Self.outcome(.decide(header, stored)) == .apply)
    }

    @Test func `a chunk that is done is answered`() throws {
        var stored = Self.stored(.loading, "5:5:")
        stored.isChunkDone = true
        let header = try Self.header(.loadChunk, from: nil, to: "5:5:")
        #expect(Self.outcome(.decide(header, stored)) == .answer)
    }

    @Test func `another version of the wire format is refused`() throws {
        var header = try Self.header(.batch, from: "5:5:", to: "6:6:")
        try ApplyDecision.check(header)
        header.version += 1
        let error = #expect(throws: LinkError.self) { try ApplyDecision.check(header) }
        #expect(error?.code == .badRequest)
    }

    @Test(
        arguments: [
            (90_200, false, true, .updateAndInsert), (90_499, false, true, .updateAndInsert),
            (90_500, false, true, .upsert), (100_000, true, true, .updateAndInsert),
            (110_000, true, true, .upsert), (150_000, false, false, .updateAndInsert),
        ] as [(Int, Bool, Bool, RowStatements.Merge)])
    func `rows are merged by what the target's version can`(
        version: Int, isPartitioned: Bool, hasImmediateKey: Bool, expected: RowStatements.Merge
    ) {
        let table = TargetTable(
            oid: 1, name: TableName(schema: "s", name: "t"), isPartitioned: isPartitioned,
            columns: [
                .init(name: "id", baseType: "integer", isDomain: false, isAlwaysIdentity: false)
            ],
            key: [.init(name: "id", equality: "OPERATOR(\"pg_catalog\".=)")],
            hasImmediateKey: hasImmediateKey)
        let statements = RowStatements(table: table, staging: "stage", serverVersion: version)
        #expect(statements.merge == expected)
        let sql = statements.mergePresent(changedOnly: true).joined(separator: "; ")
        #expect(sql.contains("ON CONFLICT") == (expected == .upsert))
        #expect(sql.contains("OVERRIDING SYSTEM VALUE") == (version >= 100_000))
        #expect(sql.contains("record_image_eq") == (version >= 90_400))
    }
}
