/// The limits of the protocol and of a session, each with its unit and its reason.
extension Limits {
    // MARK: Protocol

    /// Bytes of one server message while logging in: nothing a server says then comes near it.
    package static let startupMessage = 65_536
    /// Bytes of one server message: PostgreSQL itself cannot build one of more than 1 GiB.
    package static let message = 1 << 30
    /// Bytes of payload that are handed out as one chunk of a COPY OUT, unless one row is longer.
    package static let copyChunk = 256 << 10
    /// Bytes of rows that are handed out as one block, unless one row is longer.
    package static let rowBlock = 64 << 10
    /// Bytes received for a COPY OUT and not yet taken, above which the socket is not read.
    package static let copyOutHighWater = 1 << 20
    /// Bytes of small writes of a COPY IN that are joined before they are sent.
    package static let copyInJoined = 64 << 10
    /// Bytes of payload in one CopyData message that we send.
    package static let copyInMessage = 1 << 20
    /// Bytes of text in CopyFail: at 9,996 the server ended the connection (tried with 15).
    package static let copyFailText = 9_000
    /// Parameters of one statement: Bind counts them in 16 bits.
    package static let parameters = 65_535
    /// SCRAM iterations that are computed: 4,096 is the default, a second of work is the end.
    package static let scramIterations = 2_000_000
    /// Settings whose latest values are kept: PostgreSQL 18 reports 15, extensions a few more.
    package static let reportedSettings = 1000
    /// Bytes of a cancel key (manual, 55.7: protocol 3.2 allows up to 256).
    package static let cancelKey = 4...256
    /// How long a cancelled statement may take to end before the connection is given up.
    package static let cancelGrace: Duration = .seconds(5)
    /// How long the end of a transaction may take before the connection is given up.
    package static let rollback: Duration = .seconds(10)
    /// After how long a statement that goes on is cancelled again: the request may have come before
    /// the server had read the statement.
    package static let cancelRepeat: Duration = .milliseconds(200)
}
