/// Whether the catalog can have moved since it was last looked at: spares a look its cost.
///
/// The statistics say that nothing was written into it; since they may be late, that counts for
/// `longest` only, and then the catalog itself is looked at again.
struct CatalogRest {
    /// The longest that a look is left out, from the one before.
    static let longest: Duration = .seconds(30)

    private var activity: String?
    private var until: Duration = .zero

    /// Whether a look at `now` would find what the last one found.
    func lasts(_ activity: String?, at now: Duration) -> Bool {
        activity != nil && activity == self.activity && now < until
    }

    /// Notes a look that found nothing new; `activity` is from before it.
    mutating func begin(_ activity: String?, at now: Duration) {
        self.activity = activity
        until = now + Self.longest
    }

    /// The next look takes place.
    mutating func end() { activity = nil }
}
