/// A 64-bit transaction id, as `txid_current()` gives it: it never wraps.
public struct TransactionID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number; PostgreSQL keeps it below 2^63.
    public let rawValue: UInt64

    /// Wraps a number.
    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Decimal digits.
    public var description: String { String(rawValue) }

    /// By number; that is the order of beginning, not of commit.
    public static func < (left: TransactionID, right: TransactionID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Which transactions are visible: a `txid_snapshot` (manual, 9.27.8).
///
/// A snapshot is a prefix of the commit order, which sequences and transaction ids are not.
public struct Snapshot: Hashable, Sendable, LosslessStringConvertible, Codable {
    /// Everything below has ended: it is visible or was rolled back.
    public let xmin: TransactionID
    /// Everything from here on had not begun.
    public let xmax: TransactionID
    /// What was running, in ascending order, each in `xmin..<xmax`.
    public let inProgress: [TransactionID]

    /// Makes a snapshot from parts that fit together; nil where they do not.
    public init?(xmin: TransactionID, xmax: TransactionID, inProgress: [TransactionID]) {
        guard xmin.rawValue > 0, xmin <= xmax else { return nil }
        guard inProgress.allSatisfy({ $0 >= xmin && $0 < xmax }) else { return nil }
        guard zip(inProgress, inProgress.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        self.xmin = xmin
        self.xmax = xmax
        self.inProgress = inProgress
    }

    /// Parses `xmin:xmax:xip,xip`; nil for anything else.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let xmin = UInt64(parts[0]), let xmax = UInt64(parts[1]) else {
            return nil
        }
        var inProgress: [TransactionID] = []
        if !parts[2].isEmpty {
            for part in parts[2].split(separator: ",", omittingEmptySubsequences: false) {
                guard let number = UInt64(part) else { return nil }
                inProgress.append(TransactionID(number))
            }
        }
        self.init(xmin: TransactionID(xmin), xmax: TransactionID(xmax), inProgress: inProgress)
    }

    /// `xmin:xmax:xip,xip`, as PostgreSQL writes it.
    public var description: String {
        "\(xmin):\(xmax):" + inProgress.map(\.description).joined(separator: ",")
    }

    /// Whether a transaction that committed is visible.
    public func sees(_ transaction: TransactionID) -> Bool {
        if transaction < xmin { return true }
        if transaction >= xmax { return false }
        return !inProgress.contains(transaction)
    }

    /// Whether everything that `other` sees is visible here too.
    public func includes(_ other: Snapshot) -> Bool {
        guard xmax >= other.xmax else { return false }
        // What is running here must not have been visible there.
        return inProgress.allSatisfy { !other.sees($0) }
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let snapshot = Snapshot(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a snapshot: \(text)"))
        }
        self = snapshot
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
