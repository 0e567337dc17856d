extension PGConfiguration {
    /// The address of a server.
    public enum Endpoint: Sendable, Hashable {
        /// A host name or address and a port.
        case tcp(host: String, port: Int)
        /// The directory that holds the server's socket, and the port that names it; a directory that
        /// begins with `@` is in the abstract namespace of Linux.
        case unix(directory: String, port: Int)
    }

    /// One of the servers that a connection may go to.
    public struct Host: Sendable, Hashable {
        /// Its name and port: what a certificate must be for.
        public var endpoint: Endpoint
        /// The numeric address to connect to instead of looking the name up (libpq's `hostaddr`).
        public var address: String?
        /// The password for this server, from a password file.
        public var password: String?

        /// A server to connect to.
        public init(_ endpoint: Endpoint, address: String? = nil, password: String? = nil) {
            self.endpoint = endpoint
            self.address = address
            self.password = password
        }

        /// What is connected to: the address where one is given, else the endpoint.
        package var dialled: Endpoint {
            guard let address, case .tcp(_, let port) = endpoint else { return endpoint }
            return .tcp(host: address, port: port)
        }
    }

    /// What the first server is dialled by.
    var dialled: Endpoint { hosts.first?.dialled ?? endpoint }

    /// Stays with the address that answered, for later connections to the same server.
    mutating func pin(to address: SocketAddress) {
        guard !address.isUnix, !hosts.isEmpty else { return }
        hosts[0].address = address.text
    }

    /// What a server must be, so that a session stays there (libpq's `target_session_attrs`).
    public enum TargetSessionAttributes: String, Sendable, Hashable, CaseIterable {
        /// Anything.
        case any
        /// Sessions may write by default.
        case readWrite = "read-write"
        /// Sessions may not write by default.
        case readOnly = "read-only"
        /// Not a hot standby.
        case primary
        /// A hot standby.
        case standby
        /// A hot standby where one can be reached, else anything.
        case preferStandby = "prefer-standby"
    }

    /// In which order hosts are tried (libpq's `load_balance_hosts`).
    public enum LoadBalancing: String, Sendable, Hashable, CaseIterable {
        /// As listed, and a name's addresses as the resolver gives them.
        case disable
        /// In an order drawn for each connection; a name's addresses too.
        case random
    }
}
