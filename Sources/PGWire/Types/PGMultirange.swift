/// A multirange of the server: ranges in order that do not touch; PostgreSQL 14 and newer (manual,
/// 8.17).
public struct PGMultirange<Bound> {
    /// The ranges; the server orders and joins them.
    public var ranges: [PGRange<Bound>]

    /// A multirange of ranges.
    public init(_ ranges: [PGRange<Bound>]) { self.ranges = ranges }
}

extension PGMultirange: Sendable where Bound: Sendable {}
extension PGMultirange: Equatable where Bound: Equatable {}
extension PGMultirange: Hashable where Bound: Hashable {}

extension PGMultirange: ExpressibleByArrayLiteral {
    /// A multirange of ranges.
    public init(arrayLiteral elements: PGRange<Bound>...) { self.init(elements) }
}

extension PGMultirange: PGDecodable where Bound: PGDecodable {
    /// A multirange of any type.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        let range = type.multirangeRange
        guard range != nil || type == .unspecified || !type.isBuiltIn,
            let fields = format == .text ? bytes.scan({ Self.scan(&$0) }) : Self.binary(bytes)
        else { throw PGError.notA(Self.self, type, format) }
        var ranges: [PGRange<Bound>] = []
        for field in fields {
            ranges.append(try PGRange(field, range?.rangeBound ?? .unspecified, format))
        }
        self.init(ranges)
    }

    private static func scan(_ scanner: inout TextScanner) -> [RangeField]? {
        guard scanner.take("{") else { return nil }
        var fields: [RangeField] = []
        if scanner.take("}") { return fields }
        repeat {
            guard let field = RangeField.scan(&scanner) else { return nil }
            fields.append(field)
        } while scanner.take(",")
        return scanner.take("}") ? fields : nil
    }

    private static func binary(_ bytes: RawSpan) -> [RangeField]? {
        guard let count: Int32 = bytes.integer(at: 0), count >= 0 else { return nil }
        var offset = 4
        var fields: [RangeField] = []
        // Nothing is reserved for a count that the bytes may not keep.
        for _ in 0..<count {
            guard let range = bytes.field(at: &offset), let field = RangeField(range.span.bytes)
            else { return nil }
            fields.append(field)
        }
        return offset == bytes.byteCount ? fields : nil
    }
}

extension PGMultirange: PGEncodable where Bound: PGEncodable {
    /// The multirange over the bounds' natural type.
    public static var pgNaturalType: PGType {
        Bound.pgNaturalType.range?.multirange ?? .unspecified
    }

    /// Binary where the type is built in and the bounds have it, else text.
    public func pgFormat(as type: PGType) -> PGFormat {
        let multirange = type == .unspecified ? pgType : type
        guard let range = multirange.multirangeRange else { return .text }
        return ranges.allSatisfy { $0.pgFormat(as: range) == .binary } ? .binary : .text
    }

    /// A multirange.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        let multirange = type == .unspecified ? pgType : type
        let range = multirange.multirangeRange
        guard range != nil || multirange == .unspecified || !multirange.isBuiltIn,
            let count = Int32(exactly: ranges.count)
        else { throw PGError.cannotEncode(Self.self, type, format) }
        let bound = range?.rangeBound ?? .unspecified
        if format == .text {
            buffer.append(text: "{")
            for (index, value) in ranges.enumerated() {
                if index > 0 { buffer.append(text: ",") }
                try value.field(bound, format).appendText(to: &buffer)
            }
            return buffer.append(text: "}")
        }
        buffer.append(count)
        for value in ranges {
            let field = try value.field(bound, format)
            try buffer.appendWithLength { buffer throws(PGError) in
                try field.append(to: &buffer)
            }
        }
    }
}
