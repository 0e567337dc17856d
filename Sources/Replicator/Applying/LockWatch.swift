import PGWire
import Synchronization

/// Sees what a session waits for while it waits, since afterwards nobody can tell.
///
/// It looks from a second connection, opened only when a statement takes long. What it cannot find
/// out is not said: the wait's own end is told by the statement's error.
final class LockWatch: Sendable {
    /// When it begins to look: well before the wait for a lock ends.
    private static let delay: Duration = .milliseconds(1500)
    /// How often it looks.
    private static let interval: Duration = .milliseconds(400)

    private let configuration: PGConfiguration?
    private let processID: Int?
    private let seen = Mutex<String?>(nil)

    init(_ configuration: PGConfiguration?, of processID: Int?) {
        self.configuration = configuration
        self.processID = processID
    }

    /// What was waited for; nil where no wait was seen.
    var text: String? { seen.withLock { $0 } }

    /// Looks until the task is cancelled.
    func run() async {
        guard let configuration, let processID else { return }
        do {
            try await Task.sleep(for: Self.delay)
            let connection = try await EngineConnection.open(configuration, purpose: "lock watch")
            do {
                while !Task.isCancelled {
                    try await look(processID, on: connection)
                    try await Task.sleep(for: Self.interval)
                }
            } catch {
                await connection.close()
                return
            }
            await connection.close()
        } catch {
            // Cancelled, or no connection to be had: then nothing is added to the error.
        }
    }

    private func look(_ processID: Int, on connection: PGConnection) async throws {
        let row = try await connection.query(
            sql: """
                SELECT w.mode, n.nspname, c.relname, h.pid, a.application_name, a.state
                  FROM pg_catalog.pg_locks w
                  JOIN pg_catalog.pg_class c ON c.oid = w.relation
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  LEFT JOIN pg_catalog.pg_locks h ON h.locktype = 'relation' AND h.granted
                   AND h.database = w.database AND h.relation = w.relation AND h.pid <> w.pid
                  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid
                 WHERE w.pid = \(processID) AND NOT w.granted AND w.locktype = 'relation'
                 ORDER BY a.xact_start LIMIT 1
                """
        ).rows.first
        guard let row else { return }
        let text = Self.describe(
            mode: try row.decode(String.self, 0),
            table: TableName(
                schema: try row.decode(String.self, 1), name: try row.decode(String.self, 2)),
            holder: try row.decode(Int?.self, 3), application: try row.decode(String?.self, 4),
            state: try row.decode(String?.self, 5))
        seen.withLock { $0 = text }
    }

    /// `waits for ACCESS EXCLUSIVE on public.t, which process 7 (psql, idle in transaction) uses`.
    static func describe(
        mode: String, table: TableName, holder: Int?, application: String?, state: String?
    ) -> String {
        var words = ""
        for character in mode.hasSuffix("Lock") ? mode.dropLast(4) : mode[...] {
            if character.isUppercase, !words.isEmpty { words += " " }
            words += character.uppercased()
        }
        guard let holder else { return "it waits for \(words) on \(table)" }
        let who = [application, state].compactMap(\.self).filter { !$0.isEmpty }
            .joined(separator: ", ")
        return "it waits for \(words) on \(table), which process \(holder)"
            + (who.isEmpty ? "" : " (\(who))") + " uses"
    }
}
