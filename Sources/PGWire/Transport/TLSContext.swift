internal import COpenSSL

/// TLS options as OpenSSL wants them: a context that is never changed after it was made.
///
/// Making one reads certificate files and blocks.
final class TLSContext: @unchecked Sendable {  // Safety:
    // the pointer never changes, and an SSL_CTX that is no longer configured may be shared
    // between threads (OpenSSL manual, openssl-threads).
    let pointer: OpaquePointer
    /// What it was made of.
    let options: TLSOptions

    private init(_ pointer: OpaquePointer, _ options: TLSOptions) {
        self.pointer = pointer
        self.options = options
    }

    deinit { SSL_CTX_free(pointer) }

    /// Makes a context; reads files.
    ///
    /// - Throws: `invalidConfiguration` for a file that cannot be used, `tlsFailed` where OpenSSL
    ///   refuses something else.
    static func make(_ options: TLSOptions) throws(PGError) -> TLSContext {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(TLS_client_method()) else {
            throw PGError(.tlsFailed, "OpenSSL gave no context: \(TLSSession.reasons())")
        }
        let context = TLSContext(pointer, options)
        teleport_ssl_set_modes(pointer)
        teleport_ssl_no_renegotiation(pointer)
        teleport_ssl_no_session_cache(pointer)
        let (oldest, newest) = (options.oldest?.number ?? 0, options.newest?.number ?? 0)
        guard teleport_ssl_set_versions(pointer, oldest, newest) == 1 else {
            throw PGError(
                .invalidConfiguration,
                "OpenSSL refuses these versions of TLS: \(TLSSession.reasons())")
        }
        try context.loadAuthorities()
        try context.loadRevoked()
        try context.loadCertificate()
        return context
    }

    private func loadAuthorities() throws(PGError) {
        switch options.check {
        case .nothing:
            SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
        case .system:
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                throw PGError(
                    .invalidConfiguration,
                    "the system's certificates cannot be read: \(TLSSession.reasons())")
            }
        case .file(let file):
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
            try Self.needReadable(file, "the root certificate")
            guard SSL_CTX_load_verify_locations(pointer, file, nil) == 1 else {
                throw PGError(
                    .invalidConfiguration,
                    "the root certificate \(file) is not a PEM file of certificates: "
                        + TLSSession.reasons())
            }
        }
    }

    /// libpq goes on without a list that it cannot read; who names one means it.
    private func loadRevoked() throws(PGError) {
        guard options.revokedFile != nil || options.revokedDirectory != nil else { return }
        if let file = options.revokedFile { try Self.needReadable(file, "sslcrl") }
        if let directory = options.revokedDirectory {
            try Self.needReadable(directory, "sslcrldir")
        }
        let store = SSL_CTX_get_cert_store(pointer)
        guard
            X509_STORE_load_locations(store, options.revokedFile, options.revokedDirectory) == 1
        else {
            throw PGError(
                .invalidConfiguration,
                "the revocation list is not a PEM file of such lists: \(TLSSession.reasons())")
        }
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
    }

    private func loadCertificate() throws(PGError) {
        guard let certificate = options.certificate, let key = options.key else { return }
        try Self.needReadable(certificate, "sslcert")
        guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw PGError(
                .invalidConfiguration,
                "sslcert \(certificate) is not a PEM file of certificates: \(TLSSession.reasons())")
        }
        try Self.needPrivate(key)
        if let reason = loadKey(key) {
            throw PGError(
                .invalidConfiguration,
                "sslkey \(key) cannot be used: \(reason)"
                    + (options.keyPassword == nil
                        ? "; is it encrypted? sslpassword is not set" : ""))
        }
        guard SSL_CTX_check_private_key(pointer) == 1 else {
            throw PGError(
                .invalidConfiguration,
                "sslkey \(key) is not the key of sslcert \(certificate): \(TLSSession.reasons())")
        }
    }

    /// PEM, else DER, as libpq; nil, or why not.
    private func loadKey(_ file: String) -> String? {
        // Without a callback OpenSSL would ask whoever sits at the terminal.
        SSL_CTX_set_default_passwd_cb(pointer) { buffer, size, _, secret in
            guard let buffer, let secret else { return -1 }
            let text = secret.assumingMemoryBound(to: CChar.self)
            var count = 0
            while text[count] != 0 { count += 1 }
            guard count <= Int(size) else { return -1 }
            buffer.update(from: text, count: count)
            return Int32(count)
        }
        func load() -> String? {
            if SSL_CTX_use_PrivateKey_file(pointer, file, SSL_FILETYPE_PEM) == 1 { return nil }
            let reasons = TLSSession.reasons()
            if SSL_CTX_use_PrivateKey_file(pointer, file, SSL_FILETYPE_ASN1) == 1 { return nil }
            ERR_clear_error()
            return reasons
        }
        guard let password = options.keyPassword else { return load() }
        return password.withCString { text in
            // Safety: the callback only reads, and is without its secret before the text ends.
            SSL_CTX_set_default_passwd_cb_userdata(pointer, UnsafeMutableRawPointer(mutating: text))
            defer { SSL_CTX_set_default_passwd_cb_userdata(pointer, nil) }
            return load()
        }
    }

    // MARK: Files

    private static func needReadable(_ file: String, _ what: String) throws(PGError) {
        if let problem = FileStatus.problem(reading: file) {
            throw PGError(
                .invalidConfiguration, "\(what) \(file) cannot be read: \(problem.text)")
        }
    }

    /// A key that others can read is no secret (libpq's rule).
    private static func needPrivate(_ file: String) throws(PGError) {
        let status: FileStatus
        switch FileStatus.of(file) {
        case .success(let found): status = found
        case .failure(let error):
            throw PGError(
                .invalidConfiguration, "sslkey \(file) cannot be read: \(error.text)")
        }
        guard status.isRegular else {
            throw PGError(.invalidConfiguration, "sslkey \(file) is not a regular file")
        }
        // Of a file of root's, the group may be the one that runs this.
        let forbidden: UInt32 = status.owner == 0 ? 0o037 : 0o077
        guard status.permissions & forbidden == 0 else {
            throw PGError(
                .invalidConfiguration,
                "sslkey \(file) may be read by others: chmod 600 (or 640 where root owns it)")
        }
    }
}

extension PGConfiguration.TLSVersion {
    /// The number on the wire (RFC 8446, 4.1.2).
    fileprivate var number: Int32 {
        switch self {
        case .tls1_0: 0x0301
        case .tls1_1: 0x0302
        case .tls1_2: 0x0303
        case .tls1_3: 0x0304
        }
    }
}
