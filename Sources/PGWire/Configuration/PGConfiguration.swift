/// Where to connect, as whom, and how: libpq's parameters (manual, 34.1.2) as values.
///
/// Made by hand, or of a connection string and the `PG*` variables by
/// `init(_:environment:)`. A parameter that libpq has and this client has no use for is refused there
/// where ignoring it would weaken something, and ignored where it would not.
public struct PGConfiguration: Sendable {
    // MARK: Where

    /// The servers to try, in order; never more than `Limits.hosts`.
    public var hosts: [Host]
    /// What a server must be, so that the session stays there.
    public var targetSessionAttributes: TargetSessionAttributes = .any
    /// In which order the hosts are tried.
    public var loadBalanceHosts: LoadBalancing = .disable

    // MARK: As whom

    /// The role to log in as.
    public var user: String
    /// The database to open.
    public var database: String
    /// The password, where a server asks for one; it wins over a host's own.
    public var password: String?
    /// Asked for the password of each new connection, where `password` is nil: for tokens that expire.
    ///
    /// It runs off the loop, within the time to connect, and wins over a host's own password.
    public var passwordProvider: (@Sendable (PGPasswordRequest) async throws -> String)?
    /// The file that `readPasswordFile` looks in; nil for `~/.pgpass`.
    public var passwordFile: String?
    /// The ways of authentication that are accepted of a server.
    public var requireAuth: AuthRequirement = .any
    /// Whether SCRAM is bound to the TLS connection.
    public var channelBinding: ChannelBinding = .prefer
    /// How many iterations of SCRAM a server may ask for: each costs about half a microsecond of a core.
    public var scramMaxIterations = 2_000_000

    // MARK: TLS

    /// How TLS is used.
    public var sslMode: SSLMode = .prefer
    /// How TLS begins.
    public var sslNegotiation: SSLNegotiation = .postgres
    /// A PEM file of trusted authorities; `system` for the system's own; nil for none named.
    public var sslRootCert: String?
    /// A PEM file with the client's certificate, and those between it and its authority; nil for none.
    public var sslCert: String?
    /// A PEM file with the client certificate's key.
    public var sslKey: String?
    /// The passphrase of an encrypted `sslKey`.
    public var sslPassword: String?
    /// A PEM file of revoked certificates.
    public var sslCRL: String?
    /// A directory of revocation lists, named by hash as `openssl rehash` does.
    public var sslCRLDirectory: String?
    /// Whether the server's name is told in the handshake (SNI).
    public var sslSNI = true
    /// The oldest TLS that is spoken; nil for what the system's OpenSSL allows.
    public var sslMinProtocolVersion: TLSVersion? = .tls1_2
    /// The newest TLS that is spoken; nil for what the system's OpenSSL has.
    public var sslMaxProtocolVersion: TLSVersion?

    // MARK: How

    /// The time for each host, from the look-up of its name to ReadyForQuery.
    ///
    /// Several hosts take at most the sum, `preferStandby` twice the sum.
    public var connectTimeout: Duration = .seconds(10)
    /// Whether the kernel probes a silent peer.
    public var keepAlives = true
    /// After how long without traffic the kernel probes the peer; zero leaves the kernel's setting.
    public var keepAliveIdle: Duration = .seconds(30)
    /// The time between two probes; zero leaves the kernel's setting.
    public var keepAliveInterval: Duration = .seconds(10)
    /// After how many unanswered probes the connection ends; zero leaves the kernel's setting.
    public var keepAliveCount = 3
    /// After how long unacknowledged bytes end the connection; zero leaves the kernel's setting.
    public var tcpUserTimeout: Duration = .seconds(60)
    /// The user that a Unix socket's server must run as; nil for any.
    public var requirePeer: String?
    /// The oldest protocol that is accepted of a server.
    public var minProtocolVersion: ProtocolVersion = .v3_0
    /// The newest protocol that a server is asked for.
    public var maxProtocolVersion: ProtocolVersion = .v3_0
    /// Settings sent in the start-up message, for example `application_name` or `DateStyle`.
    public var runtimeParameters: [String: String] = [:]
    /// The `application_name` of programs that were told none.
    public var fallbackApplicationName: String?

    /// How many statements a connection keeps prepared; 0 for none, as behind a pooler in
    /// transaction mode that does not know prepared statements.
    public var statementCacheSize = 256

    /// Told what each connection does: for logs, metrics and traces; nil costs nothing.
    ///
    /// It is called on the connection's loop's thread and must not block.
    public var onActivity: (@Sendable (PGActivity) -> Void)?
    /// Told of each message on the wire after the first one.
    ///
    /// It is called on the connection's loop's thread and must not block.
    public var onMessage: (@Sendable (PGWireMessage) -> Void)?

    /// What was passed over while the configuration was made, for the caller's log.
    ///
    /// For example a password file that others may read. No secrets.
    public internal(set) var warnings: [String] = []

    /// Makes `loadBalanceHosts` choose the same every time; nil for the system's randomness.
    package var loadBalanceSeed: UInt64?

    /// A configuration with defaults for everything that is not named.
    public init(
        endpoint: Endpoint, user: String, database: String, password: String? = nil
    ) {
        hosts = [Host(endpoint)]
        self.user = user
        self.database = database
        self.password = password
    }
}

extension PGConfiguration {
    /// The address of the first server; setting it leaves that server alone.
    public var endpoint: Endpoint {
        get { hosts.first?.endpoint ?? .tcp(host: "", port: 0) }
        set { hosts = [Host(newValue)] }
    }

    /// What the server lists the session as; nil for nothing said.
    public var applicationName: String? {
        get { runtimeParameters["application_name"] }
        set { runtimeParameters["application_name"] = newValue }
    }

    /// The encoding of text on the wire; nil for UTF8, which is what this client decodes.
    public var clientEncoding: String? {
        get { runtimeParameters["client_encoding"] }
        set { runtimeParameters["client_encoding"] = newValue }
    }

    /// Command-line options for the server process, for example `-c geqo=off`.
    public var options: String? {
        get { runtimeParameters["options"] }
        set { runtimeParameters["options"] = newValue }
    }

    /// The names and values of the start-up message; text travels as UTF-8 unless told otherwise.
    var startup: [(name: String, value: String)] {
        var settings = runtimeParameters
        settings["client_encoding"] = settings["client_encoding"] ?? "UTF8"
        settings["application_name"] = settings["application_name"] ?? fallbackApplicationName
        if settings["application_name"] == "" { settings["application_name"] = nil }
        settings["user"] = nil
        settings["database"] = nil
        return [("user", user), ("database", database)]
            + settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
