/// What goes into a session, and what comes out.
extension Session {
    /// What a caller wants.
    package enum Request: Sendable {
        /// Simple query protocol: one or several statements.
        case simple(String)
        /// Extended query protocol: one or several statements that travel together.
        case extended(ExtendedRequest)
        /// COPY … TO STDOUT.
        case copyOut(String)
        /// COPY … FROM STDIN.
        case copyIn(String)
    }

    /// What must be done, in order.
    package enum Action: Sendable {
        /// Send bytes.
        case send([UInt8])
        /// Compute PBKDF2 and hand the key to `keyDerived`.
        case derive(SCRAM.Derivation)
        /// The login is complete.
        case loggedIn
        /// The server is ready to send or to take the data of the COPY.
        case copyOpened
        /// Data of a COPY OUT.
        case copyChunk(PGCopyChunk)
        /// The rows of a stream begin.
        case streamOpened([PGColumn])
        /// Rows of a stream.
        case rows(PGRowStorage)
        /// The rows that were asked for are there; `fetch` asks for more.
        case suspended
        /// The server has given up a COPY IN: nothing more need be written.
        case copyInFailed(PGError)
        /// The request is answered and the server is ready for the next.
        case finished(Result<[StepOutcome], PGError>)
        /// Something the server says on its own account.
        case event(PGEvent)
        /// The session is over.
        case close(PGError)
    }
}
