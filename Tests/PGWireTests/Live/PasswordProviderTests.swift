import PGWire
import Synchronization
import TestSupport
import Testing

/// Passwords that are asked for when a connection is made.
@Suite(.timeLimit(.minutes(2)))
struct PasswordProviderTests {
    let cluster: PostgresCluster
    init() throws { cluster = try AuthCluster.shared() }

    private func configuration(
        _ provider: @escaping @Sendable (PGPasswordRequest) async throws -> String
    ) -> PGConfiguration {
        var configuration = cluster.configuration(database: "postgres", user: "a_scram")
        configuration.sslMode = .disable
        configuration.password = nil
        configuration.passwordProvider = provider
        return configuration
    }

    @Test func `the provider is asked once for each connection`() async throws {
        let asked = Asked()
        let configuration = configuration { request in
            asked.requests.withLock { $0.append(request) }
            await Task.yield()
            return PostgresCluster.password
        }
        for _ in 0..<3 {
            let connection = try await PGConnection.connect(configuration)
            await connection.close()
        }
        let requests = asked.requests.withLock { $0 }
        #expect(requests.count == 3)
        #expect(requests[0].user == "a_scram")
        #expect(requests[0].database == "postgres")
        #expect(requests[0].endpoint == .tcp(host: "127.0.0.1", port: cluster.port))
    }

    @Test func `a set password wins over the provider`() async throws {
        let asked = Asked()
        var configuration = configuration { request in
            asked.requests.withLock { $0.append(request) }
            return "wrong"
        }
        configuration.password = PostgresCluster.password
        try await PGConnection.connect(configuration).close()
        #expect(asked.requests.withLock { $0.isEmpty })
    }

    @Test func `the provider's failure names its kind and no secret`() async throws {
        struct TokenServiceDown: Error, CustomStringConvertible {
            var description: String { "key=hunter2" }
        }
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration { _ in throw TokenServiceDown() })
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("TokenServiceDown") == true)
        #expect("\(String(describing: error))".contains("hunter2") == false)
    }

    @Test func `a provider that never answers runs into the time to connect`() async throws {
        var configuration = configuration { _ in
            // Deaf to its cancellation.
            while !Task.isCancelled { await Task.yield() }
            try? await Task.sleep(for: .seconds(1))
            return ""
        }
        configuration.connectTimeout = .milliseconds(200)
        let start = ContinuousClock.now
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration)
        }
        #expect(error?.code == .timedOut)
        #expect(ContinuousClock.now - start < .seconds(1))
    }

    @Test func `a wrong or empty answer of the provider is refused as any password`() async throws {
        for answer in ["wrong", ""] {
            let error = await #expect(throws: PGError.self) {
                _ = try await PGConnection.connect(configuration { _ in answer })
            }
            #expect(error?.code == .authenticationFailed)
        }
    }
}

private final class Asked: Sendable {
    let requests = Mutex<[PGPasswordRequest]>([])
}
