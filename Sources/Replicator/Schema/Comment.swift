extension SchemaSnapshot {
    /// A comment on an object or a column.
    package struct Comment: Codable, Sendable, Hashable {
        /// What it is on: a schema, relation, column, type, attribute, routine, constraint.
        package var object: ObjectID
        /// The text.
        package var text: String
        /// The name of the index of a constraint, which is in the catalog with the constraint.
        package var index: TableName?
        /// That constraint's oid.
        package var constraint: UInt32?
    }
}

extension CatalogSQL {
    /// The comments on everything but members of extensions: catalog, oid, column, text; and of an
    /// index that a constraint made, its schema, name and the constraint's oid.
    ///
    /// An attribute of a composite type is a column of the type. What initdb or an extension itself
    /// says is nobody's wish.
    var comments: String {
        let catalogs = ObjectCatalog.commented.filter { features.version >= $0.since }
        let word = catalogs.map { "WHEN \($0.regclass) THEN '\($0.word.rawValue)'" }
        return """
            SELECT CASE WHEN c.relkind = 'c' THEN 'type'
                        ELSE CASE o.classoid \(word.joined(separator: " ")) END END,
                   CASE WHEN c.relkind = 'c' THEN c.reltype ELSE o.objoid END, o.objsubid,
                   o.description, n.nspname::text, CASE WHEN k.oid IS NOT NULL THEN c.relname::text END,
                   k.oid
              FROM pg_catalog.pg_description o
              LEFT JOIN pg_catalog.pg_class c
                ON o.classoid = 'pg_catalog.pg_class'::regclass AND c.oid = o.objoid
              LEFT JOIN pg_catalog.pg_constraint k
                ON c.relkind IN ('i', 'I') AND k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
              LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND k.oid IS NOT NULL
             WHERE o.classoid IN (\(catalogs.map(\.regclass).joined(separator: ", ")))
               AND (o.objoid >= 16384 OR (o.classoid = 'pg_catalog.pg_namespace'::regclass
                    AND o.description NOT IN ('standard public schema', 'system catalog schema',
                                              'reserved schema for TOAST tables')))
               AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend m
                    WHERE m.classid = o.classoid AND m.objid = o.objoid AND m.deptype = 'e')
               AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_extension e
                     JOIN pg_catalog.pg_available_extensions v ON v.name = e.extname
                    WHERE o.classoid = 'pg_catalog.pg_extension'::regclass AND e.oid = o.objoid
                      AND v.comment = o.description)
             ORDER BY 1, 2, 3
            """
    }
}

extension ObjectCatalog {
    /// The catalogs whose objects have comments that are carried.
    static let commented =
        all + [
            ObjectCatalog(word: .schema, name: "pg_namespace"),
            ObjectCatalog(word: .extension, name: "pg_extension"),
        ]
}

extension CatalogReader {
    static func comment(_ row: CatalogRow) throws -> SchemaSnapshot.Comment {
        guard let catalog = SchemaSnapshot.ObjectID.Catalog(rawValue: try row.text(0)) else {
            throw SchemaError(.unexpected, "\(try row.text(0)) is no catalog")
        }
        var comment = SchemaSnapshot.Comment(
            object: .init(catalog: catalog, oid: try row.oid(1), column: try row.number(2)),
            text: try row.text(3))
        if row.optional(6) != nil {
            comment.index = try row.name(4)
            comment.constraint = try row.oid(6)
        }
        return comment
    }
}

extension CatalogScope {
    /// Keeps the comments on what is carried.
    func fillComments(_ result: inout SchemaSnapshot) {
        guard !contents.comments.isEmpty else { return }
        let places = ObjectAddresses(result)
        let constraints = Set(result.constraints.map(\.oid))
        for comment in contents.comments {
            let isCarried =
                comment.constraint.map(constraints.contains) ?? places.isKnown(comment.object)
            if isCarried { result.comments.append(comment) }
        }
    }
}
