/// Cuts tables into the chunks of an initial load: pure, from sizes to conditions.
package enum LoadPlanner {
    /// What a chunk should have, in bytes on the source's disk: large enough that a request costs
    /// nothing, small enough that repeating one costs little.
    package static let chunkBytes: Int64 = 64 << 20
    /// At most so many chunks a table; then they grow.
    package static let maximumChunks: Int64 = 20_000

    /// How large a table is.
    package struct Size: Sendable, Hashable {
        /// Its oid on the source.
        package var relation: UInt32
        /// Pages of its main fork.
        package var pages: Int64
        /// Bytes with TOAST, without indexes.
        package var bytes: Int64
        /// The planner's estimate of its rows; negative or 0 where unknown.
        package var rows: Double

        /// Describes a table.
        package init(relation: UInt32, pages: Int64, bytes: Int64, rows: Double) {
            self.relation = relation
            self.pages = pages
            self.bytes = bytes
            self.rows = rows
        }
    }

    /// How a table can be cut.
    package enum Method: Sendable, Hashable {
        /// By ctid: a range of pages is read without the others (TID range scan, ≥ 14).
        case pages
        /// By ranges of the key, found by walking its index.
        case keys
        /// Not at all.
        case whole

        /// The best way.
        ///
        /// - Parameters:
        ///   - serverVersion: the source's `server_version_num`.
        ///   - size: how large the table is.
        ///   - keyTypes: the oids of the key columns' types; those of the catalog itself compare
        ///     with operators that no search path can hide.
        ///   - chunkBytes: what a chunk should have.
        /// - Returns: pages where the server reads a range of them without the others.
        package static func choose(
            serverVersion: Int, size: Size, keyTypes: [UInt32],
            chunkBytes: Int64 = LoadPlanner.chunkBytes
        ) -> Method {
            guard size.bytes > chunkBytes, size.pages > 1 else { return .whole }
            if serverVersion >= 140_000 { return .pages }
            let firstUserOID: UInt32 = 16_384
            return keyTypes.allSatisfy { $0 < firstUserOID } && !keyTypes.isEmpty ? .keys : .whole
        }
    }

    /// The chunks of a table by ranges of pages; the last one is open, for rows that come later.
    package static func pageChunks(
        _ size: Size, chunkBytes: Int64 = LoadPlanner.chunkBytes
    ) -> [LoadPlan.Chunk] {
        let wanted = max(1, min(size.bytes / chunkBytes + 1, maximumChunks, size.pages))
        let step = (size.pages + wanted - 1) / max(wanted, 1)
        guard wanted > 1 else { return [whole(size)] }
        return stride(from: 0, to: size.pages, by: Int(step)).map { first in
            let end = first + step
            var parts: [String] = []
            if first > 0 { parts.append("ctid >= '(\(first),0)'::pg_catalog.tid") }
            if end < size.pages { parts.append("ctid < '(\(end),0)'::pg_catalog.tid") }
            let pages = min(end, size.pages) - first
            return LoadPlan.Chunk(
                relation: size.relation, condition: parts.joined(separator: " AND "),
                estimatedBytes: size.bytes * pages / size.pages)
        }
    }

    /// A table in one chunk.
    package static func whole(_ size: Size) -> LoadPlan.Chunk {
        LoadPlan.Chunk(relation: size.relation, condition: nil, estimatedBytes: size.bytes)
    }

    /// How many rows a chunk by key has.
    package static func rowsPerChunk(
        _ size: Size, chunkBytes: Int64 = LoadPlanner.chunkBytes
    ) -> Int64 {
        // 100 bytes a row where the table was never analysed.
        let rows = size.rows > 0 ? size.rows : Double(size.bytes) / 100
        let width = max(1, Double(size.bytes) / max(1, rows))
        let wanted = max(100, Int64(Double(chunkBytes) / width))
        return max(wanted, Int64(rows) / maximumChunks)
    }
}

/// Walks a table's key to find the ends of its chunks (before 14, where pages cannot be cut).
package struct KeyWalk: Sendable, Hashable {
    /// A column of the key.
    package struct Column: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// Its type, one of the catalog's own.
        package var type: String

        /// Describes a column.
        package init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    /// The table, without its old-style children: `ONLY "s"."t"`.
    package let from: String
    /// The key.
    package let key: [Column]

    /// A walk through a table.
    package init(from: String, key: [Column]) {
        self.from = from
        self.key = key
    }

    private var names: String {
        key.map { SQLText.identifier($0.name) }.joined(separator: ", ")
    }

    private func row(_ values: [String]) -> String {
        let typed = zip(key, values).map { "\(SQLText.literal($1))::\($0.type)" }
        return "ROW(\(typed.joined(separator: ", ")))"
    }

    /// The query for the last key of the chunk that begins after `previous`; no row: the last one.
    package func end(after previous: [String]?, rows: Int64) -> String {
        let condition = previous.map { " WHERE ROW(\(names)) > \(row($0))" } ?? ""
        let texts = key.map { "\(SQLText.identifier($0.name))::pg_catalog.text" }
            .joined(separator: ", ")
        return "SELECT \(texts) FROM \(from)\(condition) ORDER BY \(names) "
            + "OFFSET \(rows - 1) LIMIT 1"
    }

    /// The condition of a chunk; nil at either side is open.
    package func condition(after previous: [String]?, upTo end: [String]?) -> String? {
        var parts: [String] = []
        if let previous { parts.append("ROW(\(names)) > \(row(previous))") }
        if let end { parts.append("ROW(\(names)) <= \(row(end))") }
        return parts.isEmpty ? nil : parts.joined(separator: " AND ")
    }
}
