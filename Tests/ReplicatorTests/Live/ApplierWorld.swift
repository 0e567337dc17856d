import PGWire
import Replicator
import TestSupport
import Testing

/// A target database with an applier, and a hand that plays the source.
struct ApplierWorld {
    static let source = SourceIdentity(
        incarnation: "11111111-1111-4111-8111-111111111111", name: "db.source")
    static let targetName = "copy"

    let cluster: PostgresCluster
    let database: String
    let applier: Applier
    let link: LoopbackLink

    init(_ sql: String = "") throws {
        cluster = try PostgresCluster.shared()
        database = try cluster.createDatabase("applier")
        try cluster.psql(Self.objects + sql, database: database)
        var configuration = cluster.configuration(database: database)
        // A busy machine is no failure.
        configuration.connectTimeout = .seconds(60)
        applier = Applier(configuration, log: SchemaWorld.silent) { _ in }
        link = LoopbackLink(applier)
    }

    /// The objects that the applier works on.
    private static let objects = """
        CREATE SCHEMA teleport;
        CREATE TABLE teleport.setting(key text PRIMARY KEY, value text NOT NULL);
        INSERT INTO teleport.setting VALUES ('incarnation', '22222222-2222-4222-8222-222222222222');
        CREATE TABLE teleport.position(incarnation text, target text, source_name text, phase text,
          position text, applied text, applied_digest text, load_plan text, updated timestamptz,
          PRIMARY KEY (incarnation, target));
        CREATE TABLE teleport.step(incarnation text, target text, id text, summary text, sql text,
          search_path text, index_schema text, index_name text, state text, attempts int,
          error text, updated timestamptz, PRIMARY KEY (incarnation, target, id));
        CREATE TABLE teleport.load_chunk(incarnation text, target text, chunk int,
          PRIMARY KEY (incarnation, target, chunk));

        """

    func psql(_ sql: String) throws -> String { try cluster.psql(sql, database: database) }

    func snapshot(_ number: Int) throws -> Snapshot {
        try #require(Snapshot("\(number):\(number):"))
    }

    func header(_ kind: BatchHeader.Kind, from: Int? = nil, to: Int) throws -> BatchHeader {
        var header = BatchHeader(
            kind: kind, source: Self.source, target: Self.targetName, to: try snapshot(to))
        header.from = try from.map { try snapshot($0) }
        return header
    }

    /// The position is `position` afterwards, and nothing was copied.
    func begin(at position: Int = 10) async throws {
        var begin = try header(.loadBegin, to: position)
        begin.loadPlan = LoadPlan(chunks: [])
        begin.schema = SchemaSection(applied: "{}")
        #expect(try await send(begin).phase == .loading)
        #expect(try await send(try header(.loadFinish, to: position)).phase == .replicating)
    }

    func state() async throws -> TargetState {
        try await link.state(of: Self.source, target: Self.targetName)
    }

    @discardableResult
    func send(_ header: BatchHeader, _ tables: TableRows...) async throws -> TargetState {
        let frames = Self.frames(header, tables)
        return try await link.send { sink in
            for frame in frames { try await sink.write(frame) }
        }
    }

    /// A batch with rows.
    @discardableResult
    func batch(_ from: Int, _ to: Int, _ tables: TableRows...) async throws -> TargetState {
        let frames = Self.frames(try header(.batch, from: from, to: to), tables)
        return try await link.send { sink in
            for frame in frames { try await sink.write(frame) }
        }
    }

    static func frames(_ header: BatchHeader, _ tables: [TableRows]) -> [Frame] {
        [.header(header)] + tables.flatMap(\.frames)
            + [.end(rowCount: tables.reduce(0) { $0 + $1.rows.count })]
    }
}

/// The rows of one table, in COPY text format.
struct TableRows {
    var start: TableStart
    var rows: [String]

    /// Rows of changes, each beginning with `t` or `f`.
    init(
        _ table: String, schema: String = "public", columns: [String] = ["id", "v"],
        key: [String] = ["id"], mode: TableStart.Mode = .changes, truncate: Bool = false,
        _ rows: [String]
    ) {
        start = TableStart(
            table: TableName(schema: schema, name: table), columns: columns, keyColumns: key,
            mode: mode, truncate: truncate, overridesIdentity: false)
        self.rows = rows
    }

    var frames: [Frame] {
        var checksum = CRC32()
        let bytes = rows.map { Array(($0 + "\n").utf8) }
        for row in bytes { checksum.update(row) }
        return [.tableStart(start)] + bytes.map { .rows($0) }
            + [.tableEnd(rowCount: rows.count, checksum: checksum.value)]
    }
}
