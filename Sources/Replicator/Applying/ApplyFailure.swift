package import PGWire

/// What a failure on the target means for the source: one place decides.
package enum ApplyFailure {
    /// SQLSTATEs that say that the schema is not the one the rows were read from.
    package static let schemaBehind: Set<String> = [
        "42P01", "42703", "42704", "42883", "3F000",  // table, column, type, function, schema
        "42804", "428C9",  // another type; a generated column
        "22P02", "22P03", "22P04",  // a text that is none of the type; too many or few columns
        "22001", "22003", "22007", "22008",  // too long or out of range for an older type
    ]

    /// SQLSTATEs after which the same request may simply come again.
    package static let busy: Set<String> = ["55P03", "40P01", "40001", "55006"]

    /// The error for the source.
    ///
    /// - Parameters:
    ///   - error: what the connection threw.
    ///   - table: the table whose rows were being applied.
    ///   - change: the schema change that was being made; its failure is never "behind".
    /// - Returns: a code by which the source decides, and a message without row values.
    package static func error(
        _ error: PGError, table: TableName? = nil, change: String? = nil
    ) -> LinkError {
        let state = error.sqlState?.rawValue
        let named = table?.description ?? error.server?.tableName
        let message = describe(error, table: named, change: change)
        return LinkError(
            code(error, duringChange: change != nil), message, sqlState: state, table: named)
    }

    private static func code(_ error: PGError, duringChange: Bool) -> LinkError.Code {
        if error.isConnectionLost { return .databaseUnavailable }
        guard let state = error.sqlState else {
            switch error.code {
            case .timedOut, .connectFailed, .tlsFailed, .authenticationFailed:
                return .databaseUnavailable
            default: return .database
            }
        }
        if busy.contains(state.rawValue) { return .busy }
        if ["08", "53"].contains(state.errorClass) || state.rawValue.hasPrefix("57P") {
            return .databaseUnavailable
        }
        if !duringChange && schemaBehind.contains(state.rawValue) { return .schemaBehind }
        return .database
    }

    /// A sentence without row values: messages of classes 22 and P0 may quote them.
    private static func describe(_ error: PGError, table: String?, change: String?) -> String {
        var text = change.map { "schema change \"\($0)\": " } ?? table.map { "table \($0): " } ?? ""
        guard let server = error.server else { return text + error.message }
        let quotesValues = ["22", "P0"].contains(server.sqlState.errorClass)
        text += quotesValues ? "a value was refused" : server.message
        if let column = server.columnName { text += ", column \(column)" }
        if let constraint = server.constraintName { text += ", constraint \(constraint)" }
        return text
    }
}
