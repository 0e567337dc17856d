extension PGConfiguration {
    /// How TLS is used, with libpq's meanings (manual, 34.19).
    public enum SSLMode: String, Sendable, Hashable, CaseIterable {
        /// Never TLS.
        case disable
        /// TLS only where the server insists on it; the certificate is not checked.
        case allow
        /// TLS where the server has it, the certificate is not checked.
        case prefer
        /// TLS or nothing; the certificate is checked only where a root certificate is named.
        case require
        /// TLS, and the certificate must come from a trusted authority.
        case verifyCA = "verify-ca"
        /// As `verifyCA`, and the certificate must name the host.
        case verifyFull = "verify-full"
    }

    /// How TLS begins (libpq's `sslnegotiation`).
    public enum SSLNegotiation: String, Sendable, Hashable, CaseIterable {
        /// After asking the server for it (manual, 55.2.11).
        case postgres
        /// At once, one round trip less; the server must be PostgreSQL 17 or newer.
        case direct
    }

    /// A version of TLS, oldest first.
    public enum TLSVersion: String, Sendable, Hashable, CaseIterable, Comparable {
        /// TLS 1.0.
        case tls1_0 = "TLSv1"
        /// TLS 1.1.
        case tls1_1 = "TLSv1.1"
        /// TLS 1.2.
        case tls1_2 = "TLSv1.2"
        /// TLS 1.3.
        case tls1_3 = "TLSv1.3"

        /// Whether one is older than another.
        public static func < (left: TLSVersion, right: TLSVersion) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// Whether SCRAM is bound to the TLS connection (libpq's `channel_binding`).
    public enum ChannelBinding: String, Sendable, Hashable, CaseIterable {
        /// Never.
        case disable
        /// Where the server offers it.
        case prefer
        /// The login fails without it, whatever else the server accepts.
        case require
    }

    /// A way of authentication, by libpq's name for it (`require_auth`).
    public enum AuthMethod: String, Sendable, Hashable, CaseIterable {
        /// The password in clear text.
        case password
        /// An MD5 digest of the password.
        case md5
        /// Kerberos, which is not spoken here.
        case gss
        /// Windows' Kerberos, which is not spoken here.
        case sspi
        /// SCRAM-SHA-256, with or without channel binding.
        case scramSHA256 = "scram-sha-256"
        /// OAuth, which is not spoken here.
        case oauth
        /// The server asks for nothing: trust, peer, or a client certificate.
        case none
    }

    /// The ways of authentication that are accepted of a server (libpq's `require_auth`).
    public enum AuthRequirement: Sendable, Hashable {
        /// Every one that is spoken here.
        case any
        /// These and no other.
        case oneOf(Set<AuthMethod>)
        /// Every one but these.
        case noneOf(Set<AuthMethod>)

        /// Whether a method is accepted.
        public func accepts(_ method: AuthMethod) -> Bool {
            switch self {
            case .any: true
            case .oneOf(let methods): methods.contains(method)
            case .noneOf(let methods): !methods.contains(method)
            }
        }
    }

    /// A version of the frontend/backend protocol, oldest first.
    public enum ProtocolVersion: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Every server since 7.4.
        case v3_0 = "3.0"
        /// PostgreSQL 18: cancel keys of up to 256 bytes.
        case v3_2 = "3.2"

        /// Whether one is older than another.
        public static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool {
            left.rawValue < right.rawValue
        }
    }
}

/// What a `PGConfiguration.passwordProvider` is told: for which server, role and database.
public struct PGPasswordRequest: Sendable, Hashable {
    /// The server.
    public let endpoint: PGConfiguration.Endpoint
    /// The role.
    public let user: String
    /// The database.
    public let database: String

    /// A request for the password of a role.
    public init(endpoint: PGConfiguration.Endpoint, user: String, database: String) {
        self.endpoint = endpoint
        self.user = user
        self.database = database
    }
}

extension PGConfiguration {
    /// Whether TLS is tried first, and what is tried second; nil for nothing.
    var tlsWays: (first: Bool, second: Bool?) {
        guard endpoint.canUseTLS else { return (false, nil) }
        return switch sslMode {
        case .disable: (false, nil)
        case .allow: (false, true)
        case .prefer: (true, false)
        case .require, .verifyCA, .verifyFull: (true, nil)
        }
    }
}
