public import Logging
internal import PGWire

/// One managed database with everything that runs for it: capture, pipelines, vacuum.
///
/// `run` never gives up: a database that is away, a lost leader lock and a failed stage are tried
/// again with growing pauses, and `status` says what is the matter. One slow or dead target never
/// delays another.
public actor Instance {
    let configuration: InstanceConfiguration
    let links: [String: any TargetLink]
    let logger: Logger
    /// What `status` shows.
    package nonisolated let board: StatusBoard

    var watcher: SchemaWatcher?
    var pipelines: [String: Pipeline] = [:]
    private var backoff = Backoff(first: .milliseconds(200), cap: .seconds(5))
    private var connects = 0

    /// How often the leader's connection, the queue and the sources are looked at.
    static let monitorInterval: Duration = .seconds(1)
    /// How long a problem that only people can mend rests.
    private static let problemPause: Duration = .seconds(10)

    /// An instance that has not begun.
    ///
    /// - Parameters:
    ///   - configuration: the database, its targets and the pace.
    ///   - links: the way to each target of the configuration, by name.
    ///   - version: the product's version, for the status.
    ///   - logger: where lifecycle and errors are told.
    public init(
        configuration: InstanceConfiguration, links: [(name: String, link: any TargetLink)],
        version: String = "0.1.0", logger: Logger
    ) {
        self.configuration = configuration
        self.links = Dictionary(links.map { ($0.name, $0.link) }) { $1 }
        self.logger = logger
        board = StatusBoard(
            name: configuration.name, version: version, targets: configuration.targets.map(\.name))
    }

    /// What the instance says about itself now.
    public func status() async -> InstanceStatus {
        await board.current()
    }

    /// Runs until the task is cancelled; then the batch in hand is given up, which the target rolls
    /// back, and nothing stays open.
    public func run() async {
        while !Task.isCancelled {
            do {
                try await session()
            } catch {
                guard !Task.isCancelled else { break }
                await report(error)
                let isForPeople = (error as? CaptureError)?.isTransient == false
                try? await Task.sleep(for: isForPeople ? Self.problemPause : backoff.next())
            }
        }
        logger.info("stopped")
    }

    // MARK: One connection's life

    private func session() async throws {
        let connection = try await EngineConnection.open(
            configuration.database, purpose: "supervisor")
        connects += 1
        let reconnects = connects - 1
        await board.update {
            $0.databaseReachable = true
            $0.reconnects = reconnects
        }
        do {
            let installed = try await Installer.install(on: connection, log: logger)
            let source = SourceIdentity(
                incarnation: installed.incarnation, name: configuration.name)
            await board.update { $0.problem = nil }
            if configuration.targets.isEmpty {
                try await serve(on: connection)
            } else {
                let lock = LeaderLock(
                    connection: try await EngineConnection.open(
                        configuration.database, purpose: "leader lock"))
                do {
                    try await standBy(lock, on: connection)
                    try await lead(source, lock, on: connection)
                } catch {
                    await lock.release()
                    throw error
                }
            }
        } catch {
            await connection.close()
            throw error
        }
    }

    /// A pure target: the applier does its work when it is asked; here it is only watched.
    private func serve(on connection: PGConnection) async throws {
        await board.update { $0.role = .target }
        backoff.reset()
        while true {
            try await watchDatabase(connection, queue: false)
            try await Task.sleep(for: Self.monitorInterval)
        }
    }

    /// Waits until this daemon is the one that feeds the targets.
    private func standBy(_ lock: LeaderLock, on connection: PGConnection) async throws {
        var said = false
        while try await !lock.acquire() {
            try await watchDatabase(connection, queue: true)
            backoff.reset()
            await board.update { $0.role = .standby }
            if !said { logger.notice("standing by: another daemon of this database leads") }
            said = true
            try await Task.sleep(for: Self.monitorInterval)
        }
    }

    private func lead(
        _ source: SourceIdentity, _ lock: LeaderLock, on connection: PGConnection
    ) async throws {
        await board.update { $0.role = .leader }
        logger.notice("leading", metadata: ["incarnation": "\(source.incarnation)"])
        let watcher = SchemaWatcher(configuration, board: board, logger: logger)
        var pipelines: [String: Pipeline] = [:]
        for target in configuration.targets {
            guard let link = links[target.name] else { continue }
            pipelines[target.name] = Pipeline(
                source: source, target: target, link: link, configuration: configuration,
                board: board, logger: logger)
        }
        self.watcher = watcher
        self.pipelines = pipelines
        defer {
            self.watcher = nil
            self.pipelines = [:]
        }
        backoff.reset()
        let all = Array(pipelines.values)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.monitor(lock, connection) }
            group.addTask {
                try await self.supervise("schema watcher") {
                    try await watcher.run {
                        for pipeline in all { await pipeline.catalogChanged() }
                    }
                }
            }
            group.addTask { try await self.supervise("vacuum") { try await self.vacuum() } }
            for pipeline in all {
                group.addTask {
                    // Captured first, so that the first batch finds its tables complete.
                    while await watcher.outcome(of: 1) == nil {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    try await self.supervise("pipeline") { try await pipeline.run() }
                }
            }
            defer { group.cancelAll() }
            // Stages do not end; the first to fail here ends the leadership, to start over.
            try await group.next()
        }
    }

    /// Runs a stage again after each error, with growing pauses, so that none delays another.
    ///
    /// - Throws: `CancellationError`, and what only a new installation mends.
    private nonisolated func supervise(
        _ name: String, _ stage: @Sendable () async throws -> Void
    ) async throws {
        var backoff = Backoff(first: .milliseconds(200), cap: .seconds(5))
        while true {
            let began = ContinuousClock.now
            do {
                try await stage()
            } catch {
                try Task.checkCancellation()
                switch error {
                case BatchError.incarnationChanged, BatchError.notInstalled: throw error
                default: break
                }
                if .now - began > .seconds(30) { backoff.reset() }
                let pause = backoff.next()
                logger.notice(
                    "a stage failed and begins again",
                    metadata: ["stage": "\(name)", "error": "\(error)", "pause": "\(pause)"])
                try await Task.sleep(for: pause)
            }
        }
    }

    /// Looks after the leader lock; its loss ends the leadership.
    private func monitor(_ lock: LeaderLock, _ connection: PGConnection) async throws {
        while true {
            guard await lock.isHeld() else {
                try Task.checkCancellation()
                throw PGError(.connectionLost, "the connection that held the leader lock is gone")
            }
            try await watchDatabase(connection, queue: true)
            try await Task.sleep(for: Self.monitorInterval)
        }
    }

    private nonisolated func vacuum() async throws {
        let keeper = ConnectionKeeper(configuration.database, purpose: "vacuum")
        let vacuum = EventVacuum(log: logger)
        let names = configuration.targets.map(\.name)
        do {
            while true {
                let connection = try await keeper.connection()
                _ = try await vacuum.tick(on: connection, configuredTargets: names)
                try await Task.sleep(for: configuration.intervals.vacuum)
            }
        } catch {
            await keeper.discard()
            throw error
        }
    }

    // MARK: What is said

    private func watchDatabase(_ connection: PGConnection, queue: Bool) async throws {
        let sources = try await DatabaseWatch.sources(on: connection)
        let waiting = queue ? try await DatabaseWatch.queue(on: connection) : nil
        await board.update {
            $0.sources = sources
            $0.queue = waiting
        }
    }

    private func report(_ error: any Error) async {
        let text: String
        var sqlState: String?
        var reachable = true
        switch error {
        case let error as PGError:
            text = "The database \(configuration.name) cannot be used: \(error.message)"
            sqlState = error.sqlState?.rawValue
            reachable = !error.isConnectionLost && error.code != .timedOut
        case let error as CaptureError:
            text = error.message
            sqlState = error.underlying?.sqlState?.rawValue
        default: text = "\(error)"
        }
        logger.error("the instance is not at work", metadata: ["error": "\(text)"])
        let problem = InstanceStatus.Failure(
            message: text, sqlState: sqlState, time: StatusBoard.timeText())
        let isReachable = reachable
        await board.update {
            $0.role = .starting
            $0.databaseReachable = isReachable
            $0.problem = problem
        }
    }
}
