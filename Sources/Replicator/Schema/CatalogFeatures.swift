/// What a server's catalog has, by `server_version_num`: the one place that knows versions.
///
/// Each fragment is SQL for the aliases named in its comment, and has the same type on every
/// version, so that the queries around it need no cases.
struct CatalogFeatures: Sendable, Hashable {
    /// `server_version_num`.
    let version: Int

    init(_ serverVersion: Int) {
        version = serverVersion
    }

    /// `a` = pg_attribute: identity, `a`, `d` or empty (≥ 10).
    var identity: String { version >= 100_000 ? "a.attidentity::text" : "''::text" }

    /// `a` = pg_attribute: generated, `s`, `v` or empty (≥ 12).
    var generated: String { version >= 120_000 ? "a.attgenerated::text" : "''::text" }

    /// `a` = pg_attribute: the value of rows older than the column (≥ 11).
    var missingValue: String {
        version >= 110_000
            ? "CASE WHEN a.atthasmissing THEN (a.attmissingval::text::text[])[1] END" : "NULL::text"
    }

    /// `i` = pg_index: how many of its columns are key columns (≥ 11 has INCLUDE).
    var keyColumnCount: String { version >= 110_000 ? "i.indnkeyatts" : "i.indnatts" }

    /// `c` = pg_class: whether it is a partition (≥ 10).
    var isPartition: String { version >= 100_000 ? "c.relispartition" : "false" }

    /// `c` = pg_class: the bound of a partition (≥ 10).
    var partitionBound: String {
        version >= 100_000
            ? "CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END"
            : "NULL::text"
    }

    /// `c` = pg_class: the key of a partitioned table (≥ 10).
    var partitionKey: String {
        version >= 100_000
            ? "CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END" : "NULL::text"
    }

    /// `c` = pg_class: whether row-level security is on (≥ 9.5).
    var rowSecurity: String { version >= 90_500 ? "c.relrowsecurity" : "false" }

    /// `o` = pg_class: the letter of the replica identity (≥ 9.4).
    var replicaIdentity: String { version >= 90_400 ? "o.relreplident::text" : "'d'::text" }

    /// `k` = pg_constraint: whether it came with a partition's parent (≥ 11).
    var constraintFromParent: String {
        version >= 110_000 ? "(k.coninhcount > 0 OR k.conparentid <> 0)" : "(k.coninhcount > 0)"
    }

    /// `k` = pg_constraint: the partitioned table's constraint that it is a part of, or 0 (≥ 11).
    var constraintParent: String { version >= 110_000 ? "k.conparentid" : "0" }

    /// `k` = pg_constraint: whether the last columns are periods (≥ 18).
    var constraintPeriod: String { version >= 180_000 ? "k.conperiod" : "false" }

    /// Whether ON DELETE SET NULL can name columns (≥ 15).
    var setsColumns: Bool { version >= 150_000 }

    /// `a` = pg_attribute: the letter of the compression (≥ 14).
    var compression: String { version >= 140_000 ? "a.attcompression::text" : "''::text" }

    /// `k` = pg_constraint: whether it is enforced (≥ 18).
    var constraintEnforced: String { version >= 180_000 ? "k.conenforced" : "true" }

    /// `p` = pg_proc: `f` function, `p` procedure, `a` aggregate, `w` window (≥ 11 has prokind).
    var routineKind: String {
        version >= 110_000
            ? "p.prokind::text"
            : "CASE WHEN p.proisagg THEN 'a' WHEN p.proiswindow THEN 'w' ELSE 'f' END"
    }

    /// `p` = pg_proc: the letters again, as a condition that a definition can be asked for.
    var isPlainRoutine: String {
        version >= 110_000 ? "p.prokind IN ('f', 'p', 'w')" : "NOT p.proisagg"
    }

    /// Whether sequences have a catalog (≥ 10); before, each one is selected from.
    var hasSequenceCatalog: Bool { version >= 100_000 }

    /// Whether row triggers on a partitioned table reach its partitions (≥ 11).
    var capturesPartitioned: Bool { version >= 110_000 }

    /// Whether `ALTER TYPE … RENAME VALUE` exists (≥ 10).
    var renamesLabels: Bool { version >= 100_000 }

    /// Whether `CREATE SCHEMA IF NOT EXISTS` exists (≥ 9.3).
    var createsSchemaIfMissing: Bool { version >= 90_300 }

    /// Whether identity columns exist (≥ 10).
    var hasIdentity: Bool { version >= 100_000 }

    /// Whether NOT NULL is a constraint with a name, and checks and foreign keys may be NOT ENFORCED
    /// (≥ 18).
    var namesNotNull: Bool { version >= 180_000 }

    /// Whether sequences may be unlogged (≥ 15).
    var hasUnloggedSequences: Bool { version >= 150_000 }

    /// Whether tables have access methods (≥ 12).
    var hasTableMethods: Bool { version >= 120_000 }

    /// Whether columns have a compression (≥ 14).
    var hasCompression: Bool { version >= 140_000 }

    /// Whether generated columns exist (≥ 12), or virtual ones (≥ 18).
    func hasGenerated(_ letter: String) -> Bool {
        letter == "v" ? version >= 180_000 : version >= 120_000
    }

    /// The cluster's identifier (≥ 9.6), as text.
    var systemIdentifier: String {
        version >= 90_600
            ? "(SELECT s.system_identifier::text FROM pg_catalog.pg_control_system() s)"
            : "''::text"
    }

    /// 902 for 9.2, 1500 for 15.
    var major: Int { version >= 100_000 ? version / 10_000 * 100 : version / 100 }

    /// The triggers that make the capture of a stand-alone table complete.
    var tableTriggers: [String] {
        version >= 100_000
            ? ["teleport_insert", "teleport_update", "teleport_delete", "teleport_truncate"]
            : treeTriggers
    }

    /// The triggers that a partition tree needs on its root.
    var treeTriggers: [String] { ["teleport_row", "teleport_truncate"] }
}
