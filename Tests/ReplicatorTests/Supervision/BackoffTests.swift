import Replicator
import Testing

@Suite struct BackoffTests {
    @Test func `each pause is longer than the one before, up to the cap`() {
        var backoff = Backoff(first: .milliseconds(100), cap: .seconds(1), jitter: 0)
        let pauses = (0..<6).map { _ in backoff.next(chance: 0.5) }
        #expect(pauses == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
    }

    @Test func `a success begins anew`() {
        var backoff = Backoff(first: .milliseconds(100), cap: .seconds(1), jitter: 0)
        _ = backoff.next()
        _ = backoff.next()
        backoff.reset()
        #expect(backoff.failures == 0)
        #expect(backoff.next() == .milliseconds(100))
    }

    @Test func `chance shortens a pause by at most its share`() {
        for chance in [0.0, 0.25, 0.5, 0.999] {
            var backoff = Backoff(first: .milliseconds(1000), cap: .seconds(5), jitter: 0.2)
            let pause = backoff.next(chance: chance)
            #expect(pause <= .milliseconds(1000))
            #expect(pause >= .milliseconds(800))
        }
    }

    @Test func `ten thousand failures in a row neither overflow nor take long`() {
        var backoff = Backoff(first: .milliseconds(100), cap: .seconds(5), jitter: 0)
        for _ in 0..<10_000 { _ = backoff.next() }
        #expect(backoff.next() == .seconds(5))
    }

    @Test func `values that make no sense are moved to ones that do`() {
        var backoff = Backoff(first: .zero, factor: 0, cap: .zero, jitter: 7)
        #expect(backoff.next(chance: 0) == .milliseconds(1))
        #expect(backoff.next(chance: 1) == .zero)
    }
}
