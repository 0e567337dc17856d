import Logging
import PGWire

extension LoadRun {
    /// Goes on with the load that the target has, or begins one.
    func open(_ state: TargetState, mustRestart: Bool) async throws -> Load {
        if state.phase == .loading, !mustRestart, let load = try await resumable(state) {
            log.info(
                "Load goes on",
                metadata: ["done": "\(load.done.count)", "chunks": "\(load.plan.chunks.count)"])
            return load
        }
        return try await begin(state)
    }

    /// The load under way, where its events are all there still.
    private func resumable(_ state: TargetState) async throws -> Load? {
        guard let load = try load(in: state) else { return nil }
        let isHeld = try await TargetRegistry.update(
            target.name, position: load.position, incarnation: state.incarnation, on: control)
        let found = try await control.query(
            sql: "SELECT value FROM teleport.setting WHERE key = 'forgotten'")
        let forgotten = try found.rows.first?.decode(String.self, 0)
        let isComplete = load.position.xmin >= TransactionID(UInt64(forgotten ?? "") ?? 0)
        return isHeld && isComplete ? load : nil
    }

    private func load(in state: TargetState) throws -> Load? {
        guard let plan = state.loadPlan, let position = state.position, let applied = state.applied
        else { return nil }
        return Load(
            snapshot: try SchemaSnapshot(encoded: applied), plan: plan, position: position,
            done: Set(state.doneChunks ?? []), targetVersion: state.serverVersion,
            abilities: state.abilities ?? .init())
    }

    /// Takes the start position, then catalog and plan, and hands them to the target.
    private func begin(_ state: TargetState) async throws -> Load {
        let position = try await TargetRegistry.register(
            target.name, incarnation: state.incarnation, on: control)
        let (snapshot, plan) = try await patiently {
            try await readPlan(for: state.serverVersion)
        }
        var header = BatchHeader(
            kind: .loadBegin, source: source, target: target.name, to: position)
        header.loadPlan = plan
        var previous: SchemaSnapshot?
        if state.phase == .loading {
            header.from = state.position
            previous = try load(in: state).map { try loadingSchema(of: $0.snapshot, state) }
            let old = Set(previous?.tables.map(\.oid) ?? [])
            header.truncated = snapshot.replicatedTables.filter { old.contains($0.oid) }
                .map { target.mapping.target($0.name) }
        }
        header.schema = try section(from: previous, to: snapshot, state)
        let request = header
        let answer = try await patiently {
            try await link.send { sink in
                try await sink.write(.header(request))
                try await sink.write(.end(rowCount: 0))
            }
        }
        guard answer.phase == .loading, answer.loadPlan?.isWhole != true,
            let load = try load(in: answer)
        else { throw Self.otherBeginning }
        return load
    }

    /// Ends what a daemon began for a source without a row: its rows since then are events.
    func endWholeBeginning(at position: Snapshot) async throws {
        let header = BatchHeader(
            kind: .loadFinish, source: source, target: target.name, to: position)
        do {
            _ = try await link.send { sink in
                try await sink.write(.header(header))
                try await sink.write(.end(rowCount: 0))
            }
        } catch let error as LinkError where error.code == .wrongPosition {
            // The daemon did so itself, and went on.
            throw Self.otherBeginning
        }
    }

    /// Leads to another look at the target, as often as a load may begin again.
    private static let otherBeginning = LoadError(
        .rewritten, "a daemon began to feed the target at the same time")

    /// What the beginning of a load changes: everything but what its end makes.
    private func section(
        from previous: SchemaSnapshot?, to snapshot: SchemaSnapshot, _ state: TargetState
    ) throws -> SchemaSection {
        func plan(from old: SchemaSnapshot?) throws -> SchemaSection {
            try SchemaPlan.make(
                from: old, to: snapshot, mapping: target.mapping, options: target.options,
                targetVersion: state.serverVersion, abilities: state.abilities ?? .init(),
                deferIndexes: true
            ).section
        }
        var section = try plan(from: previous)
        let late = Set(try plan(from: nil).afterRows.map(\.sql))
        // The tables are empty then, so what else waits for rows need not. Settings stay with it.
        section.afterRows.removeAll { late.contains($0.sql) && !$0.sql.hasPrefix("SET ") }
        return section
    }

    /// The catalog as a target has it before the load's end: without what comes after the rows.
    private func loadingSchema(
        of snapshot: SchemaSnapshot, _ state: TargetState
    ) throws -> SchemaSnapshot {
        let keys = Dictionary(snapshot.tables.map { ($0.oid, $0.keyIndex) }) { first, _ in first }
        var schema = Self.loadedSchema(of: snapshot)
        // Those of materialized views are made with them.
        schema.indexes.removeAll { index in keys[index.table].map { $0 != index.name.name } ?? false
        }
        for place in schema.tables.indices {
            schema.tables[place].properties.replicaIdentity = "d"
            schema.tables[place].properties.replicaIndex = nil
            schema.tables[place].properties.clusterIndex = nil
        }
        schema.statistics = []
        schema.comments = []
        schema.privileges = []
        schema.defaultPrivileges = []
        schema.owners = []
        schema.constraints.removeAll { $0.kind == "u" && keys[$0.table] != $0.name }
        let waiting = try SchemaPlan.make(
            from: nil, to: snapshot, mapping: target.mapping, options: target.options,
            targetVersion: state.serverVersion, abilities: state.abilities ?? .init(),
            deferIndexes: true
        ).waiting
        schema.views.removeAll { waiting.contains(.init(catalog: .relation, oid: $0.oid)) }
        schema.functions.removeAll { waiting.contains(.init(catalog: .routine, oid: $0.oid)) }
        schema.rules.removeAll { waiting.contains(.init(catalog: .rule, oid: $0.oid)) }
        schema.triggers.removeAll { waiting.contains(.init(catalog: .trigger, oid: $0.oid)) }
        schema.policies.removeAll { waiting.contains(.init(catalog: .policy, oid: $0.oid)) }
        return schema
    }

    /// The catalog as a target has it after the load's end.
    ///
    /// Its rows were read at different times: what only the first batch makes true of them, that
    /// batch makes: foreign keys, and what is unique or excludes beyond the key.
    static func loadedSchema(of snapshot: SchemaSnapshot) -> SchemaSnapshot {
        let keys = Dictionary(snapshot.tables.map { ($0.oid, $0.keyIndex) }) { first, _ in first }
        var schema = snapshot
        schema.constraints.removeAll { constraint in
            constraint.kind == "f"
                || constraint.hasIndex && keys[constraint.table] != constraint.name
        }
        schema.indexes.removeAll { index in
            index.isUnique && keys[index.table].map { $0 != index.name.name } ?? false
        }
        let names = Set(schema.constraints.filter(\.hasIndex).map(\.name))
            .union(schema.indexes.map(\.name.name))
        for place in schema.tables.indices {
            var properties = schema.tables[place].properties
            if let index = properties.replicaIndex, !names.contains(index) {
                properties.replicaIdentity = "d"
                properties.replicaIndex = nil
            }
            if let index = properties.clusterIndex, !names.contains(index) {
                properties.clusterIndex = nil
            }
            schema.tables[place].properties = properties
        }
        return schema
    }

    // MARK: Plan

    private func readPlan(for version: Int) async throws -> (SchemaSnapshot, LoadPlan) {
        for _ in 1..<10 {
            do {
                return try await readPlanOnce(version)
            } catch let error as SchemaError where error.isTransient {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        return try await readPlanOnce(version)
    }

    private func readPlanOnce(_ version: Int) async throws -> (SchemaSnapshot, LoadPlan) {
        try await control.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        do {
            let snapshot = try await CatalogReader.read(control, expression: target.expression)
                .possible(on: version)
            let roots = try await roots(of: snapshot)
            var chunks: [LoadPlan.Chunk] = []
            for size in try await sizes(of: roots.keys.sorted()) {
                guard let root = roots[size.relation] else { continue }
                chunks += try await cut(size, root, snapshot)
            }
            try await control.execute("COMMIT")
            return (snapshot, LoadPlan(chunks: chunks))
        } catch {
            if control.isOpen, !Task.isCancelled { _ = try? await control.execute("ROLLBACK") }
            throw error
        }
    }

    /// What is read, with the table that its rows belong to: leaves for partitioned tables.
    func roots(of snapshot: SchemaSnapshot) async throws -> [UInt32: SchemaSnapshot.Table] {
        var roots: [UInt32: SchemaSnapshot.Table] = [:]
        var partitioned: [UInt32: SchemaSnapshot.Table] = [:]
        for table in snapshot.replicatedTables {
            if case .partitioned = table.kind {
                partitioned[table.oid] = table
            } else {
                roots[table.oid] = table
            }
        }
        guard !partitioned.isEmpty else { return roots }
        let list = partitioned.keys.sorted().map(String.init).joined(separator: ",")
        let found = try await control.query(
            sql: """
                WITH RECURSIVE tree(root, oid) AS (
                  SELECT c.oid, c.oid FROM pg_catalog.pg_class c WHERE c.oid IN (\(list))
                  UNION ALL
                  SELECT t.root, i.inhrelid FROM tree t
                  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid)
                SELECT t.root, t.oid FROM tree t
                JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relkind = 'r'
                """)
        for row in found.rows {
            let root = try row.decode(UInt32.self, 0)
            roots[try row.decode(UInt32.self, 1)] = partitioned[root]
        }
        return roots
    }

    private func sizes(of relations: [UInt32]) async throws -> [LoadPlanner.Size] {
        guard !relations.isEmpty else { return [] }
        let list = relations.map(String.init).joined(separator: ",")
        let found = try await control.query(
            sql: """
                SELECT c.oid, pg_catalog.pg_relation_size(c.oid)
                    / pg_catalog.current_setting('block_size')::pg_catalog.int8,
                  pg_catalog.pg_table_size(c.oid), c.reltuples
                FROM pg_catalog.pg_class c WHERE c.oid IN (\(list)) ORDER BY 3 DESC, 1
                """)
        return try found.rows.map { row in
            try LoadPlanner.Size(
                relation: row.decode(UInt32.self, 0), pages: row.decode(Int64.self, 1),
                bytes: row.decode(Int64.self, 2), rows: row.decode(Double.self, 3))
        }
    }

    private func cut(
        _ size: LoadPlanner.Size, _ root: SchemaSnapshot.Table, _ snapshot: SchemaSnapshot
    ) async throws -> [LoadPlan.Chunk] {
        guard let table = snapshot.table(oid: size.relation) else {
            throw LoadError(.restless, "a partition of \(root.name) appeared just now")
        }
        let key = root.primaryKey.compactMap { name in
            table.columns.first { $0.name == name }
        }
        let method = LoadPlanner.Method.choose(
            serverVersion: control.serverVersion, size: size, keyTypes: key.map(\.typeOID),
            chunkBytes: chunkBytes)
        switch method {
        case .whole: return [LoadPlanner.whole(size)]
        case .pages: return LoadPlanner.pageChunks(size, chunkBytes: chunkBytes)
        case .keys:
            let walk = KeyWalk(
                from: "ONLY " + table.name.quoted,
                key: key.map { KeyWalk.Column(name: $0.name, type: $0.type) })
            return try await keyChunks(size, walk)
        }
    }

    private func keyChunks(
        _ size: LoadPlanner.Size, _ walk: KeyWalk
    ) async throws -> [LoadPlan.Chunk] {
        let rows = LoadPlanner.rowsPerChunk(size, chunkBytes: chunkBytes)
        var ends: [[String]] = []
        // A bound against a table that grows faster than it is walked.
        while ends.count < LoadPlanner.maximumChunks {
            let found = try await control.query(sql: walk.end(after: ends.last, rows: rows))
            guard let row = found.rows.first else { break }
            ends.append(try walk.key.indices.map { try row.decode(String.self, $0) })
        }
        let share = size.bytes / Int64(ends.count + 1)
        return (0...ends.count).map { index in
            LoadPlan.Chunk(
                relation: size.relation,
                condition: walk.condition(
                    after: index > 0 ? ends[index - 1] : nil,
                    upTo: index < ends.count ? ends[index] : nil),
                estimatedBytes: share)
        }
    }
}
