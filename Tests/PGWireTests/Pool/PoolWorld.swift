@testable import PGWire

/// A made-up world around a pool's decisions: it connects, borrows, fails and waits at random, and
/// notes every promise that is broken.
struct PoolWorld {
    private var random: SplitMix
    private let settings: PGPoolConfiguration
    private var pool: PoolMachine
    private var now = Duration.zero

    private var connecting: Set<Int> = []
    private var offers: [(connection: Int, waiter: Int)] = []
    private var lent: Set<Int> = []
    private var closing: Set<Int> = []
    private var open: Set<Int> = []
    private var waiting: [Int] = []
    private var lastWaiter = 0
    private var served = 0
    private var finished = 0
    private var isClosed = false

    /// What was not kept.
    private(set) var broken: [String] = []

    /// A world that is the same each time for a seed.
    init(seed: UInt64) {
        random = SplitMix(state: seed)
        let maximum = Int.random(in: 1...6, using: &random)
        var settings = PGPoolConfiguration(
            minimum: Int.random(in: 0...maximum, using: &random), maximum: maximum)
        settings.lifetime = Bool.random(using: &random) ? .seconds(20) : nil
        settings.idleTime = Bool.random(using: &random) ? .seconds(5) : nil
        settings.checkAfter = .seconds(Int.random(in: 0...3, using: &random))
        settings.maximumWaiters = 20
        self.settings = settings
        pool = PoolMachine(settings)
        perform(pool.tick(at: now))
    }

    private mutating func pick(_ set: Set<Int>) -> Int? {
        set.sorted().randomElement(using: &random)
    }
    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    private mutating func perform(_ actions: [PoolMachine.Action]) {
        for action in actions {
            switch action {
            case .connect(let id):
                if isClosed { broken.append("a connection is made after the end") }
                connecting.insert(id)
            case .lend(let id, let waiter, _):
                if !open.contains(id) { broken.append("\(id) is lent and does not exist") }
                if lent.contains(id) || offers.contains(where: { $0.connection == id }) {
                    broken.append("\(id) is lent twice")
                }
                if let first = waiting.first, first < waiter {
                    broken.append("\(waiter) is served before \(first)")
                }
                if !waiting.contains(waiter) { broken.append("\(waiter) does not wait") }
                waiting.removeAll { $0 == waiter }
                offers.append((id, waiter))
            case .refuse(let waiter, let refusal):
                if refusal == .closed, !isClosed { broken.append("refused by an open pool") }
                waiting.removeAll { $0 == waiter }
            case .close(let id):
                if !open.contains(id) { broken.append("\(id) is closed twice") }
                open.remove(id)
                closing.insert(id)
            case .finished: finished += 1
            }
        }
        let statistics = pool.statistics
        if pool.total > settings.maximum { broken.append("\(pool.total) connections") }
        if open.count + connecting.count + closing.count > settings.maximum, !isClosed {
            broken.append("\(open.count) open ones, \(closing.count) closing")
        }
        if statistics.waiters > 0, statistics.idle > 0 { broken.append("idle while one waits") }
        if statistics.waiters != waiting.count, !isClosed {
            broken.append("\(statistics.waiters) waiters, \(waiting.count) wait")
        }
    }

    /// Lets things happen.
    mutating func live(steps: Int) {
        for _ in 0..<steps {
            if chance(30) { now += .milliseconds(Int.random(in: 0...2000, using: &random)) }
            step()
            if chance(30) { tick() }
            guard broken.isEmpty else { return }
        }
    }

    private mutating func tick() {
        perform(pool.tick(at: now))
        if let wake = pool.nextWake, wake <= now { broken.append("woken again at once") }
    }

    private mutating func step() {
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1:
            lastWaiter += 1
            waiting.append(lastWaiter)
            perform(pool.acquire(lastWaiter, at: now))
        case 2:
            guard let id = pick(connecting) else { return }
            connecting.remove(id)
            if chance(70) {
                open.insert(id)
                perform(pool.connected(id, random: 0.5, at: now))
            } else {
                perform(
                    pool.connectFailed(id, isHopeless: chance(20), random: 0.5, at: now))
            }
        case 3: answerOffer()
        case 4, 5:
            guard let id = pick(lent) else { return }
            lent.remove(id)
            perform(pool.released(id, chance(80) ? .fit : .unfit(.lost), at: now))
        case 6:
            guard let id = pick(closing) else { return }
            closing.remove(id)
            perform(pool.closed(id, at: now))
        default: leaveOrLose()
        }
    }

    private mutating func answerOffer() {
        guard !offers.isEmpty else { return }
        let offer = offers.remove(at: Int.random(in: 0..<offers.count, using: &random))
        if chance(20) {
            // Its waiter goes back to its place.
            if offer.waiter > 0 {
                waiting.append(offer.waiter)
                waiting.sort()
            }
            perform(pool.unfit(offer.connection, .unhealthy, at: now))
        } else if offer.waiter > 0 {
            lent.insert(offer.connection)
            served += 1
            pool.lent(offer.connection)
        } else {
            perform(pool.declined(offer.connection, at: now))
        }
    }

    private mutating func leaveOrLose() {
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            guard let waiter = waiting.randomElement(using: &random) else { return }
            waiting.removeAll { $0 == waiter }
            pool.leave(waiter, timedOut: true)
        case 1:
            // One that leaves while a connection is on its way to it.
            guard let index = offers.indices.randomElement(using: &random) else { return }
            pool.leave(offers[index].waiter, timedOut: false)
            offers[index].waiter = 0
        default:
            guard let id = pool.idleConnections.randomElement(using: &random) else { return }
            perform(pool.lost(id, at: now))
        }
    }

    /// From here on everything goes well: whoever waits must be served, and then the pool closed.
    mutating func end() {
        for _ in 0..<200 where broken.isEmpty {
            now += .seconds(6)
            tick()
            for id in connecting.sorted() {
                connecting.remove(id)
                open.insert(id)
                perform(pool.connected(id, random: 0.5, at: now))
            }
            while let offer = offers.popLast() {
                if offer.waiter > 0 {
                    lent.insert(offer.connection)
                    pool.lent(offer.connection)
                } else {
                    perform(pool.declined(offer.connection, at: now))
                }
            }
            giveBack()
        }
        if !waiting.isEmpty { broken.append("\(waiting) were never served") }
        if open.count + connecting.count < settings.minimum {
            broken.append("less than the minimum")
        }
        isClosed = true
        let force = chance(50)
        perform(force ? pool.closeNow() : pool.close())
        for id in connecting.sorted() {
            connecting.remove(id)
            open.insert(id)
            perform(pool.connected(id, random: 0.5, at: now))
        }
        giveBack()
        giveBack()
        if finished != 1 { broken.append("finished \(finished) times") }
        if pool.total != 0 || !open.isEmpty { broken.append("something is left") }
    }

    private mutating func giveBack() {
        for id in lent.sorted() {
            lent.remove(id)
            perform(pool.released(id, .fit, at: now))
        }
        for id in closing.sorted() {
            closing.remove(id)
            perform(pool.closed(id, at: now))
        }
    }
}
