import PGWire
import TestSupport
import Testing

/// A body that is handed a connection runs where its caller runs: were it to run on the loop's
/// thread, one that computes or blocks would hold up every connection there.
@Suite(.timeLimit(.minutes(1)))
struct BodyIsolationTests {
    let cluster: PostgresCluster
    init() throws { cluster = try PostgresCluster.shared() }

    private func connect() async throws -> PGConnection {
        var configuration = cluster.configuration(database: "postgres")
        configuration.sslMode = .disable
        return try await PGConnection.connect(configuration)
    }

    private func exercise() async throws -> [String] {
        var found: [String] = []
        let connection = try await connect()
        let loop = connection.loop
        func note(_ what: String) { if loop.isOnLoop { found.append(what) } }
        note("after connect")
        try await connection.execute("CREATE TEMP TABLE body (line text)")
        note("after execute")
        try await connection.copyOut("COPY (SELECT generate_series(1, 100000)) TO STDOUT") { copy in
            note("copyOut")
            while try await copy.next() != nil { note("copyOut, after next") }
        }
        note("after copyOut")
        _ = try await connection.copyIn("COPY body FROM STDIN") { copy in
            note("copyIn")
            try await copy.write(Array("a\n".utf8))
            note("copyIn, after write")
        }
        note("after copyIn")
        try await connection.stream("SELECT generate_series(1, 100000)") { rows in
            note("stream")
            for try await _ in rows { note("stream, a row") }
        }
        note("after stream")
        try await connection.withTransaction { _ in note("transaction") }
        note("after transaction")
        try await connection.listen(to: "body") { _ in note("listen") }
        note("after listen")
        let pool = try PGPool(cluster.configuration(database: "postgres"))
        try await pool.withConnection { connection in
            note("withConnection")
            try await connection.execute("SELECT 1")
            note("withConnection, after execute")
        }
        note("after withConnection")
        try await pool.withTransaction { _ in note("withTransaction") }
        await pool.close()
        note("after close")
        await connection.close()
        return Array(Set(found)).sorted()
    }

    @Test func `a body runs where its caller runs`() async throws {
        let direct = try await exercise()
        #expect(direct == [])
        let detached = try await Task.detached { try await exercise() }.value
        #expect(detached == [])
    }
}
