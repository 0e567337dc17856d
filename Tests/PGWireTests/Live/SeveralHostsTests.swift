import TestSupport
import Testing

@testable import PGWire

/// A primary, its hot standby, and servers that are none.
@Suite(.timeLimit(.minutes(2)))
struct SeveralHostsTests {
    private typealias Host = PGConfiguration.Host
    private typealias Attributes = PGConfiguration.TargetSessionAttributes

    let primary: PostgresCluster
    let standby: PostgresCluster

    init() throws {
        primary = try PostgresCluster.shared()
        standby = try Standby.shared.get()
    }

    private func host(_ port: Int) -> Host { Host(.tcp(host: "127.0.0.1", port: port)) }
    private var first: Host { host(primary.port) }
    private var second: Host { host(standby.port) }

    private func configuration(
        _ hosts: [Host], _ wanted: Attributes = .any, user: String = "postgres"
    ) -> PGConfiguration {
        var configuration = primary.configuration(database: "postgres", user: user)
        configuration.hosts = hosts
        configuration.targetSessionAttributes = wanted
        configuration.sslMode = .disable
        return configuration
    }

    /// The port of the server that a configuration leads to.
    private func port(_ configuration: PGConfiguration) async throws -> Int {
        let connection = try await PGConnection.connect(configuration)
        let result = try await connection.query("SELECT current_setting('port')")
        let port = try Int(result.rows[0].decode(String.self, 0)) ?? 0
        switch await connection.endpoint {
        case .tcp(_, let chosen), .unix(_, let chosen): #expect(chosen == port)
        }
        await connection.close()
        return port
    }

    @Test func `target_session_attrs finds its server in either order`() async throws {
        let primaries: [Attributes] = [.readWrite, .primary]
        let standbys: [Attributes] = [.readOnly, .standby, .preferStandby]
        for hosts in [[first, second], [second, first]] {
            #expect(try await host(port(configuration(hosts))) == hosts[0])
            for wanted in primaries {
                #expect(try await port(configuration(hosts, wanted)) == primary.port)
            }
            for wanted in standbys {
                #expect(try await port(configuration(hosts, wanted)) == standby.port)
            }
        }
        #expect(try await port(configuration([first], .preferStandby)) == primary.port)
    }

    @Test func `a server that is not what is wanted is left, and named in the error`() async throws
    {
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration([first, first], .standby))
        }
        #expect(error?.code == .connectFailed)
        #expect(error?.message.contains("not in hot standby mode") == true)
        let other = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration([second], .readWrite))
        }
        #expect(other?.message.contains("the session is read-only") == true)
        // Nothing stays open on the server that was left.
        let name = "left-\(primary.port)"
        var named = configuration([first], .standby)
        named.applicationName = name
        _ = try? await PGConnection.connect(named)
        var left = "?"
        for _ in 0..<100 where left != "0" {
            left = try primary.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(name)'")
        }
        #expect(left == "0")
    }

    @Test func `a role whose sessions are read-only is no writer, even on the primary`()
        async throws
    {
        let role = try primary.createRole("reader")
        try primary.psql("ALTER ROLE \(role) SET default_transaction_read_only = on")
        #expect(try await port(configuration([first], .readOnly, user: role)) == primary.port)
        #expect(try await port(configuration([first], .primary, user: role)) == primary.port)
        await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration([first], .readWrite, user: role))
        }
    }

    @Test func `a dead host is passed over, and the cancel request goes to the one that answered`()
        async throws
    {
        let dead = host(try PostgresCluster.freePort())
        let connection = try await PGConnection.connect(configuration([dead, first]))
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(50))
        }
        #expect(error?.code == .timedOut)
        try await connection.execute("SELECT 1")
        await connection.close()
        let other = host(try PostgresCluster.freePort())
        let both = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration([dead, other]))
        }
        #expect(both?.code == .connectFailed)
        for host in [dead, other] {
            #expect(both?.message.contains(host.endpoint.text) == true)
        }
    }

    @Test func `an address is dialled in the name's place`() async throws {
        var host = Host(.tcp(host: "no..where", port: primary.port), address: "127.0.0.1")
        #expect(try await port(configuration([host])) == primary.port)
        host.address = nil
        await #expect(throws: PGError.self) { _ = try await port(configuration([host])) }
    }

    @Test func `each host has its own time to connect`() async throws {
        let silent = try FakeServer { peer, _ in try? peer.drain() }
        defer { silent.stop() }
        var configuration = configuration([host(silent.port), host(silent.port), first])
        configuration.connectTimeout = .milliseconds(700)
        let start = ContinuousClock.now
        #expect(try await port(configuration) == primary.port)
        #expect((.milliseconds(1400)...(.seconds(8))).contains(ContinuousClock.now - start))
        configuration.hosts.removeLast()
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration)
        }
        #expect(error?.code == .timedOut)
    }

    @Test func `a server that starts, and one that hangs up, are passed over, a refusal is not`()
        async throws
    {
        func refusing(_ state: String) throws -> FakeServer {
            try FakeServer { peer, _ in
                _ = try peer.readSome()
                guard !state.isEmpty else { return }
                try peer.write(
                    Golden.frame("E", Golden.zeroed("SFATAL", "C\(state)", "Mno") + [0]))
                try? peer.drain()
            }
        }
        for (state, goesOn) in [("57P03", true), ("", true), ("28P01", false), ("3D000", false)] {
            let server = try refusing(state)
            let hosts = [host(server.port), first]
            if goesOn {
                #expect(try await port(configuration(hosts)) == primary.port)
            } else {
                let error = await #expect(throws: PGError.self) {
                    _ = try await PGConnection.connect(configuration(hosts))
                }
                #expect(error?.sqlState?.rawValue == state)
            }
            #expect(server.accepted == 1)
            server.stop()
        }
    }

    @Test func `load balancing goes first where the drawn order says`() async throws {
        var configuration = configuration([first, second])
        configuration.loadBalanceHosts = .random
        var seen: Set<Int> = []
        for seed in 0..<12 as Range<UInt64> {
            configuration.loadBalanceSeed = seed
            var plan = try ConnectPlan(configuration)
            let drawn = plan.next()?.configuration.hosts
            let port = try await port(configuration)
            #expect(drawn == [host(port)])
            seen.insert(port)
        }
        #expect(seen == [primary.port, standby.port])
    }

    @Test(arguments: [
        ("SHOW transaction_read_only", "on", Attributes.readOnly, Attributes.readWrite),
        ("SHOW transaction_read_only", "off", .readWrite, .readOnly),
        ("SELECT pg_catalog.pg_is_in_recovery()", "t", .standby, .primary),
        ("SELECT pg_catalog.pg_is_in_recovery()", "f", .primary, .standby),
    ])
    private func `a server before 14 is asked what it is`(
        _ question: String, _ answer: String, _ fits: Attributes, _ other: Attributes
    ) async throws {
        @Sendable func frame(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
            Golden.frame(type, payload)
        }
        let server = try FakeServer { peer, _ in
            _ = try peer.readSome()
            try peer.write(
                frame("R", [0, 0, 0, 0]) + frame("S", Golden.zeroed("server_version", "12.1"))
                    + frame("Z", Array("I".utf8)))
            let query = try peer.readSome()
            guard query == frame("Q", Golden.zeroed(question)) else {
                throw FakeServerError("another question")
            }
            let column = Golden.zeroed("x") + [0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0xff, 0xff]
            let row: [UInt8] = [0, 1, 0, 0, 0, UInt8(answer.utf8.count)] + Array(answer.utf8)
            try peer.write(
                frame("T", [0, 1] + column + [0xff, 0xff, 0xff, 0xff, 0, 0]) + frame("D", row)
                    + frame("C", Golden.zeroed("SELECT 1")) + frame("Z", Array("I".utf8)))
            try? peer.drain()
        }
        defer { server.stop() }
        let hosts = [host(server.port)]
        let connection = try await PGConnection.connect(configuration(hosts, fits))
        #expect(connection.serverVersion == 120_001)
        await connection.close()
        await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration(hosts, other))
        }
        #expect(server.failures == [])
    }

    @Test func `requirepeer looks at who runs the server`() async throws {
        let socket = Host(.unix(directory: primary.socketDirectory, port: primary.port))
        let owner = try PostgresCluster.shell(
            "stat -c %U \(primary.socketDirectory)/.s.PGSQL.\(primary.port)")
        var configuration = configuration([socket])
        configuration.requirePeer = owner
        #expect(try await port(configuration) == primary.port)
        configuration.requirePeer = "somebody-else"
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration)
        }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("runs as \(owner)") == true)
    }

    @Test func `a socket of the abstract namespace is dialled as one`() async throws {
        let nobody = Host(.unix(directory: "@teleport-nobody-here", port: 1))
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConnection.connect(configuration([nobody]))
        }
        // A path of the file system would not exist.
        #expect(error?.message.contains("Connection refused") == true)
    }

    @Test func `a connection string leads to a server`() async throws {
        let password = PostgresCluster.password
        let environment = PGEnvironment(userName: "postgres")
        let strings = [
            "host=127.0.0.1,127.0.0.1 port=\(standby.port),\(primary.port) user=postgres password=\(password) target_session_attrs=primary sslmode=require",
            "postgresql://postgres:\(password)@127.0.0.1:\(standby.port),127.0.0.1:\(primary.port)/postgres?target_session_attrs=read-write",
            "host=\(primary.socketDirectory) port=\(primary.port)",
        ]
        for string in strings {
            let configuration = try PGConfiguration(string, environment: environment)
            #expect(try await port(configuration) == primary.port)
        }
    }
}

private enum Standby {
    static let shared = Result { try PostgresCluster(standbyOf: .shared()) }
}
