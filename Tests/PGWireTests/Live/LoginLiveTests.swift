import PGWire
import TestSupport
import Testing

/// Logging in; methods × TLS modes × ways to the server are in `LoginMatrixTests`.
@Suite(.timeLimit(.minutes(2)))
struct LoginLiveTests {
    let cluster: PostgresCluster
    init() throws { cluster = try AuthCluster.shared() }

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

    private static let methods = ["a_scram", "a_md5", "a_clear", "a_trust"]

    /// What the connection is, and whether a statement can be cancelled on it.
    private func expect(_ connection: PGConnection, _ role: String, tls: Bool) async throws {
        let result = try await connection.query(
            "SELECT current_user::text, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())")
        #expect(try result.rows[0].decode(String.self, 0) == role)
        #expect(try result.rows[0].decode(Bool.self, 1) == tls)
        #expect(await connection.isEncrypted == tls)
        let error = await #expect(throws: PGError.self) {
            try await connection.execute("SELECT pg_sleep(60)", timeout: .milliseconds(20))
        }
        #expect(error?.sqlState == .queryCanceled)
        await connection.close()
    }

    @Test(arguments: methods, PGConfiguration.SSLMode.allCases)
    func `require_auth lets in by its method alone`(
        _ role: String, _ mode: PGConfiguration.SSLMode
    ) async throws {
        let method: [String: PGConfiguration.AuthMethod] = [
            "a_scram": .scramSHA256, "a_md5": .md5, "a_clear": .password, "a_trust": .none,
        ]
        let own = try #require(method[role])
        try await connect(role, mode) { $0.requireAuth = .oneOf([own, .gss]) }.close()
        let error = await #expect(throws: PGError.self) {
            _ = try await connect(role, mode) { $0.requireAuth = .noneOf([own]) }
        }
        #expect(error?.code == .authenticationFailed)
    }

    @Test func `allow goes over to TLS where the server's rules forbid plain text`() async throws {
        let connection = try await connect("a_tls_only", .allow)
        #expect(await connection.isEncrypted)
        await connection.close()
        let error = await #expect(throws: PGError.self) {
            _ = try await connect("a_tls_only", .disable)
        }
        #expect(error?.sqlState == .invalidAuthorizationSpecification)
    }

    @Test(arguments: ["a_scram", "a_md5", "a_clear"])
    func `a wrong password is refused with 28P01`(_ role: String) async throws {
        let error = await #expect(throws: PGError.self) {
            _ = try await connect(role) { $0.password = "wrong" }
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.sqlState == .invalidPassword)
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

    @Test(
        arguments: [
            "plain", "caf\u{e9}", "cafe\u{301}", "I\u{ad}X\u{a0}\u{2168}", "\u{fb01}\u{200b}x",
            "\u{ad}",
            "\u{e9}\u{7}", "\u{5d0}\u{5d1}", "\u{5d0}1", "\u{627}a\u{628}", "\u{e9}\u{340}",
            "\u{1f600}\u{e9}", "\u{1f100}", "\u{1100}\u{1161}\u{11a8}", "\u{e9}\u{e000}",
            "\u{3000}\u{ff21}",
            "\u{2f800}", "\u{fb2c}\u{5d0}",
        ])
    func `the server prepares a password as we do`(_ password: String) async throws {
        let role = "a_prep_\(UInt32.random(in: 0 ... .max))"
        try cluster.psql("CREATE ROLE \(role) LOGIN PASSWORD '\(password)'")
        let connection = try await connect(role) { $0.password = password }
        await connection.close()
        try cluster.psql("DROP ROLE \(role)")
    }

    @Test func `a server before 18 brings protocol 3_2 down to 3_0, unless that is too old`()
        async throws
    {
        let connection = try await connect("a_scram") { $0.maxProtocolVersion = .v3_2 }
        try await expect(connection, "a_scram", tls: false)
        let error = await #expect(throws: PGError.self) {
            _ = try await connect("a_scram") {
                $0.maxProtocolVersion = .v3_2
                $0.minProtocolVersion = .v3_2
            }
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func `a server that asks for more iterations than we do is refused`() async throws {
        let error = await #expect(throws: PGError.self) {
            _ = try await connect("a_scram") { $0.scramMaxIterations = 4095 }
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("4096") == true)
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
