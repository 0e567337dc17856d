/// Where a connection stands between transactions, as the server reports it.
public enum PGTransactionStatus: UInt8, Sendable, Hashable {
    /// Not in a transaction block.
    case idle = 0x49  // I
    /// In a transaction block.
    case inTransaction = 0x54  // T
    /// In a transaction block that has failed and must be rolled back.
    case failed = 0x45  // E
}

/// A message of NOTIFY.
public struct PGNotification: Sendable, Hashable {
    /// The server process that notified.
    public let processID: Int
    /// The channel.
    public let channel: String
    /// The text, possibly empty.
    public let payload: String

    /// Describes a notification.
    public init(processID: Int, channel: String, payload: String) {
        self.processID = processID
        self.channel = channel
        self.payload = payload
    }
}

/// What a server says on its own account, whenever it wants to.
public enum PGEvent: Sendable, Hashable {
    /// A warning, a notice or a log line of the server.
    case notice(PGServerError)
    /// A NOTIFY on a channel this connection listens to.
    case notification(PGNotification)
    /// A setting that the server reports has changed.
    case parameterStatus(name: String, value: String)
}
