import PGWire
import TestSupport
import Testing

/// SCRAM-SHA-256-PLUS with a server, and with somebody between.
@Suite(.timeLimit(.minutes(2)))
struct ChannelBindingLiveTests {
    let cluster: PostgresCluster
    init() throws { cluster = try AuthCluster.shared() }

    private func connect(
        _ binding: PGConfiguration.ChannelBinding, role: String = "a_scram",
        mode: PGConfiguration.SSLMode = .require, port: Int? = nil
    ) async throws {
        var configuration = cluster.configuration(database: "postgres", user: role)
        configuration.endpoint = .tcp(host: "localhost", port: port ?? cluster.port)
        configuration.sslMode = mode
        configuration.channelBinding = binding
        let connection = try await PGConnection.connect(configuration)
        try await connection.execute("SELECT 1")
        await connection.close()
    }

    /// Why the server, or we, did not come together; nil where we did.
    private func refusal(
        _ binding: PGConfiguration.ChannelBinding, role: String = "a_scram",
        mode: PGConfiguration.SSLMode = .require, port: Int? = nil
    ) async -> PGError? {
        do {
            try await connect(binding, role: role, mode: mode, port: port)
            return nil
        } catch {
            return error as? PGError
        }
    }

    @Test(arguments: PGConfiguration.ChannelBinding.allCases)
    func `SCRAM is bound as asked`(_ binding: PGConfiguration.ChannelBinding) async throws {
        try await connect(binding)
    }

    @Test func `what is not bound does not do where binding is required`() async throws {
        for role in ["a_md5", "a_clear", "a_trust"] {
            let error = await refusal(.require, role: role)
            #expect(error?.code == .authenticationFailed)
            #expect(error?.message.contains("channel_binding=require") == true)
        }
        let plain = await refusal(.require, mode: .disable)
        #expect(plain?.code == .authenticationFailed)
    }

    @Test func `somebody between who shows another certificate is found out`() async throws {
        let stranger = try PostgresCluster.shared().socketDirectory
        let front = try TLSFront(
            cluster,
            [
                "asked": true, "upstream_tls": true, "cert": "\(stranger)/server.crt",
                "key": "\(stranger)/server.key",
            ])
        try await connect(.disable, port: front.port)
        for binding in [PGConfiguration.ChannelBinding.prefer, .require] {
            let error = await refusal(binding, port: front.port)
            #expect(error?.code == .authenticationFailed, "\(String(describing: error))")
        }
    }

    @Test func `somebody between who takes the offer of binding away is found out`() async throws {
        let front = try TLSFront(
            cluster, ["asked": true, "upstream_tls": true, "strip_plus": true])
        let stripped = await refusal(.prefer, port: front.port)
        // The server's own words: it sees that we thought it could not.
        #expect(stripped?.server != nil, "\(String(describing: stripped))")
        let required = await refusal(.require, port: front.port)
        #expect(required?.message.contains("channel_binding=require") == true)
    }
}
