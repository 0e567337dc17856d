import FoundationEssentials

/// Turns any cut of bytes into frames, in checked order and within limits.
///
/// Rows are handed on as they come and are never collected: a rows frame may arrive as several
/// pieces, whose concatenation is what was sent. After an error the decoder is not to be used.
package struct FrameDecoder {
    private enum State {
        /// Collecting kind and length.
        case prefix
        /// Collecting a payload of this kind until it has this length.
        case payload(FrameCodec.Kind, length: Int)
        /// Handing on so many more bytes of rows.
        case rows(remaining: Int)
    }

    private var state: State = .prefix
    private var collected: [UInt8] = []
    private var order = FrameOrder()
    private let json = JSONDecoder()

    /// A decoder before the first byte.
    package init() {}

    /// Whether the end frame was read and nothing is left over.
    package var isComplete: Bool {
        guard case .prefix = state else { return false }
        return order.state == .ended && collected.isEmpty
    }

    /// Takes the next bytes and returns the frames that they complete.
    package mutating func push(_ bytes: [UInt8]) throws(WireError) -> [Frame] {
        var frames: [Frame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .prefix:
                guard collect(&rest, upTo: FrameCodec.prefixLength) else { break }
                try beginPayload()
            case .payload(let kind, let length):
                guard collect(&rest, upTo: length) else { break }
                frames.append(try decode(kind))
            case .rows(let remaining):
                let piece = rest.prefix(remaining)
                rest = rest.dropFirst(piece.count)
                frames.append(.rows(Array(piece)))
                let left = remaining - piece.count
                state = left == 0 ? .prefix : .rows(remaining: left)
            }
        }
        return frames
    }

    /// Says that no byte follows.
    ///
    /// - Throws: `WireError.truncated` before the end frame.
    package func finish() throws(WireError) {
        guard isComplete else { throw .truncated }
    }

    /// Moves bytes over until `count` are collected; false where more are needed.
    private mutating func collect(_ rest: inout ArraySlice<UInt8>, upTo count: Int) -> Bool {
        let piece = rest.prefix(count - collected.count)
        collected.append(contentsOf: piece)
        rest = rest.dropFirst(piece.count)
        return collected.count == count
    }

    private mutating func beginPayload() throws(WireError) {
        guard let kind = FrameCodec.Kind(rawValue: collected[0]) else {
            throw .unknownKind(collected[0])
        }
        let length = collected[1...].reduce(0) { $0 << 8 | Int($1) }
        if kind != .keepAlive { try order.accept(kind) }
        guard length <= kind.limit else { throw .tooLong(kind, length: length) }
        collected.removeAll(keepingCapacity: true)
        switch kind {
        case .keepAlive: state = .prefix
        case .rows: state = length == 0 ? .prefix : .rows(remaining: length)
        case .header, .tableStart, .tableEnd, .sequences, .end:
            guard length > 0 else { throw .malformed(kind) }
            state = .payload(kind, length: length)
        }
    }

    private mutating func decode(_ kind: FrameCodec.Kind) throws(WireError) -> Frame {
        let payload = Data(collected)
        // Not kept: a header may have been large, and there is one of them.
        collected = []
        state = .prefix
        do {
            switch kind {
            case .header:
                return .header(try json.decode(BatchHeader.self, from: payload))
            case .tableStart:
                return .tableStart(try json.decode(TableStart.self, from: payload))
            case .tableEnd:
                let end = try json.decode(FrameCodec.TableEnd.self, from: payload)
                return .tableEnd(rowCount: end.rowCount, checksum: end.checksum)
            case .sequences:
                return .sequences(try json.decode([SequenceValue].self, from: payload))
            case .end:
                return .end(rowCount: try json.decode(FrameCodec.End.self, from: payload).rowCount)
            case .rows, .keepAlive:
                throw WireError.malformed(kind)
            }
        } catch {
            throw .malformed(kind)
        }
    }
}
