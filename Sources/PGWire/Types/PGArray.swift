/// An array of the server: any number of dimensions, each from its own lower bound (manual, 8.15).
///
/// A Swift array stands for one of one dimension. An element may be NULL where `Element` is optional.
public struct PGArray<Element> {
    /// One dimension.
    public struct Dimension: Sendable, Hashable {
        /// The number of elements, at least 1.
        public let count: Int
        /// The first subscript.
        public let lowerBound: Int

        /// A dimension by its size, from 1 unless said.
        public init(count: Int, lowerBound: Int = 1) {
            self.count = count
            self.lowerBound = lowerBound
        }
    }

    /// The dimensions, the outermost first; none for the empty array.
    public let dimensions: [Dimension]
    /// All elements; the last subscript changes fastest.
    public let elements: [Element]
    /// The elements' type where a binary field told it; it is used again to write an array type that
    /// is not built in.
    public var elementType: PGType?

    /// An array of one dimension from 1, or the empty array.
    public init(_ elements: [Element]) {
        dimensions = elements.isEmpty ? [] : [Dimension(count: elements.count)]
        self.elements = elements
    }

    /// An array by its dimensions; nil where there are more than six, one has no elements or a
    /// subscript beyond Int32, or they hold another number of elements.
    public init?(dimensions: [Dimension], elements: [Element]) {
        guard dimensions.count <= Limits.arrayDimensions else { return nil }
        var count = dimensions.isEmpty ? 0 : 1
        for dimension in dimensions {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension.count)
            guard !overflow, (1...Int(Int32.max)).contains(dimension.count),
                let lower = Int32(exactly: dimension.lowerBound),
                Int(lower) + dimension.count - 1 <= Int(Int32.max)
            else { return nil }
            count = product
        }
        guard count == elements.count else { return nil }
        self.dimensions = dimensions
        self.elements = elements
    }

    @usableFromInline init(
        unchecked dimensions: [Dimension], _ elements: [Element], _ type: PGType?
    ) {
        self.dimensions = dimensions
        self.elements = elements
        elementType = type
    }
}

extension PGArray: Sendable where Element: Sendable {}

extension PGArray: Equatable where Element: Equatable {
    /// Whether dimensions and elements are the same.
    public static func == (left: PGArray, right: PGArray) -> Bool {
        left.dimensions == right.dimensions && left.elements == right.elements
    }
}

extension PGArray: Hashable where Element: Hashable {
    /// Hashes dimensions and elements.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(dimensions)
        hasher.combine(elements)
    }
}

extension PGArray: ExpressibleByArrayLiteral {
    /// An array of one dimension.
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension PGArray: PGDecodable where Element: PGDecodable {
    /// An array; `int2vector` and `oidvector` too.
    @inlinable public init(
        pgBytes bytes: RawSpan, type: PGType, format: PGFormat
    ) throws(PGError) {
        guard type.isArray || type == .unspecified || !type.isBuiltIn else {
            throw PGError.notA(Self.self, type, format)
        }
        var elements: [Element] = []
        if format == .text {
            guard let array = ArrayText.parse(bytes, type) else {
                throw PGError.notA(Self.self, type, format)
            }
            let element = type.arrayElement ?? .unspecified
            elements.reserveCapacity(array.elements.count)
            for text in array.elements {
                guard let text else {
                    elements.append(try Element.makePGNull())
                    continue
                }
                elements.append(
                    try Element(pgBytes: text.span.bytes, type: element, format: .text))
            }
            self.init(unchecked: array.dimensions.map { Dimension($0) }, elements, nil)
            return
        }
        guard let header = ArrayHeader(bytes) else {
            throw PGError.notA(Self.self, type, format)
        }
        elements.reserveCapacity(header.count)
        var offset = header.size
        for _ in 0..<header.count {
            guard let length: Int32 = bytes.integer(at: offset) else {
                throw PGError.notA(Self.self, type, format)
            }
            offset += 4
            if length == -1 {
                elements.append(try Element.makePGNull())
                continue
            }
            guard length >= 0, bytes.byteCount - offset >= Int(length) else {
                throw PGError.notA(Self.self, type, format)
            }
            let end = offset + Int(length)
            elements.append(
                try Element(
                    pgBytes: bytes.extracting(offset..<end), type: header.elementType,
                    format: .binary))
            offset = end
        }
        guard offset == bytes.byteCount else { throw PGError.notA(Self.self, type, format) }
        self.init(
            unchecked: header.dimensions.map { Dimension($0) }, elements, header.elementType)
    }
}

extension PGArray: PGEncodable where Element: PGEncodable {
    /// The array of the elements' natural type.
    @inlinable public static var pgNaturalType: PGType {
        Element.pgNaturalType.array ?? .unspecified
    }

    /// The array of the elements' type.
    @inlinable public var pgType: PGType { Element.pgArrayType(elements) }

    /// Binary where all elements have it and their type is known.
    public func pgFormat(as type: PGType) -> PGFormat {
        let array = type == .unspecified ? pgType : type
        guard let element = array.arrayElement else { return .text }
        return elements.allSatisfy { $0.isPGNull || $0.pgFormat(as: element) == .binary }
            ? .binary : .text
    }

    /// An array.
    @inlinable public func encode(
        into buffer: inout PGValueBuffer, as type: PGType, format: PGFormat
    ) throws(PGError) {
        let array = type == .unspecified ? pgType : type
        guard array.isArray || array == .unspecified || !array.isBuiltIn else {
            throw PGError.cannotEncode(Self.self, type, format)
        }
        let isVector = array == .int2vector || array == .oidvector
        if format == .text { return try encodeText(into: &buffer, array.arrayElement, isVector) }
        var element = array.arrayElement ?? elementType ?? .unspecified
        if element == .unspecified {
            // An array type of the database's own: its elements' oid is not known here.
            guard array == .unspecified else {
                throw PGError.cannotEncode(
                    Self.self, type, format, "set elementType, or send it as text")
            }
            element = .text
        }
        ArrayHeader.append(
            dimensions.map { ($0.count, isVector ? 0 : $0.lowerBound) },
            hasNull: elements.contains { $0.isPGNull }, element, to: &buffer)
        for value in elements { try buffer.appendField(value, as: element, format: .binary) }
    }

    @usableFromInline func encodeText(
        into buffer: inout PGValueBuffer, _ element: PGType?, _ isVector: Bool
    ) throws(PGError) {
        var texts: [[UInt8]?] = []
        texts.reserveCapacity(elements.count)
        for value in elements {
            guard !value.isPGNull else {
                texts.append(nil)
                continue
            }
            var text = PGValueBuffer()
            try value.encode(into: &text, as: element ?? .unspecified, format: .text)
            texts.append(text.bytes)
        }
        let delimiter = ArrayText.delimiter(element ?? Element.pgNaturalType)
        if isVector {
            buffer.append(bytes: texts.map { $0 ?? [] }.joined(separator: [UInt8(ascii: " ")]))
        } else {
            ArrayText.append(
                dimensions.map { ($0.count, $0.lowerBound) }, texts, delimiter, to: &buffer)
        }
    }
}

extension PGArray.Dimension {
    /// From what the parsers give.
    @usableFromInline init(_ pair: (count: Int, lowerBound: Int)) {
        self.init(count: pair.count, lowerBound: pair.lowerBound)
    }
}
