import PGWire
import TestSupport
import Testing

/// Authentication methods × TLS modes × ways to the server.
@Suite(.timeLimit(.minutes(2)))
struct LoginLiveTests {
    let cluster: PostgresCluster
    init() throws { cluster = try LoginCluster.shared.get() }

    private func connect(
        _ role: String, _ mode: PGConfiguration.SSLMode = .disable,
        _ change: (inout PGConfiguration) -> Void = { _ in }
    ) async throws -> PGConnection {
        var configuration = cluster.configuration(database: "postgres", user: role)
        configuration.sslMode = mode
        configuration.sslRootCert = cluster.rootCertificate
        change(&configuration)
        return try await PGConnection.connect(configuration)
    }

    @Test(
        arguments: ["a_scram", "a_md5", "a_clear", "a_trust"], PGConfiguration.SSLMode.allCases)
    func `every method works in every TLS mode`(
        _ role: String, _ mode: PGConfiguration.SSLMode
    ) async throws {
        let connection = try await connect(role, mode)
        let result = try await connection.query(
            "SELECT current_user::text, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())")
        #expect(try result.rows[0].decode(String.self, 0) == role)
        let isEncrypted = mode != .disable && mode != .allow
        #expect(try result.rows[0].decode(Bool.self, 1) == isEncrypted)
        #expect(await connection.isEncrypted == isEncrypted)
        await connection.close()
    }

    @Test(arguments: ["a_scram", "a_md5", "a_clear"])
    func `a wrong password is refused with 28P01`(_ role: String) async throws {
        let error = await #expect(throws: PGError.self) {
            _ = try await connect(role) { $0.password = "wrong" }
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.sqlState == .invalidPassword)
    }

    @Test(arguments: ["a_scram", "a_md5", "a_clear", "a_trust"])
    func `every method works over a Unix socket`(_ role: String) async throws {
        let connection = try await connect(role, .verifyFull) {
            $0.endpoint = .unix(directory: cluster.socketDirectory, port: cluster.port)
        }
        #expect(await !connection.isEncrypted)
        try await connection.execute("SELECT 1")
        await connection.close()
    }

    @Test func `a certificate of a stranger is refused where it is checked`() async throws {
        let stranger = try PostgresCluster.shared().rootCertificate
        for mode in [PGConfiguration.SSLMode.verifyCA, .verifyFull, .require] {
            let error = await #expect(throws: PGError.self) {
                _ = try await connect("a_scram", mode) { $0.sslRootCert = stranger }
            }
            #expect(error?.code == .tlsFailed)
        }
    }

    @Test func `prefer falls back where the server's rules forbid TLS, and require does not`()
        async throws
    {
        let connection = try await connect("a_plain_only", .prefer)
        #expect(await !connection.isEncrypted)
        await connection.close()
        let error = await #expect(throws: PGError.self) {
            _ = try await connect("a_plain_only", .require)
        }
        #expect(error?.sqlState == .invalidAuthorizationSpecification)
    }

    @Test func `allow goes on with TLS where the server's rules ask for it, disable does not`()
        async throws
    {
        let connection = try await connect("a_tls_only", .allow)
        #expect(await connection.isEncrypted)
        await connection.close()
        for mode in [PGConfiguration.SSLMode.disable, .allow] {
            let error = await #expect(throws: PGError.self) {
                _ = try await connect(mode == .allow ? "a_nobody" : "a_tls_only", mode)
            }
            #expect(error?.sqlState == .invalidAuthorizationSpecification)
        }
    }

    @Test func `a statement is cancelled over TLS too, and a COPY goes both ways`() async throws {
        let connection = try await connect("a_scram", .verifyFull)
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(50))
        }
        #expect(error?.code == .timedOut)
        try await connection.execute("CREATE TEMP TABLE t (id int)")
        let sent = try await connection.copyIn("COPY t FROM STDIN") { copy in
            for number in 0..<200_000 { try await copy.write(Array("\(number)\n".utf8)) }
        }
        let received = try await connection.copyOut("COPY t TO STDOUT") { copy in
            var rows = 0
            while let chunk = try await copy.next() { rows += chunk.rowCount }
            return rows
        }
        #expect(sent == 200_000)
        #expect(received == 200_000)
        await connection.close()
    }
}

/// A server with one role for each method.
private enum LoginCluster {
    static let shared = Result {
        let cluster = try PostgresCluster()
        let password = PostgresCluster.password
        try cluster.psql(
            """
            CREATE ROLE a_scram LOGIN PASSWORD '\(password)';
            CREATE ROLE a_clear LOGIN PASSWORD '\(password)';
            CREATE ROLE a_plain_only LOGIN PASSWORD '\(password)';
            CREATE ROLE a_tls_only LOGIN PASSWORD '\(password)';
            CREATE ROLE a_nobody LOGIN PASSWORD '\(password)';
            CREATE ROLE a_trust LOGIN;
            SET password_encryption = 'md5';
            CREATE ROLE a_md5 LOGIN PASSWORD '\(password)';
            """)
        let rules = """
            local all a_clear password
            local all a_md5 md5
            local all a_scram scram-sha-256
            host all a_clear 127.0.0.1/32 password
            host all a_md5 127.0.0.1/32 md5
            host all a_trust 127.0.0.1/32 trust
            hostssl all a_plain_only 127.0.0.1/32 reject
            hostnossl all a_tls_only 127.0.0.1/32 reject
            host all a_nobody 127.0.0.1/32 reject
            """
        let file = try cluster.psql("SHOW hba_file")
        try PostgresCluster.shell(
            "cat - \(file) > \(file).new && cat \(file).new > \(file)", input: rules + "\n")
        try cluster.psql("SELECT pg_reload_conf()")
        return cluster
    }
}
