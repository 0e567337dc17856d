/// Views, and what hangs on tables and views.
extension CatalogSQL {
    /// Views and materialized views.
    var views: String {
        """
        SELECT c.oid, n.nspname::text, c.relname::text, c.relkind = 'm', pg_get_viewdef(c.oid),
               coalesce(array_to_json(c.reloptions)::text, '[]'), \(features.accessMethod),
               \(features.isPopulated)
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = ANY (\(schemas)) AND c.relkind IN ('v', 'm')
           AND \(notMember("pg_class", "c.oid"))
         ORDER BY 2, 3
        """
    }

    /// The rules but those that are views; the fixed beginnings of their definitions come along to
    /// be cut off.
    var rules: String {
        """
        SELECT w.oid, w.rulename::text, w.ev_class,
               CASE w.ev_type::text WHEN '1' THEN 'SELECT' WHEN '2' THEN 'UPDATE'
                    WHEN '3' THEN 'INSERT' WHEN '4' THEN 'DELETE' END,
               w.ev_enabled::text, pg_get_ruledef(w.oid), quote_ident(w.rulename),
               quote_ident(n.nspname) || '.', quote_ident(c.relname)
          FROM pg_catalog.pg_rewrite w
          JOIN pg_catalog.pg_class c ON c.oid = w.ev_class
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = ANY (\(schemas)) AND w.rulename <> '_RETURN'
           AND \(notMember("pg_class", "c.oid"))
         ORDER BY c.relname, w.rulename, w.oid
        """
    }

    /// The triggers that somebody made: none of constraints, of partitions' parents, of ours.
    ///
    /// The arguments are texts that end with a zero byte each, in the database's encoding; the
    /// escaped form of `bytea` keeps them apart where no text may hold a zero byte.
    var triggers: String {
        let transition =
            features.version >= 100_000
            ? "(t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL)" : "false"
        return """
            SELECT t.oid, t.tgname::text, t.tgrelid, t.tgenabled::text, t.tgtype, t.tgconstraint <> 0,
                   pg_get_triggerdef(t.oid),
                   array_to_json(ARRAY(
                       SELECT quote_ident(a.attname)
                         FROM generate_series(0, array_upper(t.tgattr, 1)) s(place)
                         JOIN pg_catalog.pg_attribute a
                           ON a.attrelid = t.tgrelid AND a.attnum = t.tgattr[s.place]
                        ORDER BY s.place))::text,
                   quote_ident(t.tgname), quote_ident(n.nspname) || '.', quote_ident(c.relname),
                   quote_ident(fn.nspname) || '.', quote_ident(f.proname), t.tgnargs,
                   array_to_json(ARRAY(
                       SELECT convert_from(decode(x.part, 'escape'), getdatabaseencoding()::name)
                         FROM unnest(string_to_array(
                              replace(encode(t.tgargs, 'escape'), E'\\\\\\\\', E'\\\\134'),
                              E'\\\\000')) x(part)))::text,
                   \(transition)
              FROM pg_catalog.pg_trigger t
              JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
              JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
             WHERE n.nspname = ANY (\(schemas)) AND NOT t.tgisinternal
               AND \(features.isOwnTrigger) AND fn.nspname <> 'teleport'
               AND \(notMember("pg_class", "c.oid"))
             ORDER BY c.relname, t.tgname, t.oid
            """
    }

    /// The policies (≥ 9.5); NULL where there can be none.
    var policies: String? {
        guard features.version >= 90_500 else { return nil }
        let permissive = features.version >= 100_000 ? "p.polpermissive" : "true"
        return """
            SELECT p.oid, p.polname::text, p.polrelid,
                   CASE p.polcmd::text WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT'
                        WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END,
                   \(permissive), 0 = ANY (p.polroles),
                   array_to_json(ARRAY(SELECT r.rolname::text FROM pg_catalog.pg_roles r
                                        WHERE r.oid = ANY (p.polroles) ORDER BY 1))::text,
                   pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
              FROM pg_catalog.pg_policy p
              JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = ANY (\(schemas)) AND \(notMember("pg_class", "c.oid"))
             ORDER BY c.relname, p.polname, p.oid
            """
    }

    /// The tables with row-level security (≥ 9.5).
    var rowSecurity: String? {
        guard features.version >= 90_500 else { return nil }
        return """
            SELECT c.oid, c.relrowsecurity, c.relforcerowsecurity
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = ANY (\(schemas)) AND (c.relrowsecurity OR c.relforcerowsecurity)
            """
    }
}

extension CatalogFeatures {
    /// `c` = pg_class: the access method where it is not heap (≥ 12).
    var accessMethod: String {
        version >= 120_000
            ? """
            (SELECT m.amname::text FROM pg_catalog.pg_am m
              WHERE m.oid = c.relam AND m.amname <> 'heap')
            """ : "NULL::text"
    }

    /// `c` = pg_class: whether a materialized view has its rows (≥ 9.3).
    var isPopulated: String { version >= 90_300 ? "c.relispopulated" : "true" }

    /// `c` = pg_class: whether row-level security holds for the owner, too (≥ 9.5).
    var forcedRowSecurity: String { version >= 90_500 ? "c.relforcerowsecurity" : "false" }

    /// `t` = pg_trigger: whether it is no part of a trigger of the partition's parent; before 13
    /// such parts count as internal.
    var isOwnTrigger: String { version >= 130_000 ? "t.tgparentid = 0" : "true" }

    /// The word for a trigger's function (≥ 11: FUNCTION).
    var triggerFunction: String { version >= 110_000 ? "FUNCTION" : "PROCEDURE" }
}
