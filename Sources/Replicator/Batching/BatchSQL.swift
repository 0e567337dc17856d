/// The SQL with which a batch is read; pure, so that each text can be tested.
package enum BatchSQL {
    /// How many slots there are, `teleport.event_0` and on.
    package static let slotCount = 4

    /// The slot that a transaction's events are in.
    package static func slot(of transaction: TransactionID) -> Int {
        Int((transaction.rawValue >> 16) & UInt64(slotCount - 1))
    }

    /// The events that are not visible in a position, as a subquery's text.
    ///
    /// Two kinds of index lookups, so that the cost is what is new: everything that had not begun,
    /// in every slot, and what was running, in the slots it wrote to.
    ///
    /// - Parameters:
    ///   - columns: the event's columns to select, of the alias `e`.
    ///   - position: where the target is.
    ///   - origin: the target's incarnation; what came from there does not go back.
    ///   - condition: a further condition on `e`.
    /// - Returns: the branches, joined by UNION ALL.
    package static func newEvents(
        _ columns: String, since position: Snapshot, notFrom origin: String?,
        where condition: String? = nil
    ) -> String {
        var tail = ""
        if let origin { tail += " AND e.origin IS DISTINCT FROM \(SQLText.literal(origin))" }
        if let condition { tail += " AND \(condition)" }
        func branch(_ slot: Int, _ range: String) -> String {
            "SELECT \(columns) FROM teleport.event_\(slot) e WHERE \(range)\(tail)"
        }
        var branches = (0..<slotCount).map { branch($0, "e.txid >= \(position.xmax)") }
        let running = Dictionary(grouping: position.inProgress, by: slot(of:))
        for (slot, transactions) in running.sorted(by: { $0.key < $1.key }) {
            let list = transactions.map(\.description).joined(separator: ",")
            branches.append(branch(slot, "e.txid = ANY ('{\(list)}'::pg_catalog.int8[])"))
        }
        return branches.joined(separator: " UNION ALL ")
    }

    /// Which relations have new events, of which kind and how many, with the relation's name now.
    ///
    /// Columns: relation, kind, count, schema, name, relkind, reltuples; the last four are NULL
    /// where the relation is no more.
    package static func pending(since position: Snapshot, notFrom origin: String?) -> String {
        let events = newEvents("e.relation, e.kind", since: position, notFrom: origin)
        return """
            SELECT p.relation, p.kind, p.count, n.nspname, c.relname, c.relkind, c.reltuples::int8 \
            FROM (SELECT e.relation, e.kind, pg_catalog.count(*) AS count FROM (\(events)) e \
            GROUP BY 1, 2) p LEFT JOIN pg_catalog.pg_class c ON c.oid = p.relation \
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            """
    }

    /// The names of relations, for locking them: oid, schema, name, relkind.
    package static func names(of relations: some Sequence<UInt32>) -> String {
        """
        SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = \(oids(relations))
        """
    }

    /// The columns of tables' unique indexes, in the index's order: relation, index, column, type
    /// below all domains, enum, operator's schema and name, collation's schema and name, whether the
    /// column's type is a domain.
    ///
    /// Needs 9.2.
    package static func keys(of relations: some Sequence<UInt32>) -> String {
        """
        SELECT i.indrelid, ic.relname, a.attname, pg_catalog.format_type(b.oid, -1), \
        CASE WHEN b.typtype = 'e' THEN b.oid END, \
        opn.nspname, op.oprname, cln.nspname, cl.collname, b.oid <> a.atttypid \
        FROM (SELECT x.*, pg_catalog.generate_series(0, x.indnatts - 1) AS position \
        FROM pg_catalog.pg_index x WHERE x.indisunique AND x.indrelid = \(oids(relations))) i \
        JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid \
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid \
        AND a.attnum = i.indkey[i.position] \
        JOIN pg_catalog.pg_type b ON b.typtype <> 'd' AND b.oid IN (WITH RECURSIVE base(oid) AS (\
        SELECT a.atttypid UNION ALL SELECT y.typbasetype FROM base \
        JOIN pg_catalog.pg_type y ON y.oid = base.oid WHERE y.typtype = 'd') SELECT oid FROM base) \
        JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[i.position] \
        JOIN pg_catalog.pg_amop ao ON ao.amopfamily = oc.opcfamily \
        AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype \
        AND ao.amopstrategy = 3 AND ao.amoppurpose = 's' \
        JOIN pg_catalog.pg_operator op ON op.oid = ao.amopopr \
        JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace \
        LEFT JOIN pg_catalog.pg_collation cl ON cl.oid = i.indcollation[i.position] \
        AND cl.oid <> 100 \
        LEFT JOIN pg_catalog.pg_namespace cln ON cln.oid = cl.collnamespace \
        ORDER BY i.indrelid, ic.relname, i.position
        """
    }

    /// `LOCK TABLE … IN ACCESS SHARE MODE` for the tables named, each without old-style children.
    package static func lock(_ tables: [(name: TableName, isPartitioned: Bool)]) -> String {
        let list = tables.sorted { $0.name < $1.name }
            .map { ($0.isPartitioned ? "" : "ONLY ") + $0.name.quoted }
        return "LOCK TABLE \(list.joined(separator: ", ")) IN ACCESS SHARE MODE"
    }

    /// Begins a batch's transaction with a bound on the waits for its locks.
    ///
    /// 9.2 has no `lock_timeout`; there `statement_timeout` stands in until the snapshot is taken.
    package static func begin(serverVersion: Int, lockWait: Duration) -> String {
        let milliseconds = Int(lockWait / .milliseconds(1))
        let setting = serverVersion >= 90300 ? "lock_timeout" : "statement_timeout"
        return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
            + "SET LOCAL \(setting) = \(milliseconds)"
    }

    /// The key of an event as a value of its type.
    package static func decode(_ column: KeyColumn, position: Int, of count: Int) -> String {
        let text = count == 1 ? "e.key" : "(e.key::pg_catalog.text[])[\(position + 1)]"
        var typed = "(\(text))::\(column.type)"
        if let enumOID = column.enumOID {
            // Labels can be renamed, so events carry the label's oid. A text that is none is a
            // label already: from a capture function made before the column became an enum.
            typed =
                "coalesce((SELECT l.enumlabel::pg_catalog.text FROM pg_catalog.pg_enum l "
                + "WHERE l.enumtypid = \(enumOID) AND l.oid::pg_catalog.text = \(text)), \(text))"
                + "::\(column.type)"
        }
        if let collation = column.collation { typed += " COLLATE \(collation)" }
        return typed
    }

    /// The rows that changed: `t` and the row as it is now, or `f` and the key of a row that is gone.
    ///
    /// Keys are made distinct as values, not as texts: 1.0 and 1.00 are one row.
    package static func changedRows(
        _ table: ReadableTable, since position: Snapshot, notFrom origin: String?
    ) -> String {
        let key = table.key
        let events = newEvents(
            "e.key", since: position, notFrom: origin,
            where: "e.relation = '\(table.oid)'::pg_catalog.oid AND e.kind = 'k'")
        let decoded = key.indices.map {
            "\(decode(key[$0], position: $0, of: key.count)) AS k\($0)"
        }
        let columns = table.columns.map { column in
            let quoted = "t." + SQLText.identifier(column)
            guard let index = key.firstIndex(where: { $0.name == column }) else { return quoted }
            return "coalesce(\(quoted), k.k\(index))"
        }
        let join = key.indices.map {
            // A domain over an enum has no equality of its own.
            "t.\(SQLText.identifier(key[$0].name))\(key[$0].isDomain ? "::\(key[$0].type)" : "") "
                + "\(key[$0].equality) k.k\($0)"
        }
        return """
            COPY (SELECT (t.tableoid IS NOT NULL), \(columns.joined(separator: ", ")) \
            FROM (SELECT DISTINCT \(decoded.joined(separator: ", ")) FROM (\(events)) e) k \
            LEFT JOIN \(table.relationSQL) AS t ON \(join.joined(separator: " AND "))) TO STDOUT
            """
    }

    /// All rows of a table.
    package static func allRows(_ table: ReadableTable) -> String {
        let columns = table.columns.map(SQLText.identifier).joined(separator: ", ")
        guard table.isPartitioned else { return "COPY \(table.name.quoted) (\(columns)) TO STDOUT" }
        return "COPY (SELECT \(columns) FROM \(table.name.quoted)) TO STDOUT"
    }

    /// How the planner is to join keys and table; it knows nothing of the event slots.
    package enum JoinPlan: Sendable, Hashable {
        /// An index lookup a key.
        case lookups
        /// One pass over the table.
        case hash

        /// Lookups, unless the keys are many and a good part of the table.
        ///
        /// - Parameters:
        ///   - keys: how many keys were recorded.
        ///   - rows: the planner's estimate, zero or less where it has none.
        /// - Returns: the plan.
        package static func choose(keys: Int, rows: Int) -> JoinPlan {
            guard keys > 5_000 else { return .lookups }
            guard rows > 0 else { return keys > 50_000 ? .hash : .lookups }
            return keys > rows / 10 ? .hash : .lookups
        }
    }

    /// The planner's settings for a join, for the rest of the transaction.
    package static func settings(for plan: JoinPlan, serverVersion: Int) -> String {
        let lookups = plan == .lookups
        var settings = [
            "enable_seqscan": !lookups, "enable_hashjoin": !lookups, "enable_mergejoin": !lookups,
            "enable_nestloop": lookups,
        ]
        // Before 13 a hash aggregate grows without bound where the estimate is wrong, and here it is.
        if serverVersion < 130000 { settings["enable_hashagg"] = lookups }
        return settings.sorted { $0.key < $1.key }
            .map { "SET LOCAL \($0.key) = \($0.value ? "on" : "off")" }.joined(separator: "; ")
    }

    /// The planner's settings for everything else, such as reading the catalog.
    package static let defaultSettings =
        "SET LOCAL enable_hashagg = on; SET LOCAL enable_hashjoin = on; "
        + "SET LOCAL enable_mergejoin = on; SET LOCAL enable_nestloop = on; "
        + "SET LOCAL enable_seqscan = on"

    private static func oids(_ relations: some Sequence<UInt32>) -> String {
        "ANY ('{\(relations.sorted().map(String.init).joined(separator: ","))}'::pg_catalog.oid[])"
    }
}
