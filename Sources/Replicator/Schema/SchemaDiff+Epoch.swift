/// Another epoch: the source is another database, or the same one behind a major upgrade.
///
/// Oids say nothing then, so objects are matched by name alone, nothing is renamed, and nothing is
/// dropped: what the source does not have is named, and stays on the target as nobody's.
extension SchemaSnapshot {
    /// The objects that another snapshot has by name, and the rest by name.
    func keeping(namesOf other: SchemaSnapshot) -> (kept: SchemaSnapshot, rest: [NotCarried]) {
        var kept = self
        var rest: Set<NotCarried> = []
        func keep<Item, Name: Hashable>(
            _ list: WritableKeyPath<SchemaSnapshot, [Item]>, _ kind: String,
            _ label: (Item) -> String, _ name: (Item, SchemaSnapshot) -> Name?
        ) {
            let there = Set(other[keyPath: list].compactMap { name($0, other) })
            kept[keyPath: list].removeAll { item in
                guard let name = name(item, self) else { return true }
                guard !there.contains(name) else { return false }
                rest.insert(.init(kind: kind, name: label(item), reason: NotCarried.otherDatabase))
                return true
            }
        }
        struct Part: Hashable {
            var whole: TableName
            var name: String
        }
        let ofTable = { (table: UInt32, name: String, snapshot: SchemaSnapshot) in
            other.tables.contains { $0.name == snapshot.table(oid: table)?.name }
                ? snapshot.table(oid: table).map { Part(whole: $0.name, name: name) } : nil
        }
        keep(\.tables, "table", { $0.name.description }, { table, _ in table.name })
        keep(\.enums, "type", { $0.name.description }, { type, _ in type.name })
        keep(\.composites, "type", { $0.name.description }, { type, _ in type.name })
        keep(\.domains, "domain", { $0.name.description }, { type, _ in type.name })
        keep(\.sequences, "sequence", { $0.name.description }, { sequence, _ in sequence.name })
        keep(
            \.functions, "function", { "\($0.name)(\($0.arguments))" },
            { routine, _ in Part(whole: routine.name, name: routine.arguments) })
        keep(
            \.objects, "object", \.label,
            { object, _ in Part(whole: object.name, name: object.kind.words + object.arguments) })
        keep(\.indexes, "index", { $0.name.description }) { index, snapshot in
            ofTable(index.table, index.name.name, snapshot)
        }
        keep(\.statistics, "statistics", { $0.name.description }) { statistics, snapshot in
            ofTable(statistics.table, statistics.name.name, snapshot)
        }
        keep(\.constraints, "constraint", \.name) { constraint, snapshot in
            ofTable(constraint.table, constraint.name, snapshot)
        }
        rest.formUnion(kept.keepColumns(of: other))
        return (kept, rest.sorted())
    }

    /// Columns that the source's table does not have stay as well.
    private mutating func keepColumns(of other: SchemaSnapshot) -> Set<NotCarried> {
        var rest: Set<NotCarried> = []
        let tables = Dictionary(other.tables.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        for place in tables.isEmpty ? 0..<0 : self.tables.indices {
            let name = self.tables[place].name
            let there = Set((tables[name]?.columns ?? []).map(\.name))
            for column in self.tables[place].columns where !there.contains(column.name) {
                rest.insert(
                    .init(
                        kind: "column", name: "\(name).\(column.name)",
                        reason: NotCarried.otherDatabase))
            }
            self.tables[place].columns.removeAll { !there.contains($0.name) }
        }
        return rest
    }
}

extension NotCarried {
    /// Why something stays on the target that the source does not have.
    static let otherDatabase =
        "the source is another database now and does not have it; it stays on the target"
}
