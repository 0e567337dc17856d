/// Comments: set where they changed, and again where their object is made anew.
extension SchemaDiff {
    mutating func diffComments() {
        guard !applied.comments.isEmpty || !current.comments.isEmpty else { return }
        let before = ObjectAddresses(applied)
        let now = ObjectAddresses(current)
        var known: [String: String] = [:]
        for comment in applied.comments {
            // Within an epoch the object may have another name by now.
            let address =
                comment.index.map(indexAddress)
                ?? ((isSameEpoch ? now[comment.object] : nil) ?? before[comment.object])
                .map(text.address)
            if let address { known[address] = comment.text }
        }
        var wanted: Set<String> = []
        for comment in current.comments {
            let found = comment.index.map(indexAddress) ?? now[comment.object].map(text.address)
            guard let address = found, wanted.insert(address).inserted else { continue }
            let object = comment.constraint.map { ObjectID(catalog: .constraint, oid: $0) }
            if known[address] != comment.text || isMade(object ?? comment.object) {
                set(comment.text, on: address, comment.object.catalog)
            }
        }
        dropComments(Set(known.keys).subtracting(wanted), now)
    }

    private func indexAddress(_ name: TableName) -> String { "INDEX \(text.name(name))" }

    private mutating func dropComments(_ gone: Set<String>, _ now: ObjectAddresses) {
        guard !gone.isEmpty else { return }
        let indexes = current.constraints.compactMap { constraint in
            current.table(oid: constraint.table).map {
                indexAddress(TableName(schema: $0.name.schema, name: constraint.name))
            }
        }
        let there = Set(now.all.map(text.address)).union(indexes)
        for address in gone.intersection(there).sorted() {
            set(nil, on: address, address.hasPrefix("SCHEMA ") ? .schema : .relation)
        }
    }

    /// Schemas and extensions of the target may belong to somebody else.
    private mutating func set(
        _ comment: String?, on address: String, _ catalog: ObjectID.Catalog
    ) {
        var sql = "COMMENT ON \(address) IS \(comment.map(SQLText.literal) ?? "NULL")"
        switch catalog {
        case .schema: sql = text.ifOwner("pg_namespace", "nsp", "SCHEMA", address, sql)
        case .extension: sql = text.ifOwner("pg_extension", "ext", "EXTENSION", address, sql)
        default: break
        }
        afterwards(
            "comment on \(address)", sql,
            effect: address.hasPrefix("TABLE ") || address.hasPrefix("COLUMN ")
                ? .options : .annotate)
    }
}

extension DDLText {
    /// Runs a statement where the role owns what `SCHEMA name` or `EXTENSION name` says, else warns.
    func ifOwner(
        _ catalog: String, _ prefix: String, _ word: String, _ address: String, _ sql: String
    ) -> String {
        let body = """
            BEGIN IF EXISTS (SELECT 1 FROM pg_catalog.\(catalog) o \
            WHERE \(SQLText.literal(address)) = \
            '\(word) "' || pg_catalog.replace(o.\(prefix)name::text, '"', '""') || '"' \
            AND pg_catalog.pg_has_role(o.\(prefix)owner, 'USAGE')) THEN \(sql); \
            ELSE RAISE WARNING USING MESSAGE = \(SQLText.literal("not the owner: \(sql)")); \
            END IF; END
            """
        return "DO \(SQLText.literal(body))"
    }
}
