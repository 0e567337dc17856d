import PGWire
import TestSupport

@testable import Replicator

/// A target database of a case, written by the session that applies requests.
actor DDLTarget {
    /// A source that is not installed.
    static let nobody = SourceIdentity(
        incarnation: "11111111-1111-4111-8111-111111111111", name: "db.source")

    let cluster: PostgresCluster
    let database: String
    let mapping: SchemaMapping
    let source: SourceIdentity
    let session: ApplySession
    var applied: SchemaSnapshot?
    /// What the target has of the source; counted up where no rows travel.
    var position: Snapshot
    /// What builds batches with rows.
    var builder = BatchBuilder()

    /// Takes a database in which schema `teleport` is installed.
    init(
        _ cluster: PostgresCluster, database: String, mapping: SchemaMapping,
        source: SourceIdentity = nobody
    ) async throws {
        self.cluster = cluster
        self.mapping = mapping
        self.source = source
        position = try Self.snapshot(10)
        self.database = database
        session = ApplySession(
            connection: try await PGConnection.connect(cluster.configuration(database: database)))
    }

    /// Plans what leads to `current`, and applies it as a request.
    func carry(_ current: SchemaSnapshot) async throws -> SchemaPlan {
        let plan = try self.plan(to: current)
        try await naming(plan) {
            let isFirst = applied == nil
            try await isFirst ? begin(plan.section) : move(plan.section)
        }
        applied = try SchemaSnapshot(encoded: plan.section.applied)
        return plan
    }

    /// Says with a failure which statements were to be applied.
    func naming(_ plan: SchemaPlan, _ apply: () async throws -> Void) async throws {
        do { try await apply() } catch {
            let statements =
                plan.section.preparation + plan.section.changes + plan.section.afterRows
            throw DDLFailure(error: "\(error)", statements: statements.map(\.sql))
        }
    }

    /// What would lead to `current`.
    func plan(to current: SchemaSnapshot) throws -> SchemaPlan {
        try SchemaPlan.make(
            from: applied, to: current, mapping: mapping, options: Self.options,
            targetVersion: cluster.version.rawValue * 10_000)
    }

    /// Foreign keys as the source has them.
    static let options: SchemaOptions = {
        var options = SchemaOptions()
        options.foreignKeys = .exact
        return options
    }()

    /// Begins with a catalog and no rows, at `position`.
    func begin(_ section: SchemaSection) async throws {
        var begin = header(.loadBegin)
        begin.loadPlan = LoadPlan(chunks: [])
        begin.schema = section
        _ = try await session.apply(begin, NoRows())
        _ = try await session.apply(header(.loadFinish), NoRows())
    }

    private func move(_ section: SchemaSection) async throws {
        let from = position
        position = try Self.snapshot(from.xmax.rawValue + 1)
        var batch = header(.batch)
        batch.from = from
        batch.schema = section
        _ = try await session.apply(batch, NoRows())
    }

    private func header(_ kind: BatchHeader.Kind) -> BatchHeader {
        BatchHeader(kind: kind, source: source, target: "copy", to: position)
    }

    private static func snapshot(_ number: UInt64) throws -> Snapshot {
        guard let snapshot = Snapshot("\(number):\(number):") else {
            throw DDLFailure(error: "no snapshot", statements: [])
        }
        return snapshot
    }

    /// The definitions, as the program of `version` says them.
    nonisolated func dump(by version: PostgresVersion) throws -> SchemaDump {
        try SchemaDump(cluster, database: database, by: version)
    }

    /// The definitions; where `schema` is mapped, under its name on the source.
    func dump(mapped schema: String?) async throws -> SchemaDump {
        guard let schema else { return try SchemaDump(cluster, database: database) }
        let there = SQLText.identifier(mapping.target(schema))
        let here = SQLText.identifier(schema)
        let aside = "aside_for_the_dump"
        let names = try await session.connection.words("SELECT nspname FROM pg_namespace")
        guard names.contains(mapping.target(schema)) else {
            return try SchemaDump(cluster, database: database)
        }
        let exists = names.contains(schema)
        try await session.connection.execute(
            (exists ? "ALTER SCHEMA \(here) RENAME TO \(aside);" : "")
                + "ALTER SCHEMA \(there) RENAME TO \(here)")
        var dump = try SchemaDump(cluster, database: database, excluding: [aside])
        try await session.connection.execute(
            "ALTER SCHEMA \(here) RENAME TO \(there);"
                + (exists ? "ALTER SCHEMA \(aside) RENAME TO \(here)" : ""))
        // What initdb says of schema public belongs to that one only.
        dump.remove { $0.kind == "COMMENT" && $0.name == "SCHEMA public" }
        return dump
    }

    func drop(admin: PGConnection) async {
        await session.connection.close()
        _ = try? await admin.execute("DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
    }
}

/// The frames of a request that brings no rows.
private struct NoRows: FrameSource {
    private let frames = OneFrame()

    func next() async throws -> Frame? { await frames.take() }

    private actor OneFrame {
        private var frame: Frame? = .end(rowCount: 0)
        func take() -> Frame? {
            defer { frame = nil }
            return frame
        }
    }
}

/// A plan that the target refused.
struct DDLFailure: Error {
    let error: String
    let statements: [String]
}
