import PGWire
import TestSupport
import Testing

/// Cached statements that the server refuses: which are prepared again and run once more, and which are
/// not.
@Suite(.timeLimit(.minutes(1))) struct StaleStatementTests {
    private func connect() async throws -> PGConnection {
        try await .connect(PostgresCluster.shared().configuration(database: "postgres"))
    }

    @Test func `a cached statement that fails alike after it had effects is not run again`()
        async throws
    {
        let connection = try await connect()
        let name = "effects_\(UInt32.random(in: 0 ... .max))"
        try await connection.execute(
            """
            CREATE TABLE \(name) (a int);
            CREATE PROCEDURE \(name)() LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO \(name) VALUES (1);
                COMMIT;
                RAISE EXCEPTION 'no' USING ERRCODE = 'feature_not_supported';
            END $$
            """)
        // The first use prepares it, the second finds it in the cache.
        for count in 1...2 {
            let error = await #expect(throws: PGError.self) {
                try await connection.query("CALL \(raw: name)()")
            }
            #expect(error?.sqlState == .featureNotSupported)
            let row = try await connection.query("SELECT count(*) FROM \(raw: name)")[0]
            #expect(try row.decode(Int.self, 0) == count)
        }
        try await connection.execute("DROP PROCEDURE \(name); DROP TABLE \(name)")
        await connection.close()
    }

    @Test func `a cached stream and pipeline outlive a table that changes`() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE p (a int); INSERT INTO p VALUES (1)")
        for columns in 1...3 {
            if columns > 1 { try await connection.execute("ALTER TABLE p ADD c\(columns) int") }
            for fetchSize in [0, 1] {
                let counts = try await connection.stream("SELECT * FROM p", fetchSize: fetchSize) {
                    var counts: [Int] = []
                    for try await row in $0 { counts.append(row.count) }
                    return counts
                }
                #expect(counts == [columns])
            }
        }
        try await connection.execute("ALTER TABLE p ADD d int")
        func piped() async throws -> [Result<PGResult, PGError>] {
            try await connection.pipeline { $0.query("SELECT * FROM p") }
        }
        // Its statements are parts of a transaction: the error stands, and the next use is good.
        if case .failure(let error) = try await piped()[0] {
            #expect(error.sqlState == .featureNotSupported)
        } else {
            Issue.record("the plan was not gone")
        }
        #expect(try await piped()[0].get()[0].count == 4)
        await connection.close()
    }
}
