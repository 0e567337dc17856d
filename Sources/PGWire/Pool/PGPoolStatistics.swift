/// What a pool has now, and what it has done since it was made.
public struct PGPoolStatistics: Sendable, Hashable {
    /// Why a pool closed a connection.
    public enum CloseReason: String, Sendable, Hashable, CaseIterable {
        /// Nobody needed it for `idleTime`.
        case idle
        /// Its `lifetime` was over.
        case lifetime
        /// It was lost: the server or the network ended it.
        case lost
        /// It gave no sign of life when asked for one.
        case unhealthy
        /// It came back with a request under way.
        case busy
        /// It came back in a transaction, or was to be reset, and the server did not do it in time.
        case unresettable
        /// The pool was closed.
        case poolClosed
    }

    /// Connections that are lent, and those that came back and are being cleaned.
    public var lent = 0
    /// Connections that wait to be lent.
    public var idle = 0
    /// Connections that are being made.
    public var connecting = 0
    /// Connections that are being closed.
    public var closing = 0
    /// Tasks that wait for a connection.
    public var waiters = 0

    /// How often a connection was lent.
    public var acquired = 0
    /// How often one waited for a connection in vain.
    public var timeouts = 0
    /// How often a task was cancelled while it waited.
    public var cancellations = 0
    /// How often one was refused: the pool was closed, too many waited, or connecting is hopeless.
    public var refusals = 0
    /// Connections that were made.
    public var created = 0
    /// Attempts to connect that failed.
    public var connectFailures = 0
    /// Connections that were closed, by reason.
    public var closed: [CloseReason: Int] = [:]

    /// Connections that exist, in whatever state.
    public var total: Int { lent + idle + connecting + closing }

    /// A pool that has done nothing.
    public init() {}
}
