/// A `box`: a rectangle by two opposite corners (manual, 8.8).
public struct PGBox: Sendable, Hashable {
    /// The upper right corner.
    public var high: PGPoint
    /// The lower left corner.
    public var low: PGPoint

    /// A rectangle by its corners; the server puts the upper right one first.
    public init(high: PGPoint, low: PGPoint) {
        self.high = high
        self.low = low
    }
}

extension PGBox: CustomStringConvertible {
    /// The server's text, for example `(1,2),(0,0)`.
    public var description: String { "\(high),\(low)" }
}

extension PGBox: PGDecodable, PGEncodable {
    /// `box`.
    @inlinable public static var pgNaturalType: PGType { .box }

    /// A `box`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.box],
            text: { scanner in
                guard let points = PGPoint.scanList(&scanner), points.count == 2 else { return nil }
                return PGBox(high: points[0], low: points[1])
            },
            binary: { bytes in
                guard bytes.byteCount == PGPoint.size * 2, let high = PGPoint(bytes, at: 0),
                    let low = PGPoint(bytes, at: PGPoint.size)
                else { return nil }
                return PGBox(high: high, low: low)
            })
    }

    /// A `box`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.box]) {
            high.append(to: &$0)
            low.append(to: &$0)
        }
    }
}

/// A `circle` (manual, 8.8).
public struct PGCircle: Sendable, Hashable {
    /// The middle.
    public var center: PGPoint
    /// The radius, not negative.
    public var radius: Double

    /// A circle by its middle and radius.
    public init(center: PGPoint, radius: Double) {
        self.center = center
        self.radius = radius
    }
}

extension PGCircle: CustomStringConvertible {
    /// The server's text, for example `<(0,0),1>`.
    public var description: String { "<\(center),\(FloatField.text(radius))>" }
}

extension PGCircle: PGDecodable, PGEncodable {
    /// `circle`.
    @inlinable public static var pgNaturalType: PGType { .circle }

    /// A `circle`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.circle],
            text: { scanner in
                guard scanner.take("<"), let center = PGPoint.scan(&scanner), scanner.take(","),
                    let radius = scanner.double(), scanner.take(">")
                else { return nil }
                return PGCircle(center: center, radius: radius)
            },
            binary: { bytes in
                guard bytes.byteCount == 24, let center = PGPoint(bytes, at: 0),
                    let radius: UInt64 = bytes.integer(at: 16)
                else { return nil }
                return PGCircle(center: center, radius: Double(bitPattern: radius))
            })
    }

    /// A `circle`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.circle]) {
            center.append(to: &$0)
            $0.append(radius.bitPattern)
        }
    }
}

/// A `path`: points joined by lines, open or closed (manual, 8.8).
public struct PGPath: Sendable, Hashable {
    /// Whether the last point is joined to the first.
    public var isClosed: Bool
    /// The points, at least one.
    public var points: [PGPoint]

    /// A path by its points.
    public init(isClosed: Bool, points: [PGPoint]) {
        self.isClosed = isClosed
        self.points = points
    }
}

extension PGPath: CustomStringConvertible {
    /// The server's text, for example `[(0,0),(1,2)]`.
    public var description: String {
        isClosed ? "(\(PGPoint.text(points)))" : "[\(PGPoint.text(points))]"
    }
}

extension PGPath: PGDecodable, PGEncodable {
    /// `path`.
    @inlinable public static var pgNaturalType: PGType { .path }

    /// A `path`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.path],
            text: { scanner in
                let isClosed = scanner.take("(")
                guard isClosed || scanner.take("["), let points = PGPoint.scanList(&scanner),
                    scanner.take(isClosed ? ")" : "]")
                else { return nil }
                return PGPath(isClosed: isClosed, points: points)
            },
            binary: { bytes in
                guard let flag: UInt8 = bytes.integer(at: 0), flag <= 1,
                    let points = PGPoint.list(bytes, at: 1)
                else { return nil }
                return PGPath(isClosed: flag == 1, points: points)
            })
    }

    /// A `path`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.path]) {
            $0.append(isClosed ? 1 as UInt8 : 0)
            PGPoint.append(points, to: &$0)
        }
    }
}

/// A `polygon` (manual, 8.8).
public struct PGPolygon: Sendable, Hashable {
    /// The corners, at least one.
    public var points: [PGPoint]

    /// A polygon by its corners.
    public init(points: [PGPoint]) {
        self.points = points
    }
}

extension PGPolygon: CustomStringConvertible {
    /// The server's text, for example `((0,0),(1,2),(2,0))`.
    public var description: String { "(\(PGPoint.text(points)))" }
}

extension PGPolygon: PGDecodable, PGEncodable {
    /// `polygon`.
    @inlinable public static var pgNaturalType: PGType { .polygon }

    /// A `polygon`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.polygon],
            text: { scanner in
                guard scanner.take("("), let points = PGPoint.scanList(&scanner), scanner.take(")")
                else { return nil }
                return PGPolygon(points: points)
            },
            binary: { bytes in
                PGPoint.list(bytes, at: 0).map { PGPolygon(points: $0) }
            })
    }

    /// A `polygon`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.polygon]) {
            PGPoint.append(points, to: &$0)
        }
    }
}
