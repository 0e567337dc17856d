import PGWire
import TestSupport
import Testing

/// Versions × password methods × TLS modes × ways to the server.
@Suite(.timeLimit(.minutes(3)))
struct LoginMatrixTests {
    /// The ways to a server.
    enum Way: CaseIterable { case tcp, unix }

    /// One login.
    struct Login: CustomTestStringConvertible {
        let version: PostgresVersion
        let role: String
        let mode: PGConfiguration.SSLMode
        let way: Way

        var testDescription: String { "\(version) \(role) \(mode.rawValue) \(way)" }

        static let all = PostgresVersion.here.flatMap { version in
            ["a_scram", "a_md5", "a_clear", "a_trust"].flatMap { role in
                PGConfiguration.SSLMode.allCases.flatMap { mode in
                    Way.allCases.map { Login(version: version, role: role, mode: mode, way: $0) }
                }
            }
        }
    }

    @Test(arguments: Login.all)
    func `every method works in every TLS mode over TCP and a Unix socket`(_ login: Login)
        async throws
    {
        let cluster = try AuthCluster.shared(version: login.version)
        var configuration = cluster.configuration(database: "postgres", user: login.role)
        configuration.sslMode = login.mode
        configuration.sslRootCert = cluster.rootCertificate
        if login.way == .unix {
            configuration.endpoint = .unix(directory: cluster.socketDirectory, port: cluster.port)
        }
        let insists = [.require, .verifyCA, .verifyFull].contains(login.mode)
        if insists, !cluster.hasTLS, login.way == .tcp {
            let error = await #expect(throws: PGError.self) {
                _ = try await PGConnection.connect(configuration)
            }
            #expect(error?.code == .tlsFailed)
            return
        }
        // On a Unix socket no mode asks for TLS; `allow` is content with what the server does not refuse.
        let encrypted =
            login.way == .tcp && cluster.hasTLS && (insists || login.mode == .prefer)
        let connection = try await PGConnection.connect(configuration)
        let row = try await connection.query(
            "SELECT current_user::text, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())"
        )[0]
        #expect(try row.decode(String.self, 0) == login.role)
        #expect(try row.decode(Bool.self, 1) == encrypted)
        #expect(await connection.isEncrypted == encrypted)
        #expect(connection.serverVersion / 10_000 == login.version.rawValue)
        if login.mode == .disable || login.mode == .verifyFull {
            let error = await #expect(throws: PGError.self) {
                try await connection.execute("SELECT pg_sleep(60)", timeout: .milliseconds(10))
            }
            #expect(error?.sqlState == .queryCanceled)
        }
        await connection.close()
    }

    @Test(arguments: PostgresVersion.here, ["a_scram", "a_md5", "a_clear"])
    func `a wrong password is refused by every version`(
        _ version: PostgresVersion, _ role: String
    ) async throws {
        var configuration = try AuthCluster.shared(version: version)
            .configuration(database: "postgres", user: role)
        configuration.password = "wrong"
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration)
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.sqlState == .invalidPassword)
    }
}
