import Glibc
import PGWire
import TestSupport
import Testing

/// Client certificates, revocation lists, versions, names and direct TLS, against a server.
@Suite(.timeLimit(.minutes(2)))
struct TLSOptionsLiveTests {
    let cluster: PostgresCluster
    init() throws { cluster = try AuthCluster.shared() }

    private func configuration(
        _ role: String = "a_scram", _ change: (inout PGConfiguration) throws -> Void
    ) throws -> PGConfiguration {
        var configuration = cluster.configuration(database: "postgres", user: role)
        configuration.sslMode = .verifyFull
        configuration.sslRootCert = cluster.rootCertificate
        try change(&configuration)
        return configuration
    }

    /// Logs in and asks the server about the connection's TLS.
    @discardableResult
    private func connect(
        _ role: String = "a_scram", _ change: (inout PGConfiguration) throws -> Void
    ) async throws -> (version: String?, subject: String?) {
        let connection = try await PGConnection.connect(configuration(role, change))
        let row = try await connection.query(
            "SELECT version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        ).rows[0]
        let answer = (try row.decode(String?.self, 0), try row.decode(String?.self, 1))
        await connection.close()
        return answer
    }

    private func refusal(
        _ role: String = "a_scram", _ change: (inout PGConfiguration) throws -> Void
    ) async throws -> PGError {
        let error = await #expect(throws: PGError.self) { _ = try await connect(role, change) }
        return try #require(error)
    }

    // MARK: Client certificates

    private func certificate(
        _ configuration: inout PGConfiguration, key: String = "client.key"
    ) throws {
        configuration.password = nil
        configuration.sslCert = try AuthCluster.file("client.crt")
        configuration.sslKey = try AuthCluster.file(key)
    }

    @Test(arguments: ["client.key", "client-secret.key", "client.der"])
    func `a client certificate logs in`(_ key: String) async throws {
        let answer = try await connect("a_cert") {
            try certificate(&$0, key: key)
            $0.sslPassword = "open sesame"
        }
        #expect(answer.subject == "/CN=a_cert")
    }

    @Test func `without one the server says that it wants one`() async throws {
        let error = try await refusal("a_cert") { _ in }
        #expect(error.sqlState == .invalidAuthorizationSpecification)
    }

    @Test(arguments: [nil, "wrong", ""] as [String?])
    func `an encrypted key without its passphrase is refused, and nobody is asked`(
        _ passphrase: String?
    ) async throws {
        let error = try await refusal("a_cert") {
            try certificate(&$0, key: "client-secret.key")
            $0.sslPassword = passphrase
        }
        #expect(error.code == .invalidConfiguration)
        #expect(!error.message.contains("wrong"))
    }

    @Test func `a key that others may read is refused`() async throws {
        let file = try AuthCluster.file("open.key")
        try PostgresCluster.shell("cp \(AuthCluster.file("client.key")) \(file); chmod 644 \(file)")
        let error = try await refusal("a_cert") { try certificate(&$0, key: "open.key") }
        #expect(error.code == .invalidConfiguration)
        #expect(error.message.contains("chmod 600"))
    }

    @Test(arguments: ["stranger.key", "missing.key", "ca.crt", "crl-none"])
    func `a key that is not the certificate's is refused`(_ key: String) async throws {
        let error = try await refusal("a_cert") { try certificate(&$0, key: key) }
        #expect(error.code == .invalidConfiguration)
        #expect(error.message.contains("sslkey"))
    }

    @Test func `a certificate needs its key`() async throws {
        let error = try await refusal("a_cert") { $0.sslCert = try AuthCluster.file("client.crt") }
        #expect(error.code == .invalidConfiguration)
    }

    @Test func `a server that does not accept our certificate is a failure of TLS`() async throws {
        let front = try TLSFront(
            cluster, ["asked": true, "client_ca": PostgresCluster.shared().rootCertificate])
        for version in [PGConfiguration.TLSVersion.tls1_2, .tls1_3] {
            let error = try await refusal("a_cert") {
                try certificate(&$0)
                $0.endpoint = .tcp(host: "localhost", port: front.port)
                $0.sslMaxProtocolVersion = version
            }
            #expect(error.code == .tlsFailed, "\(error)")
        }
    }

    // MARK: Revocation

    @Test func `a revoked certificate is refused, by file and by directory`() async throws {
        try await connect { $0.sslCRL = try AuthCluster.file("none.crl") }
        try await connect { $0.sslCRLDirectory = try AuthCluster.file("crl-none") }
        let byFile = try await refusal { $0.sslCRL = try AuthCluster.file("server.crl") }
        let byDirectory = try await refusal {
            $0.sslCRLDirectory = try AuthCluster.file("crl-server")
        }
        for error in [byFile, byDirectory] {
            #expect(error.code == .tlsFailed)
            #expect(error.message.contains("revoked"))
        }
        // Without a check there is nothing to revoke.
        try await connect {
            $0.sslMode = .require
            $0.sslRootCert = nil
            $0.sslCRL = try AuthCluster.file("server.crl")
        }
    }

    @Test(arguments: ["missing.crl", "server.key"])
    func `a revocation list that cannot be read is refused`(_ name: String) async throws {
        let error = try await refusal { $0.sslCRL = try AuthCluster.file(name) }
        #expect(error.code == .invalidConfiguration)
    }

    // MARK: Versions

    @Test func `the versions of TLS are bounded on both sides`() async throws {
        #expect(try await connect { $0.sslMaxProtocolVersion = .tls1_2 }.version == "TLSv1.2")
        #expect(try await connect { $0.sslMinProtocolVersion = .tls1_3 }.version == "TLSv1.3")
        #expect(try await connect { $0.sslMinProtocolVersion = nil }.version == "TLSv1.3")
        let old = try TLSFront(cluster, ["asked": true, "newest": "TLSv1.2"])
        let error = try await refusal {
            $0.endpoint = .tcp(host: "localhost", port: old.port)
            $0.sslMinProtocolVersion = .tls1_3
        }
        #expect(error.code == .tlsFailed)
        let crossed = try await refusal {
            $0.sslMinProtocolVersion = .tls1_3
            $0.sslMaxProtocolVersion = .tls1_2
        }
        #expect(crossed.code == .invalidConfiguration)
    }

    // MARK: The system's authorities

    @Test func `the system's authorities vouch for what they signed, and their host alone`()
        async throws
    {
        // Where OpenSSL looks for the system's.
        setenv("SSL_CERT_FILE", cluster.rootCertificate, 1)
        defer { unsetenv("SSL_CERT_FILE") }
        for _ in 0..<2 {
            try await connect {
                $0.endpoint = .tcp(host: "localhost", port: cluster.port)
                $0.sslRootCert = "system"
            }
        }
        setenv("SSL_CERT_FILE", try PostgresCluster.shared().rootCertificate, 1)
        #expect(try await refusal { $0.sslRootCert = "system" }.code == .tlsFailed)
        let weak = try await refusal {
            $0.sslRootCert = "system"
            $0.sslMode = .verifyCA
        }
        #expect(weak.code == .invalidConfiguration)
    }

    // MARK: Names

    @Test func `a certificate may name an address`() async throws {
        try await connect { $0.endpoint = .tcp(host: "127.0.0.1", port: cluster.port) }
    }

    @Test func `the server's name is told unless it is an address or unwanted`() async throws {
        let front = try TLSFront(cluster, ["asked": true])
        for (host, tells) in [("localhost", true), ("127.0.0.1", true), ("localhost", false)] {
            try await connect {
                $0.endpoint = .tcp(host: host, port: front.port)
                $0.sslSNI = tells
            }
        }
        #expect(try front.handshakes().map(\.sni) == ["localhost", nil, nil])
    }

    // MARK: Direct TLS

    private func direct(_ configuration: inout PGConfiguration, _ port: Int) {
        configuration.endpoint = .tcp(host: "localhost", port: port)
        configuration.sslNegotiation = .direct
    }

    @Test func `direct TLS logs in, and cancels over direct TLS with the client's certificate`()
        async throws
    {
        let front = try TLSFront(
            cluster, ["alpn": ["postgresql"], "client_ca": cluster.rootCertificate])
        let configuration = try configuration {
            try certificate(&$0)
            $0.password = PostgresCluster.password
            direct(&$0, front.port)
        }
        let connection = try await PGConnection.connect(configuration)
        #expect(await connection.isEncrypted)
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(100))
        }
        #expect(error?.code == .timedOut)
        #expect(error?.sqlState == .queryCanceled)
        try await connection.execute("SELECT 1")
        await connection.close()
        let handshakes = try front.handshakes()
        #expect(handshakes.count == 2)
        for handshake in handshakes {
            #expect(handshake.alpn == "postgresql")
            #expect(handshake.names == ["a_cert"])
            #expect(handshake.error == nil)
        }
    }

    @Test(arguments: [[], ["http/1.1"]])
    func `direct TLS with a server that does not know the protocol is refused`(
        _ protocols: [String]
    ) async throws {
        let front = try TLSFront(cluster, ["alpn": protocols])
        let error = try await refusal { direct(&$0, front.port) }
        #expect(error.code == .tlsFailed)
        #expect(error.message.contains("ALPN"))
    }

    @Test func `direct TLS with a server before 17 is an error`() async throws {
        let error = try await refusal { direct(&$0, cluster.port) }
        #expect(error.code == .tlsFailed || error.code == .connectionLost)
    }

    @Test(arguments: [PGConfiguration.SSLMode.disable, .allow, .prefer])
    func `direct TLS needs a mode that insists on TLS`(_ mode: PGConfiguration.SSLMode) async throws
    {
        for endpoint in [
            PGConfiguration.Endpoint.tcp(host: "localhost", port: cluster.port),
            .unix(directory: cluster.socketDirectory, port: cluster.port),
        ] {
            let error = try await refusal {
                $0.endpoint = endpoint
                $0.sslMode = mode
                $0.sslNegotiation = .direct
            }
            #expect(error.code == .invalidConfiguration)
            #expect(error.message.contains("weak sslmode \(mode.rawValue) may not be used"))
        }
    }

    // MARK: Kept contexts

    @Test func `a root certificate that was replaced is noticed by the next connection`()
        async throws
    {
        let file = try AuthCluster.file("changing.crt")
        let stranger = try PostgresCluster.shared().rootCertificate
        for _ in 0..<2 {
            try PostgresCluster.shell("cp \(cluster.rootCertificate) \(file)")
            try await connect { $0.sslRootCert = file }
            try await connect { $0.sslRootCert = file }
            try PostgresCluster.shell("cp \(stranger) \(file)")
            #expect(try await refusal { $0.sslRootCert = file }.code == .tlsFailed)
        }
        try PostgresCluster.shell("rm \(file)")
        #expect(try await refusal { $0.sslRootCert = file }.code == .invalidConfiguration)
    }
}
