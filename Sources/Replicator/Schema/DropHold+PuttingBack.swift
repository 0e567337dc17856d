/// Putting held objects back into the current catalog.
extension DropHold {
    mutating func putBack(_ object: HeldDrop) {
        var object = object
        switch (object.id.catalog, object.kind) {
        case (.relation, "table"): putBackTable(&object)
        case (.relation, "column"): putBackColumn(&object)
        case (.relation, "view"), (.relation, "materialized view"): putBackView(&object)
        case (.relation, _): putBackSequence(&object)
        case (.type, _): putBackType(object)
        case (.routine, _):
            current.functions += applied.functions.filter { $0.oid == object.id.oid }
        default: current.objects += applied.objects.filter { $0.id == object.id }
        }
        addSchema(of: object)
        held.append(object)
    }

    private mutating func putBackTable(_ object: inout HeldDrop) {
        guard let place = applied.tables.firstIndex(where: { $0.oid == object.id.oid }) else {
            return
        }
        if case .partition(let parent, _) = applied.tables[place].kind,
            let root = applied.table(oid: parent)
        {
            detachments.append(
                SchemaStatement(
                    summary: "detach partition \(applied.tables[place].name)",
                    sql: "ALTER TABLE \(text.name(root.name)) DETACH PARTITION "
                        + text.name(applied.tables[place].name), effect: .detach))
            applied.tables[place].kind = .ordinary
        }
        let tree = [applied.tables[place]] + partitions(below: object.id.oid)
        for table in tree { putBack(table: table) }
        object.name = (current.table(oid: object.id.oid)?.name ?? tree[0].name).description
    }

    private func partitions(below oid: UInt32) -> [Table] {
        applied.tables.filter { table in
            guard case .partition(let parent, _) = table.kind else { return false }
            return parent == oid
        }.flatMap { [$0] + partitions(below: $0.oid) }
    }

    private mutating func putBack(table old: Table) {
        var table = old
        table.name = free(old.name, old.oid)
        table.captureID = ""
        table.shape = ""
        for place in table.columns.indices {
            guard let sequence = table.columns[place].identitySequence else { continue }
            table.columns[place].identitySequence?.name = free(sequence.name, sequence.oid)
        }
        for sequence in applied.sequences where sequence.owner?.oid == old.oid {
            guard !current.sequences.contains(where: { $0.oid == sequence.oid }) else { continue }
            var kept = sequence
            kept.name = free(sequence.name, sequence.oid)
            current.sequences.append(kept)
        }
        for constraint in applied.constraints
        where constraint.table == old.oid && constraint.kind != "f" {
            var kept = constraint
            if ["p", "u", "x"].contains(constraint.kind) {
                kept.name =
                    free(
                        TableName(schema: old.name.schema, name: constraint.name), constraint.oid
                    ).name
            }
            if table.keyIndex == constraint.name { table.keyIndex = kept.name }
            current.constraints.append(kept)
        }
        for index in applied.indexes where index.table == old.oid {
            var kept = index
            kept.name = free(index.name, index.oid)
            if table.keyIndex == index.name.name { table.keyIndex = kept.name.name }
            current.indexes.append(kept)
        }
        current.tables.append(table)
    }

    private mutating func putBackColumn(_ object: inout HeldDrop) {
        guard let old = applied.tables.firstIndex(where: { $0.oid == object.id.oid }),
            let column = applied.tables[old].columns.firstIndex(where: {
                $0.attnum == object.id.column
            }),
            let new = current.tables.firstIndex(where: {
                isMatched($0, applied.tables[old])
            })
        else { return }
        var kept = applied.tables[old].columns[column]
        if !isMarkedHeld(kept) {
            // A number that no column of the source has, in this database or the next.
            kept.attnum = Self.firstHeld + kept.attnum
            while current.tables[new].columns.contains(where: { $0.attnum == kept.attnum })
                || applied.tables[old].columns.contains(where: { $0.attnum == kept.attnum })
            { kept.attnum += 1 }
            moveColumn(object.id, to: kept.attnum)
            applied.tables[old].columns[column].attnum = kept.attnum
        }
        kept.isHeld = true
        // Rows arrive without it from now on; an identity makes its own values.
        if !kept.isIdentity { kept.notNull = false }
        if current.tables[new].columns.contains(where: { $0.name == kept.name }) {
            kept.name = DropHold.aside(kept.name, "_held_\(kept.attnum - Self.firstHeld)")
        }
        current.tables[new].columns.append(kept)
        object.id = ObjectID(
            catalog: .relation, oid: current.tables[new].oid, column: kept.attnum)
        object.name = "\(current.tables[new].name).\(kept.name)"
        for sequence in applied.sequences
        where sequence.owner?.oid == applied.tables[old].oid
            && sequence.owner?.column == kept.attnum
            && !current.sequences.contains(where: { $0.oid == sequence.oid })
        {
            var kept = sequence
            kept.owner?.oid = current.tables[new].oid
            kept.name = free(sequence.name, sequence.oid)
            current.sequences.append(kept)
        }
    }

    /// Columns of tables have numbers up to 1600.
    private static var firstHeld: Int { 10_000 }

    private func isMarkedHeld(_ column: SchemaSnapshot.Column) -> Bool { column.isHeld == true }

    private func isMatched(_ new: Table, _ old: Table) -> Bool {
        isSameEpoch ? new.oid == old.oid : new.name == old.name
    }

    /// Gives a column of the applied catalog another number wherever it is named.
    private mutating func moveColumn(_ id: ObjectID, to number: Int) {
        for place in applied.sequences.indices where applied.sequences[place].owner == id {
            applied.sequences[place].owner?.column = number
        }
        for place in applied.dependencies.indices {
            if applied.dependencies[place].dependent == id {
                applied.dependencies[place].dependent.column = number
            }
            if applied.dependencies[place].referenced == id {
                applied.dependencies[place].referenced.column = number
            }
        }
    }

    private mutating func putBackSequence(_ object: inout HeldDrop) {
        for sequence in applied.sequences where sequence.oid == object.id.oid {
            var kept = sequence
            kept.name = free(sequence.name, sequence.oid)
            object.name = kept.name.description
            current.sequences.append(kept)
        }
    }

    private mutating func putBackView(_ object: inout HeldDrop) {
        for view in applied.views where view.oid == object.id.oid {
            var kept = view
            kept.name = free(view.name, view.oid)
            object.name = kept.name.description
            current.views.append(kept)
            for index in applied.indexes where index.table == view.oid {
                var kept = index
                kept.name = free(index.name, index.oid)
                current.indexes.append(kept)
            }
        }
    }

    private mutating func putBackType(_ object: HeldDrop) {
        let oid = object.id.oid
        current.enums += applied.enums.filter { $0.oid == oid }
        current.composites += applied.composites.filter { $0.oid == oid }
        current.domains += applied.domains.filter { $0.oid == oid }
        current.objects += applied.objects.filter { $0.id == object.id }
    }

    /// A schema that the source dropped as well.
    private mutating func addSchema(of object: HeldDrop) {
        for schema in applied.schemas
        where !current.schemas.contains(where: { $0.name == schema.name })
            && object.name.hasPrefix(schema.name + ".")
        {
            current.schemas.append(schema)
        }
    }

    /// What held objects need, and what of them needs what.
    mutating func addDependencies() {
        guard !held.isEmpty else { return }
        let known = Set(current.dependencies)
        let ids = held.map(\.id)
        current.dependencies += applied.dependencies.filter { row in
            !known.contains(row)
                && ids.contains { covers($0, row.dependent) || covers($0, row.referenced) }
        }
    }
}
