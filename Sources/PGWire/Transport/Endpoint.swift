extension PGConfiguration.Endpoint {
    /// How messages name the endpoint: `host:port` or the socket's path.
    package var text: String {
        switch self {
        case .tcp(let host, let port):
            host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let directory, let port):
            "\(directory)/.s.PGSQL.\(port)"
        }
    }

    /// The addresses to try, in order; a name is looked up on a thread made for it.
    func addresses(deadline: ContinuousClock.Instant, loop: PGEventLoop) async throws(PGError)
        -> [SocketAddress]
    {
        switch self {
        case .unix:
            guard let address = SocketAddress(path: text) else {
                throw PGError(
                    .invalidConfiguration,
                    "the socket path \(text) is longer than \(SocketAddress.longestPath) bytes; "
                        + "use a shorter directory")
            }
            return [address]
        case .tcp(let host, let port):
            guard (1...65535).contains(port), !host.isEmpty, !host.utf8.contains(0) else {
                throw PGError(.invalidConfiguration, "\(text) is not a host name and a port")
            }
            if case .success(let numeric) = SocketAddress.resolve(
                host: host, port: port, numericOnly: true)
            {
                return numeric
            }
            let found = try await BlockingWork.run(
                "cannot connect to \(text): looking up the name", deadline: deadline, loop: loop
            ) {
                SocketAddress.resolve(host: host, port: port, numericOnly: false)
            }
            guard !found.isEmpty else {
                throw PGError(.connectFailed, "cannot connect to \(text): the name has no address")
            }
            return found
        }
    }
}
