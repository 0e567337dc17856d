/// What differs between versions for routines, types, text search and statistics.
extension CatalogFeatures {
    /// Whether ranges have multiranges (≥ 14).
    var hasMultiranges: Bool { version >= 140_000 }
    /// `o` = pg_collation: the provider's name, NULL for one that is not known (≥ 10 has others).
    var collationProvider: String {
        version >= 100_000
            ? "CASE o.collprovider::text WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END"
            : "'libc'::text"
    }

    /// `o` = pg_collation: whether one locale says both order and character classes.
    var hasLocaleOfCollation: String { version >= 100_000 ? "(o.collprovider <> 'c')" : "false" }

    /// `o` = pg_collation: that locale.
    var collationLocale: String {
        if version >= 170_000 { return "o.colllocale::text" }
        return version >= 150_000 ? "o.colliculocale::text" : "o.collcollate::text"
    }

    /// `o` = pg_collation: an ICU collation's own rules (≥ 16).
    var collationRules: String { version >= 160_000 ? "o.collicurules::text" : "NULL::text" }

    /// `o` = pg_collation: whether equal means equal bytes (≥ 12).
    var isDeterministic: String { version >= 120_000 ? "o.collisdeterministic" : "true" }

    /// Whether aggregates have moving modes, extra arguments and kinds (≥ 9.4).
    var hasMovingAggregates: Bool { version >= 90_400 }

    /// Whether aggregates can be partial and routines parallel (≥ 9.6).
    var hasPartialAggregates: Bool { version >= 90_600 }

    /// Whether aggregates say what their final functions do to the state (≥ 11).
    var hasFinalModify: Bool { version >= 110_000 }

    /// `g` = pg_aggregate: the types of its states.
    var aggregateStates: [String] {
        hasMovingAggregates ? ["g.aggtranstype", "g.aggmtranstype"] : ["g.aggtranstype"]
    }

    /// Whether functions have support functions (≥ 12).
    var hasSupportFunctions: Bool { version >= 120_000 }

    /// Whether CREATE OR REPLACE AGGREGATE exists (≥ 12).
    var replacesAggregates: Bool { version >= 120_000 }

    /// `p` = pg_proc: PARALLEL as `pg_get_functiondef` writes it (≥ 9.6).
    var parallelWords: String {
        version >= 90_600
            ? "CASE p.proparallel::text WHEN 's' THEN ' PARALLEL SAFE' WHEN 'r' THEN ' PARALLEL RESTRICTED' ELSE '' END"
            : "''::text"
    }

    /// `o` = pg_statistic_ext: the statistics target, -1 for the default (≥ 13).
    var statisticsTarget: String {
        version >= 130_000 ? "coalesce(o.stxstattarget, -1)::int" : "-1"
    }

    /// `o` = pg_statistic_ext: whether it is over expressions (≥ 14).
    var hasStatisticsExpressions: String {
        version >= 140_000 ? "(o.stxexprs IS NOT NULL)" : "false"
    }
}
