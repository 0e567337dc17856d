package import Logging
package import PGWire

/// Keeps the triggers of the captured tables as they should be: installs what is missing, repairs
/// what was changed, removes what no target wants, and touches nothing else.
///
/// Each table is one short transaction. CREATE TRIGGER waits for the writers of a table and makes
/// others wait behind it, so the wait is short, and after a failure the table rests for a while.
package actor CaptureManager {
    /// How long a table waits for its lock; others may queue behind for as long.
    package static let lockTimeout = Duration.seconds(1)
    /// The longest rest of a table whose lock could not be had.
    package static let longestRest = Duration.seconds(60)

    private struct Rest {
        var failures = 0
        var until: ContinuousClock.Instant
    }

    private let log: Logger
    private let lockTimeout: Duration
    private var rests: [UInt32: Rest] = [:]
    private var reportedNotes: Set<CaptureReport.Entry> = []

    /// Makes a manager; one a source database, since it remembers whose lock could not be had.
    package init(log: Logger, lockTimeout: Duration = CaptureManager.lockTimeout) {
        self.log = log
        self.lockTimeout = lockTimeout
    }

    /// One pass: makes the capture of exactly these tables.
    ///
    /// - Parameters:
    ///   - connection: outside a transaction, as the role that owns schema `teleport`.
    ///   - tables: from `CaptureTable.tables(on:matching:)`, all that any target wants.
    ///   - now: decides which tables still rest.
    /// - Returns: what was done, and what could not be done, by name.
    /// - Throws: `PGError` where the connection is lost or the catalog cannot be read; what
    ///   concerns one table is in the report, and the others go on.
    package func ensure(
        on connection: PGConnection, tables: [CaptureTable], now: ContinuousClock.Instant = .now
    ) async throws -> CaptureReport {
        let state = try await CaptureState.read(on: connection)
        var report = CaptureReport()
        var wanted: Set<UInt32> = []
        for table in tables {
            if let refusal = Self.refusal(of: table) {
                report.refused.append(.init(table.name, refusal))
                // Without a key there is nothing to record; lost rights may come back.
                if !table.key.isEmpty { wanted.insert(table.oid) }
                continue
            }
            wanted.insert(table.oid)
            report.notes += Self.notes(on: table)
            let plan = CapturePlan(
                table: table, state: state, serverVersion: connection.serverVersion)
            guard !plan.steps.isEmpty else {
                rests[table.oid] = nil
                continue
            }
            if let rest = rests[table.oid], rest.until > now {
                report.pending.append(.init(table.name, "waits before it tries its lock again"))
                continue
            }
            let isDone = try await attempt(table.oid, table.name, now, &report) {
                try await perform(plan, for: table, on: connection)
            }
            guard isDone else { continue }
            report.installed.append(table.name)
            report.notices += plan.notices
        }
        for oid in state.functions.keys.sorted() where !wanted.contains(oid) {
            let name = TableName(schema: CaptureID.schema, name: CaptureID.functionName(oid))
            if let rest = rests[oid], rest.until > now { continue }
            let isDone = try await attempt(oid, name, now, &report) {
                try await CaptureRemoval.remove(
                    oid, triggers: state.triggers[oid] ?? [], on: connection,
                    lockTimeout: lockTimeout)
            }
            if isDone { report.removed.append(oid) }
        }
        tell(report)
        return report
    }

    // MARK: One table

    /// Runs the work on one table; a lock that cannot be had, and an error, stay with the table.
    ///
    /// - Returns: whether it was done.
    private func attempt(
        _ oid: UInt32, _ name: TableName, _ now: ContinuousClock.Instant,
        _ report: inout CaptureReport, _ work: () async throws -> Void
    ) async throws -> Bool {
        do {
            try await work()
            rests[oid] = nil
            return true
        } catch let error as PGError
            where ShortTransaction.isRace(error) && !error.isConnectionLost
        {
            rest(oid, now)
            report.pending.append(
                .init(name, "its lock could not be had within \(lockTimeout): \(error)"))
        } catch let error as PGError where error.code == .server && !error.isConnectionLost {
            rest(oid, now)
            report.refused.append(.init(name, "capture failed: \(error)"))
        } catch let error as CaptureError {
            rest(oid, now)
            report.refused.append(.init(name, error.description))
        }
        return false
    }

    private func rest(_ oid: UInt32, _ now: ContinuousClock.Instant) {
        let failures = (rests[oid]?.failures ?? 0) + 1
        let longest = min(Self.longestRest, .seconds(1 << min(failures - 1, 6)))
        rests[oid] = Rest(failures: failures, until: now + longest * Double.random(in: 0.5...1))
    }

    private func perform(
        _ plan: CapturePlan, for table: CaptureTable, on connection: PGConnection
    ) async throws {
        let recording = EventRecording(table, serverVersion: connection.serverVersion)
        for leaf in plan.leavesToRecord {
            try await ShortTransaction.run(on: connection, lockTimeout: lockTimeout) {
                try await recording.recordRows(of: leaf, on: $0)
            }
        }
        try await ShortTransaction.run(on: connection, lockTimeout: lockTimeout) { connection in
            for step in plan.steps {
                switch step {
                case .sql(let sql): try await connection.execute(sql)
                case .dropFunction:
                    try await CaptureRemoval.dropWithTriggers(table.oid, on: connection)
                case .recordWhole: try await recording.recordWhole(on: connection)
                }
            }
        }
    }

    // MARK: What is said

    /// Why a table cannot be captured; nil where it can.
    package static func refusal(of table: CaptureTable) -> String? {
        if table.key.isEmpty {
            return "it has no primary key, so its rows cannot be told apart; "
                + "add one: ALTER TABLE \(table.name.quoted) ADD PRIMARY KEY (…)"
        }
        var rights = table.missingRights.intersection(["SELECT", "TRIGGER"]).sorted()
        if table.leaves.contains(where: { !$0.allowsTriggers }) { rights = ["SELECT", "TRIGGER"] }
        guard !rights.isEmpty || table.missingRights.contains("USAGE") else { return nil }
        let role = SQLText.identifier(table.role)
        var grants: [String] = []
        if table.missingRights.contains("USAGE") {
            grants.append(
                "GRANT USAGE ON SCHEMA \(SQLText.identifier(table.name.schema)) TO " + role)
        }
        if !rights.isEmpty {
            let relations =
                [table.name] + table.leaves.filter { !$0.allowsTriggers }.map(\.name)
            grants.append(
                "GRANT \(rights.joined(separator: ", ")) ON "
                    + relations.map(\.quoted).joined(separator: ", ") + " TO " + role)
        }
        return "the connected role lacks a right; let \(table.owner) run: "
            + grants.joined(separator: "; ")
    }

    private static func notes(on table: CaptureTable) -> [CaptureReport.Entry] {
        guard !table.isOwned else { return [] }
        return [
            .init(
                table.name,
                "sessions with session_replication_role = replica are not captured: only the owner "
                    + "(\(table.owner)) may ENABLE ALWAYS a trigger")
        ]
    }

    private func tell(_ report: CaptureReport) {
        for notice in report.notices {
            log.notice("Capture was changed", metadata: ["what": "\(notice)"])
        }
        for entry in report.pending {
            log.debug("Capture is pending", metadata: ["table": "\(entry)"])
        }
        let standing = Set(report.refused + report.notes)
        for entry in report.refused where !reportedNotes.contains(entry) {
            log.error("Table is not captured", metadata: ["table": "\(entry)"])
        }
        // One line for all: a role that owns no table would get one for each.
        let news = report.notes.filter { !reportedNotes.contains($0) }
        if let first = news.first {
            let names = news.prefix(3).map(\.table.description).joined(separator: ", ")
            log.notice(
                "Capture is limited",
                metadata: [
                    "tables": "\(news.count)", "first": "\(names)", "why": "\(first.reason)",
                ])
        }
        reportedNotes = standing
        for name in report.installed {
            log.info("Capture is installed", metadata: ["table": "\(name)"])
        }
        for oid in report.removed { log.info("Capture is removed", metadata: ["oid": "\(oid)"]) }
    }
}
