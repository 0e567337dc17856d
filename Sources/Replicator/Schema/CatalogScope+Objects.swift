/// Plain objects and statistics: which are carried.
extension CatalogScope {
    func plainReason(_ id: ObjectID) -> String? {
        guard let row = plain[id] else { return "it is not in a schema of the expression" }
        return row.reason
    }

    mutating func fillObjects(
        _ result: inout SchemaSnapshot, _ wanted: Set<ObjectID>, _ tables: Set<UInt32>
    ) {
        for row in contents.plain {
            if wanted.contains(row.object.id) {
                result.objects.append(row.object)
            } else {
                reportUnwanted(
                    row.object.id, row.object.kind.name, row.object.label, row.object.name)
            }
        }
        for row in contents.statistics where tables.contains(row.table) {
            if let reason = verdict(row.id) {
                report("statistics", row.name.description, reason)
            } else {
                result.statistics.append(row)
            }
        }
    }

    /// What was asked for and cannot be carried is named; what nobody asked for is not.
    mutating func reportUnwanted(
        _ id: ObjectID, _ kind: String, _ label: String, _ name: TableName
    ) {
        guard expression.takesWhole(schema: name.schema), let reason = verdict(id) else { return }
        report(kind, label, reason)
    }
}

extension PlainObject {
    /// How it is called in reports.
    var label: String { kind == .operator ? "\(name)\(arguments)" : "\(name)" }
}
