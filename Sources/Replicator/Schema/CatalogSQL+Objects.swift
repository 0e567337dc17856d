/// Objects of a schema that are made by one statement: ranges, collations, text search dictionaries
/// and configurations, operators, casts, conversions.
///
/// Each part answers kind, oid, schema, name, arguments, the options of CREATE, what is altered in
/// place, why it cannot be carried, and the oid, schema and name of a range's multirange.
extension CatalogSQL {
    var plainObjects: String {
        [ranges, collations, dictionaries, configurations, operators, casts, conversions]
            .joined(separator: "\nUNION ALL\n") + "\nORDER BY 1, 3, 4, 5"
    }

    /// A list of texts without the missing ones, as a JSON array.
    func list(_ items: [String]) -> String {
        """
        array_to_json(ARRAY(SELECT u.o FROM unnest(ARRAY[\(items.joined(separator: ",\n    "))]::text[])
                 AS u(o) WHERE u.o IS NOT NULL))::text
        """
    }

    /// The name of the object with an oid, bare where the search path finds it; NULL for none.
    func visible(_ catalog: String, _ prefix: String, _ check: String, _ oid: String) -> String {
        let namespace = "\(prefix)namespace"
        return """
            (SELECT CASE WHEN \(check)(v.oid) THEN '' ELSE quote_ident(vn.nspname) || '.' END
                    || quote_ident(v.\(prefix)name)
               FROM pg_catalog.\(catalog) v JOIN pg_catalog.pg_namespace vn ON vn.oid = v.\(namespace)
              WHERE v.oid = \(oid))
            """
    }

    func visibleCollation(_ oid: String) -> String {
        visible("pg_collation", "coll", "pg_collation_is_visible", oid)
    }

    func visibleRoutine(_ oid: String) -> String {
        visible("pg_proc", "pro", "pg_function_is_visible", "\(oid)::oid")
    }

    private var ranges: String {
        let multirange =
            features.hasMultiranges
            ? "LEFT JOIN pg_catalog.pg_type m ON m.oid = r.rngmultitypid"
            : "LEFT JOIN pg_catalog.pg_type m ON false"
        return """
            SELECT 'range'::text, y.oid, n.nspname::text, y.typname::text, ''::text,
                   \(list([
                "'SUBTYPE = ' || format_type(r.rngsubtype, NULL)",
                "'SUBTYPE_OPCLASS = ' || CASE WHEN NOT q.opcdefault THEN "
                    + visible("pg_opclass", "opc", "pg_opclass_is_visible", "q.oid") + " END",
                "'COLLATION = ' || CASE WHEN r.rngcollation <> s.typcollation THEN "
                    + visibleCollation("r.rngcollation")
                    + " END",
                "'SUBTYPE_DIFF = ' || " + visibleRoutine("r.rngsubdiff"),
            ])), '[]'::text,
                   CASE WHEN r.rngcanonical::oid <> 0 THEN
                       'its canonical function needs a shell type, which only a superuser makes' END,
                   m.oid, mn.nspname::text, m.typname::text
              FROM pg_catalog.pg_range r
              JOIN pg_catalog.pg_type y ON y.oid = r.rngtypid
              JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
              JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype
              JOIN pg_catalog.pg_opclass q ON q.oid = r.rngsubopc
              \(multirange)
              LEFT JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace
             WHERE n.nspname = ANY (\(schemas)) AND \(notMember("pg_type", "y.oid"))
            """
    }

    private var collations: String {
        let literal = { (column: String) in "quote_literal(\(column))" }
        return plain(
            "collation", "pg_collation", "coll",
            options: [
                "'PROVIDER = ' || \(features.collationProvider)",
                """
                CASE WHEN \(features.hasLocaleOfCollation)
                     THEN 'LOCALE = ' || \(literal(features.collationLocale)) END
                """,
                """
                CASE WHEN NOT \(features.hasLocaleOfCollation)
                     THEN 'LC_COLLATE = ' || \(literal("o.collcollate")) END
                """,
                """
                CASE WHEN NOT \(features.hasLocaleOfCollation)
                     THEN 'LC_CTYPE = ' || \(literal("o.collctype")) END
                """,
                "'RULES = ' || \(literal(features.collationRules))",
                "CASE WHEN NOT \(features.isDeterministic) THEN 'DETERMINISTIC = false' END",
            ],
            reason:
                "CASE WHEN \(features.collationProvider) IS NULL THEN 'its provider is not known' END"
        )
    }

    private var dictionaries: String {
        plain(
            "dictionary", "pg_ts_dict", "dict",
            options: [
                "'TEMPLATE = ' || "
                    + visible(
                        "pg_ts_template", "tmpl", "pg_ts_template_is_visible", "o.dicttemplate")
            ],
            parts: list(["o.dictinitoption"]))
    }

    private var configurations: String {
        let dictionary = visible("pg_ts_dict", "dict", "pg_ts_dict_is_visible", "m.mapdict")
        return plain(
            "configuration", "pg_ts_config", "cfg",
            options: [
                "'PARSER = ' || "
                    + visible("pg_ts_parser", "prs", "pg_ts_parser_is_visible", "o.cfgparser")
            ],
            parts: """
                array_to_json(ARRAY(SELECT x.alias || ' WITH ' || x.names FROM (
                    SELECT (SELECT quote_ident(k.alias) FROM ts_token_type(o.cfgparser) k
                             WHERE k.tokid = m.maptokentype) AS alias,
                           string_agg(\(dictionary), ', ' ORDER BY m.mapseqno) AS names
                      FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = o.oid
                     GROUP BY m.maptokentype ORDER BY 1) x))::text
                """)
    }

    private var operators: String {
        let argument = { (column: String) in
            "CASE WHEN \(column) = 0 THEN 'NONE' ELSE format_type(\(column), NULL) END"
        }
        let other = { (word: String, column: String) in
            """
            (SELECT '\(word) ' || array_to_json(ARRAY[xn.nspname::text, x.oprname::text])::text
               FROM pg_catalog.pg_operator x
               JOIN pg_catalog.pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = \(column))
            """
        }
        return plain(
            "operator", "pg_operator", "opr",
            arguments:
                "'(' || \(argument("o.oprleft")) || ', ' || \(argument("o.oprright")) || ')'",
            options: [
                "'PROCEDURE = ' || " + visibleRoutine("o.oprcode"),
                "CASE WHEN o.oprleft <> 0 THEN 'LEFTARG = ' || format_type(o.oprleft, NULL) END",
                "CASE WHEN o.oprright <> 0 THEN 'RIGHTARG = ' || format_type(o.oprright, NULL) END",
                "'RESTRICT = ' || " + visibleRoutine("o.oprrest"),
                "'JOIN = ' || " + visibleRoutine("o.oprjoin"),
                "CASE WHEN o.oprcanhash THEN 'HASHES' END",
                "CASE WHEN o.oprcanmerge THEN 'MERGES' END",
            ],
            parts: list([other("COMMUTATOR", "o.oprcom"), other("NEGATOR", "o.oprnegate")]),
            reason: "CASE WHEN o.oprcode::oid = 0 THEN 'it is a shell, without a function' END")
    }

    private var casts: String {
        """
        SELECT 'cast'::text, o.oid,
               CASE WHEN sn.nspname = ANY (\(schemas)) THEN sn.nspname ELSE tn.nspname END::text,
               '('::text || format_type(o.castsource, NULL) || ' AS '
                   || format_type(o.casttarget, NULL) || ')', ''::text,
               \(list([
            """
            CASE o.castmethod::text
                 WHEN 'f' THEN 'WITH FUNCTION ' || \(visibleRoutine("o.castfunc")) || '('
                      || pg_get_function_identity_arguments(o.castfunc) || ')'
                 WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END
            """,
            """
            CASE o.castcontext::text WHEN 'a' THEN 'AS ASSIGNMENT' WHEN 'i' THEN 'AS IMPLICIT' END
            """,
        ])), '[]'::text,
               CASE o.castmethod::text WHEN 'f' THEN NULL WHEN 'i' THEN NULL
                    WHEN 'b' THEN 'only a superuser makes a cast without a function'
                    ELSE 'its method is not known' END, 0::oid, NULL::text, NULL::text
          FROM pg_catalog.pg_cast o
          JOIN pg_catalog.pg_type s ON s.oid = o.castsource
          JOIN pg_catalog.pg_namespace sn ON sn.oid = s.typnamespace
          JOIN pg_catalog.pg_type t ON t.oid = o.casttarget
          JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
         WHERE (sn.nspname = ANY (\(schemas)) OR tn.nspname = ANY (\(schemas))) AND o.oid >= 16384
           AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend m
                WHERE m.classid = 'pg_catalog.pg_cast'::regclass AND m.objid = o.oid
                  AND m.deptype IN ('e', 'i'))
        """
    }

    private var conversions: String {
        plain(
            "conversion", "pg_conversion", "con",
            arguments: "CASE WHEN o.condefault THEN 'DEFAULT ' ELSE '' END",
            options: [
                """
                'FOR ' || quote_literal(pg_encoding_to_char(o.conforencoding)) || ' TO '
                    || quote_literal(pg_encoding_to_char(o.contoencoding)) || ' FROM '
                    || \(visibleRoutine("o.conproc"))
                """
            ])
    }

    private func plain(
        _ word: String, _ catalog: String, _ prefix: String, arguments: String = "''::text",
        options: [String], parts: String = "'[]'::text", reason: String = "NULL::text"
    ) -> String {
        """
        SELECT '\(word)'::text, o.oid, n.nspname::text, o.\(prefix)name::text, \(arguments),
               \(list(options)), \(parts), \(reason), 0::oid, NULL::text, NULL::text
          FROM pg_catalog.\(catalog) o JOIN pg_catalog.pg_namespace n ON n.oid = o.\(prefix)namespace
         WHERE n.nspname = ANY (\(schemas)) AND \(notMember(catalog, "o.oid"))
        """
    }
}
