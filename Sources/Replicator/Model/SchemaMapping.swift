/// Where a source schema arrives on the target.
public struct SchemaMapping: Hashable, Sendable, Codable {
    /// The schema that every source schema is mapped to; nil keeps the names.
    public let applySchema: String?

    /// Maps everything to one schema, or nothing.
    public init(applySchema: String?) {
        self.applySchema = applySchema
    }

    /// The target's name of a source schema.
    public func target(_ schema: String) -> String {
        applySchema ?? schema
    }

    /// The target's name of a source relation.
    public func target(_ name: TableName) -> TableName {
        TableName(schema: target(name.schema), name: name.name)
    }
}
