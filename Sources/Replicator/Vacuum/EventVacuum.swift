package import Logging
package import PGWire

/// Empties event slots that every target has passed, with TRUNCATE: no dead rows, even while an old
/// snapshot keeps vacuum from working, and no writer waits longer than the lock time-out.
package actor EventVacuum {
    /// What one tick did.
    package struct Report: Sendable, Hashable {
        /// The slots that were emptied.
        package var emptied: [Int] = []
        /// The slots that could be emptied but whose lock could not be had; the next tick tries.
        package var busy: [Int] = []
        /// Events of transactions below it are needed by nobody.
        package var bound: TransactionID?
        /// The target that holds the bound back.
        package var heldBackBy: String?
        /// Targets no longer configured, whose rows were removed.
        package var departed: [String] = []
    }

    /// How long a slot waits for its lock, and its writers behind it.
    static let slotLockTimeout = Duration.milliseconds(50)
    /// How long the table of targets waits; an update of it takes less than a millisecond.
    static let targetLockTimeout = Duration.milliseconds(500)

    private let log: Logger
    private let currentSlotBytes: Int64

    /// Makes a vacuum; `currentSlotBytes` is for tests.
    package init(log: Logger, currentSlotBytes: Int64 = VacuumDecision.currentSlotBytes) {
        self.log = log
        self.currentSlotBytes = currentSlotBytes
    }

    /// One pass, with a transaction of its own for each slot.
    ///
    /// - Parameters:
    ///   - connection: outside a transaction.
    ///   - configuredTargets: the names in the configuration. One that is not written down yet
    ///     holds nothing back: it registers before it relies on events.
    /// - Returns: what was emptied, and what holds the rest back.
    /// - Throws: `PGError`; a lock that cannot be had is in the report instead.
    package func tick(
        on connection: PGConnection, configuredTargets: [String]
    ) async throws -> Report {
        var report = Report()
        do {
            let decision = try await ShortTransaction.run(
                on: connection, lockTimeout: Self.targetLockTimeout
            ) { try await self.decide(on: $0, configuredTargets) }
            report.bound = decision.bound
            report.heldBackBy = decision.heldBackBy
            report.departed = decision.departed
            for name in decision.departed {
                log.notice(
                    "Target is no longer configured; its events are not kept any longer",
                    metadata: ["target": "\(name)"])
            }
            for slot in decision.slots {
                switch try await empty(slot, below: decision.bound, configuredTargets, connection) {
                case .emptied: report.emptied.append(slot)
                case .busy: report.busy.append(slot)
                case .needed: break
                }
            }
        } catch let error as PGError
            where ShortTransaction.isRace(error) && !error.isConnectionLost
        {
            log.debug("Vacuum gave way", metadata: ["error": "\(error)"])
        }
        if !report.emptied.isEmpty {
            log.debug("Event slots were emptied", metadata: ["slots": "\(report.emptied)"])
        }
        return report
    }

    /// Removes the rows of departed targets and decides; the caller's transaction.
    private func decide(
        on connection: PGConnection, _ configured: [String]
    ) async throws -> VacuumDecision {
        // Who registers meanwhile waits; the snapshot below is then older than its position.
        try await connection.execute("LOCK TABLE teleport.target IN SHARE MODE")
        let positions = try await TargetRegistry.positions(on: connection)
        let result = try await connection.query(
            sql: "SELECT pg_catalog.txid_current_snapshot()::pg_catalog.text, "
                + (0..<EventSlot.count).map {
                    "pg_catalog.pg_relation_size('\(EventSlot.table($0))')"
                }.joined(separator: ", "))
        guard let row = result.rows.first,
            let current = Snapshot(try row.decode(String.self, 0))
        else { throw PGError(.decodingFailed, "the server's snapshot cannot be read") }
        var bytes: [Int64] = []
        for slot in 1...EventSlot.count { bytes.append(try row.decode(Int64.self, slot)) }
        let decision = VacuumDecision(
            configured: configured, positions: positions, current: current, bytes: bytes,
            currentSlotBytes: currentSlotBytes)
        for name in decision.departed { try await TargetRegistry.remove(name, on: connection) }
        return decision
    }

    private enum Outcome { case emptied, busy, needed }

    /// Empties one slot, where it holds nothing that is needed.
    private func empty(
        _ slot: Int, below bound: TransactionID, _ configured: [String],
        _ connection: PGConnection
    ) async throws -> Outcome {
        let table = EventSlot.table(slot)
        // A look without any lock first, so that a needed slot never costs its writers a wait.
        let newest = "SELECT pg_catalog.max(txid) FROM \(table)"
        if let highest = try await connection.query(sql: newest).rows.first?.decode(UInt64?.self, 0),
            highest >= bound.rawValue
        {
            return .needed
        }
        do {
            return try await ShortTransaction.run(
                on: connection, lockTimeout: Self.slotLockTimeout
            ) { connection in
                // Nobody may register between this and the commit with a position that needs the slot.
                try await connection.execute("LOCK TABLE teleport.target IN SHARE MODE")
                for (name, position) in try await TargetRegistry.positions(on: connection)
                where configured.contains(name) && position.xmin < bound {
                    return .needed
                }
                // Waits for every transaction, prepared ones too, that wrote into the slot.
                try await connection.execute("LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE")
                let row = try await connection.query(sql: newest).rows.first
                if let highest = try row?.decode(UInt64?.self, 0) {
                    guard highest < bound.rawValue else { return .needed }
                    try await connection.query(
                        sql: """
                        UPDATE teleport.setting SET value = $1::pg_catalog.text
                         WHERE key = 'forgotten' AND value::pg_catalog.int8 < $1::pg_catalog.int8
                        """, [PGParameter(String(highest + 1))])
                }
                try await connection.execute("TRUNCATE \(table)")
                return .emptied
            }
        } catch let error as PGError
            where ShortTransaction.isRace(error) && !error.isConnectionLost
        {
            return .busy
        }
    }
}
