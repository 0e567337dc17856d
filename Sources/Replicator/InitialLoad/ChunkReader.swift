import PGWire

/// Reads one chunk of a load from the source and writes it as a request.
struct ChunkReader: Sendable {
    /// A table as the plan knows it.
    struct Table: Sendable {
        /// What is read: the table itself, or a leaf of the partitioned table `root`.
        var relation: SchemaSnapshot.Table
        /// The table that the rows belong to on the target.
        var root: SchemaSnapshot.Table
    }

    let source: SourceIdentity
    let target: String
    let position: Snapshot
    let mapping: SchemaMapping
    let meter: LoadMeter

    /// What a chunk was.
    struct Outcome: Sendable {
        var rows = 0
        var bytes: Int64 = 0
    }

    /// How long the source's table may be waited for: others queue behind.
    private static let lockTimeout = "2s"

    /// Sends a chunk in a transaction of its own.
    ///
    /// The table is read by its oid and its columns by their numbers, so that whatever was renamed
    /// since the plan was made arrives under the names that the target has.
    ///
    /// - Throws: `LoadError.rewritten` where it is not the table that was planned; `LinkError`,
    ///   `PGError`.
    func send(
        _ number: Int, _ chunk: LoadPlan.Chunk, _ table: Table, mode: TableStart.Mode,
        on connection: PGConnection, to sink: any FrameSink
    ) async throws -> Outcome {
        do {
            let outcome = try await read(number, chunk, table, mode, connection, sink)
            try await connection.execute("COMMIT")
            return outcome
        } catch {
            if connection.isOpen, !Task.isCancelled {
                _ = try? await connection.execute("ROLLBACK")
            } else {
                await connection.close()
            }
            throw error
        }
    }

    private func read(
        _ number: Int, _ chunk: LoadPlan.Chunk, _ table: Table, _ mode: TableStart.Mode,
        _ connection: PGConnection, _ sink: any FrameSink
    ) async throws -> Outcome {
        let name = try await begin(chunk.relation, table, connection)
        let columns = try await columns(chunk.relation, table, connection)
        var header = BatchHeader(kind: .loadChunk, source: source, target: target, to: position)
        header.chunk = number
        let stored = table.root.storedColumns.map(\.name)
        let start = TableStart(
            table: mapping.target(table.root.name), columns: stored,
            keyColumns: table.root.primaryKey, mode: mode, truncate: false,
            overridesIdentity: table.root.storedColumns.contains(where: \.isIdentity))
        try await sink.write(.header(header))
        try await sink.write(.tableStart(start))
        let list = columns.map(SQLText.identifier).joined(separator: ", ")
        let condition = chunk.condition.map { " WHERE \($0)" } ?? ""
        let sql = "COPY (SELECT \(list) FROM ONLY \(name.quoted)\(condition)) TO STDOUT"
        let meter = meter
        let result = try await connection.copyOut(sql) { rows in
            var outcome = Outcome()
            var checksum = CRC32()
            while let piece = try await rows.next() {
                checksum.update(piece.bytes)
                outcome.rows += piece.rowCount
                outcome.bytes += Int64(piece.bytes.count)
                try await sink.write(.rows(piece.bytes))
                meter.sent(number, bytes: outcome.bytes)
            }
            return (outcome, checksum.value)
        }
        try await sink.write(.tableEnd(rowCount: result.0.rows, checksum: result.1))
        try await sink.write(.end(rowCount: result.0.rows))
        return result.0
    }

    /// Opens the transaction, locks the table before the snapshot is taken, and looks whether it is
    /// still the one that was planned.
    private func begin(
        _ oid: UInt32, _ table: Table, _ connection: PGConnection
    ) async throws -> TableName {
        guard let name = try await look(oid, connection)?.name else { throw gone(table) }
        let setting = connection.serverVersion >= 90_300 ? "lock_timeout" : "statement_timeout"
        try await connection.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                + "SET LOCAL \(setting) = '\(Self.lockTimeout)'; "
                + "LOCK TABLE ONLY \(name.quoted) IN ACCESS SHARE MODE; SET LOCAL \(setting) = 0")
        guard let found = try await look(oid, connection) else { throw gone(table) }
        guard found.name == name else {
            throw LoadError(.restless, "table \(name) was renamed just now")
        }
        if found.storage != table.relation.storage,
            try await !wasTruncated(table.root.oid, connection)
        {
            // Rows may be on other pages now, or have other values, and no event says so.
            throw LoadError(
                .rewritten, "table \(name) was rewritten (VACUUM FULL, CLUSTER or ALTER TABLE)")
        }
        return name
    }

    private func look(
        _ oid: UInt32, _ connection: PGConnection
    ) async throws -> (name: TableName, storage: UInt32)? {
        let found = try await connection.query(
            sql: """
            SELECT n.nspname, c.relname, c.relfilenode FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1
            """, [PGParameter(oid)])
        guard let row = found.rows.first else { return nil }
        let name = try TableName(
            schema: row.decode(String.self, 0), name: row.decode(String.self, 1))
        return (name, try row.decode(UInt32.self, 2))
    }

    /// TRUNCATE gives a table other storage too, and is an event: whatever the chunks read around
    /// it, the batch after the load empties the table and brings what came later.
    private func wasTruncated(_ oid: UInt32, _ connection: PGConnection) async throws -> Bool {
        let slots = (0..<EventSlot.count).map { slot in
            "SELECT 1 FROM \(EventSlot.table(slot)) e WHERE e.txid >= \(position.xmin) "
                + "AND e.relation = \(oid) AND e.kind IN ('t', 'l')"
        }
        let sql = "SELECT EXISTS (\(slots.joined(separator: " UNION ALL ")))"
        return try await connection.execute(sql).first?.rows.first?.decode(Bool.self, 0) ?? false
    }

    /// The names that the planned columns have now, in the order of the plan.
    private func columns(
        _ oid: UInt32, _ table: Table, _ connection: PGConnection
    ) async throws -> [String] {
        let found = try await connection.query(
            sql: "SELECT attnum, attname, atttypid FROM pg_catalog.pg_attribute "
                + "WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped", [PGParameter(oid)])
        var now: [Int: (name: String, type: UInt32)] = [:]
        for row in found.rows {
            now[try row.decode(Int.self, 0)] = (
                try row.decode(String.self, 1), try row.decode(UInt32.self, 2)
            )
        }
        // A leaf may have its columns in another order than its root; names tie them together.
        let own = Dictionary(table.relation.columns.map { ($0.name, $0) }) { first, _ in first }
        return try table.root.storedColumns.map { column throws(LoadError) in
            guard let planned = own[column.name], let current = now[planned.attnum],
                current.type == planned.typeOID
            else {
                throw LoadError(
                    .rewritten, "column \(table.root.name).\(column.name) was dropped or changed")
            }
            return current.name
        }
    }

    private func gone(_ table: Table) -> LoadError {
        LoadError(.rewritten, "table \(table.relation.name) was dropped")
    }
}
