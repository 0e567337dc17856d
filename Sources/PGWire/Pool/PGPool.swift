/// Connections that many tasks share, a few at a time.
///
/// Whoever waits longest is served first; a task that is cancelled, or whose time is up, leaves the
/// queue. A connection that comes back in a transaction is rolled back before it is lent again; one
/// that is lost, or has a request under way, is closed. The state of a session (settings, temporary
/// tables, LISTEN) is kept unless `resetsSession` is set.
///
/// A pool should be closed by `close(within:)`; one that is dropped closes its connections, too.
public actor PGPool {
    /// How to connect.
    public nonisolated let configuration: PGConfiguration
    /// How many connections there are, and for how long.
    public nonisolated let settings: PGPoolConfiguration

    /// What the pool itself runs on: the first loop, so that a caller there needs no other thread.
    let loop: PGEventLoop
    private let loops: [PGEventLoop]
    private let prepare: (@Sendable (PGConnection) async throws -> Void)?
    private let beginning = ContinuousClock.now

    var machine: PoolMachine
    var connections: [PoolMachine.Connection: PGConnection] = [:]
    /// One a connection, at most: it is made, checked, cleaned or closed.
    private var tasks: [PoolMachine.Connection: Task<Void, Never>] = [:]
    var waiters: [PoolMachine.Waiter: Promise<Grant>] = [:]
    private var lastWaiter = 0
    private var lastConnectError: PGError?
    private var timer: PGEventLoop.Timer?
    private var wake = Duration.zero
    private var closers: [Promise<Void>] = []
    private var isFinished = false

    /// What a waiter is told.
    enum Grant: Sendable {
        case lease(Lease)
        case refusal(PGError)
    }

    /// A connection that is lent.
    struct Lease: Sendable {
        let id: PoolMachine.Connection
        let connection: PGConnection
    }

    /// A pool; the minimum of connections is made at once, the others when they are needed.
    ///
    /// - Parameters:
    ///   - configuration: how to connect.
    ///   - settings: how many connections there are, and for how long.
    ///   - loops: the event loops over which connections are spread, in turn.
    ///   - prepare: is given each new connection before it is lent, for settings, for example; it must
    ///     end within `connectTimeout`. A connection for which it throws is not used.
    /// - Throws: `invalidConfiguration` where the settings do not fit together.
    public init(
        _ configuration: PGConfiguration, settings: PGPoolConfiguration = PGPoolConfiguration(),
        loops: [PGEventLoop] = [.shared],
        prepare: (@Sendable (PGConnection) async throws -> Void)? = nil
    ) throws(PGError) {
        try settings.validate()
        guard let loop = loops.first else {
            throw PGError(.invalidConfiguration, "pool: no event loop is named")
        }
        self.configuration = configuration
        self.settings = settings
        self.loop = loop
        self.loops = loops
        self.prepare = prepare
        machine = PoolMachine(settings)
        loop.execute { [weak self] in
            self?.assumeIsolated { $0.tick() }
        }
    }

    /// The first loop's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// What the pool has now, and what it has done.
    public var statistics: PGPoolStatistics { machine.statistics }

    // MARK: Lending

    /// A connection that is the caller's until `release`.
    func acquire(_ timeout: Duration) async throws(PGError) -> Lease {
        if Task.isCancelled { throw PGError(.cancelled, "the task was cancelled") }
        lastWaiter += 1
        let waiter = lastWaiter
        let promise = Promise<Grant>()
        waiters[waiter] = promise
        run(machine.acquire(waiter, at: now))
        let grant: Grant
        do throws(PGError) {
            grant = try await promise.wait(
                until: .now + timeout, on: loop, late: PGError(.timedOut, "no connection in time"))
        } catch {
            waiters[waiter] = nil
            machine.leave(waiter, timedOut: error.code == .timedOut)
            throw error.code == .timedOut ? acquireTimedOut(timeout) : error
        }
        switch grant {
        case .lease(let lease): return lease
        case .refusal(let error): throw error
        }
    }

    /// Takes a connection back; it is cleaned while nobody waits for it.
    func release(_ lease: Lease) async {
        let state = await lease.connection.poolState
        guard connections[lease.id] != nil else { return }
        switch state {
        case .lost: released(lease.id, .unfit(.lost))
        case .busy: released(lease.id, .unfit(.busy))
        case .idle where !settings.resetsSession: released(lease.id, .fit)
        case .idle, .inTransaction: clean(lease, rollBack: state == .inTransaction)
        }
    }

    private func released(_ id: PoolMachine.Connection, _ state: PoolMachine.Return) {
        run(machine.released(id, state, at: now))
    }

    /// Ends a transaction and resets the session; the caller's cancellation does not stop it.
    private func clean(_ lease: Lease, rollBack: Bool) {
        let (limit, resets) = (settings.checkTimeout, settings.resetsSession)
        tasks[lease.id] = Task {
            var state = PoolMachine.Return.fit
            do throws(PGError) {
                if rollBack { try await lease.connection.execute("ROLLBACK", timeout: limit) }
                if resets { try await lease.connection.discardSession(limit) }
            } catch {
                state = .unfit(error.isConnectionLost ? .lost : .unresettable)
            }
            tasks[lease.id] = nil
            released(lease.id, state)
        }
    }

    private func acquireTimedOut(_ timeout: Duration) -> PGError {
        let all = machine.statistics
        var text = "no connection of the pool was free within \(timeout): \(all.lent) are lent,"
        text += " \(all.connecting) are being made, \(settings.maximum) may be"
        guard let lastConnectError else { return PGError(.timedOut, text) }
        return PGError(
            .timedOut, text + "; connecting failed last: \(lastConnectError.message)",
            server: lastConnectError.server)
    }

    // MARK: Closing

    /// Closes the pool: nobody gets a connection any more, those that are lent have a while to come
    /// back and are closed then, whoever uses them.
    ///
    /// When it returns, every connection is closed and no task of the pool is left, but for a
    /// `prepare` that does not heed its cancellation. A cancelled caller does not wait for the grace
    /// period.
    public func close(within grace: Duration = .seconds(10)) async {
        run(machine.close())
        for id in machine.connectingConnections { tasks[id]?.cancel() }
        guard !isFinished else { return }
        let orderly = Promise<Void>()
        closers.append(orderly)
        do throws(PGError) {
            try await orderly.wait(
                until: .now + grace, on: loop, late: PGError(.timedOut, "the pool is in use"))
            return
        } catch {
            run(machine.closeNow())
        }
        guard !isFinished else { return }
        // What is left is closing, which waits for nobody: not even a cancelled caller leaves before.
        let final = Promise<Void>()
        closers.append(final)
        await Task { _ = try? await final.wait() }.value
    }

    private func finished() {
        isFinished = true
        timer?.cancel()
        timer = nil
        for closer in closers { closer.fulfil(.success(())) }
        closers = []
    }

    // MARK: What the machine decides

    private var now: Duration { .now - beginning }

    private func tick() {
        for id in machine.idleConnections where connections[id]?.isOpen != true {
            run(machine.lost(id, at: now))
        }
        run(machine.tick(at: now))
    }

    private func run(_ actions: [PoolMachine.Action]) {
        for action in actions { perform(action) }
        guard let due = machine.nextWake else { return }
        // A timer that is too early finds nothing to do and sets the next.
        guard timer == nil || due < wake else { return }
        timer?.cancel()
        wake = due
        timer = loop.schedule(after: due - now) { [weak self] in
            self?.assumeIsolated {
                $0.timer = nil
                $0.tick()
            }
        }
    }

    private func perform(_ action: PoolMachine.Action) {
        switch action {
        case .connect(let id): connect(id)
        case .lend(let id, let waiter, let check): lend(id, to: waiter, check: check)
        case .refuse(let waiter, let refusal):
            waiters.removeValue(forKey: waiter)?.fulfil(.success(.refusal(error(refusal))))
        case .close(let id): close(id)
        case .finished: finished()
        }
    }

    private func lend(_ id: PoolMachine.Connection, to waiter: PoolMachine.Waiter, check: Bool) {
        guard let connection = connections[id], connection.isOpen else {
            return run(machine.unfit(id, .lost, at: now))
        }
        guard check else { return hand(Lease(id: id, connection: connection), to: waiter) }
        tasks[id] = Task {
            var failure: PGError?
            do throws(PGError) {
                try await connection.execute("", timeout: settings.checkTimeout)
            } catch {
                failure = error
            }
            tasks[id] = nil
            if let failure {
                let isLost = failure.isConnectionLost
                run(machine.unfit(id, isLost ? .lost : .unhealthy, at: now))
            } else {
                hand(Lease(id: id, connection: connection), to: waiter)
            }
        }
    }

    private func hand(_ lease: Lease, to waiter: PoolMachine.Waiter) {
        if let promise = waiters.removeValue(forKey: waiter),
            promise.fulfil(.success(.lease(lease)))
        {
            machine.lent(lease.id)
        } else {
            run(machine.declined(lease.id, at: now))
        }
    }

    private func error(_ refusal: PoolMachine.Refusal) -> PGError {
        switch refusal {
        case .closed: PGError(.connectionClosed, "the pool is closed")
        case .full:
            PGError(
                .timedOut,
                "\(settings.maximumWaiters) tasks wait for a connection of the pool already")
        case .hopeless:
            lastConnectError ?? PGError(.connectFailed, "the pool cannot connect")
        }
    }

    private func connect(_ id: PoolMachine.Connection) {
        let loop = loops[id % loops.count]
        tasks[id] = Task {
            do {
                let connection = try await PGConnection.connect(configuration, on: loop)
                try await prepare(connection, id)
                tasks[id] = nil
                connections[id] = connection
                lastConnectError = nil
                run(machine.connected(id, random: Double.random(in: 0...1), at: now))
            } catch {
                tasks[id] = nil
                let reason =
                    error as? PGError ?? PGError(.connectFailed, "preparing it failed: \(error)")
                if reason.code != .cancelled { lastConnectError = reason }
                run(
                    machine.connectFailed(
                        id, isHopeless: !reason.isTransient && reason.code != .cancelled,
                        random: Double.random(in: 0...1), at: now))
            }
        }
    }

    private func prepare(_ connection: PGConnection, _ id: PoolMachine.Connection) async throws {
        guard let prepare else { return }
        let limit = loop.schedule(after: configuration.connectTimeout) { [weak self] in
            self?.assumeIsolated { $0.tasks[id]?.cancel() }
        }
        defer { limit.cancel() }
        do {
            try await prepare(connection)
        } catch {
            await connection.close()
            guard Task.isCancelled, machine.isOpen else { throw error }
            throw PGError(
                .timedOut, "preparing a connection took longer than connectTimeout allows")
        }
    }

    private func close(_ id: PoolMachine.Connection) {
        guard let connection = connections.removeValue(forKey: id) else {
            return run(machine.closed(id, at: now))
        }
        // What cleans or checks it ends with the connection.
        tasks[id] = Task {
            await connection.closeAndCancel()
            tasks[id] = nil
            run(machine.closed(id, at: now))
        }
    }
}
