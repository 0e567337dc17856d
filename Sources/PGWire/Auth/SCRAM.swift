/// The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.
///
/// A value without randomness and without long work: the nonce is handed in, and the key is derived
/// by whoever drives it, between `derivation` and `clientFinal`.
package struct SCRAM: Sendable {
    /// The name of the mechanism.
    package static let mechanism = "SCRAM-SHA-256"

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
    private var serverFirst = ""
    private var nonce = ""
    private var serverSignature: [UInt8]?

    /// Begins an exchange; PostgreSQL takes the user from the start-up message, so `user` is empty.
    package init(user: String = "", password: String, nonce: String) {
        self.password = SASLPrep.prepare(password)
        self.clientNonce = nonce
        self.clientFirstBare = "n=\(user),r=\(nonce)"
    }

    /// A nonce of 18 random bytes.
    package static func makeNonce() throws(PGError) -> String {
        Base64.encode(try Crypto.random(18))
    }

    /// The first message.
    package var clientFirst: [UInt8] { [UInt8](("n,," + clientFirstBare).utf8) }

    /// Reads the server's first message; returns what must be computed.
    ///
    /// - Throws: `authenticationFailed` where it is not understood, does not continue our nonce, or
    ///   asks for more iterations than `Limits.scramIterations`.
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
        guard iterations <= Limits.scramIterations else {
            throw Self.failed("\(iterations) iterations, \(Limits.scramIterations) are computed")
        }
        return Derivation(password: password, salt: salt, iterations: iterations)
    }

    /// The last message, from the derived key.
    package mutating func clientFinal(saltedPassword: [UInt8]) throws(PGError) -> [UInt8] {
        let withoutProof = "c=biws,r=\(nonce)"
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
            signature == serverSignature
        else { throw Self.failed("its signature is wrong, so it does not know the password") }
    }

    private static func failed(_ what: String) -> PGError {
        PGError(.authenticationFailed, "SCRAM with the server failed: \(what)")
    }
}
