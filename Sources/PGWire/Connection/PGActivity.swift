/// What a connection does, for logs, metrics and traces (`PGConfiguration.onActivity`).
///
/// Parameters and rows are never in it; the text of a statement is.
public enum PGActivity: Sendable {
    /// A connection is open, after so long.
    case connected(processID: Int?, after: Duration)
    /// A connection has ended: closed by its owner, or lost.
    case disconnected(PGError)
    /// A request is sent: a statement, a COPY, a pipeline or a Parse.
    case began(id: Int, text: String)
    /// A request is answered.
    case ended(id: Int, text: String, after: Duration, outcome: Result<Int, PGError>)
}

/// Messages on the wire (`PGConfiguration.onMessage`): what they are called, and nothing of what they
/// say.
public struct PGWireMessage: Sendable, Hashable {
    /// Who sent it.
    public enum Sender: Sendable, Hashable {
        /// This client.
        case client
        /// The server.
        case server
    }

    /// Who sent it.
    public let sender: Sender
    /// Its name in the manual (55.7), for example `DataRow`.
    public let name: String
    /// How many of them came or went in a row.
    public let count: Int
}

extension PGConnection {
    /// Sends bytes: whole messages, our own.
    func send(_ bytes: [UInt8]) {
        channel?.send(bytes)
        guard isTraced, let onMessage = configuration.onMessage else { return }
        var offset = 0
        while offset + 5 <= bytes.count {
            let length = bytes[(offset + 1)...(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
            let name = FrontendMessage.names[bytes[offset]] ?? "?"
            onMessage(PGWireMessage(sender: .client, name: name, count: 1))
            offset += 1 + length
        }
    }

    /// Tells of what the server sent, where somebody watches.
    func trace(_ message: BackendMessage) {
        guard let onMessage = configuration.onMessage else { return }
        let count =
            switch message {
            case .dataRows(let block): block.count
            case .copyData(_, let count): count
            default: 1
            }
        onMessage(PGWireMessage(sender: .server, name: message.name, count: count))
    }

    /// The operation's end, for those who watch.
    func report(_ operation: Operation) {
        guard let began = operation.began, let onActivity = configuration.onActivity else { return }
        let outcome: Result<Int, PGError>
        switch operation.result {
        case .success(let steps)?:
            // Rows that were handed out, else those that are there, else what the tag counts.
            let rows = steps.compactMap(\.result).reduce(0) {
                $0 + ($1.rows.isEmpty ? $1.affectedRows ?? 0 : $1.rows.count)
            }
            outcome = .success(operation.streamedRows > 0 ? operation.streamedRows : rows)
        case .failure(let error)?: outcome = .failure(error)
        case nil: return
        }
        operation.began = nil
        onActivity(
            .ended(
                id: operation.id, text: operation.text, after: ContinuousClock.now - began,
                outcome: outcome))
    }
}

extension Session.Request {
    /// What it is about, for those who watch.
    var text: String {
        switch self {
        case .simple(let sql), .copyIn(let sql), .copyOut(let sql): sql
        case .extended(let request): request.text
        }
    }
}
