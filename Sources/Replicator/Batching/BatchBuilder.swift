package import PGWire

/// Builds what moves a target from one position to the next, inside one source transaction.
///
/// Locks come before the snapshot, since TRUNCATE and rewriting ALTER TABLE are not MVCC-safe: with
/// the snapshot first, a table could read as empty and its rows would be shipped as deletes.
/// Whatever turns up only behind the snapshot is locked in another attempt.
package struct BatchBuilder: Sendable {
    /// Whose batch, from where and what it must contain.
    package struct Request: Sendable {
        /// The source.
        package var source: SourceIdentity
        /// The target's name.
        package var target: String
        /// Which tables it takes.
        package var expression: TargetExpression
        /// Where they arrive.
        package var mapping: SchemaMapping
        /// What the operator decided about the target's schema.
        package var options: SchemaOptions
        /// What the target has.
        package var position: Snapshot
        /// The catalog it carries.
        package var applied: SchemaSnapshot
        /// `applied.digest`, computed once.
        package var appliedDigest: String
        /// The target's `server_version_num`.
        package var targetVersion: Int
        /// What the target's role may do and whom its server knows.
        package var abilities: TargetAbilities
        /// The target's own incarnation: its events do not go back to it.
        package var targetIncarnation: String
        /// Whether the catalog is looked at, whatever the shapes say.
        package var look: Bool
        /// Tables to copy whole.
        package var recopy: Set<UInt32> = []
        /// The steps behind earlier batches, and how far the target is with them.
        package var later: [LaterStep.Progress] = []
        /// Rows a frame.
        package var rowsPerFrame: Int

        /// Asks for a batch; `look` and `recopy` only where there is a reason.
        package init(
            source: SourceIdentity, target: String, expression: TargetExpression,
            mapping: SchemaMapping, options: SchemaOptions = .init(), position: Snapshot,
            applied: SchemaSnapshot,
            appliedDigest: String, targetVersion: Int,
            abilities: TargetAbilities = .init(), targetIncarnation: String,
            look: Bool = false, recopy: Set<UInt32> = [], rowsPerFrame: Int = 10_000
        ) {
            self.source = source
            self.target = target
            self.expression = expression
            self.mapping = mapping
            self.options = options
            self.position = position
            self.applied = applied
            self.appliedDigest = appliedDigest
            self.targetVersion = targetVersion
            self.abilities = abilities
            self.targetIncarnation = targetIncarnation
            self.look = look
            self.recopy = recopy
            self.rowsPerFrame = rowsPerFrame
        }
    }

    /// The limits of a build.
    package enum Limit {
        /// How long one statement waits for a lock: an application that queues behind our wait is
        /// held up for no longer.
        package static let lockWait: Duration = .seconds(2)
        /// How long it waits for one of several locks: whoever locks the same tables in another order
        /// must not be the victim of a deadlock with us (`deadlock_timeout` is 1 s by default).
        package static let severalLocksWait: Duration = .milliseconds(100)
        /// How often names and locks are settled anew before we pause.
        package static let attempts = 10
    }

    /// The keys as they were read last.
    package var keys = KeyReader()
    /// The sequences as they were read last.
    package var sequences = SequenceReader()
    /// Relations of the expression that do not travel, as of the last look.
    package var ignored: Set<UInt32> = []

    /// Nothing is known yet.
    package init() {}

    /// Counts what waits, in a transaction of its own.
    package func peek(
        since position: Snapshot, notFrom origin: String, on connection: PGConnection
    ) async throws(PGError) -> PendingEvents {
        // The planner knows nothing of the slots' fill, and an index lookup is always right.
        let results = try await connection.execute(
            "BEGIN READ ONLY; SET LOCAL enable_seqscan = off; "
                + BatchSQL.pending(since: position, notFrom: origin) + "; COMMIT")
        return try PendingEvents(results.dropLast().last?.rows ?? [])
    }

    /// Opens the batch's transaction and settles everything but the rows.
    ///
    /// On success the transaction is open and belongs to the batch; on failure it is rolled back,
    /// or the connection is lost.
    ///
    /// - Throws: `BatchError`, `SchemaError`, `PGError`.
    package mutating func prepare(
        _ request: Request, pending: PendingEvents, on connection: PGConnection
    ) async throws -> PreparedBatch {
        var locks = Set(
            pending.wanted(by: request.expression, ignoring: ignored).map(\.oid)
        ).union(request.recopy)
        // What the peek said of names is good for one attempt.
        var known = pending
        do {
            for _ in 0..<Limit.attempts {
                switch try await attempt(request, locks: locks, known: known, on: connection) {
                case .prepared(let batch): return batch
                case .again(let more):
                    known = PendingEvents()
                    try await connection.execute("ROLLBACK")
                    locks.formUnion(more)
                }
            }
            throw BatchError.unsettled(attempts: Limit.attempts)
        } catch {
            await Self.rollBack(connection)
            throw error
        }
    }

    /// Ends a transaction that may be open or failed; a connection that is gone has none.
    package static func rollBack(_ connection: PGConnection) async {
        guard connection.isOpen else { return }
        do throws(PGError) {
            try await connection.execute("ROLLBACK", timeout: .seconds(30))
        } catch {
            // Whatever state it is in, its end is the end of the transaction.
            await connection.close()
        }
    }

    // MARK: One attempt

    private enum Attempt {
        case prepared(PreparedBatch)
        case again(with: Set<UInt32>)
    }

    private mutating func attempt(
        _ request: Request, locks: Set<UInt32>, known: PendingEvents, on connection: PGConnection
    ) async throws -> Attempt {
        let opening = try await open(request, locks: locks, known: known, on: connection)
        let locked = opening.locked
        let wanted = opening.pending.wanted(by: request.expression, ignoring: ignored)
        let unlocked = wanted.filter { locked[$0.oid] != $0.name }
        guard unlocked.isEmpty else { return .again(with: Set(unlocked.map(\.oid))) }

        var current = request.applied
        var recopy = request.recopy
        var section: SchemaSection?
        var plan: SchemaPlan?
        let look = mustLook(request, wanted: wanted, shapes: opening.shapes)
        if look {
            try await connection.execute(BatchSQL.defaultSettings)
            do {
                current = try await CatalogReader.read(connection, expression: request.expression)
                    .possible(on: request.targetVersion)
            } catch let error as SchemaError where error.code == .moved {
                return .again(with: [])
            }
            let consents =
                request.options.drops == .hold
                ? try await ConsentStore.keys(of: request.target, on: connection) : []
            let made = try SchemaPlan.make(
                from: request.applied, to: current, mapping: request.mapping,
                options: request.options, targetVersion: request.targetVersion,
                abilities: request.abilities, consents: consents, steps: request.later)
            recopy.formUnion(made.recopy)
            if !made.isEmpty
                || SchemaSnapshot.digest(of: made.section.applied) != request.appliedDigest
                || made.section.hasOtherSteps(than: request.later)
            {
                section = made.section
            }
            plan = made
            sequences.forgetNames()
        }
        // A partition can be copied alone; its changes travel with its root's.
        let replicated = current.replicatedTables + current.partitions(among: recopy)
        recopy.formIntersection(replicated.map(\.oid))
        // Also where a table has no event: its rows are read, so its lock must be older than the
        // snapshot.
        let names = Dictionary(replicated.map { ($0.oid, $0.name) }) { $1 }
        let unlockedCopies = recopy.filter { locked[$0] != names[$0] }
        guard unlockedCopies.isEmpty else { return .again(with: unlockedCopies) }
        if look {
            ignored = Set(wanted.map(\.oid)).union(ignored).subtracting(names.keys)
        }

        let tables = try await tables(
            replicated, wanted: wanted, recopy: recopy, mapping: request.mapping, on: connection)
        guard let tables else {
            keys.forget()
            return .again(with: [])
        }
        return .prepared(
            PreparedBatch(
                header: header(request, to: opening.snapshot, section: section, tables: tables),
                tables: tables,
                sequences: try await sequenceValues(
                    of: current, tables: tables, all: look, request: request, on: connection),
                applied: look ? current : nil,
                notCarried: plan.map { $0.notCarried + unreadableSequences(of: current) },
                held: plan?.held, released: plan?.released ?? [],
                rowsPerFrame: request.rowsPerFrame, since: request.position,
                origin: request.targetIncarnation, planner: look ? nil : .lookups,
                connection: connection))
    }

    // MARK: The parts

    private func header(
        _ request: Request, to snapshot: Snapshot, section: SchemaSection?,
        tables: [PreparedBatch.Table]
    ) -> BatchHeader {
        var header = BatchHeader(
            kind: .batch, source: request.source, target: request.target, to: snapshot)
        header.from = request.position
        header.schema = section
        if request.options.foreignKeys == .exact, request.abilities.maySetReplicaRole == true {
            header.replicaRole = true
        }
        let truncated = tables.map(\.start).filter(\.truncate).map(\.table)
        if !truncated.isEmpty { header.truncated = truncated }
        return header
    }

    /// The tables of the batch, truncated ones first; nil where a key moved.
    private mutating func tables(
        _ replicated: [SchemaSnapshot.Table], wanted: [PendingEvents.Relation],
        recopy: Set<UInt32>, mapping: SchemaMapping, on connection: PGConnection
    ) async throws -> [PreparedBatch.Table]? {
        let events = Dictionary(wanted.map { ($0.oid, $0) }) { $1 }
        let included = replicated.filter { events[$0.oid] != nil || recopy.contains($0.oid) }
        let keys = try await keys.keys(of: included, on: connection)
        guard included.allSatisfy({ keys[$0.oid] != nil }) else { return nil }
        return included.compactMap { table in
            guard let key = keys[table.oid] else { return nil }
            let relation = events[table.oid] ?? .init(oid: table.oid)
            let replaces = recopy.contains(table.oid) || relation.replaced
            return PreparedBatch.Table(
                table, key: key, mapping: mapping, replaces: replaces,
                truncates: relation.truncated && !replaces, keys: relation.keys,
                estimatedRows: relation.estimatedRows)
        }.sorted { left, right in
            guard left.start.truncate == right.start.truncate else { return left.start.truncate }
            return left.start.table < right.start.table
        }
    }

    private mutating func sequenceValues(
        of current: SchemaSnapshot, tables: [PreparedBatch.Table], all: Bool, request: Request,
        on connection: PGConnection
    ) async throws -> [UInt32: SequenceValue] {
        let carried = current.carriedSequences
        guard !carried.isEmpty else { return [:] }
        let relations = Set(tables.map(\.source.oid))
        let used = current.tables.filter { relations.contains($0.oid) }.flatMap(\.usedSequences)
        let wanted = all ? carried : carried.intersection(used)
        return try await sequences.changed(wanted, mapping: request.mapping, on: connection)
    }

    private func unreadableSequences(of current: SchemaSnapshot) -> [NotCarried] {
        sequences.unreadable(among: current.carriedSequences).map { name in
            NotCarried(
                kind: "sequence value", name: name.description,
                reason: "value not carried: GRANT SELECT ON SEQUENCE \(name.quoted) to the role")
        }
    }
}

extension SchemaSection {
    /// Whether the target does not know yet what is to follow.
    func hasOtherSteps(than known: [LaterStep.Progress]) -> Bool {
        guard let later else { return false }
        let open = known.filter { $0.state != .unwanted }.map(\.id)
        return Set(later.map(\.id)).union(adopted ?? []) != Set(open) || adopted?.isEmpty == false
    }
}

extension SchemaSnapshot {
    /// The partitions among some tables that have a key and rows of their own, and whose root's rows
    /// travel.
    func partitions(among oids: Set<UInt32>) -> [Table] {
        let replicated = Set(replicatedTables.map(\.oid))
        let known = Dictionary(tables.map { ($0.oid, $0) }, uniquingKeysWith: { $1 })
        return oids.compactMap { known[$0] }.filter { table in
            guard table.isPartition, table.partitionKey == nil, !table.primaryKey.isEmpty else {
                return false
            }
            var above = table
            // A chain cannot be longer than there are tables.
            for _ in tables {
                guard case .partition(let parent, _) = above.kind else { break }
                guard let next = known[parent] else { return false }
                above = next
            }
            return replicated.contains(above.oid)
        }
    }

    /// The oids of the sequences that the target has, identity columns' included.
    var carriedSequences: Set<UInt32> {
        let isHeld = Set((held ?? []).map(\.id))
        func stays(_ oid: UInt32, _ column: Int) -> Bool {
            isHeld.contains(ObjectID(catalog: .relation, oid: oid))
                || isHeld.contains(ObjectID(catalog: .relation, oid: oid, column: column))
        }
        var oids: Set<UInt32> = []
        for sequence in sequences {
            let owner = sequence.owner ?? ObjectID(catalog: .relation, oid: 0)
            guard !stays(sequence.oid, 0), !stays(owner.oid, owner.column) else { continue }
            oids.insert(sequence.oid)
        }
        for table in tables {
            for column in table.columns {
                guard let sequence = column.identitySequence, !stays(table.oid, column.attnum)
                else { continue }
                oids.insert(sequence.oid)
            }
        }
        return oids
    }
}

extension SchemaSnapshot.Table {
    /// The oids of the sequences that its columns draw from.
    var usedSequences: [UInt32] {
        sequences.map(\.oid) + columns.compactMap(\.identitySequence?.oid)
    }
}
