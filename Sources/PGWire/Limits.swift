/// Every bound of this module, with its unit and its reason.
package enum Limits {
    // MARK: Transport

    /// Bytes of the buffer that a loop reads into, one per loop: large enough that a COPY needs few
    /// system calls, small enough to stay in the cache.
    package static let readBuffer = 128 * 1024
    /// Full buffers that one connection may take in a turn before others get theirs.
    package static let readsPerTurn = 8
    /// Bytes of pending output at or below which `Channel.onDrained` is called.
    package static let lowWater = 64 * 1024
    /// Bytes of pending output above which a writer should wait for `Channel.onDrained`.
    package static let highWater = 512 * 1024
    /// Bytes up to which pending pieces are joined, so that many small sends are one system call.
    package static let joinedPiece = 32 * 1024
    /// Jobs that a loop runs before it looks at its sockets and timers again.
    package static let jobsPerTurn = 1024
    /// The longest sleep of a loop, in milliseconds; timers that are further away are met in steps.
    package static let longestSleep = 60_000
    /// Threads for calls that block (name resolution, certificate files, key derivation): a name
    /// server that does not answer must not hold up more than these.
    package static let blockingThreads = 8
    /// Addresses of one host name that are tried.
    package static let addressesPerHost = 16
    /// Unanswered keep-alive probes after which the kernel gives the connection up.
    package static let keepAliveProbes = 3
    /// Bytes given to one `SSL_write`: the most that a TLS record holds (RFC 8446, 5.1).
    package static let tlsRecord = 16 * 1024
    /// TLS contexts that are kept: one for each way of connecting that a program uses at a time.
    package static let tlsContexts = 16

    // MARK: Configuration

    /// Servers that one configuration may name.
    package static let hosts = 64
    /// Bytes of a connection string.
    package static let connectionString = 64 * 1024
    /// Bytes at which a line of a service file is too long, as for libpq.
    package static let serviceLine = 1022
    /// Bytes of a service or a password file.
    package static let configurationFile = 1024 * 1024
    /// The time to connect of `connect_timeout=0`, which asks for no limit.
    package static let longestConnect: Duration = .seconds(3600)
}
