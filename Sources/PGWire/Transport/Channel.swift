internal import CShims

/// A stream to a server, plain or TLS: bytes in as they come, bytes out without waiting.
///
/// Every method and callback runs on the loop's thread, except `open` and `startTLS`, which may be
/// awaited anywhere. Reading begins when `onRead` is set. The owner must `close`.
package final class Channel: @unchecked Sendable {  // Safety:
    // `loop`, `endpoint` and `address` never change; all else is touched on the loop's thread alone,
    // which every entry point states with `preconditionOnLoop`.

    /// The loop that the channel is confined to.
    package let loop: PGEventLoop
    /// The address that was asked for, for messages.
    package let endpoint: PGConfiguration.Endpoint
    /// The address that answered.
    let address: SocketAddress

    /// Told the bytes as they come, decrypted; they are valid within the call only.
    package var onRead: ((UnsafeRawBufferPointer) -> Void)? {
        didSet { if oldValue == nil { readingChanged() } }
    }
    /// Told when pending output fell to `Limits.lowWater` or below after having been above it.
    package var onDrained: (() -> Void)?
    /// Told once when the stream ended by itself, nil for an orderly end of file; not after `close`.
    package var onClose: ((PGError?) -> Void)? {
        didSet { if ending != nil { loop.execute { self.tellEnd() } } }
    }

    /// Whether the stream has ended or was closed.
    package private(set) var isClosed = false
    /// Whether bytes are encrypted.
    package var isTLS: Bool { tls?.isEstablished ?? false }
    /// The digest of the server's certificate as SCRAM's channel binding `tls-server-end-point` wants
    /// it (RFC 5929, 4.1).
    package var serverCertificateHash: [UInt8]? { isTLS ? tls?.serverCertificateHash : nil }
    /// Bytes given to `send` that the kernel did not take yet (encrypted ones, with TLS).
    package var pendingBytes: Int { outbox.count }

    /// The user that runs a server behind a Unix socket; nil over TCP.
    var peerUser: UInt32? {
        var user: UInt32 = 0
        guard address.isUnix, !isClosed, teleport_peer_user(fd, &user) == 0 else { return nil }
        return user
    }

    private let fd: Int32
    private var watch: Watch
    private var outbox = Outbox()
    private var wasAboveLowWater = false
    private var isPaused = false
    private var writeFailure: Int32?
    /// The end that nobody was told yet.
    private var ending: PGError??

    // TLS: see Channel+TLS.swift.
    var tls: TLSSession?
    var handshake: Promise<Void>?
    /// TLS is about to begin: nothing that comes may be taken for plain text.
    var awaitsTLS = false
    /// Decrypted bytes may wait inside the TLS session, because reading was paused between two.
    var plaintextMayWait = false
    /// Whether anything was ever decrypted.
    var plainTextCame = false
    /// Bytes received before TLS began.
    var plainBytesReceived = 0

    private init(
        fd: Int32, endpoint: PGConfiguration.Endpoint, address: SocketAddress, loop: PGEventLoop,
        watch: Watch
    ) {
        self.fd = fd
        self.endpoint = endpoint
        self.address = address
        self.loop = loop
        self.watch = watch
    }

    // MARK: Opening

    /// Resolves the name, tries each address, and connects.
    ///
    /// - Throws: `connectFailed` with every address's reason, `timedOut`, `cancelled`,
    ///   `invalidConfiguration`; nothing stays open.
    package static func open(
        _ endpoint: PGConfiguration.Endpoint, options: SocketOptions = SocketOptions(),
        loop: PGEventLoop, deadline: ContinuousClock.Instant
    ) async throws(PGError) -> Channel {
        var addresses = try await endpoint.addresses(deadline: deadline, loop: loop)
        if options.shufflesAddresses { addresses.shuffle() }
        var reasons: [String] = []
        var code = PGError.Code.connectFailed
        for (index, address) in addresses.enumerated() {
            // An address that swallows packets must leave time for those after it.
            let share = (deadline - .now) / (addresses.count - index)
            do throws(PGError) {
                let fd = try await ConnectAttempt.connect(
                    to: address, loop: loop, deadline: .now + share)
                if !address.isUnix { options.apply(to: fd) }
                return try await adopt(fd, endpoint, address, loop)
            } catch {
                guard error.code != .cancelled else { throw error }
                code = error.code
                if !reasons.contains(error.message) { reasons.append(error.message) }
            }
        }
        throw PGError(
            code, "cannot connect to \(endpoint.text): \(reasons.joined(separator: "; "))")
    }

    private static func adopt(
        _ fd: Int32, _ endpoint: PGConfiguration.Endpoint, _ address: SocketAddress,
        _ loop: PGEventLoop
    ) async throws(PGError) -> Channel {
        let promise = Promise<Channel>()
        loop.execute {
            let relay = Relay()
            switch loop.watch(fd, teleport_readable, relay) {
            case .success(let watch):
                let channel = Channel(
                    fd: fd, endpoint: endpoint, address: address, loop: loop, watch: watch)
                relay.channel = channel
                channel.readingChanged()
                if !promise.fulfil(.success(channel)) { channel.close() }
            case .failure(let error):
                SystemCall.release(fd)
                promise.fulfil(.failure(PGError(.connectFailed, error.text)))
            }
        }
        return try await promise.wait()
    }

    /// What the loop knows of a channel.
    private final class Relay: PGEventLoopHandler {
        var channel: Channel?
        func ready(_ events: UInt32) { channel?.ready(events) }
    }

    // MARK: Sending

    /// Sends bytes after those that are pending; never blocks and never raises SIGPIPE.
    ///
    /// What the kernel does not take at once is pending. After the stream's end bytes are dropped.
    package func send(_ bytes: [UInt8]) {
        loop.preconditionOnLoop()
        guard !isClosed, writeFailure == nil, !bytes.isEmpty else { return }
        if tls != nil { sendEncrypted(bytes) } else { sendRaw(bytes) }
    }

    func sendRaw(_ bytes: [UInt8]) {
        guard writeFailure == nil else { return }
        guard outbox.isEmpty else { return enqueue(bytes, from: 0) }
        let answer = bytes.withUnsafeBytes { SystemCall.write($0, to: fd) }
        switch answer {
        case .done(let sent) where sent == bytes.count: return
        case .done(let sent): enqueue(bytes, from: sent)
        case .wouldBlock: enqueue(bytes, from: 0)
        case .failed(let code): writingFailed(code)
        }
    }

    private func enqueue(_ bytes: [UInt8], from start: Int) {
        outbox.append(bytes, from: start)
        if outbox.count > Limits.lowWater { wasAboveLowWater = true }
        loop.change(&watch, to: watch.events | teleport_writable)
    }

    private func flush() {
        while true {
            let answer = outbox.withFirst { SystemCall.write($0, to: fd) }
            guard let answer else { break }
            if case .done(let sent) = answer {
                outbox.consume(sent)
                continue
            }
            if case .failed(let code) = answer { return writingFailed(code) }
            break
        }
        if outbox.isEmpty { loop.change(&watch, to: watch.events & ~teleport_writable) }
        guard wasAboveLowWater, outbox.count <= Limits.lowWater else { return }
        wasAboveLowWater = false
        onDrained?()
    }

    /// Notes that the peer takes no more.
    ///
    /// What it said before (a server's last words) is still read.
    private func writingFailed(_ code: Int32) {
        writeFailure = code
        outbox.removeAll()
        loop.change(&watch, to: watch.events & ~teleport_writable)
        loop.execute { [self] in
            if wantsReading { readTurn() }
            if !isClosed { finish(lost(code)) }
        }
    }

    // MARK: Reading

    /// Stops `onRead`, so that the kernel's buffer fills and the server waits.
    package func pauseReading() {
        loop.preconditionOnLoop()
        // Interest is dropped when something comes: most pauses end before.
        isPaused = true
    }

    /// Takes `pauseReading` back; bytes, the end of file and errors come within a later turn.
    package func resumeReading() {
        loop.preconditionOnLoop()
        isPaused = false
        readingChanged()
    }

    private var wantsReading: Bool {
        !isClosed && !awaitsTLS && (handshake != nil || (!isPaused && onRead != nil))
    }

    func readingChanged() {
        guard !isClosed else { return }
        guard wantsReading else {
            return loop.change(&watch, to: watch.events & ~teleport_readable)
        }
        loop.change(&watch, to: watch.events | teleport_readable)
        if plaintextMayWait { loop.execute { self.deliverPlaintext() } }
    }

    private func ready(_ events: UInt32) {
        if !outbox.isEmpty { flush() }
        if wantsReading {
            readTurn()
        } else {
            readingChanged()
        }
    }

    private func readTurn() {
        let buffer = loop.readBuffer
        for _ in 0..<Limits.readsPerTurn where wantsReading {
            switch SystemCall.receive(fd, into: buffer) {
            case .done(0):
                return finish(writeFailure.map { lost($0) })
            case .done(let count):
                received(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                // Level-triggered: what a short read left behind is reported again.
                if count < buffer.count { return }
            case .wouldBlock:
                return
            case .failed(let code):
                return finish(lost(code))
            }
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        if tls != nil {
            receivedEncrypted(bytes)
        } else {
            plainBytesReceived += bytes.count
            onRead?(bytes)
        }
    }

    /// Whether bytes may be handed out now.
    var mayDeliver: Bool { !isClosed && !isPaused && onRead != nil }

    // MARK: The end

    private func lost(_ code: Int32) -> PGError {
        PGError(.connectionLost, "connection to \(endpoint.text) lost: \(SystemCall.text(code))")
    }

    /// Ends the stream from within: releases it and tells the owner.
    func finish(_ error: PGError?) {
        guard !isClosed else { return }
        release()
        let closed = "the server closed the connection to \(endpoint.text) during the TLS handshake"
        handshake?.fulfil(.failure(error ?? PGError(.tlsFailed, closed)))
        handshake = nil
        ending = .some(error)
        tellEnd()
    }

    private func tellEnd() {
        guard let onClose, let ending else { return }
        self.ending = nil
        self.onClose = nil
        onClose(ending)
    }

    /// Closes the stream; harmless when repeated.
    ///
    /// Pending output is dropped, callbacks are forgotten; with TLS a goodbye is tried.
    package func close() {
        loop.preconditionOnLoop()
        if !isClosed {
            if outbox.isEmpty, writeFailure == nil { sendCloseNotify() }
            release()
            handshake?.fulfil(.failure(PGError(.connectionClosed, "closed by its owner")))
            handshake = nil
        }
        ending = nil
        onClose = nil
    }

    private func release() {
        isClosed = true
        loop.unwatch(watch)
        SystemCall.release(fd)
        outbox.removeAll()
        onRead = nil
        onDrained = nil
    }
}
