import NIOCore

/// Every bound of the daemon, in one place.
enum Limits {
    /// The largest configuration file, in bytes: far beyond any that a person writes.
    static let configurationFile = 1 << 20

    /// Batches that are applied at the same time; each holds one connection to the database.
    static let concurrentBatches = 32
    /// Long polls of `/v1/wait` at the same time; each costs a task and some queries a second.
    static let concurrentWaits = 64
    /// Open connections to the API; the next ones stay in the kernel's queue.
    static let connections = 256
    /// All header fields of a request together, in bytes.
    static let headerBytes = 16 * 1024
    /// The number of header fields of a request.
    static let headerFields = 64
    /// How long a connection may be open without a request on it.
    static let quietConnection = TimeAmount.seconds(75)
    /// How long the next bytes of a body may take while the applier waits for them: six signs of life
    /// that did not come.
    static let bodySilence = Duration.seconds(30)
    /// How often a source that has nothing to send yet shows that it is there.
    static let keepAlive = Duration.seconds(5)
    /// How often a source that waits for an answer asks whether its batch is still being applied.
    static let answerWatch = Duration.seconds(10)
    /// How long a request may stay without traffic while its batch is applied: schema changes that
    /// rewrite or index a large table come before the first row is read.
    static let applyingSilence = TimeAmount.hours(6)
    /// The longest single long poll; a client that waits longer asks again.
    static let longPoll = Duration.seconds(600)

    /// The time to connect to a target.
    static let connect = TimeAmount.seconds(5)
    /// The time for the answer of a question to a target, such as its state.
    static let question = Duration.seconds(30)
    /// The time from the last byte of a batch to its answer; a dead peer is noticed much earlier, by
    /// the kernel's probes, and a lost answer by asking (`answerWatch`).
    static let answer = Duration.seconds(6 * 3600)
    /// The largest answer of a target: its catalog is in it.
    static let answerBytes = 64 << 20
    /// A piece of a request's body: frames are collected up to this size, in bytes.
    static let piece = 128 * 1024

    /// The time for everything in hand once a stop is asked for; then it is given up.
    static let graceful = Duration.seconds(8)
    /// The time after which the process ends whatever is still running.
    static let stop = Duration.seconds(10)
}
