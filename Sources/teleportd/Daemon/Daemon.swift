import AsyncHTTPClient
import Dispatch
import Foundation
import Logging
import NIOCore
import NIOPosix
import Replicator
import ServiceLifecycle
import UnixSignals

/// A running instance: its API and its stages, until a signal.
enum Daemon {
    /// Runs until SIGTERM or SIGINT; returns after an orderly stop.
    ///
    /// - Throws: `APIServer.ListenError`, or what ended the engine.
    static func run(_ configuration: DaemonConfiguration, logger: Logger) async throws {
        // One loop thread serves both directions: the work is in the databases.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = HTTPClients.make(on: group)
        let engine = Engine(configuration, client: client, logger: logger)
        logger.info(
            "starting",
            metadata: [
                "instance": "\(configuration.instance.name)", "version": "\(Version.text)",
                "targets": "\(configuration.instance.targets.map(\.name).joined(separator: ","))",
            ])
        if !configuration.server.isLoopback, configuration.server.token == nil {
            logger.notice(
                configuration.server.insecure
                    ? "no token: batches are taken from anybody"
                    : "no token: batches are refused; add server.token or set TELEPORT_TOKEN")
        }
        let services = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: InstanceService(
                            server: APIServer(
                                configuration.server, api: engine, on: group, logger: logger),
                            engine: engine, logger: logger),
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }))
        let result: Result<Void, any Error>
        do {
            result = .success(try await services.run())
        } catch is CancellationError {
            // The batch in hand was given up.
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        try? await group.shutdownGracefully()
        try result.get()
        logger.info("ended")
    }
}

/// The API and the stages side by side: whichever ends takes the other with it.
private struct InstanceService: Service {
    let server: APIServer
    let engine: Engine
    let logger: Logger

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                // The stages end by cancellation: a batch that is not committed is built again.
                await cancelWhenGracefulShutdown { await engine.run() }
            }
            group.addTask { try await giveUpLate() }
            defer { group.cancelAll() }
            // The server ends last: it waits for the batches in hand.
            for _ in 0..<2 { try await group.next() }
        }
    }

    /// Once a stop is asked for: a second signal ends the process, and so does a stop that takes long.
    private func giveUpLate() async throws {
        try? await gracefulShutdown()
        guard Task.isShuttingDownGracefully else { return }
        logger.info("stopping")
        LastResort.arm(after: Limits.stop)
        try await Task.sleep(for: Limits.graceful)
        logger.notice("giving up the batch in hand: it did not end in time")
        throw CancellationError()
    }
}

/// Ends the process whatever is still running.
enum LastResort {
    /// From now on a second SIGTERM or SIGINT, or the time, ends the process with exit code 1.
    ///
    /// Nothing is lost by it: whatever was not committed is built again.
    static func arm(after time: Duration) {
        for number in [SIGTERM, SIGINT] {
            let source = DispatchSource.makeSignalSource(
                signal: number, queue: DispatchQueue.global())
            source.setEventHandler { _exit(1) }
            source.resume()
            sources.append(source)
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + time / .seconds(1)) { _exit(1) }
    }

    // Safety: only `arm` touches it, and it is called once, by the one task that waits for a stop.
    // It keeps the sources alive until the process ends.
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []
}
