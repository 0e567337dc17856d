import Testing

@testable import PGWire

struct ServiceFileTests {
    private func read(
        _ string: String, _ files: [String: String], _ variables: [String: String] = [:]
    ) throws -> PGConfiguration {
        let environment = PGEnvironment(
            variables: variables, userName: "me", home: "/me", configurationDirectory: "/etc/pg"
        ) { path, _ in
            files[path].map { .plain(bytes: Array($0.utf8), permissions: 0o644) } ?? .missing
        }
        return try PGConfiguration(string, environment: environment)
    }

    private let mine = "/me/.pg_service.conf"
    private let systems = "/etc/pg/pg_service.conf"

    @Test func `a service fills in what the string leaves out, before the variables do`() throws {
        let files = [mine: "[s]\nhost=h\nport=1\nuser=su\n"]
        let configuration = try read(
            "service=s port=2", files, ["PGUSER": "vu", "PGDATABASE": "vd"])
        #expect(configuration.endpoint == .tcp(host: "h", port: 2))
        #expect(configuration.user == "su")
        #expect(configuration.database == "vd")
    }

    @Test func `the named file comes before the user's, and the system's is last`() throws {
        let files = [
            mine: "[s]\nhost=user\n", systems: "[s]\nhost=system\n[t]\nhost=t\n",
            "/f": "[s]\nhost=file\n", "/sys/pg_service.conf": "[u]\nhost=u\n",
        ]
        func host(_ string: String, _ variables: [String: String] = [:]) throws -> String {
            try read(string, files, variables).endpoint.hostName
        }
        #expect(try host("service=s") == "user")
        #expect(try host("", ["PGSERVICE": "s", "PGSERVICEFILE": "/f"]) == "file")
        #expect(try host("service=s servicefile=/f") == "file")
        #expect(try host("service=t") == "t")
        #expect(try host("service=t", ["PGSERVICEFILE": "/f"]) == "t")
        #expect(try host("service=u", ["PGSYSCONFDIR": "/sys"]) == "u")
        for (string, variables) in [
            ("service=t", ["PGSYSCONFDIR": "/sys"]), ("service=x", [:]),
            ("service=s", ["PGSERVICEFILE": "/absent"]),
        ] as [(String, [String: String])] {
            let error = #expect(throws: PGError.self) { _ = try read(string, files, variables) }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test
    func `comments, blanks and other groups are passed over, the first group of a name counts`()
        throws
    {
        let text = """
            # comment
            host=before any group
            [other]
            garbage that nobody reads
            \t[s] what follows is ignored
              # comment
              host=h  \t
            application_name= two  words 
            \r
            port=1
            port=2
            [s]
            user=second
            """
        let configuration = try read("service=s", [mine: text])
        #expect(configuration.endpoint == .tcp(host: "h", port: 1))
        #expect(configuration.applicationName == " two  words")
        #expect(configuration.user == "me")
    }

    @Test(arguments: [
        ("[s]\nhost\n", "has no \"=\""), ("[s]\nhost =x\n", "none of a connection's options"),
        ("[s]\nservice=t\n", "another service"), ("[s]\nldap://x\n", "has no \"=\""),
        ("[s]\n" + String(repeating: "x", count: 1022) + "\n", "longer than 1021 bytes"),
        ("[t]\nhost=x\n", "is in no connection service file"),
    ])
    func `a file that makes no sense is refused with its line`(_ text: String, _ expected: String) {
        let error = #expect(throws: PGError.self) { _ = try read("service=s", [mine: text]) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    }

    @Test func `random files never trap`() throws {
        var random = SplitMix(state: 11)
        let words = [
            "[s]", "[", "]", "\n", "host", "=", "x", " ", "#", "\r\n", "user=u", "é", "port=1",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...20, using: &random))
                .map { _ in words.randomElement(using: &random) ?? "" }.joined()
            do {
                _ = try read("service=s", [mine: text])
            } catch let error as PGError {
                #expect(error.code == .invalidConfiguration)
            }
        }
    }
}
