import AsyncHTTPClient
import Foundation
import Logging
import PGWire
import Replicator

/// The engine as the API sees it: the stages of a source, and the applier of a target.
struct Engine: InstanceAPI {
    private let instance: Instance
    private let applier: Applier

    /// Puts the parts together; nothing is connected yet.
    init(_ configuration: DaemonConfiguration, client: HTTPClient, logger: Logger) {
        let links = configuration.instance.targets.map { target in
            (name: target.name, link: Self.link(target, configuration, client) as any TargetLink)
        }
        instance = Instance(
            configuration: configuration.instance, links: links, version: Version.text,
            logger: logger)
        applier = Applier(configuration.instance.database, log: logger) { connection in
            _ = try await Installer.install(on: connection, log: logger)
        }
    }

    /// The way to one target.
    static func link(
        _ target: InstanceConfiguration.Target, _ configuration: DaemonConfiguration,
        _ client: HTTPClient
    ) -> HTTPTargetLink {
        HTTPTargetLink(
            client: client, hostname: target.hostname, port: target.port,
            token: configuration.token(for: target.name))
    }

    /// Runs the stages until the task is cancelled.
    func run() async {
        await instance.run()
        await applier.close()
    }

    func apply(_ body: BatchBody) async throws -> TargetState {
        try await applier.apply(body)
    }

    func state(of source: SourceIdentity, target: String) async throws -> TargetState {
        try await applier.state(of: source, target: target)
    }

    func wait(target: String?, timeout: Duration) async throws -> WaitAnswer {
        let result = await instance.wait(target: target, timeout: timeout)
        return WaitAnswer(reached: result.isDone, reason: result.reason)
    }

    func status() async throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(await instance.status()))
    }

    func metrics() async throws -> String {
        Metrics.text(await instance.status()) + ProcessMetrics.text()
    }

    func readiness() async -> Readiness {
        let status = await instance.status()
        if let problem = status.problem { return .notReady(problem.message) }
        guard status.databaseReachable else { return .notReady("the database was not reached yet") }
        switch status.role {
        case .starting: return .notReady("starting")
        case .standby: return .notReady("standing by: another daemon of this database leads")
        case .leader, .target: return .ready
        }
    }

    /// Removes everything of ours from the database.
    ///
    /// - Throws: `CaptureError`, `PGError`.
    static func uninstall(_ configuration: DaemonConfiguration, logger: Logger) async throws {
        let database = configuration.instance.database
        let connection = try await EngineConnection.open(database, purpose: "uninstall")
        do {
            let result = try await Uninstaller.uninstall(on: connection, log: logger)
            Terminal.say(
                result.wasInstalled
                    ? "removed the triggers of \(result.tables) tables and the schema teleport from "
                        + "database \(database.database)"
                    : "nothing of teleport is in database \(database.database)")
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}

/// What the kernel says about this process (proc(5)).
enum ProcessMetrics {
    /// Resident memory in the Prometheus text format; empty where there is no /proc.
    static func text() -> String {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
        else { return "" }
        return """
            # HELP process_resident_memory_bytes Resident memory size in bytes.
            # TYPE process_resident_memory_bytes gauge
            process_resident_memory_bytes \(kilobytes * 1024)

            """
    }
}
