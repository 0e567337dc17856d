import Logging
import PGWire

/// Builds the indexes that follow batches, one at a time, on a connection of its own.
///
/// CREATE INDEX CONCURRENTLY waits for nobody's rows and leaves an invalid index where it fails; such
/// a leftover is removed and built again, if it is ours: if the step had been noted as started. After
/// a lost connection the old session may be at it still; its advisory lock tells.
actor LaterRunner {
    /// The longest time of one attempt.
    private static let timeout = "24h"

    private let configuration: PGConfiguration
    private var running: Task<Void, Never>?
    private var isAsked = false
    private var isClosed = false
    private var building: PGConnection?
    private var backoff = Backoff(first: .seconds(1), cap: .seconds(60))
    private let pause = WakeUp()
    private let log: Logger
    /// Whether the attempt under way has noted that it begins: from then on a leftover is ours.
    private var hasBegun = false

    /// Why a step is left alone for now.
    private struct Refusal: Error {
        let reason: String
    }

    init(_ configuration: PGConfiguration, log: Logger) {
        self.configuration = configuration
        self.log = log
    }

    /// Says that there may be something to do.
    ///
    /// The work outlives the request that asked for it, so it is a task of its own; `close` ends it.
    func wake() {
        isAsked = true
        guard running == nil, !isClosed else { return }
        running = Task { await self.run() }
    }

    /// Ends the statement under way, since a schema change waits for its lock; it begins again later.
    func giveWay() async {
        await building?.cancelRunningStatement()
    }

    /// Ends the work; what was begun is found out about at the next start.
    func close() async {
        isClosed = true
        running?.cancel()
        await building?.cancelRunningStatement()
        await running?.value
    }

    private func run() async {
        while !Task.isCancelled, isAsked {
            isAsked = false
            do {
                let connection = try await EngineConnection.open(
                    configuration, purpose: "index builder")
                do {
                    while !Task.isCancelled, let step = try await LaterStore.next(on: connection) {
                        try await attempt(step, on: connection)
                    }
                } catch {
                    await connection.close()
                    throw error
                }
                await connection.close()
            } catch {
                // The database is away, or the step's table not there yet: asked again after a pause.
                isAsked = true
                if !Task.isCancelled {
                    log.warning(
                        "indexes behind the batches wait", metadata: ["why": "\(error)"])
                }
                await pause.sleep(for: backoff.next())
            }
        }
        running = nil
    }

    private func attempt(_ step: LaterStore.Due, on connection: PGConnection) async throws {
        hasBegun = step.state != .planned
        do {
            try await perform(step, on: connection)
            backoff.reset()
        } catch let refusal as Refusal {
            try await connection.execute("SELECT pg_catalog.pg_advisory_unlock_all()")
            try await step.store.set(step.id, step.state, error: refusal.reason)
            await pause.sleep(for: backoff.next())
        } catch let error as PGError {
            guard !error.isConnectionLost, connection.isOpen else { throw error }
            try await connection.execute("SELECT pg_catalog.pg_advisory_unlock_all()")
            let state: LaterStep.Progress.State =
                step.state == .unwanted ? .unwanted : hasBegun ? .failed : .planned
            try await step.store.set(
                step.id, state, error: error.server?.message ?? error.message)
            await pause.sleep(for: backoff.next())
        }
    }

    private func perform(_ step: LaterStore.Due, on connection: PGConnection) async throws {
        let lock = "pg_catalog.hashtext(\(SQLText.literal("teleport step " + step.id)))"
        let locked = try await connection.query(
            sql: "SELECT pg_catalog.pg_try_advisory_lock(1952804208, \(lock))")
        guard try locked.rows.first?.decode(Bool.self, 0) == true else {
            throw Refusal(reason: "in doubt: another session is at it still")
        }
        defer { building = nil }
        building = connection
        try await connection.execute(
            "SET search_path TO \(step.searchPath); SET statement_timeout = '\(Self.timeout)'")
        let found = try await validity(of: step.index, on: connection)
        switch (step.state, found) {
        case (.unwanted, .none): try await step.store.remove(step.id)
        case (.unwanted, .some):
            try await drop(step.index, on: connection)
            try await step.store.remove(step.id)
        case (.planned, .some):
            throw Refusal(
                reason: "an index \(step.index) is on the target already and was not made by this "
                    + "product")
        case (.done, _), (_, .some(true)): try await step.store.set(step.id, .done)
        case (_, .some(false)):
            try await drop(step.index, on: connection)
            try await build(step, on: connection)
        case (_, .none): try await build(step, on: connection)
        }
        try await connection.execute("SELECT pg_catalog.pg_advisory_unlock_all()")
    }

    private func build(_ step: LaterStore.Due, on connection: PGConnection) async throws {
        try await step.store.set(step.id, .started)
        hasBegun = true
        try await connection.execute(step.sql)
        try await step.store.set(step.id, .done)
    }

    private func drop(_ index: TableName, on connection: PGConnection) async throws(PGError) {
        try await connection.execute("DROP INDEX CONCURRENTLY \(index.quoted)")
    }

    /// Whether an index is valid; nil where there is none of that name.
    private func validity(
        of index: TableName, on connection: PGConnection
    ) async throws(PGError) -> Bool? {
        try await connection.query(
            sql: """
                SELECT i.indisvalid FROM pg_catalog.pg_index i
                  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = $1 AND c.relname = $2
                """, [PGParameter(index.schema), PGParameter(index.name)]
        ).rows.first?.decode(Bool.self, 0)
    }
}
