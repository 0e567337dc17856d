import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Replicator
import ServiceLifecycle

/// The HTTP server of an instance.
struct APIServer: Service {
    /// Why the server could not listen.
    struct ListenError: Error, CustomStringConvertible {
        /// What happened and what to do.
        let description: String
    }

    private let application: Application<RouterResponder<APIContext>>
    private let address: String

    /// A server that is not listening yet; port 0 takes any free one.
    ///
    /// `onListening` is given the port once connections are taken.
    init(
        _ server: DaemonConfiguration.Server, api: any InstanceAPI, on group: any EventLoopGroup,
        logger: Logger, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        let authorization = Authorization(
            token: server.token, isLoopback: server.isLoopback, isInsecure: server.insecure)
        var quiet = logger
        // Its own lines repeat ours.
        quiet.logLevel = max(logger.logLevel, .error)
        address = "\(server.hostname):\(server.port)"
        application = Application(
            responder: Routes(api: api, authorization: authorization).router().buildResponder(),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionGuard()],
                    idleTimeout: Limits.applyingSilence,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Limits.headerBytes,
                        maxHeaderListSize: Limits.headerBytes,
                        maxHeaderFieldCount: Limits.headerFields))),
            configuration: .init(
                address: .hostname(server.hostname, port: server.port),
                serverName: "teleportd",
                availableConnectionsDelegate: MaximumAvailableConnections(Limits.connections)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? server.port
                logger.info(
                    "listening", metadata: ["address": "\(server.hostname):\(port)"])
                await onListening(port)
            },
            eventLoopGroupProvider: .shared(group),
            logger: quiet)
    }

    /// Serves until a graceful shutdown or cancellation.
    ///
    /// - Throws: `ListenError` where the address cannot be used.
    func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenError(description: Self.explain(error, address))
        } catch let error as SocketAddressError {
            throw ListenError(
                description: "cannot listen on \(address): \(error); see server.hostname")
        }
    }

    private static func explain(_ error: IOError, _ address: String) -> String {
        switch error.errnoCode {
        case EADDRINUSE:
            "cannot listen on \(address): another program does already; "
                + "stop it or change server.port"
        case EACCES:
            "cannot listen on \(address): this user may not use the port; change server.port"
        case EADDRNOTAVAIL:
            "cannot listen on \(address): this machine has no such address; change server.hostname"
        default: "cannot listen on \(address): \(error)"
        }
    }
}
