/// The head of an array in binary: dimensions, a flag for NULLs, the elements' type and, for each
/// dimension, its size and lower bound.
@usableFromInline struct ArrayHeader {
    @usableFromInline let dimensions: [(count: Int, lowerBound: Int)]
    @usableFromInline let elementType: PGType
    /// The number of elements; not more than the field can hold.
    @usableFromInline let count: Int
    /// Bytes of the head.
    @usableFromInline let size: Int

    /// Nil where it is cut, or says more than can follow.
    @usableFromInline init?(_ bytes: RawSpan) {
        guard let depth: Int32 = bytes.integer(at: 0), let flags: Int32 = bytes.integer(at: 4),
            let element: UInt32 = bytes.integer(at: 8),
            (0...Limits.arrayDimensions).contains(Int(depth)), (0...1).contains(flags)
        else { return nil }
        let size = 12 + Int(depth) * 8
        var dimensions: [(count: Int, lowerBound: Int)] = []
        var count = depth == 0 ? 0 : 1
        for index in 0..<Int(depth) {
            guard let length: Int32 = bytes.integer(at: 12 + index * 8),
                let lower: Int32 = bytes.integer(at: 16 + index * 8), length >= 0
            else { return nil }
            // Every element takes four bytes at least, so the count stays small.
            count *= Int(length)
            guard count <= (bytes.byteCount - size) / 4 else { return nil }
            dimensions.append((Int(length), Int(lower)))
        }
        self.dimensions = count == 0 ? [] : dimensions
        elementType = PGType(oid: element)
        self.count = count
        self.size = size
    }

    @usableFromInline static func append(
        _ dimensions: [(count: Int, lowerBound: Int)], hasNull: Bool, _ element: PGType,
        to buffer: inout PGValueBuffer
    ) {
        buffer.append(Int32(truncatingIfNeeded: dimensions.count))
        buffer.append(hasNull ? 1 as Int32 : 0)
        buffer.append(element.rawValue)
        for dimension in dimensions {
            buffer.append(Int32(truncatingIfNeeded: dimension.count))
            buffer.append(Int32(truncatingIfNeeded: dimension.lowerBound))
        }
    }
}

/// The text of arrays (manual, 8.15.6).
@usableFromInline struct ArrayText {
    @usableFromInline var dimensions: [(count: Int, lowerBound: Int)] = []
    @usableFromInline var elements: [[UInt8]?] = []
    private let delimiter: UInt8
    /// The sizes of the dimensions, as the first row of each has them.
    private var counts: [Int?] = Array(repeating: nil, count: Limits.arrayDimensions)
    /// How deep the elements are.
    private var leaves: Int?

    private init(delimiter: UInt8) { self.delimiter = delimiter }

    @usableFromInline static func delimiter(_ element: PGType) -> UInt8 {
        element == .box ? UInt8(ascii: ";") : UInt8(ascii: ",")
    }

    /// Nil where it is no array.
    @usableFromInline static func parse(_ bytes: RawSpan, _ type: PGType) -> ArrayText? {
        if type == .int2vector || type == .oidvector { return vector(bytes) }
        return bytes.scan { scanner -> ArrayText? in
            var text = ArrayText(delimiter: delimiter(type.arrayElement ?? .unspecified))
            var bounds: [(lower: Int, count: Int)] = []
            while scanner.take("[") {
                guard let lower = signed(&scanner), scanner.take(":"),
                    let upper = signed(&scanner), scanner.take("]"), upper >= lower,
                    bounds.count < Limits.arrayDimensions
                else { return nil }
                bounds.append((lower, upper - lower + 1))
            }
            if !bounds.isEmpty, !scanner.take("=") { return nil }
            guard text.level(0, &scanner) else { return nil }
            guard let leaves = text.leaves else { return bounds.isEmpty ? text : nil }
            for depth in 0...leaves { text.dimensions.append((text.counts[depth] ?? 0, 1)) }
            if !bounds.isEmpty {
                guard bounds.map(\.count) == text.dimensions.map(\.count) else { return nil }
                text.dimensions = bounds.map { ($0.count, $0.lower) }
            }
            return text
        }
    }

    private static func signed(_ scanner: inout TextScanner) -> Int? {
        let isNegative = scanner.take("-")
        return scanner.digits(1...10).map { Int(isNegative ? -$0 : $0) }
    }

    /// One pair of braces.
    private mutating func level(_ depth: Int, _ scanner: inout TextScanner) -> Bool {
        guard depth < Limits.arrayDimensions, scanner.take("{") else { return false }
        if scanner.take("}") { return depth == 0 }
        var count = 0
        while true {
            if scanner.next == UInt8(ascii: "{") {
                guard leaves.map({ $0 > depth }) ?? true, level(depth + 1, &scanner) else {
                    return false
                }
            } else {
                guard leaves ?? depth == depth, element(&scanner) else { return false }
                leaves = depth
            }
            count += 1
            if scanner.next == delimiter {
                scanner.offset += 1
            } else if scanner.take("}") {
                guard counts[depth] ?? count == count else { return false }
                counts[depth] = count
                return true
            } else {
                return false
            }
        }
    }

    private mutating func element(_ scanner: inout TextScanner) -> Bool {
        if scanner.next == UInt8(ascii: "\"") {
            guard let text = scanner.quoted() else { return false }
            elements.append(text)
            return true
        }
        var text: [UInt8] = []
        var isEscaped = false
        while let next = scanner.next, next != delimiter, next != UInt8(ascii: "}") {
            guard next != UInt8(ascii: "{"), next != UInt8(ascii: "\"") else { return false }
            scanner.offset += 1
            if next == UInt8(ascii: "\\") {
                guard let escaped = scanner.next else { return false }
                isEscaped = true
                scanner.offset += 1
                text.append(escaped)
            } else {
                text.append(next)
            }
        }
        guard !text.isEmpty else { return false }
        elements.append(!isEscaped && Self.isNull(text) ? nil : text)
        return true
    }

    private static func isNull(_ text: [UInt8]) -> Bool {
        text.count == 4 && text.map { $0 | 0x20 } == Array("null".utf8)
    }

    /// `1 2 3`.
    private static func vector(_ bytes: RawSpan) -> ArrayText? {
        bytes.withUnsafeBytes { buffer in
            var text = ArrayText(delimiter: UInt8(ascii: " "))
            text.elements = buffer.split(separator: UInt8(ascii: " ")).map { [UInt8]($0) }
            if !text.elements.isEmpty { text.dimensions = [(text.elements.count, 0)] }
            return text
        }
    }

    @usableFromInline static func append(
        _ dimensions: [(count: Int, lowerBound: Int)], _ elements: [[UInt8]?], _ delimiter: UInt8,
        to buffer: inout PGValueBuffer
    ) {
        guard !dimensions.isEmpty else { return buffer.append(text: "{}") }
        if dimensions.contains(where: { $0.lowerBound != 1 }) {
            for (count, lower) in dimensions {
                buffer.append(text: "[\(lower):\(lower + count - 1)]")
            }
            buffer.append(text: "=")
        }
        // How many elements a pair of braces of each depth holds.
        var spans: [Int] = []
        var span = 1
        for dimension in dimensions.reversed() {
            span *= dimension.count
            spans.append(span)
        }
        for (index, element) in elements.enumerated() {
            if index > 0 {
                for span in spans where index % span == 0 { buffer.append(text: "}") }
                buffer.append(delimiter)
            }
            for span in spans where index % span == 0 { buffer.append(text: "{") }
            guard let element else {
                buffer.append(text: "NULL")
                continue
            }
            appendQuoted(element, delimiter, to: &buffer)
        }
        for _ in spans { buffer.append(text: "}") }
    }

    private static func appendQuoted(
        _ text: [UInt8], _ delimiter: UInt8, to buffer: inout PGValueBuffer
    ) {
        let isPlain =
            !text.isEmpty && !isNull(text)
            && text.allSatisfy {
                $0 > 32 && $0 != delimiter && !needsQuotes.contains($0)
            }
        if isPlain { return buffer.append(bytes: text) }
        buffer.appendQuoted(text)
    }

    private static let needsQuotes = Array("{}\"\\".utf8)
}

extension PGValueBuffer {
    /// Appends text in double quotes, quotes and backslashes behind a backslash; arrays, ranges,
    /// records and hstore all read that.
    mutating func appendQuoted(_ text: [UInt8]) {
        append(UInt8(ascii: "\""))
        for byte in text {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                append(UInt8(ascii: "\\"))
            }
            append(byte)
        }
        append(UInt8(ascii: "\""))
    }
}

extension TextScanner {
    /// Reads what is in double quotes; a doubled quote is one, a backslash takes the next as it is.
    mutating func quoted() -> [UInt8]? {
        guard take("\"") else { return nil }
        var value: [UInt8] = []
        while let next {
            offset += 1
            switch next {
            case UInt8(ascii: "\\"):
                guard let escaped = self.next else { return nil }
                offset += 1
                value.append(escaped)
            case UInt8(ascii: "\""):
                guard take("\"") else { return value }
                value.append(next)
            default: value.append(next)
            }
        }
        return nil
    }
}
