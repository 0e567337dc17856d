internal import CShims

/// How a connection's socket is set up.
package struct SocketOptions: Sendable {
    /// Whether the kernel probes a silent peer.
    package var keepAlives = true
    /// After how long it does so, how long it waits for each answer, and how often it tries; zero
    /// leaves the kernel's setting.
    package var keepAliveIdle = Duration.seconds(30)
    package var keepAliveInterval = Duration.seconds(10)
    package var keepAliveCount = 3
    /// After how long unacknowledged bytes end the connection; zero leaves the kernel's setting.
    package var userTimeout = Duration.seconds(60)
    /// Whether a name's addresses are tried in an order drawn at random.
    package var shufflesAddresses = false

    /// The defaults.
    package init() {}

    /// What a configuration asks for.
    init(_ configuration: PGConfiguration) {
        keepAlives = configuration.keepAlives
        keepAliveIdle = configuration.keepAliveIdle
        keepAliveInterval = configuration.keepAliveInterval
        keepAliveCount = configuration.keepAliveCount
        userTimeout = configuration.tcpUserTimeout
        shufflesAddresses = configuration.loadBalanceHosts == .random
    }

    /// Sets the options of a TCP socket.
    ///
    /// A kernel that refuses one gives a slower or later-noticing connection, which is
    /// better than none.
    func apply(to fd: Int32) {
        _ = teleport_set_no_delay(fd)
        if keepAlives {
            _ = teleport_set_keep_alive(
                fd, Self.seconds(keepAliveIdle), Self.seconds(keepAliveInterval),
                Int32(clamping: max(0, keepAliveCount)))
        }
        if userTimeout > .zero {
            _ = teleport_set_user_timeout(
                fd, UInt32(clamping: userTimeout.nanoseconds / 1_000_000))
        }
    }

    /// Whole seconds; less than one is one, none is zero.
    private static func seconds(_ duration: Duration) -> Int32 {
        guard duration > .zero else { return 0 }
        return Int32(clamping: max(1, duration.components.seconds))
    }
}
