import PGWire
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
    private actor Counter {
        nonisolated let loop: PGEventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private(set) var value = 0
        init(_ loop: PGEventLoop) { self.loop = loop }
        func add() {
            loop.preconditionOnLoop()
            value += 1
        }
    }

    @Test func `jobs from many threads all run, on the loop`() async {
        let counter = Counter(PGEventLoop(name: "test-jobs"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask { for _ in 0..<200 { await counter.add() } }
            }
        }
        #expect(await counter.value == 10_000)
    }

    @Test func `a task that prefers the loop shares its thread`() async {
        let loop = PGEventLoop(name: "test-preference")
        await withTaskExecutorPreference(loop) {
            #expect(await onLoop(loop))
        }
        #expect(!loop.isOnLoop)
    }

    @concurrent private func onLoop(_ loop: PGEventLoop) async -> Bool { loop.isOnLoop }

    @Test func `timers fire in the order of their time, cancelled ones never`() async {
        let loop = PGEventLoop(name: "test-timers")
        let fired = Mutex<[Int]>([])
        let start = ContinuousClock.now
        await withCheckedContinuation { done in
            for delay in [50, 10, 30, 20, 40] {
                loop.schedule(after: .milliseconds(delay)) {
                    fired.withLock { $0.append(delay) }
                    if delay == 50 { done.resume() }
                }
            }
            for delay in 1...45 {
                loop.schedule(after: .milliseconds(delay)) { fired.withLock { $0.append(-1) } }
                    .cancel()
            }
        }
        #expect(fired.withLock { $0 } == [10, 20, 30, 40, 50])
        #expect(ContinuousClock.now - start >= .milliseconds(50))
    }

    @Test func `a timer with no delay or one beyond all clocks is harmless`() async {
        let loop = PGEventLoop(name: "test-edges")
        let far = loop.schedule(after: .seconds(Int64.max)) {}
        await withCheckedContinuation { done in
            loop.schedule(after: .seconds(-5)) { done.resume() }
        }
        far.cancel()
    }

    @Test func `random timers, half of them taken back, fire in the order of their time`() async {
        let loop = PGEventLoop(name: "test-heap")
        let fired = Mutex<[Int]>([])
        let dues = Mutex<[Int64]>([])
        await withCheckedContinuation { done in
            loop.execute {
                let timers = (0..<500).map { number in
                    loop.schedule(after: .milliseconds(Int.random(in: 1...40))) {
                        fired.withLock { $0.append(number) }
                    }
                }
                dues.withLock { $0 = timers.map(\.due) }
                for timer in timers.shuffled().prefix(250) { timer.cancel() }
                loop.schedule(after: .milliseconds(100)) { done.resume() }
            }
        }
        let order = fired.withLock { fired in dues.withLock { dues in fired.map { dues[$0] } } }
        #expect(order.count == 250)
        #expect(order == order.sorted())
    }
}
