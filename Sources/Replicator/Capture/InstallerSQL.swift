/// The objects of schema `teleport`, the same on a source and on a target.
package enum InstallerSQL {
    /// The version of these objects; a schema with a higher one is refused.
    package static let version = 2
    /// What `setting` says under `product` in a schema that is ours.
    package static let product = "teleport-swift"
    /// The key of the advisory lock that lets one session at a time install: "telepin" in ASCII.
    package static let advisoryKey: Int64 = 0x74_65_6c_65_70_69_6e

    /// Everything but the schema itself, each statement harmless when run again.
    package static var objects: [String] {
        var statements = [
            """
            CREATE TABLE IF NOT EXISTS teleport.setting (
                key pg_catalog.text PRIMARY KEY, value pg_catalog.text NOT NULL)
            """
        ]
        for slot in 0..<EventSlot.count {
            statements.append(
                """
                CREATE TABLE IF NOT EXISTS \(EventSlot.table(slot)) (
                    txid pg_catalog.int8 NOT NULL, relation pg_catalog.oid NOT NULL,
                    kind pg_catalog."char" NOT NULL, key pg_catalog.text, origin pg_catalog.text)
                """)
        }
        return statements + [
            """
            CREATE TABLE IF NOT EXISTS teleport.target (
                name pg_catalog.text PRIMARY KEY, position pg_catalog.text NOT NULL,
                incarnation pg_catalog.text, updated pg_catalog.timestamptz)
            """,
            """
            CREATE TABLE IF NOT EXISTS teleport."position" (
                incarnation pg_catalog.text, target pg_catalog.text, source_name pg_catalog.text,
                phase pg_catalog.text, "position" pg_catalog.text, applied pg_catalog.text,
                applied_digest pg_catalog.text, load_plan pg_catalog.text,
                updated pg_catalog.timestamptz, PRIMARY KEY (incarnation, target))
            """,
            """
            CREATE TABLE IF NOT EXISTS teleport.load_chunk (
                incarnation pg_catalog.text, target pg_catalog.text, chunk pg_catalog.int4,
                PRIMARY KEY (incarnation, target, chunk))
            """,
            """
            CREATE TABLE IF NOT EXISTS teleport.consent (
                target pg_catalog.text, key pg_catalog.text, object pg_catalog.text,
                given pg_catalog.timestamptz, PRIMARY KEY (target, key))
            """,
            """
            CREATE TABLE IF NOT EXISTS teleport.step (
                incarnation pg_catalog.text, target pg_catalog.text, id pg_catalog.text,
                summary pg_catalog.text, sql pg_catalog.text, search_path pg_catalog.text,
                index_schema pg_catalog.text, index_name pg_catalog.text, state pg_catalog.text,
                attempts pg_catalog.int4, error pg_catalog.text, updated pg_catalog.timestamptz,
                PRIMARY KEY (incarnation, target, id))
            """,
        ]
    }

    /// The indexes, which have no IF NOT EXISTS before 9.5: made with the schema only.
    package static var indexes: [String] {
        (0..<EventSlot.count).map {
            "CREATE INDEX event_\($0)_txid ON \(EventSlot.table($0)) (txid)"
        }
    }

    /// What belongs to one incarnation and says nothing about the next.
    ///
    /// What this database has taken as a target stays: those positions are of the sources' own
    /// histories, and came back together with the rows that they belong to.
    package static var discard: String {
        let slots = (0..<EventSlot.count).map(EventSlot.table).joined(separator: ", ")
        return "TRUNCATE \(slots), teleport.target"
    }

    /// Which cluster and which database this is: `system_identifier`, `oid`.
    package static func whereabouts(serverVersion: Int) -> String {
        // Before 9.6 only a replication connection tells the identifier.
        let identifier =
            serverVersion >= 90_600
            ? "(SELECT s.system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system() s)"
            : "''::pg_catalog.text"
        return "SELECT \(identifier), d.oid::pg_catalog.text, d.datname,"
            + " pg_catalog.has_database_privilege(d.oid, 'CREATE'), CURRENT_USER::pg_catalog.text"
            + " FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()"
    }

    /// Sets a row of `setting`; `$1` is the key, `$2` the value (no ON CONFLICT before 9.5).
    package static let set = [
        "DELETE FROM teleport.setting WHERE key = $1::pg_catalog.text",
        "INSERT INTO teleport.setting (key, value) VALUES ($1, $2)",
    ]
}
