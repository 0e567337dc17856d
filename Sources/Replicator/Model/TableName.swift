/// A relation's schema and name, unquoted.
public struct TableName: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// The schema, as `pg_namespace.nspname` has it.
    public let schema: String
    /// The name, as `pg_class.relname` has it.
    public let name: String

    /// Names a relation.
    public init(schema: String, name: String) {
        self.schema = schema
        self.name = name
    }

    /// `"schema"."name"`, ready for SQL.
    public var quoted: String {
        SQLText.identifier(schema) + "." + SQLText.identifier(name)
    }

    /// `schema.name`, for people.
    public var description: String { schema + "." + name }

    /// By schema, then by name, in Unicode order.
    public static func < (left: TableName, right: TableName) -> Bool {
        (left.schema, left.name) < (right.schema, right.name)
    }
}
