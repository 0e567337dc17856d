package import Logging
internal import PGWire

/// Keeps the capture of all tables that any target takes, at an interval and on request.
///
/// A table is captured first, and committed; only then a batch's snapshot can find it complete and
/// copy it whole. So whoever wants the catalog of now on a target asks here first. Where an event
/// trigger notes DDL (`use_event_triggers`), a pass follows at once.
package actor SchemaWatcher {
    /// What the last pass found.
    package struct Outcome: Sendable, Hashable {
        /// Which request it answers: all up to this number.
        package var request: Int
        /// Tables whose capture waits for a lock.
        package var pending: [CaptureReport.Entry]
    }

    private let keeper: ConnectionKeeper
    private let manager: CaptureManager
    private let expressions: [TargetExpression]
    private let interval: Duration
    private let board: StatusBoard
    private let usesEventTrigger: Bool
    private let noticeInterval: Duration
    private let log: Logger
    private let wakeUp = WakeUp()
    private var requests = 1
    /// From where on noted DDL is news; nil where none is noted.
    private var noticed: Snapshot?
    private var notice: DDLNotice.Outcome?
    private var fingerprint: String?
    private var outcome: Outcome?
    private var rest = CatalogRest()
    private let beginning = ContinuousClock.now

    /// The shortest pause between two passes that nobody asked for.
    private static let pendingPause: Duration = .seconds(1)

    /// A watcher that has not begun.
    package init(_ configuration: InstanceConfiguration, board: StatusBoard, logger: Logger) {
        keeper = ConnectionKeeper(configuration.database, purpose: "schema watcher")
        manager = CaptureManager(log: logger)
        expressions = configuration.targets.map(\.expression)
        interval = configuration.intervals.ddlWatcher
        usesEventTrigger = configuration.useEventTriggers
        noticeInterval = configuration.intervals.batcher
        log = logger
        self.board = board
    }

    /// Asks for a pass that begins after this call; answers its number.
    package func request() -> Int {
        requests += 1
        wakeUp.ring()
        return requests
    }

    /// What the last pass found, once it answers a request; nil before.
    package func outcome(of request: Int) -> Outcome? {
        guard let outcome, outcome.request >= request else { return nil }
        return outcome
    }

    /// Runs until it is cancelled or a pass fails.
    ///
    /// - Parameter changed: called after each pass that changed a capture, and after the first.
    /// - Throws: `CancellationError`, or the error of the pass.
    package func run(changed: @Sendable () async -> Void) async throws {
        var isNews = false
        do {
            while true {
                try Task.checkCancellation()
                if !isNews, try await isAtRest() {
                    isNews = try await sleep(for: interval, atLeast: .zero)
                    continue
                }
                let isFirst = outcome == nil
                let began = ContinuousClock.now
                try await prepareNotice()
                let report = try await pass()
                if isFirst || isNews || !report.installed.isEmpty || !report.removed.isEmpty
                    || !report.notices.isEmpty
                {
                    await changed()
                }
                guard outcome?.request == requests else { continue }
                let pause = report.pending.isEmpty ? interval : min(interval, Self.pendingPause)
                // However much DDL there is, half of the time is left to others.
                isNews = try await sleep(for: pause, atLeast: .now - began)
            }
        } catch {
            await keeper.discard()
            throw error
        }
    }

    /// Whether nobody asked, nothing waits, and nothing was written into the catalogs.
    private func isAtRest() async throws -> Bool {
        guard let outcome, outcome.request == requests, outcome.pending.isEmpty else {
            return false
        }
        let connection = try await keeper.connection()
        let activity = try await CatalogReader.activity(connection)
        return rest.lasts(activity, at: ContinuousClock.now - beginning)
            // Asked for meanwhile.
            && outcome.request == requests
    }

    // MARK: Noted DDL

    /// Makes or removes the event trigger, and says once what stands in the way.
    private func prepareNotice() async throws {
        let connection = try await keeper.connection()
        let outcome = try await DDLNotice.ensure(usesEventTrigger, on: connection)
        if outcome == .installed {
            if noticed == nil { noticed = try await DDLNotice.beginning(on: connection) }
        } else {
            noticed = nil
        }
        guard outcome != notice else { return }
        notice = outcome
        var missing: [InstanceStatus.Missing] = []
        if case .refused(let reason) = outcome {
            missing = [.init(kind: "event trigger", name: DDLNotice.name, reason: reason)]
            log.notice("schema changes are not noted", metadata: ["why": "\(reason)"])
        }
        await board.setNotCarried(missing, by: "event trigger")
    }

    /// Sleeps until the next pass; answers whether noted DDL ended the sleep.
    private func sleep(for pause: Duration, atLeast least: Duration) async throws -> Bool {
        guard noticed != nil else {
            await wakeUp.sleep(for: pause)
            return false
        }
        let end = ContinuousClock.now + max(pause, least)
        await wakeUp.sleep(for: max(noticeInterval, least))
        while ContinuousClock.now < end, outcome?.request == requests {
            try Task.checkCancellation()
            if try await hasChanged() { return true }
            await wakeUp.sleep(for: noticeInterval)
        }
        return false
    }

    /// Whether DDL was noted and the catalog is another one: temporary tables change nothing here.
    private func hasChanged() async throws -> Bool {
        guard let last = noticed else { return false }
        let connection = try await keeper.connection()
        let (isNew, now) = try await DDLNotice.news(since: last, on: connection)
        noticed = now
        guard isNew else { return false }
        let seen = try await CatalogReader.fingerprint(connection)
        defer { fingerprint = seen }
        return seen != fingerprint
    }

    private func pass() async throws -> CaptureReport {
        let request = requests
        let connection = try await keeper.connection()
        let activity = try await CatalogReader.activity(connection)
        let tables = try await CaptureTable.tables(on: connection, matching: expressions)
        let report = try await manager.ensure(on: connection, tables: tables)
        outcome = Outcome(request: request, pending: report.pending)
        rest.begin(activity, at: ContinuousClock.now - beginning)
        let refused = report.refused.map {
            InstanceStatus.Missing(
                kind: "table", name: $0.table.description, reason: $0.reason)
        }
        let notes = (report.notes + report.pending).map {
            InstanceStatus.Missing(
                kind: "capture", name: $0.table.description, reason: $0.reason)
        }
        await board.update { $0.refusedTables = refused.sorted() }
        await board.setNotCarried(notes, by: "capture")
        return report
    }
}
