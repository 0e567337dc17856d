package import Logging
internal import PGWire

/// Moves one target along: asks where it is, builds batches from there and sends them.
///
/// What to do next is decided by `PipelineMachine`; here it is done. The only truth about the target
/// is the target's: after any doubt it is asked again. An error never ends the loop but by
/// cancellation, or where the schema `teleport` has to be installed anew.
package actor Pipeline {
    /// How far a target is, for those who wait for it.
    package struct Progress: Sendable, Hashable {
        /// The source's snapshot that the target equals.
        package var position: Snapshot?
        /// The position of the last batch that looked at the catalog.
        package var lookedAt: Snapshot?
        /// What stands in the way, for people.
        package var obstacle: String?
        /// What is being done, and for how long.
        package var stage = ""
    }

    let source: SourceIdentity
    let target: InstanceConfiguration.Target
    let link: any TargetLink
    let board: StatusBoard
    let logger: Logger
    let keeper: ConnectionKeeper
    private let stage = Stage()
    private let batchSize: Int
    private let wakeUp = WakeUp()
    private let beginning = ContinuousClock.now

    var machine: PipelineMachine
    var builder = BatchBuilder()
    private var state: TargetState?
    private var applied: SchemaSnapshot?
    private var appliedDigest = ""
    private var events = PendingEvents()
    private var fingerprint: String?
    private var rest = CatalogRest()
    private var lookedAt: Snapshot?
    var obstacle: String?
    /// What the target's last answer came to: only another one is worth a line.
    var answered: String?
    /// What the log has named as not carried.
    var loggedNotCarried: Set<NotCarried> = []
    /// What follows the batches by itself on the target.
    var later: [LaterStep.Progress] = []
    /// What the log has named as held.
    var loggedHeld: Set<String> = []
    private var registered: (position: Snapshot, at: Duration)?

    /// How many objects a line of the log names.
    static let namesInLog = 50
    /// How often the position is noted on the source, for the vacuum.
    private static let registryInterval: Duration = .seconds(1)

    /// A pipeline that has not begun.
    package init(
        source: SourceIdentity, target: InstanceConfiguration.Target, link: any TargetLink,
        configuration: InstanceConfiguration, board: StatusBoard, logger: Logger
    ) {
        self.source = source
        self.target = target
        self.link = link
        self.board = board
        var logger = logger
        logger[metadataKey: "target"] = "\(target.name)"
        self.logger = logger
        batchSize = configuration.batchSize
        keeper = ConnectionKeeper(configuration.database, purpose: "batches \(target.name)")
        machine = PipelineMachine(pace: .init(configuration.intervals))
    }

    /// How far the target is.
    package var progress: Progress {
        Progress(
            position: state?.position, lookedAt: lookedAt, obstacle: obstacle, stage: stage.text)
    }

    /// Asks for a batch now that looks at the catalog and is sent even if it is empty.
    package func request() {
        machine.requested()
        wakeUp.ring()
    }

    /// Says that the catalog or the capture may have changed.
    package func catalogChanged() {
        machine.catalogChanged()
        wakeUp.ring()
    }

    /// Runs until it is cancelled.
    ///
    /// - Throws: `CancellationError`, and `BatchError` where the schema `teleport` is not there or
    ///   was installed anew.
    package func run() async throws {
        do {
            while true {
                try Task.checkCancellation()
                try await step()
            }
        } catch {
            await keeper.discard()
            throw error
        }
    }

    var now: Duration { ContinuousClock.now - beginning }

    private func step() async throws {
        let action = machine.next(at: now)
        stage.begin(action.name)
        do {
            switch action {
            case .pause(let duration): await wakeUp.sleep(for: duration)
            case .askState: try await askState()
            case .peek: try await peek()
            case .fingerprint: try await compareFingerprints()
            case .build(let look, let evenIfEmpty):
                try await build(look: look, evenIfEmpty: evenIfEmpty)
            case .startEmpty: try await startEmpty()
            }
        } catch {
            try Task.checkCancellation()
            stage.begin("noting a failure")
            try await handle(error)
        }
        if case .pause = action { return }
        await board.waiting(
            target: target.name, since: machine.waitingSince.map { beginning + $0 },
            events: machine.pending)
    }

    // MARK: The steps

    private func askState() async throws {
        let state = try await link.state(of: source, target: target.name)
        builder.sequences.forgetValues()
        if state.phase == .replicating {
            guard let position = state.position, let text = state.applied else {
                throw LinkError(.badRequest, "the target says it replicates, but not from where")
            }
            let connection = try await keeper.connection()
            try await note(position, on: connection)
            try await SourceHistory.check(position, source: source, on: connection)
            let digest = SchemaSnapshot.digest(of: text)
            if digest != appliedDigest || applied == nil {
                applied = try SchemaSnapshot(encoded: text)
                appliedDigest = digest
            }
        }
        self.state = state
        await takeLater(state)
        machine.answered(state, at: now)
        await report(state)
    }

    private func peek() async throws {
        guard let state, let position = state.position else { return }
        let began = now
        let connection = try await keeper.connection()
        do throws(PGError) {
            events = try await builder.peek(
                since: position, notFrom: state.incarnation, on: connection)
        } catch {
            await BatchBuilder.rollBack(connection)
            switch error.sqlState?.rawValue {
            case "42P01", "3F000", "42703": throw BatchError.notInstalled
            default: throw error
            }
        }
        let counts = events.counts(for: target.expression, ignoring: builder.ignored)
        machine.peeked(pending: counts.wanted, others: counts.others, at: began)
        try await register(position, on: connection)
    }

    private func compareFingerprints() async throws {
        let connection = try await keeper.connection()
        let activity = try await CatalogReader.activity(connection)
        // Consents, and what is built behind a batch, are no part of the system's catalogs.
        let isBusy = target.options.drops == .hold || later.contains(where: \.isOpen)
        if !isBusy, fingerprint != nil, rest.lasts(activity, at: now) {
            return machine.fingerprinted(changed: false, at: now)
        }
        let seen = try await fingerprint(on: connection)
        if seen == fingerprint { rest.begin(activity, at: now) } else { rest.end() }
        var isBuilt = false
        if later.contains(where: \.isOpen) {
            let done = later.filter { $0.state == .done }
            await takeLater(try await link.state(of: source, target: target.name))
            isBuilt = later.filter { $0.state == .done } != done
        }
        machine.fingerprinted(changed: seen != fingerprint || isBuilt, at: now)
    }

    /// Moves with every change of the catalog, and with every consent.
    private func fingerprint(on connection: PGConnection) async throws -> String {
        var seen = try await CatalogReader.fingerprint(connection)
        if target.options.drops == .hold {
            seen += try await ConsentStore.keys(of: target.name, on: connection).sorted()
                .joined(separator: "|")
        }
        return seen
    }

    private func build(look: Bool, evenIfEmpty: Bool) async throws {
        guard let state, let position = state.position, let applied else { return }
        machine.building(at: now)
        let began = now
        let connection = try await keeper.connection()
        let seen = look ? try await fingerprint(on: connection) : nil
        var builder = builder
        defer { self.builder = builder }
        var request = BatchBuilder.Request(
            source: source, target: target.name, expression: target.expression,
            mapping: target.mapping, options: target.options, position: position,
            applied: applied, appliedDigest: appliedDigest, targetVersion: state.serverVersion,
            abilities: state.abilities ?? .init(),
            targetIncarnation: state.incarnation, look: look, recopy: machine.recopy,
            rowsPerFrame: batchSize)
        request.later = later
        let batch = try await builder.prepare(request, pending: events, on: connection)
        let looked = batch.applied != nil
        if let missing = batch.notCarried { await reportNotCarried(missing) }
        if let held = batch.held { await reportHeld(held) }
        guard !batch.isEmpty || evenIfEmpty else {
            await BatchBuilder.rollBack(connection)
            if look { fingerprint = seen }
            machine.sent(rows: 0, looked: looked, moved: false, at: now)
            await recover()
            return
        }
        // What the target carries afterwards may be more than was read: a table that lost its key
        // stays there.
        let carried: SchemaSnapshot?
        do {
            carried = try batch.header.schema.map { try SchemaSnapshot(encoded: $0.applied) }
        } catch {
            await BatchBuilder.rollBack(connection)
            throw error
        }
        let (answer, summary, readUntil) = try await send(batch, on: connection)
        guard answer.position == batch.header.to else {
            throw LinkError(.wrongPosition, "the target answered another position than was sent")
        }
        self.state?.position = batch.header.to
        // What could not be carried for a lack of them may be possible now.
        let hasOtherAbilities = answer.abilities.map { $0 != state.abilities } ?? false
        if let abilities = answer.abilities { self.state?.abilities = abilities }
        await takeLater(answer)
        if looked {
            lookedAt = batch.header.to
            if let section = batch.header.schema {
                self.applied = carried
                appliedDigest = SchemaSnapshot.digest(of: section.applied)
            }
            if look { fingerprint = hasOtherAbilities ? nil : seen }
        }
        builder.sequences.remember(batch.sequences)
        try await ConsentStore.forget(batch.released, of: target.name, on: connection)
        machine.sent(rows: summary.rows, looked: looked, moved: true, at: now)
        await reportBatch(batch, summary, took: now - began, reading: readUntil - began)
        try await register(batch.header.to, on: connection)
    }

    private func send(
        _ batch: PreparedBatch, on connection: PGConnection
    ) async throws -> (TargetState, PreparedBatch.Summary, readUntil: Duration) {
        let written = Written()
        let stage = stage
        do {
            stage.begin("connecting to the target")
            let answer = try await link.send { sink in
                stage.begin("reading and sending rows")
                let summary = try await batch.write(to: sink)
                written.set(summary)
                stage.begin("the target is applying")
            }
            guard let (summary, at) = written.value else {
                throw LinkError(.unreachable, "the target answered before the batch was written")
            }
            return (answer, summary, at - beginning)
        } catch {
            stage.begin("giving up the batch")
            await BatchBuilder.rollBack(connection)
            throw error
        }
    }

    private func startEmpty() async throws {
        let connection = try await keeper.connection()
        let begun: Bool
        do {
            begun = try await EmptyStart(
                source: source, target: target, link: link, connection: connection
            ).run()
        } catch {
            await BatchBuilder.rollBack(connection)
            throw error
        }
        if begun { logger.info("began without a load: no table has a row") }
        machine.startedEmpty(begun, at: now)
    }

    /// Notes the position on the source, so that the vacuum keeps what comes after it.
    private func register(_ position: Snapshot, on connection: PGConnection) async throws {
        if let registered {
            guard registered.position != position,
                now - registered.at >= Self.registryInterval
            else { return }
        }
        try await note(position, on: connection)
        registered = (position, now)
    }

    private func note(_ position: Snapshot, on connection: PGConnection) async throws {
        let name = target.name
        let incarnation = state?.incarnation
        let isKnown = try await TargetRegistry.update(
            name, position: position, incarnation: incarnation, on: connection)
        guard !isKnown else { return }
        // It was out of the configuration for a while. Whether its events are still there is
        // checked behind each batch's snapshot.
        _ = try await TargetRegistry.register(name, incarnation: incarnation, on: connection)
        try await TargetRegistry.update(
            name, position: position, incarnation: incarnation, on: connection)
    }
}
