@testable import PGWire

/// What a fuzzer runs: bytes in, a trap where a promise is broken.
///
/// Used by the test-suite with a seeded generator and by `scripts/fuzz` with libFuzzer.
public enum FuzzHarness {
    /// Decodes the bytes in one piece and in many; both must come to the same.
    ///
    /// The first byte chooses where the pieces end.
    public static func decoder(_ input: UnsafeRawBufferPointer) {
        guard let step = input.first else { return }
        let bytes = UnsafeRawBufferPointer(rebasing: input.dropFirst())
        let whole = messages(bytes, pieces: bytes.count)
        let cut = messages(bytes, pieces: Int(step % 16) + 1)
        precondition(whole.messages == cut.messages, "the cut decides what is decoded")
        precondition(whole.failed == cut.failed, "the cut decides whether it is decoded")
    }

    private static func messages(
        _ bytes: UnsafeRawBufferPointer, pieces: Int
    ) -> (messages: [BackendMessage], failed: Bool) {
        var decoder = BackendDecoder()
        var messages: [BackendMessage] = []
        var offset = 0
        do throws(PGError) {
            while offset < bytes.count {
                let end = min(bytes.count, offset + pieces)
                decoder.feed(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
                offset = end
                while let message = try decoder.next() { append(message, to: &messages) }
                precondition(decoder.buffered <= bytes.count, "bytes out of nothing")
            }
        } catch {
            return (messages, true)
        }
        return (messages, false)
    }

    /// Runs of CopyData and rows are joined as they come, so the cut shows in them alone.
    private static func append(_ message: BackendMessage, to messages: inout [BackendMessage]) {
        if case .copyData(let more, let moreCount) = message,
            case .copyData(let bytes, let count)? = messages.last
        {
            messages[messages.count - 1] = .copyData(bytes + more, count: count + moreCount)
        } else if case .dataRows(let more) = message, case .dataRows(var block)? = messages.last,
            more.columnCount == block.columnCount
        {
            block.bytes += more.bytes
            block.count += more.count
            messages[messages.count - 1] = .dataRows(block)
        } else {
            messages.append(message)
        }
    }

    /// Drives a session: each instruction is a request of a caller, or bytes of the server.
    ///
    /// An instruction is a byte below 0x20, else the bytes up to the next such byte are not looked at;
    /// 0x00 is followed by a length in one byte and that many bytes of the server.
    public static func session(_ input: UnsafeRawBufferPointer) {
        var policy = LoginPolicy()
        policy.isEncrypted = true
        policy.serverCertificateHash = [1, 2, 3]
        policy.newestProtocol = .v3_2
        var driver = SessionDriver(
            Session(login: Login(user: "u", password: "p", nonce: "nonce", policy: policy)))
        var rest = input[...]
        while let instruction = rest.popFirst() {
            switch instruction {
            case 0:
                let count = Int(rest.popFirst() ?? 0)
                driver.receive(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            case 1: driver.start(.simple("SELECT 1"))
            case 2: driver.start(.extended(Self.request(.collect)))
            case 3: driver.start(.copyOut("COPY t TO STDOUT"))
            case 4: driver.start(.copyIn("COPY t FROM STDIN"))
            case 5: driver.endCopyIn(nil)
            case 6: driver.endCopyIn("no")
            case 7: _ = driver.session.discard()
            case 8: driver.deriveKey(.success([UInt8](repeating: 7, count: 32)))
            case 9: driver.deriveKey(.failure(PGError(.timedOut, "late")))
            case 11: driver.start(.extended(Self.request(.stream)))
            case 12: driver.start(.extended(Self.request(.portal(2))))
            case 13: _ = driver.session.fetch(2)
            case 14: driver.start(.extended(Self.pipeline()))
            // A login without a fuzzer's luck.
            case 10:
                driver.receive([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])
            default: break
            }
        }
    }

    private static func request(_ delivery: ExtendedRequest.Delivery) -> ExtendedRequest {
        var request = ExtendedRequest()
        request.delivery = delivery
        try? request.execute(sql: "SELECT $1", parameters: [PGParameter("1")])
        if case .portal = delivery { request.flushBeforeSync() } else { request.sync() }
        return request
    }

    private static func pipeline() -> ExtendedRequest {
        var request = ExtendedRequest()
        request.isPipeline = true
        try? request.close(name: "a")
        try? request.prepare(name: "b", sql: "SELECT 1")
        request.sync()
        for _ in 0..<2 { try? request.execute(name: "b", parameters: [], columns: []) }
        request.sync()
        return request
    }

    private struct SessionDriver {
        var session: Session
        private var decoder = BackendDecoder()
        private var isOver = false
        private var isBusy = false

        init(_ session: Session) { self.session = session }

        mutating func receive(_ bytes: [UInt8]) {
            guard !isOver else { return }
            bytes.withUnsafeBytes { decoder.feed($0) }
            do throws(PGError) {
                while !isOver, let message = try decoder.next() {
                    perform(session.receive(message))
                }
            } catch {
                isOver = true
            }
        }

        mutating func start(_ request: Session.Request) {
            guard !isOver, session.isUsable, !isBusy else { return }
            guard let bytes = try? session.start(request) else {
                preconditionFailure("an idle session takes no request")
            }
            precondition(!bytes.isEmpty, "a request without bytes")
            isBusy = true
        }

        mutating func endCopyIn(_ reason: String?) { _ = session.endCopyIn(failing: reason) }

        mutating func deriveKey(_ key: Result<[UInt8], PGError>) {
            if !isOver { perform(session.keyDerived(key)) }
        }

        private mutating func perform(_ actions: [Session.Action]) {
            for action in actions {
                precondition(!isOver, "an action after the end")
                switch action {
                case .finished:
                    precondition(isBusy, "an answer that nobody waits for")
                    isBusy = false
                case .close:
                    isOver = true
                    precondition(!session.isUsable, "a closed session is usable")
                case .copyOpened, .copyChunk, .copyInFailed:
                    precondition(isBusy, "a COPY that nobody asked for")
                case .send(let bytes):
                    precondition(!bytes.isEmpty, "an empty message")
                default: break
                }
            }
        }
    }
}
