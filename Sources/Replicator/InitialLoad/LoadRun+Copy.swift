import Logging
import PGWire
import Synchronization

extension LoadRun {
    /// Sends the chunks that are not done, by several workers.
    func copy(_ load: Load) async throws {
        let roots = try await roots(of: load.snapshot)
        let names = roots.mapValues(\.name.description)
        meter.begin(load.plan, done: load.done, names: names)
        let queue = ChunkQueue(load.plan.chunks.indices.filter { !load.done.contains($0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(workers, max(1, load.plan.chunks.count)) {
                group.addTask { try await work(through: queue, load, roots) }
            }
            // The first failure ends the others; what they had committed stays.
            do {
                try await group.waitForAll()
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    private func work(
        through queue: ChunkQueue, _ load: Load, _ roots: [UInt32: SchemaSnapshot.Table]
    ) async throws {
        let keeper = ConnectionKeeper(
            configuration.database, purpose: "load chunks of \(target.name)")
        do {
            while let number = queue.next() {
                let chunk = load.plan.chunks[number]
                guard let root = roots[chunk.relation],
                    let relation = load.snapshot.table(oid: chunk.relation)
                else { throw LoadError(.rewritten, "a table of the plan was dropped") }
                try await transfer(
                    number, load, ChunkReader.Table(relation: relation, root: root), keeper)
            }
            await keeper.discard()
        } catch {
            await keeper.discard()
            throw error
        }
    }

    /// Sends one chunk until it is committed on the target.
    private func transfer(
        _ number: Int, _ load: Load, _ table: ChunkReader.Table, _ keeper: ConnectionKeeper
    ) async throws {
        let chunk = load.plan.chunks[number]
        let reader = ChunkReader(
            source: source, target: target.name, position: load.position, mapping: target.mapping,
            meter: meter)
        var mode = TableStart.Mode.append
        var patience = Patience()
        while true {
            let begun = ContinuousClock.now
            do {
                let outcome = Mutexed(ChunkReader.Outcome())
                let connection = try await keeper.connection()
                let sent = mode
                _ = try await link.send { sink in
                    outcome.set(
                        try await reader.send(
                            number, chunk, table, mode: sent, on: connection, to: sink))
                }
                let result = outcome.value
                meter.done(
                    number, chunk, rows: result.rows, bytes: result.bytes, busy: .now - begun)
                return
            } catch {
                meter.failed(number)
                if let error = error as? LinkError, error.code == .duplicate, mode == .append {
                    // A row moved between chunks; it comes again, and is put in its place.
                    mode = .merge
                    continue
                }
                try await patience.rest(after: Self.meaning(error), log: log)
            }
        }
    }

    /// Errors that say that the plan's tables are not what they were.
    private static func meaning(_ error: any Error) -> any Error {
        switch error {
        case let error as LinkError where error.code == .schemaBehind:
            return LoadError(.rewritten, "the target's schema is another one: \(error.message)")
        case let error as PGError
        where ["42P01", "42703"].contains(error.sqlState?.rawValue ?? ""):
            return LoadError(.rewritten, "a table changed while it was read: \(error.message)")
        default: return error
        }
    }

    // MARK: The end

    /// Makes what was put off (indexes), sets the sequences, and lets replication begin.
    func finish(_ load: Load) async throws {
        let plan = try SchemaPlan.make(
            from: nil, to: load.snapshot, mapping: target.mapping, options: target.options,
            targetVersion: load.targetVersion, abilities: load.abilities, deferIndexes: true)
        var section = SchemaSection(applied: plan.section.applied)
        section.afterRows = plan.section.afterRows
        section.searchPath = plan.section.searchPath
        var header = BatchHeader(
            kind: .loadFinish, source: source, target: target.name, to: load.position)
        header.schema = section
        let request = header
        let values = try await sequences(load.snapshot)
        log.info("Load ends", metadata: ["late statements": "\(section.afterRows.count)"])
        let answer = try await patiently {
            try await link.send { sink in
                try await sink.write(.header(request))
                if !values.isEmpty { try await sink.write(.sequences(values)) }
                try await sink.write(.end(rowCount: 0))
            }
        }
        guard answer.phase == .replicating else {
            throw LinkError(.wrongPosition, "the target did not end the load")
        }
    }

    /// The values of all sequences now; later ones travel with the batches.
    private func sequences(_ snapshot: SchemaSnapshot) async throws -> [SequenceValue] {
        var oids = Set(snapshot.sequences.map(\.oid))
        for table in snapshot.replicatedTables { oids.formUnion(table.sequences.map(\.oid)) }
        guard !oids.isEmpty else { return [] }
        var reader = SequenceReader()
        return try await reader.changed(oids, mapping: target.mapping, on: control)
            .sorted { $0.key < $1.key }.map(\.value)
    }
}

/// The chunks that nobody has begun, for several workers.
private final class ChunkQueue: Sendable {
    private let rest: Mutex<ArraySlice<Int>>

    init(_ numbers: [Int]) {
        rest = Mutex(numbers[...])
    }

    func next() -> Int? { rest.withLock { $0.popFirst() } }
}

/// A value that a closure leaves behind.
private final class Mutexed<Value: Sendable>: Sendable {
    private let stored: Mutex<Value>

    init(_ value: Value) {
        stored = Mutex(value)
    }

    var value: Value { stored.withLock { $0 } }

    func set(_ value: Value) { stored.withLock { $0 = value } }
}
