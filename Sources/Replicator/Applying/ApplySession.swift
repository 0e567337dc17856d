import PGWire

/// One connection of the applier and what was made on it; applies one request at a time.
///
/// Whatever fails, nothing of the request stays, but for preparation statements, which are
/// idempotent and harmless alone.
actor ApplySession {
    /// The longest wait for a lock; then the request comes again.
    static let lockTimeout = "3s"
    /// The longest time of one schema change.
    static let changeTimeout = "6h"

    nonisolated let connection: PGConnection
    /// The staging tables of this connection.
    var stagings = StagingCache()
    /// The tables that rows were for, as the catalog has them.
    var tables = TableCache()
    /// The table whose rows are being applied, for messages.
    var currentTable: TableName?
    /// The schema change that is being made, for messages.
    private var currentChange: String?

    /// Where what it waits for can be looked at from; nil where nobody looks.
    private let configuration: PGConfiguration?
    /// What was waited for last, for messages.
    private var wait: String?

    init(connection: PGConnection, configuration: PGConfiguration? = nil) {
        self.connection = connection
        self.configuration = configuration
    }

    /// Whether the connection can take another request.
    nonisolated var isUsable: Bool { connection.isOpen }

    /// What the target has of a source.
    func state(of source: SourceIdentity, target: String) async throws -> TargetState {
        try await failingAsLinkError {
            try await self.store(source.incarnation, target).full()
        }
    }

    /// Applies a request in one transaction; the answer comes after the commit.
    func apply(_ header: BatchHeader, _ frames: any FrameSource) async throws -> TargetState {
        try await failingAsLinkError {
            try await self.applyRequest(header, frames)
        }
    }

    private func store(_ incarnation: String, _ target: String) -> TargetStore {
        TargetStore(connection: connection, incarnation: incarnation, target: target)
    }

    private func applyRequest(
        _ header: BatchHeader, _ frames: any FrameSource
    ) async throws -> TargetState {
        try ApplyDecision.check(header)
        let store = store(header.source.incarnation, header.target)
        guard var opening = try await begin(header, store) else { return try await store.full() }
        if let section = header.schema, !section.preparation.isEmpty {
            try await connection.execute("ROLLBACK")
            try await prepare(section, store)
            guard let again = try await begin(header, store) else { return try await store.full() }
            opening = again
        }
        let stored = opening.stored
        tables.use(catalog: header.schema == nil ? stored.appliedDigest : nil)
        try await watchingLocks { try await self.makeChanges(header) }
        let values = try await receive(header, frames)
        if let section = header.schema, !section.afterRows.isEmpty {
            // A table whose deferred checks are due cannot be altered; the rows are all there.
            let role =
                header.replicaRole == true ? "SET LOCAL session_replication_role = origin; " : ""
            try await connection.execute(role + "SET CONSTRAINTS ALL IMMEDIATE")
            try await watchingLocks { try await self.run(section.afterRows, section.searchPath) }
        }
        // Sequences of identity columns may have been made just now.
        try await setSequences(values)
        if header.kind == .batch, header.schema == nil {
            try await store.moveAndCommit(to: header.to, sourceName: header.source.name)
        } else {
            try await record(header, store, isNew: stored.phase == .empty)
            try await connection.execute("COMMIT")
        }
        stagings.commit()
        return try await answer(header, opening, store)
    }

    /// Opens the transaction and judges the request; nil, rolled back, where it is to be answered.
    private func begin(
        _ header: BatchHeader, _ store: TargetStore
    ) async throws -> TargetStore.Opening? {
        var sql = ["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"]
        if connection.serverVersion >= 90_300 {
            sql.append("SET LOCAL lock_timeout = '\(Self.lockTimeout)'")
        }
        sql.append("SET LOCAL teleport.origin = \(SQLText.literal(header.source.incarnation))")
        let opening = try await store.open(header, begin: sql)
        guard opening.ownIncarnation != header.source.incarnation else {
            throw LinkError(
                .badRequest, "source and target are the same database: check the target's host")
        }
        guard opening.isLocked else {
            throw LinkError(.busy, "another request of this source and target is being applied")
        }
        switch ApplyDecision.decide(header, opening.stored) {
        case .apply: return opening
        case .answer:
            try await connection.execute("ROLLBACK")
            return nil
        case .refuse(let error): throw error
        }
    }

    // MARK: Schema

    /// Commits each preparation statement on its own, under the target's lock; each tells by a query
    /// whether it was made before, so that one in doubt is simply met again.
    private func prepare(_ section: SchemaSection, _ store: TargetStore) async throws {
        let lock = "pg_catalog.pg_try_advisory_lock(\(store.lockKey()))"
        let locked = try await connection.query(sql: "SELECT \(lock)")
        guard try locked.rows.first?.decode(Bool.self, 0) == true else {
            throw LinkError(.busy, "another request of this source and target is being applied")
        }
        let bound =
            connection.serverVersion >= 90_300
            ? "; SET lock_timeout TO '\(Self.lockTimeout)'" : ""
        try await connection.execute(
            "SET search_path TO \(path(section.searchPath)); "
                + "SET statement_timeout TO '\(Self.changeTimeout)'" + bound)
        try await watchingLocks { try await self.run(section.preparation) }
        try await connection.execute(settled)
    }

    /// Undoes what `prepare` set for the session.
    private var settled: String {
        "SET search_path TO ''; SET statement_timeout TO 0"
            + (connection.serverVersion >= 90_300 ? "; SET lock_timeout TO 0" : "")
            + "; SELECT pg_catalog.pg_advisory_unlock_all()"
    }

    /// Runs schema changes, and keeps what they waited for.
    private func watchingLocks(_ body: () async throws -> Void) async throws {
        let watch = await LockWatch(configuration, of: connection.serverProcessID)
        async let _: Void = watch.run()
        wait = nil
        do {
            try await body()
        } catch {
            wait = watch.text
            throw error
        }
    }

    /// Makes the schema changes and empties tables, in that order.
    private func makeChanges(_ header: BatchHeader) async throws {
        if let section = header.schema { try await run(section.changes, section.searchPath) }
        try await truncate(header.truncated ?? [])
        if header.replicaRole == true {
            try await connection.execute("SET LOCAL session_replication_role = replica")
        }
    }

    private func run(_ statements: [SchemaStatement], _ searchPath: [String]) async throws {
        guard !statements.isEmpty else { return }
        try await connection.execute(
            "SET LOCAL search_path TO \(path(searchPath)); SET LOCAL check_function_bodies = off; "
                + "SET LOCAL statement_timeout = '\(Self.changeTimeout)'")
        try await run(statements)
        try await connection.execute(
            "SET LOCAL search_path TO ''; SET LOCAL statement_timeout = 0")
    }

    private func run(_ statements: [SchemaStatement]) async throws {
        for statement in statements {
            currentChange = statement.summary
            if let unless = statement.unless {
                let answer = try await connection.execute(unless).last?.rows.first
                if try answer?.decode(Bool?.self, 0) == true { continue }
            }
            try await connection.execute(statement.sql)
        }
        currentChange = nil
    }

    private func path(_ schemas: [String]) -> String {
        schemas.isEmpty ? "''" : schemas.map(SQLText.identifier).joined(separator: ", ")
    }

    // MARK: Frames

    /// Applies the frames after the header, up to the end frame; returns the values of sequences.
    private func receive(
        _ header: BatchHeader, _ frames: any FrameSource
    ) async throws -> [SequenceValue] {
        var rowCount = 0
        var values: [SequenceValue] = []
        while let frame = try await frames.next() {
            switch frame {
            case .tableStart(let start):
                try Self.check(start, header)
                currentTable = start.table
                rowCount += try await applyRows(start, frames)
                currentTable = nil
            case .sequences(let all):
                // Once, so that what a peer sends stays within the limit of one frame.
                guard values.isEmpty else {
                    throw WireError.unexpected("sequences", after: "sequences")
                }
                values = all
            case .end(let expected):
                guard rowCount == expected else {
                    throw WireError.mismatch(
                        "\(rowCount) rows arrived, the source sent \(expected)")
                }
                return values
            case .header, .rows, .tableEnd:
                throw WireError.unexpected("inside a request", after: "the header")
            }
        }
        throw WireError.truncated
    }

    /// Refuses rows that do not fit the kind of request or their own description.
    private static func check(_ start: TableStart, _ header: BatchHeader) throws(LinkError) {
        let fits =
            switch (header.kind, start.mode) {
            case (.batch, .changes), (.batch, .replace): true
            case (.loadChunk, .append), (.loadChunk, .merge): true
            case (.batch, _), (.loadBegin, _), (.loadChunk, _), (.loadFinish, _): false
            }
        let isListed = !start.truncate || header.truncated?.contains(start.table) == true
        let hasKey = !start.keyColumns.isEmpty && Set(start.keyColumns).isSubset(of: start.columns)
        guard fits, isListed, hasKey, Set(start.columns).count == start.columns.count else {
            throw LinkError(
                .badRequest, "the rows of \(start.table) are not described as they must be",
                table: start.table.description)
        }
    }

    private func setSequences(_ values: [SequenceValue]) async throws {
        // In portions: a statement has a limit, and a database may have many sequences.
        for begin in stride(from: 0, to: values.count, by: 500) {
            let part = values[begin..<min(begin + 500, values.count)]
            let calls = part.map { value in
                "SELECT pg_catalog.setval(\(SQLText.literal(value.sequence.quoted))"
                    + "::pg_catalog.regclass, \(value.lastValue), \(value.isCalled))"
            }
            try await connection.execute(calls.joined(separator: "; "))
        }
    }

    // MARK: Position

    /// Writes what the target has now, in the same transaction.
    private func record(
        _ header: BatchHeader, _ store: TargetStore, isNew: Bool
    ) async throws {
        if header.kind == .loadBegin || header.schema?.later != nil {
            // A load makes all indexes at its end.
            let steps = header.kind == .batch ? header.schema?.later ?? [] : []
            try await store.later.replace(
                by: steps, adopted: Set(header.schema?.adopted ?? []),
                searchPath: path(header.schema?.searchPath ?? []))
        }
        switch header.kind {
        case .batch:
            try await move(header, store, .replicating, isNew: isNew)
        case .loadBegin:
            try await move(header, store, .loading, isNew: isNew)
            try await store.setPlan(header.loadPlan)
        case .loadChunk:
            if let chunk = header.chunk { try await store.markDone(chunk: chunk) }
        case .loadFinish:
            try await move(header, store, .replicating, isNew: isNew)
            try await store.setPlan(nil)
        }
    }

    private func move(
        _ header: BatchHeader, _ store: TargetStore, _ phase: TargetState.Phase, isNew: Bool
    ) async throws {
        try await store.move(
            to: header.to, phase: phase, sourceName: header.source.name,
            applied: header.schema?.applied, isNew: isNew)
    }

    private func answer(
        _ header: BatchHeader, _ opening: TargetStore.Opening, _ store: TargetStore
    ) async throws -> TargetState {
        if header.kind == .loadBegin { return try await store.full() }
        var state = TargetState(
            phase: header.kind == .loadChunk ? .loading : .replicating,
            serverVersion: connection.serverVersion, incarnation: opening.ownIncarnation)
        state.position = header.to
        state.appliedDigest =
            header.schema.map { SchemaSnapshot.digest(of: $0.applied) }
            ?? opening.stored.appliedDigest
        if header.schema?.later != nil { state.later = try await store.later.progress() }
        // A schema, a role or an extension may be there by now, or gone.
        if header.schema != nil { state.abilities = try await store.abilities() }
        return state
    }

    // MARK: Failure

    /// Runs a request; on failure rolls back, or closes a connection that is not to be trusted.
    private func failingAsLinkError(
        _ body: () async throws -> TargetState
    ) async throws -> TargetState {
        do {
            return try await body()
        } catch {
            let translated = translate(error)
            currentTable = nil
            currentChange = nil
            wait = nil
            await abandon()
            throw translated
        }
    }

    /// Leaves no transaction open.
    ///
    /// A closed connection makes the server roll back as well.
    private func abandon() async {
        stagings.rollback()
        tables.forget()
        do throws(PGError) {
            guard !Task.isCancelled, connection.isOpen else {
                return await connection.close()
            }
            try await connection.execute("ROLLBACK; " + settled)
        } catch {
            await connection.close()
        }
    }

    private func translate(_ error: any Error) -> any Error {
        if Task.isCancelled { return CancellationError() }
        switch error {
        case let error as LinkError: return error
        case let error as CancellationError: return error
        case let error as PGError:
            if error.code == .cancelled { return CancellationError() }
            var failure = ApplyFailure.error(error, table: currentTable, change: currentChange)
            if let wait, failure.code == .busy { failure.message += "; \(wait)" }
            return failure
        case let error as WireError: return LinkError(.badRequest, error.description)
        default:
            return LinkError(.unreachable, "the request's body could not be read: \(error)")
        }
    }
}
