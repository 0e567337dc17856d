import TestSupport

@testable import Replicator

/// A random statement on schema `src`; the server may refuse it, which is no failure.
struct SchemaChanges {
    var dice: SeededGenerator
    private var counter = 0

    init(seed: UInt64) {
        dice = SeededGenerator(seed: seed)
    }

    typealias Maker = @Sendable (inout SchemaChanges, SchemaZoo) -> String?

    /// A statement that makes something.
    mutating func creation(_ zoo: SchemaZoo) -> String { statement(of: Self.everyCreation, zoo) }

    /// A statement that makes, changes, renames or drops something.
    mutating func change(_ zoo: SchemaZoo) -> String {
        statement(of: Self.everything, zoo)
    }

    private static let everyCreation = creations + treeCreations + codeCreations
    private static let everything =
        everyCreation + changes + changes + treeChanges + codeChanges + renames + dml

    private mutating func statement(of makers: [Maker], _ zoo: SchemaZoo) -> String {
        for _ in 0..<50 {
            if let maker = dice.one(of: makers), let sql = maker(&self, zoo) { return sql }
        }
        return Self.makeTable(&self, zoo) ?? "SELECT"
    }

    // MARK: Words

    private static let names = [
        "a", "b", "order", "Mixed Case", "quo\"ted", "ünïcode", "x.y", "select", "t1", "value",
    ]

    /// A name that may be taken.
    mutating func name() -> String {
        counter += 1
        let base = dice.one(of: Self.names) ?? "a"
        return quoted(dice.once(in: 3) ? base : "\(base)_\(counter)")
    }

    func quoted(_ name: String) -> String { SQLText.identifier(name) }

    mutating func type(_ zoo: SchemaZoo) -> String {
        let own = (zoo["enum"] + zoo["domain"] + zoo["composite"] + zoo["range"])
            .map { "src.\(quoted($0.name))" }
        let plain = [
            "int", "bigint", "text", "varchar(40)", "numeric(10,2)", "boolean", "date", "jsonb",
            "timestamptz", "uuid", "int[]", "char(3)", "interval(3)", "bytea", "double precision",
        ]
        return (dice.once(in: 4) ? dice.one(of: own) : nil) ?? dice.one(of: plain) ?? "int"
    }

    mutating func table(_ zoo: SchemaZoo) -> String? {
        dice.one(of: zoo["table"] + zoo["partitioned"]).map { "src.\(quoted($0.name))" }
    }

    /// A column and its table.
    mutating func column(
        _ zoo: SchemaZoo, where fits: (SchemaZoo.Animal) -> Bool = { _ in true }
    ) -> (table: String, name: String, type: String)? {
        let tables = Set((zoo["table"] + zoo["partitioned"]).map(\.name))
        let list = zoo["column"].filter { tables.contains($0.owner) && fits($0) }
        return dice.one(of: list).map {
            ("src.\(quoted($0.owner))", quoted($0.name), $0.detail)
        }
    }

    // MARK: Creations

    private static let creations: [Maker] = [
        makeTable, makeTable, makeTable,
        { it, zoo in
            "CREATE TYPE src.\(it.name()) AS ENUM ('one', 'two', 'it''s', 'four')"
        },
        { it, zoo in
            "CREATE DOMAIN src.\(it.name()) AS \(it.dice.once(in: 2) ? "int" : "text") CHECK (VALUE IS DISTINCT FROM NULL)"
        },
        { it, zoo in
            "CREATE TYPE src.\(it.name()) AS (one int, two \(it.type(zoo)))"
        },
        { it, zoo in "CREATE SEQUENCE src.\(it.name()) START 5 INCREMENT 2" },
        makeView, makeView,
        { it, zoo in
            it.table(zoo).map { "CREATE MATERIALIZED VIEW src.\(it.name()) AS SELECT * FROM \($0)" }
        },
        makeIndex, makeIndex,
        { it, zoo in
            it.table(zoo).map {
                "CREATE FUNCTION src.\(it.name())(x \(it.type(zoo))) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM \($0) $$"
            }
        },
        { it, zoo in
            it.table(zoo).map {
                "CREATE FUNCTION src.\(it.name())(r \($0)) RETURNS text LANGUAGE sql IMMUTABLE RETURN (r IS NULL)::text"
            }
        },
        { it, zoo in
            "CREATE FUNCTION src.\(it.name())() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        },
        { it, zoo in
            guard let table = it.table(zoo),
                let function = it.dice.one(of: zoo["function"].filter { $0.owner.isEmpty })
            else { return nil }
            return
                "CREATE TRIGGER \(it.name()) BEFORE UPDATE ON \(table) FOR EACH ROW EXECUTE FUNCTION src.\(it.quoted(function.name))()"
        },
        { it, zoo in
            it.table(zoo).map {
                "ALTER TABLE \($0) ENABLE ROW LEVEL SECURITY; CREATE POLICY \(it.name()) ON \($0) FOR SELECT USING (current_user IS NOT NULL)"
            }
        },
        { it, zoo in
            it.table(zoo).map {
                "CREATE RULE \(it.name()) AS ON DELETE TO \($0) WHERE current_user = 'nobody' DO INSTEAD NOTHING"
            }
        },
        { it, zoo in
            let name = it.name()
            return """
                CREATE TABLE src.\(name) (id int, region int, note text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
                CREATE TABLE src.\(it.name()) PARTITION OF src.\(name) FOR VALUES IN (1, 2)
                """
        },
        { it, zoo in
            guard let one = it.column(zoo),
                let two = it.column(
                    zoo,
                    where: {
                        "src.\(SQLText.identifier($0.owner))" == one.table
                            && SQLText.identifier($0.name) != one.name
                    })
            else { return nil }
            return
                "CREATE STATISTICS src.\(it.name()) ON \(one.name), \(two.name) FROM \(one.table)"
        },
        { it, zoo in
            guard let one = it.table(zoo) else { return nil }
            return
                "ALTER TABLE \(one) ADD CONSTRAINT \(it.name()) CHECK (id > -\(Int.random(in: 1...9, using: &it.dice)))\(it.dice.once(in: 3) ? " NOT VALID" : "")"
        },
        { it, zoo in
            guard let one = it.table(zoo), let two = it.table(zoo) else { return nil }
            return
                "ALTER TABLE \(one) ADD CONSTRAINT \(it.name()) FOREIGN KEY (id) REFERENCES \(two) (id) ON DELETE CASCADE"
        },
        { it, zoo in
            it.column(zoo).map {
                "ALTER TABLE \($0.table) ADD CONSTRAINT \(it.name()) UNIQUE (\($0.name)) DEFERRABLE"
            }
        },
    ]

    private static let makeTable: Maker = { it, zoo in
        var columns = [
            "id \(it.dice.once(in: 3) ? "bigint GENERATED BY DEFAULT AS IDENTITY" : "int") PRIMARY KEY"
        ]
        for _ in 0..<Int.random(in: 1...4, using: &it.dice) {
            let type = it.type(zoo)
            var column = "\(it.name()) \(type)"
            if it.dice.once(in: 4) { column += " NOT NULL" }
            if type == "text", it.dice.once(in: 2) { column += " DEFAULT 'a b'" }
            if type == "int", it.dice.once(in: 3) { column += " DEFAULT 1 + 1" }
            if type == "int", it.dice.once(in: 4) { column += " CHECK (1 < 2)" }
            columns.append(column)
        }
        if it.dice.once(in: 4) {
            columns.append("\(it.name()) bigint GENERATED ALWAYS AS (id * 2) STORED")
        }
        return "CREATE TABLE src.\(it.name()) (\(columns.joined(separator: ", ")))"
    }

    private static let makeView: Maker = { it, zoo in
        let from = zoo["table"] + zoo["view"] + zoo["partitioned"]
        guard let base = it.dice.one(of: from) else { return nil }
        let columns = (zoo["column"] + zoo["viewcolumn"]).filter { $0.owner == base.name }
            .map { it.quoted($0.name) }
        let list = columns.filter { _ in !it.dice.once(in: 3) }
        guard !list.isEmpty else { return nil }
        return
            "CREATE VIEW src.\(it.name()) AS SELECT \(list.joined(separator: ", ")) FROM src.\(it.quoted(base.name)) AS src"
    }

    private static let makeIndex: Maker = { it, zoo in
        guard let column = it.column(zoo) else { return nil }
        let shapes = [
            "(\(column.name) DESC NULLS LAST)", "((\(column.name) IS NULL))",
            "(\(column.name)) WHERE \(column.name) IS NOT NULL", "USING hash (\(column.name))",
        ]
        let unique = it.dice.once(in: 5) ? "UNIQUE " : ""
        return
            "CREATE \(unique)INDEX \(it.name()) ON \(column.table) \(it.dice.one(of: shapes) ?? shapes[0])"
    }
}
