import PGWire
import TestSupport
import Testing

/// Through PgBouncer in transaction mode, where two statements may meet two servers.
@Suite(.timeLimit(.minutes(2)))
struct PgBouncerTests {
    private static let shared = Result { try PgBouncer(PostgresCluster.shared()) }
    let bouncer: PgBouncer
    init() throws { bouncer = try Self.shared.get() }

    private static let modes: [PGConfiguration.SSLMode] = [
        .disable, .prefer, .require, .verifyFull,
    ]

    private func connect(
        _ mode: PGConfiguration.SSLMode = .disable,
        _ change: (inout PGConfiguration) -> Void = { _ in }
    ) async throws -> PGConnection {
        var configuration = bouncer.configuration(database: "postgres")
        configuration.sslMode = mode
        configuration.sslRootCert = try PostgresCluster.shared().rootCertificate
        change(&configuration)
        return try await PGConnection.connect(configuration)
    }

    @Test(arguments: modes)
    func `a connection queries, cancels and queries again`(_ mode: PGConfiguration.SSLMode)
        async throws
    {
        let connection = try await connect(mode)
        #expect(await connection.isEncrypted == (mode != .disable))
        for number in 0..<20 {
            let result = try await connection.query("SELECT $1::int", [PGParameter(number)])
            #expect(try result.rows[0].decode(Int.self, 0) == number)
        }
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(100))
        }
        #expect(error?.code == .timedOut)
        #expect(error?.sqlState == .queryCanceled)
        #expect(try await connection.query("SELECT 5").rows[0].decode(Int.self, 0) == 5)
        await connection.close()
    }

    @Test func `it is reached over its Unix socket`() async throws {
        let connection = try await connect(.verifyFull) {
            $0.endpoint = .unix(directory: bouncer.socketDirectory, port: bouncer.port)
        }
        #expect(await !connection.isEncrypted)
        #expect(try await connection.query("SELECT 5").rows[0].decode(Int.self, 0) == 5)
        await connection.close()
    }

    @Test(arguments: [PGConfiguration.SSLMode.disable, .require])
    func `a wrong password is refused`(_ mode: PGConfiguration.SSLMode) async throws {
        let error = await #expect(throws: PGError.self) {
            _ = try await connect(mode) { $0.password = "wrong" }
        }
        #expect(error != nil)
        #expect(error?.message.contains("wrong") == false)
    }

    @Test func `channel binding is not to be had, which require says`() async throws {
        let error = await #expect(throws: PGError.self) {
            _ = try await connect(.require) { $0.channelBinding = .require }
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("channel_binding=require") == true)
    }

    @Test func `protocol 3_2 is refused with the server's reason`() async throws {
        let error = await #expect(throws: PGError.self) {
            _ = try await connect { $0.maxProtocolVersion = .v3_2 }
        }
        #expect(error?.server != nil, "\(String(describing: error))")
    }

    @Test func `many connections over few servers never get another's answer`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<12 {
                group.addTask {
                    let connection = try await connect(task.isMultiple(of: 2) ? .disable : .require)
                    for round in 0..<40 {
                        let wanted = task * 1000 + round
                        let result = try await connection.query(
                            "SELECT $1::int", [PGParameter(wanted)])
                        #expect(try result.rows[0].decode(Int.self, 0) == wanted)
                    }
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
    }
}
