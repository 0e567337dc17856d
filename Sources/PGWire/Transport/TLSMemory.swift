internal import COpenSSL

/// What an OpenSSL session reads from and writes to: memory, no socket.
///
/// OpenSSL's own memory BIO copies what comes in once more and clears what it grows by; this one reads
/// where the bytes lie and is written to once. Confined to its channel's loop.
final class TLSMemory {
    /// Encrypted bytes from the peer that are lent for the duration of a call.
    private var lent = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Those that were not read before their loan ended, from `offset` on.
    private var kept: [UInt8] = []
    private var offset = 0
    /// Encrypted bytes for the peer.
    private(set) var outgoing: [UInt8] = []

    /// Lends bytes while a closure runs, after those that are kept; keeps what it does not read.
    func lend(_ bytes: UnsafeRawBufferPointer, _ body: () -> Void) {
        // Safety: the loan ends with this call, which the bytes outlive.
        lent = bytes
        body()
        if offset == kept.count {
            kept.removeAll(keepingCapacity: !lent.isEmpty)
            offset = 0
        }
        kept.append(contentsOf: lent)
        lent = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Takes the bytes for the peer.
    func takeOutgoing() -> [UInt8] {
        defer { outgoing = [] }
        return outgoing
    }

    private func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        if offset < kept.count {
            let count = min(target.count, kept.count - offset)
            kept.withUnsafeBytes {
                target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
            }
            offset += count
            return count
        }
        let count = min(target.count, lent.count)
        guard count > 0 else { return 0 }
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: lent[..<count]))
        lent = UnsafeRawBufferPointer(rebasing: lent[count...])
        return count
    }

    /// Makes room for so many plain bytes, encrypted.
    func reserve(_ count: Int) {
        // A record's header, type and tag take 22 bytes, with older versions of TLS some more.
        let records = count / Limits.tlsRecord + 1
        if outgoing.isEmpty { outgoing.reserveCapacity(count + records * 64) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) { outgoing.append(contentsOf: bytes) }

    // MARK: BIO

    /// A BIO over this memory, which must outlive it; nil where OpenSSL has no memory.
    func makeBIO() -> OpaquePointer? {
        guard let method = Self.method, let bio = BIO_new(method.pointer) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    private static func memory(of bio: OpaquePointer?) -> TLSMemory? {
        BIO_get_data(bio).map { Unmanaged<TLSMemory>.fromOpaque($0).takeUnretainedValue() }
    }

    private struct Method: @unchecked Sendable {  // Safety:
        // Filled in before it is shared, and never changed or freed.
        let pointer: OpaquePointer
    }

    private static let method: Method? = {
        guard let method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "pgwire") else { return nil }
        BIO_meth_set_read(method) { bio, target, count in
            BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
            guard let memory = TLSMemory.memory(of: bio), count > 0 else { return -1 }
            let taken = memory.read(
                into: UnsafeMutableRawBufferPointer(start: target, count: Int(count)))
            if taken > 0 { return Int32(taken) }
            // Not the end: more may come.
            BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
            return -1
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let memory = TLSMemory.memory(of: bio), count >= 0 else { return -1 }
            memory.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            return count
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in
            // There is nothing to flush, and nothing else that a session asks for is here.
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
        return Method(pointer: method)
    }()
}
