import Synchronization

/// What streams from the server on its way from the loop to whoever takes it.
///
/// A piece that is there is taken without a hop to the loop, from whichever thread. What waits is
/// bounded by its one filler, who stops reading when told so.
final class StreamPipe: Sendable {
    private enum End {
        case open
        /// After what is kept: the last piece, or the failure.
        case ended(PGError?)
        /// The body of the stream has ended.
        case closed
    }

    private struct State {
        var pieces = StreamQueue()
        /// The caller of `next`, while there is nothing.
        var waiter: Promise<StreamPiece?>?
        /// Reading is paused, because too much waits to be taken.
        var isPaused = false
        var end = End.open
    }

    private let state = Mutex(State())

    // MARK: On the loop

    /// Whether somebody waits for the next piece.
    var isAwaited: Bool { state.withLock { $0.waiter != nil } }

    /// Whether reading must be paused.
    var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Keeps a piece, or hands it to who waits; true where reading must be paused.
    func add(_ piece: StreamPiece) -> Bool {
        state.withLock { state in
            if case .closed = state.end { return false }
            if let waiter = state.waiter {
                state.waiter = nil
                if waiter.fulfil(.success(piece)) { return false }
            }
            state.pieces.append(piece)
            guard !state.isPaused, state.pieces.byteCount > Limits.copyOutHighWater else {
                return false
            }
            state.isPaused = true
            return true
        }
    }

    /// Ends the stream after what is kept.
    func end(_ error: PGError?) {
        state.withLock { state in
            guard case .open = state.end else { return }
            state.end = .ended(error)
            state.waiter?.fulfil(error.map { .failure($0) } ?? .success(nil))
            state.waiter = nil
        }
    }

    /// Drops what is kept and what is yet to come: nobody takes it.
    func close() {
        state.withLock { state in
            state.waiter?.fulfil(.failure(Self.isOver))
            state = State()
            state.end = .closed
        }
    }

    // MARK: Anywhere

    enum Step {
        case piece(StreamPiece, resumes: Bool)
        case wait(Promise<StreamPiece?>)
        case end(PGError?)
    }

    /// The next piece, nil after the last one.
    ///
    /// - Throws: why the stream failed, `cancelled`; `misuse` where two tasks take pieces, or the
    ///   stream's body has ended.
    func next(_ connection: PGConnection) async throws(PGError) -> StreamPiece? {
        if Task.isCancelled { throw PGConnection.cancelled }
        switch try take().get() {
        case .piece(let piece, let resumes):
            if resumes { connection.onLoop { $0.resumeReading(self) } }
            return piece
        case .end(let error):
            if let error { throw error }
            return nil
        case .wait(let promise):
            connection.onLoop { $0.fetchIfSuspended(self) }
            do throws(PGError) {
                return try await promise.wait()
            } catch {
                state.withLock { if $0.waiter === promise { $0.waiter = nil } }
                throw error
            }
        }
    }

    /// What there is to take now.
    func take() -> Result<Step, PGError> {
        state.withLock { state in
            if let piece = state.pieces.popFirst() {
                let resumes =
                    state.isPaused && state.pieces.byteCount <= Limits.copyOutHighWater / 2
                if resumes { state.isPaused = false }
                return .success(.piece(piece, resumes: resumes))
            }
            switch state.end {
            case .open: break
            case .ended(let error): return .success(.end(error))
            case .closed: return .failure(Self.isOver)
            }
            guard state.waiter == nil else {
                return .failure(PGError(.misuse, "two tasks read one stream"))
            }
            let promise = Promise<StreamPiece?>()
            state.waiter = promise
            return .success(.wait(promise))
        }
    }

    private static let isOver = PGError(
        .misuse, "the stream is over: it was kept beyond its body")
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
