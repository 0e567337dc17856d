import Testing

@testable import PGWire

struct ConnectPlanTests {
    private func configuration(_ count: Int) -> PGConfiguration {
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "", port: 1), user: "u", database: "d")
        configuration.hosts = (0..<count).map { .init(.tcp(host: "h\($0)", port: 5432)) }
        return configuration
    }

    /// The hosts in the order a plan gives them out, with what each must be.
    private func order(_ configuration: PGConfiguration) throws -> [String] {
        var plan = try ConnectPlan(configuration)
        var order: [String] = []
        while let attempt = plan.next() {
            #expect(attempt.configuration.hosts.count == 1)
            order.append("\(attempt.configuration.endpoint.hostName) \(attempt.wanted.rawValue)")
        }
        return order
    }

    @Test func `hosts come in their order`() throws {
        var configuration = configuration(3)
        #expect(try order(configuration) == ["h0 any", "h1 any", "h2 any"])
        configuration.targetSessionAttributes = .primary
        #expect(try order(configuration) == ["h0 primary", "h1 primary", "h2 primary"])
    }

    @Test func `prefer-standby asks everybody again where nobody is one`() throws {
        var configuration = configuration(2)
        configuration.targetSessionAttributes = .preferStandby
        #expect(try order(configuration) == ["h0 standby", "h1 standby", "h0 any", "h1 any"])
    }

    @Test func `random balancing draws every order about as often`() throws {
        var configuration = configuration(3)
        configuration.loadBalanceHosts = .random
        configuration.loadBalanceSeed = 1
        #expect(try order(configuration) == order(configuration))
        var counts: [[String]: Int] = [:]
        for seed in 0..<6000 as Range<UInt64> {
            configuration.loadBalanceSeed = seed
            counts[try order(configuration), default: 0] += 1
        }
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { (850...1150).contains($0) }, "\(counts.values)")
        configuration.loadBalanceSeed = nil
        let drawn = try Set((0..<100).map { _ in try order(configuration) })
        #expect(drawn.count > 1)
    }

    @Test
    func `the next host is tried where the last could not be reached, and not where it refused`()
        throws
    {
        func goesOn(_ error: PGError) throws -> Bool {
            var plan = try ConnectPlan(configuration(2))
            let next = plan.next()
            let attempt = try #require(next)
            return plan.failed(attempt, error)
        }
        func server(_ state: String) -> PGError {
            PGError(
                .server,
                server: PGServerError(fields: [
                    UInt8(ascii: "C"): state, UInt8(ascii: "M"): "m", UInt8(ascii: "S"): "FATAL",
                ]))
        }
        for code in PGError.Code.allCases where code != .server {
            let expected = [.connectFailed, .timedOut, .connectionLost].contains(code)
            #expect(try goesOn(PGError(code, "x")) == expected, "\(code)")
        }
        #expect(try goesOn(server("57P03")))
        for state in ["28P01", "28000", "3D000", "53300", "42501", "57P01"] {
            #expect(try !goesOn(server(state)), "\(state)")
        }
    }

    @Test func `the error has every host's reason, once`() throws {
        var plan = try ConnectPlan(configuration(3))
        var number = 0
        while let attempt = plan.next() {
            number += 1
            let text = number == 2 ? "cannot connect to h1:5432: dead" : "reason \(number)"
            let goesOn = plan.failed(
                attempt, PGError(number == 3 ? .timedOut : .connectFailed, text))
            #expect(goesOn)
        }
        #expect(plan.error.code == .timedOut)
        #expect(
            plan.error.message
                == "h0:5432: reason 1; cannot connect to h1:5432: dead; h2:5432: reason 3")
        var single = try ConnectPlan(configuration(1))
        let next = single.next()
        let attempt = try #require(next)
        _ = single.failed(attempt, PGError(.tlsFailed, "as it is"))
        #expect(single.error.message == "as it is")
        let further = single.next()
        #expect(further?.wanted == nil)
    }

    @Test func `a host's own password is used where there is no other, and named when refused`()
        throws
    {
        var configuration = configuration(1)
        configuration.hosts[0].password = "from file"
        let refused = PGError(
            .authenticationFailed, "refused",
            server: PGServerError(fields: [UInt8(ascii: "C"): "28P01"]))
        var plan = try ConnectPlan(configuration)
        let next = plan.next()
        let attempt = try #require(next)
        #expect(attempt.configuration.password == "from file")
        _ = plan.failed(attempt, refused)
        #expect(plan.error.message == "refused (the password came from the password file)")
        configuration.password = "own"
        plan = try ConnectPlan(configuration)
        let second = plan.next()
        #expect(second?.configuration.password == "own")
        configuration.password = nil
        configuration.passwordProvider = { _ in "token" }
        plan = try ConnectPlan(configuration)
        let third = plan.next()
        #expect(third?.wanted == .any)
        #expect(third?.configuration.password == nil)
    }

    @Test func `no host, and too many, are refused`() {
        for count in [0, 65] {
            let error = #expect(throws: PGError.self) { _ = try ConnectPlan(configuration(count)) }
            #expect(error?.code == .invalidConfiguration)
        }
        #expect(configuration(0).endpoint == .tcp(host: "", port: 0))
    }
}
