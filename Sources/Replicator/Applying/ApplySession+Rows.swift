import PGWire
import Synchronization

extension ApplySession {
    /// Up to so many staged rows the plan must use the key's index: the server cannot know that
    /// the staging table, which was never analysed, is small.
    private static let fewRows = 1000

    /// Empties tables in one statement, so that foreign keys among them do not matter.
    func truncate(_ tables: [TableName]) async throws {
        guard !tables.isEmpty else { return }
        let names = Set(tables).sorted()
        currentTable = names.first
        let list = try await truncationList(names)
        try await connection.execute("SAVEPOINT teleport_truncate")
        do throws(PGError) {
            try await connection.execute("TRUNCATE \(list.joined(separator: ", "))")
        } catch {
            // A table outside of the expression refers to one of them: TRUNCATE would need
            // CASCADE, which is never used.
            guard error.sqlState?.rawValue == "0A000" else { throw error }
            let deletes = list.map { "DELETE FROM \($0)" }.joined(separator: "; ")
            try await connection.execute("ROLLBACK TO teleport_truncate; \(deletes)")
        }
        try await connection.execute("RELEASE teleport_truncate")
        currentTable = nil
    }

    /// The tables with ONLY where they may have old-style children, whose rows are their own.
    private func truncationList(_ names: [TableName]) async throws -> [String] {
        let found = try await connection.query(
            sql: """
            SELECT n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY ($1::text[])
            """, [PGParameter(array: Set(names.map(\.schema)).sorted())])
        var kinds: [TableName: String] = [:]
        for row in found.rows {
            let name = try TableName(
                schema: row.decode(String.self, 0), name: row.decode(String.self, 1))
            kinds[name] = try row.decode(String.self, 2)
        }
        return try names.map { name throws(LinkError) in
            guard let kind = kinds[name] else {
                throw LinkError(
                    .schemaBehind, "table \(name) does not exist on the target", sqlState: "42P01",
                    table: name.description)
            }
            return (kind == "p" ? "" : "ONLY ") + name.quoted
        }
    }

    /// Applies the rows of one table.
    ///
    /// - Returns: how many rows arrived.
    func applyRows(_ start: TableStart, _ frames: any FrameSource) async throws -> Int {
        let table = try await table(for: start)
        switch start.mode {
        case .changes: return try await applyChanges(table, frames)
        case .replace: return try await applyReplacement(table, frames)
        case .append: return try await append(table, frames)
        case .merge:
            let use = try await stage(table)
            let count = try await copy(use.copyIntoStaging(withPresence: false), frames)
            try await merge(use, rowCount: count, before: [], changedOnly: false)
            return count
        }
    }

    private func table(for start: TableStart) async throws -> TargetTable {
        if let known = tables.table(for: start) { return known }
        let table = try await TargetTable.read(start, on: connection)
        tables.remember(table, for: start)
        return table
    }

    private func applyChanges(_ table: TargetTable, _ frames: any FrameSource) async throws -> Int {
        let use = try await stage(table)
        let count = try await copy(use.copyIntoStaging(withPresence: true), frames)
        try await merge(use, rowCount: count, before: [use.deleteGone], changedOnly: false)
        return count
    }

    private func applyReplacement(
        _ table: TargetTable, _ frames: any FrameSource
    ) async throws -> Int {
        let plain = RowStatements(
            table: table, staging: "", serverVersion: connection.serverVersion)
        let answer = try await connection.execute(plain.hasRows).first?.rows.first
        guard try answer?.decode(Bool.self, 0) == true else {
            return try await copy(plain.copyIntoTable, frames)
        }
        let use = try await stage(table)
        let count = try await copy(use.copyIntoStaging(withPresence: false), frames)
        // A whole table is never few rows: those that go are on the other side.
        try await merge(
            use, rowCount: .max, before: [use.deleteUnlisted], changedOnly: true)
        return count
    }

    private func append(_ table: TargetTable, _ frames: any FrameSource) async throws -> Int {
        let plain = RowStatements(
            table: table, staging: "", serverVersion: connection.serverVersion)
        do {
            return try await copy(plain.copyIntoTable, frames)
        } catch let error as PGError where Self.isDuplicate(error) {
            throw LinkError(
                .duplicate, "a row of this chunk is in \(table.name) already",
                sqlState: error.sqlState?.rawValue, table: table.name.description)
        }
    }

    /// Makes the staging table where the connection has none of this shape.
    private func stage(_ table: TargetTable) async throws -> RowStatements {
        let use = stagings.use(table, serverVersion: connection.serverVersion)
        if !use.preparation.isEmpty {
            try await connection.execute(use.preparation.joined(separator: "; "))
        }
        return use.statements
    }

    /// Moves staged rows into the table.
    ///
    /// Where two rows exchange a unique value, putting them in place one by one collides: then all
    /// touched keys are deleted and inserted again, in the same transaction.
    private func merge(
        _ use: RowStatements, rowCount: Int, before: [String], changedOnly: Bool
    ) async throws {
        let hints = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"]
        func set(_ value: String) -> [String] {
            rowCount <= Self.fewRows ? hints.map { "SET LOCAL \($0) = \(value)" } : []
        }
        let direct =
            [use.oid] + set("off") + before + ["SAVEPOINT teleport_merge"]
            + use.mergePresent(changedOnly: changedOnly) + ["RELEASE teleport_merge"] + set("on")
        do {
            let answer = try await connection.execute(direct.joined(separator: "; ")).first
            guard try answer?.rows.first?.decode(UInt32.self, 0) == use.table.oid else {
                throw LinkError(
                    .busy, "table \(use.table.name) was made anew by somebody else",
                    table: use.table.name.description)
            }
        } catch let error as PGError where Self.isDuplicate(error) {
            let again =
                ["ROLLBACK TO teleport_merge", use.deleteTouched, use.insertPresent]
                + ["RELEASE teleport_merge"] + set("on")
            try await connection.execute(again.joined(separator: "; "))
        }
    }

    /// Unique violation, exclusion violation, or one row that ON CONFLICT would touch twice.
    private static func isDuplicate(_ error: PGError) -> Bool {
        ["23505", "23P01", "21000"].contains(error.sqlState?.rawValue ?? "")
    }

    /// Feeds the open table's rows to a COPY, up to the table's end.
    ///
    /// - Returns: how many rows the server counted; they are those the source sent, to the byte.
    private func copy(_ sql: String, _ frames: any FrameSource) async throws -> Int {
        let intake = RowIntake()
        let copied = try await connection.copyIn(sql) { writer in
            while let frame = try await frames.next() {
                switch frame {
                case .rows(let bytes):
                    intake.add(bytes)
                    try await writer.write(bytes)
                case .tableEnd(let rowCount, let checksum):
                    return try intake.end(rowCount: rowCount, checksum: checksum)
                case .header, .tableStart, .sequences, .end:
                    throw WireError.unexpected("inside a table", after: "its rows")
                }
            }
            throw WireError.truncated
        }
        guard let expected = intake.rowCount, copied == expected else {
            throw WireError.mismatch(
                "\(copied) rows of a table arrived, the source sent \(intake.rowCount ?? -1)")
        }
        return copied
    }
}

/// The checksum of the rows that pass, and what the source says of them.
private final class RowIntake: Sendable {
    private struct State {
        var checksum = CRC32()
        var rowCount: Int?
    }

    private let state = Mutex(State())

    /// The number of rows that the source sent; nil before the table's end.
    var rowCount: Int? { state.withLock { $0.rowCount } }

    func add(_ bytes: [UInt8]) {
        state.withLock { $0.checksum.update(bytes) }
    }

    /// Compares the checksum: an error here fails the COPY.
    func end(rowCount: Int, checksum: UInt32) throws(WireError) {
        let matches = state.withLock { state in
            state.rowCount = rowCount
            return state.checksum.value == checksum
        }
        guard matches else {
            throw .mismatch("the rows of a table were changed on their way: checksums differ")
        }
    }
}
