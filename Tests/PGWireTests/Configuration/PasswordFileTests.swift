import Glibc
import TestSupport
import Testing

@testable import PGWire

struct PasswordFileTests {
    private func password(
        _ text: String, host: String = "h", port: String = "5432", database: String = "d",
        user: String = "u"
    ) -> String? {
        PasswordFile(Array(text.utf8))
            .password(host: host, port: port, database: database, user: user)
    }

    @Test func `the first line that matches wins`() {
        let text = "#h:5432:d:u:comment\n\nx:5432:d:u:one\nh:5432:d:u:two\n*:*:*:*:three\n"
        #expect(password(text) == "two")
        #expect(password(text, host: "y") == "three")
        #expect(password("") == nil)
        #expect(password("h:5432:d:u") == nil)
        #expect(password("h:5432:d:u:") == "")
        #expect(password("h:5432:d:u:no newline") == "no newline")
        #expect(password("h:5432:d:u:windows\r\n") == "windows")
    }

    @Test func `a star is a wildcard only where it is the whole field`() {
        #expect(password("*:*:*:*:p") == "p")
        #expect(password("*x:*:*:*:p", host: "*x") == "p")
        #expect(password("h*:*:*:*:p") == nil)
        #expect(password("h:54*:*:*:p") == nil)
        #expect(password("h:5432:d:*") == nil)
    }

    @Test func `colons and backslashes are escaped, in fields and in the password`() {
        #expect(password("\\:\\:1:*:*:*:p", host: "::1") == "p")
        #expect(password("::1:*:*:*:p", host: "::1") == "p")
        #expect(password("h:*:a\\\\b:*:p", database: "a\\b") == "p")
        #expect(password("\\h:*:*:*:p") == "p")
        #expect(password("h:*:*:*:a\\:b\\\\c\\d:rest") == "a:b\\cd")
        #expect(password("h:*:*:*:end\\") == "end\\")
        #expect(password("h\\:*:*:*:p") == nil)
        #expect(password("h\\") == nil)
    }

    @Test func `bytes that are no text never trap, and a password of such is none`() {
        var random = SplitMix(state: 7)
        let alphabet = Array("hud5432:*\\\n\r#".utf8) + [0, 0xff]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            _ = PasswordFile(bytes).password(host: "h", port: "5432", database: "d", user: "u")
        }
        let bytes = Array("*:*:*:*:".utf8) + [0xff]
        #expect(
            PasswordFile(bytes).password(host: "h", port: "1", database: "d", user: "u") == nil)
    }

    private func environment(_ file: PGEnvironment.File) -> PGEnvironment {
        PGEnvironment(userName: "me", home: "/me", socketDirectory: "/run/pg") { path, _ in
            path == "/me/.pgpass" ? file : .missing
        }
    }

    @Test func `each host has its own password, and the socket's directory is localhost`() throws {
        let text = "localhost:*:*:*:local\n/other:*:*:*:other\n10.0.0.1:*:*:*:address\nb:2:*:*:b\n"
        let environment = environment(.plain(bytes: Array(text.utf8), permissions: 0o600))
        let configuration = try PGConfiguration(
            "host=,/other,/run/pg,localhost,b,b,c,n hostaddr=,,,,,,10.0.0.1,10.0.0.2 port=1,1,1,1,2,3,4,5",
            environment: environment)
        #expect(
            configuration.hosts.map(\.password) == [
                "local", "other", "local", "local", "b", nil, nil, nil,
            ])
        let address = try PGConfiguration("hostaddr=10.0.0.1", environment: environment)
        #expect(address.hosts[0].password == "address")
        let given = try PGConfiguration("password=p", environment: environment)
        #expect(given.hosts[0].password == nil)
        let noFile = try PGConfiguration("passfile=/none", environment: environment)
        #expect(noFile.hosts[0].password == nil)
        #expect(noFile.warnings == [])
        var byHand = PGConfiguration(
            endpoint: .tcp(host: "b", port: 2), user: "u", database: "d")
        byHand.readPasswordFile(environment)
        #expect(byHand.hosts[0].password == "b")
    }

    @Test(arguments: [0o640, 0o604, 0o610, 0o660, 0o777, 0o601] as [UInt32])
    func `a file that others may use is passed over with a warning`(_ mode: UInt32) throws {
        let bytes = Array("*:*:*:*:secret".utf8)
        let open = try PGConfiguration(
            "host=h", environment: environment(.plain(bytes: bytes, permissions: mode)))
        #expect(open.hosts[0].password == nil)
        #expect(open.warnings.count == 1)
        #expect(open.warnings[0].contains("/me/.pgpass"))
        #expect(!open.warnings[0].contains("secret"))
        for closed in [0o600, 0o400, 0o700] as [UInt32] {
            let configuration = try PGConfiguration(
                "host=h", environment: environment(.plain(bytes: bytes, permissions: closed)))
            #expect(configuration.hosts[0].password == "secret")
            #expect(configuration.warnings == [])
        }
    }

    @Test func `what is not a plain file, cannot be read, or is too large is passed over`() throws {
        let large = [UInt8](repeating: 0x0a, count: Limits.configurationFile + 1)
        let files: [PGEnvironment.File] = [
            .special, .unreadable(reason: "no"), .plain(bytes: large, permissions: 0o600),
        ]
        for file in files {
            let configuration = try PGConfiguration("host=h", environment: environment(file))
            #expect(configuration.warnings.count == 1)
            #expect(configuration.hosts[0].password == nil)
        }
    }

    @Test func `the process's environment reads real files, and never waits at a pipe`() throws {
        let directory = "/tmp/teleport-test-files-\(getpid())"
        try PostgresCluster.shell(
            "mkdir -p \(directory) && printf 0123456789 >\(directory)/plain && chmod 0640 \(directory)/plain && mkfifo \(directory)/pipe"
        )
        defer { _ = try? PostgresCluster.shell("rm -rf \(directory)") }
        let read = PGEnvironment.process().read
        #expect(
            read("\(directory)/plain", 100)
                == .plain(bytes: Array("0123456789".utf8), permissions: 0o640))
        #expect(
            read("\(directory)/plain", 4) == .plain(bytes: Array("0123".utf8), permissions: 0o640))
        #expect(read("\(directory)/pipe", 4) == .special)
        #expect(read(directory, 4) == .special)
        #expect(read("\(directory)/absent", 4) == .missing)
        #expect(read("\(directory)/plain/below", 4) == .missing)
    }
}
