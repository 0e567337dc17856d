import Logging
import PGWire
import Replicator
import Synchronization
import TestSupport

/// A captured source database, and batches built from it without any target.
struct BatchLab {
    let cluster: PostgresCluster
    let database: String
    /// The engine's connection.
    let connection: PGConnection
    /// The application's, with the settings of the server.
    let application: PGConnection
    let source: SourceIdentity
    let expression: TargetExpression
    let manager: CaptureManager

    /// Makes a database, runs SQL in it, installs and captures.
    init(_ sql: String, expression: [String] = ["public.*"]) async throws {
        cluster = try PostgresCluster.shared()
        database = try cluster.createDatabase("batch")
        try cluster.psql(sql, database: database)
        connection = try await EngineConnection.open(
            cluster.configuration(database: database), purpose: "lab")
        application = try await PGConnection.connect(cluster.configuration(database: database))
        let logger = Logger(label: "lab") { _ in SwiftLogNoOpLogHandler() }
        let installed = try await Installer.install(on: connection, log: logger)
        source = SourceIdentity(incarnation: installed.incarnation, name: "lab")
        self.expression = try TargetExpression(expression)
        manager = CaptureManager(log: logger)
        try await capture()
    }

    /// Captures what the expression takes now.
    @discardableResult
    func capture() async throws -> CaptureReport {
        let tables = try await CaptureTable.tables(on: connection, matching: [expression])
        return try await manager.ensure(on: connection, tables: tables)
    }

    /// Another connection, for a transaction that stays open.
    func open() async throws -> PGConnection {
        try await PGConnection.connect(cluster.configuration(database: database))
    }

    func run(_ sql: String) async throws {
        try await application.execute(sql)
    }

    func close() async {
        await application.close()
        await connection.close()
    }

    /// Where a target would be that has everything up to now.
    func now() async throws -> Base {
        try await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let row = try await connection.query(sql: "SELECT pg_catalog.txid_current_snapshot()").rows.first
        let catalog = try await CatalogReader.read(connection, expression: expression)
        try await connection.execute("COMMIT")
        guard let row, let position = Snapshot(try row.decode(String.self, 0)) else {
            throw BatchError.notInstalled
        }
        return Base(position: position, applied: catalog)
    }

    /// A position and the catalog at it.
    struct Base {
        var position: Snapshot
        var applied: SchemaSnapshot
    }

    /// Builds the batch after a base, writes it to memory and checks counts and checksums.
    func batch(
        from base: Base, look: Bool = false, rowsPerFrame: Int = 10_000, keepRows: Bool = true,
        builder: inout BatchBuilder
    ) async throws -> Collected {
        let pending = try await builder.peek(
            since: base.position, notFrom: "target", on: connection)
        let prepared = try await builder.prepare(
            .init(
                source: source, target: "t", expression: expression,
                mapping: SchemaMapping(applySchema: nil), position: base.position,
                applied: base.applied, appliedDigest: base.applied.digest, targetVersion: 150_000,
                targetIncarnation: "target", look: look, rowsPerFrame: rowsPerFrame),
            pending: pending, on: connection)
        let sink = CollectingSink(keepRows: keepRows)
        let summary: PreparedBatch.Summary
        do {
            summary = try await prepared.write(to: sink)
        } catch {
            await BatchBuilder.rollBack(connection)
            throw error
        }
        return Collected(
            header: prepared.header, tables: sink.tables, sequences: sink.sequences,
            summary: summary, largestFrame: sink.largestFrame, applied: prepared.applied,
            notCarried: prepared.notCarried)
    }

    /// As above, with a builder that knows nothing.
    func batch(from base: Base, look: Bool = false) async throws -> Collected {
        var builder = BatchBuilder()
        return try await batch(from: base, look: look, builder: &builder)
    }

    /// A batch as it arrived.
    struct Collected {
        var header: BatchHeader
        var tables: [CollectingSink.Table]
        var sequences: [SequenceValue]
        var summary: PreparedBatch.Summary
        var largestFrame: Int
        var applied: SchemaSnapshot?
        var notCarried: [NotCarried]?

        /// The rows of a table, sorted; empty where it is not in the batch.
        func rows(_ table: String) -> [String] {
            tables.first { $0.start.table.name == table }?.lines.sorted() ?? []
        }
    }
}

/// Keeps what is written to it.
final class CollectingSink: FrameSink {
    /// One table's frames.
    struct Table: Sendable {
        var start: TableStart
        var bytes: [UInt8] = []
        var rowCount = 0
        var isWhole = false
        var lines: [String] {
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    private struct State {
        var tables: [Table] = []
        var sequences: [SequenceValue] = []
        var largestFrame = 0
        var crc = CRC32()
        var bytes = 0
        var frames = 0
    }

    private let state = Mutex(State())
    private let keepRows: Bool

    init(keepRows: Bool = true) { self.keepRows = keepRows }

    var tables: [Table] { state.withLock { $0.tables } }
    var sequences: [SequenceValue] { state.withLock { $0.sequences } }
    var largestFrame: Int { state.withLock { $0.largestFrame } }

    func write(_ frame: Frame) async throws {
        state.withLock { state in
            switch frame {
            case .header, .end: break
            case .tableStart(let start):
                state.tables.append(Table(start: start))
                state.crc = CRC32()
            case .rows(let bytes):
                state.crc.update(bytes)
                state.largestFrame = max(state.largestFrame, bytes.count)
                if keepRows { state.tables[state.tables.count - 1].bytes += bytes }
            case .tableEnd(let rowCount, let checksum):
                state.tables[state.tables.count - 1].rowCount = rowCount
                state.tables[state.tables.count - 1].isWhole = checksum == state.crc.value
            case .sequences(let values): state.sequences = values
            }
        }
    }
}
