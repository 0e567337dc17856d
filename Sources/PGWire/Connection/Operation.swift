/// One request on its way through a connection; touched on the connection's loop alone.
final class Operation {
    /// Tells this request from those before and after it.
    let id: Int
    /// Answered when the server opens the COPY, or the request ends without one.
    let opened = Promise<Void>()
    /// Why the caller no longer wants the answer.
    var interruption: PGError.Code?
    /// What the server answered, once it is ready for the next request.
    var outcome: Result<[PGResult], PGError>?
    /// Cancel requests whose sockets have not ended: a request is not over before they have, or the
    /// signal could hit the next one.
    var cancelsInFlight = 0
    /// The caller's time limit, and then the limit for the end of a cancelled statement.
    var timer: PGEventLoop.Timer?
    /// The caller, once it waits.
    var waiter: UnsafeContinuation<Void, Never>?

    // COPY OUT
    /// Received and not yet taken.
    var chunks = ChunkQueue()
    /// The caller of `next`, while there is nothing.
    var chunkWaiter: Promise<PGCopyChunk?>?
    /// Reading is paused, because too much waits to be taken.
    var isPaused = false

    // COPY IN
    /// Why the server gave the COPY up.
    var copyFailure: PGError?
    /// Small writes, joined.
    var outgoing: [UInt8] = []
    /// The caller of `write`, while too much waits to be sent.
    var drained: Promise<Void>?

    /// An operation that nothing has answered.
    init(id: Int) { self.id = id }

    /// Whether the answer is complete and no cancel request is under way.
    var isSettled: Bool { outcome != nil && cancelsInFlight == 0 }

    /// The answer as the caller should see it, once there is one.
    var result: Result<[PGResult], PGError>? {
        guard case .failure(let error) = outcome, let interruption else { return outcome }
        guard error.sqlState == .queryCanceled else { return outcome }
        let message =
            interruption == .timedOut
            ? "the statement took longer than its time limit and was cancelled"
            : "the task was cancelled, and its statement on the server too"
        return .failure(PGError(interruption, message, server: error.server))
    }

    /// Wakes everybody who waits, as soon as the operation is settled.
    func wakeIfSettled() {
        guard isSettled, let result else { return }
        timer?.cancel()
        timer = nil
        switch result {
        case .success:
            opened.fulfil(.success(()))
            drained?.fulfil(.success(()))
            if chunks.isEmpty { chunkWaiter?.fulfil(.success(nil)) }
        case .failure(let error):
            opened.fulfil(.failure(error))
            drained?.fulfil(.failure(error))
            chunkWaiter?.fulfil(.failure(error))
        }
        waiter?.resume()
        waiter = nil
    }
}

/// Chunks in the order they came, and their size.
struct ChunkQueue {
    private var chunks: [PGCopyChunk] = []
    private var head = 0
    /// Bytes of all of them.
    private(set) var byteCount = 0

    /// Whether there is none.
    var isEmpty: Bool { head == chunks.count }

    /// Adds one at the end.
    mutating func append(_ chunk: PGCopyChunk) {
        chunks.append(chunk)
        byteCount += chunk.bytes.count
    }

    /// Takes the first.
    mutating func popFirst() -> PGCopyChunk? {
        guard head < chunks.count else { return nil }
        let chunk = chunks[head]
        byteCount -= chunk.bytes.count
        chunks[head] = PGCopyChunk(bytes: [], rowCount: 0)
        head += 1
        if head == chunks.count {
            chunks.removeAll(keepingCapacity: true)
            head = 0
        }
        return chunk
    }
}
