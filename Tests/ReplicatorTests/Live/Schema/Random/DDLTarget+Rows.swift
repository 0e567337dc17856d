import PGWire
import Synchronization
import TestSupport

@testable import Replicator

/// Rows that travel with the catalog, as a pipeline moves them.
extension DDLTarget {
    /// Brings everything that a captured source has now; the first time the source has no row yet.
    ///
    /// `engine` is a connection of the engine.
    func follow(
        _ engine: PGConnection, _ expression: TargetExpression
    ) async throws -> (plan: SchemaPlan, current: SchemaSnapshot) {
        guard let applied else { return try await start(engine, expression) }
        var abilities = TargetAbilities()
        abilities.maySetReplicaRole = true
        var builder = builder
        let pending = try await builder.peek(since: position, notFrom: database, on: engine)
        let prepared = try await builder.prepare(
            .init(
                source: source, target: "copy", expression: expression, mapping: mapping,
                options: Self.options, position: position, applied: applied,
                appliedDigest: applied.digest, targetVersion: cluster.version.rawValue * 10_000,
                abilities: abilities, targetIncarnation: database, look: true),
            pending: pending, on: engine)
        let rows = KeptFrames()
        do { _ = try await prepared.write(to: rows) } catch {
            await BatchBuilder.rollBack(engine)
            throw error
        }
        self.builder = builder
        guard let current = prepared.applied else { throw BatchError.notInstalled }
        let plan = try self.plan(to: current)
        try await naming(plan) { _ = try await session.apply(prepared.header, rows) }
        position = prepared.header.to
        self.applied = try SchemaSnapshot(encoded: plan.section.applied)
        return (plan, current)
    }

    private func start(
        _ engine: PGConnection, _ expression: TargetExpression
    ) async throws -> (plan: SchemaPlan, current: SchemaSnapshot) {
        try await engine.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let now = try await engine.words("SELECT pg_catalog.txid_current_snapshot()::text")
        let current = try await CatalogReader.read(engine, expression: expression)
        try await engine.execute("COMMIT")
        guard let now = now.first.flatMap({ Snapshot($0) }) else { throw BatchError.notInstalled }
        position = now
        let plan = try self.plan(to: current)
        try await naming(plan) { try await begin(plan.section) }
        applied = try SchemaSnapshot(encoded: plan.section.applied)
        return (plan, current)
    }

    /// The rows of a table of the source, sorted, as they are on the target.
    func rows(of table: SchemaSnapshot.Table) async throws -> [String] {
        try await session.connection.rows(of: table, named: mapping.target(table.name))
    }
}

extension PGConnection {
    /// The rows of a table, each as one text, sorted.
    func rows(of table: SchemaSnapshot.Table, named name: TableName) async throws -> [String] {
        let columns = table.columns.map { SQLText.identifier($0.name) }.joined(separator: ", ")
        return try await words("SELECT r::text FROM (SELECT \(columns) FROM \(name.quoted)) r")
            .sorted()
    }
}

/// The frames of a batch in memory, between its writing and its application.
private final class KeptFrames: FrameSink, FrameSource {
    private let frames = Mutex<[Frame]>([])

    func write(_ frame: Frame) async throws {
        if case .header = frame { return }
        frames.withLock { $0.append(frame) }
    }

    func next() async throws -> Frame? {
        frames.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
