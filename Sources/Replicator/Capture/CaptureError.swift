public import PGWire

/// Why something could not be installed, removed or forgotten on the source.
public struct CaptureError: Error, Sendable, CustomStringConvertible {
    /// A stable code.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// A schema `teleport` exists that this product did not make.
        case foreignSchema
        /// The objects were made by a newer version of this product.
        case newerObjects
        /// The connected role lacks a right.
        case missingRight
        /// A lock could not be had within the bounds; nothing was changed.
        case lockNotAvailable
        /// Something that is not ours depends on what is to be removed.
        case inUse
        /// The database refused; see `underlying`.
        case database
    }

    /// The code.
    public let code: Code
    /// What was found, where, and what to type next.
    public let message: String
    /// What the database said.
    public let underlying: PGError?

    /// Makes an error.
    public init(_ code: Code, _ message: String, underlying: PGError? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Whether the same call may succeed later without anybody changing anything.
    public var isTransient: Bool {
        code == .lockNotAvailable || (code == .database && underlying?.isTransient == true)
    }

    /// Message, code and SQLSTATE in a line.
    public var description: String {
        let state = (underlying?.sqlState).map { ", SQLSTATE \($0)" } ?? ""
        return "\(message) (\(code.rawValue)\(state))"
    }
}
