import Synchronization

/// One connection to a PostgreSQL server.
///
/// Calls from several tasks are answered one after the other, in the order they came. A task that is
/// cancelled, or whose time limit passes, cancels its statement on the server and leaves the
/// connection usable; where the server does not stop within five seconds, the connection is closed.
/// The actor runs on its event loop's thread: a task that prefers that executor queries without a hop
/// between threads.
public actor PGConnection {
    /// The loop that the connection lives on.
    public nonisolated let loop: PGEventLoop
    /// Of the server that was chosen, once one is; of all of them before.
    var configuration: PGConfiguration

    /// What may be read from anywhere.
    private struct Visible {
        var serverVersion = 0
        var isOpen = false
    }
    private let visible = Mutex(Visible())

    var channel: Channel?
    var session: Session
    private var decoder = BackendDecoder()
    private var observer: (@Sendable (PGEvent) -> Void)?
    var listeners: [String: [NotificationQueue]] = [:]
    /// Answered when the login is over, well or not.
    private var login: Promise<Void>?
    /// Why the connection cannot be used any more.
    var failure: PGError?

    // Turns: one request at a time, first come, first served.
    private var isTaken = false
    /// Whether a request is under way.
    var isBusy: Bool { isTaken }
    private var waiting: [Promise<Void>] = []
    var current: Operation?

    // Statements.
    var statements: StatementCache
    /// Names of statements that the server may forget, with the next request.
    var doomed: [String] = []
    var lastStatement = 0
    private var lastID = 0

    private init(_ configuration: PGConfiguration, loop: PGEventLoop) {
        self.configuration = configuration
        self.loop = loop
        session = Session(login: Login(user: "", password: nil, nonce: ""))
        statements = StatementCache(capacity: configuration.statementCacheSize)
    }

    isolated deinit {
        sayGoodbye()
    }

    /// The loop's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// The server's version number, for example 150018.
    public nonisolated var serverVersion: Int { visible.withLock { $0.serverVersion } }

    /// Whether the connection can still be used.
    public nonisolated var isOpen: Bool { visible.withLock { $0.isOpen } }

    /// The latest value the server reported for a setting, for example `TimeZone`.
    public func parameterStatus(_ name: String) -> String? { session.parameters[name] }

    /// Where the connection stands between transactions.
    public var transactionStatus: PGTransactionStatus { session.transactionStatus }

    /// Whether the bytes are encrypted.
    public var isEncrypted: Bool { channel?.isTLS ?? false }

    /// The server process of this connection, where it told.
    public var serverProcessID: Int? { session.cancelKey.map { Int($0.processID) } }

    /// Sets who is told of notices, notifications and changed settings; it is called on the loop's
    /// thread and must not block.
    public func observe(_ observer: (@Sendable (PGEvent) -> Void)?) { self.observer = observer }

    // MARK: Connecting

    /// Connects, negotiates TLS and logs in, within `connectTimeout` a host.
    ///
    /// Several hosts are tried one after the other until one is what `targetSessionAttributes` asks
    /// for; the error says why each was not.
    ///
    /// - Throws: `connectFailed`, `tlsFailed`, `authenticationFailed`, `timedOut`, `cancelled`,
    ///   `invalidConfiguration`, or the `server`'s reason; nothing stays open.
    public static func connect(
        _ configuration: PGConfiguration, on loop: PGEventLoop = .shared
    ) async throws(PGError) -> PGConnection {
        let connection = PGConnection(configuration, loop: loop)
        try await connection.open()
        return connection
    }

    /// Closes a connection that is not the one, and forgets it.
    func leaveServer() {
        sayGoodbye()
        channel = nil
        visible.withLock { $0 = Visible() }
    }

    /// Connects to the server, in TLS or plain, and logs in.
    func open(tls: Bool, deadline: ContinuousClock.Instant) async throws(PGError) {
        let channel = try await Channel.open(
            configuration.dialled, options: SocketOptions(configuration), loop: loop,
            deadline: deadline)
        configuration.pin(to: channel.address)
        do throws(PGError) {
            try await checkPeer(of: channel, deadline: deadline)
            if tls {
                _ = try await TLSNegotiation.begin(channel, configuration, deadline: deadline)
            }
            try await logIn(channel, deadline: deadline)
        } catch {
            channel.close()
            self.channel = nil
            throw error
        }
    }

    private func logIn(
        _ channel: Channel, deadline: ContinuousClock.Instant
    ) async throws(PGError) {
        session = Session(
            login: try await Login.begin(configuration, on: channel, deadline: deadline))
        decoder = BackendDecoder()
        failure = nil
        self.channel = channel
        let bytes = try FrontendMessage.encode(
            .startup(
                version: configuration.maxProtocolVersion, parameters: configuration.startup))
        let promise = Promise<Void>()
        login = promise
        channel.onRead = { [weak self] bytes in
            // Safety: we are on the loop's thread, which is the actor's executor, and stay on it.
            nonisolated(unsafe) let bytes = bytes
            self?.assumeIsolated { $0.received(bytes) }
        }
        channel.onClose = { [weak self] error in
            self?.assumeIsolated {
                // What the server says of our certificate comes here, too.
                let lost = error.map { $0.code == .tlsFailed ? $0 : .lost($0.message) }
                $0.fail(lost ?? .lost("the server closed it"))
            }
        }
        channel.onDrained = { [weak self] in
            self?.assumeIsolated { _ = $0.current?.drained?.fulfil(.success(())) }
        }
        channel.send(bytes)
        defer { login = nil }
        try await promise.wait(
            until: deadline, on: loop,
            late: PGError(
                .timedOut, "the server did not complete the login within the time to connect"))
        visible.withLock {
            $0.serverVersion = Self.versionNumber(session.parameters["server_version"] ?? "")
            $0.isOpen = true
        }
    }

    // MARK: Requests

    /// Simple query protocol: one or several statements, one result each, values as text.
    ///
    /// The text is sent as it is: never with text of a stranger in it. `query` takes values safely.
    ///
    /// - Parameters:
    ///   - sql: the statements.
    ///   - timeout: after which the statement is cancelled; nil for none.
    /// - Returns: one result for each statement.
    /// - Throws: `server` with the first error, `cancelled`, `timedOut`, `connectionLost`,
    ///   `connectionClosed`, `misuse`. Where the statement ended before it could be cancelled, its
    ///   result is returned.
    @discardableResult
    public func execute(
        _ sql: String, timeout: Duration? = nil
    ) async throws(PGError) -> [PGResult] {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        defer { passTurn() }
        return try await exchange(.simple(sql), deadline).compactMap(\.result)
    }

    /// Sends a request and waits for its answer; the caller has the turn.
    func exchange(
        _ request: Session.Request, _ deadline: ContinuousClock.Instant?
    ) async throws(PGError) -> [StepOutcome] {
        let operation = try start(request, deadline)
        return try await settled(operation).get()
    }

    /// Sends a request; the caller has the turn.
    func start(
        _ request: Session.Request, _ deadline: ContinuousClock.Instant?, streams: Bool = false
    ) throws(PGError) -> Operation {
        if let failure { throw failure }
        if Task.isCancelled { throw PGError(.cancelled, "the task was cancelled") }
        let bytes = try session.start(request)
        lastID += 1
        let operation = Operation(id: lastID, streams: streams)
        current = operation
        if let deadline {
            let id = operation.id
            operation.timer = loop.schedule(after: deadline - .now) { [weak self] in
                self?.assumeIsolated { $0.interrupt(id, .timedOut) }
            }
        }
        channel?.send(bytes)
        return operation
    }

    /// Waits for its turn and sends a request that streams; the caller must `passTurn` unless this
    /// throws.
    func begin(
        _ request: Session.Request, _ timeout: Duration?
    ) async throws(PGError) -> Operation {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await takeTurn(deadline)
        do throws(PGError) {
            return try start(request, deadline, streams: true)
        } catch {
            passTurn()
            throw error
        }
    }

    /// The answer, once the server is ready for the next request.
    func settled(_ operation: Operation) async -> Result<[StepOutcome], PGError> {
        let id = operation.id
        if !operation.isSettled {
            await withTaskCancellationHandler {
                // A method of the actor, not statements here: a closure that does not capture the
                // actor would run outside of it, and race with the loop for the operation.
                await withUnsafeContinuation { waiter in self.park(waiter, operation) }
            } onCancel: {
                loop.execute { [weak self] in
                    self?.assumeIsolated { $0.interrupt(id, .cancelled) }
                }
            }
        }
        return operation.result ?? .failure(.lost("it ended while an answer was due"))
    }

    /// Keeps who waits for an answer, unless it came while the call was on its way here.
    private func park(_ waiter: UnsafeContinuation<Void, Never>, _ operation: Operation) {
        if operation.isSettled { waiter.resume() } else { operation.waiter = waiter }
    }

    /// Waits for the connection to be free; whoever gets it must `passTurn`.
    func takeTurn(_ deadline: ContinuousClock.Instant?) async throws(PGError) {
        if let failure { throw failure }
        guard isTaken else {
            isTaken = true
            return
        }
        let turn = Promise<Void>()
        waiting.append(turn)
        do throws(PGError) {
            guard let deadline else { return try await turn.wait() }
            try await turn.wait(
                until: deadline, on: loop,
                late: PGError(.timedOut, "the connection was busy for the whole time limit"))
        } catch {
            waiting.removeAll { $0 === turn }
            throw error
        }
    }

    /// Lets the next request begin.
    func passTurn() {
        current = nil
        while !waiting.isEmpty {
            // A waiter that was cancelled meanwhile does not take it.
            if waiting.removeFirst().fulfil(.success(())) { return }
        }
        isTaken = false
    }

    // MARK: Closing

    /// Says Terminate and closes; harmless when closed already.
    ///
    /// Requests under way throw.
    public func close() async {
        sayGoodbye()
        fail(PGError(.connectionClosed, "the connection was closed by its owner"))
    }

    private func sayGoodbye() {
        if failure == nil, let bytes = try? FrontendMessage.encode(.terminate) {
            channel?.send(bytes)
        }
        channel?.close()
    }

    /// Ends the connection and wakes everybody who waits.
    func fail(_ error: PGError) {
        guard failure == nil else { return }
        // Who comes later learns that the connection is gone, and why.
        failure = error.code == .server ? .lost(error.message, server: error.server) : error
        visible.withLock { $0.isOpen = false }
        channel?.close()
        login?.fulfil(.failure(error))
        if let current {
            if current.outcome == nil { current.outcome = .failure(error) }
            current.cancelsInFlight = 0
            current.wakeIfSettled()
        }
        endListeners(failure ?? error)
        let turns = waiting
        waiting = []
        for turn in turns { turn.fulfil(.failure(failure ?? error)) }
    }

    // MARK: The session's actions

    private func received(_ bytes: UnsafeRawBufferPointer) {
        decoder.feed(bytes)
        do throws(PGError) {
            while failure == nil, let message = try decoder.next() {
                for action in session.receive(message) { perform(action) }
            }
        } catch {
            fail(error)
        }
    }

    private func perform(_ action: Session.Action) {
        switch action {
        case .send(let bytes): channel?.send(bytes)
        case .derive(let derivation): derive(derivation)
        case .loggedIn:
            decoder.maximumLength = Limits.message
            login?.fulfil(.success(()))
        case .copyOpened: current?.opened?.fulfil(.success(()))
        case .copyChunk(let chunk): deliver(.chunk(chunk))
        case .streamOpened(let columns):
            current?.columns = columns
            current?.opened?.fulfil(.success(()))
        case .rows(let storage): deliver(.rows(storage))
        case .suspended: fetchMore()
        case .copyInFailed(let error):
            current?.copyFailure = error
            current?.drained?.fulfil(.failure(error))
        case .finished(let outcome):
            current?.outcome = outcome
            current?.wakeIfSettled()
        case .event(let event): tell(event)
        case .close(let error): fail(error)
        }
    }

    private func tell(_ event: PGEvent) {
        if case .notification(let notification) = event {
            listeners[notification.channel]?.forEach { $0.add(notification) }
        }
        observer?(event)
    }

    private func derive(_ derivation: SCRAM.Derivation) {
        Task {
            let deadline = ContinuousClock.now + configuration.connectTimeout
            let key: Result<[UInt8], PGError>
            do throws(PGError) {
                key = .success(
                    try await BlockingWork.run(
                        "deriving the SCRAM key", deadline: deadline, loop: loop
                    ) {
                        do throws(PGError) {
                            return .success(try derivation.compute())
                        } catch {
                            return .failure(error)
                        }
                    })
            } catch {
                key = .failure(error)
            }
            for action in session.keyDerived(key) { perform(action) }
        }
    }
}
