/// The rows of a stream, in the server's order.
///
/// Rows that have arrived are handed out without suspending; the server is held back while rows
/// wait to be taken.
public struct PGRows: AsyncSequence, Sendable {
    let connection: PGConnection
    let operation: Operation
    /// The columns.
    public let columns: [PGColumn]

    /// Begins to take rows; there is one such iteration, later ones go on where it stopped.
    public func makeAsyncIterator() -> Iterator {
        Iterator(connection: connection, pipe: operation.pipe)
    }

    /// The rows' first columns, decoded.
    ///
    /// ```swift
    /// for try await (id, name) in rows.decode(Int.self, String.self) { … }
    /// ```
    public func decode<each T: PGDecodable>(
        _ types: repeat (each T).Type
    ) -> PGDecodedRows<repeat each T> {
        PGDecodedRows(rows: self)
    }

    /// Takes one row after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let connection: PGConnection
        let pipe: StreamPipe?
        @usableFromInline var storage: PGRowStorage?
        @usableFromInline var offset = 0
        @usableFromInline var left = 0

        /// The next row, nil after the last one.
        ///
        /// - Throws: `server`, `cancelled`, `connectionLost`; `misuse` after the body has ended.
        @inlinable public mutating func next() async throws(PGError) -> PGRow? {
            while true {
                if left > 0, let storage {
                    let row = PGRow(storage: storage, offset: offset)
                    offset = storage.end(ofRowAt: offset)
                    left -= 1
                    return row
                }
                guard try await refill() else { return nil }
            }
        }

        /// As `next()`; the actor does not matter.
        @inlinable public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PGError) -> PGRow? {
            try await next()
        }

        /// Waits for more rows; false after the last one.
        @usableFromInline mutating func refill() async throws(PGError) -> Bool {
            storage = nil
            if case .rows(let more) = try await pipe?.next(connection) { storage = more }
            offset = 0
            left = storage?.count ?? 0
            return storage != nil
        }
    }
}

/// The rows of a stream, decoded.
public struct PGDecodedRows<each T: PGDecodable>: AsyncSequence {
    let rows: PGRows

    /// Begins to take rows.
    public func makeAsyncIterator() -> Iterator { Iterator(rows: rows.makeAsyncIterator()) }

    /// Takes one row after the other.
    public struct Iterator: AsyncIteratorProtocol {
        @usableFromInline var rows: PGRows.Iterator

        /// The next row's values, nil after the last one.
        ///
        /// - Throws: as `PGRows.Iterator.next`, and `decodingFailed`.
        @inlinable public mutating func next() async throws(PGError) -> (repeat each T)? {
            guard let row = try await rows.next() else { return nil }
            let values: (repeat each T) = try row.decode(repeat (each T).self)
            return .some(values)
        }

        /// As `next()`; the actor does not matter.
        @inlinable public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PGError) -> (repeat each T)? {
            try await next()
        }
    }
}
