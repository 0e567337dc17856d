import ArgumentParser
import AsyncAlgorithms
import AsyncHTTPClient
import Hummingbird
import ServiceLifecycle
import Yams

@main
struct Teleportd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "teleportd")
    func run() async throws {}
}
