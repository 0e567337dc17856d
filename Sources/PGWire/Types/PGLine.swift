/// A `line`: the points with ax + by + c = 0 (manual, 8.8).
public struct PGLine: Sendable, Hashable {
    /// The factor of x.
    public var a: Double
    /// The factor of y.
    public var b: Double
    /// The constant.
    public var c: Double

    /// A line by its equation; a and b are not both 0.
    public init(a: Double, b: Double, c: Double) {
        self.a = a
        self.b = b
        self.c = c
    }
}

extension PGLine: CustomStringConvertible {
    /// The server's text, for example `{1,-1,0}`.
    public var description: String {
        "{\(FloatField.text(a)),\(FloatField.text(b)),\(FloatField.text(c))}"
    }
}

extension PGLine: PGDecodable, PGEncodable {
    /// `line`.
    @inlinable public static var pgNaturalType: PGType { .line }

    /// A `line`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.line],
            text: { scanner in
                guard scanner.take("{"), let a = scanner.double(), scanner.take(","),
                    let b = scanner.double(), scanner.take(","), let c = scanner.double(),
                    scanner.take("}")
                else { return nil }
                return PGLine(a: a, b: b, c: c)
            },
            binary: { bytes in
                guard bytes.byteCount == 24, let first = PGPoint(bytes, at: 0),
                    let c: UInt64 = bytes.integer(at: 16)
                else { return nil }
                return PGLine(a: first.x, b: first.y, c: Double(bitPattern: c))
            })
    }

    /// A `line`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.line]) {
            for factor in [a, b, c] { $0.append(factor.bitPattern) }
        }
    }
}

/// An `lseg`: a piece of a line between two points (manual, 8.8).
public struct PGLineSegment: Sendable, Hashable {
    /// One end.
    public var start: PGPoint
    /// The other end.
    public var end: PGPoint

    /// A piece by its ends.
    public init(start: PGPoint, end: PGPoint) {
        self.start = start
        self.end = end
    }
}

extension PGLineSegment: CustomStringConvertible {
    /// The server's text, for example `[(0,0),(1,2)]`.
    public var description: String { "[\(start),\(end)]" }
}

extension PGLineSegment: PGDecodable, PGEncodable {
    /// `lseg`.
    @inlinable public static var pgNaturalType: PGType { .lseg }

    /// A `lseg`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.lseg],
            text: { scanner in
                guard scanner.take("["), let points = PGPoint.scanList(&scanner), points.count == 2,
                    scanner.take("]")
                else { return nil }
                return PGLineSegment(start: points[0], end: points[1])
            },
            binary: { bytes in
                guard bytes.byteCount == PGPoint.size * 2, let start = PGPoint(bytes, at: 0),
                    let end = PGPoint(bytes, at: PGPoint.size)
                else { return nil }
                return PGLineSegment(start: start, end: end)
            })
    }

    /// A `lseg`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.lseg]) {
            start.append(to: &$0)
            end.append(to: &$0)
        }
    }
}
