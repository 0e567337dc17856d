public import Foundation
public import PGWire

/// A throw-away PostgreSQL server for tests.
///
/// SCRAM passwords, TLS with an authority of its own,
/// prepared transactions allowed, fsync off. It is stopped and removed when the process ends.
public final class PostgresCluster: Sendable {
    /// The server that tests share; each test makes its own databases and roles in it.
    public static func shared() throws -> PostgresCluster { try sharedResult.get() }
    private static let sharedResult = Result { try PostgresCluster() }

    /// The directory with data, sockets and certificates.
    public let directory: URL
    /// The port, on 127.0.0.1 and as the socket's name.
    public let port: Int
    /// The password of every role that `createDatabase` makes, and of the superuser `postgres`.
    public static let password = "test-password"

    /// The directory of the Unix socket.
    public var socketDirectory: String { directory.path }
    /// The authority that signed the server's certificate, a PEM file.
    public var rootCertificate: String { directory.appendingPathComponent("ca.crt").path }

    /// Which PostgreSQL it is.
    public let version: PostgresVersion
    /// Whether this build of it can speak TLS.
    public let hasTLS: Bool
    private var data: String { directory.appendingPathComponent("data").path }

    /// Makes and starts a server; `settings` are lines for postgresql.conf.
    ///
    /// A build without TLS is started without.
    public init(version: PostgresVersion = .v15, settings: [String] = []) throws {
        self.version = version
        let directory = URL(fileURLWithPath: "/tmp/teleport-test-\(UUID().uuidString.prefix(8))")
        self.directory = directory
        self.port = try Self.freePort()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Self.password.write(
            to: directory.appendingPathComponent("pw"), atomically: true, encoding: .utf8)
        try Self.makeCertificates(directory.path)
        try Self.shell("chown -R postgres \(directory.path) 2>/dev/null || true")
        let data = directory.appendingPathComponent("data").path
        try Self.asPostgres(
            "\(version.bin)/initdb -D \(data) -U postgres --auth-local=trust --auth-host=scram-sha-256"
                + " --pwfile=\(directory.path)/pw -E UTF8 --locale=C.UTF-8 -N >\(directory.path)/initdb.log 2>&1"
        )
        let bin = version.bin
        hasTLS =
            (try? Self.asPostgres("\(bin)/postgres -D \(data) -c ssl=on -C ssl >/dev/null")) != nil
        let lines =
            [
                "port = \(port)", "listen_addresses = '127.0.0.1'",
                "unix_socket_directories = '\(directory.path)'", "fsync = off",
                // The engine's own connections switch it off; compiling costs a test's plain
                // connection seconds a catalog query.
                "jit = off",
                "max_prepared_transactions = 10", "max_connections = 200",
                "ssl = \(hasTLS ? "on" : "off")",
                "ssl_cert_file = '\(directory.path)/server.crt'",
                "ssl_key_file = '\(directory.path)/server.key'",
            ] + settings
        try Self.shell(
            "cat >> \(data)/postgresql.conf", input: lines.joined(separator: "\n") + "\n")
        try start()
        try stopWhenThisProcessEnds()
    }

    /// Makes and starts a hot standby that follows another server.
    public init(standbyOf primary: PostgresCluster) throws {
        version = primary.version
        hasTLS = primary.hasTLS
        directory = URL(fileURLWithPath: "/tmp/teleport-test-\(UUID().uuidString.prefix(8))")
        port = try Self.freePort()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Self.shell("chown -R postgres \(directory.path) 2>/dev/null || true")
        try Self.asPostgres(
            "\(version.bin)/pg_basebackup -D \(data) -R -X stream -c fast -U postgres"
                + " -h \(primary.directory.path) -p \(primary.port)")
        // The later line of a setting wins.
        let lines = "port = \(port)\nunix_socket_directories = '\(directory.path)'\n"
        try Self.shell("cat >> \(data)/postgresql.conf", input: lines)
        try start()
        try stopWhenThisProcessEnds()
    }

    /// Starts the server and waits until it answers.
    public func start() throws {
        try Self.asPostgres(
            "\(version.bin)/pg_ctl -D \(data) -l \(directory.path)/server.log -w -t 60 start >/dev/null"
        )
    }

    /// Stops the server: `fast`, or `immediate` for a crash.
    public func stop(mode: String = "fast") throws {
        try Self.asPostgres("\(version.bin)/pg_ctl -D \(data) -m \(mode) -w -t 60 stop >/dev/null")
    }

    /// Runs SQL with psql as the superuser over the Unix socket; returns unaligned output.
    @discardableResult
    public func psql(_ sql: String, database: String = "postgres", role: String = "postgres") throws
        -> String
    {
        try Self.shell(
            "psql -X -q -At -v ON_ERROR_STOP=1 -h \(directory.path) -p \(port) -U \(Self.word(role)) -d \(Self.word(database)) -f -",
            input: sql)
    }

    /// Runs a file with psql as the superuser.
    public func psql(file: String, database: String) throws {
        try Self.shell(
            "psql -X -q -v ON_ERROR_STOP=1 -h \(directory.path) -p \(port) -U postgres -d \(Self.word(database)) -f \(Self.word(file)) >/dev/null"
        )
    }

    /// Makes an empty database with a fresh name, owned by the superuser.
    public func createDatabase(_ prefix: String = "t") throws -> String {
        let name = "\(prefix)_\(UUID().uuidString.prefix(8).lowercased())"
        try psql("CREATE DATABASE \(name)")
        return name
    }

    /// Makes a login role with `password`; returns its name.
    public func createRole(_ prefix: String) throws -> String {
        let name = "\(prefix)_\(UUID().uuidString.prefix(8).lowercased())"
        try psql("CREATE ROLE \(name) LOGIN PASSWORD '\(Self.password)'")
        return name
    }

    /// How to connect over TCP with a password.
    public func configuration(database: String, user: String = "postgres") -> PGConfiguration {
        PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: port), user: user, database: database,
            password: Self.password)
    }

    private static func makeCertificates(_ d: String) throws {
        try shell(
            """
            set -e; cd \(d)
            openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=teleport-test-ca -keyout ca.key -out ca.crt 2>/dev/null
            openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr 2>/dev/null
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > san
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile san -out server.crt 2>/dev/null
            chmod 600 server.key
            """)
    }

    private func stopWhenThisProcessEnds() throws {
        let watch = """
            while kill -0 \(ProcessInfo.processInfo.processIdentifier) 2>/dev/null; do sleep 1; done
            pid=$(head -1 \(data)/postmaster.pid 2>/dev/null) && kill -QUIT $pid 2>/dev/null
            sleep 1; rm -rf \(directory.path)
            """
        try watch.write(
            to: directory.appendingPathComponent("watch.sh"), atomically: true, encoding: .utf8)
        try Self.shell("setsid sh \(directory.path)/watch.sh >/dev/null 2>&1 </dev/null &")
    }

    // MARK: Processes

    /// A word of a shell command.
    public static func word(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }

    /// Servers refuse to run as root: another user's turn.
    private static func asPostgres(_ command: String) throws {
        try shell(getuid() == 0 ? "cd / && runuser -u postgres -- sh -c \(word(command))" : command)
    }

    /// Runs a shell command; returns what it printed, without the last newline.
    @discardableResult
    public static func shell(_ command: String, input: String? = nil) throws -> String {
        // Files rather than pipes: a daemon that inherits a pipe would hold it open for ever.
        let base = "/tmp/teleport-test-io-\(UUID().uuidString)"
        defer {
            for end in [".in", ".out", ".err"] {
                try? FileManager.default.removeItem(atPath: base + end)
            }
        }
        try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: base + ".in"))
        try Data().write(to: URL(fileURLWithPath: base + ".out"))
        try Data().write(to: URL(fileURLWithPath: base + ".err"))
        // Not Foundation's Process: it waits for an end of file on a socket that servers inherit.
        let status = system("( \(command)\n) <\(base).in >\(base).out 2>\(base).err")
        var output = try String(contentsOfFile: base + ".out", encoding: .utf8)
        if output.hasSuffix("\n") { output.removeLast() }
        guard status == 0 else {
            let errors = (try? String(contentsOfFile: base + ".err", encoding: .utf8)) ?? ""
            throw ShellError(command: command, status: status >> 8, errors: errors)
        }
        return output
    }

    /// A port that nobody listens on now.
    public static func freePort() throws -> Int {
        let text = try shell(
            "python3 -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])'"
        )
        guard let port = Int(text) else {
            throw ShellError(command: "free port", status: 1, errors: text)
        }
        return port
    }
}

/// A command that failed.
public struct ShellError: Error, CustomStringConvertible {
    /// What was run.
    public let command: String
    /// Its exit code.
    public let status: Int32
    /// What it said.
    public let errors: String

    /// Describes a failure.
    public init(command: String, status: Int32, errors: String) {
        self.command = command
        self.status = status
        self.errors = errors
    }

    /// Everything in one text.
    public var description: String { "exit \(status): \(command)\n\(errors)" }
}
