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

    /// A login that will use this nonce if the server asks for SCRAM.
    package init(user: String, password: String?, nonce: String) {
        self.user = user
        self.password = password
        self.nonce = nonce
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
    /// - Throws: `authenticationFailed` where a password is missing, the method is not spoken or
    ///   SCRAM fails; `protocolViolation` for a request out of order.
    package mutating func receive(_ request: AuthenticationRequest) throws(PGError) -> Step {
        switch (state, request) {
        case (.begun, .ok), (.passwordSent, .ok), (.scramVerified, .ok):
            state = .done
            return .authenticated
        case (.begun, .cleartextPassword):
            let password = try needPassword()
            state = .passwordSent
            return .send(try FrontendMessage.encode(.password(password)))
        case (.begun, .md5Password(let salt)):
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
                "the server asks for authentication method \(method), which is not spoken here;"
                    + " cleartext, md5 and scram-sha-256 are")
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

    private mutating func beginSCRAM(_ mechanisms: [String]) throws(PGError) -> Step {
        guard mechanisms.contains(SCRAM.mechanism) else {
            throw PGError(
                .authenticationFailed,
                "the server offers \(mechanisms.joined(separator: ", ")), SCRAM-SHA-256 is spoken")
        }
        let scram = SCRAM(password: try needPassword(), nonce: nonce)
        state = .scramBegun(scram)
        return .send(
            try FrontendMessage.encode(
                .saslInitial(mechanism: SCRAM.mechanism, data: scram.clientFirst)))
    }

    private func needPassword() throws(PGError) -> String {
        guard let password, !password.isEmpty else {
            throw PGError(
                .authenticationFailed, "the server asks for a password of role \(user); none is set")
        }
        return password
    }
}
