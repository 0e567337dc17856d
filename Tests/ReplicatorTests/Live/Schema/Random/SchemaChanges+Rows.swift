@testable import Replicator

/// Statements on the rows of what is there.
extension SchemaChanges {
    /// A statement that adds, changes or removes rows; mostly it adds some.
    mutating func rows(_ zoo: SchemaZoo) -> String {
        let maker = dice.once(in: 5) ? dice.one(of: Self.dml) : nil
        return (maker ?? Self.insert)(&self, zoo) ?? "SELECT"
    }

    static let dml: [Maker] = [
        insert,
        { it, zoo in
            it.column(zoo).map {
                "UPDATE \($0.table) SET \($0.name) = \(it.value(of: $0.type, zoo)) WHERE ctid = '(0,2)'"
            }
        },
        { it, zoo in it.table(zoo).map { "DELETE FROM \($0) WHERE ctid = '(0,1)'" } },
        { it, zoo in it.table(zoo).map { "TRUNCATE \($0)" } },
    ]

    private static let insert: Maker = { it, zoo in
        guard let table = it.dice.one(of: zoo["table"] + zoo["partitioned"]) else { return nil }
        let columns = zoo["column"].filter { $0.owner == table.name }
        guard !columns.isEmpty else { return nil }
        let names = columns.map { it.quoted($0.name) }.joined(separator: ", ")
        let values = columns.map { it.value(of: $0.detail, zoo) }.joined(separator: ", ")
        return """
            INSERT INTO src.\(it.quoted(table.name)) (\(names))
            SELECT \(values) FROM generate_series(1, 3) AS n ON CONFLICT DO NOTHING
            """
    }

    /// A value of a type, where `n` counts the rows.
    private mutating func value(of type: String, _ zoo: SchemaZoo) -> String {
        let name = type.hasPrefix("src.") ? String(type.dropFirst(4)) : ""
        if zoo["enum"].contains(where: { quoted($0.name) == name }) {
            return "(enum_range(NULL::\(type)))[n]"
        }
        switch type {
        case "text", "bytea": return "('word ' || n)::\(type)"
        case "date": return "DATE '2020-02-02' + n::int"
        case "jsonb": return "jsonb_build_object('n', n)"
        case "timestamp with time zone":
            return "TIMESTAMPTZ '2020-02-02 02:02:02+00' + n * interval '1 h'"
        case "uuid": return "md5(n::text)::uuid"
        case "integer[]": return "ARRAY[n, 1]::int[]"
        case "boolean": return "n = 2"
        case "interval(3)": return "n * interval '1 h'"
        case "integer", "bigint":
            return "n + \(Int.random(in: 0...1, using: &dice) * 3)"
        default:
            let isText =
                type.hasPrefix("character") || type.hasPrefix("numeric") || type.hasPrefix("double")
            let isDomain = zoo["domain"].contains { quoted($0.name) == name }
            return isText || isDomain ? "n::text::\(type)" : "NULL"
        }
    }
}
