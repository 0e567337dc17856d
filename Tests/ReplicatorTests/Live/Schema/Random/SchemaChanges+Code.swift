@testable import Replicator

/// Views, routines, types, policies, triggers and comments.
extension SchemaChanges {
    static let codeCreations: [Maker] = [
        // Overloads: another function of a name that is there.
        { it, zoo in
            it.dice.one(of: zoo["function"]).map {
                "CREATE FUNCTION src.\(it.quoted($0.name))(x \(it.type(zoo)), VARIADIC more int[] DEFAULT '{}') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'over' $$"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["view"]).map {
                "CREATE FUNCTION src.\(it.name())() RETURNS SETOF src.\(it.quoted($0.name)) LANGUAGE sql STABLE AS $$ SELECT * FROM src.\(it.quoted($0.name)) $$"
            }
        },
        { it, zoo in
            it.table(zoo).map {
                "CREATE PROCEDURE src.\(it.name())(INOUT x int) LANGUAGE sql BEGIN ATOMIC SELECT count(*)::int FROM \($0); END"
            }
        },
        { it, _ in
            "CREATE AGGREGATE src.\(it.name())(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')"
        },
        { it, _ in
            "CREATE FUNCTION src.\(it.name())(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x + 1'"
        },
        { it, zoo in
            guard let function = it.plusOne(zoo),
                let column = it.column(zoo, where: { $0.detail == "integer" })
            else { return nil }
            let uses = [
                "CREATE INDEX \(it.name()) ON \(column.table) (\(function)(\(column.name)))",
                "CREATE VIEW src.\(it.name()) AS SELECT \(function)(\(column.name)) AS one FROM \(column.table)",
                "ALTER TABLE \(column.table) ADD CONSTRAINT \(it.name()) CHECK (\(function)(\(column.name)) <> 0)",
                "ALTER TABLE \(column.table) ALTER COLUMN \(column.name) SET DEFAULT \(function)(4)",
                "ALTER TABLE \(column.table) ADD COLUMN \(it.name()) int GENERATED ALWAYS AS (\(function)(\(column.name))) STORED",
                "ALTER TABLE \(column.table) ENABLE ROW LEVEL SECURITY; CREATE POLICY \(it.name()) ON \(column.table) USING (\(function)(\(column.name)) > 0)",
            ]
            return it.dice.one(of: uses)
        },
        { it, zoo in
            it.dice.one(of: zoo["domain"] + zoo["enum"]).map {
                "CREATE DOMAIN src.\(it.name()) AS src.\(it.quoted($0.name))\(it.dice.once(in: 2) ? " NOT NULL" : "")"
            }
        },
        { it, _ in "CREATE TYPE src.\(it.name()) AS RANGE (SUBTYPE = numeric)" },
        // Views over views, with what needs their columns.
        { it, zoo in
            guard let one = it.dice.one(of: zoo["viewcolumn"]),
                let two = it.dice.one(of: zoo["viewcolumn"])
            else { return nil }
            return """
                CREATE VIEW src.\(it.name()) AS SELECT l.\(it.quoted(one.name))::text AS l, count(*) AS n
                  FROM src.\(it.quoted(one.owner)) l JOIN src.\(it.quoted(two.owner)) r
                    ON l.\(it.quoted(one.name))::text = r.\(it.quoted(two.name))::text GROUP BY 1
                """
        },
        { it, zoo in
            it.dice.one(of: zoo["view"]).map {
                let name = it.name()
                return
                    "CREATE MATERIALIZED VIEW src.\(name) AS SELECT row_number() OVER () AS n, v.* FROM src.\(it.quoted($0.name)) v; CREATE UNIQUE INDEX \(it.name()) ON src.\(name) (n)"
            }
        },
        { it, zoo in
            guard let view = it.dice.one(of: zoo["view"]),
                let function = it.dice.one(of: zoo["function"].filter { $0.owner.isEmpty })
            else { return nil }
            return
                "CREATE TRIGGER \(it.name()) INSTEAD OF INSERT ON src.\(it.quoted(view.name)) FOR EACH ROW EXECUTE FUNCTION src.\(it.quoted(function.name))()"
        },
        { it, zoo in
            guard let column = it.column(zoo),
                let function = it.dice.one(of: zoo["function"].filter { $0.owner.isEmpty })
            else { return nil }
            return
                "CREATE TRIGGER \(it.name()) AFTER UPDATE OF \(column.name) ON \(column.table) FOR EACH ROW WHEN (NEW.\(column.name) IS NOT NULL) EXECUTE FUNCTION src.\(it.quoted(function.name))()"
        },
        { it, zoo in
            it.column(zoo).map {
                "CREATE POLICY \(it.name()) ON \($0.table) FOR UPDATE TO PUBLIC USING (\($0.name) IS NOT NULL) WITH CHECK (\($0.name) IS NOT NULL)"
            }
        },
    ]

    static let codeChanges: [Maker] = [
        { it, zoo in
            it.dice.one(of: zoo["view"]).map {
                "CREATE OR REPLACE VIEW src.\(it.quoted($0.name)) AS \(it.bodyAndMore($0.name, zoo))"
            }
        },
        { it, zoo in
            it.plusOne(zoo).map {
                "CREATE OR REPLACE FUNCTION \($0)(x int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT x + 2'"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["function"].filter { $0.detail == "f" }).map {
                "DROP FUNCTION src.\(it.quoted($0.name))(\($0.owner)); CREATE FUNCTION src.\(it.quoted($0.name))(\($0.owner)) RETURNS boolean LANGUAGE sql AS 'SELECT true'"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["function"].filter { $0.detail == "f" }).map {
                "ALTER FUNCTION src.\(it.quoted($0.name))(\($0.owner)) COST 77 SET work_mem = '1MB'"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["function"].filter { $0.detail != "f" }).map {
                "DROP ROUTINE src.\(it.quoted($0.name))(\($0.detail == "p" ? "" : $0.owner))"
            }
        },
        { it, zoo in
            let ways = ["SET DEFAULT '1'", "DROP DEFAULT", "SET NOT NULL", "DROP NOT NULL"]
            return it.dice.one(of: zoo["domain"]).map {
                "ALTER DOMAIN src.\(it.quoted($0.name)) \(it.dice.one(of: ways) ?? "")"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["attribute"]).map {
                "ALTER TYPE src.\(it.quoted($0.owner)) ALTER ATTRIBUTE \(it.quoted($0.name)) TYPE bigint CASCADE"
            }
        },
        // A type that loses a label is made anew, and its columns are retyped.
        { it, zoo in
            guard let type = it.dice.one(of: zoo["enum"]) else { return nil }
            let old = "src.\(it.quoted(type.name))"
            guard let column = it.column(zoo, where: { $0.detail == old }) else { return nil }
            let name = it.name()
            let labels = zoo["label"].filter { $0.owner == type.name }.map {
                SQLText.literal($0.name)
            }
            return """
                CREATE TYPE src.\(name) AS ENUM (\(labels.dropLast().joined(separator: ", ")), 'last');
                ALTER TABLE \(column.table) ALTER COLUMN \(column.name) DROP DEFAULT,
                    ALTER COLUMN \(column.name) TYPE src.\(name) USING 'last'
                """
        },
        { it, zoo in
            it.dice.one(of: zoo["policy"]).map {
                "ALTER POLICY \(it.quoted($0.name)) ON src.\(it.quoted($0.owner)) USING (current_user <> 'me')"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["trigger"]).map {
                let ways = ["DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA"]
                return
                    "ALTER TABLE src.\(it.quoted($0.owner)) \(it.dice.one(of: ways) ?? "") TRIGGER \(it.quoted($0.name))"
            }
        },
        comment("view", "VIEW"), comment("matview", "MATERIALIZED VIEW"), comment("index", "INDEX"),
        comment("sequence", "SEQUENCE"), comment("enum", "TYPE"), comment("domain", "DOMAIN"),
        comment("statistics", "STATISTICS"), commentPart("constraint", "CONSTRAINT"),
        commentPart("trigger", "TRIGGER"), commentPart("policy", "POLICY"),
        commentPart("rule", "RULE"),
        { it, zoo in
            it.dice.one(of: zoo["function"].filter { $0.detail == "f" }).map {
                "COMMENT ON FUNCTION src.\(it.quoted($0.name))(\($0.owner)) IS 'what it does'"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["viewcolumn"] + zoo["attribute"]).map {
                "COMMENT ON COLUMN src.\(it.quoted($0.owner)).\(it.quoted($0.name)) IS 'a column'"
            }
        },
    ]

    private static func comment(_ kind: String, _ word: String) -> Maker {
        { it, zoo in
            it.dice.one(of: zoo[kind]).map {
                "COMMENT ON \(word) src.\(it.quoted($0.name)) IS \(it.dice.once(in: 4) ? "NULL" : "'about it'")"
            }
        }
    }

    private static func commentPart(_ kind: String, _ word: String) -> Maker {
        { it, zoo in
            it.dice.one(of: zoo[kind]).map {
                "COMMENT ON \(word) \(it.quoted($0.name)) ON src.\(it.quoted($0.owner)) IS 'about a part'"
            }
        }
    }

    /// A function of one integer, to be called by others.
    private mutating func plusOne(_ zoo: SchemaZoo) -> String? {
        dice.one(of: zoo["function"].filter { $0.owner == "x integer" && $0.detail == "f" })
            .map { "src.\(quoted($0.name))" }
    }

    /// A view's query with another column behind, as CREATE OR REPLACE VIEW allows it.
    private mutating func bodyAndMore(_ view: String, _ zoo: SchemaZoo) -> String {
        let body = zoo["view"].first { $0.name == view }?.detail ?? ""
        return
            "SELECT body.*, \(Int.random(in: 1...9, using: &dice)) AS \(name()) FROM (\(body)) AS body"
    }
}
