/// Where events are kept: four tables, chosen by the transaction id, so that one can be emptied
/// with TRUNCATE while another is written (the rotation of PgQ, without a pointer to move).
package enum EventSlot {
    /// How many there are.
    package static let count = 4
    /// How many transaction ids follow one another in one slot, as a power of two.
    package static let shift = 16

    /// The slot of a transaction.
    package static func number(of transaction: TransactionID) -> Int {
        Int(transaction.rawValue >> UInt64(shift)) & (count - 1)
    }

    /// The qualified name of a slot's table.
    package static func table(_ number: Int) -> String { "teleport.event_\(number)" }
}
