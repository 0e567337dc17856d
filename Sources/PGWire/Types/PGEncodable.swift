/// A value that can be a parameter or a field of a binary COPY.
///
/// A statement that the server has described (a prepared one, or one from the statement cache) asks
/// for the type it expects, so that an `Int` may stand for an `int2`, an `int4` or a `numeric`. A
/// statement that is sent in one piece declares `pgType` and gets just that.
public protocol PGEncodable: Sendable {
    /// The type that is declared to the server; `unspecified` lets it infer one.
    var pgType: PGType { get }

    /// Whether the value is NULL; `encode` is not called then.
    var isPGNull: Bool { get }

    /// The format in which `encode` writes a value of a type.
    func pgFormat(as type: PGType) -> PGFormat

    /// Appends the value's bytes, without their length.
    ///
    /// - Throws: `encodingFailed` where the value does not fit the type.
    func encode(into buffer: inout PGValueBuffer, as type: PGType) throws(PGError)
}

extension PGEncodable {
    /// False: only an optional can be NULL.
    @inlinable public var isPGNull: Bool { false }

    /// Binary.
    @inlinable public func pgFormat(as type: PGType) -> PGFormat { .binary }
}

extension Optional: PGEncodable where Wrapped: PGEncodable {
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
        into buffer: inout PGValueBuffer, as type: PGType
    ) throws(PGError) {
        switch self {
        case .some(let value): try value.encode(into: &buffer, as: type)
        case .none: break
        }
    }
}

/// The bytes of values on their way to the server.
public struct PGValueBuffer: Sendable {
    /// What was written.
    @usableFromInline package var bytes: [UInt8] = []

    /// An empty buffer.
    @inlinable public init() {}

    /// The number of bytes written.
    @inlinable public var count: Int { bytes.count }

    /// Appends an integer, most significant byte first.
    @inlinable public mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes.
    @inlinable public mutating func append(bytes more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Appends a text's UTF-8.
    @inlinable public mutating func append(text: some StringProtocol) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends what a closure writes, after its length as an Int32 (as array elements and composite
    /// fields have it).
    @inlinable public mutating func appendWithLength(
        _ body: (inout PGValueBuffer) throws(PGError) -> Void
    ) throws(PGError) {
        let start = bytes.count
        append(Int32(0))
        try body(&self)
        guard let count = Int32(exactly: bytes.count - start - 4) else {
            throw PGError(
                .encodingFailed, "a value of \(bytes.count - start - 4) bytes is too long")
        }
        withUnsafeBytes(of: count.bigEndian) {
            bytes.replaceSubrange(start..<start + 4, with: $0)
        }
    }
}
