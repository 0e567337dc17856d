package import PGWire

/// Records events from outside a trigger: for rows that came with an attached partition, and for a
/// table that is to be read whole.
package struct EventRecording: Sendable {
    private let table: CaptureTable
    private let key: KeyEncoding

    /// For a table with a key.
    package init(_ table: CaptureTable, serverVersion: Int) {
        self.table = table
        self.key = KeyEncoding(table.key)
    }

    /// Records every row of a partition, inside the caller's transaction.
    package func recordRows(
        of leaf: CaptureTable.Leaf, on connection: PGConnection
    ) async throws(PGError) {
        if key.needsSettings {
            for (name, value) in KeyEncoding.settings {
                try await connection.execute(
                    "SELECT pg_catalog.set_config(\(SQLText.literal(name)), \(SQLText.literal(value)), true)"
                )
            }
        }
        let columns = key.list { name, number in "\(name) AS c\(number)" }
        try await insert(
            "SELECT pg_catalog.txid_current(), \(table.oid)::pg_catalog.oid, \(key.kind),"
                + " \(key.text) FROM (SELECT \(columns) FROM ONLY \(leaf.name.quoted)) AS k\(key.joins)",
            on: connection)
    }

    /// Records that the whole table is to be read again, inside the caller's transaction.
    package func recordWhole(on connection: PGConnection) async throws(PGError) {
        try await insert(
            "SELECT pg_catalog.txid_current(), \(table.oid)::pg_catalog.oid,"
                + " 'l'::pg_catalog.\"char\", NULL::pg_catalog.text", on: connection)
    }

    private func insert(_ query: String, on connection: PGConnection) async throws(PGError) {
        let result = try await connection.query(sql: "SELECT pg_catalog.txid_current()")
        guard let row = result.rows.first else {
            throw PGError(.decodingFailed, "txid_current() answered no row")
        }
        let slot = EventSlot.number(of: TransactionID(try row.decode(UInt64.self, 0)))
        try await connection.execute(
            "INSERT INTO \(EventSlot.table(slot)) (txid, relation, kind, key) \(query)")
    }
}
