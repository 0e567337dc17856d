import Replicator

/// Reads `apply_schema`: one schema for all, or a mapping of single ones.
extension SectionReader {
    func mapping(_ section: MappingReader, _ expression: TargetExpression?) -> SchemaMapping {
        guard section.isMapping("apply_schema") else {
            return SchemaMapping(applySchema: schema("apply_schema", in: section))
        }
        guard let mapping = section.mapping("apply_schema", allowed: nil, required: false) else {
            return SchemaMapping(applySchema: nil)
        }
        if mapping.keys.isEmpty {
            section.reject("apply_schema", "found an empty mapping, expected source: target")
        }
        var schemas: [String: String] = [:]
        for source in mapping.keys {
            if let expression, !expression.schemas.contains(source) {
                mapping.reject(
                    source,
                    "found a schema that target_expression does not take, expected one of "
                        + expression.schemas.joined(separator: ", "))
                continue
            }
            if let target = schema(source, in: mapping) { schemas[source] = target }
        }
        return SchemaMapping(schemas: schemas)
    }

    private func schema(_ key: String, in section: MappingReader) -> String? {
        let expected = "a schema's name"
        guard let schema = section.text(key, required: false, expected: expected) else {
            return nil
        }
        let isReserved =
            schema == "teleport" || schema == "information_schema" || schema.hasPrefix("pg_")
        guard !isReserved, schema.utf8.count <= 63 else {
            section.reject(
                key,
                "found the text \"\(schema)\", expected a schema's name of at most 63 bytes that is "
                    + "neither the system's nor teleport"
            )
            return nil
        }
        return schema
    }
}
