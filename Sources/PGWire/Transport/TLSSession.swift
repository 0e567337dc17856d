internal import COpenSSL

/// TLS between two memories: encrypted bytes in and out, plain bytes out and in, no socket.
///
/// Confined to its channel's loop. OpenSSL keeps the reason of a failure in a queue of the thread,
/// so every call here asks for it before it returns.
final class TLSSession {
    /// What one step of OpenSSL came to.
    enum Step {
        /// This many bytes.
        case done(Int)
        /// More encrypted bytes are needed.
        case wantsMore
        /// The peer said goodbye.
        case ended
        /// The reason, in OpenSSL's words.
        case failed(String)
    }

    private let context: TLSContext
    private let host: String
    private let ssl: OpaquePointer
    private let memory = TLSMemory()

    /// Whether the handshake is through.
    private(set) var isEstablished = false

    /// Begins a session with a server.
    ///
    /// - Parameters:
    ///   - context: what is checked.
    ///   - host: a name or an address; what the certificate must name where that is checked.
    /// - Throws: `tlsFailed` when OpenSSL gives no memory or refuses the host's name.
    init(_ context: TLSContext, host: String) throws(PGError) {
        ERR_clear_error()
        guard let ssl = SSL_new(context.pointer) else {
            throw PGError(.tlsFailed, "OpenSSL gave no session: \(Self.reasons())")
        }
        guard let bio = memory.makeBIO() else {
            SSL_free(ssl)
            throw PGError(.tlsFailed, "OpenSSL gave no memory: \(Self.reasons())")
        }
        // The session owns it, both ways.
        SSL_set_bio(ssl, bio, bio)
        SSL_set_connect_state(ssl)
        self.context = context
        self.ssl = ssl

        self.host = host
        var accepted: Int32 = 1
        // RFC 6066, 3: server_name is for names, not for addresses.
        if context.options.tellsHost, !host.isEmpty, CertificateNames.address(host) == nil {
            accepted = teleport_ssl_set_server_name(ssl, host)
        }
        guard accepted == 1 else {
            throw PGError(.tlsFailed, "\"\(host)\" is no host name that TLS can carry")
        }
        // As libpq since 17, also behind SSLRequest; 0 is success here.
        guard SSL_set_alpn_protos(ssl, Self.alpn, UInt32(Self.alpn.count)) == 0 else {
            throw PGError(.tlsFailed, "OpenSSL refuses ALPN: \(Self.reasons())")
        }
    }

    /// The name of the protocol (manual, 55.2.11), its length before it (RFC 7301, 3.1).
    private static let alpn: [UInt8] = [10] + Array("postgresql".utf8)

    deinit { SSL_free(ssl) }

    // MARK: Steps

    /// Takes encrypted bytes from the peer, which are read within a closure or kept.
    func feed(_ bytes: UnsafeRawBufferPointer, _ body: () -> Void) { memory.lend(bytes, body) }

    /// Encrypted bytes for the peer, none when there are none.
    func takeOutgoing() -> [UInt8] { memory.takeOutgoing() }

    /// Takes the handshake as far as the bytes at hand allow.
    func handshake() -> Step {
        ERR_clear_error()
        let step = outcome(SSL_do_handshake(ssl))
        switch step {
        case .done:
            if let problem = nameProblem() ?? protocolProblem() { return .failed(problem) }
            isEstablished = true
        case .failed(let reason): return .failed(certificateProblem() ?? reason)
        case .wantsMore, .ended: break
        }
        return step
    }

    /// Decrypts into a buffer.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        ERR_clear_error()
        return outcome(SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count)))
    }

    /// Encrypts everything; nil, or the reason why not.
    func write(_ bytes: [UInt8]) -> String? {
        memory.reserve(bytes.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            ERR_clear_error()
            let piece = rest.prefix(Limits.tlsRecord)
            let step = piece.withUnsafeBytes { raw in
                outcome(SSL_write(ssl, raw.baseAddress, Int32(clamping: raw.count)))
            }
            switch step {
            case .done(let count): rest = rest.dropFirst(count)
            case .failed(let reason): return reason
            // Memory never fills, and renegotiation, the other reason to wait, is off.
            case .wantsMore, .ended: return "the session takes no bytes"
            }
        }
        return nil
    }

    /// Says goodbye; the alert is then among the outgoing bytes.
    func sayGoodbye() {
        ERR_clear_error()
        if isEstablished { SSL_shutdown(ssl) }
        ERR_clear_error()
    }

    /// Reads what a call came to; nothing may run on this thread between the two.
    private func outcome(_ answer: Int32) -> Step {
        if answer > 0 { return .done(Int(answer)) }
        switch SSL_get_error(ssl, answer) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsMore
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return .failed(Self.reasons())
        }
    }

    // MARK: Words

    /// Why the certificate was not accepted; nil where it was.
    private func certificateProblem() -> String? {
        let code = SSL_get_verify_result(ssl)
        guard code != Int(X509_V_OK) else { return nil }
        let reason = String(cString: X509_verify_cert_error_string(code))
        return "the server's certificate is not accepted: \(reason) (\(context.options.text))"
    }

    /// Why the certificate is not good for the host; nil where it is, or nobody asks.
    private func nameProblem() -> String? {
        guard context.options.checksHost else { return nil }
        guard let certificate = teleport_ssl_peer_certificate(ssl) else {
            return "the server showed no certificate"
        }
        defer { X509_free(certificate) }
        return CertificateNames(certificate).problem(for: host)
    }

    /// Without the question that usually comes before TLS, only this shows that the server took us for
    /// a client of PostgreSQL (manual, 55.2.11).
    private func protocolProblem() -> String? {
        guard context.options.negotiation == .direct else { return nil }
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        let selected = UnsafeBufferPointer(start: name, count: Int(count))
        guard selected.elementsEqual(Self.alpn.dropFirst()) else {
            return "the server did not take up the protocol postgresql (ALPN):"
                + " sslnegotiation=direct needs PostgreSQL 17 or newer"
        }
        return nil
    }

    /// OpenSSL's error queue in words, emptied.
    static func reasons() -> String {
        var words: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            words.append(
                ERR_reason_error_string(code).map { String(cString: $0) } ?? "code \(code)")
        }
        return words.isEmpty ? "no reason given" : words.joined(separator: "; ")
    }

    /// The protocol's name, for example `TLSv1.3`.
    var version: String { String(cString: SSL_get_version(ssl)) }

    /// The certificate's digest by its signature's own hash, SHA-256 for MD5 and SHA-1
    /// (RFC 5929, 4.1); nil where the signature names no hash.
    var serverCertificateHash: [UInt8]? {
        guard let certificate = teleport_ssl_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        var digest: Int32 = 0
        guard OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, nil) == 1,
            digest != NID_undef
        else { return nil }
        let name = digest == NID_md5 || digest == NID_sha1 ? NID_sha256 : digest
        guard let algorithm = EVP_get_digestbyname(OBJ_nid2sn(name)) else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(certificate, algorithm, &bytes, &count) == 1 else { return nil }
        return Array(bytes.prefix(Int(count)))
    }
}
