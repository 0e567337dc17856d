internal import COpenSSL
import Glibc

/// How servers are checked: an OpenSSL context, made once a connection and never changed after.
///
/// Making one reads certificate files and blocks.
final class TLSContext: @unchecked Sendable {  // Safety:
    // the pointer never changes, and an SSL_CTX that is no longer configured may be shared
    // between threads (OpenSSL manual, openssl-threads).
    let pointer: OpaquePointer
    /// Whether the certificate must name the host.
    let checksHost: Bool
    /// What the check rests on, for messages.
    let text: String

    private init(_ pointer: OpaquePointer, checksHost: Bool, text: String) {
        self.pointer = pointer
        self.checksHost = checksHost
        self.text = text
    }

    deinit { SSL_CTX_free(pointer) }

    /// What a mode and a root certificate ask for (libpq's rules; manual, 34.19.1).
    enum Check: Equatable {
        /// Whatever certificate the server shows.
        case nothing
        /// One that the system's authorities vouch for.
        case system(host: Bool)
        /// One that the authorities in a file vouch for.
        case file(String, host: Bool)

        /// - Throws: `invalidConfiguration` where the two do not fit together.
        init(mode: PGConfiguration.SSLMode, rootCert: String?) throws(PGError) {
            let named = rootCert.flatMap { $0.isEmpty ? nil : $0 }
            switch (mode, named) {
            case (.disable, _):
                throw PGError(.misuse, "TLS was begun although sslmode is disable")
            case (.verifyFull, "system"):
                self = .system(host: true)
            case (_, "system"):
                // Anybody can have a certificate of a public authority for a host of their own.
                throw PGError(
                    .invalidConfiguration,
                    "sslrootcert=system needs sslmode=verify-full, not \(mode.rawValue)")
            // Prefer goes on without TLS where TLS fails: a check would protect nothing.
            case (.allow, _), (.prefer, _), (.require, nil):
                self = .nothing
            case (.require, let file?), (.verifyCA, let file?):
                self = .file(file, host: false)
            case (.verifyFull, let file?):
                self = .file(file, host: true)
            case (.verifyCA, nil), (.verifyFull, nil):
                throw PGError(
                    .invalidConfiguration,
                    "sslmode=\(mode.rawValue) needs sslrootcert: a PEM file of trusted authorities"
                        + (mode == .verifyFull ? ", or \"system\" for the system's own" : ""))
            }
        }
    }

    /// Makes a context for a check; reads files.
    static func make(_ check: Check) -> Result<TLSContext, PGError> {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(TLS_client_method()) else {
            return .failure(PGError(.tlsFailed, "OpenSSL gave no context: \(TLSSession.reasons())"))
        }
        teleport_ssl_set_modes(pointer)
        teleport_ssl_no_renegotiation(pointer)
        let checksHost: Bool
        let text: String
        var failure: PGError?
        if teleport_ssl_at_least_tls12(pointer) != 1 {
            failure = PGError(.tlsFailed, "OpenSSL refuses TLS 1.2: \(TLSSession.reasons())")
        }
        switch check {
        case .nothing:
            SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
            (checksHost, text) = (false, "no check")
        case .system(let host):
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
            if SSL_CTX_set_default_verify_paths(pointer) != 1 {
                failure = PGError(
                    .invalidConfiguration,
                    "the system's certificates cannot be read: \(TLSSession.reasons())")
            }
            (checksHost, text) = (host, "sslrootcert system")
        case .file(let file, let host):
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
            if access(file, R_OK) != 0 {
                failure = PGError(
                    .invalidConfiguration,
                    "the root certificate \(file) cannot be read: \(SystemCall.text(errno))")
            } else if SSL_CTX_load_verify_locations(pointer, file, nil) != 1 {
                failure = PGError(
                    .invalidConfiguration,
                    "the root certificate \(file) is not a PEM file of certificates: "
                        + TLSSession.reasons())
            }
            (checksHost, text) = (host, "sslrootcert \(file)")
        }
        let context = TLSContext(pointer, checksHost: checksHost, text: text)
        if let failure { return .failure(failure) }
        return .success(context)
    }
}
