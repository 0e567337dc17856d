internal import PGWire

/// Whether a target's position and this database's history still meet.
enum SourceHistory {
    /// Checks a position against the database as it is now.
    ///
    /// - Throws: `BatchError.forgotten`, `.ahead`, `.incarnationChanged`, `.notInstalled`; `PGError`.
    static func check(
        _ position: Snapshot, source: SourceIdentity, on connection: PGConnection
    ) async throws {
        let result: PGResult
        do throws(PGError) {
            result = try await connection.query(sql: BatchBuilder.historySQL)
        } catch {
            switch error.sqlState?.rawValue {
            case "42P01", "3F000": throw BatchError.notInstalled
            default: throw error
            }
        }
        _ = try BatchBuilder.snapshot(result, continuing: position, of: source)
    }
}
