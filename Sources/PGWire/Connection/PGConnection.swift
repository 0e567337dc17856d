// CONTRACT DRAFT: the public surface that the engine is written against. The bodies are replaced.

/// One connection to a PostgreSQL server.
public actor PGConnection {
    /// The server's version number, for example 150018.
    public nonisolated let serverVersion: Int

    init(serverVersion: Int) { self.serverVersion = serverVersion }

    /// Connects, negotiates TLS and logs in, within `connectTimeout`.
    public static func connect(_ configuration: PGConfiguration) async throws(PGError) -> PGConnection
    {
        throw PGError(.misuse, "draft \(configuration.user)")
    }

    /// The latest value the server reported for a setting, for example `TimeZone`.
    public func parameterStatus(_ name: String) -> String? { nil }

    /// Whether the connection can still be used.
    public nonisolated var isOpen: Bool { false }

    /// Simple query protocol: one or several statements, one result each.
    @discardableResult
    public func execute(_ sql: String) async throws(PGError) -> [PGResult] {
        throw PGError(.misuse, "draft")
    }

    /// Extended query protocol: one statement with parameters; all rows are collected.
    @discardableResult
    public func query(_ sql: String, _ parameters: [PGParameter] = []) async throws(PGError)
        -> PGResult
    {
        throw PGError(.misuse, "draft")
    }

    /// COPY … TO STDOUT as a stream; the connection is busy until the body returns or throws.
    ///
    /// Leaving the body before the end cancels the COPY and leaves the connection usable.
    public func copyOut<R: Sendable>(
        _ sql: String, _ body: (PGCopyOut) async throws -> R
    ) async throws -> R {
        throw PGError(.misuse, "draft")
    }

    /// COPY … FROM STDIN; the body writes, its return ends the COPY, its error fails the COPY.
    ///
    /// - Returns: the number of rows the server counted.
    public func copyIn(_ sql: String, _ body: (PGCopyIn) async throws -> Void) async throws -> Int {
        throw PGError(.misuse, "draft")
    }

    /// Asks the server to cancel the running statement; the statement's own call then throws 57014.
    public func cancelRunningStatement() async {}

    /// Says Terminate and closes; harmless when closed already.
    public func close() async {}
}

/// The rows of a COPY OUT.
public struct PGCopyOut: Sendable {
    /// The next chunk: whole CopyData payloads, concatenated, at least one; nil at the end.
    public func next() async throws(PGError) -> PGCopyChunk? { nil }
}

/// Bytes of a COPY OUT.
public struct PGCopyChunk: Sendable {
    /// The payloads, concatenated, untouched.
    public let bytes: [UInt8]
    /// How many CopyData messages they were: in text format, rows.
    public let rowCount: Int
}

/// The writing end of a COPY IN.
public struct PGCopyIn: Sendable {
    /// Sends bytes; suspends while the server is slower than the caller. Any cut is fine.
    public func write(_ bytes: [UInt8]) async throws(PGError) {}
}
