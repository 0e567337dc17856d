package import PGWire

/// Reads a source's catalog inside the caller's transaction.
package enum CatalogReader {
    /// Reads everything that an expression takes.
    ///
    /// Runs in the caller's open REPEATABLE READ transaction and leaves its settings as they were.
    ///
    /// - Throws: `SchemaError.moved` where DDL ran meanwhile: begin the transaction again; `PGError`.
    package static func read(
        _ connection: PGConnection, expression: TargetExpression
    ) async throws -> SchemaSnapshot {
        throw SchemaError(.unexpected, "draft")
    }

    /// The shapes of tables, equal to `SchemaSnapshot.Table.shape` in the same state.
    ///
    /// A table that does not exist has no entry.
    package static func shapes(
        _ connection: PGConnection, oids: [UInt32]
    ) async throws -> [UInt32: String] {
        throw SchemaError(.unexpected, "draft")
    }

    /// A text that changes with every change of the catalog: the cheap look.
    package static func fingerprint(_ connection: PGConnection) async throws -> String {
        throw SchemaError(.unexpected, "draft")
    }
}
