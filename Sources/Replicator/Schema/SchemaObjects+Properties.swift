/// Properties of tables, columns, indexes and foreign keys that are set one by one.
extension SchemaSnapshot {
    /// What ALTER TABLE sets beyond columns and options.
    package struct TableProperties: Codable, Sendable, Hashable {
        /// Whether a crash empties it.
        package var isUnlogged = false
        /// What moves when the server lost the rows of its unlogged tables; empty for other tables.
        package var crashID = ""
        /// The tables that it inherits from (INHERITS), in their order; as far as they are carried.
        package var parents: [UInt32] = []
        /// The type of a typed table (OF).
        package var type: String?
        /// The access method where it is not heap.
        package var accessMethod: String?
        /// `relreplident`: `d` default, `n` nothing, `f` full, `i` an index.
        package var replicaIdentity = "d"
        /// The index of REPLICA IDENTITY USING INDEX.
        package var replicaIndex: String?
        /// The index of CLUSTER ON.
        package var clusterIndex: String?
    }

    /// What ALTER COLUMN sets beyond type, default and NULL.
    package struct ColumnProperties: Codable, Sendable, Hashable {
        /// Whether it was declared in this table itself.
        package var isLocal = true
        /// Whether it comes from a parent, maybe too.
        package var isInherited = false
        /// `attstorage`.
        package var storage = ""
        /// Whether the storage is the type's own.
        package var hasOwnStorage = false
        /// `attcompression`: `p` pglz, `l` lz4; empty for the default (≥ 14).
        package var compression = ""
        /// The statistics target where it is set.
        package var statistics: Int?
        /// `attoptions` as `name=value`.
        package var options: [String] = []
        /// The constraint behind NOT NULL (≥ 18).
        package var notNull: NotNull?
    }

    /// A NOT NULL constraint of a column (≥ 18) or a domain (≥ 17).
    package struct NotNull: Codable, Sendable, Hashable {
        /// `pg_constraint.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: String
        /// Whether children do not inherit it.
        package var noInherit = false
        /// Whether old rows were checked.
        package var isValidated = true
        /// Whether it came from a parent alone.
        package var isInherited = false
    }

    /// What ALTER INDEX sets.
    package struct IndexProperties: Codable, Sendable, Hashable {
        /// `pg_class.reloptions` as `name=value`.
        package var options: [String] = []
        /// Statistics targets of its expressions as `number=target`.
        package var statistics: [String] = []
    }

    /// What a foreign key is made of.
    package struct ForeignKey: Codable, Sendable, Hashable {
        /// The columns that refer.
        package var columns: [String]
        /// `pg_class.oid` of the table that is referred to.
        package var referenced: UInt32
        /// Its columns.
        package var referencedColumns: [String]
        /// `confmatchtype`: `s` simple, `f` full, `p` partial.
        package var match = "s"
        /// `confupdtype`: `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default.
        package var onUpdate = "a"
        /// `confdeltype`, as `onUpdate`.
        package var onDelete = "a"
        /// The columns that ON DELETE SET sets, where they are named (≥ 15).
        package var setColumns: [String] = []
        /// DEFERRABLE.
        package var isDeferrable = false
        /// INITIALLY DEFERRED.
        package var isDeferred = false
        /// Whether old rows were checked; else NOT VALID.
        package var isValidated = true
        /// Whether it is enforced (≥ 18).
        package var isEnforced = true
        /// Whether the last columns are periods (≥ 18).
        package var hasPeriod = false
    }
}
