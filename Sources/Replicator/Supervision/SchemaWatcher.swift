package import Logging
internal import PGWire

/// Keeps the capture of all tables that any target takes, at an interval and on request.
///
/// A table is captured first, and committed; only then a batch's snapshot can find it complete and
/// copy it whole. So whoever wants the catalog of now on a target asks here first.
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
    private let wakeUp = WakeUp()
    private var requests = 1
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
        do {
            while true {
                try Task.checkCancellation()
                if try await isAtRest() {
                    await wakeUp.sleep(for: interval)
                    continue
                }
                let isFirst = outcome == nil
                let report = try await pass()
                if isFirst || !report.installed.isEmpty || !report.removed.isEmpty
                    || !report.notices.isEmpty
                {
                    await changed()
                }
                guard outcome?.request == requests else { continue }
                await wakeUp.sleep(
                    for: report.pending.isEmpty ? interval : min(interval, Self.pendingPause))
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
