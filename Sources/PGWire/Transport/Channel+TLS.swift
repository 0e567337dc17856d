/// Stand-in until TLS lands.
final class TLSSession {
    var isEstablished: Bool { false }
    var serverCertificateHash: [UInt8]? { nil }
}

extension Channel {
    func sendEncrypted(_ bytes: [UInt8]) {}
    func receivedEncrypted(_ bytes: UnsafeRawBufferPointer) {}
    func deliverPlaintext() {}
    func sendCloseNotify() {}

    /// Begins TLS.
    package func startTLS(
        mode: PGConfiguration.SSLMode, host: String, rootCert: String?,
        deadline: ContinuousClock.Instant
    ) async throws(PGError) {
        throw PGError(.tlsFailed, "not yet")
    }
}
