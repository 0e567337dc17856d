/// Why an initial load ended before its end; what is committed stays, and it can go on.
public struct LoadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A stable code.
    public enum Code: String, Sendable, Hashable {
        /// Another process loads the same target.
        case alreadyRunning
        /// Tables in scope could not be captured yet.
        case notCaptured
        /// The tables changed again and again while they were read.
        case restless
        /// A table changed so that chunks of before and after do not fit; the load begins again.
        case rewritten
        /// The target or the source could not be reached for too long.
        case gaveUp
        /// The source's database refused.
        case source
    }

    /// Which kind of failure this is.
    public let code: Code
    /// What happened and what to do.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Message and code in a line.
    public var description: String { "\(message) (\(code.rawValue))" }
}
