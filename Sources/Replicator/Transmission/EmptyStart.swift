internal import PGWire

/// Begins the feeding of a target that has nothing, where the source has no row to load either.
struct EmptyStart {
    let source: SourceIdentity
    let target: InstanceConfiguration.Target
    let link: any TargetLink
    let connection: PGConnection

    /// Begins, unless a table in scope has a row or is not captured yet.
    ///
    /// The start position is registered before the tables are looked at, so that whatever is written
    /// meanwhile is in the events after it.
    ///
    /// - Returns: whether the target replicates now.
    func run() async throws -> Bool {
        let state = try await link.state(of: source, target: target.name)
        switch state.phase {
        case .replicating: return true
        case .loading:
            // Begun by us and cut before its end; what `initial-load` began is its own.
            guard state.loadPlan?.isWhole == true, let position = state.position else {
                return false
            }
            return try await finish(at: position)
        case .empty: break
        }
        guard try await nothingToLoad(on: state.serverVersion) != nil else { return false }
        let start = try await TargetRegistry.register(
            target.name, incarnation: state.incarnation, on: connection)
        // Again behind the start position: what comes now is in the events after it.
        guard let current = try await nothingToLoad(on: state.serverVersion) else { return false }
        let schema = try SchemaPlan.make(
            from: nil, to: current, mapping: target.mapping, options: target.options,
            targetVersion: state.serverVersion, abilities: state.abilities ?? .init())
        var header = BatchHeader(
            kind: .loadBegin, source: source, target: target.name, to: start)
        header.schema = schema.section
        var plan = LoadPlan(chunks: [])
        plan.isWhole = true
        header.loadPlan = plan
        // An `initial-load` that was faster is answered with.
        guard try await send(header).loadPlan?.isWhole == true else { return false }
        return try await finish(at: start)
    }

    private func finish(at position: Snapshot) async throws -> Bool {
        let header = BatchHeader(
            kind: .loadFinish, source: source, target: target.name, to: position)
        return try await send(header).phase == .replicating
    }

    @discardableResult
    private func send(_ header: BatchHeader) async throws -> TargetState {
        try await link.send { sink in
            try await sink.write(.header(header))
            try await sink.write(.end(rowCount: 0))
        }
    }

    /// The catalog, where every table with a key is captured and none has a row; else nil.
    private func nothingToLoad(on version: Int) async throws -> SchemaSnapshot? {
        try await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let current = try await CatalogReader.read(connection, expression: target.expression)
            .possible(on: version)
        try await connection.execute("COMMIT")
        let replicated = current.replicatedTables
        let expected = current.tables.filter { table in
            if case .partition = table.kind { return false }
            return !table.primaryKey.isEmpty
        }
        guard expected.count == replicated.count, try await !hasRows(replicated) else { return nil }
        return current
    }

    private func hasRows(_ tables: [SchemaSnapshot.Table]) async throws -> Bool {
        // In portions: a database may have thousands of tables.
        for begin in stride(from: 0, to: tables.count, by: 100) {
            let part = tables[begin..<min(begin + 100, tables.count)]
            let checks = part.map { "EXISTS (SELECT 1 FROM \($0.name.quoted))" }
            let sql = "SELECT " + checks.joined(separator: " OR ")
            if try await connection.query(sql: sql).rows.first?.decode(Bool.self, 0) == true {
                return true
            }
        }
        return false
    }
}
