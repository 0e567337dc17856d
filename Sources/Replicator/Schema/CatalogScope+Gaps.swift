/// What is counted and not carried, by name, where it hangs on something that is carried.
extension CatalogScope {
    mutating func reportUnmodelled() {
        for row in contents.unmodelled {
            if let table = row.table {
                let name = TableName(schema: row.schema, name: table)
                guard expression.matches(name) else { continue }
                report(row.kind, "\(name).\(row.name)", "\(row.kind)s are not carried")
            } else if expression.takesWhole(schema: row.schema) {
                report(
                    row.kind, "\(row.schema).\(row.name)", "this kind of object is not carried")
            }
        }
    }

    /// - Parameter carried: everything that the snapshot has.
    mutating func reportGaps(carried: Set<ObjectID>) {
        struct Group: Hashable {
            var kind: String
            var schema: String
            var reason: String
        }
        var groups: [Group: Int] = [:]
        let known = Set(contents.gaps.compactMap(place))
        var named: Set<NotCarried> = []
        for gap in contents.gaps {
            if let object = gap.object, !carried.contains(object) { continue }
            if isSaidOfParent(gap, among: known) { continue }
            if let name = gap.name {
                let isWide = gap.object == nil
                let reason = isWide && gap.count > 1 ? "\(gap.reason) (\(gap.count))" : gap.reason
                named.insert(
                    .init(
                        kind: gap.kind, name: isWide ? name : "\(gap.schema).\(name)",
                        reason: reason))
            } else {
                let group = Group(kind: gap.kind, schema: gap.schema, reason: gap.reason)
                groups[group, default: 0] += gap.count
            }
        }
        for (group, count) in groups {
            let reason = count > 1 ? "\(group.reason) (\(count))" : group.reason
            report(group.kind, "\(group.schema).*", reason)
        }
        notCarried.formUnion(named)
    }

    /// A part of a table as its name within the table.
    private struct Place: Hashable {
        var table: UInt32
        var part: Substring
        var reason: String
    }

    private func place(_ gap: CatalogContents.Gap) -> Place? {
        guard let object = gap.object, object.catalog == .relation, let name = gap.name,
            let relation = relations[object.oid], name.hasPrefix(relation.name.name)
        else { return nil }
        return Place(
            table: object.oid, part: name.dropFirst(relation.name.name.count), reason: gap.reason)
    }

    /// Partitions mostly have what their table has; that is said once.
    private func isSaidOfParent(_ gap: CatalogContents.Gap, among known: Set<Place>) -> Bool {
        guard var place = place(gap), let relation = relations[place.table], relation.isPartition,
            let parent = relation.parent
        else { return false }
        place.table = parent
        return known.contains(place)
    }
}
