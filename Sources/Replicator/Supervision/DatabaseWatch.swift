internal import PGWire

/// What the status shows of the managed database itself; two cheap queries.
enum DatabaseWatch {
    /// The sources that feed this database.
    static func sources(on connection: PGConnection) async throws(PGError) -> [InstanceStatus
        .Source]
    {
        let sql = """
            SELECT p.source_name, p.incarnation, p.target, p.phase, p.position \
            FROM teleport.position p ORDER BY 1, 2, 3
            """
        var sources: [InstanceStatus.Source] = []
        for row in try await connection.query(sql: sql).rows {
            sources.append(
                .init(
                    name: try row.decode(String?.self, 0) ?? "",
                    incarnation: try row.decode(String.self, 1),
                    target: try row.decode(String.self, 2), phase: try row.decode(String.self, 3),
                    position: try row.decode(String?.self, 4)))
        }
        return sources
    }

    /// The events of this database, and whose position is the oldest.
    static func queue(on connection: PGConnection) async throws(PGError) -> InstanceStatus.Queue {
        let queue = try await QueueStatistics.read(on: connection)
        return .init(
            events: Int(queue.estimatedEvents), bytes: Int(queue.bytes),
            // Slots that hold next to nothing are nobody's fault.
            heldBackBy: queue.bytes > 16 << 20 ? queue.heldBackBy : nil)
    }
}
