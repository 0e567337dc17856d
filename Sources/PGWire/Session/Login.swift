/// The login: from the start-up message to AuthenticationOk (manual, 55.2.1).
///
/// A value: messages go in, what must be done comes out. The one long computation, PBKDF2, is an
/// action, and its result comes back in through `keyDerived`.
package struct Login: Sendable {
    /// What must be done next.
    package enum Step: Sendable, Equatable {
        /// Send these bytes.
        case send([UInt8])
        /// Compute this off the loop and hand the result to `keyDerived`.
        case derive(SCRAM.Derivation)
        /// Nothing; wait for the server.
        case wait
        /// The server has let us in.
        case authenticated
    }

    private enum State {
        /// Nothing asked for yet.
        case begun
        /// A password was sent; only the answer may come.
        case passwordSent
        /// Our first SCRAM message was sent.
        case scramBegun(SCRAM)
        /// The key is being derived.
        case deriving(SCRAM)
        /// Our last SCRAM message was sent.
        case scramProved(SCRAM)
        /// The server has proved that it knows the password.
        case scramVerified
        /// AuthenticationOk has come.
        case done
    }

    private var state = State.begun
    private let user: String
    private let password: String?
    private let nonce: String
    private let policy: LoginPolicy
    private var wasNegotiated = false
    /// The protocol that both sides speak.
    package private(set) var protocolVersion: PGConfiguration.ProtocolVersion

    /// A login that will use this nonce if the server asks for SCRAM.
    package init(
        user: String, password: String?, nonce: String, policy: LoginPolicy = LoginPolicy()
    ) {
        self.user = user
        self.password = password
        self.nonce = nonce
        self.policy = policy
        protocolVersion = policy.newestProtocol
    }

    /// Whether AuthenticationOk has come.
    package var isDone: Bool {
        switch state {
        case .done: true
        case .begun, .passwordSent, .scramBegun, .deriving, .scramProved, .scramVerified: false
        }
    }

    /// Answers a request of the server.
    ///
    /// - Throws: `authenticationFailed` where a password is missing, the method is not spoken or not
    ///   accepted, or SCRAM fails; `protocolViolation` for a request out of order.
    package mutating func receive(_ request: AuthenticationRequest) throws(PGError) -> Step {
        switch (state, request) {
        case (.begun, .ok):
            try policy.check(.none)
            state = .done
            return .authenticated
        case (.passwordSent, .ok), (.scramVerified, .ok):
            state = .done
            return .authenticated
        case (.begun, .cleartextPassword):
            try policy.check(.password)
            let password = try needPassword()
            state = .passwordSent
            return .send(try FrontendMessage.encode(.password(password)))
        case (.begun, .md5Password(let salt)):
            try policy.check(.md5)
            let answer = try MD5Password.answer(user: user, password: needPassword(), salt: salt)
            state = .passwordSent
            return .send(try FrontendMessage.encode(.password(answer)))
        case (.begun, .sasl(let mechanisms)):
            return try beginSCRAM(mechanisms)
        case (.scramBegun(var scram), .saslContinue(let data)):
            let derivation = try scram.derivation(serverFirst: data)
            state = .deriving(scram)
            return .derive(derivation)
        case (.scramProved(let scram), .saslFinal(let data)):
            try scram.verify(serverFinal: data)
            state = .scramVerified
            return .wait
        case (_, .unsupported(let method)):
            throw PGError(
                .authenticationFailed,
                "the server asks for authentication method \(Self.name(of: method)), which is not"
                    + " spoken here; cleartext, md5 and scram-sha-256 are")
        case (.begun, _), (.passwordSent, _), (.scramBegun, _), (.deriving, _), (.scramProved, _),
            (.scramVerified, _), (.done, _):
            throw PGError(.protocolViolation, "an authentication request out of order")
        }
    }

    /// Goes on with the derived key.
    package mutating func keyDerived(_ saltedPassword: [UInt8]) throws(PGError) -> Step {
        switch state {
        case .deriving(var scram):
            let final = try scram.clientFinal(saltedPassword: saltedPassword)
            state = .scramProved(scram)
            return .send(try FrontendMessage.encode(.saslResponse(final)))
        case .begun, .passwordSent, .scramBegun, .scramProved, .scramVerified, .done:
            throw PGError(.misuse, "a derived key that nobody waits for")
        }
    }

    /// Takes NegotiateProtocolVersion (manual, 55.7): the newest version that the server speaks.
    ///
    /// The options that it does not know are ours to give up, and none changes what we do.
    ///
    /// - Throws: `protocolViolation` where the server may not say that, `invalidConfiguration` where
    ///   its version is older than what is accepted.
    package mutating func negotiated(_ code: UInt32) throws(PGError) {
        guard !wasNegotiated, case .begun = state else {
            throw PGError(.protocolViolation, "the server negotiates the protocol out of order")
        }
        wasNegotiated = true
        guard let version = PGConfiguration.ProtocolVersion(code: code), version <= protocolVersion
        else {
            throw PGError(
                .protocolViolation,
                "the server wants protocol \(code >> 16).\(code & 0xffff), it was asked for"
                    + " \(protocolVersion.rawValue)")
        }
        guard version >= policy.oldestProtocol else {
            throw PGError(
                .invalidConfiguration,
                "the server speaks protocol \(version.rawValue) at most, min_protocol_version is"
                    + " \(policy.oldestProtocol.rawValue)")
        }
        protocolVersion = version
    }

    private mutating func beginSCRAM(_ mechanisms: [String]) throws(PGError) -> Step {
        let binding = try policy.binding(mechanisms)
        var bound = false
        if case .serverCertificate = binding { bound = true }
        try policy.check(.scramSHA256, isBound: bound)
        let scram = SCRAM(
            password: try needPassword(), nonce: nonce, binding: binding,
            iterationLimit: policy.iterationLimit)
        state = .scramBegun(scram)
        return .send(
            try FrontendMessage.encode(
                .saslInitial(mechanism: binding.mechanism, data: scram.clientFirst)))
    }

    private static func name(of method: UInt32) -> String {
        switch method {
        case 2: "2 (Kerberos V5)"
        case 7, 8: "\(method) (GSSAPI)"
        case 9: "9 (SSPI)"
        default: "\(method)"
        }
    }

    private func needPassword() throws(PGError) -> String {
        guard let password, !password.isEmpty else {
            throw PGError(
                .authenticationFailed, "the server asks for a password of role \(user); none is set"
            )
        }
        return password
    }
}

extension Login {
    /// The login of a configuration on a connection whose TLS, if any, is established.
    ///
    /// - Throws: what `PasswordSource` throws.
    static func begin(
        _ configuration: PGConfiguration, on channel: Channel, deadline: ContinuousClock.Instant
    ) async throws(PGError) -> Login {
        var policy = LoginPolicy()
        policy.requirement = configuration.requireAuth
        policy.channelBinding = configuration.channelBinding
        policy.isEncrypted = channel.isTLS
        policy.serverCertificateHash = channel.serverCertificateHash
        policy.iterationLimit = configuration.scramMaxIterations
        policy.newestProtocol = configuration.maxProtocolVersion
        policy.oldestProtocol = configuration.minProtocolVersion
        if configuration.minProtocolVersion > configuration.maxProtocolVersion {
            throw PGError(
                .invalidConfiguration,
                "min_protocol_version is newer than max_protocol_version")
        }
        let password = try await PasswordSource.password(
            configuration, deadline: deadline, loop: channel.loop)
        return Login(
            user: configuration.user, password: password, nonce: try SCRAM.makeNonce(),
            policy: policy)
    }
}
