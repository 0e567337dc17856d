import Replicator

/// A whole configuration file: what the engine needs, and how daemons reach each other.
struct DaemonConfiguration: Sendable {
    /// The engine's part.
    var instance: InstanceConfiguration
    /// The API's address and protection.
    var server: Server
    /// The tokens of targets that have one of their own, by the target's name.
    var targetTokens: [String: String] = [:]

    /// Where the API listens.
    struct Server: Sendable {
        /// A host name or address.
        var hostname: String
        /// A port.
        var port: Int
        /// What clients must show, and what this instance shows to its targets.
        var token: String?
        /// Whether batches are taken beyond loopback without a token.
        var insecure: Bool = false
    }

    /// What is shown to a target.
    func token(for target: String) -> String? {
        targetTokens[target] ?? server.token
    }
}

extension DaemonConfiguration.Server {
    /// Whether only programs on this machine can connect.
    var isLoopback: Bool {
        hostname == "localhost" || hostname == "::1" || hostname.hasPrefix("127.")
    }

    /// The address under which a program on this machine reaches the API.
    var localHostname: String {
        switch hostname {
        case "0.0.0.0", "*": "127.0.0.1"
        case "::": "::1"
        default: hostname
        }
    }
}

extension DaemonConfiguration {
    /// The target of a name that stands on the command line.
    ///
    /// - Throws: `ConfigurationError` naming those that there are.
    func target(
        _ name: String, file: String
    ) throws(ConfigurationError) -> InstanceConfiguration.Target {
        if let target = instance.targets.first(where: { $0.name == name }) { return target }
        let names = instance.targets.map(\.name)
        throw ConfigurationError(
            file: file,
            findings: [
                .init(
                    line: 1, column: 1, path: "targets",
                    message: "found no target \(name), expected "
                        + (names.isEmpty ? "at least one target" : names.joined(separator: ", ")))
            ])
    }
}
