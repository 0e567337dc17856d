import ArgumentParser
import CAllocator
import Foundation

/// The program: parses the command line, runs a command, and turns errors into exit codes.
@main
enum Program {
    static func main() async {
        teleport_allocator_stay_small()
        do {
            var command = try Teleportd.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            ExitCodes.exit(for: error)
        }
    }
}

/// The root of the command line; without a verb it runs the instance, as the reference does.
struct Teleportd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "teleportd",
        abstract: "Keeps PostgreSQL databases exactly equal to another.",
        discussion: """
            Without a verb: teleportd -config FILE [-mode replication|initial-load] [-load-target NAME].

            Exit codes: 0 done; 1 failed, or not reached in time; 2 a wrong configuration or command line.
            """,
        subcommands: [
            RunCommand.self, WaitCommand.self, StatusCommand.self, PlanCommand.self,
            ConsentCommand.self, UninstallCommand.self, ConfigCommand.self, VersionCommand.self,
        ],
        defaultSubcommand: RunCommand.self)
}

/// The program's exit codes.
enum ExitCodes {
    /// It failed, or what was waited for did not happen.
    static let failed = ExitCode(1)
    /// The configuration or the command line is wrong; nothing was touched.
    static let usage = ExitCode(2)

    /// The code that belongs to an error.
    static func code(for error: any Error) -> ExitCode {
        if error is ConfigurationError { return usage }
        if let code = error as? ExitCode { return code }
        switch Teleportd.exitCode(for: error) {
        case .success: return .success
        case .validationFailure: return usage
        default: return failed
        }
    }

    /// Says what happened, on standard error unless it was asked for, and ends the process.
    static func exit(for error: any Error) -> Never {
        let code = code(for: error)
        let isParserError =
            code == .success || Teleportd.exitCode(for: error) == .validationFailure
        switch error {
        case is ExitCode: break
        case _ where isParserError:
            let message = Teleportd.fullMessage(for: error)
            let stream = code == .success ? FileHandle.standardOutput : FileHandle.standardError
            if !message.isEmpty { stream.write(Data((message + "\n").utf8)) }
        case is ConfigurationError: Terminal.complain("\(error)")
        default: Terminal.complain("teleportd: \(error)")
        }
        Foundation.exit(code.rawValue)
    }
}

/// Text for people.
enum Terminal {
    /// Writes a line to standard error.
    static func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Writes a line to standard output.
    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    /// Whether standard error is shown to a person.
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
