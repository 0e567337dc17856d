package import PGWire

/// Reads keys as they are now, and keeps them while the tables' shapes stay.
package struct KeyReader: Sendable {
    private var kept: [UInt32: (shape: String, key: [KeyColumn])] = [:]

    /// Nothing is kept.
    package init() {}

    /// Forgets everything, where an error says that it may be stale.
    package mutating func forget() { kept = [:] }

    /// The keys of tables, by oid, inside the batch's transaction.
    ///
    /// A table whose key is not what its snapshot says has no entry: it moved.
    package mutating func keys(
        of tables: [SchemaSnapshot.Table], on connection: PGConnection
    ) async throws(PGError) -> [UInt32: [KeyColumn]] {
        let unknown = tables.filter { kept[$0.oid]?.shape != $0.shape }
        if !unknown.isEmpty {
            var read: [UInt32: [String: [KeyColumn]]] = [:]
            for row in try await connection.query(sql: BatchSQL.keys(of: unknown.map(\.oid))).rows {
                let index = try row.decode(String.self, 1)
                read[try row.decode(UInt32.self, 0), default: [:]][index, default: []]
                    .append(try KeyColumn(row))
            }
            for table in unknown {
                let indexes = read[table.oid] ?? [:]
                // The name where the snapshot gives it, else whichever has the same columns.
                let candidates =
                    table.keyIndex.flatMap { indexes[$0] }.map { [$0] }
                    ?? indexes.sorted { $0.key < $1.key }.map(\.value)
                guard let key = candidates.first(where: { $0.map(\.name) == table.primaryKey })
                else { continue }
                kept[table.oid] = (table.shape, key)
            }
        }
        var result: [UInt32: [KeyColumn]] = [:]
        for table in tables {
            guard let known = kept[table.oid], known.shape == table.shape,
                known.key.map(\.name) == table.primaryKey
            else { continue }
            result[table.oid] = known.key
        }
        return result
    }
}

extension KeyColumn {
    /// Takes a row of `BatchSQL.keys`.
    init(_ row: PGRow) throws(PGError) {
        let operatorSchema = SQLText.identifier(try row.decode(String.self, 5))
        var collation: String?
        if let schema = try row.decode(String?.self, 7), let name = try row.decode(String?.self, 8)
        {
            collation = TableName(schema: schema, name: name).quoted
        }
        self.init(
            name: try row.decode(String.self, 2), type: try row.decode(String.self, 3),
            enumOID: try row.decode(UInt32?.self, 4),
            equality: "OPERATOR(\(operatorSchema).\(try row.decode(String.self, 6)))",
            collation: collation, isDomain: try row.decode(Bool.self, 9))
    }
}
