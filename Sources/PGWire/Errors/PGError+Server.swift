extension PGError {
    /// The error for an ErrorResponse, its message without values.
    ///
    /// Errors of class 22 quote the value they are about; `server` keeps the whole text.
    init(_ code: Code = .server, server: PGServerError) {
        let text = server.message
        var message =
            server.sqlState.errorClass == "22" ? Self.withoutQuotedText(text) : text
        switch server.sqlState {
        case .invalidSQLStatementName, .duplicatePstatement:
            if text.contains(PGPreparedStatement.namePrefix) { message += Self.poolerHint }
        default: break
        }
        self.init(code, message, server: server)
    }

    /// What to do where a statement of ours is on another server session than this one.
    private static let poolerHint =
        "; behind a pooler in transaction mode that does not know prepared statements, "
        + "set statementCacheSize to 0 and do not use prepare"

    private static func withoutQuotedText(_ text: String) -> String {
        guard let first = text.firstIndex(of: "\""), let last = text.lastIndex(of: "\""),
            first < last
        else { return text }
        return text[...first] + "…" + text[last...]
    }

    /// The server's process or the way to it is gone.
    static func lost(_ how: String, server: PGServerError? = nil) -> PGError {
        PGError(.connectionLost, "the connection was lost: \(how)", server: server)
    }

    /// The server said something that it may not say here.
    static func unexpected(_ message: BackendMessage, _ state: String) -> PGError {
        PGError(.protocolViolation, "the server sent \(message.name) while \(state)")
    }
}

extension PGServerError {
    /// Whether the session ends with this error.
    var endsSession: Bool { severity == "FATAL" || severity == "PANIC" }
}
