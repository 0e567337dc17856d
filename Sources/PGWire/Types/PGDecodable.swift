/// A value that can be made from a field of a row.
public protocol PGDecodable {
    /// Makes a value from a field that is not NULL.
    ///
    /// - Parameters:
    ///   - bytes: the field, in the given format.
    ///   - type: its type.
    ///   - format: text (all that the simple protocol has) or binary.
    /// - Throws: `decodingFailed` where the field is no such value; never traps, whatever the bytes.
    init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError)

    /// The value that stands for NULL.
    ///
    /// - Throws: `decodingFailed` where there is none.
    static func makePGNull() throws(PGError) -> Self
}

extension PGDecodable {
    /// There is none.
    @inlinable public static func makePGNull() throws(PGError) -> Self {
        throw PGError(.decodingFailed, "NULL is not a \(Self.self)")
    }
}

extension Optional: PGDecodable where Wrapped: PGDecodable {
    /// The wrapped type's own rule.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        self = .some(try Wrapped(pgBytes: bytes, type: type, format: format))
    }

    /// Nil.
    @inlinable public static func makePGNull() throws(PGError) -> Self { .none }
}
