import PGWire
import TestSupport
import Testing

/// Prepared statements behind PgBouncer in transaction mode: with the system's, which knows none before
/// 1.21, and with one that does.
@Suite(.timeLimit(.minutes(2)))
struct PgBouncerStatementTests {
    private static let old = Result {
        try PgBouncer(PostgresCluster.shared(), settings: ["default_pool_size = 2"])
    }
    private static let newer = Result {
        try PgBouncer(
            PostgresCluster.shared(), program: PgBouncer.newer,
            settings: ["max_prepared_statements = 40"])
    }

    private func connect(_ bouncer: PgBouncer, cache: Int) async throws -> PGConnection {
        var configuration = bouncer.configuration(database: "postgres")
        configuration.sslMode = .disable
        configuration.statementCacheSize = cache
        return try await PGConnection.connect(configuration)
    }

    // MARK: Without

    @Test(arguments: [PGConfiguration.SSLMode.disable, .verifyFull])
    func `without a cache every kind of request works`(_ mode: PGConfiguration.SSLMode)
        async throws
    {
        let cluster = try PostgresCluster.shared()
        var configuration = try Self.old.get().configuration(database: "postgres")
        configuration.sslMode = mode
        configuration.sslRootCert = cluster.rootCertificate
        let all = try await EveryKind.over(configuration, of: cluster)
        try await all.simple()
        try await all.extended()
        try await all.pipelined()
        try await all.streamed()
        try await all.copied()
        try await all.copyRefused()
        try await all.cancelled()
        try await all.transacted()
        try await all.end()
    }

    /// Two clients, and a third that keeps a server session for itself: what the first prepared there
    /// is out of its reach, and a statement of the second is at hand.
    private func withSessionTaken<R>(
        _ body: (PGConnection, PGConnection, _ take: () async throws -> PGConnection) async throws
            -> R
    ) async throws -> R {
        let bouncer = try Self.old.get()
        let first = try await connect(bouncer, cache: 10)
        let second = try await connect(bouncer, cache: 10)
        let result = try await body(first, second) {
            // The session that was used last is the next one's.
            let keeper = try await connect(bouncer, cache: 0)
            try await keeper.execute("BEGIN; SELECT 1")
            return keeper
        }
        await first.close()
        await second.close()
        return result
    }

    @Test func `with a cache nobody is given the answer to another's statement`() async throws {
        try await withSessionTaken { first, second, take in
            #expect(try await first.query("SELECT 'first'")[0].decode(String.self, 0) == "first")
            let keeper = try await take()
            #expect(try await second.query("SELECT 'second'")[0].decode(String.self, 0) == "second")
            // Both run on one session now.
            #expect(try await first.query("SELECT 'first'")[0].decode(String.self, 0) == "first")
            #expect(try await second.query("SELECT 'second'")[0].decode(String.self, 0) == "second")
            try await keeper.execute("ROLLBACK")
            await keeper.close()
        }
    }

    @Test func `a statement that is on another session is an error that says what to do`()
        async throws
    {
        try await withSessionTaken { first, _, take in
            let statement = try await first.prepare("SELECT 'prepared'")
            _ = try await first.query("SELECT 'cached'")
            let keeper = try await take()
            var error = await #expect(throws: PGError.self) { try await first.query(statement) }
            #expect(error?.sqlState == .invalidSQLStatementName)
            #expect(error?.message.contains("set statementCacheSize to 0") == true)
            // Inside a transaction nothing is prepared anew.
            try await first.execute("BEGIN")
            error = await #expect(throws: PGError.self) { try await first.query("SELECT 'cached'") }
            #expect(error?.message.contains("set statementCacheSize to 0") == true)
            try await first.execute("ROLLBACK")
            try await keeper.execute("ROLLBACK")
            await keeper.close()
        }
    }

    // MARK: With

    private static let missing: Comment = "not here: scripts/servers pgbouncer"

    @Test(.enabled(if: PgBouncer.isNewerHere, missing), arguments: [0, 5, 256])
    func `with support every kind of request works, cached and prepared`(_ cache: Int)
        async throws
    {
        let cluster = try PostgresCluster.shared()
        var configuration = try Self.newer.get().configuration(database: "postgres")
        configuration.sslMode = .disable
        configuration.statementCacheSize = cache
        let all = try await EveryKind.over(configuration, of: cluster)
        try await all.simple()
        try await all.extended()
        try await all.prepared()
        try await all.pipelined()
        try await all.streamed()
        try await all.copied()
        try await all.copyRefused()
        try await all.cancelled()
        try await all.transacted()
        try await all.end()
    }

    @Test(.enabled(if: PgBouncer.isNewerHere, missing))
    func `many clients with thousands of statements over few sessions get their own answers`()
        async throws
    {
        let bouncer = try Self.newer.get()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<16 {
                group.addTask {
                    // From hardly any cache to one that holds all.
                    let connection = try await connect(
                        bouncer, cache: [1, 20, 60, 500][client % 4])
                    var wrong = 0
                    for round in 0..<150 {
                        // Statements that all clients share, and their own.
                        let number = round % 100
                        let shared = try await connection.query(
                            "SELECT \(raw: "\(number)"), \(client)::int8, \(round)::int8")[0]
                        if try shared.decode(Int.self, Int.self, Int.self) != (
                            number, client, round
                        ) {
                            wrong += 1
                        }
                        let own = try await connection.query(
                            "SELECT \(raw: "'c\(client)n\(number)'")::text || \(round)::text")[0]
                        if try own.decode(String.self, 0) != "c\(client)n\(number)\(round)" {
                            wrong += 1
                        }
                        guard round % 10 == 0 else { continue }
                        let answers = try await connection.pipeline { pipeline in
                            for step in 0..<10 {
                                pipeline.query(
                                    "SELECT \(raw: "\(number + step)") * \(client)::int8")
                            }
                        }
                        for (step, answer) in answers.enumerated()
                        where try answer.get()[0].decode(Int.self, 0) != (number + step) * client {
                            wrong += 1
                        }
                    }
                    await connection.close()
                    return wrong
                }
            }
            for try await wrong in group { #expect(wrong == 0) }
        }
    }

    @Test(.enabled(if: PgBouncer.isNewerHere, missing))
    func `a plan that is gone is made anew behind it, though its sessions keep the statement`()
        async throws
    {
        let cluster = try PostgresCluster.shared()
        let table = "replanned_\(UInt32.random(in: 0 ... .max))"
        let sql = PGStatement("SELECT * FROM \(table) WHERE a < $1", [100])
        try cluster.psql("CREATE TABLE \(table) (a int); INSERT INTO \(table) VALUES (1)")
        let connection = try await connect(Self.newer.get(), cache: 10)
        #expect(try await connection.query(sql)[0].count == 1)
        // Several times: the statement is not kept on the server any more, and its columns change.
        for columns in 2...4 {
            try cluster.psql(
                "ALTER TABLE \(table) ADD c\(columns) \(columns == 3 ? "text" : "int") DEFAULT 2")
            for _ in 0..<3 { #expect(try await connection.query(sql)[0].count == columns) }
            let streamed = try await connection.stream(sql) { rows in
                var columns: [Int] = []
                for try await row in rows { columns.append(row.count) }
                return columns
            }
            #expect(streamed == [columns])
            let answers = try await connection.pipeline { pipeline in
                pipeline.query(sql)
                pipeline.query(sql)
            }
            for answer in answers { #expect(try answer.get()[0].count == columns) }
        }
        try cluster.psql("ALTER TABLE \(table) ALTER a TYPE int8")
        #expect(try await connection.query(sql)[0].decode(Int.self, 0) == 1)
        await connection.close()
        try cluster.psql("DROP TABLE \(table)")
    }

    @Test(.enabled(if: PgBouncer.isNewerHere, missing))
    func `inside a transaction a plan that is gone is an error, and made anew after it`()
        async throws
    {
        let cluster = try PostgresCluster.shared()
        let table = "replanned_\(UInt32.random(in: 0 ... .max))"
        let sql = PGStatement("SELECT * FROM \(table)", [])
        try cluster.psql("CREATE TABLE \(table) (a int); INSERT INTO \(table) VALUES (1)")
        let connection = try await connect(Self.newer.get(), cache: 10)
        #expect(try await connection.query(sql)[0].count == 1)
        try cluster.psql("ALTER TABLE \(table) ADD b int DEFAULT 2")
        try await connection.execute("BEGIN")
        let error = await #expect(throws: PGError.self) { try await connection.query(sql) }
        #expect(error?.sqlState == .featureNotSupported)
        try await connection.execute("ROLLBACK")
        #expect(try await connection.query(sql)[0].count == 2)
        await connection.close()
        try cluster.psql("DROP TABLE \(table)")
    }
}
