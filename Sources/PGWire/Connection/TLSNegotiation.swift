/// Asks a server for TLS and begins it (manual, 55.2.11).
enum TLSNegotiation {
    /// Asks, and begins TLS where the server has it; with `sslNegotiation` direct, begins unasked.
    ///
    /// - Returns: false where it has none and the mode can do without.
    /// - Throws: `tlsFailed` where it has none and the mode needs it, or where bytes came between its
    ///   answer and the handshake (CVE-2021-23222); `invalidConfiguration` for options that do not fit
    ///   together; what `Channel.startTLS` throws.
    static func begin(
        _ channel: Channel, _ configuration: PGConfiguration, deadline: ContinuousClock.Instant
    ) async throws(PGError) -> Bool {
        let options = try TLSOptions(configuration)
        let host = configuration.endpoint.hostName
        if options.negotiation == .direct {
            try await channel.startTLS(options, host: host, deadline: deadline)
            return true
        }
        let answer = Promise<UInt8>()
        channel.onClose = { error in
            answer.fulfil(.failure(error ?? .lost("the server closed it when asked for TLS")))
        }
        channel.onRead = { [weak channel] bytes in
            // What follows belongs to the handshake; anything in plain text makes that fail.
            channel?.pauseReading()
            guard bytes.count == 1 else {
                answer.fulfil(
                    .failure(
                        PGError(
                            .tlsFailed,
                            "the server sent \(bytes.count) bytes where one answers the TLS request"
                        )))
                return
            }
            answer.fulfil(.success(bytes[0]))
        }
        channel.send(try FrontendMessage.encode(.sslRequest))
        let byte = try await answer.wait(
            until: deadline, on: channel.loop,
            late: PGError(.timedOut, "the server did not answer the request for TLS in time"))
        channel.onRead = nil
        channel.onClose = nil
        switch byte {
        case UInt8(ascii: "S"):
            try await channel.startTLS(options, host: host, deadline: deadline)
            channel.resumeReading()
            return true
        case UInt8(ascii: "N"):
            guard configuration.sslMode == .prefer else {
                throw PGError(
                    .tlsFailed,
                    "the server has no TLS, and sslmode \(configuration.sslMode.rawValue) needs it")
            }
            channel.resumeReading()
            return false
        default:
            // An ErrorResponse here could come from anybody and is not shown (CVE-2024-10977).
            throw PGError(.tlsFailed, "the server refused to talk about TLS")
        }
    }
}

extension PGConfiguration.Endpoint {
    /// The name that a certificate must have.
    var hostName: String {
        switch self {
        case .tcp(let host, _): host
        case .unix: "localhost"
        }
    }

    /// Whether TLS makes sense here.
    var canUseTLS: Bool {
        switch self {
        case .tcp: true
        case .unix: false
        }
    }
}
