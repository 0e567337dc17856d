/// Where to connect, as whom, and how.
public struct PGConfiguration: Sendable {
    /// The address of a server.
    public enum Endpoint: Sendable, Hashable {
        /// A host name or address and a port.
        case tcp(host: String, port: Int)
        /// The directory that holds the server's socket, and the port that names it.
        case unix(directory: String, port: Int)
    }

    /// How TLS is used, with libpq's meanings (manual, 34.19).
    public enum SSLMode: String, Sendable, Hashable, CaseIterable {
        /// Never TLS.
        case disable
        /// TLS where the server has it, the certificate is not checked.
        case prefer
        /// TLS or nothing; the certificate is checked only where a root certificate is named.
        case require
        /// TLS, and the certificate must come from a trusted authority.
        case verifyCA = "verify-ca"
        /// As `verifyCA`, and the certificate must name the host.
        case verifyFull = "verify-full"
    }

    /// The address of the server.
    public var endpoint: Endpoint
    /// The role to log in as.
    public var user: String
    /// The database to open.
    public var database: String
    /// The password, where the server asks for one.
    public var password: String?
    /// How TLS is used.
    public var sslMode: SSLMode = .prefer
    /// A PEM file of trusted authorities; `system` for the system's own; nil for none named.
    public var sslRootCert: String?
    /// The time from the first packet to ReadyForQuery.
    public var connectTimeout: Duration = .seconds(10)
    /// After how long without traffic the kernel probes the peer; zero leaves the kernel's setting.
    public var keepAliveIdle: Duration = .seconds(30)
    /// After how long unacknowledged bytes end the connection; zero leaves the kernel's setting.
    public var tcpUserTimeout: Duration = .seconds(60)
    /// Settings sent in the start-up message, for example `application_name` or `DateStyle`.
    public var runtimeParameters: [String: String] = [:]
    /// How many statements a connection keeps prepared; 0 for none, as behind a pooler in
    /// transaction mode that does not know prepared statements.
    public var statementCacheSize = 256

    /// A configuration with defaults for everything that is not named.
    public init(
        endpoint: Endpoint, user: String, database: String, password: String? = nil
    ) {
        self.endpoint = endpoint
        self.user = user
        self.database = database
        self.password = password
    }
}

extension PGConfiguration {
    /// The names and values of the start-up message; text travels as UTF-8 unless told otherwise.
    var startup: [(name: String, value: String)] {
        var settings = runtimeParameters
        settings["client_encoding"] = settings["client_encoding"] ?? "UTF8"
        settings["user"] = nil
        settings["database"] = nil
        return [("user", user), ("database", database)]
            + settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
