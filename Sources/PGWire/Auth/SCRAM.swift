/// The client's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677).
///
/// A value without randomness and without long work: the nonce is handed in, and the key is derived
/// by whoever drives it, between `derivation` and `clientFinal`.
package struct SCRAM: Sendable {
    /// How the exchange is bound to the TLS connection around it (RFC 5802, section 6).
    package enum Binding: Sendable, Equatable {
        /// We cannot, or must not.
        case none
        /// We could, and the server did not offer it: a server that did offer it learns so that
        /// somebody between us took the offer away.
        case notOffered
        /// To the server's certificate, by its digest (`tls-server-end-point`, RFC 5929).
        case serverCertificate([UInt8])

        /// The name of the mechanism.
        package var mechanism: String {
            switch self {
            case .none, .notOffered: SCRAM.mechanism
            case .serverCertificate: SCRAM.mechanismPlus
            }
        }

        fileprivate var header: String {
            switch self {
            case .none: "n,,"
            case .notOffered: "y,,"
            case .serverCertificate: "p=tls-server-end-point,,"
            }
        }

        fileprivate var data: [UInt8] {
            switch self {
            case .none, .notOffered: []
            case .serverCertificate(let digest): digest
            }
        }
    }

    /// The name of the mechanism without channel binding.
    package static let mechanism = "SCRAM-SHA-256"
    /// The name of the mechanism with channel binding.
    package static let mechanismPlus = "SCRAM-SHA-256-PLUS"

    /// What PBKDF2 must compute.
    package struct Derivation: Sendable, Equatable {
        /// The prepared password.
        package let password: [UInt8]
        /// The server's salt.
        package let salt: [UInt8]
        /// How often.
        package let iterations: Int

        /// Computes the salted password; blocks for as long as that takes.
        package func compute() throws(PGError) -> [UInt8] {
            try Crypto.pbkdf2(password: password, salt: salt, iterations: iterations)
        }
    }

    private let password: [UInt8]
    private let clientNonce: String
    private let clientFirstBare: String
    private let binding: Binding
    private let iterationLimit: Int
    private var serverFirst = ""
    private var nonce = ""
    private var serverSignature: [UInt8]?

    /// Begins an exchange; PostgreSQL takes the user from the start-up message, so `user` is empty.
    ///
    /// - Parameters:
    ///   - user: the name inside the exchange.
    ///   - password: not yet prepared.
    ///   - nonce: printable, without a comma, never used before.
    ///   - binding: what the exchange is bound to.
    ///   - iterationLimit: how many iterations a server may ask for.
    package init(
        user: String = "", password: String, nonce: String, binding: Binding = .none,
        iterationLimit: Int = Limits.scramIterations
    ) {
        self.password = SASLPrep.prepare(password)
        self.clientNonce = nonce
        self.clientFirstBare = "n=\(user),r=\(nonce)"
        self.binding = binding
        self.iterationLimit = iterationLimit
    }

    /// A nonce of 18 random bytes.
    package static func makeNonce() throws(PGError) -> String {
        Base64.encode(try Crypto.random(18))
    }

    /// Whether the exchange is bound to the TLS connection.
    package var isBound: Bool {
        switch binding {
        case .none, .notOffered: false
        case .serverCertificate: true
        }
    }

    /// The first message.
    package var clientFirst: [UInt8] { [UInt8]((binding.header + clientFirstBare).utf8) }

    /// Reads the server's first message; returns what must be computed.
    ///
    /// - Throws: `authenticationFailed` where it is not understood, does not continue our nonce, or
    ///   asks for more iterations than the limit.
    package mutating func derivation(serverFirst bytes: [UInt8]) throws(PGError) -> Derivation {
        serverFirst = String(decoding: bytes, as: UTF8.self)
        let parts = serverFirst.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].hasPrefix("r="), parts[1].hasPrefix("s="),
            parts[2].hasPrefix("i="), let salt = Base64.decode(parts[1].dropFirst(2)),
            let iterations = Int(parts[2].dropFirst(2)), iterations > 0, !salt.isEmpty
        else { throw Self.failed("its first message is malformed") }
        nonce = String(parts[0].dropFirst(2))
        guard nonce.hasPrefix(clientNonce), nonce.utf8.count > clientNonce.utf8.count else {
            throw Self.failed("it did not continue our nonce")
        }
        guard iterations <= iterationLimit else {
            throw Self.failed(
                "it asks for \(iterations) iterations, at most \(iterationLimit) are accepted")
        }
        return Derivation(password: password, salt: salt, iterations: iterations)
    }

    /// The last message, from the derived key.
    package mutating func clientFinal(saltedPassword: [UInt8]) throws(PGError) -> [UInt8] {
        let channel = Base64.encode([UInt8](binding.header.utf8) + binding.data)
        let withoutProof = "c=\(channel),r=\(nonce)"
        let message = [UInt8]("\(clientFirstBare),\(serverFirst),\(withoutProof)".utf8)
        let clientKey = try Crypto.hmac(key: saltedPassword, [UInt8]("Client Key".utf8))
        let signature = try Crypto.hmac(key: Crypto.sha256(clientKey), message)
        let serverKey = try Crypto.hmac(key: saltedPassword, [UInt8]("Server Key".utf8))
        serverSignature = try Crypto.hmac(key: serverKey, message)
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        return [UInt8]("\(withoutProof),p=\(Base64.encode(proof))".utf8)
    }

    /// Checks that the server knows the password too.
    ///
    /// - Throws: `authenticationFailed` where its signature is another or missing.
    package func verify(serverFinal bytes: [UInt8]) throws(PGError) {
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("e=") { throw Self.failed("it ended the exchange with an error") }
        guard let first = text.split(separator: ",").first, first.hasPrefix("v="),
            let signature = Base64.decode(first.dropFirst(2)), let serverSignature,
            Crypto.areEqual(signature, serverSignature)
        else { throw Self.failed("its signature is wrong, so it does not know the password") }
    }

    private static func failed(_ what: String) -> PGError {
        PGError(.authenticationFailed, "SCRAM with the server failed: \(what)")
    }
}
