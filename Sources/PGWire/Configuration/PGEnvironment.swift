/// What a connection string takes from its surroundings: the `PG*` variables, the user, and files.
///
/// A value, so that a program can leave out what it does not want and a test can say what there is.
public struct PGEnvironment: Sendable {
    /// What there is at a path.
    public enum File: Sendable, Hashable {
        /// Nothing.
        case missing
        /// Something that cannot be read, and why.
        case unreadable(reason: String)
        /// Something that is not a plain file.
        case special
        /// A plain file: its first bytes, as many as were asked for, and its mode bits (`0o600`).
        case plain(bytes: [UInt8], permissions: UInt32)
    }

    /// The variables, by name.
    public var variables: [String: String]
    /// The operating system's name of the user: the default role.
    public var userName: String?
    /// The user's home directory: `.pgpass`, `.pg_service.conf` and `.postgresql` are looked for there.
    public var home: String?
    /// Where servers of this machine have their sockets: the default host.
    public var socketDirectory: String
    /// Where `pg_service.conf` is, unless `PGSYSCONFDIR` says otherwise.
    public var configurationDirectory: String
    /// Reads a file: its path, and how many bytes at most; it may block.
    public var read: @Sendable (_ path: String, _ limit: Int) -> File

    /// An environment of which only that exists which is named.
    public init(
        variables: [String: String] = [:], userName: String? = nil, home: String? = nil,
        socketDirectory: String = "/tmp", configurationDirectory: String = "/etc/postgresql-common",
        read: @escaping @Sendable (_ path: String, _ limit: Int) -> File = { _, _ in .missing }
    ) {
        self.variables = variables
        self.userName = userName
        self.home = home
        self.socketDirectory = socketDirectory
        self.configurationDirectory = configurationDirectory
        self.read = read
    }

    /// The environment of this process.
    ///
    /// Blocks: it asks the user database. On Linux distributions that build PostgreSQL with sockets in
    /// `/var/run/postgresql` that directory is the default host, elsewhere `/tmp`.
    public static func process() -> PGEnvironment {
        let (userName, passwdHome) = currentUser()
        var variables: [String: String] = [:]
        for name in variableNames {
            variables[name] = SystemCall.variable(name)
        }
        let home = SystemCall.variable("HOME").flatMap { $0.isEmpty ? nil : $0 }
        let debian = "/var/run/postgresql"
        return PGEnvironment(
            variables: variables, userName: userName, home: home ?? passwdHome,
            socketDirectory: isDirectory(debian) ? debian : "/tmp",
            read: { path, limit in readFile(path, limit) })
    }

    /// The variables that are looked at.
    static let variableNames: [String] =
        ConnectionOption.allCases.compactMap(\.variable)
        + ["PGREQUIRESSL", "PGSYSCONFDIR"] + ConnectionOption.startupVariables.map(\.variable)

    /// The file of this name below the home directory; nil where there is none.
    func atHome(_ name: String) -> String? {
        home.map { "\($0)/\(name)" }
    }

    /// Whether there is anything at a path.
    func exists(_ path: String) -> Bool {
        read(path, 0) != .missing
    }
}
