public import Logging
import PGWire

/// Copies the tables of a target for the first time, while the application goes on writing.
///
/// No snapshot is held: capture comes first, then the start position, then the tables in chunks,
/// each in a short transaction. Whatever moves meanwhile is in the events after the start position,
/// and the first ordinary batch makes the target exact. A load that is interrupted goes on where it
/// was, since plan and finished chunks are on the target.
public enum InitialLoader {
    /// How often a load begins again because tables were rewritten under it.
    static let maximumRestarts = 5

    /// Loads a target, or goes on with a load.
    ///
    /// - Parameters:
    ///   - configuration: the source's instance, with all of its targets.
    ///   - target: the one to load.
    ///   - link: the way to it.
    ///   - workers: how many chunks travel at once, 1...16; each holds a connection on either side.
    ///   - log: restarts are notices.
    ///   - progress: called at most five times a second, and after each chunk.
    /// - Returns: what this run did; `alreadyAt` is set where the target was loaded before.
    /// - Throws: `LoadError`, `LinkError`, `PGError`, `CaptureError`, `CancellationError`; what is
    ///   committed stays, and another run goes on from there.
    public static func run(
        _ configuration: InstanceConfiguration, target: InstanceConfiguration.Target,
        link: any TargetLink, workers: Int = 2, log: Logger,
        progress: @escaping @Sendable (LoadProgress) -> Void = { _ in }
    ) async throws -> LoadSummary {
        try await run(
            configuration, target: target, link: link, workers: workers,
            chunkBytes: LoadPlanner.chunkBytes, log: log, progress: progress)
    }

    /// As `run`, with chunks of another size.
    package static func run(
        _ configuration: InstanceConfiguration, target: InstanceConfiguration.Target,
        link: any TargetLink, workers: Int, chunkBytes: Int64, log: Logger,
        progress: @escaping @Sendable (LoadProgress) -> Void = { _ in }
    ) async throws -> LoadSummary {
        let control = try await EngineConnection.open(
            configuration.database, purpose: "load \(target.name)")
        do {
            let installed = try await Installer.install(on: control, log: log)
            let run = LoadRun(
                configuration: configuration, target: target, link: link,
                workers: min(max(workers, 1), 16), chunkBytes: chunkBytes, log: log,
                control: control,
                source: SourceIdentity(
                    incarnation: installed.incarnation, name: configuration.name),
                meter: LoadMeter(begun: .now, tell: progress))
            let summary = try await run.run()
            await control.close()
            return summary
        } catch {
            await control.close()
            throw error
        }
    }
}

/// One run of the loader: its decisions in order; the parts are in extensions.
struct LoadRun: Sendable {
    let configuration: InstanceConfiguration
    let target: InstanceConfiguration.Target
    let link: any TargetLink
    let workers: Int
    let chunkBytes: Int64
    let log: Logger
    /// The connection that holds the loader's lock.
    let control: PGConnection
    let source: SourceIdentity
    let meter: LoadMeter

    /// A load as the target has it.
    struct Load: Sendable {
        var snapshot: SchemaSnapshot
        var plan: LoadPlan
        var position: Snapshot
        var done: Set<Int>
        var targetVersion: Int
        var abilities: TargetAbilities
    }

    func run() async throws -> LoadSummary {
        let begun = ContinuousClock.now
        var summary = LoadSummary()
        try await takeLock()
        try await capture()
        var mustRestart = false
        while true {
            let state = try await patiently {
                try await link.state(of: source, target: target.name)
            }
            if state.phase == .replicating {
                summary.alreadyAt = state.position
                return summary
            }
            do {
                if state.loadPlan?.isWhole == true, let position = state.position {
                    try await endWholeBeginning(at: position)
                    continue
                }
                let load = try await open(state, mustRestart: mustRestart)
                try await copy(load)
                try await finish(load)
                summary.notCarried = load.snapshot.notCarried.map {
                    "\($0.kind) \($0.name): \($0.reason)"
                }
                break
            } catch let error as LoadError where error.code == .rewritten {
                mustRestart = true
                summary.restarts += 1
                log.notice("Load begins again", metadata: ["why": "\(error.message)"])
                guard summary.restarts <= InitialLoader.maximumRestarts else {
                    throw LoadError(
                        .restless,
                        "the load was begun \(summary.restarts) times and tables changed each time; "
                            + "the last reason: \(error.message)")
                }
            }
        }
        summary.tables = meter.tables
        summary.elapsed = .now - begun
        return summary
    }

    // MARK: Before

    /// One loader a target; the lock goes with the connection.
    private func takeLock() async throws {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "teleport load \(target.name)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let answer = try await control.query(
            sql: "SELECT pg_catalog.pg_try_advisory_lock(\(Int64(bitPattern: hash)))")
        guard try answer.rows.first?.decode(Bool.self, 0) == true else {
            throw LoadError(
                .alreadyRunning, "another process is loading target \(target.name) already")
        }
    }

    /// Captures every table before the start position is taken.
    private func capture() async throws {
        var waiting: [CaptureReport.Entry] = []
        for _ in 0..<60 {
            let tables = try await CaptureTable.tables(
                on: control, matching: configuration.targets.map(\.expression))
            // A new manager each time: it has no memory of locks that could not be had.
            let report = try await CaptureManager(log: log).ensure(on: control, tables: tables)
            waiting = report.pending.filter { target.expression.matches($0.table) }
            if waiting.isEmpty { return }
            try await Task.sleep(for: .seconds(1))
        }
        throw LoadError(
            .notCaptured,
            "these tables are in use and could not be captured: "
                + waiting.map(\.description).joined(separator: "; "))
    }

    // MARK: Waiting

    /// How long a target or a source may be away before the load gives up.
    static let patience = Duration.seconds(300)

    /// Repeats what fails for a while, with growing pauses.
    func patiently<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        var patience = Patience()
        while true {
            do {
                return try await body()
            } catch {
                try await patience.rest(after: error, log: log)
            }
        }
    }

    /// How long a row of failures lasts.
    struct Patience {
        private var backoff = Backoff(first: .milliseconds(100), cap: .seconds(10))
        private var since: ContinuousClock.Instant?

        /// Pauses after an error that may pass; throws any other, and every one after too long.
        mutating func rest(after error: any Error, log: Logger) async throws {
            guard !Task.isCancelled, Self.mayPass(error) else { throw error }
            let begun = since ?? .now
            since = begun
            guard ContinuousClock.now - begun < LoadRun.patience else {
                throw LoadError(.gaveUp, "gave up after \(LoadRun.patience): \(error)")
            }
            let pause = backoff.next()
            log.debug("Load waits", metadata: ["why": "\(error)", "pause": "\(pause)"])
            try await Task.sleep(for: pause)
        }

        private static func mayPass(_ error: any Error) -> Bool {
            switch error {
            case let error as LinkError:
                [.unreachable, .busy, .databaseUnavailable].contains(error.code)
            case let error as PGError: error.isTransient || error.isConnectionLost
            case let error as LoadError: error.code == .restless
            case let error as SchemaError: error.isTransient
            default: false
            }
        }
    }
}
