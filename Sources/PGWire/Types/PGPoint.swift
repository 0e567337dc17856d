/// A `point` of the plane (manual, 8.8).
public struct PGPoint: Sendable, Hashable {
    /// The first coordinate.
    public var x: Double
    /// The second coordinate.
    public var y: Double

    /// A point by its coordinates.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    /// Bytes of a point in binary.
    static let size = 16

    /// The point at a place of a binary field; nil beyond its end.
    init?(_ bytes: RawSpan, at offset: Int) {
        guard let x: UInt64 = bytes.integer(at: offset),
            let y: UInt64 = bytes.integer(at: offset + 8)
        else { return nil }
        self.init(x: Double(bitPattern: x), y: Double(bitPattern: y))
    }

    static func scan(_ scanner: inout TextScanner) -> PGPoint? {
        guard scanner.take("("), let x = scanner.double(), scanner.take(","),
            let y = scanner.double(), scanner.take(")")
        else { return nil }
        return PGPoint(x: x, y: y)
    }

    /// Points with commas between them, at least one.
    static func scanList(_ scanner: inout TextScanner) -> [PGPoint]? {
        var points: [PGPoint] = []
        repeat {
            guard let point = scan(&scanner) else { return nil }
            points.append(point)
        } while scanner.take(",")
        return points
    }

    /// The points of a binary field, behind their number, up to its end.
    static func list(_ bytes: RawSpan, at offset: Int) -> [PGPoint]? {
        guard let count: Int32 = bytes.integer(at: offset), count >= 0,
            bytes.byteCount == offset + 4 + Int(count) * size
        else { return nil }
        var points: [PGPoint] = []
        points.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            guard let point = PGPoint(bytes, at: offset + 4 + index * size) else { return nil }
            points.append(point)
        }
        return points
    }

    func append(to buffer: inout PGValueBuffer) {
        buffer.append(x.bitPattern)
        buffer.append(y.bitPattern)
    }

    static func append(_ points: [PGPoint], to buffer: inout PGValueBuffer) {
        buffer.append(UInt32(truncatingIfNeeded: points.count))
        for point in points { point.append(to: &buffer) }
    }

    static func text(_ points: [PGPoint]) -> String {
        points.map(\.description).joined(separator: ",")
    }
}

extension PGPoint: CustomStringConvertible {
    /// The server's text, for example `(1,2)`.
    public var description: String { "(\(FloatField.text(x)),\(FloatField.text(y)))" }
}

extension PGPoint: PGDecodable, PGEncodable {
    /// `point`.
    @inlinable public static var pgNaturalType: PGType { .point }

    /// A `point`.
    public init(pgBytes bytes: RawSpan, type: PGType, format: PGFormat) throws(PGError) {
        self = try ValueCodec.decode(
            Self.self, bytes, type, format, own: [.point],
            text: { scanner in
                Self.scan(&scanner)
            },
            binary: { bytes in
                bytes.byteCount == Self.size ? PGPoint(bytes, at: 0) : nil
            })
    }

    /// A `point`.
    public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        try ValueCodec.encode(self, into: &buffer, as: type, format, own: [.point]) {
            append(to: &$0)
        }
    }
}
