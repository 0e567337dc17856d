/// What went wrong between this client and a PostgreSQL server.
///
/// `description` holds no row values, SQL or secrets; the server's own fields are in `server`.
public struct PGError: Error, Sendable, CustomStringConvertible {
    /// A stable, documented code.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The configuration cannot be used as it is.
        case invalidConfiguration
        /// No connection could be made: refused, unreachable, name not found.
        case connectFailed
        /// A deadline of the caller or of the configuration passed.
        case timedOut
        /// TLS was refused, could not be negotiated or the certificate was not accepted.
        case tlsFailed
        /// The server refused the credentials, or asked for a method that is not spoken.
        case authenticationFailed
        /// The connection ended while it was in use.
        case connectionLost
        /// The connection was closed by its owner before the call.
        case connectionClosed
        /// The server sent bytes that break the protocol.
        case protocolViolation
        /// The server reported an error; `server` has its fields.
        case server
        /// A statement of a pipeline was not run, because one before it had failed.
        case pipelineAborted
        /// The calling task was cancelled; the statement was cancelled on the server too.
        case cancelled
        /// A value cannot be sent as the type that the statement expects.
        case encodingFailed
        /// A value could not be decoded as the type asked for, or a column does not exist.
        case decodingFailed
        /// The call does not fit the state, for example a query inside an open COPY.
        case misuse
    }

    /// Which kind of failure this is.
    public let code: Code
    /// What happened, where, and what to do, without values or secrets.
    public let message: String
    /// The server's fields where the server reported the error.
    public let server: PGServerError?

    /// Makes an error; `server` only where the server reported it.
    public init(_ code: Code, _ message: String, server: PGServerError? = nil) {
        self.code = code
        self.message = message
        self.server = server
    }

    /// The server's SQLSTATE, where the server reported the error.
    public var sqlState: SQLState? { server?.sqlState }

    /// Whether the connection is gone, whatever else is true.
    public var isConnectionLost: Bool {
        switch code {
        case .connectFailed, .connectionLost, .connectionClosed, .protocolViolation: true
        case .server: server?.severity == "FATAL" || server?.severity == "PANIC"
        default: false
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    public var isTransient: Bool {
        switch code {
        case .connectFailed, .timedOut, .connectionLost: return true
        case .server:
            guard let state = server?.sqlState else { return false }
            switch state.errorClass {
            // Connection, transaction rollback, resources, operator intervention, system error.
            case "08", "40", "53", "57", "58": return true
            default: return state.rawValue == "55P03" || state.rawValue == "55006"
            }
        default: return false
        }
    }

    /// Code, message and SQLSTATE in one line.
    public var description: String {
        if let server { return "\(message) (SQLSTATE \(server.sqlState))" }
        return "\(message) (\(code.rawValue))"
    }
}

/// The fields of an ErrorResponse or NoticeResponse (manual, 55.8).
public struct PGServerError: Sendable, Hashable {
    /// All fields by their one-byte type, as sent.
    public let fields: [UInt8: String]

    /// Wraps the fields of one message.
    public init(fields: [UInt8: String]) {
        self.fields = fields
    }

    private func field(_ letter: Character) -> String? {
        letter.asciiValue.flatMap { fields[$0] }
    }

    /// The severity, never localised where the server is 9.6 or newer.
    public var severity: String { field("V") ?? field("S") ?? "ERROR" }
    /// The SQLSTATE.
    public var sqlState: SQLState { SQLState(rawValue: field("C") ?? "XX000") }
    /// The primary message.
    public var message: String { field("M") ?? "" }
    /// The detail, which may hold row values.
    public var detail: String? { field("D") }
    /// A suggestion of the server.
    public var hint: String? { field("H") }
    /// A character position in the statement, counted from 1.
    public var position: Int? { field("P").flatMap { Int($0) } }
    /// The call stack of the server's procedural languages.
    public var context: String? { field("W") }
    /// The schema of the object concerned.
    public var schemaName: String? { field("s") }
    /// The table concerned.
    public var tableName: String? { field("t") }
    /// The column concerned.
    public var columnName: String? { field("c") }
    /// The data type concerned.
    public var dataTypeName: String? { field("d") }
    /// The constraint concerned.
    public var constraintName: String? { field("n") }
}
