/// How many connections a pool keeps, for how long, and how long one waits for them.
public struct PGPoolConfiguration: Sendable {
    /// Connections that are kept open although nobody needs them.
    public var minimum = 0
    /// Connections that are open at the same time, at most; those being made and closed count.
    public var maximum = 10
    /// How long one waits for a connection before `withConnection` throws `timedOut`.
    public var acquireTimeout: Duration = .seconds(30)
    /// Tasks that may wait at the same time, also for a connection that is being made; one more is
    /// refused at once.
    public var maximumWaiters = 10_000
    /// After how long a connection is replaced, counted from its login; nil for never.
    ///
    /// So that a server behind a new address, or one that has grown fat with catalogs, is left in
    /// time. A connection that is lent is replaced when it comes back.
    public var lifetime: Duration? = .seconds(30 * 60)
    /// The largest part of `lifetime` that is taken off at random, from 0 to 1, so that connections
    /// which were made together do not end together.
    public var lifetimeJitter = 0.1
    /// After how long an unused connection is closed, where there are more than `minimum`; nil for
    /// never.
    public var idleTime: Duration? = .seconds(5 * 60)
    /// A connection that was not used for so long is asked for a sign of life before it is lent.
    ///
    /// One that is known to be lost is never lent.
    public var checkAfter: Duration = .seconds(30)
    /// How long a sign of life, a ROLLBACK or a reset may take before the connection is closed.
    public var checkTimeout: Duration = .seconds(5)
    /// Connections that are made at the same time, at most; one while making them fails.
    public var connectsAtOnce = 4
    /// The pause after the first failed attempt to connect; each further failure doubles it.
    public var firstPause: Duration = .milliseconds(100)
    /// The longest pause between attempts to connect.
    public var longestPause: Duration = .seconds(5)
    /// Whether a connection that comes back forgets its session by `DISCARD ALL`: settings, temporary
    /// tables, advisory locks, LISTEN and prepared statements.
    ///
    /// Without, the next one who borrows it finds what the one before has set. It costs a round trip
    /// after each use, which nobody waits for but the connection.
    public var resetsSession = false

    /// The defaults, and how many connections there may be.
    public init(minimum: Int = 0, maximum: Int = 10) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// - Throws: `invalidConfiguration` with the name of what cannot be meant.
    func validate() throws(PGError) {
        let problem: String? =
            if maximum < 1 || minimum < 0 || minimum > maximum {
                "minimum \(minimum) and maximum \(maximum): 0 <= minimum <= maximum, 1 <= maximum"
            } else if !(0...1).contains(lifetimeJitter) {
                "lifetimeJitter \(lifetimeJitter) is not between 0 and 1"
            } else if connectsAtOnce < 1 {
                "connectsAtOnce \(connectsAtOnce) is less than 1"
            } else if maximumWaiters < 1 {
                "maximumWaiters \(maximumWaiters) is less than 1"
            } else if firstPause <= .zero || longestPause < firstPause {
                "firstPause and longestPause: 0 < firstPause <= longestPause"
            } else if let lifetime, lifetime <= .zero {
                "lifetime \(lifetime) is not positive"
            } else {
                nil
            }
        if let problem { throw PGError(.invalidConfiguration, "pool: \(problem)") }
    }
}
