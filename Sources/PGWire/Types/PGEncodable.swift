/// A value that can be a parameter or a field of a binary COPY.
///
/// The server says which types a statement expects (it is described before its first use), and the
/// value is asked for that type: an `Int` may stand for an `int2`, an `int4` or a `numeric`. Where
/// nobody says a type, as in a field of a COPY without types, the value's own `pgType` counts.
public protocol PGEncodable: Sendable {
    /// The type that values of this Swift type have by themselves; `unspecified` where it depends on
    /// the value or is left to the server.
    static var pgNaturalType: PGType { get }

    /// The type that the value has by itself, for where none is expected: the elements of an array, a
    /// field of a COPY; `unspecified` for none.
    var pgType: PGType { get }

    /// Whether the value is NULL; `encode` is not called then.
    var isPGNull: Bool { get }

    /// The format in which the value is best sent as a type.
    func pgFormat(as type: PGType) -> PGFormat

    /// Appends the value's bytes, without their length.
    ///
    /// - Parameters:
    ///   - buffer: where the bytes go; what was appended before an error is the caller's to drop.
    ///   - type: the type that the server expects; `unspecified` means the natural one.
    ///   - format: the format to write.
    /// - Throws: `encodingFailed` where the value does not fit the type, or has no such format.
    func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError)

    /// The type that an array of such values declares.
    static func pgArrayType(_ elements: [Self]) -> PGType

    /// The format in which an array of such values is best sent as a type.
    static func pgArrayFormat(_ elements: [Self], as type: PGType) -> PGFormat

    /// Appends an array of such values; the default writes an array of one dimension. Only `UInt8` has another way:
    /// an array of those is a `bytea`.
    ///
    /// - Throws: `encodingFailed`, as `encode`.
    static func encodePGArray(
        _ elements: [Self], into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError)
}

extension PGEncodable {
    /// Left to the server.
    @inlinable public static var pgNaturalType: PGType { .unspecified }

    /// The natural type.
    @inlinable public var pgType: PGType { Self.pgNaturalType }

    /// False: only an optional can be NULL.
    @inlinable public var isPGNull: Bool { false }

    /// Binary for types that are built in; text for others, which may be a domain, an enum or an
    /// extension's: every type reads text.
    @inlinable public func pgFormat(as type: PGType) -> PGFormat {
        type.isBuiltIn ? .binary : .text
    }

    /// Appends the value's bytes in the format that suits it best.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType
    ) throws(PGError) {
        try encode(into: &buffer, as: type, format: pgFormat(as: type))
    }

    /// The array of the elements' type.
    @inlinable public static func pgArrayType(_ elements: [Self]) -> PGType {
        let element = elements.first { !$0.isPGNull }?.pgType ?? pgNaturalType
        return element.array ?? .unspecified
    }

    /// Binary where the elements' type is known and all of them have it in binary, else text.
    @inlinable public static func pgArrayFormat(_ elements: [Self], as type: PGType) -> PGFormat {
        let array = type == .unspecified ? pgArrayType(elements) : type
        guard let element = array.arrayElement else { return .text }
        return elements.allSatisfy { $0.isPGNull || $0.pgFormat(as: element) == .binary }
            ? .binary : .text
    }

    /// Writes an array of one dimension, or the empty array.
    @inlinable public static func encodePGArray(
        _ elements: [Self], into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try PGArray(elements).encode(into: &buffer, as: type, format: format)
    }
}

extension Optional: PGEncodable where Wrapped: PGEncodable {
    /// The wrapped type's.
    @inlinable public static var pgNaturalType: PGType { Wrapped.pgNaturalType }

    /// The wrapped value's type; inferred for NULL.
    @inlinable public var pgType: PGType {
        switch self {
        case .some(let value): value.pgType
        case .none: .unspecified
        }
    }

    /// Whether there is no value, or a NULL in it.
    @inlinable public var isPGNull: Bool {
        switch self {
        case .some(let value): value.isPGNull
        case .none: true
        }
    }

    /// The wrapped value's format.
    @inlinable public func pgFormat(as type: PGType) -> PGFormat {
        switch self {
        case .some(let value): value.pgFormat(as: type)
        case .none: .binary
        }
    }

    /// The wrapped value's bytes.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        switch self {
        case .some(let value): try value.encode(into: &buffer, as: type, format: format)
        case .none: break
        }
    }
}

extension PGEncodable where Self: RawRepresentable, RawValue: PGEncodable {
    /// The raw value's.
    @inlinable public static var pgNaturalType: PGType { RawValue.pgNaturalType }

    /// The raw value's.
    @inlinable public var pgType: PGType { rawValue.pgType }

    /// The raw value's.
    @inlinable public func pgFormat(as type: PGType) -> PGFormat { rawValue.pgFormat(as: type) }

    /// The raw value: an `enum` of String writes an enum of the server.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try rawValue.encode(into: &buffer, as: type, format: format)
    }
}
