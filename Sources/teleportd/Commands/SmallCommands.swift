import ArgumentParser
import Logging
import Replicator

/// Removes everything that was installed in the database.
struct UninstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Removes the schema teleport and the capture triggers from the database.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load()
        let logger = options.makeLogger()
        try await Engine.uninstall(configuration, logger: logger)
    }
}

/// Looks at the configuration file.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Looks at the configuration file.",
        subcommands: [Validate.self])

    /// Checks the file.
    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "validate", abstract: "Checks the configuration file; touches nothing.")

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let configuration = try options.load()
            let targets = configuration.instance.targets.map(\.name)
            Terminal.say(
                "\(options.config): correct; instance \(configuration.instance.name), "
                    + (targets.isEmpty
                        ? "no targets" : "targets " + targets.joined(separator: ", ")))
        }
    }
}

/// Prints the version.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Prints the version.")

    func run() throws {
        Terminal.say("teleportd \(Version.text)")
    }
}
