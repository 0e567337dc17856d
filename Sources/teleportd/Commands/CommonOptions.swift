import ArgumentParser
import Logging

/// The file and the log, common to every command that has them.
struct CommonOptions: ParsableArguments {
    @Option(
        name: [.customLong("config", withSingleDash: true), .customLong("config")],
        help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical.", valueName: "level"),
        transform: Self.level)
    var logLevel: Logger.Level = .info

    @Sendable private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            let all = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level is one of \(all)")
        }
        return level
    }

    /// Reads the file.
    ///
    /// - Throws: `ConfigurationError`.
    func load() throws -> DaemonConfiguration {
        try ConfigurationFile.load(config)
    }

    /// Makes the log; to be called once.
    func makeLogger() -> Logger {
        let level = logLevel
        LoggingSystem.bootstrap { _ in LineLogHandler(level: level) }
        return Logger(label: "teleportd")
    }
}
