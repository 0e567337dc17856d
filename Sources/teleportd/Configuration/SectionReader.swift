import PGWire
import Replicator

/// Turns the sections of a file into a configuration; whatever is wrong becomes a finding.
struct SectionReader {
    /// Where secrets may come from.
    let environment: [String: String]

    static let rootKeys = [
        "batch_size", "max_events_per_batch", "use_event_triggers", "processing_intervals",
        "database", "server", "targets",
    ]

    /// Reads everything; nil where something required is missing.
    func read(_ root: MappingReader) -> DaemonConfiguration? {
        let batchSize = root.integer("batch_size", in: 1...1_000_000)
        let maxEvents = root.integer("max_events_per_batch", in: 1...10_000_000)
        let eventTriggers = root.boolean("use_event_triggers")
        let intervals = intervals(root)
        let database = database(root)
        let server = server(root)
        let targets = targets(root)
        guard let (name, database) = database, let server else { return nil }

        var instance = InstanceConfiguration(name: name, database: database)
        if let batchSize { instance.batchSize = batchSize }
        if let maxEvents { instance.maxEventsPerBatch = maxEvents }
        if let eventTriggers { instance.useEventTriggers = eventTriggers }
        instance.intervals = intervals
        instance.targets = targets.map(\.target)
        var configuration = DaemonConfiguration(instance: instance, server: server)
        for (target, token) in targets { configuration.targetTokens[target.name] = token }
        return configuration
    }

    private func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    // MARK: Intervals

    private func intervals(_ root: MappingReader) -> InstanceConfiguration.Intervals {
        var intervals = InstanceConfiguration.Intervals()
        let keys: [(String, WritableKeyPath<InstanceConfiguration.Intervals, Duration>)] = [
            ("batcher", \.batcher), ("transmitter", \.transmitter), ("applier", \.applier),
            ("vacuum", \.vacuum), ("ddlwatcher", \.ddlWatcher),
        ]
        guard
            let section = root.mapping(
                "processing_intervals", allowed: keys.map(\.0), required: false)
        else { return intervals }
        for (key, field) in keys {
            if let milliseconds = section.integer(key, in: 1...3_600_000) {
                intervals[keyPath: field] = .milliseconds(milliseconds)
            }
        }
        return intervals
    }

    // MARK: Database

    private func database(_ root: MappingReader) -> (name: String, PGConfiguration)? {
        guard
            let section = root.mapping(
                "database",
                allowed: [
                    "name", "database", "hostname", "username", "password", "port", "options",
                ], required: true)
        else { return nil }
        let name = section.text("name", required: true, expected: "the instance's name")
        let database = section.text("database", required: true, expected: "a database's name")
        let hostname = section.text(
            "hostname", required: true,
            expected: "a host name, an address, or the directory of a Unix socket")
        let user = section.text("username", required: true, expected: "a role's name")
        let password = section.text("password", required: false, secret: true)
        let port = section.integer("port", in: 1...65535) ?? 5432
        guard let name, let database, let hostname, let user else {
            options(section, isSocket: true) { _ in }
            return nil
        }
        let isSocket = hostname.hasPrefix("/")
        var configuration = PGConfiguration(
            endpoint: isSocket
                ? .unix(directory: hostname, port: port) : .tcp(host: hostname, port: port),
            user: user, database: database,
            password: variable("TELEPORT_DATABASE_PASSWORD") ?? password)
        options(section, isSocket: isSocket) { $0(&configuration) }
        return (name, configuration)
    }

    private static let optionKeys = [
        "sslmode", "sslrootcert", "connect_timeout", "application_name", "keepalives_idle",
        "tcp_user_timeout",
    ]

    /// Reads `database.options`, with libpq's names and units (manual, 34.1.2).
    private func options(
        _ database: MappingReader, isSocket: Bool,
        _ apply: ((inout PGConfiguration) -> Void) -> Void
    ) {
        guard
            let section = database.mapping("options", allowed: Self.optionKeys, required: false)
        else { return }
        let modes = PGConfiguration.SSLMode.allCases.map(\.rawValue).joined(separator: ", ")
        let rootCert = section.text(
            "sslrootcert", required: false, expected: "a PEM file, or system")
        if let rootCert { apply { $0.sslRootCert = rootCert } }
        if let text = section.text("sslmode", required: false, expected: "one of \(modes)") {
            if let mode = PGConfiguration.SSLMode(rawValue: text) {
                apply { $0.sslMode = mode }
                if [.verifyCA, .verifyFull].contains(mode), rootCert == nil, !isSocket {
                    section.reject(
                        "sslmode",
                        "found \(text) without sslrootcert, expected the key sslrootcert with a PEM file, or system"
                    )
                }
            } else {
                section.reject("sslmode", "found the text \"\(text)\", expected one of \(modes)")
            }
        }
        if let seconds = section.integer("connect_timeout", in: 1...600) {
            apply { $0.connectTimeout = .seconds(seconds) }
        }
        if let seconds = section.integer("keepalives_idle", in: 0...7200) {
            apply { $0.keepAliveIdle = .seconds(seconds) }
        }
        if let milliseconds = section.integer("tcp_user_timeout", in: 0...3_600_000) {
            apply { $0.tcpUserTimeout = .milliseconds(milliseconds) }
        }
        if let name = section.text("application_name", required: false) {
            apply { $0.runtimeParameters["application_name"] = name }
        }
    }

    // MARK: Server

    private func server(_ root: MappingReader) -> DaemonConfiguration.Server? {
        guard
            let section = root.mapping(
                "server", allowed: ["hostname", "port", "token", "insecure"], required: true)
        else { return nil }
        let hostname = section.text("hostname", required: true, expected: "an address to listen on")
        let port = section.integer("port", in: 1...65535, required: true)
        let token = token(section)
        let insecure = section.boolean("insecure") ?? false
        guard let hostname, let port else { return nil }
        return .init(
            hostname: hostname, port: port, token: variable("TELEPORT_TOKEN") ?? token,
            insecure: insecure)
    }

    /// A token travels in a header: visible ASCII only (RFC 6750, 2.1).
    private func token(_ section: MappingReader) -> String? {
        let expected = "a text of visible ASCII characters"
        guard
            let token = section.text("token", required: false, secret: true, expected: expected)
        else { return nil }
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            section.reject("token", "found other characters, expected \(expected)")
            return nil
        }
        return token
    }

    // MARK: Targets

    private func targets(
        _ root: MappingReader
    ) -> [(target: InstanceConfiguration.Target, token: String?)] {
        guard let section = root.mapping("targets", allowed: nil, required: false) else {
            return []
        }
        return section.keys.compactMap { target($0, section) }
    }

    private func target(
        _ name: String, _ targets: MappingReader
    ) -> (target: InstanceConfiguration.Target, token: String?)? {
        if name.isEmpty || name.utf8.count > 200 || name.contains(where: \.isNewline) {
            targets.reject(name, "found this name, expected 1 to 200 bytes in one line")
        }
        guard
            let section = targets.mapping(
                name,
                allowed: ["target_expression", "endpoint", "apply_schema", "token"]
                    + Self.schemaKeys, required: true)
        else { return nil }
        let expression = expression(section)
        let mapping = mapping(section, expression)
        let token = token(section)
        let endpoint = section.mapping("endpoint", allowed: ["hostname", "port"], required: true)
        let hostname = endpoint?.text(
            "hostname", required: true, expected: "the target's host name")
        let port = endpoint?.integer("port", in: 1...65535, required: true)
        guard let expression, let hostname, let port else { return nil }
        var target = InstanceConfiguration.Target(
            name: name, expression: expression, mapping: mapping, hostname: hostname, port: port)
        target.options = schemaOptions(section)
        return (target, token)
    }

    private static let schemaKeys = [
        "foreign_keys", "drops", "refresh_materialized_views", "grants", "owners",
        "concurrent_indexes",
    ]

    private func schemaOptions(_ section: MappingReader) -> SchemaOptions {
        var options = SchemaOptions()
        if let found = choice("foreign_keys", SchemaOptions.ForeignKeys.self, in: section) {
            options.foreignKeys = found
        }
        if let found = choice("drops", SchemaOptions.Drops.self, in: section) {
            options.drops = found
        }
        if let found = choice("refresh_materialized_views", SchemaOptions.Refresh.self, in: section)
        {
            options.refresh = found
        }
        if let found = section.boolean("grants") { options.grants = found }
        if let found = section.boolean("owners") { options.owners = found }
        if let found = section.boolean("concurrent_indexes") { options.concurrentIndexes = found }
        return options
    }

    /// A key whose value is one of a few words.
    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, _ type: Choice.Type, in section: MappingReader
    ) -> Choice? {
        let words = type.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = section.text(key, required: false, expected: "one of \(words)") else {
            return nil
        }
        guard let found = Choice(rawValue: text) else {
            section.reject(key, "found the text \"\(text)\", expected one of \(words)")
            return nil
        }
        return found
    }

    private func expression(_ section: MappingReader) -> TargetExpression? {
        let expected = "patterns such as public.* or [public.*, \"!public.log\"]"
        guard let texts = section.texts("target_expression", expected: expected) else { return nil }
        do {
            return try TargetExpression(texts)
        } catch {
            section.reject("target_expression", error.description)
            return nil
        }
    }
}
