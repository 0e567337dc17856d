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
    var isTaken = false
    /// Whether a request is under way.
    var isBusy: Bool { isTaken }
    var waiting: [Turn] = []
    var current: Operation?
    /// Whether the current request's turn ends with the bytes that are being looked at.
    private var turnEnds = false

    // Statements.
    var statements: StatementCache
    /// Names of statements that the server may forget, with the next request.
    var doomed: [String] = []
    var lastStatement = 0
    /// What the names of this connection's statements begin with, and no other's.
    ///
    /// Behind a pooler two connections may meet in one session: neither may take the other's statement
    /// for its own.
    let statementPrefix =
        PGPreparedStatement.namePrefix + String(UInt64.random(in: 0 ... .max), radix: 36) + "_"
    var lastID = 0

    /// Whether somebody is told of every message.
    let isTraced: Bool
    /// Whether somebody is told of every request.
    let isWatched: Bool

    private init(_ configuration: PGConfiguration, loop: PGEventLoop) {
        self.configuration = configuration
        isTraced = configuration.onMessage != nil
        isWatched = configuration.onActivity != nil
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
        // It may have broken behind the server's last word, before we came here.
        if let failure { throw failure }
        visible.withLock {
            $0.serverVersion = Self.versionNumber(session.parameters["server_version"] ?? "")
            $0.isOpen = true
        }
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
        let wasOpen = visible.withLock { visible in
            defer { visible.isOpen = false }
            return visible.isOpen
        }
        if wasOpen { configuration.onActivity?(.disconnected(error)) }
        channel?.close()
        login?.fulfil(.failure(error))
        let turns = waiting
        waiting = []
        if let current {
            if current.outcome == nil { current.outcome = .failure(error) }
            current.cancelsInFlight = 0
            report(current)
            settle(current)
        }
        endListeners(failure ?? error)
        for turn in turns { turn.fail(failure ?? error) }
    }

    // MARK: The session's actions

    private func received(_ bytes: UnsafeRawBufferPointer) {
        decoder.feed(bytes)
        do throws(PGError) {
            while failure == nil, let message = try decoder.next() {
                if isTraced { trace(message) }
                for action in session.receive(message) { perform(action) }
            }
        } catch {
            fail(error)
        }
        guard turnEnds else { return }
        // Not before: what follows an answer in the same bytes belongs to no later request.
        turnEnds = false
        if let current { settle(current) }
    }

    private func perform(_ action: Session.Action) {
        switch action {
        case .send(let bytes): send(bytes)
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
            current?.outgoing?.refuse(error)
            current?.drained?.fulfil(.failure(error))
        case .finished(let outcome):
            guard let operation = current else { return }
            operation.outcome = outcome
            operation.endedIdle = session.transactionStatus == .idle
            operation.ranNothing = session.ranNothing
            report(operation)
            if operation.endsTurn { turnEnds = true } else { operation.wakeIfSettled() }
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
