internal import Foundation

/// A proxy that ends TLS in front of a server, and tells what the client said in the handshake.
///
/// It ends with this process.
public final class TLSFront: Sendable {
    /// What the client of one connection said.
    public struct Handshake: Decodable, Sendable {
        /// The server's name that it asked for.
        public let sni: String?
        /// The version agreed upon.
        public let version: String?
        /// The protocol agreed upon.
        public let alpn: String?
        /// The names in its certificate.
        public let names: [String]?
        /// What went wrong.
        public let error: String?
    }

    /// The port on 127.0.0.1.
    public let port: Int
    private let log: String

    /// Starts one.
    ///
    /// - Parameters:
    ///   - cluster: the server behind, whose certificate is shown.
    ///   - options: as `tls_front.py` says; `upstream`, `cert` and `key` are the cluster's unless named.
    /// - Throws: `ShellError` where it does not start.
    public init(_ cluster: PostgresCluster, _ options: [String: any Sendable] = [:]) throws {
        let base = "\(cluster.directory.path)/front-\(UUID().uuidString.prefix(8))"
        log = base + ".log"
        var all: [String: Any] = [
            "upstream": ["127.0.0.1", cluster.port] as [Any],
            "cert": "\(cluster.directory.path)/server.crt",
            "key": "\(cluster.directory.path)/server.key",
        ]
        all.merge(options) { _, new in new }
        let json = String(decoding: try JSONSerialization.data(withJSONObject: all), as: UTF8.self)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("tls_front.py").path
        let process = ProcessInfo.processInfo.processIdentifier
        try PostgresCluster.shell(
            "setsid python3 \(PostgresCluster.word(script)) \(process) \(base).port \(log)"
                + " \(PostgresCluster.word(json)) >\(base).err 2>&1 </dev/null &")
        let text = try PostgresCluster.shell(
            "for i in $(seq 200); do [ -f \(base).port ] && break; sleep 0.05; done;"
                + " cat \(base).port || { cat \(base).err >&2; exit 1; }")
        guard let port = Int(text) else { throw FakeServerError("no port: \(text)") }
        self.port = port
    }

    /// What clients said, in order.
    public func handshakes() throws -> [Handshake] {
        guard let text = try? String(contentsOfFile: log, encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map {
            try JSONDecoder().decode(Handshake.self, from: Data($0.utf8))
        }
    }
}
