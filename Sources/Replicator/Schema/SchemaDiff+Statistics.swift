/// Extended statistics: they go with their tables and columns, and wait for the rows.
extension SchemaDiff {
    mutating func diffStatistics(_ tables: TableMatch) {
        let survivors = Set(tables.pairs.map(\.old.oid))
        let found = match(
            applied.statistics.filter { survivors.contains($0.table) }, current.statistics, \.oid,
            \.name)
        var names: [RelationName] = []
        for pair in found.pairs {
            let isSame =
                (!pair.isByName || pair.old.definition == pair.new.definition)
                && !refreshed.contains(pair.old.id)
            guard isSame else {
                drop(pair.old)
                create(pair.new)
                continue
            }
            names.append(.init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
            if pair.old.target != pair.new.target { setTarget(pair.new) }
        }
        rename(names, "STATISTICS")
        for statistics in found.created { create(statistics) }
        for statistics in found.dropped { drop(statistics) }
    }

    private mutating func drop(_ statistics: StatisticsObject) {
        add(
            .dropDependents, "drop statistics \(statistics.name)",
            "DROP STATISTICS \(text.name(statistics.name))", effect: .statistics)
    }

    private mutating func create(_ statistics: StatisticsObject) {
        afterwards(
            "create statistics \(statistics.name)", text.statistics(statistics),
            effect: .statistics)
        noteMade(statistics.id, at: .afterRows)
        if statistics.target >= 0 { setTarget(statistics) }
    }

    private mutating func setTarget(_ statistics: StatisticsObject) {
        guard text.target.version >= 130_000 else {
            report(
                "statistics target", statistics.name.description,
                "the target's PostgreSQL does not have it")
            return
        }
        afterwards(
            "set target of statistics \(statistics.name)", text.statisticsTarget(statistics),
            effect: .statistics)
    }
}
