extension PGConfiguration {
    /// Reads a connection string and its surroundings, as libpq does (manual, 34.1.1).
    ///
    /// The string is a URI (`postgresql://…`, `postgres://…`) or `keyword=value` pairs; an empty one is
    /// all defaults. What it does not say comes from its service, then from the `PG*` variables; then
    /// the user is the operating system's, the database is the user's name, the host is the directory
    /// of this machine's sockets and the port 5432. Passwords that are still missing come from the
    /// password file, and files of `~/.postgresql` are used where they exist.
    ///
    /// Other than libpq's: `connect_timeout` (10 s), `keepalives_idle` (30 s), `keepalives_interval`
    /// (10 s), `keepalives_count` (3) and `tcp_user_timeout` (60 s) have defaults that notice a dead
    /// peer; `connect_timeout=0` waits an hour; text travels as UTF8 with `client_encoding=auto` too.
    /// Every port and address of a list must make sense, not only those that are reached. GSSAPI is
    /// not spoken: `gssencmode=require` is refused, its other parameters have no effect.
    ///
    /// Blocks while it reads files and asks the user database; `load` does not.
    ///
    /// - Parameters:
    ///   - connectionString: the string; it may hold a password, errors do not.
    ///   - environment: the variables, user and files that count.
    /// - Throws: `invalidConfiguration`, which names the option, its place and what was expected.
    public init(
        _ connectionString: String, environment: PGEnvironment = .process()
    ) throws(PGError) {
        let bytes = Array(connectionString.utf8)
        guard bytes.count <= Limits.connectionString else {
            throw PGError(
                .invalidConfiguration,
                "the connection string is longer than \(Limits.connectionString) bytes")
        }
        if let zero = bytes.firstIndex(of: 0) {
            throw PGError(
                .invalidConfiguration, "byte \(zero + 1) of the connection string is zero")
        }
        var settings =
            ConnectionURIParser.recognizes(bytes)
            ? try ConnectionURIParser.parse(bytes) : try KeywordValueParser.parse(bytes)
        try ServiceFile.apply(to: &settings, environment)
        settings.fill(from: environment.variables)
        try self.init(settings, environment)
    }

    /// Reads a connection string without blocking the caller's thread: see `init(_:environment:)`.
    ///
    /// - Parameters:
    ///   - connectionString: the string.
    ///   - environment: the variables, user and files that count; nil for the process's.
    ///   - timeout: how long files may take.
    ///   - loop: keeps the time.
    /// - Returns: the configuration.
    /// - Throws: `invalidConfiguration`, `timedOut`, `cancelled`.
    public static func load(
        _ connectionString: String, environment: PGEnvironment? = nil,
        timeout: Duration = .seconds(10), on loop: PGEventLoop = .shared
    ) async throws(PGError) -> PGConfiguration {
        try await BlockingWork.run(
            "reading the files of a connection string", deadline: .now + timeout, loop: loop
        ) {
            do throws(PGError) {
                return .success(
                    try PGConfiguration(connectionString, environment: environment ?? .process()))
            } catch {
                return .failure(error)
            }
        }
    }

    private init(_ settings: ConnectionSettings, _ environment: PGEnvironment) throws(PGError) {
        let list = try HostList(settings)
        guard let user = settings.text(.user) ?? environment.userName, !user.isEmpty else {
            throw PGError(
                .invalidConfiguration,
                "user is not given, and the operating system has no name for this process's")
        }
        self.init(
            endpoint: .tcp(host: "", port: 0), user: user,
            database: settings.text(.dbname) ?? user, password: settings.text(.password))
        passwordFile = settings.text(.passfile) ?? environment.atHome(".pgpass")
        let reader = SettingReader(settings: settings)
        requireAuth = try reader.authRequirement()
        channelBinding = try reader.choice(.channelBinding) ?? channelBinding
        try readTLS(reader, environment)
        try readIgnored(reader)
        targetSessionAttributes = try reader.choice(.targetSessionAttrs) ?? targetSessionAttributes
        loadBalanceHosts = try reader.choice(.loadBalanceHosts) ?? loadBalanceHosts
        try readProtocol(reader)
        readStartup(settings, environment)
        hosts = try list.hosts(socketDirectory: environment.socketDirectory)
        try readTiming(reader)
        readPasswordFile(environment, ports: list.entries.map(\.port))
    }

    private mutating func readTLS(
        _ reader: SettingReader, _ environment: PGEnvironment
    ) throws(PGError) {
        let settings = reader.settings
        let isSystem = settings.text(.sslrootcert) == "system"
        sslMode = try reader.choice(.sslmode) ?? (isSystem ? .verifyFull : sslMode)
        guard !isSystem || sslMode == .verifyFull else {
            throw ConnectionSettings.invalid(
                .sslmode, "is \(sslMode.rawValue); sslrootcert=system needs verify-full",
                settings[.sslmode]?.origin ?? .string(byte: 1))
        }
        sslMinProtocolVersion =
            settings[.sslMinProtocolVersion] == nil
            ? sslMinProtocolVersion : try reader.tlsVersion(.sslMinProtocolVersion)
        sslMaxProtocolVersion = try reader.tlsVersion(.sslMaxProtocolVersion)
        if let oldest = sslMinProtocolVersion, let newest = sslMaxProtocolVersion, oldest > newest {
            throw ConnectionSettings.invalid(
                .sslMaxProtocolVersion, "is older than ssl_min_protocol_version",
                settings[.sslMaxProtocolVersion]?.origin ?? .string(byte: 1))
        }
        sslNegotiation = try reader.choice(.sslnegotiation) ?? sslNegotiation
        let isStrict = [.require, .verifyCA, .verifyFull].contains(sslMode)
        guard sslNegotiation == .postgres || isStrict else {
            throw ConnectionSettings.invalid(
                .sslnegotiation, "is direct, which needs sslmode require, verify-ca or verify-full",
                settings[.sslnegotiation]?.origin ?? .string(byte: 1))
        }
        sslSNI = settings[.sslsni].map { $0.text.hasPrefix("1") } ?? sslSNI
        sslPassword = settings.text(.sslpassword)
        let file = { (option: ConnectionOption, name: String) -> String? in
            if let named = settings.text(option) { return named }
            guard let path = environment.atHome(".postgresql/\(name)"), environment.exists(path)
            else { return nil }
            return path
        }
        sslRootCert = file(.sslrootcert, "root.crt")
        sslCRLDirectory = settings.text(.sslcrldir)
        sslCRL = settings.text(.sslcrl)
        if sslCRL == nil, sslCRLDirectory == nil { sslCRL = file(.sslcrl, "root.crl") }
        let certMode = try reader.word(.sslcertmode, of: ["disable", "allow", "require"])
        guard certMode != "require" else {
            throw ConnectionSettings.invalid(
                .sslcertmode, "is require, which this client cannot check",
                settings[.sslcertmode]?.origin ?? .string(byte: 1))
        }
        if certMode != "disable" {
            sslCert = file(.sslcert, "postgresql.crt")
            sslKey = sslCert == nil ? settings.text(.sslkey) : file(.sslkey, "postgresql.key")
        }
    }

    /// What has no effect here is still checked.
    private func readIgnored(_ reader: SettingReader) throws(PGError) {
        if try reader.word(.gssencmode, of: ["disable", "prefer", "require"]) == "require" {
            throw ConnectionSettings.invalid(
                .gssencmode, "is require, but GSSAPI is not spoken here",
                reader.settings[.gssencmode]?.origin ?? .string(byte: 1))
        }
    }

    private mutating func readProtocol(_ reader: SettingReader) throws(PGError) {
        minProtocolVersion = try reader.protocolVersion(.minProtocolVersion) ?? minProtocolVersion
        maxProtocolVersion = try reader.protocolVersion(.maxProtocolVersion) ?? maxProtocolVersion
        guard minProtocolVersion <= maxProtocolVersion else {
            throw ConnectionSettings.invalid(
                .minProtocolVersion, "is newer than max_protocol_version",
                reader.settings[.minProtocolVersion]?.origin ?? .string(byte: 1))
        }
    }

    private mutating func readStartup(
        _ settings: ConnectionSettings, _ environment: PGEnvironment
    ) {
        requirePeer = settings.text(.requirepeer)
        fallbackApplicationName = settings.text(.fallbackApplicationName)
        for (variable, name) in ConnectionOption.startupVariables {
            guard let value = environment.variables[variable] else { continue }
            if value.lowercased() != "default" { runtimeParameters[name] = value }
        }
        // An empty name is one too: it keeps the fallback away.
        applicationName = settings[.applicationName]?.text
        options = settings.text(.options)
        runtimeParameters["replication"] = settings.text(.replication)
        let encoding = settings.text(.clientEncoding)
        clientEncoding = encoding == "auto" ? nil : encoding
    }

    private mutating func readTiming(_ reader: SettingReader) throws(PGError) {
        if let seconds = try reader.integer(.connectTimeout) {
            connectTimeout =
                seconds > 0
                ? min(.seconds(seconds), Limits.longestConnect) : Limits.longestConnect
        }
        // As libpq, where no host is reached over TCP these are not even read.
        guard hosts.contains(where: { $0.endpoint.canUseTLS }) else { return }
        keepAlives = try reader.integer(.keepalives).map { $0 != 0 } ?? keepAlives
        if let seconds = try reader.integer(.keepalivesIdle) {
            keepAliveIdle = .seconds(max(0, seconds))
        }
        if let seconds = try reader.integer(.keepalivesInterval) {
            keepAliveInterval = .seconds(max(0, seconds))
        }
        if let count = try reader.integer(.keepalivesCount) { keepAliveCount = max(0, count) }
        if let milliseconds = try reader.integer(.tcpUserTimeout) {
            tcpUserTimeout = .milliseconds(max(0, milliseconds))
        }
    }
}
