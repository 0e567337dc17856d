import PGWire
import TestSupport

@testable import Replicator

/// A target database of a case, written by the session that applies requests.
actor DDLTarget {
    private static let identity = SourceIdentity(
        incarnation: "11111111-1111-4111-8111-111111111111", name: "db.source")

    let cluster: PostgresCluster
    let database: String
    let mapping: SchemaMapping
    private let session: ApplySession
    private var applied: SchemaSnapshot?
    private var position = 10

    /// Makes the database from `template`, in which schema `teleport` is installed.
    init(
        _ cluster: PostgresCluster, admin: PGConnection, template: String, mapping: SchemaMapping
    ) async throws {
        self.cluster = cluster
        self.mapping = mapping
        database = template + "_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try await admin.execute("CREATE DATABASE \(database) TEMPLATE \(template)")
        session = ApplySession(
            connection: try await PGConnection.connect(cluster.configuration(database: database)))
    }

    /// Plans what leads to `current`, and applies it as a request.
    func carry(_ current: SchemaSnapshot) async throws -> SchemaPlan {
        let plan = try self.plan(to: current)
        do {
            let isFirst = applied == nil
            try await isFirst ? begin(plan.section) : move(plan.section)
        } catch {
            let statements =
                plan.section.preparation + plan.section.changes + plan.section.afterRows
            throw DDLFailure(error: "\(error)", statements: statements.map(\.sql))
        }
        applied = try SchemaSnapshot(encoded: plan.section.applied)
        return plan
    }

    /// What would lead to `current`.
    func plan(to current: SchemaSnapshot) throws -> SchemaPlan {
        var options = SchemaOptions()
        options.foreignKeys = .exact
        return try SchemaPlan.make(
            from: applied, to: current, mapping: mapping, options: options,
            targetVersion: cluster.version.rawValue * 10_000)
    }

    private func begin(_ section: SchemaSection) async throws {
        var begin = try header(.loadBegin)
        begin.loadPlan = LoadPlan(chunks: [])
        begin.schema = section
        _ = try await session.apply(begin, NoRows())
        _ = try await session.apply(try header(.loadFinish), NoRows())
    }

    private func move(_ section: SchemaSection) async throws {
        let from = try snapshot()
        position += 1
        var batch = try header(.batch)
        batch.from = from
        batch.schema = section
        _ = try await session.apply(batch, NoRows())
    }

    private func header(_ kind: BatchHeader.Kind) throws -> BatchHeader {
        BatchHeader(kind: kind, source: Self.identity, target: "copy", to: try snapshot())
    }

    private func snapshot() throws -> Snapshot {
        guard let snapshot = Snapshot("\(position):\(position):") else {
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
