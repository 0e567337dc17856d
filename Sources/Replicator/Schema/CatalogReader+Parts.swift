/// Views, and what hangs on tables and views, as typed values.
extension CatalogReader {
    /// Reads all of them into `contents`.
    static func fillParts(
        _ contents: inout CatalogContents, from source: some CatalogSource, _ sql: CatalogSQL
    ) async throws {
        contents.views = try await source.rows(sql.views).map(view)
        contents.rules = try await source.rows(sql.rules).map(rule)
        contents.triggers = try await source.rows(sql.triggers).map {
            try trigger($0, serverVersion: contents.serverVersion)
        }
        if let policies = sql.policies {
            contents.policies = try await source.rows(policies).map(policy)
        }
        if let rowSecurity = sql.rowSecurity {
            for row in try await source.rows(rowSecurity) {
                contents.rowSecurity[try row.oid(0)] = .init(
                    isEnabled: try row.flag(1), isForced: try row.flag(2))
            }
        }
    }

    static func view(_ row: CatalogRow) throws(SchemaError) -> SchemaSnapshot.View {
        .init(
            oid: try row.oid(0), name: try row.name(1), isMaterialized: try row.flag(3),
            definition: withoutSemicolon(try row.text(4)), options: try row.list(5),
            accessMethod: row.optional(6), isPopulated: try row.flag(7))
    }

    /// Cuts `CREATE RULE name AS ON event TO schema.table` off.
    static func rule(_ row: CatalogRow) throws(SchemaError) -> SchemaSnapshot.Rule {
        let event = try row.text(3)
        var rest = Cutting(try row.text(5), what: "a rule")
        try rest.cut("CREATE RULE \(try row.text(6)) AS")
        rest.cutSpace()
        try rest.cut("ON \(event) TO ")
        rest.cutIfThere(try row.text(7))
        try rest.cut(try row.text(8))
        return .init(
            oid: try row.oid(0), name: try row.text(1), table: try row.oid(2), event: event,
            definition: withoutSemicolon(rest.rest), enabled: try row.text(4))
    }

    /// Cuts the trigger's definition at its table and at its function.
    static func trigger(
        _ row: CatalogRow, serverVersion: Int
    ) throws(SchemaError) -> SchemaSnapshot.Trigger {
        let isConstraint = try row.flag(5)
        let events = events(try row.number(4), columns: try row.list(7))
        var rest = Cutting(try row.text(6), what: "a trigger")
        try rest.cut("CREATE \(isConstraint ? "CONSTRAINT " : "")TRIGGER \(try row.text(8)) ")
        try rest.cut("\(events) ON ")
        rest.cutIfThere(try row.text(9))
        try rest.cut("\(try row.text(10)) ")
        let arguments = Array(try row.list(14).prefix(try row.number(13)))
        let call = "(" + arguments.map(deparsedLiteral).joined(separator: ", ") + ")"
        let word = "EXECUTE \(CatalogFeatures(serverVersion).triggerFunction) "
        var function = try row.text(12)
        let qualified = try row.text(11) + function
        if rest.endsWith(word + qualified + call) { function = qualified }
        try rest.cutEnd(word + function + call)
        var condition = rest.rest
        while condition.hasSuffix(" ") { condition.removeLast() }
        return .init(
            oid: try row.oid(0), name: try row.text(1), table: try row.oid(2),
            isConstraint: isConstraint, events: events, condition: condition, function: function,
            arguments: arguments, hasTransitionTables: try row.flag(15), enabled: try row.text(3))
    }

    /// The bits of `tgtype` (catalog/pg_trigger.h) as `pg_get_triggerdef` writes them.
    static func events(_ type: Int, columns: [String]) -> String {
        let timing = type & 2 != 0 ? "BEFORE" : type & 64 != 0 ? "INSTEAD OF" : "AFTER"
        var words: [String] = []
        if type & 4 != 0 { words.append("INSERT") }
        if type & 8 != 0 { words.append("DELETE") }
        if type & 16 != 0 {
            words.append(
                columns.isEmpty ? "UPDATE" : "UPDATE OF " + columns.joined(separator: ", "))
        }
        if type & 32 != 0 { words.append("TRUNCATE") }
        return timing + " " + words.joined(separator: " OR ")
    }

    static func policy(_ row: CatalogRow) throws(SchemaError) -> SchemaSnapshot.Policy {
        .init(
            oid: try row.oid(0), name: try row.text(1), table: try row.oid(2),
            command: try row.text(3), isPermissive: try row.flag(4),
            roles: try row.flag(5) ? [] : try row.list(6), using: row.optional(7),
            check: row.optional(8))
    }

    /// As the server writes a literal: every session of ours has `standard_conforming_strings` on.
    private static func deparsedLiteral(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
    }

    private static func withoutSemicolon(_ text: String) -> String {
        text.hasSuffix(";") ? String(text.dropLast()) : text
    }

    /// A definition from which known beginnings are cut, byte by byte.
    private struct Cutting {
        private var bytes: Substring.UTF8View
        let what: String

        init(_ text: String, what: String) {
            bytes = text[...].utf8
            self.what = what
        }

        var rest: String { String(Substring(bytes)) }

        func endsWith(_ part: String) -> Bool {
            bytes.suffix(part.utf8.count).elementsEqual(part.utf8)
        }

        mutating func cutIfThere(_ part: String) {
            if bytes.starts(with: part.utf8) { bytes = bytes.dropFirst(part.utf8.count) }
        }

        mutating func cut(_ part: String) throws(SchemaError) {
            guard bytes.starts(with: part.utf8) else { throw moved }
            bytes = bytes.dropFirst(part.utf8.count)
        }

        mutating func cutEnd(_ part: String) throws(SchemaError) {
            guard endsWith(part) else { throw moved }
            bytes = bytes.dropLast(part.utf8.count)
        }

        mutating func cutSpace() {
            bytes = bytes.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        }

        /// The definition is newer than the names: renamed in this moment.
        private var moved: SchemaError {
            SchemaError(.moved, "\(what) was renamed while the catalog was read")
        }
    }
}
