package import PGWire

/// The begin of a batch's transaction: locks, then the snapshot, then what is new in it.
extension BatchBuilder {
    /// What the begin of a batch's transaction found.
    struct Opening: Sendable {
        /// What was locked, under which name.
        var locked: [UInt32: TableName] = [:]
        /// The transaction's snapshot.
        var snapshot: Snapshot
        /// The events that are visible in it.
        var pending: PendingEvents
        /// The shapes of what was locked; none where a look is due anyway.
        var shapes: [UInt32: String] = [:]
    }

    /// Begins the transaction with its locks, takes the snapshot and sees what is new.
    ///
    /// All of it is one message, since each round trip is part of the lag. The order stays: the
    /// server takes the snapshot for the first SELECT, when LOCK has returned.
    ///
    /// - Parameters:
    ///   - request: whose batch.
    ///   - locks: the relations to lock.
    ///   - known: what a peek found, for the relations' names; they are compared afterwards.
    ///   - connection: the connection, outside of a transaction.
    /// - Returns: what was found; the transaction is open.
    /// - Throws: `BatchError`, `PGError`; the transaction may be open.
    func open(
        _ request: Request, locks: Set<UInt32>, known: PendingEvents, on connection: PGConnection
    ) async throws -> Opening {
        let tables = try await names(of: locks, known: known, on: connection)
        let version = connection.serverVersion
        // The events are found by index lookups, whatever the planner thinks of the slots.
        var parts = [
            BatchSQL.begin(
                serverVersion: version,
                lockWait: tables.count > 1 ? Limit.severalLocksWait : Limit.lockWait) + "; "
                + BatchSQL.settings(for: .lookups, serverVersion: version)
        ]
        if !tables.isEmpty { parts.append(BatchSQL.lock(Array(tables.values))) }
        // The bound of the wait for locks, before there was one for just that.
        if version < 90300 { parts.append("SET LOCAL statement_timeout = 0") }
        parts += [
            Self.historySQL,
            BatchSQL.pending(since: request.position, notFrom: request.targetIncarnation),
        ]
        let readsShapes = !request.look && !tables.isEmpty
        if readsShapes {
            parts.append(CatalogSQL(serverVersion: version).shapes(tables.keys.sorted()))
        }
        var answers: [PGResult]
        do throws(PGError) {
            answers = try await run(parts, on: connection)
        } catch {
            switch error.sqlState?.rawValue {
            case "55P03", "57014":
                throw BatchError.locked(tables: tables.values.map(\.name.description).sorted())
            case "42P01" where !tables.isEmpty, "3F000" where !tables.isEmpty:
                // Renamed or dropped between the look at the names and the lock.
                await Self.rollBack(connection)
                return try await open(request, locks: [], known: known, on: connection)
            default: throw error
            }
        }
        var shapes: [UInt32: String] = [:]
        if readsShapes, let answer = answers.popLast() {
            for row in answer.rows {
                shapes[try row.decode(UInt32.self, 0)] = try row.decode(String.self, 1)
            }
        }
        guard let pending = answers.popLast(), let history = answers.popLast() else {
            throw PGError(.protocolViolation, "the server left statements without an answer")
        }
        return Opening(
            locked: tables.mapValues(\.name),
            snapshot: try Self.snapshot(history, continuing: request.position, of: request.source),
            pending: try PendingEvents(pending.rows), shapes: shapes)
    }

    /// Sends statements in one message; before 9.3 in one each, since a timeout set within a message
    /// does not hold for its rest.
    private func run(
        _ parts: [String], on connection: PGConnection
    ) async throws(PGError) -> [PGResult] {
        guard connection.serverVersion < 90300 else {
            return try await connection.execute(parts.joined(separator: "; "))
        }
        var answers: [PGResult] = []
        for part in parts { answers += try await connection.execute(part) }
        return answers
    }

    /// The names of relations; asked for only where a peek did not tell them.
    private func names(
        of relations: Set<UInt32>, known: PendingEvents, on connection: PGConnection
    ) async throws -> [UInt32: (name: TableName, isPartitioned: Bool)] {
        var tables: [UInt32: (name: TableName, isPartitioned: Bool)] = [:]
        let told = relations.compactMap { known.relations[$0] }
        for relation in told {
            if let name = relation.name { tables[relation.oid] = (name, relation.isPartitioned) }
        }
        guard tables.count < relations.count else { return tables }
        // Something moved: all of them anew.
        tables = [:]
        for row in try await connection.query(sql: BatchSQL.names(of: relations)).rows {
            let name = TableName(
                schema: try row.decode(String.self, 1), name: try row.decode(String.self, 2))
            tables[try row.decode(UInt32.self, 0)] = (name, try row.decode(String.self, 3) == "p")
        }
        return tables
    }

    /// The snapshot, and what tells whether a position belongs to it.
    package static let historySQL = """
        SELECT pg_catalog.txid_current_snapshot(), \
        (SELECT s.value FROM teleport.setting s WHERE s.key = 'incarnation'), \
        (SELECT s.value FROM teleport.setting s WHERE s.key = 'forgotten')
        """

    /// Takes the answer to `historySQL`.
    ///
    /// - Throws: `BatchError` where it does not continue the position.
    package static func snapshot(
        _ result: PGResult, continuing position: Snapshot, of source: SourceIdentity
    ) throws -> Snapshot {
        guard let row = result.rows.first, let snapshot = Snapshot(try row.decode(String.self, 0))
        else { throw BatchError.notInstalled }
        guard try row.decode(String?.self, 1) == source.incarnation else {
            throw BatchError.incarnationChanged
        }
        try check(
            position, current: snapshot,
            forgotten: try row.decode(UInt64?.self, 2).map(TransactionID.init))
        return snapshot
    }

    /// Whether a position still continues this database's history.
    ///
    /// - Throws: `BatchError.forgotten` or `ahead`.
    package static func check(
        _ position: Snapshot, current: Snapshot, forgotten: TransactionID?
    ) throws(BatchError) {
        guard position.xmax <= current.xmax else {
            throw .ahead(position: position, current: current)
        }
        if let forgotten, position.xmin < forgotten {
            throw .forgotten(position: position, forgotten: forgotten)
        }
    }

    /// Whether a table of the batch is not what the target carries.
    func mustLook(
        _ request: Request, wanted: [PendingEvents.Relation], shapes: [UInt32: String]
    ) -> Bool {
        if request.look { return true }
        guard !wanted.isEmpty else { return false }
        let carried = Dictionary(request.applied.replicatedTables.map { ($0.oid, $0) }) { $1 }
        return wanted.contains { relation in
            guard let table = carried[relation.oid] else { return true }
            return table.shape != shapes[relation.oid] || table.name != relation.name
        }
    }
}
