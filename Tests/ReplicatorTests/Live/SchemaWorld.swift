import Logging
import PGWire
import Replicator
import TestSupport

/// A source and a target database with an instance between them, as a daemon runs it.
struct SchemaWorld {
    let cluster: PostgresCluster
    /// The target's server.
    let other: PostgresCluster
    let source: String
    let target: String
    let applier: Applier
    let link: LoopbackLink
    let configuration: InstanceConfiguration
    private(set) var instance: Instance
    private var running: Task<Void, Never>

    /// Says nothing.
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(
        _ sql: String, expression: [String] = ["public.*"],
        mapping: SchemaMapping = SchemaMapping(applySchema: nil), options: SchemaOptions = .init(),
        from version: PostgresVersion = .v15, to otherVersion: PostgresVersion = .v15,
        configure: (inout InstanceConfiguration) -> Void = { _ in }
    ) async throws {
        cluster = try PostgresCluster.shared(version: version)
        other = try PostgresCluster.shared(version: otherVersion)
        source = try cluster.createDatabase("source")
        target = try other.createDatabase("target")
        try cluster.psql(sql, database: source)
        let logger = Self.silent
        applier = Applier(other.configuration(database: target), log: logger) { connection in
            _ = try await Installer.install(on: connection, log: logger)
        }
        link = LoopbackLink(applier)
        var configuration = InstanceConfiguration(
            name: "test", database: cluster.configuration(database: source))
        configuration.intervals.ddlWatcher = .milliseconds(300)
        var eu = InstanceConfiguration.Target(
            name: "eu", expression: try TargetExpression(expression), mapping: mapping,
            hostname: "", port: 0)
        eu.options = options
        configuration.targets = [eu]
        configure(&configuration)
        self.configuration = configuration
        instance = Instance(
            configuration: configuration, links: [("eu", link)], logger: logger)
        let instance = instance
        running = Task { await instance.run() }
    }

    /// Whether everything is on the target; the reason where not.
    func wait(_ seconds: Int = 60) async -> WaitResult {
        await instance.wait(target: "eu", timeout: .seconds(seconds))
    }

    /// Whether nothing goes on, and the reason has these words.
    func isRefused(_ words: String) async -> Bool {
        for _ in 0..<15 {
            let answer = await wait(3)
            if answer.isDone { return false }
            if answer.reason?.contains(words) == true { return true }
        }
        return false
    }

    /// Runs SQL on the source and waits until it is on the target.
    func change(_ sql: String) async throws -> WaitResult {
        try cluster.psql(sql, database: source)
        return await wait()
    }

    func onSource(_ sql: String) throws -> String { try cluster.psql(sql, database: source) }
    func onTarget(_ sql: String) throws -> String { try other.psql(sql, database: target) }

    /// What `teleportd plan` would show.
    func preview() async throws -> SchemaPreview {
        try await SchemaPreview.make(configuration, target: configuration.targets[0], link: link)
    }

    /// What `teleportd consent` would answer.
    func consent(_ objects: String...) async throws -> [String] { try await consent(objects) }

    func consent(_ objects: [String]) async throws -> [String] {
        try await DropConsent.give(objects, in: try await preview(), configuration)
    }

    /// Waits for something to become true on the target.
    func eventually(_ sql: String, is expected: String, seconds: Int = 30) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if try onTarget(sql) == expected { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    /// Runs another instance, after `stop`.
    mutating func start() {
        instance = Instance(
            configuration: configuration, links: [("eu", link)], logger: Self.silent)
        let instance = instance
        running = Task { await instance.run() }
    }

    /// Ends the instance, and unless it is to stay the applier's connections.
    func stop(applier ends: Bool = true) async {
        running.cancel()
        await running.value
        if ends { await applier.close() }
    }
}
