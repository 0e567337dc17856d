/// Bytes that the kernel did not take yet, in order.
///
/// Pieces are kept as they came, small ones joined.
struct Outbox {
    private var pieces: [[UInt8]] = []
    private var first = 0
    private var offset = 0

    /// Bytes that wait.
    private(set) var count = 0
    var isEmpty: Bool { count == 0 }

    /// Appends what is behind `start`.
    mutating func append(_ bytes: [UInt8], from start: Int = 0) {
        let added = bytes.count - start
        guard added > 0 else { return }
        count += added
        if first == pieces.count {
            // The usual case is the rest of one long piece: it is not copied.
            pieces = [bytes]
            first = 0
            offset = start
        } else if let last = pieces.indices.last, last >= first,
            pieces[last].count + added <= Limits.joinedPiece
        {
            pieces[last].append(contentsOf: bytes[start...])
        } else if start == 0 {
            pieces.append(bytes)
        } else {
            pieces.append(Array(bytes[start...]))
        }
    }

    /// Lends the first piece's bytes that wait.
    func withFirst<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R? {
        guard first < pieces.count else { return nil }
        return pieces[first].withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[offset...]))
        }
    }

    /// Forgets bytes of the first piece that the kernel took.
    mutating func consume(_ taken: Int) {
        count -= taken
        offset += taken
        guard offset == pieces[first].count else { return }
        pieces[first] = []
        first += 1
        offset = 0
        // Moved together now and then, so that the cost of one piece stays constant.
        if first == pieces.count || first > 256 {
            pieces.removeFirst(first)
            first = 0
        }
    }

    mutating func removeAll() {
        self = Outbox()
    }
}
