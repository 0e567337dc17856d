/// The function that a table's triggers call: it records which rows changed.
///
/// It runs with its owner's rights, so every name and operator in it is qualified and no
/// `search_path` can redirect one (manual, 5.9.6 and CREATE FUNCTION, "Writing SECURITY DEFINER
/// Functions Safely"). It never swallows an error: an event that cannot be recorded fails the
/// application's statement, and the server's CONTEXT then shows the INSERT with its remark on how
/// to uninstall.
///
/// A column of the key is found through a second scope, `missing`: where the table no longer has
/// a column of that name, the name resolves there and the event says "read the whole table". So a
/// rename in the application does not break its writes until the function is made anew.
package struct CaptureFunction: Sendable {
    private let table: CaptureTable
    private let serverVersion: Int
    private let key: KeyEncoding

    /// The function of a table that has a key, for a server of a version.
    package init(_ table: CaptureTable, serverVersion: Int) {
        self.table = table
        self.serverVersion = serverVersion
        self.key = KeyEncoding(table.key)
    }

    /// `teleport.capture_<oid>`.
    package var qualifiedName: String {
        "\(CaptureID.schema).\(CaptureID.functionName(table.oid))"
    }

    /// Whether triggers with transition tables are used (≥ 10); else one call a row.
    package var isSetBased: Bool { table.kind == .ordinary && serverVersion >= 100_000 }

    /// What identifies the recorded keys: another key, or another shape, means copying the table.
    package var keyLine: String {
        let columns = table.key.map { "\($0.number):\($0.typeOID)" }.joined(separator: ",")
        return "-- key \(columns)"
    }

    /// The settings the function carries, as `pg_proc.proconfig` shows them; mostly none.
    package var configuration: [String] {
        key.needsSettings ? KeyEncoding.settings.map { "\($0.name)=\($0.value)" } : []
    }

    /// CREATE OR REPLACE FUNCTION, then REVOKE and GRANT.
    package var statements: [String] {
        var settings = ""
        if key.needsSettings {
            for (name, value) in KeyEncoding.settings {
                // DateStyle is a list: as one literal it would be one (wrong) element.
                let values = value.split(separator: ",").map {
                    SQLText.literal(String($0.drop { $0 == " " }))
                }
                settings += " SET \(SQLText.identifier(name)) = \(values.joined(separator: ", "))"
            }
        }
        return [
            "CREATE OR REPLACE FUNCTION \(qualifiedName)() RETURNS pg_catalog.trigger"
                + " LANGUAGE plpgsql SECURITY DEFINER\(settings) AS \(SQLText.literal(source))",
            "REVOKE ALL ON FUNCTION \(qualifiedName)() FROM PUBLIC",
        ] + grants
    }

    /// EXECUTE for the owner of a root of partitions.
    ///
    /// Whoever makes a partition clones the root's trigger and needs the right for that; only the
    /// owner may make one. Firing a trigger needs no right.
    private var grants: [String] {
        guard table.isPartitioned, !table.owner.isEmpty, table.owner != table.role else {
            return []
        }
        return [
            "GRANT EXECUTE ON FUNCTION \(qualifiedName)() TO \(SQLText.identifier(table.owner))"
        ]
    }

    /// Makes the text differ when the root has another owner, so that the right is granted anew.
    private var ownerLine: String {
        guard table.isPartitioned else { return "" }
        return "-- owner \(table.owner.replacing("\n", with: " "))\n"
    }

    /// The body, as `pg_proc.prosrc` keeps it.
    package var source: String {
        """

        \(keyLine)
        \(ownerLine)#variable_conflict use_column
        <<teleport>>
        DECLARE
            txid pg_catalog.int8 := \(transactionID);
            slot pg_catalog.int4;
            origin pg_catalog.text\(origin);
        BEGIN
            -- Nothing was written in this transaction so far, so no row changed: do not take an id.
            IF teleport.txid IS NULL THEN RETURN NULL; END IF;
            slot := (teleport.txid OPERATOR(pg_catalog.>>) \(EventSlot.shift))
                OPERATOR(pg_catalog.&) \(EventSlot.count - 1)::pg_catalog.int8;
            IF teleport.origin OPERATOR(pg_catalog.=) '' THEN origin := NULL; END IF;
            IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        \(perSlot { insert($0, keys(new)) })
            ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        \(perSlot { insert($0, keys(new + " UNION " + old)) })
            ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        \(perSlot { insert($0, keys(old)) })
            ELSE
        \(perSlot { insert($0, truncation) })
            END IF;
            RETURN NULL;
        END

        """
    }

    // MARK: Parts of the body

    private var transactionID: String {
        serverVersion >= 100_000
            ? "pg_catalog.txid_current_if_assigned()" : "pg_catalog.txid_current()"
    }

    /// Whose row it is, where the applier says so; before 9.6 an unset setting cannot be asked for.
    private var origin: String {
        serverVersion >= 90_600 ? " := pg_catalog.current_setting('teleport.origin', true)" : ""
    }

    private func perSlot(_ statement: (Int) -> String) -> String {
        var lines: [String] = []
        for slot in 0..<EventSlot.count {
            let condition = "teleport.slot OPERATOR(pg_catalog.=) \(slot) THEN"
            switch slot {
            case 0: lines.append("IF \(condition)")
            case EventSlot.count - 1: lines.append("ELSE")
            default: lines.append("ELSIF \(condition)")
            }
            lines.append("    \(statement(slot));")
        }
        lines.append("END IF;")
        return lines.map { "        " + $0 }.joined(separator: "\n")
    }

    private func insert(_ slot: Int, _ query: String) -> String {
        "INSERT /* teleport records changed keys; remove it with: teleportd uninstall -config FILE */"
            + " INTO \(EventSlot.table(slot)) (txid, relation, kind, key, origin) \(query)"
    }

    private func keys(_ rows: String) -> String {
        let missing = key.list { name, _ in "NULL::pg_catalog.text AS \(name)" }
        let head =
            "SELECT teleport.txid, \(table.oid)::pg_catalog.oid, \(key.kind), \(key.text),"
            + " teleport.origin FROM "
        guard isSetBased else {
            // LATERAL is not in 9.2: each row's part has its own second scope.
            let parts = rows.replacing("FROM missing", with: "FROM (SELECT \(missing)) AS missing")
            return head + "(\(parts)) AS k\(key.joins)"
        }
        return head + "(SELECT \(missing)) AS missing, LATERAL (\(rows)) AS k\(key.joins)"
    }

    private var new: String { rows("NEW", transition: "teleport_new") }
    private var old: String { rows("OLD", transition: "teleport_old") }

    private func rows(_ record: String, transition: String) -> String {
        if isSetBased {
            return "SELECT " + key.list { name, number in "\(name) AS c\(number)" }
                + " FROM \(transition)"
        }
        return "SELECT "
            + key.list { name, number in
                "(SELECT \(name) FROM (SELECT \(record).*) AS r) AS c\(number)"
            } + " FROM missing"
    }

    /// A truncated partition says "read the whole root"; the root or a plain table says "truncated".
    private var truncation: String {
        let kind =
            table.isPartitioned
            ? "CASE WHEN TG_RELID OPERATOR(pg_catalog.=) \(table.oid)::pg_catalog.oid"
                + " THEN 't' ELSE 'l' END"
            : "'t'"
        return "SELECT teleport.txid, \(table.oid)::pg_catalog.oid, \(kind)::pg_catalog.\"char\","
            + " NULL::pg_catalog.text, teleport.origin"
    }
}
