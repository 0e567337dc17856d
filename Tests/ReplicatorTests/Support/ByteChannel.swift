import Synchronization

/// Bytes from one task to another, a few pieces at a time: a request's body without a network.
final class ByteChannel: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    /// Pieces that wait; the writer is suspended beyond.
    private static let capacity = 4

    private struct State {
        var pieces: [[UInt8]] = []
        var isFinished = false
        var failure: (any Error)?
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
        var writer: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    struct Iterator: AsyncIteratorProtocol {
        let channel: ByteChannel
        mutating func next() async throws -> [UInt8]? { try await channel.next() }
    }

    func makeAsyncIterator() -> Iterator { Iterator(channel: self) }

    /// Adds a piece; suspends while the reader is slower.
    ///
    /// - Throws: `CancellationError` where nobody will read it.
    func write(_ bytes: [UInt8]) async throws {
        while true {
            try Task.checkCancellation()
            enum Step { case done, full, closed }
            let step = state.withLock { state -> Step in
                if state.isClosed { return .closed }
                guard state.pieces.count < Self.capacity else { return .full }
                state.pieces.append(bytes)
                wake(&state.reader)
                return .done
            }
            switch step {
            case .done: return
            case .closed: throw CancellationError()
            case .full:
                await wait(.writer) { $0.pieces.count < Self.capacity || $0.isClosed }
            }
        }
    }

    /// Says that no piece follows; with an error, that the connection was cut.
    func finish(_ error: (any Error)? = nil) {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            state.failure = error
            wake(&state.reader)
        }
    }

    /// Says that nobody reads any more.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.pieces = []
            wake(&state.writer)
        }
    }

    private func next() async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            enum Step {
                case piece([UInt8])
                case end((any Error)?)
                case empty
            }
            let step = state.withLock { state -> Step in
                if !state.pieces.isEmpty {
                    let piece = state.pieces.removeFirst()
                    wake(&state.writer)
                    return .piece(piece)
                }
                return state.isFinished ? .end(state.failure) : .empty
            }
            switch step {
            case .piece(let bytes): return bytes
            case .end(let error):
                if let error { throw error }
                return nil
            case .empty: await wait(.reader) { !$0.pieces.isEmpty || $0.isFinished }
            }
        }
    }

    private func wake(_ continuation: inout CheckedContinuation<Void, Never>?) {
        continuation?.resume()
        continuation = nil
    }

    private enum Side { case reader, writer }

    private func wait(
        _ side: Side, until isReady: @Sendable (State) -> Bool
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if Task.isCancelled || isReady(state) { return true }
                    switch side {
                    case .reader: state.reader = continuation
                    case .writer: state.writer = continuation
                    }
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                switch side {
                case .reader: wake(&state.reader)
                case .writer: wake(&state.writer)
                }
            }
        }
    }
}
