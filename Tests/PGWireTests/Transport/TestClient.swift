import PGWire
import Synchronization
import Testing

/// A channel driven from a test: an actor on the channel's loop that collects what comes.
actor TestClient {
    nonisolated let loop: PGEventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let channel: Channel
    private(set) var received: [UInt8] = []
    private(set) var drained = 0
    /// The end: nil while open.
    private(set) var ending: PGError??
    private var watchers: [(condition: Condition, resume: CheckedContinuation<Void, Never>)] = []

    init(_ channel: Channel) {
        self.channel = channel
        loop = channel.loop
    }

    static func attach(_ channel: Channel, reading: Bool = true) async -> TestClient {
        let client = TestClient(channel)
        await client.begin(reading)
        return client
    }

    private func begin(_ reading: Bool) {
        channel.onRead = { [weak self] bytes in
            let copy = Array(bytes)
            self?.assumeIsolated { $0.take(copy) }
        }
        channel.onDrained = { [weak self] in
            self?.assumeIsolated { $0.noteDrained() }
        }
        channel.onClose = { [weak self] error in
            self?.assumeIsolated { $0.noteEnd(error) }
        }
        if !reading { channel.pauseReading() }
    }

    static func open(
        _ endpoint: PGConfiguration.Endpoint, within: Duration = .seconds(30),
        loop: PGEventLoop = .shared, reading: Bool = true
    ) async throws -> TestClient {
        await attach(
            try await Channel.open(
                endpoint, loop: loop, deadline: .now + within), reading: reading)
    }

    private func take(_ bytes: [UInt8]) {
        received += bytes
        check()
    }

    private func noteDrained() {
        drained += 1
        check()
    }

    private func noteEnd(_ error: PGError?) {
        ending = .some(error)
        check()
    }

    private enum Condition {
        case bytes(Int)
        case drained
        case end
    }

    private func isMet(_ condition: Condition) -> Bool {
        switch condition {
        case .bytes(let count): received.count >= count || ending != nil
        case .drained: drained > 0 || ending != nil
        case .end: ending != nil
        }
    }

    private func check() {
        let met = watchers.filter { isMet($0.condition) }
        watchers.removeAll { isMet($0.condition) }
        for watcher in met { watcher.resume.resume() }
    }

    private func wait(_ condition: Condition) async {
        if isMet(condition) { return }
        await withCheckedContinuation { watchers.append((condition, $0)) }
    }

    /// Waits until this many bytes have come, and takes them.
    func receive(_ count: Int) async -> [UInt8] {
        await wait(.bytes(count))
        let bytes = Array(received.prefix(count))
        received.removeFirst(bytes.count)
        return bytes
    }

    func waitForDrain() async { await wait(.drained) }

    /// Waits for the end of the stream; nil for an orderly one.
    func waitForEnd() async -> PGError? {
        await wait(.end)
        return ending ?? nil
    }

    func send(_ bytes: [UInt8]) { channel.send(bytes) }
    func pause() { channel.pauseReading() }
    func resume() { channel.resumeReading() }
    var isTLS: Bool { channel.isTLS }
    var certificateHash: [UInt8]? { channel.serverCertificateHash }
    var isClosed: Bool { channel.isClosed }
    var pending: Int { channel.pendingBytes }
    func close() { channel.close() }
}

extension Channel {
    /// TLS by its mode alone.
    func startTLS(
        mode: PGConfiguration.SSLMode, host: String, rootCert: String?,
        deadline: ContinuousClock.Instant
    ) async throws(PGError) {
        var configuration = PGConfiguration(endpoint: endpoint, user: "", database: "")
        configuration.sslMode = mode
        configuration.sslRootCert = rootCert
        do throws(PGError) {
            let options = try TLSOptions(configuration)
            try await startTLS(options, host: host, deadline: deadline)
        } catch {
            await closeOnLoop()
            throw error
        }
    }

    private func closeOnLoop() async {
        await withUnsafeContinuation { done in
            loop.execute {
                self.close()
                done.resume()
            }
        }
    }
}
