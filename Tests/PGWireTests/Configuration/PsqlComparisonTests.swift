import TestSupport
import Testing

@testable import PGWire

/// Every string of the tables is given to psql and to us.
@Suite(.timeLimit(.minutes(2)))
struct PsqlComparisonTests {
    /// What we make of a string, said in psql's way.
    private func ours(_ item: ConnectionCase, _ oracle: PsqlOracle) throws -> ConnectionOutcome {
        var environment = PGEnvironment.process()
        environment.variables = ["PGPASSWORD": "of the variable"]
            .merging(item.variables) { $1 }.filter { $0.value != "{none}" }
            .mapValues(oracle.filled)
        environment.home = oracle.home(item.files)
        let configuration = try PGConfiguration(
            oracle.filled(item.string), environment: environment)
        var outcome = ConnectionOutcome()
        if !oracle.isDirect(item) {
            for host in configuration.hosts {
                let server: String
                switch host.endpoint {
                case .unix(let directory, let port): server = "\(directory)/.s.PGSQL.\(port)"
                case .tcp(let name, let port): server = "\(host.address ?? name) \(port)"
                }
                if outcome.servers.last != server { outcome.servers.append(server) }
            }
        }
        let password = configuration.password ?? configuration.hosts[0].password
        guard let password, !password.isEmpty else {
            outcome.login = ["password": "none"]
            return outcome
        }
        outcome.login = Dictionary(
            configuration.startup.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        // What psql says of itself.
        if configuration.applicationName == nil { outcome.login["application_name"] = "psql" }
        if configuration.clientEncoding == nil { outcome.login["client_encoding"] = nil }
        outcome.login["password"] = password
        return outcome
    }

    @Test func `every string leads where psql goes, as whom psql does, or is refused as psql does`()
        throws
    {
        let oracle = try PsqlOracle()
        let tables = [(ConnectionCases.valid, true), (ConnectionCases.invalid, false)]
        for (cases, isValid) in tables {
            var found: [ConnectionOutcome?] = []
            var errors: [String] = []
            for item in cases {
                do {
                    found.append(try ours(item, oracle))
                    errors.append("")
                } catch let error as PGError {
                    #expect(error.code == .invalidConfiguration)
                    found.append(nil)
                    errors.append(error.message)
                }
            }
            let psql = try oracle.outcomes(cases, hosts: found.map { $0?.servers.count })
            for (index, item) in cases.enumerated() {
                let what = "\(item.string) \(item.variables)"
                #expect((psql[index] != nil) == isValid, "psql accepted or refused: \(what)")
                #expect(
                    found[index] == psql[index],
                    "\(what): we \(found[index]?.description ?? errors[index]), psql \(psql[index]?.description ?? "refused")"
                )
            }
        }
        #expect(ConnectionCases.valid.count + ConnectionCases.invalid.count >= 200)
    }
}
