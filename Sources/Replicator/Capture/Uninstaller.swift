public import Logging
public import PGWire

/// Removes everything that was installed: triggers and functions table by table, then the schema.
public enum Uninstaller {
    /// What was removed.
    public struct Result: Sendable, Hashable {
        /// Whether there was a schema of ours.
        public var wasInstalled = false
        /// How many tables had capture triggers.
        public var tables = 0
        /// How many triggers there were, those on partitions counted.
        public var triggers = 0
    }

    /// How often a table's lock is tried; each attempt waits for `lockTimeout`.
    static let attempts = 20
    static let lockTimeout = Duration.seconds(1)

    /// Removes all of it; harmless when run twice, and can be run again after a failure.
    ///
    /// - Throws: `CaptureError`: `foreignSchema` (nothing was touched), `inUse` where something that
    ///   is not ours depends on ours, `lockNotAvailable` naming what is left, `database`.
    @discardableResult
    public static func uninstall(on connection: PGConnection, log: Logger) async throws -> Result {
        var result = Result()
        switch try await SchemaOwnership.read(on: connection) {
        case .absent: return result
        case .foreign(let owner, let contents, let count):
            throw SchemaOwnership.refusal(owner: owner, contents: contents, count: count)
        case .ours: result.wasInstalled = true
        }
        let state = try await CaptureState.read(on: connection)
        for oid in state.functions.keys.sorted() {
            let triggers = state.triggers[oid] ?? []
            let names = Set(triggers.map(\.definition.relationName)).sorted()
            let what = names.map(\.description).joined(separator: ", ")
            try await explaining("the triggers on \(what) could not be removed") {
                try await CaptureRemoval.remove(
                    oid, triggers: triggers, on: connection, lockTimeout: lockTimeout,
                    attempts: attempts)
            }
            result.tables += triggers.isEmpty ? 0 : 1
            result.triggers += triggers.count
            log.info("Capture was removed", metadata: ["table": "\(what)"])
        }
        try await explaining("schema teleport could not be removed") {
            try await ShortTransaction.retrying(
                on: connection, lockTimeout: lockTimeout, attempts: attempts
            ) { connection in
                try await DDLNotice.remove(inTransactionOn: connection)
                // By name and without CASCADE: what somebody else put there stays, and is an error.
                let slots = (0..<EventSlot.count).map(EventSlot.table).joined(separator: ", ")
                try await connection.execute(
                    "DROP TABLE IF EXISTS \(slots), teleport.target,"
                        + " teleport.\"position\", teleport.load_chunk, teleport.consent, teleport.step,"
                        + " teleport.setting")
                try await connection.execute("DROP SCHEMA teleport")
            }
        }
        log.info("Schema teleport was removed")
        return result
    }

    private static func explaining(_ what: String, _ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as PGError {
            if ShortTransaction.isRace(error) {
                throw CaptureError(
                    .lockNotAvailable,
                    "\(what): another session holds a lock. Run uninstall again when it has ended",
                    underlying: error)
            }
            // 2BP01: other objects depend on it.
            let code: CaptureError.Code =
                error.sqlState?.rawValue == "2BP01" ? .inUse : .database
            throw CaptureError(code, "\(what): \(error.message)", underlying: error)
        }
    }
}
