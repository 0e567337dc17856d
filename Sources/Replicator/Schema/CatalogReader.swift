package import PGWire

/// Reads a source's catalog inside the caller's transaction.
///
/// PostgreSQL's functions that write definitions see what was committed a moment ago, not the
/// transaction's snapshot. An object that went away meanwhile is `SchemaError.moved`; a definition
/// that is newer than the snapshot is found by the next reading, since what a target carries is
/// compared with what was sent, not with what was meant.
package enum CatalogReader {
    /// Reads everything that an expression takes.
    ///
    /// Runs in the caller's open REPEATABLE READ transaction and leaves its settings as they were.
    ///
    /// - Throws: `SchemaError.moved` where DDL ran meanwhile or holds a table: begin the transaction
    ///   again; `PGError`.
    package static func read(
        _ connection: PGConnection, expression: TargetExpression
    ) async throws -> SchemaSnapshot {
        let bound = try await boundLockWaits(of: connection)
        let contents = try await contents(
            ConnectionCatalog(connection: connection), serverVersion: connection.serverVersion,
            schemas: expression.schemas)
        if let bound { try await connection.execute(bound) }
        return CatalogScope.select(contents, expression: expression)
    }

    /// How long the writing of one definition may wait for a table, in milliseconds.
    ///
    /// PostgreSQL's functions that write definitions lock the tables they write about, one after the
    /// other, and keep the locks: whoever drops two of them could wait for us while we wait for
    /// them, and would be the one whose transaction fails. We go long before `deadlock_timeout`
    /// (1 s by default) makes anybody look.
    static let lockWait = 100

    /// Makes it so, where the server can (≥ 9.3).
    ///
    /// - Returns: the statement that sets the wait as it was.
    private static func boundLockWaits(of connection: PGConnection) async throws -> String? {
        guard connection.serverVersion >= 90_300 else { return nil }
        let before = try await connection.query(
            sql: "SELECT pg_catalog.current_setting('lock_timeout')")
        let value = try before.rows.first?.decode(String.self, 0) ?? "0"
        try await connection.execute("SET LOCAL lock_timeout = \(lockWait)")
        return "SET LOCAL lock_timeout = \(SQLText.literal(value))"
    }

    /// The shapes of tables, equal to `SchemaSnapshot.Table.shape` in the same state.
    ///
    /// A table that does not exist has no entry.
    package static func shapes(
        _ connection: PGConnection, oids: [UInt32]
    ) async throws -> [UInt32: String] {
        guard !oids.isEmpty else { return [:] }
        let sql = CatalogSQL(serverVersion: connection.serverVersion).shapes(oids)
        var shapes: [UInt32: String] = [:]
        for row in try await ConnectionCatalog(connection: connection).rows(sql) {
            shapes[try row.oid(0)] = try row.text(1)
        }
        return shapes
    }

    /// A text that changes with every change of the catalog that a reading could show: the cheap
    /// look.
    ///
    /// Inside REPEATABLE READ it answers for the transaction's snapshot.
    package static func fingerprint(_ connection: PGConnection) async throws -> String {
        let sql = CatalogSQL(serverVersion: connection.serverVersion).fingerprint
        let rows = try await ConnectionCatalog(connection: connection).rows(sql)
        guard let row = rows.first else { return "" }
        return try row.text(0)
    }

    /// A text that stays as long as nothing was written into the catalogs: the look before the cheap
    /// look; nil where the server counts nothing.
    ///
    /// It may be late, so whoever relies on it compares fingerprints as well, now and then. It is
    /// asked for before a fingerprint: what is committed in between moves it later.
    package static func activity(_ connection: PGConnection) async throws -> String? {
        let sql = CatalogSQL(serverVersion: connection.serverVersion).activity
        return try await ConnectionCatalog(connection: connection).rows(sql).first?.optional(0)
    }

    /// Reads everything in the schemas, decided or not.
    static func contents(
        _ source: some CatalogSource, serverVersion: Int, schemas: [String]
    ) async throws -> CatalogContents {
        let sql = CatalogSQL(serverVersion: serverVersion, schemas: schemas)
        guard let database = try await source.rows(sql.database).first else {
            throw SchemaError(.unexpected, "the database does not know itself")
        }
        var contents = CatalogContents(
            epoch: .init(
                systemIdentifier: database.optional(0) ?? "", databaseOID: try database.oid(1),
                majorVersion: sql.features.major),
            serverVersion: serverVersion)
        for row in try await source.rows(sql.extensions) {
            contents.extensions.append(
                .init(
                    oid: try row.oid(0), name: try row.text(1), schema: try row.text(2),
                    version: try row.text(3), isRelocatable: try row.flag(4)))
        }
        // Our own objects and members of extensions print bare, everything else qualified: the
        // target resolves the bare ones under its own search path.
        let path = schemas + contents.extensions.map(\.schema).filter { !schemas.contains($0) }
        try await setSearchPath(
            path.map(SQLText.identifier).joined(separator: ", "), on: source)
        try await fill(&contents, from: source, sql)
        try await setSearchPath(database.optional(2) ?? "", on: source)
        return contents
    }

    private static func setSearchPath(_ path: String, on source: some CatalogSource) async throws {
        _ = try await source.rows(
            "SELECT pg_catalog.set_config('search_path', \(SQLText.literal(path)), true)")
    }

    private static func fill(
        _ contents: inout CatalogContents, from source: some CatalogSource, _ sql: CatalogSQL
    ) async throws {
        contents.schemas = try await source.rows(sql.namespaces).map { row in
            .init(oid: try row.oid(0), name: try row.text(1))
        }
        contents.relations = try await source.rows(sql.relations).map(relation)
        for row in try await source.rows(sql.columns) {
            contents.columns[try row.oid(0), default: []].append(try column(row))
        }
        contents.types = try await source.rows(sql.types).map(type)
        for row in try await source.rows(sql.labels) {
            contents.labels[try row.oid(0), default: []].append(
                .init(oid: try row.oid(1), text: try row.text(2)))
        }
        contents.constraints = try await source.rows(sql.constraints).map(constraint)
        contents.indexes = try await source.rows(sql.indexes).map(index)
        contents.routines = try await source.rows(sql.routines).map(routine)
        contents.sequences = try await sequences(from: source, sql)
        try await fillParts(&contents, from: source, sql)
        contents.dependencies = try await source.rows(sql.dependencies).compactMap(dependency)
        try await fillObjects(&contents, from: source, sql)
        contents.comments = try await source.rows(sql.comments).map(comment)
        try await fillPrivileges(&contents, from: source, sql)
        contents.unmodelled = try await source.rows(sql.unmodelled).map { row in
            .init(
                kind: try row.text(0), schema: try row.text(1), table: row.optional(2),
                name: try row.text(3))
        }
        contents.gaps = try await source.rows(sql.gaps).map(gap)
    }

    private static func sequences(
        from source: some CatalogSource, _ sql: CatalogSQL
    ) async throws -> [CatalogContents.SequenceRow] {
        let rows = try await source.rows(sql.sequences)
        guard !sql.features.hasSequenceCatalog, !rows.isEmpty else {
            return try rows.map { try sequence($0, options: $0, at: 7) }
        }
        var options: [UInt32: CatalogRow] = [:]
        let names = try rows.map { (oid: try $0.oid(0), name: try $0.name(1)) }
        for row in try await source.rows(sql.sequenceOptions(names)) {
            options[try row.oid(0)] = row
        }
        return try rows.compactMap { row in
            guard let found = options[try row.oid(0)] else { return nil }
            return try sequence(row, options: found, at: 1)
        }
    }
}
