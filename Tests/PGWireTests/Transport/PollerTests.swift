import CKqueue
import CShims
import Glibc
import Testing

/// A poller of Sources/CShims: the one that the library is built with, or the kqueue one.
private struct Poller {
    enum Kind: CaseIterable { case system, kqueue }

    let kind: Kind
    let inner: teleport_poller

    init(_ kind: Kind) throws {
        self.kind = kind
        switch kind {
        case .system: inner = teleport_poller_create()
        case .kqueue: inner = teleport_poller(queue: kqueue_poller_create(), wake: -1)
        }
        try #require(inner.queue >= 0)
    }

    func close() {
        switch kind {
        case .system: teleport_poller_close(inner)
        case .kqueue: kqueue_poller_close(inner.queue)
        }
    }

    func wake() {
        switch kind {
        case .system: teleport_poller_wake(inner)
        case .kqueue: kqueue_poller_wake(inner.queue)
        }
    }

    func set(_ fd: Int32, from before: UInt32, to now: UInt32, tag: UInt64 = 7) -> Int32 {
        switch kind {
        case .system: teleport_poller_set(inner, fd, before, now, tag)
        case .kqueue: kqueue_poller_set(inner.queue, fd, before, now, tag)
        }
    }

    /// What is reported, by tag: the two ways that were asked for, taken together.
    func wait(_ milliseconds: Int32 = 0) throws -> [UInt64: UInt32] {
        let room = Int(TELEPORT_EVENTS_PER_WAIT)
        var reports: [(tag: UInt64, events: UInt32)] = []
        switch kind {
        case .system:
            var events = [teleport_event](repeating: teleport_event(), count: room)
            let count = teleport_poller_wait(inner, &events, milliseconds)
            try #require(count >= 0)
            reports = events.prefix(Int(count)).map { ($0.tag, $0.events) }
        case .kqueue:
            var events = [UInt32](repeating: 0, count: room)
            var tags = [UInt64](repeating: 0, count: room)
            let count = kqueue_poller_wait(inner.queue, &events, &tags, milliseconds)
            try #require(count >= 0)
            reports = (0..<Int(count)).map { (tags[$0], events[$0]) }
        }
        let asked = teleport_readable | teleport_writable
        return reports.reduce(into: [:]) { $0[$1.tag, default: 0] |= $1.events & asked }
    }
}

/// What epoll and kqueue must agree on, so that the event loop need not know which it has.
@Suite(.timeLimit(.minutes(1))) struct PollerTests {
    private let ways: [UInt32] = [
        0, teleport_readable, teleport_writable, teleport_readable | teleport_writable,
    ]

    /// Two connected descriptors, not blocking.
    private func pair() throws -> (Int32, Int32) {
        var both: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &both) == 0)
        for fd in both { try #require(fcntl(fd, F_SETFL, O_NONBLOCK) == 0) }
        return (both[0], both[1])
    }

    private func put(_ fd: Int32) {
        var byte: UInt8 = 1
        #expect(write(fd, &byte, 1) == 1)
    }

    private func take(_ fd: Int32) {
        var byte: UInt8 = 0
        #expect(read(fd, &byte, 1) == 1)
    }

    @Test(arguments: Poller.Kind.allCases)
    fileprivate func `what is ready is reported until it is not`(_ kind: Poller.Kind) throws {
        let poller = try Poller(kind)
        let (near, far) = try pair()
        defer {
            poller.close()
            close(near)
            close(far)
        }
        let tag: UInt64 = 0xfedc_ba98_7654_3210
        #expect(poller.set(near, from: 0, to: teleport_readable, tag: tag) == 0)
        #expect(try poller.wait() == [:])
        put(far)
        put(far)
        for _ in 0..<3 { #expect(try poller.wait() == [tag: teleport_readable]) }
        take(near)
        #expect(try poller.wait() == [tag: teleport_readable])
        take(near)
        #expect(try poller.wait() == [:])
    }

    @Test(arguments: Poller.Kind.allCases)
    fileprivate func `any change of what is wanted counts at once`(_ kind: Poller.Kind) throws {
        let poller = try Poller(kind)
        let (near, far) = try pair()
        defer {
            poller.close()
            close(near)
            close(far)
        }
        // Both ways are ready all the time.
        put(far)
        for before in ways {
            for now in ways where now != before {
                if before != 0 { #expect(poller.set(near, from: 0, to: before) == 0) }
                #expect(poller.set(near, from: before, to: now) == 0)
                let expected: [UInt64: UInt32] = now == 0 ? [:] : [7: now]
                #expect(try poller.wait() == expected, "from \(before) to \(now)")
                if now != 0 { #expect(poller.set(near, from: now, to: 0) == 0) }
                #expect(try poller.wait() == [:])
            }
        }
    }

    @Test(arguments: Poller.Kind.allCases)
    fileprivate func `a hang-up is reported whatever is wanted, and not when nothing is`(
        _ kind: Poller.Kind
    ) throws {
        let poller = try Poller(kind)
        let (near, far) = try pair()
        defer {
            poller.close()
            close(near)
        }
        close(far)
        for way in ways.dropFirst() {
            #expect(poller.set(near, from: 0, to: way) == 0)
            for _ in 0..<2 { #expect(try poller.wait().keys.elementsEqual([7])) }
            #expect(poller.set(near, from: way, to: 0) == 0)
            #expect(try poller.wait() == [:])
        }
    }

    @Test(arguments: Poller.Kind.allCases)
    fileprivate func `a refused connection is reported to who waits to write`(
        _ kind: Poller.Kind
    ) throws {
        let poller = try Poller(kind)
        defer { poller.close() }
        // A port that was free a moment ago, and has no listener.
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let fd = teleport_stream_socket(AF_INET)
        let holder = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(fd >= 0 && holder >= 0)
        defer {
            close(fd)
            close(holder)
        }
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(holder, $0, size) == 0)
                try #require(getsockname(holder, $0, &size) == 0)
                #expect(connect(fd, $0, size) == -1)
            }
        }
        #expect(poller.set(fd, from: 0, to: teleport_writable) == 0)
        #expect(try poller.wait(5000).keys.elementsEqual([7]))
        var code: Int32 = 0
        size = 4
        #expect(getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0)
        #expect(code == ECONNREFUSED)
    }

    @Test(arguments: Poller.Kind.allCases)
    fileprivate func `a wake-up ends the wait, once, also one that came before`(
        _ kind: Poller.Kind
    ) async throws {
        let poller = try Poller(kind)
        defer { poller.close() }
        #expect(try poller.wait() == [:])
        for _ in 0..<3 { poller.wake() }
        #expect(try poller.wait(-1).keys.elementsEqual([teleport_wake_tag]))
        #expect(try poller.wait() == [:])
        for _ in 0..<100 {
            let waker = Task.detached { poller.wake() }
            #expect(try poller.wait(30_000).keys.elementsEqual([teleport_wake_tag]))
            await waker.value
        }
        #expect(try poller.wait() == [:])
    }

    @Test(arguments: Poller.Kind.allCases)
    fileprivate func `a wait lasts as long as it is told`(_ kind: Poller.Kind) throws {
        let poller = try Poller(kind)
        defer { poller.close() }
        let start = ContinuousClock.now
        #expect(try poller.wait(30) == [:])
        #expect(ContinuousClock.now - start >= .milliseconds(30))
    }

    @Test(arguments: Poller.Kind.allCases)
    fileprivate func `a descriptor that is none is refused, and one that was closed is forgotten`(
        _ kind: Poller.Kind
    ) throws {
        let poller = try Poller(kind)
        defer { poller.close() }
        #expect(poller.set(-1, from: 0, to: teleport_readable) == -1)
        #expect(errno == EBADF)
        let (near, far) = try pair()
        put(far)
        #expect(poller.set(near, from: 0, to: teleport_readable | teleport_writable) == 0)
        close(near)
        #expect(try poller.wait() == [:])
        // Its number, given again, is another registration.
        let other = dup(far)
        defer {
            close(other)
            close(far)
        }
        try #require(other == near)
        #expect(poller.set(other, from: 0, to: teleport_writable, tag: 8) == 0)
        #expect(try poller.wait() == [8: teleport_writable])
    }
}
