@testable import Replicator

/// Renames, alterations and drops of what is there.
extension SchemaChanges {
    // MARK: Renames

    static let renames: [Maker] = [
        rename("table", "TABLE"), rename("view", "VIEW"), rename("matview", "MATERIALIZED VIEW"),
        rename("index", "INDEX"), rename("sequence", "SEQUENCE"), rename("enum", "TYPE"),
        rename("domain", "DOMAIN"), rename("composite", "TYPE"), rename("statistics", "STATISTICS"),
        renamePart("trigger", "TRIGGER"), renamePart("policy", "POLICY"),
        renamePart("rule", "RULE"),
        { it, zoo in
            it.column(zoo).map {
                "ALTER TABLE \($0.table) RENAME COLUMN \($0.name) TO \(it.name())"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["viewcolumn"]).map {
                "ALTER VIEW src.\(it.quoted($0.owner)) RENAME COLUMN \(it.quoted($0.name)) TO \(it.name())"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["attribute"]).map {
                "ALTER TYPE src.\(it.quoted($0.owner)) RENAME ATTRIBUTE \(it.quoted($0.name)) TO \(it.name())"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["label"]).map {
                "ALTER TYPE src.\(it.quoted($0.owner)) RENAME VALUE \(SQLText.literal($0.name)) TO \(SQLText.literal(it.name()))"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["constraint"]).map {
                "ALTER TABLE src.\(it.quoted($0.owner)) RENAME CONSTRAINT \(it.quoted($0.name)) TO \(it.name())"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["domainconstraint"]).map {
                "ALTER DOMAIN src.\(it.quoted($0.owner)) RENAME CONSTRAINT \(it.quoted($0.name)) TO \(it.name())"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["function"]).map {
                "ALTER FUNCTION src.\(it.quoted($0.name))(\($0.owner)) RENAME TO \(it.name())"
            }
        },
        swap("table", "TABLE"), swap("view", "VIEW"), swap("enum", "TYPE"), swap("index", "INDEX"),
        { it, zoo in
            guard let one = it.column(zoo),
                let two = it.column(
                    zoo, where: { "src.\(SQLText.identifier($0.owner))" == one.table }),
                one.name != two.name
            else { return nil }
            return """
                ALTER TABLE \(one.table) RENAME COLUMN \(one.name) TO in_between;
                ALTER TABLE \(one.table) RENAME COLUMN \(two.name) TO \(one.name);
                ALTER TABLE \(one.table) RENAME COLUMN in_between TO \(two.name)
                """
        },
        { it, zoo in
            guard let one = it.dice.one(of: zoo["label"]),
                let two = it.dice.one(
                    of: zoo["label"].filter { $0.owner == one.owner && $0.name != one.name })
            else { return nil }
            let type = "ALTER TYPE src.\(it.quoted(one.owner)) RENAME VALUE"
            let (left, right) = (SQLText.literal(one.name), SQLText.literal(two.name))
            return
                "\(type) \(left) TO 'in between'; \(type) \(right) TO \(left); \(type) 'in between' TO \(right)"
        },
    ]

    private static func rename(_ kind: String, _ word: String) -> Maker {
        { it, zoo in
            it.dice.one(of: zoo[kind]).map {
                "ALTER \(word) src.\(it.quoted($0.name)) RENAME TO \(it.name())"
            }
        }
    }

    private static func renamePart(_ kind: String, _ word: String) -> Maker {
        { it, zoo in
            it.dice.one(of: zoo[kind]).map {
                "ALTER \(word) \(it.quoted($0.name)) ON src.\(it.quoted($0.owner)) RENAME TO \(it.name())"
            }
        }
    }

    private static func swap(_ kind: String, _ word: String) -> Maker {
        { it, zoo in
            guard let one = it.dice.one(of: zoo[kind]),
                let two = it.dice.one(of: zoo[kind].filter { $0.name != one.name })
            else { return nil }
            let (left, right) = (it.quoted(one.name), it.quoted(two.name))
            return """
                ALTER \(word) src.\(left) RENAME TO in_between;
                ALTER \(word) src.\(right) RENAME TO \(left);
                ALTER \(word) src.in_between RENAME TO \(right)
                """
        }
    }

    // MARK: Changes

    static let changes: [Maker] = [
        drop("table", "TABLE"), drop("view", "VIEW"), drop("matview", "MATERIALIZED VIEW"),
        drop("index", "INDEX"), drop("sequence", "SEQUENCE"), drop("enum", "TYPE"),
        drop("domain", "DOMAIN"), drop("statistics", "STATISTICS"), drop("composite", "TYPE"),
        { it, zoo in
            it.dice.one(of: zoo["function"]).map {
                "DROP FUNCTION src.\(it.quoted($0.name))(\($0.owner))"
            }
        },
        dropPart("trigger", "TRIGGER"), dropPart("policy", "POLICY"), dropPart("rule", "RULE"),
        { it, zoo in
            it.dice.one(of: zoo["constraint"]).map {
                "ALTER TABLE src.\(it.quoted($0.owner)) DROP CONSTRAINT \(it.quoted($0.name))"
            }
        },
        { it, zoo in
            it.table(zoo).map { "ALTER TABLE \($0) ADD COLUMN \(it.name()) \(it.type(zoo))" }
        },
        { it, zoo in
            it.table(zoo).map {
                "ALTER TABLE \($0) ADD COLUMN \(it.name()) int NOT NULL DEFAULT 7"
            }
        },
        { it, zoo in
            it.column(zoo).map { "ALTER TABLE \($0.table) DROP COLUMN \($0.name)" }
        },
        { it, zoo in
            it.column(zoo).map {
                "ALTER TABLE \($0.table) DROP COLUMN \($0.name), ADD COLUMN \($0.name) \(it.type(zoo))"
            }
        },
        { it, zoo in
            it.column(zoo, where: { $0.detail == "integer" }).map {
                "ALTER TABLE \($0.table) ALTER COLUMN \($0.name) TYPE bigint"
            }
        },
        { it, zoo in
            it.column(zoo).map {
                "ALTER TABLE \($0.table) ALTER COLUMN \($0.name) DROP DEFAULT, ALTER COLUMN \($0.name) TYPE text USING \($0.name)::text"
            }
        },
        { it, zoo in
            it.column(zoo).map {
                "ALTER TABLE \($0.table) ALTER COLUMN \($0.name) \(it.dice.once(in: 2) ? "SET" : "DROP") NOT NULL"
            }
        },
        { it, zoo in
            it.column(zoo, where: { $0.detail == "text" }).map {
                "ALTER TABLE \($0.table) ALTER COLUMN \($0.name) SET DEFAULT 'new'"
            }
        },
        { it, zoo in
            guard let sequence = it.dice.one(of: zoo["sequence"]),
                let column = it.column(zoo, where: { $0.detail == "integer" })
            else { return nil }
            let name = "src.\(it.quoted(sequence.name))"
            return
                "ALTER TABLE \(column.table) ALTER COLUMN \(column.name) SET DEFAULT nextval(\(SQLText.literal(name))); ALTER SEQUENCE \(name) OWNED BY \(column.table).\(column.name)"
        },
        { it, zoo in
            it.dice.one(of: zoo["sequence"]).map {
                "ALTER SEQUENCE src.\(it.quoted($0.name)) INCREMENT 3 CYCLE OWNED BY NONE"
            }
        },
        { it, zoo in
            it.column(zoo).map {
                "COMMENT ON COLUMN \($0.table).\($0.name) IS \(it.dice.once(in: 3) ? "NULL" : "'a ''comment'''")"
            }
        },
        { it, zoo in
            it.table(zoo).map { "COMMENT ON TABLE \($0) IS 'about it'" }
        },
        { it, zoo in
            it.dice.one(of: zoo["enum"]).map {
                "ALTER TYPE src.\(it.quoted($0.name)) ADD VALUE \(SQLText.literal(it.name()))"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["label"]).map {
                "ALTER TYPE src.\(it.quoted($0.owner)) ADD VALUE \(SQLText.literal(it.name())) BEFORE \(SQLText.literal($0.name))"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["domain"]).map {
                "ALTER DOMAIN src.\(it.quoted($0.name)) ADD CONSTRAINT \(it.name()) CHECK (VALUE::text <> 'x')"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["domainconstraint"]).map {
                "ALTER DOMAIN src.\(it.quoted($0.owner)) DROP CONSTRAINT \(it.quoted($0.name))"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["composite"]).map {
                "ALTER TYPE src.\(it.quoted($0.name)) ADD ATTRIBUTE \(it.name()) int"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["attribute"]).map {
                "ALTER TYPE src.\(it.quoted($0.owner)) DROP ATTRIBUTE \(it.quoted($0.name))"
            }
        },
        { it, zoo in
            it.dice.one(of: zoo["constraint"].filter { $0.detail == "c" || $0.detail == "f" }).map {
                "ALTER TABLE src.\(it.quoted($0.owner)) VALIDATE CONSTRAINT \(it.quoted($0.name))"
            }
        },
        { it, zoo in
            it.table(zoo).map {
                "ALTER TABLE \($0) \(it.dice.once(in: 2) ? "FORCE" : "DISABLE") ROW LEVEL SECURITY"
            }
        },
        { it, zoo in
            it.table(zoo).map { "ALTER TABLE \($0) SET (fillfactor = 70)" }
        },
        { it, zoo in
            it.dice.one(of: zoo["view"]).map {
                "ALTER VIEW src.\(it.quoted($0.name)) SET (security_barrier = true)"
            }
        },
        { it, zoo in
            guard let parent = it.dice.one(of: zoo["partitioned"]) else { return nil }
            return
                "CREATE TABLE src.\(it.name()) PARTITION OF src.\(it.quoted(parent.name)) FOR VALUES IN (\(Int.random(in: 3...99, using: &it.dice)))"
        },
        { it, zoo in
            guard let parent = it.dice.one(of: zoo["partitioned"]),
                let part = it.dice.one(of: zoo["table"].filter { $0.detail == "true" })
            else { return nil }
            return
                "ALTER TABLE src.\(it.quoted(parent.name)) DETACH PARTITION src.\(it.quoted(part.name))"
        },
    ]

    private static func drop(_ kind: String, _ word: String) -> Maker {
        { it, zoo in
            it.dice.one(of: zoo[kind]).map {
                "DROP \(word) src.\(it.quoted($0.name))\(it.dice.once(in: 3) ? " CASCADE" : "")"
            }
        }
    }

    private static func dropPart(_ kind: String, _ word: String) -> Maker {
        { it, zoo in
            it.dice.one(of: zoo[kind]).map {
                "DROP \(word) \(it.quoted($0.name)) ON src.\(it.quoted($0.owner))"
            }
        }
    }
}
