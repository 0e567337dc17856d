/// Reads the binary format of COPY (manual, COPY, "Binary Format"): bytes in, cut anywhere; rows out.
///
/// ```swift
/// var decoder = PGBinaryCopyDecoder(types: [.int8, .text, .timestamptz])
/// while let chunk = try await copy.next() {
///     decoder.feed(chunk.bytes)
///     while let (id, name, time) = try decoder.next(Int.self, String?.self, PGTimestamp.self) { … }
/// }
/// try decoder.finish()
/// ```
/// The format does not say the columns' types: tell them, or they are `unspecified` and taken for
/// what is asked for. A row that cannot be decoded is left behind; after a `protocolViolation` the
/// decoder gives the same error for ever.
public struct PGBinaryCopyDecoder: Sendable {
    @usableFromInline enum State: Sendable, Equatable {
        case header
        /// Bytes of the header's extension that are skipped.
        case skipping(Int)
        case rows
        case finished
        case failed(String)
    }

    /// The types of the columns, in order; columns without one are `unspecified`.
    public let types: [PGType]
    @usableFromInline var state = State.header
    /// Bytes that were fed; those before `offset` are read.
    @usableFromInline var bytes: [UInt8] = []
    @usableFromInline var offset = 0

    /// A decoder that has seen nothing.
    public init(types: [PGType] = []) { self.types = types }

    /// Whether the trailer was read: there are no more rows.
    public var isFinished: Bool { state == .finished }

    /// Takes the next bytes; a chunk is not copied where all before it was read.
    public mutating func feed(_ chunk: [UInt8]) {
        if offset == bytes.count {
            bytes = chunk
        } else {
            bytes.removeSubrange(..<offset)
            bytes.append(contentsOf: chunk)
        }
        offset = 0
    }

    /// The next row; nil where more bytes are needed, or the trailer was read.
    ///
    /// The Swift types are those of all columns, in order; optional where a column may be NULL.
    ///
    /// - Throws: `decodingFailed` where the row has another number of columns or a field is no such
    ///   value; `protocolViolation` where the bytes are no binary COPY.
    @inlinable public mutating func next<each Value: PGDecodable>(
        _ wanted: repeat (each Value).Type
    ) throws(PGError) -> (repeat each Value)? {
        guard let row = try nextRow() else { return nil }
        var count = 0
        for _ in repeat (each Value).self { count += 1 }
        guard row.columnCount == count else {
            throw Self.wrongCount(row.columnCount, count)
        }
        var place = row.start
        var column = 0
        do throws(PGError) {
            let span = bytes.span.bytes
            return try (repeat Self.field((each Value).self, span, &place, &column, types))
        } catch {
            throw PGError(error.code, "column \(column - 1): \(error.message)")
        }
    }

    /// The next row, whatever it has; nil where more bytes are needed, or the trailer was read.
    ///
    /// - Throws: `protocolViolation` where the bytes are no binary COPY.
    public mutating func next() throws(PGError) -> PGBinaryCopyRow? {
        guard let row = try nextRow() else { return nil }
        var fields: [[UInt8]?] = []
        fields.reserveCapacity(row.columnCount)
        var place = row.start
        let span = bytes.span.bytes
        for _ in 0..<row.columnCount {
            if span.integer(at: place) == Int32(-1) {
                fields.append(nil)
                place += 4
            } else {
                fields.append(span.field(at: &place))
            }
        }
        return PGBinaryCopyRow(types: types, fields: fields)
    }

    /// Says that there are no more bytes.
    ///
    /// - Throws: `protocolViolation` where the trailer was not read, or rows were left.
    public func finish() throws(PGError) {
        guard state == .finished else {
            if case .failed(let reason) = state { throw PGError(.protocolViolation, reason) }
            throw PGError(.protocolViolation, "a binary COPY ends before its trailer")
        }
    }

    // MARK: Rows

    /// One field; the row is known to be whole.
    @inlinable static func field<T: PGDecodable>(
        _ wanted: T.Type, _ bytes: RawSpan, _ place: inout Int, _ column: inout Int,
        _ types: [PGType]
    ) throws(PGError) -> T {
        let type = column < types.count ? types[column] : .unspecified
        column += 1
        guard let length: Int32 = bytes.integer(at: place) else { throw Self.cut }
        place += 4
        if length < 0 { return try T.makePGNull() }
        let start = place
        place += Int(length)
        guard place <= bytes.byteCount else { throw Self.cut }
        return try T(pgBytes: bytes.extracting(start..<place), type: type, format: .binary)
    }

    @usableFromInline struct Row {
        @usableFromInline let columnCount: Int
        /// Where the first field's length is.
        @usableFromInline let start: Int
    }

    private enum Found {
        case incomplete
        case row(Row, end: Int)
        case trailer(Int16)
        case broken(String)
    }

    /// Moves behind the next row where all of it is there.
    @usableFromInline mutating func nextRow() throws(PGError) -> Row? {
        if state != .rows { try advance() }
        guard state == .rows else { return nil }
        switch Self.find(bytes.span.bytes, offset) {
        case .incomplete: return nil
        case .row(let row, let end):
            offset = end
            return row
        case .trailer(let count):
            try trailer(count)
            return nil
        case .broken(let reason): throw fail(reason)
        }
    }

    private static func find(_ bytes: RawSpan, _ offset: Int) -> Found {
        guard let count: Int16 = bytes.integer(at: offset) else { return .incomplete }
        guard count >= 0 else { return .trailer(count) }
        let start = offset + 2
        var end = start
        for _ in 0..<count {
            guard let length: Int32 = bytes.integer(at: end) else { return .incomplete }
            end += 4
            guard length >= -1 else {
                return .broken("a field of a binary COPY has a negative length")
            }
            if length > 0 { end += Int(length) }
            guard end - start <= Limits.copyRow else {
                return .broken("a row of a binary COPY has more than \(Limits.copyRow) bytes")
            }
        }
        guard end <= bytes.byteCount else { return .incomplete }
        return .row(Row(columnCount: Int(count), start: start), end: end)
    }

    @usableFromInline mutating func trailer(_ count: Int16) throws(PGError) {
        guard count == -1 else { throw fail("a row of a binary COPY has \(count) fields") }
        offset += 2
        state = .finished
        try advance()
    }

    /// Reads what is not a row.
    @usableFromInline mutating func advance() throws(PGError) {
        if state == .header { try header() }
        if case .skipping(let count) = state {
            let skipped = min(count, bytes.count - offset)
            offset += skipped
            state = count == skipped ? .rows : .skipping(count - skipped)
        }
        if state == .finished, offset < bytes.count {
            throw fail("there are bytes behind the trailer of a binary COPY")
        }
        if case .failed(let reason) = state { throw PGError(.protocolViolation, reason) }
    }

    private mutating func header() throws(PGError) {
        let signature = PGBinaryCopyEncoder.signature
        let seen = bytes[offset...].prefix(signature.count)
        guard seen.elementsEqual(signature.prefix(seen.count)) else {
            throw fail("these bytes are no COPY in binary")
        }
        let place = offset + signature.count
        guard let flags: UInt32 = bytes.span.bytes.integer(at: place),
            let extra: Int32 = bytes.span.bytes.integer(at: place + 4)
        else { return }
        // The upper half says what a reader must understand; bit 16 is oids, which are gone.
        guard flags >> 16 == 0 else {
            throw fail("a binary COPY has flags that are not understood")
        }
        guard extra >= 0 else { throw fail("the header of a binary COPY has a negative length") }
        offset = place + 8
        state = .skipping(Int(extra))
    }

    @usableFromInline mutating func fail(_ reason: String) -> PGError {
        state = .failed(reason)
        return PGError(.protocolViolation, reason)
    }

    @inline(never) @usableFromInline static func wrongCount(_ count: Int, _ wanted: Int) -> PGError
    {
        PGError(.decodingFailed, "the row has \(count) columns, not \(wanted)")
    }

    @usableFromInline static var cut: PGError {
        PGError(.protocolViolation, "a row of a binary COPY is cut")
    }
}

/// A row of a binary COPY whose columns are decoded when asked for.
public struct PGBinaryCopyRow: Sendable {
    /// The types of the columns, as the decoder was told.
    public let types: [PGType]
    /// The fields in binary; nil for NULL.
    public let fields: [[UInt8]?]

    /// A column as a value, counted from 0.
    ///
    /// - Throws: `decodingFailed` where there is no such column, or it is no such value.
    public func decode<T: PGDecodable>(_ wanted: T.Type = T.self, _ index: Int) throws(PGError) -> T
    {
        guard fields.indices.contains(index) else {
            throw PGError(.decodingFailed, "no column \(index), the row has \(fields.count)")
        }
        guard let bytes = fields[index] else { return try T.makePGNull() }
        let type = types.indices.contains(index) ? types[index] : .unspecified
        return try T(pgBytes: bytes.span.bytes, type: type, format: .binary)
    }
}
