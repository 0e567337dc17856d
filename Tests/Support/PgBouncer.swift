internal import Foundation
public import PGWire

/// A PgBouncer in front of a server, in transaction mode, for tests; it ends with this process.
///
/// Clients log in with SCRAM, in plain text or with TLS; its own way to the server is the Unix socket.
public final class PgBouncer: Sendable {
    /// The port, on 127.0.0.1 and as the socket's name.
    public let port: Int
    /// The directory of its Unix socket.
    public let socketDirectory: String
    private let cluster: PostgresCluster

    /// Starts one.
    ///
    /// - Parameters:
    ///   - cluster: the server behind.
    ///   - roles: the roles that may log in, with `PostgresCluster.password`.
    ///   - settings: more lines for the section `[pgbouncer]`, for example `pool_mode = session`.
    /// - Throws: `ShellError` where it does not start.
    public init(
        _ cluster: PostgresCluster, roles: [String] = ["postgres"], settings: [String] = []
    ) throws {
        self.cluster = cluster
        port = try PostgresCluster.freePort()
        socketDirectory = "\(cluster.directory.path)/pgbouncer-\(port)"
        let directory = socketDirectory
        let file = """
            [databases]
            * = host=\(cluster.socketDirectory) port=\(cluster.port)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir = \(directory)
            pidfile = \(directory)/pid
            logfile = \(directory)/log
            auth_type = scram-sha-256
            auth_file = \(directory)/users
            pool_mode = transaction
            default_pool_size = 4
            max_client_conn = 500
            client_tls_sslmode = allow
            client_tls_cert_file = \(directory)/server.crt
            client_tls_key_file = \(directory)/server.key
            ignore_startup_parameters = extra_float_digits
            \(settings.joined(separator: "\n"))

            """
        let users = roles.map { "\"\($0)\" \"\(PostgresCluster.password)\"\n" }.joined()
        try PostgresCluster.shell(
            """
            set -e; mkdir -p \(directory); cd \(directory); cat > ini
            printf '%s' \(PostgresCluster.word(users)) > users
            cp ../server.crt ../server.key .; chmod 600 server.key
            if [ "$(id -u)" = 0 ]; then chown -R postgres \(directory); fi
            """, input: file)
        // Not as root, which it refuses to be.
        try PostgresCluster.shell(
            """
            PATH=$PATH:/usr/sbin; cd / && if [ "$(id -u)" = 0 ]; then as="runuser -u postgres --"; fi
            $as pgbouncer -d \(directory)/ini >\(directory)/out 2>&1 </dev/null || { cat \(directory)/out >&2; exit 1; }
            setsid sh -c 'while kill -0 \(ProcessInfo.processInfo.processIdentifier) 2>/dev/null; do sleep 1; done
                kill $(cat \(directory)/pid)' >/dev/null 2>&1 </dev/null &
            for i in $(seq 100); do [ -S \(directory)/.s.PGSQL.\(port) ] && exit 0; sleep 0.05; done
            cat \(directory)/log >&2; exit 1
            """)
    }

    /// How to connect over TCP; without a cache of statements, which the next transaction's server would
    /// not know (PgBouncer before 1.21).
    public func configuration(database: String, user: String = "postgres") -> PGConfiguration {
        var configuration = cluster.configuration(database: database, user: user)
        configuration.endpoint = .tcp(host: "127.0.0.1", port: port)
        configuration.statementCacheSize = 0
        return configuration
    }
}
