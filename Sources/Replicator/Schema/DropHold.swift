/// `drops: hold`: what the source dropped stays on the target until the operator consents; pure.
///
/// Held objects are put back into the current catalog before it is compared, so that the comparison
/// finds them on both sides and leaves them alone, and the catalog that the target carries says that
/// they are there. What was consented to is not put back, and is dropped like everything else.
///
/// Held are tables, columns that hold values, sequences, views, routines, types and what one
/// statement makes (`PlainObject`). The parts of a table (constraints, indexes, triggers, rules,
/// policies, statistics), columns that are computed, labels of enums and attributes of composite
/// types follow the source at once, since its rows or a later change could not arrive otherwise. A
/// held column accepts NULL, and a held table has no foreign keys, for the same reason. A held
/// partition is detached, so that its table has the source's rows. What makes room for another
/// object of its name is no drop: it is renamed, `name_held_OID`.
struct DropHold {
    typealias ObjectID = SchemaSnapshot.ObjectID
    typealias Table = SchemaSnapshot.Table

    let mapping: SchemaMapping
    let consents: Set<String>
    let text: DDLText
    /// What the target carries; changed where an object leaves the comparison.
    var applied: SchemaSnapshot
    /// What the source has, with what is held.
    var current: SchemaSnapshot
    /// Everything held, for people.
    var held: [HeldDrop] = []
    /// What the operator consented to and this plan drops, by key.
    var released: Set<String> = []
    /// What takes a held partition out of its table, before anything else.
    var detachments: [SchemaStatement] = []
    /// What stays on the target and leaves the catalog, as oids mean something else now.
    var forgotten: [NotCarried] = []

    let isSameEpoch: Bool
    private let known: [ObjectID: HeldDrop]
    var taken: Set<TableName>
    private var keptIDs: Set<ObjectID> = []

    init(
        applied: SchemaSnapshot, current: SchemaSnapshot, text: DDLText, consents: Set<String>
    ) {
        self.applied = applied
        self.current = current
        self.text = text
        self.consents = consents
        mapping = text.mapping
        isSameEpoch = applied.epoch == current.epoch
        known = Dictionary((applied.held ?? []).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        taken = Self.relationNames(current, mapping)
    }

    mutating func run() {
        current.held = nil
        let candidates = droppedObjects()
        if !isSameEpoch { forget(candidates.filter { $0.kind != "column" }) }
        let kept = candidates.filter {
            isSameEpoch || $0.kind == "column"
        }.compactMap { hold($0, among: candidates) }
        keptIDs = Set(kept.map(\.id))
        for object in kept { putBack(object) }
        addDependencies()
        held.sort()
        current.held = held.isEmpty ? nil : held
    }

    // MARK: What was dropped

    /// What the applied catalog has and the current one has not, of the kinds that are held.
    private func droppedObjects() -> [HeldDrop] {
        let tables = missing(applied.tables, current.tables, \.oid, \.name).filter { table in
            !isKeptAnyway(table) && !goesWithItsRoot(table)
        }
        var found = tables.map { drop("table", $0.name.description, .relation, $0.oid) }
        let gone = Set(tables.map(\.oid))
        for table in applied.tables where !gone.contains(table.oid) {
            for column in missingColumns(of: table) {
                found.append(
                    drop(
                        "column", "\(table.name).\(column.name)", .relation, table.oid,
                        column.attnum))
            }
        }
        let sequences = missing(applied.sequences, current.sequences, \.oid, \.name)
        found += sequences.filter { $0.owner == nil }.map {
            drop("sequence", $0.name.description, .relation, $0.oid)
        }
        found += missing(applied.views, current.views, \.oid, \.name).map {
            drop(
                $0.isMaterialized ? "materialized view" : "view", $0.name.description, .relation,
                $0.oid)
        }
        let types =
            missing(applied.enums, current.enums, \.oid, \.name).map { ($0.oid, $0.name) }
            + missing(applied.composites, current.composites, \.oid, \.name).map {
                ($0.oid, $0.name)
            } + missing(applied.domains, current.domains, \.oid, \.name).map { ($0.oid, $0.name) }
        found += types.map { drop("type", $0.1.description, .type, $0.0) }
        found += missingRoutines().map {
            drop("function", "\($0.name)(\($0.arguments))", .routine, $0.oid)
        }
        let objects = PlainObject.match(applied.objects, current.objects, byOID: isSameEpoch)
        found += objects.flatMap(\.dropped).map {
            drop($0.kind.name, $0.label, $0.id.catalog, $0.oid)
        }
        return found
    }

    private func drop(
        _ kind: String, _ name: String, _ catalog: ObjectID.Catalog, _ oid: UInt32,
        _ column: Int = 0
    ) -> HeldDrop {
        let id = ObjectID(catalog: catalog, oid: oid, column: column)
        return HeldDrop(
            kind: kind, name: name, id: id,
            key: known[id]?.key ?? HeldDrop.key(id, in: applied.epoch))
    }

    /// Those of one kind that have no counterpart; a table of the same name is another table.
    private func missing<Item>(
        _ old: [Item], _ new: [Item], _ oid: KeyPath<Item, UInt32>, _ name: KeyPath<Item, TableName>
    ) -> [Item] {
        let found = Matching(
            old, new, identity: isSameEpoch ? { $0[keyPath: oid] } : nil,
            name: { $0[keyPath: name] })
        guard old is [Table], isSameEpoch else { return found.dropped }
        return found.dropped + found.pairs.filter(\.isByName).map(\.old)
    }

    private func missingRoutines() -> [SchemaSnapshot.Routine] {
        struct Signature: Hashable {
            var name: TableName
            var arguments: String
        }
        return Matching(
            applied.functions, current.functions, identity: isSameEpoch ? { $0.oid } : nil,
            name: { Signature(name: $0.name, arguments: $0.arguments) }
        ).dropped
    }

    /// Columns that hold values and are gone from a table that is still there; a partition has those
    /// of its table.
    private func missingColumns(of table: Table) -> [SchemaSnapshot.Column] {
        if case .partition = table.kind { return [] }
        let now =
            isSameEpoch
            ? current.table(oid: table.oid) : current.tables.first { $0.name == table.name }
        guard let now else { return [] }
        return table.columns.filter { column in
            guard !column.isGenerated else { return false }
            return !now.columns.contains {
                isSameEpoch ? $0.attnum == column.attnum : $0.name == column.name
            }
        }
    }

    /// A table that the source has and that is not carried any more stays without our doing.
    private func isKeptAnyway(_ table: Table) -> Bool {
        current.notCarried.contains { $0.kind == "table" && $0.name == table.name.description }
            && !current.tables.contains { $0.name == table.name }
    }

    /// A partition of a table that is gone as well.
    private func goesWithItsRoot(_ table: Table) -> Bool {
        guard case .partition(let parent, _) = table.kind else { return false }
        return current.table(oid: parent) == nil
    }

    // MARK: What is kept

    /// Keeps an object unless the operator consented and nothing that is kept needs it.
    private mutating func hold(_ object: HeldDrop, among candidates: [HeldDrop]) -> HeldDrop? {
        var kept = object
        if consents.contains(object.key) {
            guard let user = users(of: object, among: candidates).first else {
                released.insert(object.key)
                return nil
            }
            kept.obstacle = "\(user.label) needs it: consent to that one as well"
        }
        return kept
    }

    /// What is not consented to and hangs on an object, directly or not.
    private func users(of object: HeldDrop, among candidates: [HeldDrop]) -> [HeldDrop] {
        var reached: Set<ObjectID> = [object.id]
        var queue = [object.id]
        while let next = queue.popLast() {
            for row in applied.dependencies where covers(next, row.referenced) {
                if reached.insert(row.dependent).inserted { queue.append(row.dependent) }
            }
        }
        return candidates.filter { candidate in
            candidate.id != object.id && !consents.contains(candidate.key)
                && reached.contains { covers(candidate.id, $0) && !covers(object.id, $0) }
        }
    }

    /// Whether an address is an object or a part of it.
    func covers(_ object: ObjectID, _ part: ObjectID) -> Bool {
        object.catalog == part.catalog && object.oid == part.oid
            && (object.column == 0 || object.column == part.column)
    }

    // MARK: Another database

    /// Takes objects out of the comparison: in another database their oids mean something else.
    private mutating func forget(_ objects: [HeldDrop]) {
        for object in objects {
            forgotten.append(
                NotCarried(
                    kind: object.kind, name: object.name,
                    reason: "the source is another database now and does not have it; it stays on "
                        + "the target and is not looked after any more"))
        }
        let relations = Set(objects.filter { $0.id.catalog == .relation }.map(\.id.oid))
        let types = Set(objects.filter { $0.id.catalog == .type }.map(\.id.oid))
        let routines = Set(objects.filter { $0.id.catalog == .routine }.map(\.id.oid))
        applied.tables.removeAll { relations.contains($0.oid) }
        applied.sequences.removeAll {
            relations.contains($0.oid) || relations.contains($0.owner?.oid ?? 0)
        }
        applied.views.removeAll { relations.contains($0.oid) }
        applied.constraints.removeAll { relations.contains($0.table) }
        applied.indexes.removeAll { relations.contains($0.table) }
        applied.enums.removeAll { types.contains($0.oid) }
        applied.composites.removeAll { types.contains($0.oid) }
        applied.domains.removeAll { types.contains($0.oid) }
        applied.functions.removeAll { routines.contains($0.oid) }
        let plain = Set(objects.map(\.id))
        applied.objects.removeAll { plain.contains($0.id) }
    }

    // MARK: Names

    /// Everything that has a name among the relations of the target.
    static func relationNames(_ snapshot: SchemaSnapshot, _ mapping: SchemaMapping) -> Set<
        TableName
    > {
        let schemas = Dictionary(
            snapshot.tables.map { ($0.oid, $0.name.schema) }, uniquingKeysWith: { $1 })
        var names = snapshot.tables.map(\.name) + snapshot.sequences.map(\.name)
        names += snapshot.indexes.map(\.name) + snapshot.composites.map(\.name)
        names += snapshot.views.map(\.name)
        names += snapshot.tables.flatMap { $0.columns.compactMap { $0.identitySequence?.name } }
        names += snapshot.constraints.filter { ["p", "u", "x"].contains($0.kind) }.compactMap {
            constraint in
            schemas[constraint.table].map { TableName(schema: $0, name: constraint.name) }
        }
        return Set(names.map(mapping.target))
    }

    /// The name, or where something of the source has it now, one that nothing has.
    mutating func free(_ name: TableName, _ oid: UInt32) -> TableName {
        guard taken.contains(mapping.target(name)) else {
            taken.insert(mapping.target(name))
            return name
        }
        var other = Self.aside(name, "_held_\(oid)")
        // A bound, since each round takes a name that is not wanted.
        for round in 2...100 where taken.contains(mapping.target(other)) {
            other = Self.aside(name, "_held_\(oid)_\(round)")
        }
        taken.insert(mapping.target(other))
        return other
    }

    /// The name with an ending, cut to what a name may have.
    static func aside(_ name: TableName, _ ending: String) -> TableName {
        TableName(schema: name.schema, name: aside(name.name, ending))
    }

    /// 63 bytes at most, not cut within a character.
    static func aside(_ name: String, _ ending: String) -> String {
        var short = name
        while short.utf8.count + ending.utf8.count > 63, !short.isEmpty { short.removeLast() }
        return short + ending
    }
}
