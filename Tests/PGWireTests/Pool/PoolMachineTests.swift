import Testing

@testable import PGWire

/// The pool's decisions, with a clock that the test holds.
@Suite struct PoolMachineTests {
    private func settings(
        minimum: Int = 0, maximum: Int = 2, _ change: (inout PGPoolConfiguration) -> Void = { _ in }
    ) -> PGPoolConfiguration {
        var settings = PGPoolConfiguration(minimum: minimum, maximum: maximum)
        settings.lifetimeJitter = 0
        change(&settings)
        return settings
    }

    /// A pool of two connections that waiters 1 and 2 have.
    private func full() -> PoolMachine {
        var pool = PoolMachine(settings())
        _ = pool.acquire(1, at: .zero)
        _ = pool.acquire(2, at: .zero)
        for id in 1...2 {
            _ = pool.connected(id, random: 0, at: .zero)
            pool.lent(id)
        }
        return pool
    }

    @Test func `a connection is made for who waits, lent, and lent again`() {
        var pool = PoolMachine(settings())
        #expect(pool.acquire(1, at: .zero) == [.connect(1)])
        #expect(
            pool.connected(1, random: 0, at: .seconds(1)) == [.lend(1, to: 1, check: false)])
        pool.lent(1)
        #expect(pool.statistics.lent == 1)
        #expect(pool.released(1, .fit, at: .seconds(2)).isEmpty)
        #expect(pool.acquire(2, at: .seconds(3)) == [.lend(1, to: 2, check: false)])
        #expect(pool.statistics.acquired == 1)
        pool.lent(1)
        #expect(pool.statistics.acquired == 2)
    }

    @Test func `the minimum is made at the beginning and kept`() {
        var pool = PoolMachine(settings(minimum: 2) { $0.idleTime = .seconds(60) })
        #expect(pool.tick(at: .zero) == [.connect(1), .connect(2)])
        _ = pool.connected(1, random: 0, at: .zero)
        _ = pool.connected(2, random: 0, at: .zero)
        #expect(pool.tick(at: .seconds(61)).isEmpty)
        #expect(pool.lost(1, at: .seconds(62)) == [.close(1)])
        #expect(pool.closed(1, at: .seconds(62)) == [.connect(3)])
    }

    @Test func `who waits longest is served first, whoever left is not`() {
        var pool = full()
        for waiter in 3...5 { #expect(pool.acquire(waiter, at: .zero).isEmpty) }
        pool.leave(3, timedOut: true)
        #expect(pool.released(2, .fit, at: .zero) == [.lend(2, to: 4, check: false)])
        pool.lent(2)
        #expect(pool.released(1, .fit, at: .zero) == [.lend(1, to: 5, check: false)])
        #expect(pool.statistics.timeouts == 1)
    }

    @Test func `what a waiter declines goes to the next`() {
        var pool = full()
        _ = pool.acquire(3, at: .zero)
        _ = pool.acquire(4, at: .zero)
        #expect(pool.released(1, .fit, at: .zero) == [.lend(1, to: 3, check: false)])
        pool.leave(3, timedOut: false)
        #expect(pool.declined(1, at: .zero) == [.lend(1, to: 4, check: false)])
        #expect(pool.statistics.cancellations == 1)
    }

    @Test func `after an idle time a sign of life comes first; without it the next is tried`() {
        var pool = full()
        _ = pool.released(1, .fit, at: .zero)
        _ = pool.released(2, .fit, at: .zero)
        #expect(pool.acquire(3, at: .seconds(30)) == [.lend(2, to: 3, check: true)])
        // The waiter keeps its place before those that came later.
        #expect(pool.acquire(4, at: .seconds(30)) == [.lend(1, to: 4, check: true)])
        #expect(pool.acquire(5, at: .seconds(30)).isEmpty)
        #expect(pool.unfit(2, .unhealthy, at: .seconds(31)) == [.close(2)])
        pool.lent(1)
        #expect(pool.released(1, .fit, at: .seconds(31)) == [.lend(1, to: 3, check: false)])
        #expect(pool.closed(2, at: .seconds(31)) == [.connect(3)])
        #expect(pool.statistics.closed == [.unhealthy: 1])
    }

    @Test func `a connection ends of age when it is back, or when its time comes`() {
        var pool = PoolMachine(
            settings(maximum: 1) {
                $0.lifetime = .seconds(100)
                $0.lifetimeJitter = 0.5
                $0.idleTime = nil
            })
        _ = pool.acquire(1, at: .zero)
        _ = pool.connected(1, random: 1, at: .zero)
        pool.lent(1)
        #expect(pool.released(1, .fit, at: .seconds(50)) == [.close(1)])
        _ = pool.closed(1, at: .seconds(50))
        _ = pool.acquire(2, at: .seconds(50))
        _ = pool.connected(2, random: 0, at: .seconds(50))
        pool.lent(2)
        _ = pool.released(2, .fit, at: .seconds(51))
        #expect(pool.nextWake == .seconds(150))
        #expect(pool.tick(at: .seconds(150)) == [.close(2)])
        #expect(pool.statistics.closed == [.lifetime: 2])
    }

    @Test func `an idle connection beyond the minimum ends`() {
        var pool = full()
        _ = pool.released(2, .fit, at: .seconds(5))
        #expect(pool.nextWake == .seconds(305))
        #expect(pool.tick(at: .seconds(304)).isEmpty)
        #expect(pool.tick(at: .seconds(305)) == [.close(2)])
        #expect(pool.nextWake == nil)
    }

    @Test func `attempts to connect pause longer and longer, one at a time`() {
        var pool = PoolMachine(settings())
        #expect(pool.acquire(1, at: .zero) == [.connect(1)])
        #expect(pool.acquire(2, at: .zero) == [.connect(2)])
        func fail(_ id: Int, _ now: Duration) -> [PoolMachine.Action] {
            pool.connectFailed(id, isHopeless: false, random: 0, at: now)
        }
        #expect(fail(1, .zero).isEmpty)
        #expect(fail(2, .zero).isEmpty)
        #expect(pool.nextWake == .milliseconds(200))
        #expect(pool.tick(at: .milliseconds(199)).isEmpty)
        var now = Duration.milliseconds(200)
        var id = 3
        for pause in [400, 800, 1600, 3200, 5000, 5000] {
            #expect(pool.tick(at: now) == [.connect(id)])
            #expect(fail(id, now).isEmpty)
            now += .milliseconds(pause)
            #expect(pool.nextWake == now)
            id += 1
        }
        #expect(pool.tick(at: now) == [.connect(id)])
        let actions = pool.connected(id, random: 0, at: now)
        #expect(actions == [.lend(id, to: 1, check: false), .connect(id + 1)])
    }

    @Test func `a hopeless failure is told at once where nobody can serve`() {
        var pool = PoolMachine(settings())
        _ = pool.acquire(1, at: .zero)
        #expect(
            pool.connectFailed(1, isHopeless: true, random: 0, at: .zero)
                == [.refuse(1, .hopeless)])
        var busy = full()
        _ = busy.released(2, .unfit(.lost), at: .zero)
        _ = busy.closed(2, at: .zero)
        #expect(busy.acquire(3, at: .zero) == [.connect(3)])
        #expect(busy.connectFailed(3, isHopeless: true, random: 0, at: .zero).isEmpty)
        #expect(busy.released(1, .fit, at: .zero) == [.lend(1, to: 3, check: false)])
    }

    @Test func `too many waiters are refused`() {
        var pool = PoolMachine(settings(maximum: 1) { $0.maximumWaiters = 2 })
        _ = pool.acquire(1, at: .zero)
        _ = pool.acquire(2, at: .zero)
        #expect(pool.acquire(3, at: .zero) == [.refuse(3, .full)])
    }

    @Test func `closing refuses who waits, lets the lent come back, and ends once`() {
        var pool = full()
        _ = pool.acquire(3, at: .zero)
        _ = pool.released(2, .unfit(.busy), at: .zero)
        #expect(pool.close() == [.refuse(3, .closed)])
        #expect(pool.acquire(4, at: .zero) == [.refuse(4, .closed)])
        #expect(pool.closed(2, at: .zero).isEmpty)
        #expect(pool.released(1, .fit, at: .zero) == [.close(1)])
        #expect(pool.closed(1, at: .zero) == [.finished])
        #expect(pool.close().isEmpty)
        #expect(pool.closeNow().isEmpty)
    }

    @Test func `closing by force does not wait for the lent, nor for what is being made`() {
        var pool = full()
        _ = pool.released(2, .unfit(.lost), at: .zero)
        _ = pool.closed(2, at: .zero)
        #expect(pool.acquire(3, at: .zero) == [.connect(3)])
        #expect(pool.closeNow() == [.refuse(3, .closed), .close(1)])
        #expect(pool.closed(1, at: .zero) == [.finished])
        #expect(pool.released(1, .fit, at: .zero).isEmpty)
        #expect(pool.connected(3, random: 0, at: .zero) == [.close(3)])
        #expect(pool.closed(3, at: .zero).isEmpty)
        #expect(pool.total == 0)
    }

    @Test(arguments: 0..<300) func `random histories keep every promise`(seed: Int) {
        var world = PoolWorld(seed: UInt64(seed))
        world.live(steps: 400)
        world.end()
        #expect(world.broken.isEmpty, "seed \(seed)")
    }
}
