import Foundation
import Replicator
import Testing

@testable import teleportd

/// A change of a correct file that makes it wrong, and what is to be said about it.
struct WrongFile: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let said: String

    init(_ old: String, _ new: String, _ said: String) {
        self.old = old
        self.new = new
        self.said = said
    }

    var testDescription: String { "\(new) for \(old)" }
}

@Suite struct WrongConfigurationTests {
    static let files: [WrongFile] = [
        .init("batch_size: 10000", "batch_size: ten", "1:13: batch_size: found the text \"ten\""),
        .init("batch_size: 10000", "batch_size: 0", "1:13: batch_size: found 0, expected a whole"),
        .init("batch_size: 10000", "batch_size: 1.5", "1:13: batch_size: found 1.5"),
        .init("batch_size: 10000", "batch_size: '5'", "1:13: batch_size: found the text \"5\""),
        .init("batch_size: 10000", "batch_size:", "1:12: batch_size: found nothing"),
        .init("batch_size: 10000", "batchsize: 1", "1:1: batchsize: found an unknown key"),
        .init(
            "batcher: 100", "batcher: -1",
            "5:12: processing_intervals.batcher: found -1, expected a whole number from 1 to 3600000"
        ),
        .init("batcher: 100", "batch: 1", "5:3: processing_intervals.batch: found an unknown key"),
        .init("true", "maybe", "3:21: use_event_triggers: found the text \"maybe\", expected true"),
        .init("  name: \"finops-db\"\n", "", "11:3: database.name: found no such key"),
        .init("\"finops-db\"", "\"\"", "11:9: database.name: found an empty text"),
        .init("\"root\"", "[root]", "15:13: database.password: found a list, expected a text"),
        .init("\"root\"", "true", "15:13: database.password: found a truth value"),
        .init("port: 5432", "port: 70000", "16:9: database.port: found 70000"),
        .init("verify-full", "yes-please", "18:14: database.options.sslmode: found the text"),
        .init(
            "    sslrootcert: /etc/ssl/ca.pem\n", "",
            "18:14: database.options.sslmode: found verify-full without sslrootcert"),
        .init(
            "connect_timeout: 5", "timeout: 5", "20:5: database.options.timeout: found an unknown"),
        .init(
            "connect_timeout: 5", "connect_timeout: 0",
            "20:22: database.options.connect_timeout: found 0"),
        .init("port: 3000", "port: 0", "23:9: server.port: found 0"),
        .init("port: 3000", "port: 3000\n  token: [x]", "24:10: server.token: found a list"),
        .init("port: 3000", "port: 3000\n  token: 'a b'", "24:10: server.token: found other"),
        .init("port: 3000", "port: 3000\n  insecure: 1", "24:13: server.insecure: found 1"),
        .init("port: 3000", "port: 3000\n  port: 3000", "24:3: port: found the key twice"),
        .init("server:\n", "server2:\n", "server: found no such key"),
        .init("server:\n", "server2:\n", "21:1: server2: found an unknown key"),
        .init(
            "\"public.*\"", "\"public\"",
            "26:24: targets.my-target.target_expression: cannot read \"public\""),
        .init("\"public.*\"", "[]", "targets.my-target.target_expression: found a list"),
        .init("\"public.*\"", "[1]", "targets.my-target.target_expression: found 1"),
        .init("\"public.*\"", "\"!public.*\"", "selects no table"),
        .init("port: 3001", "port: x", "29:13: targets.my-target.endpoint.port: found the text"),
        .init("port: 3001", "prt: 1", "29:7: targets.my-target.endpoint.prt: found an unknown"),
        .init("\"test\"", "\"teleport\"", "30:19: targets.my-target.apply_schema: found the text"),
        .init("\"test\"", "pg_catalog", "targets.my-target.apply_schema: found the text"),
        .init("    apply_schema", "    schema", "targets.my-target.schema: found an unknown key"),
        .init("targets:\n", "targets: 5\nx:\n", "24:10: targets: found 5, expected a mapping"),
        .init("hostname: \"0.0.0.0\"", "hostname: {}", "server.hostname: found a mapping"),
        .init("batch_size: 10000", "batch_size: [", "found YAML that cannot be read"),
        .init("batch_size: 10000", "\tbatch_size: 1", "1:1: found YAML that cannot be read"),
    ]

    @Test(arguments: files)
    func `a mistake is named with its line, column, key and what was expected`(
        _ wrong: WrongFile
    ) throws {
        let text = ConfigurationFileTests.block
        try #require(text.contains(wrong.old))
        let range = try #require(text.range(of: wrong.old))
        let result = ConfigurationFile.parse(
            text.replacingCharacters(in: range, with: wrong.new), file: "t.yml")
        guard case .failure(let error) = result else {
            Issue.record("accepted")
            return
        }
        let lines = error.description.split(separator: "\n")
        #expect(
            lines.contains { $0.hasPrefix("t.yml:") && $0.contains(wrong.said) },
            "\(error.description)")
        #expect(!error.description.contains("\"root"), "a secret is repeated")
    }

    @Test func `all mistakes of a file are found in one run, by line`() throws {
        let text = """
            batch_size: none
            database: {name: a, database: b, hostname: c}
            server: {hostname: x, port: y}
            targets:
              one: {target_expression: a}
            """
        guard case .failure(let error) = ConfigurationFile.parse(text, file: "t.yml") else {
            Issue.record("accepted")
            return
        }
        #expect(
            error.findings.map(\.path) == [
                "batch_size", "database.username", "server.port", "targets.one.endpoint",
                "targets.one.target_expression",
            ])
        #expect(error.findings.map(\.line) == [1, 2, 3, 5, 5])
    }

    @Test(arguments: ["", "   \n", "# only words\n", "[]", "7", "--- {}\n--- {}\n"])
    func `a text that is no mapping is refused`(_ text: String) {
        guard case .failure(let error) = ConfigurationFile.parse(text, file: "t.yml") else {
            Issue.record("accepted")
            return
        }
        #expect(!error.findings.isEmpty)
    }

    @Test func `a file that is cut anywhere is refused or lacks its target`() {
        let text = ConfigurationFileTests.flow
        for length in 0..<text.count {
            let cut = String(text.prefix(length))
            if case .success(let configuration) = ConfigurationFile.parse(cut, file: "t.yml"),
                let target = configuration.instance.targets.first
            {
                #expect(target.port > 0)
            }
        }
    }
}
