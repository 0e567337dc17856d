/// What one statement answered: its columns, its rows and its command tag.
public struct PGResult: Sendable {
    /// The columns, empty for a statement without a result set.
    public let columns: [PGColumn]
    /// The rows, in the server's order.
    public let rows: [PGRow]
    /// The command tag, for example `INSERT 0 3`.
    public let commandTag: String

    /// Collects the parts of one answer.
    public init(columns: [PGColumn], rows: [PGRow], commandTag: String) {
        self.columns = columns
        self.rows = rows
        self.commandTag = commandTag
    }

    /// The number of rows that the command tag names; nil where it names none.
    public var affectedRows: Int? {
        commandTag.split(separator: " ").last.flatMap { Int($0) }
    }
}

/// One column of a result (RowDescription; manual, 55.7).
public struct PGColumn: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The oid of the type.
    public let typeOID: UInt32
    /// The type modifier, -1 where there is none.
    public let typeModifier: Int32

    /// Describes a column.
    public init(name: String, typeOID: UInt32, typeModifier: Int32) {
        self.name = name
        self.typeOID = typeOID
        self.typeModifier = typeModifier
    }
}

/// One row: values in text format, decoded when asked for.
public struct PGRow: Sendable {
    /// The columns, shared by all rows of a result.
    public let columns: [PGColumn]
    /// The values in text format, nil for NULL.
    public let values: [[UInt8]?]

    /// Wraps the values of a row.
    public init(columns: [PGColumn], values: [[UInt8]?]) {
        self.columns = columns
        self.values = values
    }

    /// Decodes the value at a position, counted from 0.
    ///
    /// - Throws: `decodingFailed` where there is no such column, it is NULL and `type` is not
    ///   optional, or the text does not fit the type.
    public func decode<T: PGDecodable>(_ type: T.Type = T.self, _ index: Int) throws(PGError) -> T {
        guard values.indices.contains(index) else {
            throw PGError(.decodingFailed, "no column \(index), the row has \(values.count)")
        }
        guard let value = T(pgText: values[index]) else {
            let name = columns.indices.contains(index) ? columns[index].name : "?"
            throw PGError(.decodingFailed, "column \(index) (\(name)) is not a \(T.self)")
        }
        return value
    }

    /// Decodes the value of the first column with a name.
    ///
    /// - Throws: as `decode(_:_:)` by position.
    public func decode<T: PGDecodable>(_ type: T.Type = T.self, _ name: String) throws(PGError) -> T
    {
        guard let index = columns.firstIndex(where: { $0.name == name }) else {
            throw PGError(.decodingFailed, "no column named \(name)")
        }
        return try decode(type, index)
    }
}

/// A type that can be made from PostgreSQL's text format.
public protocol PGDecodable {
    /// Makes a value from its text, nil for NULL; returns nil where it does not fit.
    init?(pgText: [UInt8]?)
}

extension String: PGDecodable {
    /// The text itself; NULL does not fit.
    public init?(pgText: [UInt8]?) {
        guard let pgText else { return nil }
        self.init(decoding: pgText, as: UTF8.self)
    }
}

extension Bool: PGDecodable {
    /// `t` or `f`.
    public init?(pgText: [UInt8]?) {
        switch pgText {
        case [UInt8(ascii: "t")]: self = true
        case [UInt8(ascii: "f")]: self = false
        default: return nil
        }
    }
}

extension FixedWidthInteger where Self: PGDecodable {
    /// Decimal digits within the range of the type.
    public init?(pgText: [UInt8]?) {
        guard let text = String(pgText: pgText) else { return nil }
        self.init(text)
    }
}

extension Int: PGDecodable {}
extension Int16: PGDecodable {}
extension Int32: PGDecodable {}
extension Int64: PGDecodable {}
extension UInt32: PGDecodable {}
extension UInt64: PGDecodable {}

extension Double: PGDecodable {
    /// A decimal number, `NaN`, `Infinity` or `-Infinity`.
    public init?(pgText: [UInt8]?) {
        guard let text = String(pgText: pgText) else { return nil }
        self.init(text)
    }
}

extension Optional: PGDecodable where Wrapped: PGDecodable {
    /// Nil for NULL, else the wrapped type's own rule.
    public init?(pgText: [UInt8]?) {
        guard pgText != nil else {
            self = .none
            return
        }
        guard let value = Wrapped(pgText: pgText) else { return nil }
        self = .some(value)
    }
}
