internal import PGWire

/// A batch whose transaction is open: everything is known but the rows, which stream when written.
package struct PreparedBatch: Sendable {
    /// One table of the batch.
    package struct Table: Sendable, Hashable {
        /// The table on the source.
        package let source: ReadableTable
        /// The frame that announces its rows.
        package let start: TableStart
        /// Whether its events name keys at all; a table that was only truncated has none.
        package let keys: Int
        /// How its rows are found.
        package let plan: BatchSQL.JoinPlan

        /// Describes a table; generated columns are computed on the target and stay here.
        init(
            _ table: SchemaSnapshot.Table, key: [KeyColumn], mapping: SchemaMapping,
            replaces: Bool, truncates: Bool, keys: Int, estimatedRows: Int
        ) {
            let columns = table.storedColumns
            var isPartitioned = false
            if case .partitioned = table.kind { isPartitioned = true }
            source = ReadableTable(
                oid: table.oid, name: table.name, isPartitioned: isPartitioned,
                columns: columns.map(\.name), key: key)
            start = TableStart(
                table: mapping.target(table.name), columns: columns.map(\.name),
                keyColumns: key.map(\.name), mode: replaces ? .replace : .changes,
                truncate: truncates, overridesIdentity: columns.contains(where: \.isIdentity))
            self.keys = keys
            plan = .choose(keys: keys, rows: estimatedRows)
        }
    }

    /// What was written, known once `write` returned.
    package struct Summary: Sendable, Hashable {
        /// Rows, deletes included.
        package var rows = 0
        /// Their bytes.
        package var bytes = 0
        /// Frames of rows.
        package var frames = 0
    }

    /// The first frame.
    package let header: BatchHeader
    /// The tables in their order.
    package let tables: [Table]
    /// Values of sequences that the target does not have yet, by the source's oid.
    package let sequences: [UInt32: SequenceValue]
    /// The catalog that was looked at; nil where none was.
    package let applied: SchemaSnapshot?
    /// What is not carried according to the look.
    package let notCarried: [NotCarried]?
    /// What the target keeps though the source dropped it, according to the look.
    package let held: [HeldDrop]?
    /// The consents that its changes use.
    package let released: Set<String>

    let rowsPerFrame: Int
    let since: Snapshot
    let origin: String
    /// What the planner was set to; nil for its defaults.
    let planner: BatchSQL.JoinPlan?
    let connection: PGConnection

    /// The bound of a frame's bytes, but for one chunk of the server's: memory stays bounded
    /// whatever the rows' size.
    package static let bytesPerFrame = 256 << 10

    /// Whether it moves nothing but the position.
    package var isEmpty: Bool { tables.isEmpty && sequences.isEmpty && header.schema == nil }

    /// Writes all frames and ends the transaction before the last of them, so that the source holds
    /// no snapshot while the target commits.
    ///
    /// - Throws: `BatchError.undecodableKeys`, `PGError`, or what the sink throws; the transaction
    ///   may be open then.
    package func write(to sink: any FrameSink) async throws -> Summary {
        var summary = Summary()
        try await sink.write(.header(header))
        var plan = planner
        for table in tables {
            if table.start.mode == .changes, table.plan != plan {
                plan = table.plan
                try await connection.execute(
                    BatchSQL.settings(for: table.plan, serverVersion: connection.serverVersion))
            }
            try await write(table, to: sink, summary: &summary)
        }
        if !sequences.isEmpty {
            try await sink.write(.sequences(sequences.sorted { $0.key < $1.key }.map(\.value)))
        }
        try await connection.execute("COMMIT")
        try await sink.write(.end(rowCount: summary.rows))
        return summary
    }

    private func write(
        _ table: Table, to sink: any FrameSink, summary: inout Summary
    ) async throws {
        try await sink.write(.tableStart(table.start))
        var rows = RowFrames(rowsPerFrame: rowsPerFrame, bytesPerFrame: Self.bytesPerFrame)
        do {
            if table.start.mode == .replace {
                rows = try await copy(BatchSQL.allRows(table.source), rows, to: sink)
            } else if table.keys > 0 {
                rows = try await copy(
                    BatchSQL.changedRows(table.source, since: since, notFrom: origin), rows,
                    to: sink)
            }
        } catch let error as PGError where table.start.mode == .changes {
            guard error.sqlState?.errorClass == "22" else { throw error }
            throw BatchError.undecodableKeys(
                relation: table.source.oid, table: table.source.name.description)
        }
        try await sink.write(.tableEnd(rowCount: rows.rowCount, checksum: rows.checksum))
        summary.rows += rows.rowCount
        summary.bytes += rows.byteCount
        summary.frames += rows.frameCount
    }

    private func copy(
        _ sql: String, _ frames: RowFrames, to sink: any FrameSink
    ) async throws -> RowFrames {
        try await connection.copyOut(sql) { copy in
            var frames = frames
            while let chunk = try await copy.next() {
                try Task.checkCancellation()
                if let frame = frames.add(chunk.bytes, rows: chunk.rowCount) {
                    try await sink.write(.rows(frame))
                }
            }
            if let frame = frames.finish() { try await sink.write(.rows(frame)) }
            return frames
        }
    }
}

/// Gathers the rows of a table into frames, counting and summing what goes out; a value without I/O.
package struct RowFrames: Sendable {
    private let rowsPerFrame: Int
    private let bytesPerFrame: Int
    private var buffer: [UInt8] = []
    private var buffered = 0
    private var crc = CRC32()

    /// Rows so far.
    package private(set) var rowCount = 0
    /// Bytes so far.
    package private(set) var byteCount = 0
    /// Frames so far.
    package private(set) var frameCount = 0
    /// The checksum of the frames so far.
    package var checksum: UInt32 { crc.value }

    /// Begins a table.
    package init(rowsPerFrame: Int, bytesPerFrame: Int) {
        self.rowsPerFrame = max(rowsPerFrame, 1)
        self.bytesPerFrame = max(bytesPerFrame, 1)
    }

    /// Takes whole rows; answers a frame when one is full.
    package mutating func add(_ bytes: [UInt8], rows: Int) -> [UInt8]? {
        rowCount += rows
        byteCount += bytes.count
        buffered += rows
        if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
        guard buffered >= rowsPerFrame || buffer.count >= bytesPerFrame else { return nil }
        return finish()
    }

    /// Answers what is left over; nil where that is nothing.
    package mutating func finish() -> [UInt8]? {
        guard !buffer.isEmpty else { return nil }
        let frame = buffer
        crc.update(frame)
        frameCount += 1
        buffer = []
        buffered = 0
        return frame
    }
}
