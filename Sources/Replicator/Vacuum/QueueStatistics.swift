public import PGWire

/// The size of the queue on the source, for the status: cheap, from the catalog and the indexes.
public struct QueueStatistics: Sendable, Hashable, Codable {
    /// Rows in the slots, by the server's estimate.
    public var estimatedEvents: Int64
    /// The slots' heaps and indexes.
    public var bytes: Int64
    /// The oldest transaction that has an event; nil in an empty queue.
    public var oldestTransaction: UInt64?
    /// The slot that holds it.
    public var oldestSlot: Int?
    /// Events of transactions below it may have been forgotten.
    public var forgotten: UInt64
    /// The registered target whose position is the lowest.
    public var heldBackBy: String?

    /// Reads it with two statements.
    public static func read(on connection: PGConnection) async throws(PGError) -> QueueStatistics {
        let parts = (0..<EventSlot.count).map { slot in
            """
            SELECT \(slot), pg_catalog.pg_total_relation_size('\(EventSlot.table(slot))'),
                   (SELECT pg_catalog.min(txid) FROM \(EventSlot.table(slot))),
                   pg_catalog.pg_stat_get_live_tuples('\(EventSlot.table(slot))'::pg_catalog.regclass),
                   (SELECT value FROM teleport.setting WHERE key = 'forgotten')
            """
        }
        var statistics = QueueStatistics(estimatedEvents: 0, bytes: 0, forgotten: 0)
        let result = try await connection.query(sql: parts.joined(separator: " UNION ALL "))
        for row in result.rows {
            statistics.bytes += try row.decode(Int64.self, 1)
            statistics.estimatedEvents += try row.decode(Int64.self, 3)
            statistics.forgotten = try row.decode(String?.self, 4).flatMap { UInt64($0) } ?? 0
            guard let oldest = try row.decode(UInt64?.self, 2) else { continue }
            if oldest < statistics.oldestTransaction ?? .max {
                statistics.oldestTransaction = oldest
                statistics.oldestSlot = try row.decode(Int.self, 0)
            }
        }
        statistics.heldBackBy = try await TargetRegistry.positions(on: connection)
            .min { ($0.value.xmin, $0.key) < ($1.value.xmin, $1.key) }?.key
        return statistics
    }
}
