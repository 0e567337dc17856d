import AsyncHTTPClient
import Logging
import NIOCore
import NIOPosix
import Replicator

@testable import teleportd

/// An instance without a database: tests say what it does with a batch.
struct FakeInstance: InstanceAPI {
    var apply: @Sendable (BatchBody) async throws -> TargetState
    var answer: @Sendable (SourceIdentity, String) async throws -> TargetState = { _, _ in state }
    var waiting: @Sendable (String?, Duration) async throws -> WaitAnswer = { _, _ in
        WaitAnswer(reached: true)
    }

    static let state = TargetState(phase: .replicating, serverVersion: 150_000, incarnation: "i")

    func apply(_ body: BatchBody) async throws -> TargetState { try await apply(body) }
    func state(of source: SourceIdentity, target: String) async throws -> TargetState {
        try await answer(source, target)
    }
    func wait(target: String?, timeout: Duration) async throws -> WaitAnswer {
        try await waiting(target, timeout)
    }
    func status() async throws -> [UInt8] { Array("{}".utf8) }
    func metrics() async throws -> String { "teleport_up 1\n" }
    func readiness() async -> Readiness { .notReady("no database") }

    /// Counts the frames of a whole request and checks that it has its end.
    static func readAll(_ body: BatchBody) async throws -> Int {
        var decoder = FrameDecoder()
        var count = 0
        for try await bytes in body { count += try decoder.push(bytes).count }
        try decoder.finish()
        return count
    }
}

/// Runs a server on a free loopback port, and a link to it.
func withLink(
    to instance: FakeInstance, serverToken: String? = nil, token: String? = nil,
    _ body: @escaping @Sendable (HTTPTargetLink) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let client = HTTPClients.make(on: group)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let server = APIServer(
        .init(hostname: "127.0.0.1", port: 0, token: serverToken), api: instance, on: group,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        onListening: { continuation.yield($0) })
    do {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do { try await server.run() } catch is CancellationError {}
            }
            defer { tasks.cancelAll() }
            for await port in ports {
                try await body(
                    HTTPTargetLink(
                        client: client, hostname: "127.0.0.1", port: port, token: token))
                break
            }
        }
    } catch {
        try? await client.shutdown()
        try? await group.shutdownGracefully()
        throw error
    }
    try await client.shutdown()
    try await group.shutdownGracefully()
}
