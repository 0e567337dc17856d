/// Privileges and owners, where the operator wants them.
///
/// The source's owner of an object is the role that applies on the target, unless owners follow as
/// well. A role that the target lacks costs nothing but its own privileges: the plan leaves them out
/// where it knows the target's roles, and the statement looks again.
extension SchemaDiff {
    typealias Privileges = SchemaSnapshot.Privileges

    mutating func diffAccess() {
        if options.owners { diffOwners() } else { result.owners = [] }
        if options.grants {
            diffPrivileges()
            diffDefaultPrivileges()
        } else {
            result.privileges = []
            result.defaultPrivileges = []
            reportPrivileges()
        }
    }

    // MARK: Where they do not follow

    private mutating func reportPrivileges() {
        let places = ObjectAddresses(current)
        let reason = NotCarried.grantsAreOff
        var counts: [NotCarried: Int] = [:]
        for row in current.privileges {
            guard let address = places[row.object] else { continue }
            let line = NotCarried(
                kind: "privileges on \(Self.plural(address.words))",
                name: "\(address.name.schema).*", reason: reason)
            counts[line, default: 0] += 1
        }
        for row in current.defaultPrivileges {
            let line = NotCarried(
                kind: "default privileges", name: "\(row.schema ?? "*")", reason: reason)
            counts[line, default: 0] += 1
        }
        for (line, count) in counts {
            report(line.kind, line.name, count > 1 ? "\(line.reason) (\(count))" : line.reason)
        }
    }

    private static func plural(_ words: String) -> String {
        switch words {
        case "PROCEDURE", "AGGREGATE", "FUNCTION": "functions"
        case "DOMAIN": "types"
        case "INDEX": "indexes"
        default: words.lowercased() + "s"
        }
    }

    // MARK: Privileges

    /// What everybody may do with a new object.
    private func standard(_ catalog: ObjectID.Catalog) -> Set<Privileges.Item> {
        switch catalog {
        case .routine: [.init(role: "", privilege: "EXECUTE", isGrantable: false)]
        case .type: [.init(role: "", privilege: "USAGE", isGrantable: false)]
        default: []
        }
    }

    private mutating func diffPrivileges() {
        let (before, now) = (ObjectAddresses(applied), ObjectAddresses(current))
        var known: [String: Privileges] = [:]
        for row in applied.privileges {
            let address = (isSameEpoch ? now[row.object] : nil) ?? before[row.object]
            if let address { known[text.address(address)] = row }
        }
        var kept: [Privileges] = []
        for row in current.privileges {
            guard let address = now[row.object] else { continue }
            let old = known.removeValue(forKey: text.address(address))
            var wanted = Set(row.items)
            wanted = wanted.filter { isPossible($0, on: address) }
            if !row.ownerHasAll {
                report(
                    "privileges of owners", text.mapping.target(address.name).description,
                    "its owner keeps all privileges on the target, since it is who applies")
            }
            let there =
                isMade(row.object)
                ? standard(row.object.catalog).union(granted(on: address))
                : old.map { Set($0.items) } ?? standard(row.object.catalog)
            change(from: there, to: wanted, on: address)
            var carried = row
            carried.items = wanted.sorted()
            kept.append(carried)
        }
        // Those that have the standard privileges now.
        for (_, row) in known.sorted(by: { $0.key < $1.key }) {
            guard let address = now[row.object] ?? before[row.object], isSameEpoch,
                now[row.object] != nil, !isMade(row.object)
            else { continue }
            change(from: Set(row.items), to: standard(row.object.catalog), on: address)
        }
        revokeDefaults(now)
        result.privileges = kept
    }

    /// Takes back from new objects what default privileges of the target would give away.
    private mutating func revokeDefaults(_ now: ObjectAddresses) {
        guard !current.defaultPrivileges.isEmpty else { return }
        let listed = Set(current.privileges.map(\.object))
        for object in Set(made.keys).subtracting(listed).sorted(by: { $0.oid < $1.oid })
        where object.column == 0 {
            guard let address = now[object] else { continue }
            change(from: granted(on: address), to: [], on: address)
        }
    }

    /// What the default privileges that the target has already give on a new object.
    private func granted(on address: ObjectAddresses.Address) -> Set<Privileges.Item> {
        let kind: String
        switch address.words {
        case "TABLE", "VIEW", "MATERIALIZED VIEW": kind = "TABLES"
        case "SEQUENCE": kind = "SEQUENCES"
        case "FUNCTION", "PROCEDURE", "AGGREGATE": kind = "FUNCTIONS"
        case "TYPE", "DOMAIN": kind = "TYPES"
        default: return []
        }
        let rows = applied.defaultPrivileges.filter {
            $0.kind == kind && $0.schema == address.name.schema
        }
        return Set(rows.flatMap(\.items))
    }

    /// Whether the target can grant it; what it cannot is reported.
    private mutating func isPossible(
        _ item: Privileges.Item, on address: ObjectAddresses.Address
    ) -> Bool {
        isKnown(item, text.mapping.target(address.name).description) && isRole(item.role)
    }

    private mutating func isKnown(_ item: Privileges.Item, _ name: String) -> Bool {
        guard item.privilege == "MAINTAIN", text.target.version < 170_000 else { return true }
        report("privilege", name, "the target's PostgreSQL does not have MAINTAIN")
        return false
    }

    private mutating func isRole(_ role: String) -> Bool {
        guard !role.isEmpty, let roles = abilities.roles, !roles.contains(role) else {
            return true
        }
        report(
            "role", role, "the target does not have it, nor therefore its privileges and objects")
        return false
    }

    private mutating func change(
        from old: Set<Privileges.Item>, to new: Set<Privileges.Item>,
        on address: ObjectAddresses.Address
    ) {
        guard let place = text.grantPlace(address) else { return }
        struct Way: Hashable {
            var role: String
            var isGrantable: Bool
        }
        let key = { (item: Privileges.Item) in item.role + "\u{0}" + item.privilege }
        let kept = Dictionary(new.map { (key($0), $0) }, uniquingKeysWith: { $1 })
        var revoked: [String: [String]] = [:]
        var weakened: [String: [String]] = [:]
        for item in old.subtracting(new).sorted() {
            guard let now = kept[key(item)] else {
                revoked[item.role, default: []].append(item.privilege)
                continue
            }
            if !now.isGrantable { weakened[item.role, default: []].append(item.privilege) }
        }
        var granted: [Way: [String]] = [:]
        for item in new.subtracting(old).sorted() {
            let isThere = old.contains { key($0) == key(item) }
            if isThere, !item.isGrantable { continue }
            granted[Way(role: item.role, isGrantable: item.isGrantable), default: []].append(
                item.privilege)
        }
        for (role, list) in revoked.sorted(by: { $0.key < $1.key }) {
            access("REVOKE \(text.privileges(list, place)) FROM", role, "", place)
        }
        for (role, list) in weakened.sorted(by: { $0.key < $1.key }) {
            access("REVOKE GRANT OPTION FOR \(text.privileges(list, place)) FROM", role, "", place)
        }
        for (way, list) in granted.sorted(by: {
            ($0.key.role, $0.value[0]) < ($1.key.role, $1.value[0])
        }) {
            access(
                "GRANT \(text.privileges(list, place)) TO", way.role,
                way.isGrantable ? " WITH GRANT OPTION" : "", place)
        }
    }

    private mutating func access(
        _ head: String, _ role: String, _ tail: String, _ place: DDLText.GrantPlace
    ) {
        var sql = head + " " + (role.isEmpty ? "PUBLIC" : text.quoted(role)) + tail
        sql = text.ifRole(role, sql)
        if place.object.hasPrefix("SCHEMA ") {
            sql = text.ifOwner("pg_namespace", "nsp", "SCHEMA", place.object, sql)
        }
        afterwards("\(head) \(role.isEmpty ? "PUBLIC" : role)", sql, effect: .annotate)
    }

    // MARK: Default privileges

    private mutating func diffDefaultPrivileges() {
        struct Key: Hashable {
            var role: String
            var schema: String?
            var kind: String
        }
        let mapping = text.mapping
        let key = { (row: SchemaSnapshot.DefaultPrivileges) in
            Key(role: row.role, schema: row.schema.map(mapping.target), kind: row.kind)
        }
        var known = Dictionary(
            applied.defaultPrivileges.map { (key($0), Set($0.items)) }, uniquingKeysWith: { $1 })
        var kept: [SchemaSnapshot.DefaultPrivileges] = []
        for row in current.defaultPrivileges {
            let old = known.removeValue(forKey: key(row)) ?? []
            guard isRole(row.role) else { continue }
            var carried = row
            let label = "default privileges in \(row.schema ?? "*")"
            carried.items = row.items.filter { isKnown($0, label) && isRole($0.role) }
            changeDefaults(row, from: old, to: Set(carried.items))
            kept.append(carried)
        }
        for (key, items) in known.sorted(by: {
            ($0.key.role, $0.key.kind) < ($1.key.role, $1.key.kind)
        }) {
            changeDefaults(
                .init(role: key.role, schema: key.schema, kind: key.kind), from: items, to: [])
        }
        result.defaultPrivileges = kept
    }

    private mutating func changeDefaults(
        _ row: SchemaSnapshot.DefaultPrivileges, from old: Set<Privileges.Item>,
        to new: Set<Privileges.Item>
    ) {
        var head = "ALTER DEFAULT PRIVILEGES FOR ROLE \(text.quoted(row.role))"
        if let schema = row.schema {
            head += " IN SCHEMA \(text.quoted(text.mapping.target(schema)))"
        }
        let run = { (diff: inout SchemaDiff, item: Privileges.Item, words: String, tail: String) in
            let role = item.role.isEmpty ? "PUBLIC" : diff.text.quoted(item.role)
            let sql =
                "\(head) \(words.replacing("?", with: "\(item.privilege) ON \(row.kind)")) \(role)\(tail)"
            diff.afterwards(
                "default privileges of \(row.role)",
                diff.text.ifMember(row.role, diff.text.ifRole(item.role, sql)),
                effect: .annotate)
        }
        for item in old.subtracting(new).sorted() { run(&self, item, "REVOKE ? FROM", "") }
        for item in new.subtracting(old).sorted() {
            run(&self, item, "GRANT ? TO", item.isGrantable ? " WITH GRANT OPTION" : "")
        }
    }

    // MARK: Owners

    private mutating func diffOwners() {
        let (before, now) = (ObjectAddresses(applied), ObjectAddresses(current))
        var known: [String: String] = [:]
        for row in applied.owners {
            for object in row.objects {
                let address = (isSameEpoch ? now[object] : nil) ?? before[object]
                if let address { known[text.address(address)] = row.role }
            }
        }
        // A sequence of a column belongs to its table's owner.
        var parts = Set(current.sequences.filter { $0.owner != nil }.map(\.oid))
        parts.formUnion(
            current.tables.flatMap(\.columns).compactMap(\.identitySequence).map(\.oid))
        var kept: [SchemaSnapshot.Ownership] = []
        for row in current.owners {
            guard isRole(row.role) else { continue }
            if let own = abilities.ownRoles, !own.contains(row.role) {
                report("owner", row.role, "the role that applies is not a member of it")
                continue
            }
            kept.append(row)
            for object in row.objects {
                if object.catalog == .relation, parts.contains(object.oid) { continue }
                guard let address = now[object] else { continue }
                let name = text.address(address)
                guard known[name] != row.role || isMade(object) else { continue }
                var sql = "ALTER \(name) OWNER TO \(text.quoted(row.role))"
                if object.catalog == .schema {
                    sql = text.ifOwner("pg_namespace", "nsp", "SCHEMA", name, sql)
                }
                let effect: SchemaEffect =
                    object.catalog == .relation ? .alterTable : .annotate
                afterwards("owner of \(name)", text.ifMember(row.role, sql), effect: effect)
            }
        }
        result.owners = kept
    }
}

extension DDLText {
    /// Where a privilege is granted.
    struct GrantPlace: Hashable {
        /// `TABLE name`.
        var object: String
        /// A column, quoted.
        var column: String?
    }

    /// Nil for what has no privileges.
    func grantPlace(_ address: ObjectAddresses.Address) -> GrantPlace? {
        let name = self.name(address.name)
        switch address.words {
        case "TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE":
            return GrantPlace(object: "TABLE \(name)")
        case "COLUMN":
            return GrantPlace(object: "TABLE \(name)", column: quoted(address.part ?? ""))
        case "SEQUENCE", "SCHEMA", "PROCEDURE":
            return GrantPlace(object: self.address(address))
        case "FUNCTION", "AGGREGATE":
            return GrantPlace(
                object:
                    "FUNCTION \(name)\(address.types.map { "(\($0))" } ?? address.arguments ?? "")")
        case "TYPE", "DOMAIN": return GrantPlace(object: "TYPE \(name)")
        default: return nil
        }
    }

    /// `SELECT, INSERT ON TABLE name`.
    func privileges(_ list: [String], _ place: GrantPlace) -> String {
        let column = place.column.map { " (\($0))" } ?? ""
        return list.map { $0 + column }.joined(separator: ", ") + " ON \(place.object)"
    }

    /// Runs a statement where a role exists, else warns.
    func ifRole(_ role: String, _ sql: String) -> String {
        role.isEmpty ? sql : when("TRUE", role, sql, otherwise: "there is no role \(role)")
    }

    /// Runs a statement where the role that applies is a member of another, else warns.
    func ifMember(_ role: String, _ sql: String) -> String {
        when(
            "pg_catalog.pg_has_role(r.oid, 'MEMBER')", role, sql,
            otherwise: "there is no role \(role), or it is not ours")
    }

    private func when(
        _ condition: String, _ role: String, _ sql: String, otherwise warning: String
    ) -> String {
        let body = """
            BEGIN IF EXISTS (SELECT 1 FROM pg_catalog.pg_roles r \
            WHERE r.rolname = \(SQLText.literal(role)) AND \(condition)) THEN \(sql); \
            ELSE RAISE WARNING USING MESSAGE = \(SQLText.literal(warning)); END IF; END
            """
        return "DO \(SQLText.literal(body))"
    }
}
