import Foundation
import PGWire
import TestSupport

/// One connection string to be read by psql and by us.
///
/// In the string and the variables `{dir}` and `{port}` stand for a listening Unix socket, `{tcp}` for a
/// listening port on 127.0.0.1: such a string is read once, and what it logs in with is compared.
/// Another string is read twice: as it is, for its hosts and ports, and with the socket put behind
/// it, for the rest.
struct ConnectionCase: Sendable {
    var string: String
    var variables: [String: String] = [:]
    var files = PsqlOracle.Home.empty

    init(
        _ string: String, _ variables: [String: String] = [:],
        files: PsqlOracle.Home = .empty
    ) {
        self.string = string
        self.variables = variables
        self.files = files
    }
}

/// What became of a string: where it led, and what was said there.
struct ConnectionOutcome: Equatable, CustomStringConvertible {
    /// `host port` or the socket's path, in order; empty where a listener was reached at once.
    var servers: [String] = []
    /// The start-up message's parameters, and the password.
    var login: [String: String] = [:]

    var description: String {
        let pairs = login.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return "servers: \(servers) login: \(pairs)"
    }
}

/// Asks the real psql what it makes of connection strings.
///
/// psql names each server it could not reach; a listener that refuses everybody repeats in its error
/// what psql sent it.
final class PsqlOracle: Sendable {
    /// The home directories that cases choose from.
    enum Home: String, Sendable, CaseIterable {
        /// Without any file.
        case empty
        /// With a password file and a service file.
        case full
        /// With a password file that others may read.
        case open
    }

    let directory: String
    let port = 7001
    let tcp: Int
    private let servers: [FakeServer]
    private static let psql = "/usr/lib/postgresql/15/bin/psql"

    init() throws {
        directory = "/tmp/teleport-test-psql-\(UUID().uuidString.prefix(8))"
        try PostgresCluster.shell("mkdir -p \(directory)/out")
        let unix = try FakeServer(unixPath: "\(directory)/.s.PGSQL.\(port)", Self.repeatBack)
        let tcp = try FakeServer(Self.repeatBack)
        self.tcp = tcp.port
        servers = [unix, tcp]
        for home in Home.allCases { try makeHome(home) }
    }

    deinit {
        for server in servers { server.stop() }
        try? FileManager.default.removeItem(atPath: directory)
    }

    func home(_ home: Home) -> String { "\(directory)/\(home.rawValue)" }

    private func makeHome(_ home: Home) throws {
        let path = self.home(home)
        try PostgresCluster.shell("mkdir -p \(path)/sys")
        guard home != .empty else { return }
        try write(
            """
            # comment
            other:*:*:*:wrong
            127.0.0.1:\(tcp):*:u1:from tcp
            localhost:*:*:*:of localhost
            \(directory):*:my\\:db:*:escaped\\:\\\\x:rest
            \(directory):1:*:*:wrong port
            \(directory):*:*:u2:of u2
            *:*:*:\(NSUserName()):of me
            *:*:d3:*:of d3
            """, "\(path)/.pgpass")
        try PostgresCluster.shell("chmod \(home == .full ? "0600" : "0644") \(path)/.pgpass")
        try write(
            """
            # services
            [one]
            host=\(directory)
            port=\(port)
            user=of service
            # a comment inside
              dbname=blanks kept  inside
            [two]
            host=127.0.0.5
            port=2
            [two]
            port=3
            [broken]
            nonsense
            [unknown]
            hostt=x
            [nested]
            service=one
            """, "\(path)/.pg_service.conf")
        try write("[system]\nhost=127.0.0.6\nport=6\n", "\(path)/sys/pg_service.conf")
        try write("[named]\nhost=127.0.0.7\nport=7\n", "\(path)/named.conf")
    }

    private func write(_ text: String, _ path: String) throws {
        try (text + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Asks for a password, and refuses with all that was said.
    @Sendable private static func repeatBack(_ peer: FakeServer.Peer, _: Int) throws {
        func body(typed: Bool) throws -> [UInt8] {
            let head = try peer.read(typed ? 5 : 4)
            return try peer.read(head.suffix(4).reduce(0) { $0 << 8 | Int($1) } - 4)
        }
        let startup = try body(typed: false)
        try peer.write(Golden.frame("R", [0, 0, 0, 3]))
        let password = try body(typed: true)
        let hex = (startup.dropFirst(4) + password).map { String(format: "%02x", $0) }.joined()
        try peer.write(
            Golden.frame(
                "E",
                Golden.zeroed("SFATAL", "VFATAL", "CXX000", "Mrepeated:\(hex):") + [0]))
    }

    // MARK: Running psql

    /// A text with the names of the listeners in it.
    func filled(_ text: String) -> String {
        text.replacingOccurrences(of: "{dir}", with: directory)
            .replacingOccurrences(of: "{port}", with: "\(port)")
            .replacingOccurrences(of: "{tcp}", with: "\(tcp)")
            .replacingOccurrences(
                of: "{enc}", with: directory.replacingOccurrences(of: "/", with: "%2F")
            )
            .replacingOccurrences(of: "{home}", with: home(.full))
    }

    func isDirect(_ item: ConnectionCase) -> Bool {
        ([item.string] + item.variables.values).contains {
            $0.contains("{port}") || $0.contains("{tcp}")
        }
    }

    /// The same string, but led to the socket.
    private func redirected(_ string: String) -> String {
        guard string.hasPrefix("postgres") else {
            return string + " host=\(directory) port=\(port) hostaddr="
        }
        let mark = string.contains("?") ? (["?", "&"].contains(string.last) ? "" : "&") : "?"
        return string + "\(mark)host=\(directory)&port=\(port)&hostaddr="
    }

    /// What psql makes of each string; nil where it refuses to connect anywhere.
    ///
    /// `hosts` are how many servers we see in each, nil for a string that we refuse.
    func outcomes(_ cases: [ConnectionCase], hosts: [Int?]) throws -> [ConnectionOutcome?] {
        var script = ""
        func run(
            _ item: ConnectionCase, _ string: String, _ variables: [String: String], _ file: String
        ) {
            var words = ["env", "-i", "LC_ALL=C", "PATH=/usr/bin:/bin", "HOME=\(home(item.files))"]
            words += variables.map { "\($0)=\(filled($1))" }
            words += [Self.psql, "-X", "-w", "-c", "", filled(string)]
            let command = words.map { PostgresCluster.word($0) }.joined(separator: " ")
            let output = PostgresCluster.word("\(directory)/out/\(file)")
            script += "timeout 10 \(command) >\(output) 2>&1 </dev/null\0"
        }
        for (index, item) in cases.enumerated() {
            let base = ["PGPASSWORD": "of the variable"].merging(item.variables) { $1 }
                .filter { $0.value != "{none}" }
            run(item, item.string, base, "\(index).where")
            guard let count = hosts[index], !isDirect(item) else { continue }
            run(item, redirected(item.string), base, "\(index).login")
            // A name that is not found hides its port.
            guard item.string.contains("..") else { continue }
            let address = Array(repeating: "127.0.0.1", count: count).joined(separator: ",")
            run(item, item.string, base.merging(["PGHOSTADDR": address]) { $1 }, "\(index).port")
        }
        // In a file, because a command's length is limited; two at a time.
        try script.write(toFile: "\(directory)/commands", atomically: true, encoding: .utf8)
        try PostgresCluster.shell(
            "rm -f \(directory)/out/*; xargs -0 -P 2 -n 1 sh -c <\(directory)/commands || true")
        return try cases.indices.map { try outcome($0, isDirect(cases[$0])) }
    }

    private func outcome(_ index: Int, _ isDirect: Bool) throws -> ConnectionOutcome? {
        func output(_ kind: String) throws -> String {
            let file = "\(directory)/out/\(index).\(kind)"
            guard kind == "where" || FileManager.default.fileExists(atPath: file) else { return "" }
            return try String(contentsOfFile: file, encoding: .utf8)
        }
        var outcome = ConnectionOutcome()
        if isDirect {
            guard let login = login(try output("where")) else { return nil }
            outcome.login = login
            return outcome
        }
        outcome.servers = servers(try output("where"), try output("port"))
        guard !outcome.servers.isEmpty else { return nil }
        outcome.login = login(try output("login")) ?? ["psql": "said nothing"]
        return outcome
    }

    private func login(_ output: String) -> [String: String]? {
        let parts = output.components(separatedBy: "repeated:")
        guard parts.count == 2, let hex = parts[1].split(separator: ":").first else {
            return output.contains("no password supplied") ? ["password": "none"] : nil
        }
        var bytes: [UInt8] = []
        var rest = hex[...]
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        let fields = bytes.split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        var login: [String: String] = [:]
        var index = 0
        while index + 1 < fields.count, !fields[index].isEmpty {
            login[fields[index]] = fields[index + 1]
            index += 2
        }
        login["password"] = index + 1 < fields.count ? fields[index + 1] : "?"
        return login
    }

    /// psql repeats a port as it was written.
    private func plain(_ port: Substring) -> String {
        port.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "+", with: "")
    }

    private func servers(_ output: String, _ withAddress: String) -> [String] {
        let ports = withAddress.matches(of: /connection to server at "[^"]*", port (.*?) failed/)
            .map { plain($0.1) }
        let line =
            /connection to server at "([^"]*)"(?: \([^)]*\))?, port (.*?) failed|connection to server on socket "([^"]*)" failed|could not translate host name "([^"]*)" to address/
        var servers: [String] = []
        for match in output.matches(of: line) {
            let server: String
            if let path = match.3 {
                server = String(path)
            } else if let name = match.4 {
                let index = servers.count
                server = "\(name) \(ports.indices.contains(index) ? ports[index] : "?")"
            } else {
                server = "\(match.1 ?? "?") \(plain(match.2 ?? "?"))"
            }
            // A name with two addresses is one server.
            if servers.last != server { servers.append(server) }
        }
        return servers
    }
}
