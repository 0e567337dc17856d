import AsyncAlgorithms
import NIOCore
import Replicator

/// The frames of one request on their way to the network, collected into pieces.
///
/// There is at most one piece here and one in the channel: `write` suspends until the network has
/// taken the piece before. After the answer or a failure, `write` throws.
actor FrameStream: FrameSink {
    /// What the HTTP client reads.
    nonisolated let pieces = AsyncThrowingChannel<ByteBuffer, any Error>()
    private let encoder = FrameEncoder()
    private var piece = ByteBuffer()
    /// Pieces on their way to the network.
    private var sending = 0
    /// The end of the body, which waits for the piece before it.
    private var waitingEnd: CheckedContinuation<Void, Never>?
    /// The request's header, once it was written.
    private(set) var header: BatchHeader?
    /// Whether the body has its end.
    private(set) var isFinished = false

    /// Adds a frame; sends the piece when it is full.
    func write(_ frame: Frame) async throws {
        try Task.checkCancellation()
        if case .header(let header) = frame {
            // Without the parts that may be large: it is kept to ask for the target's state.
            var kept = header
            kept.schema = nil
            kept.loadPlan = nil
            self.header = kept
        }
        piece.writeBytes(try encoder.encode(frame))
        if piece.readableBytes >= Limits.piece { try await flush() }
    }

    /// Sends what was collected, and ends the body.
    func finish() async throws {
        if piece.readableBytes > 0 { try await flush() }
        // A sign of life may have taken the last frames with it: the channel drops what is still on
        // its way when it is finished.
        if sending > 0 { await withCheckedContinuation { waitingEnd = $0 } }
        try Task.checkCancellation()
        isFinished = true
        pieces.finish()
    }

    /// Shows the target that the source is still reading; nothing where bytes are on their way.
    func keepAlive() async throws {
        guard sending == 0, !isFinished else { return }
        piece.writeBytes(FrameCodec.keepAlive)
        try await flush()
    }

    private func flush() async throws {
        let full = piece
        piece = ByteBuffer()
        sending += 1
        defer {
            sending -= 1
            if sending == 0 {
                waitingEnd?.resume()
                waitingEnd = nil
            }
        }
        await pieces.send(full)
        // A cancelled `send` returns as if the piece were taken.
        try Task.checkCancellation()
    }
}
