/// Where an applier takes frames from.
package protocol FrameSource: Sendable {
    /// The next frame; nil after the end frame, when the request is complete.
    ///
    /// - Throws: `WireError` for bytes that are none, or end too early; the error of the bytes.
    func next() async throws -> Frame?
}

/// Frames of a request's body, read as they are asked for: nothing is read ahead.
package actor FrameReader<Bytes: AsyncSequence & Sendable>: FrameSource
where Bytes.Element == [UInt8] {
    private var iterator: Bytes.AsyncIterator
    private var decoder = FrameDecoder()
    /// Frames that are decoded and not taken yet, the next one last.
    private var pending: [Frame] = []

    /// Reads from the bytes of a body, in any cut.
    package init(_ bytes: Bytes) {
        iterator = bytes.makeAsyncIterator()
    }

    /// The next frame; nil after the end frame.
    package func next() async throws -> Frame? {
        while true {
            if let frame = pending.popLast() { return frame }
            if decoder.isComplete { return nil }
            var iterator = self.iterator
            let bytes = try await iterator.next(isolation: self)
            self.iterator = iterator
            guard let bytes else {
                try decoder.finish()
                return nil
            }
            pending = try decoder.push(bytes).reversed()
        }
    }
}
