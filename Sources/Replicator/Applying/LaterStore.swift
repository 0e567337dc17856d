import PGWire

/// The steps that follow batches on a target: the table `teleport.step`.
struct LaterStore: Sendable {
    let connection: PGConnection
    let incarnation: String
    let target: String

    private var key: [PGParameter] { [PGParameter(incarnation), PGParameter(target)] }

    /// What is to be done, in the caller's transaction: new steps are planned; one that was begun and
    /// is not wanted any more is to be taken back; one that the catalog has now is forgotten.
    func replace(
        by steps: [LaterStep], adopted: Set<String>, searchPath: String
    ) async throws(PGError) {
        let known = Dictionary(
            try await progress().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let wanted = Set(steps.map(\.id))
        for (id, step) in known.sorted(by: { $0.key < $1.key }) where !wanted.contains(id) {
            if adopted.contains(id) || step.state == .planned {
                try await run("DELETE FROM teleport.step WHERE \(Self.mine) AND id = $3", [id])
            } else {
                try await set(id, .unwanted)
            }
        }
        for step in steps {
            switch known[step.id]?.state {
            case nil:
                try await run(
                    """
                    INSERT INTO teleport.step (incarnation, target, id, summary, sql, search_path,
                      index_schema, index_name, state, attempts, updated)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'planned', 0,
                      pg_catalog.clock_timestamp())
                    """,
                    [
                        step.id, step.summary, step.sql, searchPath, step.index.schema,
                        step.index.name,
                    ])
            // Begun once: whether it is there is found out.
            case .unwanted: try await set(step.id, .started)
            case .planned, .started, .failed, .done: break
            }
        }
    }

    /// How far all steps are.
    func progress() async throws(PGError) -> [LaterStep.Progress] {
        var steps: [LaterStep.Progress] = []
        let rows = try await connection.query(
            sql: "SELECT id, summary, state, error FROM teleport.step "
                + "WHERE \(Self.mine) ORDER BY 1", key
        ).rows
        for row in rows {
            steps.append(
                .init(
                    id: try row.decode(String.self, 0), summary: try row.decode(String.self, 1),
                    state: .init(rawValue: try row.decode(String.self, 2)) ?? .failed,
                    error: try row.decode(String?.self, 3)))
        }
        return steps
    }

    /// Notes how far a step is; with an error, that an attempt failed.
    func set(
        _ id: String, _ state: LaterStep.Progress.State, error: String? = nil
    ) async throws(PGError) {
        try await connection.query(
            sql: """
                UPDATE teleport.step SET state = $4, error = $5,
                  attempts = attempts + CASE WHEN $5::pg_catalog.text IS NULL THEN 0 ELSE 1 END,
                  updated = pg_catalog.clock_timestamp()
                WHERE \(Self.mine) AND id = $3
                """, key + [PGParameter(id), PGParameter(state.rawValue), PGParameter(error)])
    }

    /// Forgets a step.
    func remove(_ id: String) async throws(PGError) {
        try await run("DELETE FROM teleport.step WHERE \(Self.mine) AND id = $3", [id])
    }

    private func run(_ sql: String, _ texts: [String]) async throws(PGError) {
        try await connection.query(sql: sql, key + texts.map { PGParameter($0) })
    }

    private static let mine = "incarnation = $1 AND target = $2"
}

extension LaterStore {
    /// A step whose turn it is, of any source.
    struct Due: Sendable {
        var store: LaterStore
        var id: String
        var summary: String
        var sql: String
        var searchPath: String
        var index: TableName
        var state: LaterStep.Progress.State
    }

    /// The next one: what is to be taken back first, then those that failed least often.
    static func next(on connection: PGConnection) async throws(PGError) -> Due? {
        let rows = try await connection.query(
            sql: """
                SELECT incarnation, target, id, summary, sql, search_path, index_schema, index_name,
                  state FROM teleport.step WHERE state <> 'done'
                ORDER BY state <> 'unwanted', attempts, updated, id LIMIT 1
                """
        ).rows
        guard let row = rows.first else { return nil }
        func text(_ column: Int) throws(PGError) -> String { try row.decode(String.self, column) }
        return Due(
            store: LaterStore(
                connection: connection, incarnation: try text(0), target: try text(1)),
            id: try text(2), summary: try text(3), sql: try text(4), searchPath: try text(5),
            index: TableName(schema: try text(6), name: try text(7)),
            state: .init(rawValue: try text(8)) ?? .failed)
    }
}
