import Foundation
import PGWire
import Replicator
import Testing

@testable import teleportd

@Suite struct ConfigurationFileTests {
    static let flow = """
        batch_size: 10000
        max_events_per_batch: 10000
        processing_intervals: {batcher: 100, transmitter: 100, applier: 100, vacuum: 500, ddlwatcher: 5000}
        database: {name: "finops-db", database: "postgres", hostname: "postgres.mydomain.com", username: "teleport", password: "root", port: 5432}
        server: {hostname: "0.0.0.0", port: 3000}
        targets:
          my-target:
            target_expression: "public.*"
            endpoint: {hostname: "target.mydomain.com", port: 3001}
            apply_schema: "test"

        """

    static let block = """
        batch_size: 10000
        max_events_per_batch: 10000
        use_event_triggers: true
        processing_intervals:
          batcher: 100
          transmitter: 100
          applier: 100
          vacuum: 500
          ddlwatcher: 5000
        database:
          name: "finops-db"
          database: "postgres"
          hostname: "postgres.mydomain.com"
          username: "teleport"
          password: "root"
          port: 5432
          options:
            sslmode: verify-full
            sslrootcert: /etc/ssl/ca.pem
            connect_timeout: 5
        server:
          hostname: "0.0.0.0"
          port: 3000
        targets:
          my-target:
            target_expression: "public.*"
            endpoint:
              hostname: "target.mydomain.com"
              port: 3001
            apply_schema: "test"

        """

    private func parse(
        _ text: String, _ environment: [String: String] = [:]
    ) throws -> DaemonConfiguration {
        try ConfigurationFile.parse(text, file: "t.yml", environment: environment).get()
    }

    @Test(arguments: [flow, block])
    func `the reference's source file means the same in both styles`(_ text: String) throws {
        let configuration = try parse(text)
        #expect(configuration.instance.name == "finops-db")
        #expect(configuration.instance.batchSize == 10_000)
        #expect(configuration.instance.intervals.vacuum == .milliseconds(500))
        #expect(configuration.instance.intervals.ddlWatcher == .seconds(5))
        let database = configuration.instance.database
        #expect(database.endpoint == .tcp(host: "postgres.mydomain.com", port: 5432))
        #expect(database.user == "teleport")
        #expect(database.password == "root")
        #expect(configuration.server.port == 3000)
        #expect(!configuration.server.isLoopback)
        let target = try #require(configuration.instance.targets.first)
        #expect(target.name == "my-target")
        #expect(target.hostname == "target.mydomain.com")
        #expect(target.port == 3001)
        #expect(target.mapping.applySchema == "test")
        #expect(target.expression.matches(TableName(schema: "public", name: "x")))
    }

    @Test func `options of the database are taken`() throws {
        let database = try parse(Self.block).instance.database
        #expect(database.sslMode == .verifyFull)
        #expect(database.sslRootCert == "/etc/ssl/ca.pem")
        #expect(database.connectTimeout == .seconds(5))
        #expect(try parse(Self.block).instance.useEventTriggers)
    }

    @Test func `a file without targets is a target`() throws {
        let text = Self.flow.split(separator: "\n").prefix(5).joined(separator: "\n")
        #expect(try parse(text).instance.targets.isEmpty)
        #expect(try parse(text + "\ntargets:\n").instance.targets.isEmpty)
    }

    @Test func `the environment is stronger than the file`() throws {
        let text = Self.flow.replacingOccurrences(
            of: "port: 3000}", with: "port: 3000, token: abc}")
        #expect(try parse(text).server.token == "abc")
        let configuration = try parse(
            text, ["TELEPORT_TOKEN": "env", "TELEPORT_DATABASE_PASSWORD": "secret"])
        #expect(configuration.server.token == "env")
        #expect(configuration.token(for: "my-target") == "env")
        #expect(configuration.instance.database.password == "secret")
        #expect(try parse(text, ["TELEPORT_TOKEN": ""]).server.token == "abc")
    }

    @Test func `a target may have its own token, schema list and socket`() throws {
        let text = """
            database: {name: a, database: b, hostname: /run/postgresql, username: c, password: 1234}
            server: {hostname: localhost, port: 3000, insecure: true}
            targets:
              east:
                target_expression: [public.*, "!public.log"]
                endpoint: {hostname: east, port: 3001}
                token: own
            """
        let configuration = try parse(text)
        #expect(
            configuration.instance.database.endpoint
                == .unix(directory: "/run/postgresql", port: 5432))
        #expect(configuration.instance.database.password == "1234")
        #expect(configuration.token(for: "east") == "own")
        #expect(configuration.server.insecure)
        let target = try #require(configuration.instance.targets.first)
        #expect(target.mapping.applySchema == nil)
        #expect(!target.expression.matches(TableName(schema: "public", name: "log")))
    }

    @Test func `apply_schema maps single schemas, and others keep their names`() throws {
        let text = """
            database: {name: a, database: b, hostname: h, username: c}
            server: {hostname: localhost, port: 3000}
            targets:
              east:
                target_expression: [one.*, two.*, three.*]
                apply_schema: {one: two, two: "x y"}
                drops: hold
                concurrent_indexes: true
                endpoint: {hostname: east, port: 3001}
            """
        let target = try #require(try parse(text).instance.targets.first)
        #expect(
            ["one", "two", "three"].map { target.mapping.target($0) } == ["two", "x y", "three"])
        #expect(target.options.drops == .hold && target.options.concurrentIndexes)
        for (wrong, said) in [
            ("{four: x}", "targets.east.apply_schema.four: found a schema that target_expression"),
            ("{one: teleport}", "targets.east.apply_schema.one: found the text \"teleport\""),
            ("{}", "targets.east.apply_schema: found an empty mapping"),
            ("[one]", "targets.east.apply_schema: found a list"),
        ] {
            let other = text.replacingOccurrences(of: "{one: two, two: \"x y\"}", with: wrong)
            #expect(throws: ConfigurationError.self) { try parse(other) }
            do { _ = try parse(other) } catch { #expect("\(error)".contains(said), "\(error)") }
        }
    }
}
