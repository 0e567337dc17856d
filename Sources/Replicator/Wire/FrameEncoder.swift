import FoundationEssentials

/// Turns frames into bytes; a pure function in all but the JSON encoder it keeps.
package struct FrameEncoder {
    private let json: JSONEncoder

    /// An encoder whose JSON has sorted keys, so that equal frames have equal bytes.
    package init() {
        json = JSONEncoder()
        json.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    /// The bytes of a frame; rows beyond `FrameCodec.rowsFrameSize` become several frames.
    ///
    /// - Throws: `WireError.tooLong` for a payload that no peer would accept.
    package func encode(_ frame: Frame) throws -> [UInt8] {
        switch frame {
        case .header(let header): try encode(.header, header)
        case .tableStart(let start): try encode(.tableStart, start)
        case .rows(let bytes): encode(rows: bytes)
        case .tableEnd(let rowCount, let checksum):
            try encode(
                .tableEnd, FrameCodec.TableEnd(rowCount: rowCount, checksum: checksum))
        case .sequences(let values): try encode(.sequences, values)
        case .end(let rowCount): try encode(.end, FrameCodec.End(rowCount: rowCount))
        }
    }

    private func encode(_ kind: FrameCodec.Kind, _ value: some Encodable) throws -> [UInt8] {
        let payload = try json.encode(value)
        guard payload.count <= kind.limit else {
            throw WireError.tooLong(kind, length: payload.count)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(FrameCodec.prefixLength + payload.count)
        appendPrefix(kind, length: payload.count, to: &bytes)
        bytes.append(contentsOf: payload)
        return bytes
    }

    private func encode(rows: [UInt8]) -> [UInt8] {
        let size = FrameCodec.rowsFrameSize
        let frames = rows.count / size + 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rows.count + frames * FrameCodec.prefixLength)
        var rest = rows[...]
        repeat {
            let part = rest.prefix(size)
            appendPrefix(.rows, length: part.count, to: &bytes)
            bytes.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        } while !rest.isEmpty
        return bytes
    }

    private func appendPrefix(_ kind: FrameCodec.Kind, length: Int, to bytes: inout [UInt8]) {
        bytes.append(kind.rawValue)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
}
