import Replicator
import Testing

@Suite struct BatchSQLTests {
    private func snapshot(_ text: String) throws -> Snapshot { try #require(Snapshot(text)) }

    private let orders = ReadableTable(
        oid: 16_385, name: TableName(schema: "public", name: "orders"), isPartitioned: false,
        columns: ["id", "note"], key: [KeyColumn(name: "id", type: "bigint")])

    @Test func `everything from xmax on is looked up in every slot, nothing else when none ran`()
        throws
    {
        let sql = BatchSQL.newEvents("e.key", since: try snapshot("10:10:"), notFrom: nil)
        #expect(
            sql
                == (0..<4).map {
                    "SELECT e.key FROM teleport.event_\($0) e WHERE e.txid >= 10"
                }.joined(separator: " UNION ALL "))
    }

    @Test func `what was running is looked up only in the slots it wrote to`() throws {
        let first = 65_536 * 5 + 1
        let sql = BatchSQL.newEvents(
            "e.key",
            since: try snapshot(
                "\(first):\(first + 65_540):\(first),\(first + 1),\(first + 65_536)"),
            notFrom: nil)
        let branches = sql.split(separator: "U").count
        #expect(branches == 6)
        #expect(
            sql.contains(
                "teleport.event_1 e WHERE e.txid = ANY ('{\(first),\(first + 1)}'::pg_catalog.int8[])"
            ))
        #expect(
            sql.contains(
                "teleport.event_2 e WHERE e.txid = ANY ('{\(first + 65_536)}'::pg_catalog.int8[])"))
    }

    @Test(arguments: [(0, 0), (65_535, 0), (65_536, 1), (262_143, 3), (262_144, 0)])
    func `a slot is the transaction id's bits 16 and 17`(transaction: UInt64, slot: Int) {
        #expect(BatchSQL.slot(of: TransactionID(transaction)) == slot)
    }

    @Test func `events of the target itself do not go back to it`() throws {
        let sql = BatchSQL.newEvents(
            "e.key", since: try snapshot("10:12:10"), notFrom: "it's")
        #expect(sql.components(of: "e.origin IS DISTINCT FROM 'it''s'") == 5)
    }

    @Test func `changed rows join distinct typed keys with the table alone`() throws {
        let sql = BatchSQL.changedRows(orders, since: try snapshot("10:10:"), notFrom: "abc")
        let condition =
            "e.origin IS DISTINCT FROM 'abc' AND e.relation = '16385'::pg_catalog.oid AND e.kind = 'k'"
        let events = (0..<4).map {
            "SELECT e.key FROM teleport.event_\($0) e WHERE e.txid >= 10 AND \(condition)"
        }.joined(separator: " UNION ALL ")
        #expect(
            sql == """
                COPY (SELECT (t.tableoid IS NOT NULL), coalesce(t."id", k.k0), t."note" FROM \
                (SELECT DISTINCT (e.key)::bigint AS k0 FROM (\(events)) e) k LEFT JOIN \
                ONLY "public"."orders" AS t ON t."id" OPERATOR(pg_catalog.=) k.k0) TO STDOUT
                """)
    }

    @Test func `a composite key is taken apart in the key's order, not the columns'`() throws {
        let table = ReadableTable(
            oid: 1, name: TableName(schema: "s", name: "t"), isPartitioned: true,
            columns: ["a", "b", "c"],
            key: [
                KeyColumn(name: "c", type: "integer"),
                KeyColumn(
                    name: "a", type: "public.citext", equality: "OPERATOR(public.=)",
                    collation: "\"pg_catalog\".\"C\""),
            ])
        let sql = BatchSQL.changedRows(table, since: try snapshot("1:1:"), notFrom: nil)
        #expect(sql.contains("((e.key::pg_catalog.text[])[1])::integer AS k0"))
        #expect(
            sql.contains(
                "((e.key::pg_catalog.text[])[2])::public.citext COLLATE \"pg_catalog\".\"C\" AS k1")
        )
        #expect(sql.contains("coalesce(t.\"a\", k.k1), t.\"b\", coalesce(t.\"c\", k.k0)"))
        #expect(sql.contains("LEFT JOIN \"s\".\"t\" AS t ON"))
        #expect(
            sql.contains(
                "t.\"c\" OPERATOR(pg_catalog.=) k.k0 AND t.\"a\" OPERATOR(public.=) k.k1"))
    }

    @Test func `an enum key is found by its label's oid, and a label is taken as it is`() {
        let key = KeyColumn(name: "mood", type: "public.mood", enumOID: 77)
        #expect(
            BatchSQL.decode(key, position: 0, of: 1)
                == "coalesce((SELECT l.enumlabel::pg_catalog.text FROM pg_catalog.pg_enum l "
                + "WHERE l.enumtypid = 77 AND l.oid::pg_catalog.text = e.key), e.key)::public.mood")
    }

    @Test
    func `all rows of a table are copied without its children, of a tree with its partitions`() {
        #expect(
            BatchSQL.allRows(orders) == "COPY \"public\".\"orders\" (\"id\", \"note\") TO STDOUT")
        let root = ReadableTable(
            oid: 1, name: TableName(schema: "s", name: "r"), isPartitioned: true, columns: ["id"],
            key: [])
        #expect(BatchSQL.allRows(root) == "COPY (SELECT \"id\" FROM \"s\".\"r\") TO STDOUT")
    }

    @Test func `hostile names are quoted wherever they appear`() throws {
        let name = TableName(schema: "a\"b", name: "Wähl . \"; DROP")
        let table = ReadableTable(
            oid: 1, name: name, isPartitioned: false, columns: ["x\"y"],
            key: [KeyColumn(name: "x\"y", type: "text")])
        let sql = BatchSQL.changedRows(table, since: try snapshot("1:1:"), notFrom: nil)
        #expect(sql.contains("ONLY \"a\"\"b\".\"Wähl . \"\"; DROP\" AS t"))
        #expect(sql.contains("coalesce(t.\"x\"\"y\", k.k0)"))
    }

    @Test func `locks are asked for in one order, trees with their partitions`() {
        let sql = BatchSQL.lock([
            (TableName(schema: "s", name: "b"), true), (TableName(schema: "s", name: "a"), false),
        ])
        #expect(sql == "LOCK TABLE ONLY \"s\".\"a\", \"s\".\"b\" IN ACCESS SHARE MODE")
    }

    @Test(arguments: [
        (90_216, "statement_timeout"), (90_300, "lock_timeout"), (180_000, "lock_timeout"),
    ])
    func `the wait for locks is bounded on every version`(version: Int, setting: String) {
        #expect(
            BatchSQL.begin(serverVersion: version, lockWait: .seconds(2))
                == "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL \(setting) = 2000")
    }

    @Test(arguments: [
        (1, 0, BatchSQL.JoinPlan.lookups), (5_000, 100, .lookups), (6_000, 50_000, .hash),
        (6_000, 10_000_000, .lookups), (60_000, 0, .hash), (20_000, -1, .lookups),
        (10_000_000, 20_000_000, .hash),
    ])
    func `few keys are looked up, many that are a good part of the table are hashed`(
        keys: Int, rows: Int, plan: BatchSQL.JoinPlan
    ) {
        #expect(BatchSQL.JoinPlan.choose(keys: keys, rows: rows) == plan)
    }

    @Test func `before 13 a hash aggregate of many keys is forbidden, since it would not spill`() {
        let old = BatchSQL.settings(for: .hash, serverVersion: 120_000)
        let new = BatchSQL.settings(for: .hash, serverVersion: 130_000)
        #expect(old.contains("SET LOCAL enable_hashagg = off"))
        #expect(!new.contains("enable_hashagg"))
        #expect(new.contains("SET LOCAL enable_nestloop = off"))
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
