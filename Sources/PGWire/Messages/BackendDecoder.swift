/// Cuts the server's bytes into messages.
///
/// The bytes may arrive cut anywhere. A length is checked before anything is kept for it, and memory
/// grows only with bytes that have really arrived. After an error the decoder is of no further use.
package struct BackendDecoder {
    private var storage: [UInt8] = []
    private var start = 0
    /// The longest message that is accepted, in bytes without the type.
    package var maximumLength = Limits.startupMessage

    /// A decoder for the start of a connection.
    package init() {}

    /// How many bytes have arrived and are not yet part of a message.
    package var buffered: Int { storage.count - start }

    /// Keeps bytes that have arrived.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        if start == storage.count {
            // A long message's memory is given back, the usual read's is kept.
            if storage.capacity > 2 * Limits.copyOutHighWater {
                storage = []
            } else {
                storage.removeAll(keepingCapacity: true)
            }
            start = 0
        } else if start > 0 {
            storage.removeSubrange(..<start)
            start = 0
        }
        storage.append(contentsOf: bytes)
    }

    /// The next message, nil where it has not wholly arrived.
    ///
    /// - Throws: `protocolViolation` for an unknown type, a bad length or a broken payload.
    package mutating func next() throws(PGError) -> BackendMessage? {
        guard let frame = try frame(at: start) else { return nil }
        if frame.type == UInt8(ascii: "D") { return try rowRun(first: frame) }
        if frame.type == UInt8(ascii: "d") { return try copyRun(first: frame) }
        start = frame.end
        // Safety: the reader does not outlive the closure; `frame` checked the range.
        return try storage.withUnsafeBufferPointer { bytes throws(PGError) in
            var reader = ByteReader(
                UnsafeRawBufferPointer(
                    rebasing: UnsafeRawBufferPointer(bytes)[frame.payload]))
            let message = try BackendMessage.decode(type: frame.type, &reader)
            try reader.finish()
            return message
        }
    }

    private struct Frame {
        let type: UInt8
        let payload: Range<Int>
        var end: Int { payload.upperBound }
    }

    /// The message that begins at an offset, nil where it has not wholly arrived.
    private func frame(at offset: Int) throws(PGError) -> Frame? {
        guard offset < storage.count else { return nil }
        let type = storage[offset]
        guard BackendMessage.isKnown(type: type) else {
            throw PGError(.protocolViolation, "the server sent a message of unknown type \(type)")
        }
        guard storage.count - offset >= 5 else { return nil }
        // 64-bit arithmetic: a length of 2^32-1 can neither wrap nor become negative.
        let length =
            Int(storage[offset + 1]) << 24 | Int(storage[offset + 2]) << 16
            | Int(storage[offset + 3]) << 8 | Int(storage[offset + 4])
        guard length >= 4, length <= maximumLength else {
            throw PGError(
                .protocolViolation,
                "the server announced a message of \(length) bytes; 4 to \(maximumLength) are accepted"
            )
        }
        guard storage.count - offset > length else { return nil }
        return Frame(type: type, payload: offset + 5..<offset + 1 + length)
    }

    /// All CopyData messages that have arrived in a row, as one: COPY forwards bytes, it does not
    /// look at them, and one array per row would cost more than everything else.
    private mutating func copyRun(first: Frame) throws(PGError) -> BackendMessage {
        var count = 1
        var total = first.payload.count
        var end = first.end
        // A bad header ends the run; it is an error of its own once what came before is handed out.
        while total < Limits.copyChunk, end < storage.count, storage[end] == UInt8(ascii: "d"),
            let frame = try? frame(at: end)
        {
            count += 1
            total += frame.payload.count
            end = frame.end
        }
        let bytes = storage.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: total) { target, filled in
                // Safety: `count` frames lie one after the other within `start..<end`, so said
                // `frame(at:)`; `total` is the sum of their payloads.
                let target = UnsafeMutableRawBufferPointer(target)
                var offset = start
                for _ in 0..<count {
                    let length = Int(
                        UInt32(
                            bigEndian: source.loadUnaligned(
                                fromByteOffset: offset + 1, as: UInt32.self)))
                    UnsafeMutableRawBufferPointer(rebasing: target[filled...])
                        .copyMemory(
                            from: UnsafeRawBufferPointer(
                                rebasing: source[offset + 5..<offset + 1 + length]))
                    filled += length - 4
                    offset += 1 + length
                }
            }
        }
        start = end
        return .copyData(bytes, count: count)
    }

    /// Rows with as many fields that have arrived one after the other, as one block.
    ///
    /// They are copied as they stand, all at once.
    private mutating func rowRun(first: Frame) throws(PGError) -> BackendMessage {
        let columnCount = try fieldCount(first)
        var end = first.end
        // As above, a bad row ends the run.
        var count = 1
        while end - start < Limits.rowBlock, end < storage.count, storage[end] == UInt8(ascii: "D"),
            let frame = try? frame(at: end), (try? fieldCount(frame)) == columnCount
        {
            end = frame.end
            count += 1
        }
        let bytes = Array(storage[start..<end])
        start = end
        return .dataRows(RowBlock(bytes: bytes, count: count, columnCount: columnCount))
    }

    private func fieldCount(_ frame: Frame) throws(PGError) -> Int {
        try storage.withUnsafeBufferPointer { bytes throws(PGError) in
            try RowBlock.check(
                UnsafeRawBufferPointer(
                    rebasing: UnsafeRawBufferPointer(bytes)[frame.payload]))
        }
    }
}
