/// Rows of `CatalogSQL`'s queries as typed values.
extension CatalogReader {
    static func relation(_ row: CatalogRow) throws(SchemaError) -> CatalogContents.Relation {
        .init(
            oid: try row.oid(0), name: try row.name(1), kind: try row.text(3),
            persistence: try row.text(4), storage: try row.oid(5), isPartition: try row.flag(6),
            parent: row.optional(7) == nil ? nil : try row.oid(7), bound: row.optional(8),
            partitionKey: row.optional(9), options: try row.list(10),
            hasRowSecurity: try row.flag(11), isTyped: try row.flag(12),
            keyColumns: try row.list(13), keyIndex: row.optional(14),
            captureID: try row.text(15), shape: try row.text(16),
            parents: try row.oids(17), properties: try tableProperties(row, from: 18))
    }

    private static func tableProperties(
        _ row: CatalogRow, from first: Int
    ) throws(SchemaError) -> SchemaSnapshot.TableProperties {
        .init(
            isUnlogged: try row.text(4) == "u", crashID: try row.text(first),
            type: row.optional(first + 1), accessMethod: row.optional(first + 2),
            replicaIdentity: try row.text(first + 3), replicaIndex: row.optional(first + 4),
            clusterIndex: row.optional(first + 5))
    }

    static func column(_ row: CatalogRow) throws(SchemaError) -> SchemaSnapshot.Column {
        .init(
            attnum: try row.number(1), name: try row.text(2), type: try row.text(3),
            typeOID: try row.oid(4), collation: row.optional(5), notNull: try row.flag(6),
            expression: row.optional(7), missingValue: row.optional(8), identity: try row.text(9),
            generated: try row.text(10),
            properties: .init(
                isLocal: try row.flag(11), isInherited: try row.flag(12),
                storage: try row.text(13), hasOwnStorage: try row.flag(14),
                compression: try row.text(15),
                statistics: row.optional(16) == nil ? nil : try row.number(16),
                options: try row.list(17)))
    }

    static func type(_ row: CatalogRow) throws(SchemaError) -> CatalogContents.TypeRow {
        .init(
            oid: try row.oid(0), name: try row.name(1), letter: try row.text(3),
            relation: try row.oid(4), base: row.optional(5), expression: row.optional(6),
            notNull: try row.flag(7), collation: row.optional(8))
    }

    static func constraint(_ row: CatalogRow) throws(SchemaError) -> CatalogContents.ConstraintRow {
        .init(
            oid: try row.oid(0), name: try row.text(1), table: try row.oid(2),
            domain: try row.oid(3), letter: try row.text(4), definition: row.optional(5),
            isFromParent: try row.flag(6), isEnforced: try row.flag(7),
            index: try row.oid(8), parent: try row.oid(9) == 0 ? nil : try row.oid(9),
            isLocal: try row.flag(10), columns: try row.list(11), noInherit: try row.flag(12),
            isValidated: try row.flag(13), foreignKey: try foreignKey(row),
            referencedName: row.optional(24) == nil ? nil : try row.name(24),
            options: try row.list(23),
            parentIndex: row.optional(26) == nil ? nil : try row.oid(26))
    }

    private static func foreignKey(_ row: CatalogRow) throws(SchemaError)
        -> SchemaSnapshot.ForeignKey?
    {
        guard try row.text(4) == "f" else { return nil }
        return .init(
            columns: try row.list(11), referenced: try row.oid(16),
            referencedColumns: try row.list(17), match: try row.text(18),
            onUpdate: try row.text(19), onDelete: try row.text(20), setColumns: try row.list(21),
            isDeferrable: try row.flag(14), isDeferred: try row.flag(15),
            isValidated: try row.flag(13), isEnforced: try row.flag(7),
            hasPeriod: try row.flag(22))
    }

    /// Cuts `CREATE INDEX name ON [ONLY] schema.table` off, which names objects with the schema.
    static func index(_ row: CatalogRow) throws(SchemaError) -> CatalogContents.IndexRow {
        var rest = try row.text(6)[...]
        for (place, isOptional) in [(7, false), (-1, true), (8, true), (9, false)] {
            let part = place < 0 ? "ONLY " : try row.text(place)
            if rest.hasPrefix(part) {
                rest = rest.dropFirst(part.count)
            } else if !isOptional {
                // The definition is newer than the names: renamed in this moment.
                throw SchemaError(.moved, "an index was renamed while the catalog was read")
            }
        }
        return .init(
            index: .init(
                oid: try row.oid(0), name: try row.name(1), table: try row.oid(3),
                isUnique: try row.flag(4), definition: String(rest),
                properties: .init(options: try row.list(10), statistics: try row.list(11)),
                isPartitioned: try row.flag(12),
                parent: row.optional(13) == nil ? nil : try row.oid(13)),
            isValid: try row.flag(5))
    }

    /// Cuts `CREATE OR REPLACE FUNCTION schema.name` off.
    static func routine(_ row: CatalogRow) throws(SchemaError) -> CatalogContents.RoutineRow {
        let letter = try row.text(3)
        let kind = letter == "p" ? "PROCEDURE" : letter == "a" ? "AGGREGATE" : "FUNCTION"
        var definition = ""
        if let whole = row.optional(7) {
            let prefix = "CREATE OR REPLACE \(kind) \(try row.text(8))"
            guard whole.hasPrefix(prefix) else {
                throw SchemaError(.moved, "a function was renamed while the catalog was read")
            }
            definition = String(whole.dropFirst(prefix.count))
            while definition.hasSuffix("\n") { definition.removeLast() }
        }
        // An aggregate without arguments is called with a star.
        var arguments = row.optional(4) ?? ""
        if letter == "a", arguments.isEmpty { arguments = "*" }
        return .init(
            routine: .init(
                oid: try row.oid(0), name: try row.name(1), kind: kind, arguments: arguments,
                result: row.optional(5) ?? "",
                definition: definition),
            letter: letter, language: try row.text(6))
    }

    /// `options` holds the options from `first` on; a server without a catalog of sequences
    /// answers them separately.
    static func sequence(
        _ row: CatalogRow, options: CatalogRow, at first: Int
    ) throws(SchemaError) -> CatalogContents.SequenceRow {
        var owner: SchemaSnapshot.ObjectID?
        if row.optional(3) != nil {
            owner = .init(catalog: .relation, oid: try row.oid(3), column: try row.number(4))
        }
        return .init(
            sequence: .init(
                oid: try row.oid(0), name: try row.name(1), type: try options.text(first),
                start: try options.number(first + 1), increment: try options.number(first + 2),
                minimum: try options.number(first + 3), maximum: try options.number(first + 4),
                cache: try options.number(first + 5), cycles: try options.flag(first + 6),
                owner: owner, isUnlogged: try row.text(6) == "u"),
            ownership: row.optional(5), persistence: try row.text(6))
    }

    static func gap(_ row: CatalogRow) throws(SchemaError) -> CatalogContents.Gap {
        let word = try row.text(1)
        var object: SchemaSnapshot.ObjectID?
        if word != "database" {
            guard let catalog = SchemaSnapshot.ObjectID.Catalog(rawValue: word) else {
                throw SchemaError(.unexpected, "\(word) is no catalog")
            }
            object = .init(catalog: catalog, oid: try row.oid(2))
        }
        return .init(
            kind: try row.text(0), object: object, schema: try row.text(3), name: row.optional(4),
            count: try row.number(5), reason: try row.text(6))
    }

    static func dependency(_ row: CatalogRow) throws(SchemaError) -> CatalogContents.DependencyRow?
    {
        guard let catalog = SchemaSnapshot.ObjectID.Catalog(rawValue: try row.text(0)) else {
            return nil
        }
        var referenced: SchemaSnapshot.ObjectID?
        if let target = SchemaSnapshot.ObjectID.Catalog(rawValue: try row.text(3)) {
            referenced = .init(catalog: target, oid: try row.oid(4), column: try row.number(5))
        }
        let dependent = SchemaSnapshot.ObjectID(
            catalog: catalog, oid: try row.oid(1), column: try row.number(2))
        if dependent.oid == referenced?.oid, dependent.catalog == referenced?.catalog {
            // Within one object only a generated column needs another one.
            let columns = (dependent.column, referenced?.column ?? 0)
            guard columns.0 > 0, columns.1 > 0, columns.0 != columns.1 else { return nil }
        }
        return .init(
            dependent: dependent, referenced: referenced, description: row.optional(6))
    }
}
