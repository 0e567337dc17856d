/// The difference of two catalogs as ordered statements; pure.
///
/// The order: what is made anew or gone is dropped along the old dependencies, then columns; names
/// that are in the way go aside; renames; creations and alterations along the new dependencies;
/// constraints, and what needs them; and last what nothing needs any more. What old rows could violate
/// waits until the rows are there.
struct SchemaDiff {
    typealias ObjectID = SchemaSnapshot.ObjectID
    typealias Table = SchemaSnapshot.Table

    /// When a statement runs; the raw value is the order.
    enum Stage: Int, CaseIterable {
        case foundation, detach, dropDependents, dropTables, dropColumns, aside, labels, move,
            rename, empty
        case define, constrain, attach, bind, finish, lateDrop
    }

    /// Creations and alterations of one object, placed by its dependencies.
    struct Unit {
        var id: ObjectID
        var rank: Int
        var name: TableName
        var statements: [SchemaStatement] = []
        /// A table's own key, behind what is part of others': ATTACH PARTITION takes the first index
        /// that fits.
        var key: [SchemaStatement] = []
        /// Whether it can wait for a constraint that it needs.
        var canWait = false
    }

    let applied: SchemaSnapshot
    let current: SchemaSnapshot
    let text: DDLText
    let options: SchemaOptions
    let abilities: TargetAbilities
    let deferIndexes: Bool
    let isInitial: Bool
    /// Whether oids of both snapshots mean the same objects.
    let isSameEpoch: Bool

    var stages: [Stage: [SchemaStatement]] = [:]
    var units: [ObjectID: Unit] = [:]
    var preparation: [SchemaStatement] = []
    var afterRows: [SchemaStatement] = []
    /// Indexes that are built after the batch.
    var later: [LaterStep] = []
    /// Steps of earlier batches, and how far the target is with them.
    var steps: [LaterStep.Progress] = []
    /// Those that are done, and in the catalog with this plan, as `LaterStep.id`.
    var adopted: [String] = []
    /// What is dropped when nothing needs it any more.
    var lateDrops: [Unit] = []
    var recopy: Set<UInt32> = []
    /// What is made behind the rows because of a constraint that it needs.
    var waiting: Set<ObjectID> = []
    var notCarried: Set<NotCarried>
    /// Plain objects of the applied catalog that go, or are made anew.
    var leavingObjects: [(id: ObjectID, departure: Departure)] = []
    /// The applied catalog afterwards.
    var result: SchemaSnapshot

    /// Objects of the applied catalog that are made anew, so that what hangs on them is bound anew.
    var replaced: Set<ObjectID> = []
    /// What hung on them: addresses of the applied catalog.
    var refreshed: Set<ObjectID> = []
    /// Parts of them that go before anything is made: defaults, generated columns, domains.
    var loosened: Set<ObjectID> = []
    /// Everything of the applied catalog that goes, for good or to be made anew.
    var leaving: [ObjectID: Departure] = [:]
    /// What goes before anything is made, by applied addresses.
    var tornDown: [ObjectID: Unit] = [:]
    /// What this plan makes or makes anew, by current addresses.
    var made: [ObjectID: Moment] = [:]
    /// Views of the current catalog that are made in a form that needs types only.
    var stubs: Set<ObjectID> = []
    /// Materialized views that are filled when the rows are there.
    var refreshes: [Unit] = []
    /// The renames and moves of everything that is in pg_class or pg_type.
    var renames: [RelationRename] = []
    /// Tables whose rows are all copied again, emptied before they are altered.
    var emptied: Set<UInt32> = []
    /// Tables, by current oid, that are made by this plan.
    var createdTables: Set<UInt32> = []
    /// Tables, by applied oid, that are dropped by this plan.
    var droppedTables: Set<UInt32> = []

    /// What waits for the rows and for everything in `afterRows`.
    var afterKeys: [SchemaStatement] = []
    /// Foreign keys that go, before anything that they need.
    var keyDrops: [SchemaStatement] = []
    /// ALTER TABLE … ATTACH PARTITION, by table.
    var attachments: [Unit] = []
    /// ALTER INDEX … ATTACH PARTITION.
    var indexAttachments: [SchemaStatement] = []
    /// Renames of NOT NULL constraints, by table.
    var notNullRenames: [UInt32: [(id: UInt32, from: String, to: String)]] = [:]
    /// Tables, by applied oid, that lose a unique index or a key.
    var reindexed: Set<UInt32> = []
    /// The tables that are the same, by current oid.
    var tablePairs: [UInt32: (old: Table, new: Table)] = [:]
    /// The current oid of a table by its applied one.
    var currentTable: [UInt32: UInt32] = [:]
    /// The parents, by current oid, that a table has before and afterwards.
    var keptParents: [UInt32: [UInt32]] = [:]
    /// The tables below a table.
    var children: [UInt32: [Table]] = [:]

    init(
        from applied: SchemaSnapshot?, to current: SchemaSnapshot, mapping: SchemaMapping,
        options: SchemaOptions, targetVersion: Int, abilities: TargetAbilities = .init(),
        deferIndexes: Bool
    ) {
        let (current, unrunnable) = current.runnable(under: mapping)
        var before =
            applied ?? SchemaSnapshot(epoch: current.epoch, serverVersion: current.serverVersion)
        var retained = before.retained
        if before.epoch != current.epoch {
            let (kept, rest) = before.keeping(namesOf: current)
            before = kept
            retained += rest
        }
        retained = before.schemas(
            in: retained, stayingBeside: current, mapping, on: abilities)
        self.applied = before
        self.current = current
        text = DDLText(mapping: mapping, target: CatalogFeatures(targetVersion))
        self.options = options
        self.abilities = abilities
        self.deferIndexes = deferIndexes
        isInitial = applied == nil
        isSameEpoch = self.applied.epoch == current.epoch
        notCarried = Set(current.notCarried + unrunnable + retained)
        result = current
        result.retained = retained
    }

    mutating func plan() throws(SchemaError) -> SchemaPlan {
        try checkNames()
        makeSchemas()
        diffExtensions()
        // First which objects are made anew, since that decides about everything on top of them.
        let enums = match(applied.enums, current.enums, \.oid, \.name)
        let composites = match(applied.composites, current.composites, \.oid, \.name)
        let domains = match(applied.domains, current.domains, \.oid, \.name)
        let routines = matchRoutines()
        let objects = matchObjects()
        noteReplaced(objects)
        let views = match(applied.views, current.views, \.oid, \.name)
        let tables = matchTables()
        let sequences = matchSequences()
        let constraints = matchConstraints(tables)
        noteReplaced(composites: composites, domains: domains, routines: routines)
        spreadReplacement(routines, sequences, tables, constraints, views)
        // Routines leave before types do: their arguments name the types as they were.
        diffRoutines(routines)
        diffTables(tables)
        diffEnums(enums)
        diffComposites(composites)
        diffDomains(domains)
        diffObjects(objects)
        diffSequences(sequences)
        diffConstraints(constraints, tables)
        diffIndexes(tables)
        diffForeignKeys(tables)
        diffStatistics(tables)
        diffViews(views)
        diffViewIndexes(views)
        let owners = owners(tables, views)
        diffRules(owners)
        diffTriggers(owners)
        diffPolicies(owners)
        diffRowSecurity(tables)
        return assemble()
    }

    func match<Item>(
        _ old: [Item], _ new: [Item], _ oid: KeyPath<Item, UInt32>, _ name: KeyPath<Item, TableName>
    ) -> Matching<Item> {
        Matching(
            old, new, identity: isSameEpoch ? { $0[keyPath: oid] } : nil,
            name: { $0[keyPath: name] })
    }

    // MARK: Collecting

    // Each takes what the statement means for others: see `SchemaEffect`, the one table of it.

    mutating func add(
        _ stage: Stage, _ summary: String, _ sql: String, effect: SchemaEffect = .unmarked
    ) {
        stages[stage, default: []].append(
            SchemaStatement(summary: summary, sql: sql, effect: effect))
    }

    mutating func define(
        _ id: ObjectID, rank: Int, _ name: TableName, _ summary: String, _ sql: String,
        effect: SchemaEffect = .unmarked
    ) {
        units[id, default: Unit(id: id, rank: rank, name: name)].statements.append(
            SchemaStatement(summary: summary, sql: sql, effect: effect))
    }

    /// Drops an object at the end, in the reverse order of the old dependencies.
    mutating func dropLate(
        _ id: ObjectID, rank: Int, _ name: TableName, _ summary: String, _ sql: String,
        effect: SchemaEffect = .unmarked
    ) {
        lateDrops.append(
            Unit(
                id: id, rank: rank, name: name,
                statements: [SchemaStatement(summary: summary, sql: sql, effect: effect)]))
    }

    mutating func afterwards(
        _ summary: String, _ sql: String, effect: SchemaEffect = .unmarked
    ) {
        afterRows.append(SchemaStatement(summary: summary, sql: sql, effect: effect))
    }

    /// Behind all other statements that wait for the rows.
    mutating func lastly(_ summary: String, _ sql: String, effect: SchemaEffect = .unmarked) {
        afterKeys.append(SchemaStatement(summary: summary, sql: sql, effect: effect))
    }

    mutating func report(_ kind: String, _ name: String, _ reason: String) {
        notCarried.insert(NotCarried(kind: kind, name: name, reason: reason))
    }

    // MARK: Assembling

    /// Places creations and alterations: what needs a constraint or an index that this plan makes
    /// comes behind it.
    private mutating func placeUnits() {
        let order = DefinitionOrder(current)
        var moments = made
        for unit in order.sorted(Array(units.values), stubs: stubs) {
            let needed = unit.canWait ? (order.needs[unit.id] ?? []).compactMap { moments[$0] } : []
            let moment = needed.max() ?? .define
            moments[unit.id] = moment
            let statements = unit.statements + unit.key
            switch moment {
            case .define: stages[.define, default: []] += statements
            case .constrain: stages[.bind, default: []] += statements
            case .afterRows:
                afterRows += statements
                waiting.insert(unit.id)
            }
        }
        afterRows += order.sorted(refreshes).flatMap(\.statements)
    }

    private mutating func assemble() -> SchemaPlan {
        stages[.dropDependents, default: []] +=
            DefinitionOrder(applied, withParts: true).sorted(Array(tornDown.values)).reversed()
            .flatMap(\.statements)
        stages[.lateDrop] = DefinitionOrder(applied).sorted(lateDrops).reversed()
            .flatMap(\.statements)
        dropSchemas()
        stages[.dropDependents] = keyDrops + (stages[.dropDependents] ?? [])
        // Below first: what is attached to a table that is attached itself.
        stages[.attach, default: []] += DefinitionOrder(current).sorted(attachments)
            .reversed().flatMap(\.statements)
        placeRenames()
        placeUnits()
        afterRows += indexAttachments + afterKeys
        // Behind everything that is made, whenever it is.
        diffComments()
        diffAccess()
        var changes = Stage.allCases.flatMap { stages[$0] ?? [] }
        if !current.extensions.isEmpty {
            let path = SchemaStatement(
                summary: "find the extensions",
                sql: text.searchPath(targetSchemas, extensions: current.extensions.map(\.name)),
                effect: .session)
            // The extensions are there behind the foundation.
            if !changes.isEmpty { changes.insert(path, at: stages[.foundation]?.count ?? 0) }
            if !afterRows.isEmpty { afterRows.insert(path, at: 0) }
        }
        var section = SchemaSection(applied: result.encoded())
        section.preparation = preparation
        section.changes = changes
        section.afterRows = afterRows
        if options.concurrentIndexes || !steps.isEmpty {
            section.later = later
            section.adopted = adopted.sorted()
        }
        section.searchPath = targetSchemas
        return SchemaPlan(
            section: section, recopy: recopy, notCarried: notCarried.sorted(), waiting: waiting)
    }
}
