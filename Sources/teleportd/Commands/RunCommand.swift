import ArgumentParser
import Logging

/// Runs the instance, or one initial load.
struct RunCommand: AsyncParsableCommand {
    /// What the reference's `-mode` says.
    enum Mode: String, ExpressibleByArgument, CaseIterable {
        /// Source, target and API, until stopped.
        case replication
        /// Copies everything to one target once.
        case initialLoad = "initial-load"
    }

    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the instance (the default), or one initial load.")

    @OptionGroup var options: CommonOptions

    @Option(
        name: [.customLong("mode", withSingleDash: true), .customLong("mode")],
        help: "replication or initial-load.")
    var mode: Mode = .replication

    @Option(
        name: [.customLong("load-target", withSingleDash: true), .customLong("load-target")],
        help: ArgumentHelp("The target of the initial load.", valueName: "name"))
    var loadTarget: String?

    func validate() throws {
        if mode == .initialLoad, loadTarget == nil {
            throw ValidationError("-mode initial-load needs -load-target NAME, a key below targets")
        }
        if mode == .replication, loadTarget != nil {
            throw ValidationError("-load-target needs -mode initial-load")
        }
    }

    func run() async throws {
        let configuration = try options.load()
        let target = try loadTarget.map { try configuration.target($0, file: options.config) }
        let logger = options.makeLogger()
        if let target {
            try await InitialLoadRun.run(configuration, target: target, logger: logger)
        } else {
            try await Daemon.run(configuration, logger: logger)
        }
    }
}
