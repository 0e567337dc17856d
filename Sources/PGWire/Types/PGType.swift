/// A data type of the server, by its oid in `pg_type`.
public struct PGType: RawRepresentable, Sendable, Hashable {
    /// The oid.
    public let rawValue: UInt32

    /// A type by its oid.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A type by its oid.
    public init(oid: UInt32) { rawValue = oid }
}

extension PGType: CustomStringConvertible {
    /// The name where the type is built in, else its oid.
    public var description: String { name ?? "type with oid \(rawValue)" }
}

extension PGType {
    /// Not named: the server infers it from the statement.
    public static let unspecified = PGType(oid: 0)
    public static let bool = PGType(oid: 16)
    public static let bytea = PGType(oid: 17)
    public static let int8 = PGType(oid: 20)
    public static let int2 = PGType(oid: 21)
    public static let int4 = PGType(oid: 23)
    public static let text = PGType(oid: 25)
    public static let float4 = PGType(oid: 700)
    public static let float8 = PGType(oid: 701)

    /// The name of a built-in type, as `format_type` gives it without a modifier.
    public var name: String? { nil }
}

/// How a value is written on the wire (manual, 55.7, Bind).
public enum PGFormat: Int16, Sendable, Hashable {
    /// The text that the type's output function gives.
    case text = 0
    /// The bytes that the type's send function gives.
    case binary = 1
}
