import Replicator
import Testing

@Suite struct VacuumDecisionTests {
    private func snapshot(_ text: String) throws -> Snapshot { try #require(Snapshot(text)) }

    @Test func `the slowest configured target holds the bound back`() throws {
        let decision = VacuumDecision(
            configured: ["a", "b", "new"],
            positions: [
                "a": try snapshot("90:95:90"), "b": try snapshot("50:99:50,60"),
                "gone": try snapshot("1:1:"),
            ], current: try snapshot("100:100:"), bytes: [0, 8192, 8192, 0])
        #expect(decision.bound == TransactionID(50))
        #expect(decision.heldBackBy == "b")
        #expect(decision.departed == ["gone"])
        #expect(decision.slots == [1, 2])
    }

    @Test func `without targets a running transaction is the bound`() throws {
        let decision = VacuumDecision(
            configured: [], positions: [:], current: try snapshot("70:100:70"),
            bytes: [8192, 0, 0, 0])
        #expect(decision.bound == TransactionID(70) && decision.heldBackBy == nil)
        #expect(decision.slots == [])
    }

    @Test func `the slot being written is emptied only when it is big`() throws {
        let bytes = [VacuumDecision.currentSlotBytes + 1, 0, 0, 0]
        let current = try snapshot("100:100:")
        #expect(
            VacuumDecision(configured: [], positions: [:], current: current, bytes: bytes).slots
                == [0])
    }
}
