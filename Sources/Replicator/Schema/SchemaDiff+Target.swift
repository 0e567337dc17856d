/// What a target's PostgreSQL is too old, or too new, for.
///
/// It is taken out of the catalog before the comparison, so that it is reported as long as it is
/// there, and made once the target can.
extension SchemaSnapshot {
    /// The part that a server of another version can have; the rest is named in `notCarried`.
    ///
    /// What can be had in another form has that form here: what the target carries is what the
    /// snapshot says.
    package func possible(on version: Int) -> SchemaSnapshot {
        var limits = TargetLimits(self, CatalogFeatures(version))
        return limits.possible()
    }
}

extension NotCarried {
    static func tooOld(_ needed: Int) -> String {
        let name = needed >= 100_000 ? "\(needed / 10_000)" : "9.\(needed / 100 % 100)"
        return "the target's PostgreSQL is older than \(name)"
    }
}
