import PGWire
import Testing
import TestSupport

@Suite(.timeLimit(.minutes(2)))
struct ConnectionLiveTests {
    let cluster: PostgresCluster
    init() throws { cluster = try PostgresCluster.shared() }

    private func connect(_ change: (inout PGConfiguration) -> Void = { _ in }) async throws
        -> PGConnection
    {
        var configuration = cluster.configuration(database: "postgres")
        configuration.sslMode = .disable
        change(&configuration)
        return try await PGConnection.connect(configuration)
    }

    @Test func `a simple query with several statements gives several results`() async throws {
        let connection = try await connect()
        let results = try await connection.execute(
            "SELECT 1 AS a, NULL::text AS b; SELECT x FROM generate_series(1, 3) x; SET work_mem = '5MB'")
        #expect(results.map(\.commandTag) == ["SELECT 1", "SELECT 3", "SET"])
        #expect(results[0].columns.map(\.name) == ["a", "b"])
        #expect(try results[0].rows[0].decode(Int.self, "a") == 1)
        #expect(try results[0].rows[0].decode(String?.self, "b") == nil)
        #expect(results[1].rows.count == 3)
        #expect(connection.serverVersion >= 100_000)
        #expect(connection.isOpen)
        await connection.close()
        #expect(!connection.isOpen)
        await #expect(throws: PGError.self) { try await connection.execute("SELECT 1") }
    }

    @Test(
        arguments: [nil, "", "plain", "it's \"quoted\" \\ back", "żółć 日本語 👩‍👩‍👧", "two\nlines\t"]
            as [String?])
    func `a parameter comes back as it went`(_ text: String?) async throws {
        let connection = try await connect()
        let result = try await connection.query(
            "SELECT $1::text, $2::int, $3::text[]", [PGParameter(text), 42, PGParameter(array: [text, "x"])])
        #expect(try result.rows[0].decode(String?.self, 0) == text)
        #expect(try result.rows[0].decode(Int.self, 1) == 42)
        let second = try await connection.query(
            "SELECT ($1::text[])[1]", [PGParameter(array: [text])])
        #expect(try second.rows[0].decode(String?.self, 0) == text)
        await connection.close()
    }

    @Test func `a server error has all its fields and leaves the connection usable`() async throws {
        let connection = try await connect()
        try await connection.execute(
            "CREATE TEMP TABLE t (id int CONSTRAINT t_key PRIMARY KEY, n int NOT NULL)")
        try await connection.query("INSERT INTO t VALUES (1, 1)")
        let error = await #expect(throws: PGError.self) {
            try await connection.query("INSERT INTO t VALUES ($1, 1)", [1])
        }
        #expect(error?.sqlState == .uniqueViolation)
        #expect(error?.server?.constraintName == "t_key")
        #expect(error?.server?.tableName == "t")
        let missing = await #expect(throws: PGError.self) {
            try await connection.execute("SELECT 1; SELECT nothing FROM nowhere; SELECT 2")
        }
        #expect(missing?.sqlState == .undefinedTable)
        #expect(try await connection.query("SELECT 7").rows[0].decode(Int.self, 0) == 7)
        await connection.close()
    }

    @Test func `values of a server error are not in its description`() async throws {
        let connection = try await connect()
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT $1::int", ["secret"])
        }
        #expect(error?.sqlState == .invalidTextRepresentation)
        #expect(error?.description.contains("secret") == false)
        #expect(error?.server?.message.contains("secret") == true)
        await connection.close()
    }

    @Test func `a wrong password is a clear error`() async throws {
        let error = await #expect(throws: PGError.self) {
            _ = try await connect { $0.password = "wrong" }
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.sqlState == .invalidPassword)
        let missing = await #expect(throws: PGError.self) {
            _ = try await connect { $0.password = nil }
        }
        #expect(missing?.code == .authenticationFailed)
    }

    @Test func `a missing database is told by its SQLSTATE`() async throws {
        let error = await #expect(throws: PGError.self) {
            _ = try await connect { $0.database = "no such" }
        }
        #expect(error?.code == .server)
        #expect(error?.sqlState == .invalidCatalogName)
    }

    @Test func `a Unix socket with trust needs no password`() async throws {
        let connection = try await connect {
            $0.endpoint = .unix(directory: cluster.socketDirectory, port: cluster.port)
            $0.password = nil
            $0.runtimeParameters = ["application_name": "pgwire-test", "DateStyle": "ISO, DMY"]
        }
        let result = try await connection.query("SHOW application_name")
        #expect(try result.rows[0].decode(String.self, 0) == "pgwire-test")
        #expect(await connection.parameterStatus("DateStyle") == "ISO, DMY")
        await connection.close()
    }

    @Test func `a hundred tasks each get their own answer`() async throws {
        let connection = try await connect()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let result = try await connection.query("SELECT $1::int", [PGParameter(number)])
                    #expect(try result.rows[0].decode(Int.self, 0) == number)
                }
            }
            try await group.waitForAll()
        }
        await connection.close()
    }

    @Test func `a COPY in and out carries a million rows`() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (id int, s text)")
        let count = try await connection.copyIn("COPY t FROM STDIN") { copy in
            var bytes: [UInt8] = []
            for number in 0..<1_000_000 {
                bytes += Array("\(number)\trow number \(number)\n".utf8)
                if bytes.count > 100_000 {
                    try await copy.write(bytes)
                    bytes = []
                }
            }
            try await copy.write(bytes)
        }
        #expect(count == 1_000_000)
        let (rows, size) = try await connection.copyOut("COPY t TO STDOUT") { copy in
            var rows = 0
            var size = 0
            while let chunk = try await copy.next() {
                rows += chunk.rowCount
                size += chunk.bytes.count
                #expect(chunk.bytes.last == UInt8(ascii: "\n"))
            }
            return (rows, size)
        }
        #expect(rows == 1_000_000)
        #expect(size > 20_000_000)
        #expect(try await connection.query("SELECT 1").rows.count == 1)
        await connection.close()
    }
}
