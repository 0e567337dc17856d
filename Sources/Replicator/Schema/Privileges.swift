extension SchemaSnapshot {
    /// Who may do what with an object or a column, where that is not what everybody gets anyway.
    package struct Privileges: Codable, Sendable, Hashable {
        /// A privilege of a role.
        package struct Item: Codable, Sendable, Hashable, Comparable {
            /// The role's name; empty for PUBLIC.
            package var role: String
            /// As GRANT calls it: `SELECT`, `EXECUTE`.
            package var privilege: String
            /// WITH GRANT OPTION.
            package var isGrantable: Bool

            /// By role, privilege and option.
            package static func < (left: Item, right: Item) -> Bool {
                (left.role, left.privilege, left.isGrantable ? 1 : 0)
                    < (right.role, right.privilege, right.isGrantable ? 1 : 0)
            }
        }

        /// What they are on.
        package var object: ObjectID
        /// The privileges of everybody but the owner.
        package var items: [Item] = []
        /// Whether the owner has all of them himself.
        package var ownerHasAll = true
    }

    /// The objects of one owner.
    package struct Ownership: Codable, Sendable, Hashable {
        /// The role's name.
        package var role: String
        /// What belongs to it.
        package var objects: [ObjectID]
    }

    /// ALTER DEFAULT PRIVILEGES of one role, in one schema or everywhere, for one kind of object.
    package struct DefaultPrivileges: Codable, Sendable, Hashable {
        /// Whose new objects.
        package var role: String
        /// The schema; nil for all of them.
        package var schema: String?
        /// `TABLES`, `SEQUENCES`, `FUNCTIONS`, `TYPES` or `SCHEMAS`.
        package var kind: String
        /// The privileges of everybody but the role itself.
        package var items: [Privileges.Item] = []
    }
}

/// A catalog with owners, and maybe with privileges.
private struct OwnedCatalog {
    var catalog: ObjectCatalog
    var owner: String
    var acl: String?
    /// The letter of `acldefault`.
    var letter = "''"
    var condition = "true"
}

extension CatalogSQL {
    private var owned: [OwnedCatalog] {
        let table = ObjectCatalog(word: .relation, name: "pg_class")
        let all = [
            OwnedCatalog(
                catalog: table, owner: "relowner", acl: "relacl",
                letter: "CASE WHEN o.relkind = 'S' THEN 's' ELSE 'r' END",
                condition: "o.relkind NOT IN ('i', 'I', 't', 'c')"),
            OwnedCatalog(
                catalog: .init(word: .type, name: "pg_type"), owner: "typowner", acl: "typacl",
                letter: "'T'",
                condition: """
                    (o.typrelid = 0 OR EXISTS (SELECT 1 FROM pg_catalog.pg_class r
                        WHERE r.oid = o.typrelid AND r.relkind = 'c'))
                    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_type e WHERE e.typarray = o.oid)
                    """),
            OwnedCatalog(
                catalog: .init(word: .routine, name: "pg_proc"), owner: "proowner", acl: "proacl",
                letter: "'f'"),
            OwnedCatalog(
                catalog: .init(word: .schema, name: "pg_namespace"), owner: "nspowner",
                acl: "nspacl", letter: "'n'"),
            OwnedCatalog(
                catalog: .init(word: .collation, name: "pg_collation"), owner: "collowner"),
            OwnedCatalog(
                catalog: .init(word: .dictionary, name: "pg_ts_dict"), owner: "dictowner"),
            OwnedCatalog(
                catalog: .init(word: .configuration, name: "pg_ts_config"), owner: "cfgowner"),
            OwnedCatalog(catalog: .init(word: .operator, name: "pg_operator"), owner: "oprowner"),
            OwnedCatalog(
                catalog: .init(word: .conversion, name: "pg_conversion"), owner: "conowner"),
            OwnedCatalog(
                catalog: .init(word: .statistics, name: "pg_statistic_ext", since: 100_000),
                owner: "stxowner"),
        ]
        return all.filter { features.version >= $0.catalog.since }
    }

    private func inScope(_ owned: OwnedCatalog) -> String {
        let prefix = owned.owner.dropLast("owner".count)
        if owned.catalog.word == .schema { return "o.nspname = ANY (\(schemas))" }
        return """
            o.\(prefix)namespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n
                 WHERE n.nspname = ANY (\(schemas)))
            """
    }

    /// Who owns what: catalog, oid, role.
    var owners: String {
        owned.map { owned in
            """
            SELECT '\(owned.catalog.word.rawValue)'::text,
                   \(owned.catalog.word == .type ? "o.oid" : "o.oid"),
                   pg_get_userbyid(o.\(owned.owner))::text
              FROM pg_catalog.\(owned.catalog.name) o
             WHERE \(inScope(owned)) AND \(owned.condition)
               AND \(notMember(owned.catalog.name, "o.oid"))
            """
        }.joined(separator: "\nUNION ALL\n") + "\nORDER BY 3, 1, 2"
    }

    /// Catalog, oid, column, role (empty for PUBLIC), privilege, whether it may be passed on,
    /// whether that role is the owner, whether the owner has all.
    ///
    /// Every object with an access list has a row without a privilege, too.
    var privileges: String {
        // What a schema has had since initdb is nobody's wish.
        let initial =
            features.version >= 90_600
            ? """
            NOT EXISTS (SELECT 1 FROM pg_catalog.pg_init_privs q
                 WHERE q.classoid = 'pg_catalog.pg_namespace'::regclass AND q.objoid = o.oid
                   AND q.objsubid = 0 AND q.initprivs = o.nspacl)
            """ : "o.oid >= 16384"
        var lists = owned.compactMap { owned -> String? in
            guard let acl = owned.acl else { return nil }
            return """
                SELECT '\(owned.catalog.word.rawValue)'::text AS word, o.oid, 0 AS part,
                       o.\(owned.owner) AS owner, o.\(acl) AS acl,
                       acldefault((\(owned.letter))::"char", o.\(owned.owner)) AS standard
                  FROM pg_catalog.\(owned.catalog.name) o
                 WHERE \(inScope(owned)) AND o.\(acl) IS NOT NULL
                   AND \(owned.catalog.word == .schema ? initial : owned.condition)
                   AND \(notMember(owned.catalog.name, "o.oid"))
                """
        }
        lists.append(
            """
            SELECT 'relation'::text, c.oid, a.attnum::int, c.relowner, a.attacl, NULL::aclitem[]
              FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = ANY (\(schemas)) AND a.attacl IS NOT NULL AND NOT a.attisdropped
            """)
        let all = lists.joined(separator: "\nUNION ALL\n")
        let ofOwner = { (list: String) in
            "(SELECT count(*) FROM aclexplode(\(list)) d WHERE d.grantee = x.owner)"
        }
        return """
            WITH x AS (\(all))
            SELECT y.word, y.oid, y.part,
                   CASE WHEN (y.e).grantee = 0 THEN '' ELSE pg_get_userbyid((y.e).grantee)::text END,
                   (y.e).privilege_type::text, (y.e).is_grantable, (y.e).grantee = y.owner, NULL::bool
              FROM (SELECT x.word, x.oid, x.part, x.owner, aclexplode(x.acl) AS e FROM x) y
            UNION ALL
            SELECT x.word, x.oid, x.part, '', NULL, false, false,
                   x.standard IS NULL OR \(ofOwner("x.acl")) >= \(ofOwner("x.standard"))
              FROM x
             ORDER BY 1, 2, 3, 4, 5, 6
            """
    }

    /// ALTER DEFAULT PRIVILEGES: role, schema, letter of the kind, grantee, privilege, option.
    var defaultPrivileges: String {
        """
        SELECT y.role, y.schema, y.letter,
               CASE WHEN (y.e).grantee = 0 THEN '' ELSE pg_get_userbyid((y.e).grantee)::text END,
               (y.e).privilege_type::text, (y.e).is_grantable, (y.e).grantee = y.owner
          FROM (SELECT pg_get_userbyid(o.defaclrole)::text AS role, n.nspname::text AS schema,
                       o.defaclobjtype::text AS letter, o.defaclrole AS owner,
                       aclexplode(o.defaclacl) AS e
                  FROM pg_catalog.pg_default_acl o
                  JOIN pg_catalog.pg_namespace n ON n.oid = o.defaclnamespace
                 WHERE n.nspname = ANY (\(schemas))) y
         ORDER BY 1, 2, 3, 4, 5
        """
    }
}

extension CatalogReader {
    static func fillPrivileges(
        _ contents: inout CatalogContents, from source: some CatalogSource, _ sql: CatalogSQL
    ) async throws {
        for row in try await source.rows(sql.owners) {
            let (id, role) = (try object(row, 0), try row.text(2))
            if contents.owners.last?.role == role {
                contents.owners[contents.owners.count - 1].objects.append(id)
            } else {
                contents.owners.append(.init(role: role, objects: [id]))
            }
        }
        var places: [SchemaSnapshot.ObjectID: Int] = [:]
        for row in try await source.rows(sql.privileges) {
            var id = try object(row, 0)
            id.column = try row.number(2)
            let place = places[id] ?? contents.privileges.count
            if place == contents.privileges.count {
                places[id] = place
                contents.privileges.append(.init(object: id))
            }
            if let privilege = row.optional(4) {
                guard try !row.flag(6) else { continue }
                contents.privileges[place].items.append(
                    .init(role: try row.text(3), privilege: privilege, isGrantable: try row.flag(5))
                )
            } else {
                contents.privileges[place].ownerHasAll = try row.flag(7)
            }
        }
        for row in try await source.rows(sql.defaultPrivileges) {
            let kinds = ["r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES"]
            let letter = try row.text(2)
            let head = SchemaSnapshot.DefaultPrivileges(
                role: try row.text(0), schema: try row.text(1), kind: kinds[letter] ?? letter)
            if contents.defaultPrivileges.last.map({
                ($0.role, $0.schema, $0.kind) == (head.role, head.schema, head.kind)
            }) != true {
                contents.defaultPrivileges.append(head)
            }
            guard try !row.flag(6) else { continue }
            contents.defaultPrivileges[contents.defaultPrivileges.count - 1].items.append(
                .init(
                    role: try row.text(3), privilege: try row.text(4), isGrantable: try row.flag(5))
            )
        }
    }

    private static func object(_ row: CatalogRow, _ place: Int) throws -> SchemaSnapshot.ObjectID {
        guard let catalog = SchemaSnapshot.ObjectID.Catalog(rawValue: try row.text(place)) else {
            throw SchemaError(.unexpected, "\(try row.text(place)) is no catalog")
        }
        return .init(catalog: catalog, oid: try row.oid(place + 1))
    }
}

extension CatalogScope {
    /// Keeps owners and privileges of what is carried.
    func fillPrivileges(_ result: inout SchemaSnapshot) {
        let places = ObjectAddresses(result)
        result.privileges = contents.privileges.filter { places.isKnown($0.object) }
        result.owners = contents.owners.compactMap { row in
            let objects = row.objects.filter(places.isKnown)
            return objects.isEmpty ? nil : .init(role: row.role, objects: objects)
        }
        result.defaultPrivileges = contents.defaultPrivileges.filter { row in
            row.schema.map(expression.takesWhole) ?? false
        }
    }
}
