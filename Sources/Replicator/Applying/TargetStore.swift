import FoundationEssentials
import PGWire

/// What the target's database remembers: the tables `teleport.position` and `teleport.load_chunk`.
///
/// A value that names one source and target; every call runs in the caller's transaction.
struct TargetStore: Sendable {
    let connection: PGConnection
    let incarnation: String
    let target: String

    /// The steps that follow its batches.
    var later: LaterStore {
        LaterStore(connection: connection, incarnation: incarnation, target: target)
    }

    private var key: [PGParameter] { [PGParameter(incarnation), PGParameter(target)] }

    /// The advisory lock of this source and target, or of one of its chunks.
    ///
    /// FNV-1a over the names: a collision only makes two unrelated requests wait for each other.
    func lockKey(chunk: Int? = nil) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        let text = "teleport apply\n\(incarnation)\n\(target)\n" + (chunk.map(String.init) ?? "")
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int64(bitPattern: hash)
    }

    /// What the begin of a request's transaction found.
    struct Opening: Sendable {
        /// Whether the request's locks were free; they are held until the transaction ends.
        var isLocked: Bool
        /// The incarnation of this database.
        var ownIncarnation: String
        /// What the request is judged by.
        var stored: StoredState
    }

    /// Begins a transaction, takes the locks of a request and reads what it is judged by, in one
    /// message; the row of the position stays locked.
    func open(_ header: BatchHeader, begin: [String]) async throws -> Opening {
        var lock = "pg_catalog.pg_try_advisory_xact_lock(\(lockKey()))"
        if header.kind == .loadChunk {
            // Chunks of one load run side by side, the same chunk twice does not.
            lock =
                "pg_catalog.pg_try_advisory_xact_lock_shared(\(lockKey()))"
                + " AND pg_catalog.pg_try_advisory_xact_lock(\(lockKey(chunk: header.chunk)))"
        }
        let strength = header.kind == .loadChunk ? "SHARE" : "UPDATE"
        let statements =
            begin + [
                "SELECT \(lock), (\(Self.incarnationSQL))",
                "SELECT phase, position, applied_digest FROM teleport.position "
                    + "WHERE \(keySQL) FOR \(strength) NOWAIT",
            ]
        let answers = try await connection.execute(statements.joined(separator: "; "))
        guard answers.count >= 2, let first = answers[answers.count - 2].rows.first else {
            throw PGError(.protocolViolation, "the server left statements without an answer")
        }
        let isLocked = try first.decode(Bool.self, 0)
        return Opening(
            isLocked: isLocked, ownIncarnation: try first.decode(String?.self, 1) ?? "",
            stored: isLocked
                ? try await judge(header, answers[answers.count - 1]) : StoredState())
    }

    private var keySQL: String {
        "incarnation = \(SQLText.literal(incarnation)) AND target = \(SQLText.literal(target))"
    }

    private static let incarnationSQL =
        "SELECT value FROM teleport.setting WHERE key = 'incarnation'"

    private func judge(_ header: BatchHeader, _ found: PGResult) async throws -> StoredState {
        guard let row = found.rows.first else { return StoredState() }
        var state = try stored(row)
        switch header.kind {
        case .batch, .loadBegin: break
        case .loadChunk:
            let done = try await connection.query(
                sql: "SELECT 1 FROM teleport.load_chunk "
                    + "WHERE incarnation = $1 AND target = $2 AND chunk = $3",
                key + [PGParameter(header.chunk ?? -1)])
            state.isChunkDone = !done.rows.isEmpty
        case .loadFinish:
            state.plannedChunks = try await plan()?.chunks.count ?? 0
            let done = try await doneChunks()
            state.doneChunks = done.count { $0 < state.plannedChunks }
        }
        return state
    }

    /// Everything, for the source.
    func full() async throws -> TargetState {
        var state = TargetState(
            phase: .empty, serverVersion: connection.serverVersion,
            incarnation: try await ownIncarnation())
        state.abilities = try await abilities()
        let found = try await connection.query(
            sql: "SELECT phase, position, applied_digest, applied FROM teleport.position "
                + "WHERE incarnation = $1 AND target = $2", key)
        guard let row = found.rows.first else { return state }
        let stored = try stored(row)
        state.phase = stored.phase
        state.position = stored.position
        state.appliedDigest = stored.appliedDigest
        state.applied = try row.decode(String?.self, 3)
        state.later = try await later.progress()
        if stored.phase == .loading {
            state.loadPlan = try await plan()
            state.doneChunks = try await doneChunks()
        }
        return state
    }

    /// What the role may do, and what is there.
    func abilities() async throws -> TargetAbilities {
        let found = try await connection.query(
            sql: TargetAbilities.sql(serverVersion: connection.serverVersion))
        var abilities = TargetAbilities()
        abilities.roles = Set(try found.rows.map { try $0.decode(String.self, 0) })
        abilities.bypassesRowSecurity = try found.rows.first?.decode(Bool?.self, 1) ?? false
        abilities.maySetReplicaRole = try found.rows.first?.decode(Bool?.self, 2) ?? false
        var own: Set<String> = []
        for row in found.rows where try row.decode(Bool.self, 3) {
            own.insert(try row.decode(String.self, 0))
        }
        abilities.ownRoles = own
        let versions = try await connection.query(
            sql: TargetAbilities.extensionSQL(serverVersion: connection.serverVersion))
        var extensions: [String: Set<String>] = [:]
        var schemas: [String: String] = [:]
        var fixed: Set<String> = []
        for row in versions.rows {
            let name = try row.decode(String.self, 0)
            extensions[name, default: []].insert(try row.decode(String.self, 1))
            schemas[name] = try row.decode(String?.self, 2)
            if try row.decode(Bool.self, 3) { fixed.insert(name) }
        }
        abilities.extensionVersions = extensions
        abilities.extensionSchemas = schemas
        abilities.fixedExtensions = fixed
        let there = try await connection.query(sql: TargetAbilities.schemaSQL)
        abilities.schemas = Set(try there.rows.map { try $0.decode(String.self, 0) })
        return abilities
    }

    /// The incarnation of this database.
    func ownIncarnation() async throws -> String {
        let found = try await connection.query(sql: Self.incarnationSQL)
        return try found.rows.first?.decode(String.self, 0) ?? ""
    }

    /// Moves the position of a target that replicates and commits, in one message.
    ///
    /// The row is locked since the begin, so that it is there.
    func moveAndCommit(to position: Snapshot, sourceName: String) async throws {
        let answers = try await connection.execute(
            "UPDATE teleport.position SET source_name = \(SQLText.literal(sourceName)), "
                + "position = \(SQLText.literal(position.description)), "
                + "updated = pg_catalog.clock_timestamp() WHERE \(keySQL); COMMIT")
        guard answers.first?.affectedRows == 1 else {
            throw LinkError(.database, "the target's row in teleport.position has gone")
        }
    }

    /// Moves the position; what is nil stays as it is.
    func move(
        to position: Snapshot, phase: TargetState.Phase, sourceName: String, applied: String?,
        isNew: Bool
    ) async throws {
        let digest = applied.map { SchemaSnapshot.digest(of: $0) }
        var parameters =
            key + [sourceName, phase.rawValue, position.description].map { PGParameter($0) }
        let sql: String
        if isNew {
            sql = """
                INSERT INTO teleport.position
                  (incarnation, target, source_name, phase, position, applied, applied_digest, updated)
                VALUES ($1, $2, $3, $4, $5, $6, $7, pg_catalog.clock_timestamp())
                """
            parameters += [PGParameter(applied), PGParameter(digest)]
        } else {
            // What is not set is not written: the catalog is large, the position is not.
            var set = "source_name = $3, phase = $4, position = $5"
            if applied != nil {
                set += ", applied = $6, applied_digest = $7"
                parameters += [PGParameter(applied), PGParameter(digest)]
            }
            sql =
                "UPDATE teleport.position SET \(set), updated = pg_catalog.clock_timestamp() "
                + "WHERE incarnation = $1 AND target = $2"
        }
        guard try await connection.query(sql: sql, parameters).affectedRows == 1 else {
            throw LinkError(.database, "the target's row in teleport.position has gone")
        }
    }

    /// Stores or removes the plan of a load, and forgets its chunks.
    func setPlan(_ plan: LoadPlan?) async throws {
        let text = try plan.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try await connection.query(
            sql:
                "UPDATE teleport.position SET load_plan = $3 WHERE incarnation = $1 AND target = $2",
            key + [PGParameter(text)])
        try await connection.query(
            sql: "DELETE FROM teleport.load_chunk WHERE incarnation = $1 AND target = $2", key)
    }

    /// Marks a chunk as done.
    func markDone(chunk: Int) async throws {
        try await connection.query(
            sql: "INSERT INTO teleport.load_chunk (incarnation, target, chunk) VALUES ($1, $2, $3)",
            key + [PGParameter(chunk)])
    }

    private func plan() async throws -> LoadPlan? {
        let found = try await connection.query(
            sql: "SELECT load_plan FROM teleport.position WHERE incarnation = $1 AND target = $2",
            key)
        guard let text = try found.rows.first?.decode(String?.self, 0) else { return nil }
        return try JSONDecoder().decode(LoadPlan.self, from: Data(text.utf8))
    }

    private func doneChunks() async throws -> [Int] {
        try await connection.query(
            sql: "SELECT chunk FROM teleport.load_chunk WHERE incarnation = $1 AND target = $2 "
                + "ORDER BY chunk", key
        ).rows.map { try $0.decode(Int.self, 0) }
    }

    private func stored(_ row: PGRow) throws -> StoredState {
        var state = StoredState()
        let phase = try row.decode(String.self, 0)
        let position = try row.decode(String?.self, 1)
        state.appliedDigest = try row.decode(String?.self, 2)
        guard let known = TargetState.Phase(rawValue: phase) else {
            throw LinkError(.database, "teleport.position has the unknown phase \(phase)")
        }
        state.phase = known
        state.position = position.flatMap { Snapshot($0) }
        guard state.position != nil || known == .empty else {
            throw LinkError(.database, "teleport.position has no readable position")
        }
        return state
    }
}
