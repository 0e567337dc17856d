/// Decides which connection is made, lent to whom, and closed: the pool as a value.
///
/// It knows no clock, randomness or socket: events go in with the time since some beginning, and
/// what must be done comes out. Connections and waiters are numbers. Whoever waits longest is served
/// first; there are never more connections than the maximum, and none is idle while one waits.
struct PoolMachine: Sendable {
    typealias Connection = Int
    typealias Waiter = Int
    typealias CloseReason = PGPoolStatistics.CloseReason

    /// What must be done, in order.
    enum Action: Sendable, Equatable {
        /// Make a connection; `connected` or `connectFailed` must follow.
        case connect(Connection)
        /// Lend a connection; with `check` a sign of life comes first. `lent` or `unfit` must follow.
        case lend(Connection, to: Waiter, check: Bool)
        /// Tell a waiter why it gets none.
        case refuse(Waiter, Refusal)
        /// Close a connection; `closed` must follow.
        case close(Connection)
        /// The pool was closed and has nothing left.
        case finished
    }

    /// Why a waiter gets no connection.
    enum Refusal: Sendable, Equatable {
        /// The pool is closed.
        case closed
        /// Too many wait.
        case full
        /// Connecting fails for a reason that waiting does not mend.
        case hopeless
    }

    /// What state a connection came back in.
    enum Return: Sendable, Equatable {
        /// It can be lent again.
        case fit
        /// It cannot.
        case unfit(CloseReason)
    }

    private enum Phase { case open, closing, finished }

    private struct Idle {
        let connection: Connection
        let since: Duration
    }

    private let settings: PGPoolConfiguration
    private var phase = Phase.open

    // Every connection is in one of these.
    private var connecting: Set<Connection> = []
    /// In the order they came back: the last one is lent first, so that a few stay busy and the
    /// others end of idleness.
    private var idle: [Idle] = []
    /// On their way to a waiter, nil where it has left meanwhile.
    private var offered: [Connection: Waiter?] = [:]
    private var lent: Set<Connection> = []
    private var closing: Set<Connection> = []

    /// When a connection's lifetime ends.
    private var ends: [Connection: Duration] = [:]
    /// No idle connection's lifetime ends before.
    private var firstEnd: Duration?
    /// In the order they came; numbers grow.
    private var queue: [Waiter] = []

    private var lastConnection = 0
    private var failures = 0
    private var earliestConnect = Duration.zero
    private var counts = PGPoolStatistics()

    /// A pool without connections; `tick` begins to make the minimum.
    init(_ settings: PGPoolConfiguration) { self.settings = settings }

    /// Whether nobody has closed the pool.
    var isOpen: Bool { phase == .open }

    /// Connections that exist, in whatever state.
    var total: Int {
        connecting.count + idle.count + offered.count + lent.count + closing.count
    }

    /// The numbers of the connections that are being made.
    var connectingConnections: [Connection] { Array(connecting) }

    /// The numbers of the connections that wait to be lent.
    var idleConnections: [Connection] { idle.map(\.connection) }

    /// What the pool has, and has done.
    var statistics: PGPoolStatistics {
        var all = counts
        all.lent = lent.count + offered.count
        all.idle = idle.count
        all.connecting = connecting.count
        all.closing = closing.count
        all.waiters = queue.count
        return all
    }

    /// When `tick` has something to do next.
    var nextWake: Duration? {
        guard phase == .open else { return nil }
        var wake: Duration?
        func consider(_ time: Duration) { wake = min(wake ?? time, time) }
        if let firstEnd { consider(firstEnd) }
        if let idleTime = settings.idleTime, let oldest = idle.first, hasSpare {
            consider(oldest.since + idleTime)
        }
        if failures > 0, wantsConnection, connecting.isEmpty, total < settings.maximum {
            consider(earliestConnect)
        }
        return wake
    }

    // MARK: Waiters

    /// Somebody wants a connection; `waiter` is greater than all before.
    mutating func acquire(_ waiter: Waiter, at now: Duration) -> [Action] {
        guard phase == .open else { return [refuse(waiter, .closed)] }
        guard queue.count < settings.maximumWaiters || !idle.isEmpty else {
            return [refuse(waiter, .full)]
        }
        var actions: [Action] = []
        queue.append(waiter)
        serve(now, &actions)
        return actions
    }

    /// A waiter waits no more, because its time is up or its task was cancelled.
    mutating func leave(_ waiter: Waiter, timedOut: Bool) {
        if timedOut { counts.timeouts += 1 } else { counts.cancellations += 1 }
        if let index = queue.firstIndex(of: waiter) {
            queue.remove(at: index)
        } else if let offer = offered.first(where: { $0.value == waiter }) {
            offered[offer.key] = .some(nil)
        }
    }

    /// Whether a waiter is still there to take the connection that is on its way to it.
    func isOffered(_ connection: Connection, to waiter: Waiter) -> Bool {
        offered[connection] == waiter
    }

    /// The waiter has taken the connection.
    mutating func lent(_ connection: Connection) {
        guard offered.removeValue(forKey: connection) != nil else { return }
        lent.insert(connection)
        counts.acquired += 1
    }

    /// The waiter had left when the connection, which is well, came to it.
    mutating func declined(_ connection: Connection, at now: Duration) -> [Action] {
        guard offered.removeValue(forKey: connection) != nil else { return [] }
        var actions: [Action] = []
        available(connection, now, &actions)
        return actions
    }

    /// The connection cannot be lent; its waiter goes back to its place in the queue.
    mutating func unfit(_ connection: Connection, _ reason: CloseReason, at now: Duration)
        -> [Action]
    {
        guard let offer = offered.removeValue(forKey: connection) else { return [] }
        var actions: [Action] = []
        if let waiter = offer {
            if phase == .open {
                queue.insert(waiter, at: queue.firstIndex { $0 > waiter } ?? queue.count)
            } else {
                actions.append(refuse(waiter, .closed))
            }
        }
        close(connection, reason, &actions)
        serve(now, &actions)
        return actions
    }

    // MARK: Connections

    /// A connection is made; `random`, from 0 to 1, shortens its lifetime.
    mutating func connected(_ connection: Connection, random: Double, at now: Duration)
        -> [Action]
    {
        // The pool was closed by force: nobody counts this one any more.
        guard connecting.remove(connection) != nil else { return [.close(connection)] }
        counts.created += 1
        failures = 0
        if let lifetime = settings.lifetime {
            ends[connection] = now + lifetime * (1 - settings.lifetimeJitter * random)
        }
        var actions: [Action] = []
        available(connection, now, &actions)
        return actions
    }

    /// A connection could not be made; `random`, from 0 to 1, shortens the pause before the next.
    ///
    /// Where that is hopeless, whoever waits learns of it at once, unless another connection may yet
    /// serve.
    mutating func connectFailed(
        _ connection: Connection, isHopeless: Bool, random: Double, at now: Duration
    ) -> [Action] {
        guard connecting.remove(connection) != nil else { return [] }
        var actions: [Action] = []
        counts.connectFailures += 1
        failures += 1
        var pause = settings.firstPause
        var doublings = failures - 1
        while doublings > 0, pause < settings.longestPause {
            pause *= 2
            doublings -= 1
        }
        earliestConnect = now + min(pause, settings.longestPause) * (1 - 0.25 * random)
        if isHopeless, lent.isEmpty, offered.isEmpty {
            for waiter in queue { actions.append(refuse(waiter, .hopeless)) }
            queue = []
        }
        serve(now, &actions)
        return actions
    }

    /// A connection that was lent is back, and clean where it is fit.
    mutating func released(_ connection: Connection, _ state: Return, at now: Duration) -> [Action]
    {
        guard lent.remove(connection) != nil else { return [] }
        var actions: [Action] = []
        switch state {
        case .fit: available(connection, now, &actions)
        case .unfit(let reason):
            close(connection, reason, &actions)
            serve(now, &actions)
        }
        return actions
    }

    /// An idle connection is gone.
    mutating func lost(_ connection: Connection, at now: Duration) -> [Action] {
        guard let index = idle.firstIndex(where: { $0.connection == connection }) else { return [] }
        idle.remove(at: index)
        var actions: [Action] = []
        close(connection, .lost, &actions)
        serve(now, &actions)
        return actions
    }

    /// A connection is closed.
    mutating func closed(_ connection: Connection, at now: Duration) -> [Action] {
        guard closing.remove(connection) != nil else { return [] }
        var actions: [Action] = []
        serve(now, &actions)
        return actions
    }

    /// Time has passed: closes what is too old, makes what is missing.
    mutating func tick(at now: Duration) -> [Action] {
        guard phase == .open else { return [] }
        var actions: [Action] = []
        let old = idle.filter { (ends[$0.connection] ?? .seconds(Int64.max)) <= now }
        idle.removeAll { (ends[$0.connection] ?? .seconds(Int64.max)) <= now }
        for each in old { close(each.connection, .lifetime, &actions) }
        firstEnd = idle.compactMap { ends[$0.connection] }.min()
        while let idleTime = settings.idleTime, let oldest = idle.first,
            oldest.since + idleTime <= now, hasSpare
        {
            idle.removeFirst()
            close(oldest.connection, .idle, &actions)
        }
        serve(now, &actions)
        return actions
    }

    // MARK: The end

    /// Nobody gets a connection any more; those that are lent may come back.
    mutating func close() -> [Action] {
        guard phase == .open else { return [] }
        phase = .closing
        var actions: [Action] = []
        for waiter in queue { actions.append(refuse(waiter, .closed)) }
        queue = []
        for each in idle { close(each.connection, .poolClosed, &actions) }
        idle = []
        finishIfEmpty(&actions)
        return actions
    }

    /// The time for those that are lent is over.
    mutating func closeNow() -> [Action] {
        var actions = close()
        guard phase == .closing else { return actions }
        for (connection, waiter) in offered {
            if let waiter { actions.append(refuse(waiter, .closed)) }
            close(connection, .poolClosed, &actions)
        }
        offered = [:]
        for connection in lent { close(connection, .poolClosed, &actions) }
        lent = []
        connecting = []
        finishIfEmpty(&actions)
        return actions
    }

    // MARK: Parts

    // The minimum is for connections that can be used: those being closed do not count.
    private var hasSpare: Bool { total - closing.count > settings.minimum }

    private var wantsConnection: Bool {
        queue.count > connecting.count || total - closing.count < settings.minimum
    }

    /// Hands out what there is to whoever waits, and makes connections where more is needed.
    private mutating func serve(_ now: Duration, _ actions: inout [Action]) {
        guard phase == .open else { return finishIfEmpty(&actions) }
        while !queue.isEmpty, let last = idle.popLast() {
            if let end = ends[last.connection], end <= now {
                close(last.connection, .lifetime, &actions)
                continue
            }
            let waiter = queue.removeFirst()
            offered[last.connection] = waiter
            actions.append(
                .lend(last.connection, to: waiter, check: now - last.since >= settings.checkAfter))
        }
        if idle.isEmpty { firstEnd = nil }
        let atOnce = failures == 0 ? settings.connectsAtOnce : 1
        while wantsConnection, total < settings.maximum, connecting.count < atOnce,
            failures == 0 || now >= earliestConnect
        {
            lastConnection += 1
            connecting.insert(lastConnection)
            actions.append(.connect(lastConnection))
        }
    }

    /// A connection can be lent: to who waits longest, else later.
    private mutating func available(
        _ connection: Connection, _ now: Duration, _ actions: inout [Action]
    ) {
        guard phase == .open else {
            close(connection, .poolClosed, &actions)
            return
        }
        if let end = ends[connection] {
            guard end > now else {
                close(connection, .lifetime, &actions)
                return serve(now, &actions)
            }
            firstEnd = min(firstEnd ?? end, end)
        }
        idle.append(Idle(connection: connection, since: now))
        serve(now, &actions)
    }

    private mutating func close(
        _ connection: Connection, _ reason: CloseReason, _ actions: inout [Action]
    ) {
        ends[connection] = nil
        closing.insert(connection)
        counts.closed[reason, default: 0] += 1
        actions.append(.close(connection))
    }

    private mutating func refuse(_ waiter: Waiter, _ refusal: Refusal) -> Action {
        counts.refusals += 1
        return .refuse(waiter, refusal)
    }

    private mutating func finishIfEmpty(_ actions: inout [Action]) {
        guard phase == .closing, total == 0 else { return }
        phase = .finished
        actions.append(.finished)
    }
}
