internal import Foundation
internal import Synchronization

/// A major version of PostgreSQL to test against: the system's own, or one that scripts/servers fetched.
public enum PostgresVersion: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// PostgreSQL 13 to 18.
    case v13 = 13
    case v14, v15, v16, v17, v18

    /// Those that are on this machine, oldest first.
    public static let here = allCases.filter(\.isHere)

    /// The folder of programs that scripts/servers fetched: TELEPORT_SERVERS, or that of the checkout.
    static let folder =
        ProcessInfo.processInfo.environment["TELEPORT_SERVERS"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent(".build-servers").path

    /// The folder with initdb and postgres.
    public var bin: String {
        self == .v15 ? "/usr/lib/postgresql/15/bin" : "\(Self.folder)/\(rawValue)/bin"
    }

    /// Whether it is on this machine.
    public var isHere: Bool {
        FileManager.default.isExecutableFile(atPath: "\(bin)/postgres")
    }

    /// For example `PostgreSQL 17`.
    public var description: String { "PostgreSQL \(rawValue)" }
}

extension PostgresCluster {
    private static let clusters = Mutex<[PostgresVersion: Result<PostgresCluster, any Error>]>([:])

    /// The server of a version that tests share, started by its first use.
    public static func shared(version: PostgresVersion) throws -> PostgresCluster {
        guard version != .v15 else { return try shared() }
        return try clusters.withLock { clusters in
            if let made = clusters[version] { return made }
            let made = Result<PostgresCluster, any Error> { try PostgresCluster(version: version) }
            clusters[version] = made
            return made
        }.get()
    }
}
