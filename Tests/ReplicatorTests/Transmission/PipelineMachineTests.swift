import Replicator
import Testing

@Suite struct PipelineMachineTests {
    private func make() -> PipelineMachine {
        var intervals = InstanceConfiguration.Intervals()
        intervals.batcher = .milliseconds(100)
        intervals.ddlWatcher = .seconds(5)
        intervals.transmitter = .milliseconds(100)
        return PipelineMachine(pace: .init(intervals))
    }

    private func state(_ phase: TargetState.Phase) -> TargetState {
        TargetState(phase: phase, serverVersion: 150_000, incarnation: "t")
    }

    /// A machine that replicates and has looked at the catalog once, at `at`.
    private func idle(at: Duration = .zero) -> PipelineMachine {
        var machine = make()
        machine.answered(state(.replicating), at: at)
        machine.building(at: at)
        machine.sent(rows: 0, looked: true, moved: true, at: at)
        machine.peeked(pending: 0, others: 0, at: at)
        machine.fingerprinted(changed: false, at: at)
        return machine
    }

    @Test func `at the start the target is asked, and then the catalog is looked at`() {
        var machine = make()
        #expect(machine.next(at: .zero) == .askState)
        machine.answered(state(.replicating), at: .zero)
        #expect(machine.next(at: .zero) == .build(look: true, evenIfEmpty: false))
    }

    @Test func `an idle source is peeked at the interval, its catalog at a longer one`() {
        var machine = idle()
        #expect(machine.next(at: .milliseconds(40)) == .pause(.milliseconds(60)))
        #expect(machine.next(at: .milliseconds(100)) == .peek)
        machine.peeked(pending: 0, others: 0, at: .milliseconds(4_950))
        #expect(machine.next(at: .seconds(5)) == .fingerprint)
        machine.fingerprinted(changed: true, at: .seconds(5))
        #expect(machine.next(at: .seconds(5)) == .build(look: true, evenIfEmpty: false))
    }

    @Test func `what waits is sent at once, and a big batch is followed at once`() {
        var machine = idle()
        machine.peeked(pending: 7, others: 0, at: .seconds(1))
        #expect(machine.next(at: .seconds(1)) == .build(look: false, evenIfEmpty: false))
        machine.building(at: .seconds(1))
        machine.sent(rows: 5_000, looked: false, moved: true, at: .seconds(2))
        #expect(machine.next(at: .seconds(2)) == .peek)
    }

    @Test func `after a small batch the next peek is an interval after the last one's begin`() {
        var machine = idle()
        machine.peeked(pending: 3, others: 0, at: .seconds(1))
        machine.building(at: .milliseconds(1_005))
        machine.sent(rows: 3, looked: false, moved: true, at: .milliseconds(1_030))
        #expect(machine.next(at: .milliseconds(1_030)) == .pause(.milliseconds(70)))
        machine.peeked(pending: 3, others: 0, at: .milliseconds(1_100))
        machine.building(at: .milliseconds(1_105))
        machine.sent(rows: 3, looked: false, moved: true, at: .seconds(2))
        #expect(machine.next(at: .seconds(2)) == .peek)
    }

    @Test func `events of others move the position every few seconds, not at once`() {
        var machine = idle()
        machine.peeked(pending: 0, others: 9, at: .seconds(1))
        #expect(machine.next(at: .milliseconds(1_050)) == .pause(.milliseconds(50)))
        machine.peeked(pending: 0, others: 9, at: .milliseconds(4_999))
        #expect(machine.next(at: .seconds(5)) == .build(look: false, evenIfEmpty: true))
    }

    @Test func `a request asks for a look and an empty batch, once`() {
        var machine = idle()
        machine.requested()
        #expect(machine.next(at: .milliseconds(1)) == .build(look: true, evenIfEmpty: true))
        machine.building(at: .milliseconds(1))
        machine.sent(rows: 0, looked: true, moved: true, at: .milliseconds(2))
        #expect(machine.next(at: .milliseconds(2)) == .pause(.milliseconds(98)))
    }

    @Test func `a request made during a batch is for the next one`() {
        var machine = idle()
        machine.requested()
        machine.building(at: .milliseconds(1))
        machine.requested()
        machine.sent(rows: 0, looked: true, moved: true, at: .milliseconds(2))
        #expect(machine.next(at: .milliseconds(2)) == .build(look: true, evenIfEmpty: true))
    }

    @Test(arguments: [LinkError.Code.unreachable, .wrongPosition, .databaseUnavailable])
    func `after a doubt the target is asked before anything is sent`(code: LinkError.Code) {
        var machine = idle()
        machine.peeked(pending: 1, others: 0, at: .zero)
        let pause = machine.failed(.link(code), at: .zero)
        #expect(pause == .milliseconds(100))
        #expect(machine.next(at: pause) == .askState)
    }

    @Test(arguments: [LinkError.Code.busy, .database, .unauthorized, .badRequest])
    func `a plain refusal is tried again after a pause, from the same position`(
        code: LinkError.Code
    ) {
        var machine = idle()
        machine.peeked(pending: 1, others: 0, at: .zero)
        let pause = machine.failed(.link(code), at: .zero)
        #expect(machine.next(at: .zero) == .pause(.milliseconds(100)))
        #expect(machine.next(at: pause) == .build(look: false, evenIfEmpty: false))
    }

    @Test func `pauses grow up to five seconds and a success ends them`() {
        var machine = idle()
        let pauses = (0..<9).map { _ in machine.failed(.link(.busy), at: .zero) }
        #expect(pauses.last == .seconds(5))
        #expect(pauses.first == .milliseconds(100))
        machine.building(at: .zero)
        machine.sent(rows: 1, looked: false, moved: true, at: .zero)
        #expect(machine.failed(.link(.busy), at: .zero) == .milliseconds(100))
    }

    @Test func `a schema that is behind is looked at and sent at once, but not for ever`() {
        var machine = idle()
        for _ in 0..<3 {
            #expect(machine.failed(.link(.schemaBehind), at: .zero) == .zero)
            #expect(machine.next(at: .zero) == .build(look: true, evenIfEmpty: false))
        }
        #expect(machine.failed(.link(.schemaBehind), at: .zero) > .zero)
    }

    @Test func `while the target is away the source is still peeked, and the lag grows`() {
        var machine = idle()
        machine.failed(.link(.unreachable), at: .zero)
        for _ in 0..<8 { machine.failed(.link(.unreachable), at: .zero) }
        #expect(machine.next(at: .seconds(1)) == .peek)
        machine.peeked(pending: 4, others: 0, at: .seconds(1))
        #expect(machine.waitingSince == .seconds(1))
        machine.peeked(pending: 9, others: 0, at: .seconds(3))
        #expect(machine.waitingSince == .seconds(1))
    }

    @Test func `an idle source has no lag, and shipping ends it`() {
        var machine = idle()
        #expect(machine.waitingSince == nil)
        machine.peeked(pending: 2, others: 0, at: .seconds(1))
        machine.building(at: .milliseconds(1_100))
        machine.sent(rows: 2, looked: false, moved: true, at: .milliseconds(1_200))
        #expect(machine.waitingSince == nil)
        // What is found right behind a batch may be as old as that batch's begin.
        machine.peeked(pending: 1, others: 0, at: .milliseconds(1_300))
        #expect(machine.waitingSince == .milliseconds(1_100))
    }

    @Test func `an empty target is started where nothing is to be loaded, else asked again`() {
        var machine = make()
        machine.answered(state(.empty), at: .zero)
        #expect(
            machine.next(at: .zero) == .pause(.seconds(2)) || machine.next(at: .zero) == .startEmpty
        )
        #expect(machine.next(at: .seconds(2)) == .startEmpty)
        machine.startedEmpty(false, at: .seconds(2))
        #expect(machine.next(at: .seconds(2)) == .pause(.seconds(2)))
        #expect(machine.next(at: .seconds(4)) == .askState)
        machine.startedEmpty(true, at: .seconds(4))
        #expect(machine.next(at: .seconds(4)) == .askState)
    }

    @Test func `a load under way is waited for`() {
        var machine = make()
        var loading = state(.loading)
        loading.loadPlan = LoadPlan(chunks: [
            .init(relation: 1, condition: nil, estimatedBytes: 1)
        ])
        machine.answered(loading, at: .zero)
        #expect(machine.next(at: .zero) == .pause(.seconds(2)))
        #expect(machine.next(at: .seconds(2)) == .askState)
    }

    @Test func `a load without chunks is our own and is ended by us`() {
        var machine = make()
        var loading = state(.loading)
        loading.loadPlan = LoadPlan(chunks: [])
        machine.answered(loading, at: .zero)
        #expect(machine.next(at: .zero) == .startEmpty)
    }

    @Test
    func `where position and source do not meet nothing is sent, and it is asked again slowly`() {
        var machine = idle()
        machine.peeked(pending: 3, others: 0, at: .zero)
        let pause = machine.failed(.resync, at: .zero)
        #expect(pause == .seconds(10))
        #expect(machine.next(at: .seconds(9)) == .pause(.seconds(1)))
        #expect(machine.next(at: .seconds(10)) == .askState)
        #expect(machine.waitingSince == nil)
    }

    @Test func `a table whose keys do not fit is copied whole in the next batch`() {
        var machine = idle()
        machine.failed(.undecodable(relation: 42), at: .zero)
        #expect(machine.recopy == [42])
        #expect(machine.next(at: .zero) == .build(look: false, evenIfEmpty: false))
        machine.building(at: .zero)
        machine.sent(rows: 1, looked: false, moved: true, at: .zero)
        #expect(machine.recopy.isEmpty)
    }
}
