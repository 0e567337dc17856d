extension Channel {
    /// Begins TLS and waits until the handshake is through and the certificate accepted.
    ///
    /// For the moment between the server's one-byte answer to SSLRequest and the start-up message, or,
    /// with direct TLS, for that before anything was sent. A failure closes the channel.
    ///
    /// - Parameters:
    ///   - options: what is checked and shown.
    ///   - host: the name or address that the caller meant.
    ///   - deadline: when the handshake is given up.
    /// - Throws: `tlsFailed` with the reason, `invalidConfiguration` for a certificate file,
    ///   `timedOut`, `cancelled`, `connectionLost`.
    package func startTLS(
        _ options: TLSOptions, host: String, deadline: ContinuousClock.Instant
    ) async throws(PGError) {
        do throws(PGError) {
            loop.execute { self.holdForTLS() }
            let context = try await TLSContexts.context(
                options, endpoint, deadline: deadline, loop: loop)
            let promise = Promise<Void>()
            loop.execute { self.beginHandshake(context, host, promise) }
            try await promise.wait(
                until: deadline, on: loop,
                late: PGError(
                    .timedOut, "the TLS handshake with \(endpoint.text) was not through in time"))
        } catch {
            await withUnsafeContinuation { done in
                loop.execute {
                    self.close()
                    done.resume()
                }
            }
            throw error
        }
    }

    /// From here on nothing is handed out as plain text.
    private func holdForTLS() {
        awaitsTLS = true
        readingChanged()
    }

    private func beginHandshake(_ context: TLSContext, _ host: String, _ promise: Promise<Void>) {
        guard !isClosed else {
            promise.fulfil(
                .failure(PGError(.connectionLost, "connection to \(endpoint.text) lost before TLS"))
            )
            return
        }
        // More than the answer to SSLRequest came in plain text: somebody between us and the server
        // wants it to be taken for the server's (CVE-2021-23222).
        let answer = context.options.negotiation == .direct ? 0 : 1
        guard tls == nil, plainBytesReceived <= answer else {
            promise.fulfil(
                .failure(
                    PGError(
                        .tlsFailed,
                        "unencrypted bytes came from \(endpoint.text) before the TLS handshake")))
            return
        }
        do throws(PGError) {
            tls = try TLSSession(context, host: host)
        } catch {
            promise.fulfil(.failure(error))
            return
        }
        awaitsTLS = false
        handshake = promise
        advanceHandshake()
        readingChanged()
    }

    private func advanceHandshake() {
        guard let tls, let promise = handshake else { return }
        let step = tls.handshake()
        // Also when it failed: the peer is told why.
        flushEncrypted(tls)
        guard !isClosed else { return }
        switch step {
        case .wantsMore:
            return
        case .done:
            handshake = nil
            promise.fulfil(.success(()))
            readingChanged()
            // What came behind the server's last handshake message.
            deliverPlaintext()
        case .ended:
            finish(nil)
        case .failed(let reason):
            finish(PGError(.tlsFailed, "TLS with \(endpoint.text) failed: \(reason)"))
        }
    }

    /// Encrypted bytes from the peer.
    func receivedEncrypted(_ bytes: UnsafeRawBufferPointer) {
        guard let tls else { return }
        tls.feed(bytes) {
            if handshake == nil { deliverPlaintext() } else { advanceHandshake() }
        }
    }

    /// Hands out what can be decrypted, until the owner pauses.
    func deliverPlaintext() {
        guard let tls, handshake == nil, !isClosed else { return }
        while mayDeliver {
            let (count, step) = decrypt(tls, into: loop.plainBuffer)
            if count > 0 {
                plainTextCame = true
                onRead?(UnsafeRawBufferPointer(rebasing: loop.plainBuffer[..<count]))
            }
            guard !isClosed else { return }
            switch step {
            case .done:
                continue
            case .wantsMore:
                plaintextMayWait = false
                // A key update wants an answer.
                return flushEncrypted(tls)
            case .ended:
                return finish(nil)
            case .failed(let reason):
                flushEncrypted(tls)
                // With TLS 1.3 the server judges our certificate after the handshake.
                return finish(
                    plainTextCame
                        ? PGError(.connectionLost, "TLS with \(endpoint.text) broke: \(reason)")
                        : PGError(.tlsFailed, "TLS with \(endpoint.text) failed: \(reason)"))
            }
        }
        plaintextMayWait = true
    }

    /// Decrypts several records (16 KiB at most, each) before the owner is called.
    ///
    /// - Returns: the bytes decrypted, and `done` where the buffer is full, else why there are no more.
    private func decrypt(_ tls: TLSSession, into buffer: UnsafeMutableRawBufferPointer)
        -> (Int, TLSSession.Step)
    {
        var count = 0
        while buffer.count - count >= Limits.tlsRecord {
            let step = tls.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            guard case .done(let more) = step else { return (count, step) }
            count += more
        }
        return (count, .done(count))
    }

    func sendEncrypted(_ bytes: [UInt8]) {
        guard let tls, !isClosed else { return }
        precondition(tls.isEstablished, "bytes were sent during the TLS handshake")
        let problem = tls.write(bytes)
        flushEncrypted(tls)
        guard let problem else { return }
        let error = PGError(.connectionLost, "TLS with \(endpoint.text) broke: \(problem)")
        loop.execute { self.finish(error) }
    }

    private func flushEncrypted(_ tls: TLSSession) {
        let bytes = tls.takeOutgoing()
        if !bytes.isEmpty { sendRaw(bytes) }
    }

    func sendCloseNotify() {
        guard let tls else { return }
        tls.sayGoodbye()
        flushEncrypted(tls)
    }
}
