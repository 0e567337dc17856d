/// How long to pause after each of a row of failures: longer each time, up to a bound.
///
/// A value without clock or randomness: the caller brings both.
package struct Backoff: Sendable, Hashable {
    /// The pause after the first failure.
    package let first: Duration
    /// What each further pause is multiplied by.
    package let factor: Double
    /// The longest pause, before jitter.
    package let cap: Duration
    /// The share of a pause that chance takes away, in 0...1, so that many do not come at once.
    package let jitter: Double
    /// How many failures there were in a row.
    package private(set) var failures = 0

    /// Makes a row of pauses; values that make no sense are moved to the nearest that do.
    package init(first: Duration, factor: Double = 2, cap: Duration, jitter: Double = 0.2) {
        self.first = max(first, .milliseconds(1))
        self.factor = max(factor, 1)
        self.cap = max(cap, self.first)
        self.jitter = min(max(jitter, 0), 1)
    }

    /// Counts a failure and answers the pause after it.
    ///
    /// - Parameter chance: a random number in 0..<1; 0 is the full pause.
    /// - Returns: the pause.
    package mutating func next(chance: Double = .random(in: 0..<1)) -> Duration {
        var pause = first
        for _ in 0..<failures {
            pause = pause * factor
            if pause >= cap { break }
        }
        failures += 1
        pause = min(pause, cap)
        return pause - pause * (jitter * min(max(chance, 0), 1))
    }

    /// Forgets the failures, after a success.
    package mutating func reset() {
        failures = 0
    }
}
