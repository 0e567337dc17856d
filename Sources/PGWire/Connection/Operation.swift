/// One request on its way through a connection; touched on the connection's loop alone.
final class Operation {
    /// Tells this request from those before and after it.
    let id: Int
    /// Answered when a stream or a COPY begins, or the request ends without; nil for other requests.
    let opened: Promise<Void>?
    /// Why the caller no longer wants the answer.
    var interruption: PGError.Code?
    /// What the server answered, once it is ready for the next request.
    var outcome: Result<[StepOutcome], PGError>?
    /// Cancel requests whose sockets have not ended: a request is not over before they have, or the
    /// signal could hit the next one.
    var cancelsInFlight = 0
    /// The caller's time limit, and then the limit for the end of a cancelled statement.
    var timer: PGEventLoop.Timer?
    /// The caller, once it waits.
    var waiter: UnsafeContinuation<Void, Never>?

    // For those who watch; nil where nobody does.
    /// When it was sent.
    var began: ContinuousClock.Instant?
    /// What it is about.
    var text = ""
    /// Rows that were handed out already.
    var streamedRows = 0

    // COPY OUT, and streams of rows
    /// Received and not yet taken.
    var queue = StreamQueue()
    /// The caller of `next`, while there is nothing.
    var pieceWaiter: Promise<StreamPiece?>?
    /// Reading is paused, because too much waits to be taken.
    var isPaused = false
    /// The columns of a stream.
    var columns: [PGColumn] = []
    /// How many rows are asked for at a time; 0 for all.
    var fetchSize: Int32 = 0
    /// The rows that were asked for have come; there are more.
    var isSuspended = false

    // COPY IN
    /// Why the server gave the COPY up.
    var copyFailure: PGError?
    /// Small writes, joined.
    var outgoing: [UInt8] = []
    /// The caller of `write`, while too much waits to be sent.
    var drained: Promise<Void>?

    /// An operation that nothing has answered.
    init(id: Int, streams: Bool) {
        self.id = id
        opened = streams ? Promise<Void>() : nil
    }

    /// Whether the answer is complete and no cancel request is under way.
    var isSettled: Bool { outcome != nil && cancelsInFlight == 0 }

    /// The answer as the caller should see it, once there is one.
    var result: Result<[StepOutcome], PGError>? {
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
            opened?.fulfil(.success(()))
            drained?.fulfil(.success(()))
            if queue.isEmpty { pieceWaiter?.fulfil(.success(nil)) }
        case .failure(let error):
            opened?.fulfil(.failure(error))
            drained?.fulfil(.failure(error))
            pieceWaiter?.fulfil(.failure(error))
        }
        waiter?.resume()
        waiter = nil
    }
}

/// Something that streams from the server.
enum StreamPiece: Sendable {
    /// Bytes of a COPY OUT.
    case chunk(PGCopyChunk)
    /// Rows.
    case rows(PGRowStorage)

    /// Its size in bytes.
    var byteCount: Int {
        switch self {
        case .chunk(let chunk): chunk.bytes.count
        case .rows(let storage): storage.bytes.count
        }
    }
}

/// Pieces in the order they came, and their size.
struct StreamQueue {
    private var pieces: [StreamPiece?] = []
    private var head = 0
    /// Bytes of all of them.
    private(set) var byteCount = 0

    /// Whether there is none.
    var isEmpty: Bool { head == pieces.count }

    /// Adds one at the end.
    mutating func append(_ piece: StreamPiece) {
        pieces.append(piece)
        byteCount += piece.byteCount
    }

    /// Takes the first.
    mutating func popFirst() -> StreamPiece? {
        guard head < pieces.count else { return nil }
        let piece = pieces[head]
        byteCount -= piece?.byteCount ?? 0
        pieces[head] = nil
        head += 1
        if head == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            head = 0
        }
        return piece
    }
}
