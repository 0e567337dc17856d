/// A range of the server: two bounds, each in or out of the range, or missing (manual, 8.17).
///
/// The server brings ranges over int4, int8 and date to the form `[lower, upper)`.
public struct PGRange<Bound> {
    /// The lower bound; nil where there is none.
    public let lower: Bound?
    /// The upper bound; nil where there is none.
    public let upper: Bound?
    /// Whether the lower bound belongs to the range.
    public let includesLower: Bool
    /// Whether the upper bound belongs to the range.
    public let includesUpper: Bool
    /// Whether no value belongs to the range; the bounds say nothing then.
    public let isEmpty: Bool

    /// A range from a lower bound, by default in it, to an upper one, by default not; nil is no bound.
    public init(
        lower: Bound?, upper: Bound?, includesLower: Bool = true, includesUpper: Bool = false
    ) {
        self.lower = lower
        self.upper = upper
        // As the server has it: no bound is in no range.
        self.includesLower = includesLower && lower != nil
        self.includesUpper = includesUpper && upper != nil
        isEmpty = false
    }

    private init(empty: Void) {
        lower = nil
        upper = nil
        includesLower = false
        includesUpper = false
        isEmpty = true
    }

    /// The range without values.
    public static var empty: PGRange { PGRange(empty: ()) }
    /// The range of all values.
    public static var all: PGRange { PGRange(lower: nil, upper: nil) }
}

extension PGRange where Bound: Comparable {
    /// A half-open range.
    public init(_ range: Range<Bound>) {
        self =
            range.isEmpty ? .empty : PGRange(lower: range.lowerBound, upper: range.upperBound)
    }

    /// A closed range.
    public init(_ range: ClosedRange<Bound>) {
        self.init(lower: range.lowerBound, upper: range.upperBound, includesUpper: true)
    }

    /// Whether a value is in the range.
    public func contains(_ value: Bound) -> Bool {
        if isEmpty { return false }
        if let lower, value < lower || value == lower && !includesLower { return false }
        if let upper, upper < value || value == upper && !includesUpper { return false }
        return true
    }
}

extension PGRange: Sendable where Bound: Sendable {}
extension PGRange: Equatable where Bound: Equatable {}
extension PGRange: Hashable where Bound: Hashable {}

extension PGRange: PGDecodable where Bound: PGDecodable {
    /// A range of any type.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        guard type.rangeBound != nil || type == .unspecified || !type.isBuiltIn else {
            throw PGError.notA(Self.self, type, format)
        }
        let field = format == .text ? bytes.scan { RangeField.scan(&$0) } : RangeField(bytes)
        guard let field else { throw PGError.notA(Self.self, type, format) }
        try self.init(field, type.rangeBound ?? .unspecified, format)
    }

    init(_ field: RangeField, _ type: PGType, _ format: PGFormat) throws(PGError) {
        guard !field.isEmpty else {
            self = .empty
            return
        }
        var bounds: (Bound?, Bound?)
        if let lower = field.lower {
            bounds.0 = try Bound(pgBytes: lower.span.bytes, type: type, format: format)
        }
        if let upper = field.upper {
            bounds.1 = try Bound(pgBytes: upper.span.bytes, type: type, format: format)
        }
        self.init(
            lower: bounds.0, upper: bounds.1, includesLower: field.includesLower,
            includesUpper: field.includesUpper)
    }
}

extension PGRange: PGEncodable where Bound: PGEncodable {
    /// The range over the bounds' natural type.
    public static var pgNaturalType: PGType { Bound.pgNaturalType.range ?? .unspecified }

    /// Binary where the range type is built in and the bounds have it, else text.
    public func pgFormat(as type: PGType) -> PGFormat {
        let range = type == .unspecified ? pgType : type
        guard let bound = range.rangeBound else { return .text }
        let isBinary = [lower, upper].allSatisfy {
            $0.map { $0.pgFormat(as: bound) == .binary } ?? true
        }
        return isBinary ? .binary : .text
    }

    /// A range.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        let range = type == .unspecified ? pgType : type
        guard range.rangeBound != nil || range == .unspecified || !range.isBuiltIn else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
        let field = try field(range.rangeBound ?? .unspecified, format)
        if format == .text { field.appendText(to: &buffer) } else { try field.append(to: &buffer) }
    }

    func field(_ type: PGType, _ format: PGFormat) throws(PGError) -> RangeField {
        var field = RangeField()
        field.isEmpty = isEmpty
        field.includesLower = includesLower
        field.includesUpper = includesUpper
        if let lower { field.lower = try Self.bytes(lower, type, format) }
        if let upper { field.upper = try Self.bytes(upper, type, format) }
        return field
    }

    private static func bytes(
        _ bound: Bound, _ type: PGType, _ format: PGFormat
    ) throws(PGError) -> [UInt8] {
        var buffer = PGValueBuffer()
        try bound.encode(into: &buffer, as: type, format: format)
        return buffer.bytes
    }
}
