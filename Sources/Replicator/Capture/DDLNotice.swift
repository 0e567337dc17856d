package import PGWire

/// The event trigger that notes that DDL was committed, so that it is looked at at once.
///
/// It only makes a look come earlier: without it the catalog's fingerprint finds every change at its
/// interval, and each batch compares the shapes of its tables anyway. So its function does next to
/// nothing, and cannot fail where the statement around it would not: it writes one row of kind `d`
/// into the event slot of its transaction, as capture does. The row is seen when the DDL is
/// committed, concurrent DDL does not wait for it, and it is forgotten with its slot. It does not
/// ask which objects were changed, since the functions that tell fail on objects that are gone.
/// Where the slots are not there, it leaves the statement alone. It catches no error.
///
/// `sql_drop` is not needed: `ddl_command_end` comes after DROP as well. Making event triggers takes
/// a superuser, or what a hosting provider gives instead; whether the role may is tried.
package enum DDLNotice {
    /// The event trigger's name.
    package static let name = "teleport_ddl"
    private static let function = "teleport.note_ddl"

    /// What came of it.
    package enum Outcome: Sendable, Hashable {
        /// DDL is noted.
        case installed
        /// It is not wanted, and not there.
        case absent
        /// It is wanted and cannot be, or is not wanted and cannot be removed: why.
        case refused(String)
    }

    private enum Found {
        case none
        case ours(isAlways: Bool)
        case foreign
    }

    /// Makes or removes the event trigger, as wanted; one that is not ours stays.
    ///
    /// - Throws: `PGError` but for missing rights and for locks.
    package static func ensure(
        _ isWanted: Bool, on connection: PGConnection
    ) async throws -> Outcome {
        guard connection.serverVersion >= 90_300 else {
            return isWanted ? .refused("PostgreSQL has event triggers from 9.3 on") : .absent
        }
        do {
            switch (try await find(on: connection), isWanted) {
            case (.none, false): return .absent
            case (.ours(isAlways: true), true): return .installed
            case (.foreign, false): return .absent
            case (.foreign, true):
                return .refused(
                    "an event trigger \(name) is there already, and its function is not of this "
                        + "product; it was left alone")
            case (_, true):
                try await install(on: connection)
                return .installed
            case (.ours, false):
                try await remove(on: connection)
                return .absent
            }
        } catch let error as PGError where error.sqlState?.rawValue == "42501" {
            return .refused(
                isWanted
                    ? "this role may not make event triggers (a superuser may, or the role that the "
                        + "provider names); schema changes are found at the interval ddlwatcher"
                    : "this role may not remove the event trigger; let its owner run: "
                        + "DROP EVENT TRIGGER \(name)")
        } catch let error as PGError where ShortTransaction.isRace(error) {
            return .refused("a lock could not be had; it is tried again")
        }
    }

    /// Removes it in the caller's transaction, where it is ours.
    static func remove(inTransactionOn connection: PGConnection) async throws {
        guard connection.serverVersion >= 90_300 else { return }
        if case .ours = try await find(on: connection) {
            try await connection.execute("DROP EVENT TRIGGER \(name)")
        }
        try await connection.execute("DROP FUNCTION IF EXISTS \(function)()")
    }

    private static func remove(on connection: PGConnection) async throws {
        try await ShortTransaction.run(on: connection, lockTimeout: .seconds(1)) {
            try await remove(inTransactionOn: $0)
        }
    }

    private static func install(on connection: PGConnection) async throws {
        try await ShortTransaction.run(on: connection, lockTimeout: .seconds(1)) { connection in
            if case .ours = try await find(on: connection) {
                try await connection.execute("DROP EVENT TRIGGER \(name)")
            }
            for statement in statements(serverVersion: connection.serverVersion) {
                try await connection.execute(statement)
            }
        }
    }

    private static func find(on connection: PGConnection) async throws(PGError) -> Found {
        let rows = try await connection.query(
            sql: """
                SELECT t.evtenabled::pg_catalog.text, n.nspname = 'teleport' AND p.proname = 'note_ddl'
                  FROM pg_catalog.pg_event_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.evtfoid
                  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE t.evtname = $1
                """, [PGParameter(name)]
        ).rows
        guard let row = rows.first else { return .none }
        guard try row.decode(Bool.self, 1) else { return .foreign }
        return .ours(isAlways: try row.decode(String.self, 0) == "A")
    }

    /// The function, who may call it, and the trigger, which also fires in replica sessions.
    package static func statements(serverVersion: Int) -> [String] {
        [
            """
            CREATE OR REPLACE FUNCTION \(function)() RETURNS pg_catalog.event_trigger
            LANGUAGE plpgsql SECURITY DEFINER AS \(SQLText.literal(source(serverVersion)))
            """,
            "REVOKE ALL ON FUNCTION \(function)() FROM PUBLIC",
            "CREATE EVENT TRIGGER \(name) ON ddl_command_end EXECUTE PROCEDURE \(function)()",
            "ALTER EVENT TRIGGER \(name) ENABLE ALWAYS",
        ]
    }

    /// The body: every name and operator qualified, since it runs under the session's search path.
    static func source(_ serverVersion: Int) -> String {
        let transaction =
            serverVersion >= 100_000
            ? "pg_catalog.txid_current_if_assigned()" : "pg_catalog.txid_current()"
        let slots = (0..<EventSlot.count).map { slot in
            """
                \(slot == 0 ? "IF" : "ELSIF") slot OPERATOR(pg_catalog.=) \(slot) THEN
                    INSERT INTO \(EventSlot.table(slot)) (txid, relation, kind)
                    VALUES (transaction, 0::pg_catalog.oid, 'd'::pg_catalog."char");
            """
        }.joined(separator: "\n")
        return """

            DECLARE
                transaction pg_catalog.int8 := \(transaction);
                slot pg_catalog.int8;
            BEGIN
                -- Nothing was written: CREATE … IF NOT EXISTS of what exists.
                IF transaction IS NULL THEN RETURN; END IF;
                IF pg_catalog.current_setting('transaction_read_only')
                    OPERATOR(pg_catalog.<>) 'off' THEN RETURN; END IF;
                slot := (transaction OPERATOR(pg_catalog.>>) \(EventSlot.shift))
                    OPERATOR(pg_catalog.&) \(EventSlot.count - 1)::pg_catalog.int8;
                -- Somebody took our objects apart; that is no reason to fail this statement.
                PERFORM 1 FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                 WHERE n.nspname OPERATOR(pg_catalog.=) 'teleport'
                   AND c.relname OPERATOR(pg_catalog.=)
                       ('event_'::pg_catalog.text OPERATOR(pg_catalog.||) slot::pg_catalog.text);
                IF NOT FOUND THEN RETURN; END IF;
            \(slots)
                END IF;
            END

            """
    }

    /// Whether DDL was noted since a snapshot, and the snapshot now; a cheap look.
    package static func news(
        since last: Snapshot, on connection: PGConnection
    ) async throws -> (isNew: Bool, now: Snapshot) {
        let events = BatchSQL.newEvents(
            "e.txid", since: last, notFrom: nil, where: "e.kind = 'd'")
        let answers = try await connection.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_seqscan = off; "
                + "SELECT pg_catalog.txid_current_snapshot(), EXISTS (\(events)); COMMIT")
        guard let row = answers.dropLast().last?.rows.first,
            let now = Snapshot(try row.decode(String.self, 0))
        else { throw PGError(.protocolViolation, "the server left statements without an answer") }
        return (try row.decode(Bool.self, 1), now)
    }

    /// The snapshot from which on DDL is news.
    package static func beginning(on connection: PGConnection) async throws -> Snapshot {
        let row = try await connection.query(sql: "SELECT pg_catalog.txid_current_snapshot()")
            .rows.first
        guard let row, let snapshot = Snapshot(try row.decode(String.self, 0)) else {
            throw PGError(.protocolViolation, "the server did not tell its snapshot")
        }
        return snapshot
    }
}
