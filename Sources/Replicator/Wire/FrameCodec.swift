/// What is common to writing and reading frames.
///
/// On the wire a frame is one byte of kind, four bytes of payload length (big-endian) and the
/// payload: JSON, or for rows the bytes themselves.
package enum FrameCodec {
    /// The first byte of a frame.
    package enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// A `BatchHeader`, JSON.
        case header = 1
        /// A `TableStart`, JSON.
        case tableStart = 2
        /// Bytes of COPY text rows.
        case rows = 3
        /// A `TableEnd`, JSON.
        case tableEnd = 4
        /// An array of `SequenceValue`, JSON.
        case sequences = 5
        /// An `End`, JSON.
        case end = 6
        /// Nothing: a sign of life while the source has nothing to send yet. It may stand between any
        /// two frames, has no payload and is passed over.
        case keepAlive = 7

        /// The longest payload that is accepted, in bytes.
        ///
        /// A header carries two catalogs (about 2 KB a table) or a load's plan (about 100 bytes a
        /// chunk of 64 MB): 256 MiB is a hundred thousand tables or 150 TB. Rows are never held
        /// whole, so their limit only has to be one. A table has at most 1,600 columns of 63
        /// bytes, and 1 MiB has room for them even where every byte is escaped.
        package var limit: Int {
            switch self {
            case .header: 256 << 20
            case .rows: 64 << 20
            case .tableStart: 1 << 20
            case .sequences: 64 << 20
            case .tableEnd, .end: 4096
            case .keepAlive: 0
            }
        }
    }

    /// The bytes before a payload: kind and length.
    package static let prefixLength = 5
    /// Rows are cut into frames of this size, so that one value of a gigabyte still passes.
    package static let rowsFrameSize = 16 << 20

    /// The bytes of a sign of life.
    package static let keepAlive: [UInt8] = [Kind.keepAlive.rawValue, 0, 0, 0, 0]

    /// The payload of a table's end.
    struct TableEnd: Codable {
        var rowCount: Int
        var checksum: UInt32
    }

    /// The payload of the last frame.
    struct End: Codable {
        var rowCount: Int
    }
}

/// What is wrong with the bytes or the order of frames; the request is refused and rolled back.
package enum WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The first byte of a frame is none of the known kinds.
    case unknownKind(UInt8)
    /// The payload is longer than its kind allows.
    case tooLong(FrameCodec.Kind, length: Int)
    /// The payload is not what its kind says.
    case malformed(FrameCodec.Kind)
    /// The frame must not come here.
    case unexpected(String, after: String)
    /// The bytes ended before the end frame.
    case truncated
    /// Counts or checksums are not those of the rows.
    case mismatch(String)

    /// What happened, for people; no row values.
    package var description: String {
        switch self {
        case .unknownKind(let byte): "frame of unknown kind \(byte): is the peer a teleport daemon?"
        case .tooLong(let kind, let length):
            "a \(kind) frame of \(length) bytes is longer than \(kind.limit)"
        case .malformed(let kind): "a \(kind) frame could not be understood: versions may differ"
        case .unexpected(let frame, let after): "a frame \(frame) must not follow \(after)"
        case .truncated: "the request ended before its end frame"
        case .mismatch(let what): what
        }
    }
}
