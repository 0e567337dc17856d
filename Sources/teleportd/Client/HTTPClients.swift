import AsyncHTTPClient
import NIOCore
import NIOPosix

/// Makes the HTTP client of a daemon.
enum HTTPClients {
    /// A client on the daemon's own event loop: no redirects, no retries, plain HTTP/1.1.
    static func make(on group: any EventLoopGroup) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: Limits.connect)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { channel in
            Probes.enable(on: channel)
        }
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }
}

/// The kernel's probes: a peer that vanished without a word is noticed within a minute or so, while
/// one that applies a batch for an hour is waited for.
enum Probes {
    /// Turns them on for a connection.
    static func enable(on channel: any Channel) -> EventLoopFuture<Void> {
        // Linux's numbers of TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT and TCP_USER_TIMEOUT.
        let options: [(ChannelOptions.Types.SocketOption, Int)] = [
            (.init(level: .tcp, name: .init(rawValue: 4)), 20),
            (.init(level: .tcp, name: .init(rawValue: 5)), 10),
            (.init(level: .tcp, name: .init(rawValue: 6)), 4),
            (.init(level: .tcp, name: .init(rawValue: 18)), 60_000),
        ]
        let keepAlive = channel.setOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
            // A kernel that lacks one of them still has a usable connection.
            for (option, value) in options { _ = channel.setOption(option, value: value) }
        #endif
        return keepAlive
    }
}
