/// A value that can be made from a field of a row.
public protocol PGDecodable {
    /// Makes a value from a field that is not NULL.
    ///
    /// - Parameters:
    ///   - bytes: the field, in the given format.
    ///   - type: its type; `unspecified` where nobody told, as in a binary COPY.
    ///   - format: text (all that the simple protocol has) or binary.
    /// - Throws: `decodingFailed` where the field is no such value; never traps, whatever the bytes.
    init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError)

    /// The value that stands for NULL.
    ///
    /// - Throws: `decodingFailed` where there is none.
    static func makePGNull() throws(PGError) -> Self

    /// Makes a Swift array of such values from a field; the default reads an array of at most one
    /// dimension. Only `UInt8` has another way: an array of those is a `bytea`.
    ///
    /// - Throws: `decodingFailed` where the field is no such array.
    static func makePGArray(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) -> [Self]
}

extension PGDecodable {
    /// There is none.
    @inlinable public static func makePGNull() throws(PGError) -> Self {
        throw PGError(.decodingFailed, "NULL is not a \(Self.self)")
    }

    /// Reads an array of at most one dimension, whatever its lower bound.
    @inlinable public static func makePGArray(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) -> [Self] {
        let array = try PGArray<Self>(pgBytes: bytes, type: type, format: format)
        guard array.dimensions.count <= 1 else {
            throw PGError(
                .decodingFailed,
                "an array of \(array.dimensions.count) dimensions: decode it as a PGArray")
        }
        return array.elements
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

extension PGDecodable where Self: RawRepresentable, RawValue: PGDecodable {
    /// A value by its raw value: an `enum` of String reads an enum of the server.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        guard let value = Self(rawValue: try RawValue(pgBytes: bytes, type: type, format: format))
        else { throw PGError.notA(Self.self, type, format) }
        self = value
    }
}

extension PGError {
    /// A field that is no value of a type.
    @inline(never) @usableFromInline package static func notA(
        _ wanted: Any.Type, _ type: PGType, _ format: PGFormat
    ) -> PGError {
        let what = type == .unspecified ? "a field" : "a field of type \(type)"
        return PGError(
            .decodingFailed, "\(what) in \(format == .text ? "text" : "binary") is not a \(wanted)")
    }

    /// A value that a type cannot hold, or not in this format.
    @inline(never) @usableFromInline package static func cannotEncode(
        _ given: Any.Type, _ type: PGType, _ format: PGFormat, _ reason: String = ""
    ) -> PGError {
        PGError(
            .encodingFailed,
            "a \(given) cannot be sent as \(type) in \(format == .text ? "text" : "binary")"
                + (reason.isEmpty ? "" : ": \(reason)"))
    }
}
