/// The text form in which keys are recorded: the same whatever the application's session has set.
///
/// One column: the value's text, by the type's output function. Several: the text of an array of
/// them. An enum's value is recorded as the oid of its label, since labels can be renamed.
///
/// Values become text by `concat`, not by a cast: a cast can be made by whoever owns the type, and
/// would then run with the rights of the capture function's owner.
package struct KeyEncoding: Sendable {
    /// Types whose output depends on no setting; a function for other types carries `SET`.
    static let settled: Set<String> = [
        "int2", "int4", "int8", "oid", "uuid", "text", "varchar", "bpchar", "name", "numeric",
        "bool", "char",
    ]

    /// What a capture function sets where a key's text depends on settings.
    package static let settings: [(name: String, value: String)] = [
        ("DateStyle", "ISO, MDY"), ("IntervalStyle", "postgres"), ("TimeZone", "UTC"),
        ("extra_float_digits", "3"), ("bytea_output", "hex"), ("lc_monetary", "C"),
    ]

    private let key: [CaptureTable.KeyColumn]

    /// For the columns of a key, which are named `k.c1`, `k.c2` and so on.
    package init(_ key: [CaptureTable.KeyColumn]) {
        self.key = key
    }

    /// Whether a text of the key depends on the session's settings.
    package var needsSettings: Bool {
        !key.allSatisfy { $0.isEnum || ($0.isBuiltIn && Self.settled.contains($0.baseTypeName)) }
    }

    /// The key's columns as a list, each by `rendering` with its name and its number from 1.
    func list(_ rendering: (_ name: String, _ number: Int) -> String) -> String {
        key.enumerated().map { rendering(SQLText.identifier($1.name), $0 + 1) }
            .joined(separator: ", ")
    }

    /// The joins that find the labels of enums, behind `k`.
    package var joins: String {
        key.enumerated().filter { $1.isEnum }.map { index, column in
            " LEFT JOIN pg_catalog.pg_enum AS e\(index + 1)"
                + " ON e\(index + 1).enumtypid OPERATOR(pg_catalog.=)"
                + " \(column.baseTypeOID)::pg_catalog.oid"
                + " AND e\(index + 1).enumlabel OPERATOR(pg_catalog.=)"
                + " pg_catalog.concat(k.c\(index + 1))::pg_catalog.name"
        }.joined()
    }

    /// The event's `kind`: `k`, or `l` (read the whole table) where the key cannot be told.
    ///
    /// It cannot be told when a column of the key was renamed or got another type since the
    /// function was made, and for an enum label that this transaction's snapshot does not see.
    package var kind: String {
        let conditions = key.enumerated().map { index, column in
            "pg_catalog.pg_typeof(k.c\(index + 1)) OPERATOR(pg_catalog.=)"
                + " \(column.typeOID)::pg_catalog.oid AND "
                + (column.isEnum ? "e\(index + 1).oid" : "k.c\(index + 1)") + " IS NOT NULL"
        }
        return "CASE WHEN \(conditions.joined(separator: " AND ")) THEN 'k' ELSE 'l' END"
            + "::pg_catalog.\"char\""
    }

    /// The event's `key`.
    package var text: String {
        let parts = key.enumerated().map { index, column in
            "pg_catalog.concat(" + (column.isEnum ? "e\(index + 1).oid" : "k.c\(index + 1)") + ")"
        }
        guard parts.count != 1 else { return parts[0] }
        return "ARRAY[\(parts.joined(separator: ", "))]::pg_catalog.text"
    }
}
