package import PGWire

/// What waits between a position and now, a count for each relation.
package struct PendingEvents: Sendable, Hashable {
    /// The new events of one relation.
    package struct Relation: Sendable, Hashable {
        /// The oid that the events carry.
        package var oid: UInt32
        /// Its name now; nil where it was dropped.
        package var name: TableName?
        /// Whether it is the root of a partition tree.
        package var isPartitioned = false
        /// The planner's estimate of its rows; zero or less where it has none.
        package var estimatedRows = 0
        /// How many keys were recorded, repeated ones included.
        package var keys = 0
        /// Whether it was truncated.
        package var truncated = false
        /// Whether it has to be read whole: a part of it was truncated.
        package var replaced = false
    }

    /// The relations, by oid.
    package var relations: [UInt32: Relation] = [:]

    /// Nothing waits.
    package init() {}

    /// Takes the rows of `BatchSQL.pending`.
    package init(_ rows: [PGRow]) throws(PGError) {
        for row in rows {
            let oid = try row.decode(UInt32.self, 0)
            var relation = relations[oid] ?? Relation(oid: oid)
            let count = try row.decode(Int.self, 2)
            switch try row.decode(String.self, 1) {
            case "k": relation.keys += count
            case "t": relation.truncated = true
            // 'l', and whatever a newer version may have recorded: reading the whole relation is
            // right in every case.
            default: relation.replaced = true
            }
            if let schema = try row.decode(String?.self, 3),
                let name = try row.decode(String?.self, 4)
            {
                relation.name = TableName(schema: schema, name: name)
            }
            relation.isPartitioned = try row.decode(String?.self, 5) == "p"
            relation.estimatedRows = try row.decode(Int?.self, 6) ?? 0
            relations[oid] = relation
        }
    }

    /// The relations that a target takes.
    package func wanted(
        by expression: TargetExpression, ignoring ignored: Set<UInt32>
    ) -> [Relation] {
        relations.values.filter { relation in
            guard let name = relation.name, !ignored.contains(relation.oid) else { return false }
            return expression.matches(name)
        }
    }

    /// How many events a target takes, and how many it does not.
    package func counts(
        for expression: TargetExpression, ignoring ignored: Set<UInt32>
    ) -> (wanted: Int, others: Int) {
        func events(_ relations: some Sequence<Relation>) -> Int {
            relations.reduce(0) { $0 + $1.keys + ($1.truncated ? 1 : 0) + ($1.replaced ? 1 : 0) }
        }
        let wanted = events(self.wanted(by: expression, ignoring: ignored))
        return (wanted, events(relations.values) - wanted)
    }
}
