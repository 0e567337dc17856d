/// What `pg_get_functiondef` does not say, and extended statistics.
extension CatalogSQL {
    /// The aggregates: oid, arguments as CREATE AGGREGATE takes them, its options, and why only a
    /// superuser can make it.
    var aggregates: String {
        let state = "'pg_catalog.internal'::regtype"
        return """
            SELECT p.oid, pg_get_function_arguments(p.oid), oidvectortypes(p.proargtypes),
                   \(list(aggregateOptions)),
                   CASE WHEN \(features.aggregateStates.map { "\($0) = \(state)" }
                .joined(separator: " OR "))
                        THEN 'only a superuser makes an aggregate whose state is internal' END
              FROM pg_catalog.pg_aggregate g JOIN pg_catalog.pg_proc p ON p.oid = g.aggfnoid
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname = ANY (\(schemas)) AND \(notMember("pg_proc", "p.oid"))
             ORDER BY p.oid
            """
    }

    private var aggregateOptions: [String] {
        let routine = { (word: String, column: String) in
            "'\(word) = ' || \(visibleRoutine("g.\(column)"))"
        }
        let type = { (word: String, column: String) in
            "CASE WHEN g.\(column) <> 0 THEN '\(word) = ' || format_type(g.\(column), NULL) END"
        }
        let size = { (word: String, column: String) in
            "CASE WHEN g.\(column) <> 0 THEN '\(word) = ' || g.\(column)::text END"
        }
        var options = [
            routine("SFUNC", "aggtransfn"), type("STYPE", "aggtranstype"),
            routine("FINALFUNC", "aggfinalfn"), "'INITCOND = ' || quote_literal(g.agginitval)",
            """
            'SORTOP = ' || (SELECT CASE WHEN pg_operator_is_visible(s.oid) THEN s.oprname::text
                    ELSE 'OPERATOR(' || quote_ident(sn.nspname) || '.' || s.oprname || ')' END
               FROM pg_catalog.pg_operator s
               JOIN pg_catalog.pg_namespace sn ON sn.oid = s.oprnamespace WHERE s.oid = g.aggsortop)
            """,
        ]
        if features.hasMovingAggregates {
            options += [
                size("SSPACE", "aggtransspace"),
                "CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END",
                routine("MSFUNC", "aggmtransfn"), routine("MINVFUNC", "aggminvtransfn"),
                type("MSTYPE", "aggmtranstype"), size("MSSPACE", "aggmtransspace"),
                routine("MFINALFUNC", "aggmfinalfn"),
                "CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END",
                "'MINITCOND = ' || quote_literal(g.aggminitval)",
                "CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END",
            ]
        }
        if features.hasPartialAggregates {
            options += [
                routine("COMBINEFUNC", "aggcombinefn"), routine("SERIALFUNC", "aggserialfn"),
                routine("DESERIALFUNC", "aggdeserialfn"),
                """
                CASE p.proparallel::text WHEN 's' THEN 'PARALLEL = SAFE'
                     WHEN 'r' THEN 'PARALLEL = RESTRICTED' END
                """,
            ]
        }
        if features.hasFinalModify {
            options += [
                finalModify("FINALFUNC_MODIFY", "aggfinalmodify", "aggfinalfn"),
                finalModify("MFINALFUNC_MODIFY", "aggmfinalmodify", "aggmfinalfn"),
            ]
        }
        return options
    }

    /// What a final function does to the state, where that is not the default of its kind.
    private func finalModify(_ word: String, _ column: String, _ function: String) -> String {
        """
        CASE WHEN g.\(function)::oid <> 0
              AND g.\(column)::text <> CASE WHEN g.aggkind = 'n' THEN 'r' ELSE 'w' END
             THEN '\(word) = ' || CASE g.\(column)::text WHEN 'r' THEN 'READ_ONLY'
                  WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END
        """
    }

    /// What of a routine needs a superuser: oid, the exact text of the definition before LEAKPROOF,
    /// and why it cannot be carried at all.
    ///
    /// Only where something is to be said.
    var privilegedRoutines: String {
        let support = features.hasSupportFunctions ? "p.prosupport::oid <> 0" : "false"
        let words = """
            CASE WHEN \(features.routineKind) = 'w' THEN ' WINDOW' ELSE '' END
               || CASE p.provolatile::text WHEN 'i' THEN ' IMMUTABLE' WHEN 's' THEN ' STABLE'
                       ELSE '' END || \(features.parallelWords)
               || CASE WHEN p.proisstrict THEN ' STRICT' ELSE '' END
               || CASE WHEN p.prosecdef THEN ' SECURITY DEFINER' ELSE '' END
            """
        return """
            SELECT p.oid, CASE WHEN p.proleakproof THEN
                       '(' || pg_get_function_arguments(p.oid) || E')\\n RETURNS '
                       || pg_get_function_result(p.oid) || E'\\n LANGUAGE ' || quote_ident(l.lanname)
                       || E'\\n' || \(words) END,
                   CASE WHEN NOT l.lanpltrusted AND l.lanname NOT IN ('c', 'internal')
                        THEN 'only a superuser makes functions in language ' || l.lanname
                        WHEN \(support)
                        THEN 'only a superuser gives a function a support function' END
              FROM pg_catalog.pg_proc p
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              JOIN pg_catalog.pg_language l ON l.oid = p.prolang
             WHERE n.nspname = ANY (\(schemas)) AND \(features.isPlainRoutine)
               AND (p.proleakproof OR NOT l.lanpltrusted OR \(support))
             ORDER BY p.oid
            """
    }

    /// The extended statistics: oid, schema, name, table, definition, what of it is cut off, the
    /// statistics target, whether it is over expressions.
    var statistics: String? {
        guard features.version >= 100_000 else { return nil }
        return """
            SELECT o.oid, n.nspname::text, o.stxname::text, o.stxrelid,
                   pg_get_statisticsobjdef(o.oid),
                   'CREATE STATISTICS ' || quote_ident(n.nspname) || '.' || quote_ident(o.stxname),
                   \(features.statisticsTarget), \(features.hasStatisticsExpressions)
              FROM pg_catalog.pg_statistic_ext o
              JOIN pg_catalog.pg_namespace n ON n.oid = o.stxnamespace
             WHERE n.nspname = ANY (\(schemas)) AND \(notMember("pg_statistic_ext", "o.oid"))
             ORDER BY 2, 3
            """
    }
}
