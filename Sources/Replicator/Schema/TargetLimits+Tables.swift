/// What tables, their parts and sequences cannot have on a server of another version.
extension TargetLimits {
    mutating func limitColumns() {
        let multiranges = kept.multirangeNames
        for place in kept.tables.indices {
            for part in kept.tables[place].columns.indices {
                let table = kept.tables[place]
                let column = table.columns[part]
                if isOlder(than: 140_000), column.isMultirange(among: multiranges) {
                    refuse(column, of: table, "column", Self.noMultiranges)
                    continue
                }
                if column.isGenerated, !target.hasGenerated("s") {
                    refuse(column, of: table, "generated column", NotCarried.tooOld(120_000))
                    continue
                }
                kept.tables[place].columns[part] = limited(column, of: table)
            }
        }
    }

    static var noMultiranges: String { NotCarried.tooOld(140_000) + ", which has multiranges" }

    /// A column in the form that it can have.
    private mutating func limited(
        _ column: SchemaSnapshot.Column, of table: SchemaSnapshot.Table
    ) -> SchemaSnapshot.Column {
        var column = column
        let label = "\(table.name).\(column.name)"
        if column.isGenerated, !target.hasGenerated(column.generated) {
            column.generated = "s"
            report(
                "generated column", label, "it is stored there: " + NotCarried.tooOld(180_000))
        }
        if column.isIdentity, !target.hasIdentity {
            column.identity = ""
            column.identitySequence = nil
            report("identity", label, NotCarried.tooOld(100_000))
        }
        if isOlder(than: 150_000), let plain = Self.withoutScale(column.type) {
            report(
                "column type", label,
                "\(column.type) is \(plain) there: " + NotCarried.tooOld(150_000))
            column.type = plain
        }
        if !column.properties.compression.isEmpty, !target.hasCompression {
            column.properties.compression = ""
            report("compression", label, NotCarried.tooOld(140_000))
        }
        if column.identitySequence?.isUnlogged == true, !target.hasUnloggedSequences {
            column.identitySequence?.isUnlogged = false
            report(
                "sequence", "\(column.identitySequence?.name.description ?? label)",
                "it is logged there: " + NotCarried.tooOld(150_000))
        }
        if !target.namesNotNull, column.notNull, let constraint = column.properties.notNull {
            limit(constraint, &column, of: table)
        }
        return column
    }

    /// NOT NULL is a constraint with a name, and maybe for the table alone or not for old rows,
    /// since 18.
    private mutating func limit(
        _ constraint: SchemaSnapshot.NotNull, _ column: inout SchemaSnapshot.Column,
        of table: SchemaSnapshot.Table
    ) {
        let label = "\(table.name).\(constraint.name)"
        let tooOld = NotCarried.tooOld(180_000)
        let allows = { (child: SchemaSnapshot.Table) in
            child.properties.parents.contains(table.oid)
                && child.columns.contains { $0.name == column.name && !$0.notNull }
        }
        if !constraint.isValidated {
            column.notNull = false
            report("constraint", label, "old rows may break it, which it cannot say: " + tooOld)
        } else if constraint.noInherit, kept.tables.contains(where: allows) {
            column.notNull = false
            report("constraint", label, "it would hold for children: " + tooOld)
        } else if constraint.noInherit {
            report("constraint", label, "it holds for children to come there: " + tooOld)
        } else if hasComment(constraint)
            || !constraint.isInherited
                && !Self.isUsual(constraint.name, table.name.name, column.name)
        {
            report("constraint", label, "NOT NULL has no name there: " + tooOld)
        }
        column.properties.notNull = nil
    }

    /// Whether a comment is lost with it.
    func hasComment(_ constraint: SchemaSnapshot.NotNull) -> Bool {
        kept.comments.contains {
            $0.object == ObjectID(catalog: .constraint, oid: constraint.oid)
        }
    }

    /// Whether the server gives a constraint this name by itself; long ones are shortened.
    private static func isUsual(_ name: String, _ table: String, _ column: String) -> Bool {
        let usual = "\(table)_\(column)_not_null"
        return usual.utf8.count > 63 ? name.hasSuffix("_not_null") : name == usual
    }

    /// `numeric` where the scale is negative or greater than the precision (≥ 15); else nil.
    static func withoutScale(_ type: String) -> String? {
        guard type.hasPrefix("numeric("), let close = type.firstIndex(of: ")") else { return nil }
        let numbers = type[..<close].dropFirst("numeric(".count).split(separator: ",")
            .compactMap { Int($0) }
        guard numbers.count == 2, numbers[1] < 0 || numbers[1] > numbers[0] else { return nil }
        return "numeric" + type[type.index(after: close)...]
    }

    mutating func limitTables() {
        for place in kept.tables.indices {
            let table = kept.tables[place]
            let label = table.name.description
            let isPartitioned = table.partitionKey != nil
            if isPartitioned, table.properties.isUnlogged, !isOlder(than: 180_000) {
                kept.tables[place].properties.isUnlogged = false
                report("table", label, "partitioned tables are not UNLOGGED since PostgreSQL 18")
            }
            if isPartitioned, table.properties.accessMethod != nil, isOlder(than: 170_000) {
                kept.tables[place].properties.accessMethod = nil
                report("access method", label, NotCarried.tooOld(170_000))
            }
            for option in table.options {
                guard let needed = Self.since(option), isOlder(than: needed) else { continue }
                kept.tables[place].options.removeAll { $0 == option }
                report(
                    "table option", "\(label) (\(SchemaDiff.optionName(option)))",
                    NotCarried.tooOld(needed))
            }
        }
    }

    /// Storage parameters that are newer than 12.
    private static func since(_ option: String) -> Int? {
        if option.hasSuffix("vacuum_index_cleanup=auto") { return 140_000 }
        switch SchemaDiff.optionName(option).split(separator: ".").last ?? "" {
        case "autovacuum_vacuum_insert_threshold", "autovacuum_vacuum_insert_scale_factor":
            return 130_000
        case "autovacuum_vacuum_max_threshold", "vacuum_max_eager_freeze_failure_rate":
            return 180_000
        default: return nil
        }
    }

    mutating func limitConstraints() {
        let tables = Dictionary(
            kept.tables.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
        for place in kept.constraints.indices {
            let constraint = kept.constraints[place]
            guard let table = tables[constraint.table] else { continue }
            let label = "\(table.name).\(constraint.name)"
            let id = ObjectID(catalog: .constraint, oid: constraint.oid)
            let tooOld = NotCarried.tooOld(180_000)
            if isOlder(than: 150_000), let found = constraint.definition.place(of: .nullsAlike) {
                kept.constraints[place].definition.removeSubrange(found)
                report(
                    "constraint", label,
                    "it takes NULLs for distinct there: " + NotCarried.tooOld(150_000))
            }
            if isOlder(than: 180_000), let found = constraint.definition.place(of: .periods) {
                kept.constraints[place].definition.removeSubrange(found)
                report("constraint", label, "it is without WITHOUT OVERLAPS there: " + tooOld)
            }
            if isOlder(than: 180_000), constraint.definition.hasSuffix(" NOT ENFORCED") {
                refuse(id, "constraint", label, "it is not enforced: " + tooOld)
            }
            // 17 has them, and attaches no partition's to one.
            if isOlder(than: 180_000), constraint.kind == "x", table.partitionKey != nil {
                refuse(
                    id, "exclusion constraint", label,
                    "its partitions have theirs, each alone: " + tooOld)
            }
            if let key = constraint.foreignKey { limit(key, place, of: table, label) }
        }
    }

    private mutating func limit(
        _ key: SchemaSnapshot.ForeignKey, _ place: Int, of table: SchemaSnapshot.Table,
        _ label: String
    ) {
        let id = ObjectID(catalog: .constraint, oid: kept.constraints[place].oid)
        let tooOld = NotCarried.tooOld(180_000)
        if !target.namesNotNull {
            if key.hasPeriod {
                return refuse(id, "foreign key", label, "it has a PERIOD: " + tooOld)
            }
            if !key.isEnforced {
                return refuse(id, "foreign key", label, "it is not enforced: " + tooOld)
            }
            if !key.isValidated, table.partitionKey != nil {
                return refuse(
                    id, "foreign key", label, "a partitioned table's is NOT VALID: " + tooOld)
            }
        }
        guard !key.setColumns.isEmpty, !target.setsColumns else { return }
        // All columns are not set in place of some: without an action the key waits for the rows.
        kept.constraints[place].foreignKey?.setColumns = []
        kept.constraints[place].foreignKey?.onDelete = "a"
        kept.constraints[place].foreignKey?.isDeferrable = true
        kept.constraints[place].foreignKey?.isDeferred = true
        report(
            "foreign key", label,
            "it sets no columns ON DELETE there: " + NotCarried.tooOld(150_000))
    }

    mutating func limitIndexes() {
        for place in kept.indexes.indices {
            let index = kept.indexes[place]
            if isOlder(than: 150_000), let found = index.definition.place(of: .nullsAlike) {
                kept.indexes[place].definition.removeSubrange(found)
                report(
                    "index", index.name.description,
                    "it takes NULLs for distinct there: " + NotCarried.tooOld(150_000))
            }
            let isNewBrin = ["_minmax_multi_ops", "_bloom_ops"].contains {
                index.definition.contains($0)
            }
            if isOlder(than: 140_000), isNewBrin, index.definition.hasPrefix("USING brin ") {
                refuse(
                    ObjectID(catalog: .relation, oid: index.oid), "index",
                    index.name.description, NotCarried.tooOld(140_000))
            }
        }
    }

    mutating func limitSequences() {
        guard !target.hasUnloggedSequences else { return }
        for place in kept.sequences.indices where kept.sequences[place].isUnlogged {
            kept.sequences[place].isUnlogged = false
            report(
                "sequence", kept.sequences[place].name.description,
                "it is logged there: " + NotCarried.tooOld(150_000))
        }
    }
}

extension SchemaSnapshot {
    /// The types of more than one range, as a column's type names them.
    var multirangeNames: Set<String> {
        var names: Set = [
            "int4multirange", "int8multirange", "nummultirange", "tsmultirange",
            "tstzmultirange", "datemultirange",
        ]
        for name in objects.compactMap(\.multirange) {
            names.formUnion([SQLText.identifier(name.name), name.name, name.quoted])
        }
        return names
    }
}

extension SchemaSnapshot.Column {
    func isMultirange(among names: Set<String>) -> Bool {
        names.contains(type.hasSuffix("[]") ? String(type.dropLast(2)) : type)
    }
}
