internal import CShims
import Synchronization

/// One thread that waits for sockets and timers and runs Swift jobs.
///
/// It is an executor: an actor that takes it as its own, or a task that prefers it, shares the thread
/// with the sockets, and a query then needs no hop between threads (`withTaskExecutorPreference`).
/// A job must not block. A loop lives as long as the process; make a few, not one a connection.
public final class PGEventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {  // Safety:
    // `inbox` is guarded by its mutex and `poller` and `name` never change; every
    // other property is touched by the loop's thread alone, which `preconditionOnLoop` states.

    /// The loop that connections use unless they are given another; started by its first use.
    public static let shared = PGEventLoop(name: "pgwire")

    /// The name, seen in debuggers and in error messages.
    public let name: String

    /// What other threads have handed in.
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var bodies: [@Sendable () -> Void] = []
        /// The loop waits, or is about to: the next one to hand something in must wake it.
        var asleep = false
    }

    private let inbox = Mutex(Inbox())
    private let poller: teleport_poller

    // Of the loop's thread.
    private var jobs: [UnownedJob] = []
    private var runningJobs: [UnownedJob] = []
    private var bodies: [@Sendable () -> Void] = []
    private var timers = TimerHeap()
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []

    /// Memory for reading, shared by all sockets of the loop; valid within one callback.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Limits.readBuffer, alignment: 16)
    /// Memory for decrypted bytes, as `readBuffer`.
    let plainBuffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Limits.readBuffer, alignment: 16)

    /// Starts a loop.
    ///
    /// Where the process has no descriptor or thread left for one, it ends here.
    public init(name: String) {
        self.name = name
        poller = teleport_poller_create()
        let reason = SystemCall.lastError
        precondition(
            poller.queue >= 0,
            "event loop \(name): \(SystemCall.text(reason)); raise the limit of open files")
        let code = teleport_start_thread(
            { argument in
                guard let argument else { return }
                let loop = Unmanaged<PGEventLoop>.fromOpaque(argument).takeRetainedValue()
                teleport_set_thread_mark(argument)
                teleport_name_thread(loop.name)
                loop.run()
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "event loop \(name): no thread: \(SystemCall.text(code))")
    }

    // MARK: Executor

    /// Whether the caller is on the loop's thread.
    package var isOnLoop: Bool {
        teleport_thread_mark() == Unmanaged.passUnretained(self).toOpaque()
    }

    /// Stops the process when the caller is not on the loop's thread: a bug of the caller.
    package func preconditionOnLoop() {
        precondition(isOnLoop, "not on event loop \(name)")
    }

    /// Takes a job; from the loop's own thread that is an append and no more.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnLoop {
            jobs.append(job)
        } else {
            handIn { $0.jobs.append(job) }
        }
    }

    /// Answers Swift's question whether code outside a task runs isolated to an actor of this loop;
    /// so a callback of the loop may use `assumeIsolated`.
    public func checkIsolated() {
        preconditionOnLoop()
    }

    /// Runs a closure on the loop, soon, never within the call.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        if isOnLoop {
            bodies.append(body)
        } else {
            handIn { $0.bodies.append(body) }
        }
    }

    private func handIn(_ change: (inout Inbox) -> Void) {
        let mustWake = inbox.withLock { inbox in
            change(&inbox)
            defer { inbox.asleep = false }
            return inbox.asleep
        }
        if mustWake { teleport_poller_wake(poller) }
    }

    // MARK: Timers

    /// Runs a closure on the loop after a while; callable from any thread.
    @discardableResult
    package func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) -> Timer {
        let timer = Timer(
            loop: self, due: SystemCall.monotonicTime() &+ max(0, delay.nanoseconds), body: body)
        if isOnLoop {
            timers.insert(timer)
        } else {
            execute { self.insert(timer) }
        }
        return timer
    }

    private func insert(_ timer: Timer) {
        if !timer.isCancelled { timers.insert(timer) }
    }

    fileprivate func cancel(_ timer: Timer) {
        if isOnLoop {
            timers.remove(timer)
            timer.isCancelled = true
        } else {
            execute { self.cancel(timer) }
        }
    }

    // MARK: Sockets

    private struct Slot {
        var generation: UInt32 = 0
        var handler: (any PGEventLoopHandler)?
    }

    /// Watches a descriptor; the loop keeps the handler alive until `unwatch`.
    ///
    /// - Returns: the registration, or the system's error number.
    func watch(_ fd: Int32, _ events: UInt32, _ handler: any PGEventLoopHandler)
        -> Result<Watch, SystemError>
    {
        let index = freeSlots.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        slots[index].handler = handler
        let watch = Watch(
            fd: fd, tag: UInt64(slots[index].generation) << 32 | UInt64(index), events: events)
        guard teleport_poller_set(poller, fd, 0, events, watch.tag) == 0 else {
            let code = SystemCall.lastError
            release(watch)
            return .failure(SystemError(code: code))
        }
        return .success(watch)
    }

    /// Changes what is reported; with nothing wanted not even a hang-up is.
    func change(_ watch: inout Watch, to events: UInt32) {
        guard events != watch.events else { return }
        _ = teleport_poller_set(poller, watch.fd, watch.events, events, watch.tag)
        watch.events = events
    }

    /// Ends a registration; reports that are already on their way are dropped.
    func unwatch(_ watch: Watch) {
        if watch.events != 0 {
            _ = teleport_poller_set(poller, watch.fd, watch.events, 0, watch.tag)
        }
        release(watch)
    }

    private func release(_ watch: Watch) {
        let index = Int(watch.tag & 0xffff_ffff)
        slots[index].generation &+= 1
        slots[index].handler = nil
        freeSlots.append(index)
    }

    // MARK: The loop

    private func run() -> Never {
        let events = UnsafeMutablePointer<teleport_event>.allocate(
            capacity: Int(TELEPORT_EVENTS_PER_WAIT))
        while true {
            runJobs()
            fireTimers()
            let count = teleport_poller_wait(poller, events, sleepTime())
            // An interrupted wait is an empty one.
            for index in 0..<max(0, Int(count)) {
                deliver(events[index])
            }
        }
    }

    private func deliver(_ event: teleport_event) {
        guard event.tag != teleport_wake_tag else { return }
        let slot = slots[Int(event.tag & 0xffff_ffff)]
        guard UInt64(slot.generation) == event.tag >> 32 else { return }
        slot.handler?.ready(event.events)
    }

    /// Runs what is due now and what follows from it, up to a bound.
    private func runJobs() {
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var count = 0
        while count < Limits.jobsPerTurn {
            if !jobs.isEmpty {
                swap(&jobs, &runningJobs)
                count += runningJobs.count
                for job in runningJobs {
                    job.runSynchronously(isolatedTo: serial, taskExecutor: task)
                }
                runningJobs.removeAll(keepingCapacity: true)
            }
            if !bodies.isEmpty {
                let running = bodies
                bodies = []
                count += running.count
                for body in running { body() }
            }
            if jobs.isEmpty && bodies.isEmpty { return }
        }
    }

    private func fireTimers() {
        guard !timers.isEmpty else { return }
        let now = SystemCall.monotonicTime()
        while let timer = timers.popDue(at: now) {
            timer.isCancelled = true
            timer.body()
        }
    }

    /// Milliseconds to wait; none when there is something to do.
    ///
    /// Collects what others handed in.
    private func sleepTime() -> Int32 {
        inbox.withLock { inbox in
            if !inbox.jobs.isEmpty {
                if jobs.isEmpty {
                    swap(&inbox.jobs, &jobs)
                } else {
                    jobs += inbox.jobs
                    inbox.jobs.removeAll(keepingCapacity: true)
                }
            }
            if !inbox.bodies.isEmpty {
                bodies += inbox.bodies
                inbox.bodies.removeAll(keepingCapacity: true)
            }
            inbox.asleep = jobs.isEmpty && bodies.isEmpty
        }
        guard jobs.isEmpty && bodies.isEmpty else { return 0 }
        guard let due = timers.nextDue else { return Int32(Limits.longestSleep) }
        // Rounded up: waking a fraction early would spin until the timer is due.
        let milliseconds = (due &- SystemCall.monotonicTime() &+ 999_999) / 1_000_000
        return Int32(min(max(0, milliseconds), Int64(Limits.longestSleep)))
    }

    /// A closure that waits for its time.
    package final class Timer: @unchecked Sendable {  // Safety:
        // `loop`, `due` and `body` never change; the rest is touched on the loop alone.
        private let loop: PGEventLoop
        /// When, by the monotonic clock, in nanoseconds.
        package let due: Int64
        let body: @Sendable () -> Void
        /// The place in the heap; -1 while it is not in it.
        var index = -1
        var isCancelled = false

        init(loop: PGEventLoop, due: Int64, body: @escaping @Sendable () -> Void) {
            self.loop = loop
            self.due = due
            self.body = body
        }

        /// Takes the timer back; on the loop's thread it is certain not to fire afterwards.
        package func cancel() {
            loop.cancel(self)
        }
    }
}

/// What the loop calls when a descriptor is ready.
protocol PGEventLoopHandler: AnyObject {
    /// Told on the loop's thread; `events` are `teleport_readable` and its like,
    /// and tell no more than where to look first: both ways may be reported in two calls.
    func ready(_ events: UInt32)
}

/// The registration of a descriptor with a loop.
struct Watch {
    let fd: Int32
    fileprivate(set) var tag: UInt64
    fileprivate(set) var events: UInt32
}

/// The error number of a system call.
struct SystemError: Error {
    let code: Int32
    var text: String { SystemCall.text(code) }
}

extension Duration {
    /// Whole nanoseconds, the largest number where they do not fit.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow, product < Int64.max / 2 else { return Int64.max / 4 }
        return product + attoseconds / 1_000_000_000
    }
}
