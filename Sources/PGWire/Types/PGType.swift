/// A data type of the server, by its oid in `pg_type`.
@frozen public struct PGType: RawRepresentable, Sendable, Hashable {
    /// The oid.
    public let rawValue: UInt32

    /// A type by its oid.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A type by its oid.
    @inlinable public init(oid: UInt32) { rawValue = oid }
}

extension PGType: CustomStringConvertible {
    /// The name where the type is built in, else its oid.
    public var description: String { name ?? "type with oid \(rawValue)" }
}

/// How a value is written on the wire (manual, 55.7, Bind).
@frozen public enum PGFormat: Int16, Sendable, Hashable {
    /// The text that the type's output function gives.
    case text = 0
    /// The bytes that the type's send function gives.
    case binary = 1
}
