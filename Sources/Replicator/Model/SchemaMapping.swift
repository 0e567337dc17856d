/// Where a source schema arrives on the target.
public struct SchemaMapping: Hashable, Sendable, Codable {
    /// The schema that every source schema is mapped to; nil where `schemas` decides.
    public let applySchema: String?
    /// The target's names of single schemas; one that is not named keeps its own.
    public let schemas: [String: String]

    /// Maps everything to one schema, or nothing.
    public init(applySchema: String?) {
        self.applySchema = applySchema
        schemas = [:]
    }

    /// Maps single schemas; the others keep their names.
    public init(schemas: [String: String]) {
        applySchema = nil
        self.schemas = schemas
    }

    /// The target's name of a source schema.
    public func target(_ schema: String) -> String {
        applySchema ?? schemas[schema] ?? schema
    }

    /// The target's name of a source relation.
    public func target(_ name: TableName) -> TableName {
        TableName(schema: target(name.schema), name: name.name)
    }
}
