/// What a login accepts of a server, and what it can bind itself to.
package struct LoginPolicy: Sendable {
    /// The ways of authentication that are accepted.
    package var requirement = PGConfiguration.AuthRequirement.any
    /// Whether SCRAM is bound to the TLS connection.
    package var channelBinding = PGConfiguration.ChannelBinding.prefer
    /// Whether the connection is encrypted.
    package var isEncrypted = false
    /// The digest of the server's certificate; nil where there is none that can be bound to.
    package var serverCertificateHash: [UInt8]?
    /// How many SCRAM iterations a server may ask for.
    package var iterationLimit = Limits.scramIterations
    /// The newest protocol, which the server was asked for.
    package var newestProtocol = PGConfiguration.ProtocolVersion.v3_0
    /// The oldest protocol that is accepted.
    package var oldestProtocol = PGConfiguration.ProtocolVersion.v3_0

    /// Accepts everything that is spoken.
    package init() {}

    /// Checks a way of authentication before anything is told to the server (libpq's `require_auth`
    /// and `channel_binding`).
    ///
    /// - Parameters:
    ///   - method: what the server asks for; `none` where it asks for nothing.
    ///   - isBound: whether the exchange is bound to the TLS connection.
    /// - Throws: `authenticationFailed`.
    func check(_ method: PGConfiguration.AuthMethod, isBound: Bool = false) throws(PGError) {
        guard requirement.accepts(method) else {
            throw PGError(
                .authenticationFailed,
                method == .none
                    ? "the server lets us in without asking, which require_auth forbids"
                    : "the server asks for authentication by \(method.rawValue),"
                        + " which require_auth forbids")
        }
        guard channelBinding != .require || isBound else {
            throw PGError(
                .authenticationFailed,
                "channel_binding=require, and the server does not bind its authentication to the"
                    + " TLS connection")
        }
    }

    /// Chooses how SCRAM is bound, by what the server offers (libpq's rules).
    ///
    /// - Throws: `authenticationFailed` where the server's offer cannot be taken.
    func binding(_ mechanisms: [String]) throws(PGError) -> SCRAM.Binding {
        let offersPlus = mechanisms.contains(SCRAM.mechanismPlus)
        if offersPlus, !isEncrypted {
            throw PGError(
                .authenticationFailed,
                "the server offers channel binding although the connection is not encrypted:"
                    + " somebody between may have taken TLS away")
        }
        if offersPlus, channelBinding != .disable, let serverCertificateHash {
            return .serverCertificate(serverCertificateHash)
        }
        guard mechanisms.contains(SCRAM.mechanism) else {
            throw PGError(
                .authenticationFailed,
                "the server offers \(mechanisms.count) SASL mechanisms, and SCRAM-SHA-256,"
                    + " which is spoken, is not among them")
        }
        // Without a digest (a signature without a hash of its own, as Ed25519) we cannot bind, and
        // to say that the server did not offer it would be taken for an attack.
        let couldBind = isEncrypted && channelBinding != .disable && serverCertificateHash != nil
        return couldBind ? .notOffered : .none
    }
}

extension PGConfiguration.ProtocolVersion {
    /// The version as the start-up message has it.
    package var code: UInt32 {
        switch self {
        case .v3_0: 3 << 16
        case .v3_2: 3 << 16 | 2
        }
    }

    /// The version of a NegotiateProtocolVersion; nil where there is none such.
    ///
    /// The manual speaks of the minor version alone; servers send the whole number (15 tried).
    init?(code: UInt32) {
        let whole = code < 1 << 16 ? 3 << 16 | code : code
        guard let version = Self.allCases.first(where: { $0.code == whole }) else { return nil }
        self = version
    }
}
