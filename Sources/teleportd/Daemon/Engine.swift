import AsyncHTTPClient
import Logging
import Replicator

/// STUB
struct Engine: InstanceAPI {
    init(_ configuration: DaemonConfiguration, client: HTTPClient, logger: Logger) {}
    func run() async throws { try await Task.sleep(for: .seconds(1_000_000)) }
    func apply(_ body: BatchBody) async throws -> TargetState { throw LinkError(.database, "stub") }
    func state(of source: SourceIdentity, target: String) async throws -> TargetState {
        throw LinkError(.database, "stub")
    }
    func wait(target: String?, timeout: Duration) async throws -> WaitAnswer {
        .init(reached: false, reason: "stub")
    }
    func status() async throws -> [UInt8] { Array("{}".utf8) }
    func metrics() async throws -> String { "" }
    func readiness() async -> Readiness { .ready }
    static func uninstall(_ configuration: DaemonConfiguration, logger: Logger) async throws {}
}
enum InitialLoadRun {
    static func run(
        _ configuration: DaemonConfiguration, target: InstanceConfiguration.Target, logger: Logger
    ) async throws {}
}
