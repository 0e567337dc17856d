/// Which slots are worth a look, decided without a database.
package struct VacuumDecision: Hashable, Sendable {
    /// Above this size the slot that is being written is emptied too: with few transactions a slot
    /// lasts for long, and a slot lock costs its writers a wait of at most the lock time-out.
    package static let currentSlotBytes: Int64 = 64 << 20

    /// Events of transactions below it are needed by nobody.
    package let bound: TransactionID
    /// The target that holds the bound back; nil where none does.
    package let heldBackBy: String?
    /// Slots that may be emptied where they turn out to hold nothing at or above the bound.
    package let slots: [Int]
    /// Targets that are written down and not configured any longer.
    package let departed: [String]

    /// Decides from what is configured, what is written down and what the slots hold.
    ///
    /// - Parameters:
    ///   - positions: what `teleport.target` says.
    ///   - current: a snapshot taken after those were read under a lock that keeps writers out.
    ///   - bytes: the size of each slot's heap; 0 is an empty slot.
    ///   - currentSlotBytes: above it the slot that is being written is emptied too.
    package init(
        configured: [String], positions: [String: Snapshot], current: Snapshot, bytes: [Int64],
        currentSlotBytes: Int64 = Self.currentSlotBytes
    ) {
        let names = Set(configured)
        departed = positions.keys.filter { !names.contains($0) }.sorted()
        let slowest = positions.filter { names.contains($0.key) }
            .min { ($0.value.xmin, $0.key) < ($1.value.xmin, $1.key) }
        if let slowest, slowest.value.xmin <= current.xmin {
            bound = slowest.value.xmin
            heldBackBy = slowest.key
        } else {
            bound = current.xmin
            heldBackBy = nil
        }
        let written = EventSlot.number(of: current.xmax)
        slots = bytes.indices.filter {
            bytes[$0] > 0 && ($0 != written || bytes[$0] > currentSlotBytes)
        }
    }
}
