import ArgumentParser
import Foundation

/// Waits until the targets have everything that was committed on the source before the call.
struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Waits until the targets have everything that is committed on the source now.",
        discussion: "Asks the source's daemon; exit code 0 once it is so, else 1 with the reason.")

    @OptionGroup var options: CommonOptions

    @Option(help: ArgumentHelp("One target; without it, all of them.", valueName: "name"))
    var target: String?

    @Option(help: ArgumentHelp("How long to wait.", valueName: "seconds"))
    var timeout: Double = 60

    func validate() throws {
        guard timeout >= 0, timeout <= 86_400 else {
            throw ValidationError("--timeout is a number of seconds from 0 to 86400")
        }
    }

    func run() async throws {
        let configuration = try options.load()
        if let target { _ = try configuration.target(target, file: options.config) }
        try await withAPIClient(configuration.server) { client in
            let reason = await wait(client)
            guard let reason else { return }
            Terminal.complain("teleportd wait: \(reason)")
            throw ExitCodes.failed
        }
    }

    /// Nil once everything has arrived, else why not.
    private func wait(_ client: APIClient) async -> String? {
        let deadline = ContinuousClock.now + .seconds(timeout)
        var reason = "not reached within \(timeout) s"
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            do {
                let answer = try await client.wait(target: target, timeout: max(left, .zero))
                if answer.reached { return nil }
                reason = answer.reason ?? reason
            } catch let error as APIClient.Refusal {
                // Asking again would not change it.
                return "\(error)"
            } catch {
                reason = "\(error)"
            }
            guard ContinuousClock.now + .milliseconds(200) < deadline else { return reason }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// Shows how the instance is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows how the running instance is.")

    @OptionGroup var options: CommonOptions

    @Flag(help: "Prints everything as JSON.")
    var json = false

    func run() async throws {
        let configuration = try options.load()
        try await withAPIClient(configuration.server) { client in
            do {
                let status = try await client.status()
                Terminal.say(json ? status : try StatusText.make(status))
            } catch {
                Terminal.complain("teleportd status: \(error)")
                throw ExitCodes.failed
            }
        }
    }
}

/// The status in words.
enum StatusText {
    /// The sentence that sums it up, and where there is none, all of it.
    static func make(_ json: String) throws -> String {
        struct Summary: Decodable { let sentence: String? }
        let summary = try JSONDecoder().decode(Summary.self, from: Data(json.utf8))
        return summary.sentence ?? json
    }
}
