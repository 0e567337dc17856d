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

    /// Adds a frame; sends the piece when it is full.
    func write(_ frame: Frame) async throws {
        try Task.checkCancellation()
        piece.writeBytes(try encoder.encode(frame))
        if piece.readableBytes >= Limits.piece { try await flush() }
    }

    /// Sends what was collected, and ends the body.
    func finish() async throws {
        if piece.readableBytes > 0 { try await flush() }
        pieces.finish()
    }

    private func flush() async throws {
        let full = piece
        piece = ByteBuffer()
        await pieces.send(full)
        // A cancelled `send` returns as if the piece were taken.
        try Task.checkCancellation()
    }
}
