/// Everything of a configuration that TLS depends on.
///
/// Two connections with equal options may share a context.
package struct TLSOptions: Sendable, Hashable {
    /// What a mode and a root certificate ask for (libpq's rules; manual, 34.19.1).
    enum Check: Sendable, Hashable {
        /// Whatever certificate the server shows.
        case nothing
        /// One that the system's authorities vouch for.
        case system
        /// One that the authorities in a file vouch for.
        case file(String)
    }

    /// What the server's certificate is checked against.
    let check: Check
    /// Whether the certificate must name the host.
    let checksHost: Bool
    /// How TLS begins.
    let negotiation: PGConfiguration.SSLNegotiation
    /// PEM files of the client's certificate and its key; nil for none.
    let certificate: String?
    let key: String?
    let keyPassword: String?
    /// Revoked certificates, looked at where the certificate is checked.
    let revokedFile: String?
    let revokedDirectory: String?
    /// Whether the host is named in the handshake.
    let tellsHost: Bool
    let oldest: PGConfiguration.TLSVersion?
    let newest: PGConfiguration.TLSVersion?

    /// The options of a configuration.
    ///
    /// - Throws: `invalidConfiguration` where they do not fit together; `misuse` for `disable`.
    package init(_ configuration: PGConfiguration) throws(PGError) {
        let mode = configuration.sslMode
        (check, checksHost) = try Self.check(mode, Self.named(configuration.sslRootCert))
        negotiation = configuration.sslNegotiation
        certificate = Self.named(configuration.sslCert)
        // As libpq: a key without its certificate is of no use, and no fault.
        key = certificate == nil ? nil : Self.named(configuration.sslKey)
        keyPassword = key == nil ? nil : configuration.sslPassword
        revokedFile = check == .nothing ? nil : Self.named(configuration.sslCRL)
        revokedDirectory = check == .nothing ? nil : Self.named(configuration.sslCRLDirectory)
        tellsHost = configuration.sslSNI
        oldest = configuration.sslMinProtocolVersion
        newest = configuration.sslMaxProtocolVersion
        if certificate != nil, key == nil {
            throw PGError(.invalidConfiguration, "sslcert needs sslkey: the certificate's key")
        }
        if let oldest, let newest, oldest > newest {
            throw PGError(
                .invalidConfiguration,
                "ssl_min_protocol_version \(oldest.rawValue) is newer than"
                    + " ssl_max_protocol_version \(newest.rawValue)")
        }
        try Self.checkNegotiation(configuration)
    }

    /// Checks that TLS that begins unasked is not one of two ways: a server that does not know it, or
    /// somebody between, would bring us to plain text.
    ///
    /// - Throws: `invalidConfiguration` for direct TLS with a mode that does without.
    static func checkNegotiation(_ configuration: PGConfiguration) throws(PGError) {
        switch (configuration.sslNegotiation, configuration.sslMode) {
        case (.direct, .disable), (.direct, .allow), (.direct, .prefer):
            throw PGError(
                .invalidConfiguration,
                "weak sslmode \(configuration.sslMode.rawValue) may not be used with"
                    + " sslnegotiation=direct: it needs require, verify-ca or verify-full")
        case (.direct, _), (.postgres, _): break
        }
    }

    private static func named(_ text: String?) -> String? {
        text.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func check(
        _ mode: PGConfiguration.SSLMode, _ rootCert: String?
    ) throws(PGError) -> (Check, Bool) {
        switch (mode, rootCert) {
        case (.disable, _):
            throw PGError(.misuse, "TLS was begun although sslmode is disable")
        case (.verifyFull, "system"):
            return (.system, true)
        case (_, "system"):
            // Anybody can have a certificate of a public authority for a host of their own.
            throw PGError(
                .invalidConfiguration,
                "sslrootcert=system needs sslmode=verify-full, not \(mode.rawValue)")
        // Both go on without TLS where TLS fails: a check would protect nothing.
        case (.allow, _), (.prefer, _), (.require, nil):
            return (.nothing, false)
        case (.require, let file?), (.verifyCA, let file?):
            return (.file(file), false)
        case (.verifyFull, let file?):
            return (.file(file), true)
        case (.verifyCA, nil), (.verifyFull, nil):
            throw PGError(
                .invalidConfiguration,
                "sslmode=\(mode.rawValue) needs sslrootcert: a PEM file of trusted authorities"
                    + (mode == .verifyFull ? ", or \"system\" for the system's own" : ""))
        }
    }

    /// What the check rests on, for messages.
    var text: String {
        switch check {
        case .nothing: "no check"
        case .system: "sslrootcert system"
        case .file(let file): "sslrootcert \(file)"
        }
    }
}
