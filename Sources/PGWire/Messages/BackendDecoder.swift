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
        let payload = frame.payload
        let result = storage.withUnsafeBytes { bytes -> Result<BackendMessage, PGError> in
            // Safety: the reader does not outlive this closure; `frame` checked the range.
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[payload]))
            do throws(PGError) {
                let message = try BackendMessage.decode(type: frame.type, &reader)
                try reader.finish()
                return .success(message)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
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
        var length = 0
        for index in 1...4 { length = length << 8 | Int(storage[offset + index]) }
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
        var payloads = [first.payload]
        var total = first.payload.count
        var end = first.end
        // A bad header ends the run; it is an error of its own once what came before is handed out.
        while total < Limits.copyChunk, end < storage.count, storage[end] == UInt8(ascii: "d"),
            let frame = try? frame(at: end)
        {
            payloads.append(frame.payload)
            total += frame.payload.count
            end = frame.end
        }
        let bytes = storage.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: total) { target, count in
                // Safety: `total` is the sum of the ranges, each of which lies within `source`.
                for payload in payloads {
                    UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(target)[count...]
                    )
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[payload]))
                    count += payload.count
                }
            }
        }
        start = end
        return .copyData(bytes, count: payloads.count)
    }

    /// Rows with as many fields that have arrived one after the other, as one block.
    ///
    /// One row, the commonest answer, costs one array and no list of places.
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
        let total = end - start - count
        let bytes = storage.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: total) { target, filled in
                // Safety: `count` frames lie one after the other within `start..<end`, so said
                // `frame(at:)`; each is copied but for its first byte, the type.
                var offset = start
                let target = UnsafeMutableRawBufferPointer(target)
                for _ in 0..<count {
                    let length = Int(
                        UInt32(
                            bigEndian: source.loadUnaligned(
                                fromByteOffset: offset + 1, as: UInt32.self)))
                    let frame = UnsafeRawBufferPointer(
                        rebasing: source[offset + 5..<offset + 1 + length])
                    target.storeBytes(
                        of: UInt32(truncatingIfNeeded: frame.count).bigEndian,
                        toByteOffset: filled, as: UInt32.self)
                    UnsafeMutableRawBufferPointer(rebasing: target[(filled + 4)...])
                        .copyMemory(from: frame)
                    filled += length
                    offset += 1 + length
                }
            }
        }
        start = end
        return .dataRows(RowBlock(bytes: bytes, count: count, columnCount: columnCount))
    }

    private func fieldCount(_ frame: Frame) throws(PGError) -> Int {
        let payload = frame.payload
        let result = storage.withUnsafeBytes { bytes -> Result<Int, PGError> in
            do throws(PGError) {
                return .success(
                    try RowBlock.check(UnsafeRawBufferPointer(rebasing: bytes[payload])))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
