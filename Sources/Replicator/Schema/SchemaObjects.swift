/// The objects of a `SchemaSnapshot`.
///
/// Texts that the server deparsed (types, expressions, definitions) name our own objects without
/// their schema, so that they mean the mapped objects under the target's search path.
extension SchemaSnapshot {
    /// A schema of the expression.
    package struct Schema: Codable, Sendable, Hashable {
        /// `pg_namespace.oid`.
        package var oid: UInt32
        /// `pg_namespace.nspname`.
        package var name: String
    }

    /// A table.
    package struct Table: Codable, Sendable, Hashable {
        /// Which sort of table it is.
        package enum Kind: Codable, Sendable, Hashable {
            /// An ordinary table.
            case ordinary
            /// The root, or an inner node, of a partition tree: `RANGE (day)`.
            case partitioned(key: String)
            /// A leaf of a partition tree: `FOR VALUES FROM (1) TO (2)`.
            case partition(parent: UInt32, bound: String)
        }

        /// `pg_class.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// Which sort of table it is.
        package var kind: Kind
        /// How a partition is partitioned again: `LIST (region)`.
        package var subpartitionKey: String?
        /// The live columns by attnum, then those that the source dropped and the target keeps.
        package var columns: [Column] = []
        /// The columns, by attnum, that the target's PostgreSQL cannot have; nil for none.
        package var leftOut: [Int]?
        /// The key's column names in the key's order; empty where there is none.
        package var primaryKey: [String] = []
        /// The name of the index that is the key; a unique one over NOT NULL columns serves as well.
        package var keyIndex: String?
        /// `pg_class.relfilenode`: another number means that the rows were rewritten.
        package var storage: UInt32 = 0
        /// Which capture records its changes; empty where that is incomplete.
        package var captureID: String = ""
        /// A digest of what the rows' text form depends on.
        package var shape: String = ""
        /// `pg_class.reloptions` as `name=value`.
        package var options: [String] = []
        /// The sequences that its columns own or use by default.
        package var sequences: [SequenceUse] = []
        /// What ALTER TABLE sets beyond columns and options.
        package var properties = TableProperties()

        /// Whether it is a partition.
        package var isPartition: Bool {
            if case .partition = kind { true } else { false }
        }

        /// How it is partitioned, whether it is a partition itself or not.
        package var partitionKey: String? {
            if case .partitioned(let key) = kind { return key }
            return subpartitionKey
        }
        /// Whether row-level security is on.
        package var rowSecurity = RowSecurity()

        /// The columns that rows carry: generated ones are computed on the target.
        package var storedColumns: [Column] {
            columns.filter { !$0.isGenerated && $0.isHeld != true }
        }
    }

    /// A column of a table.
    package struct Column: Codable, Sendable, Hashable {
        /// `attnum`.
        package var attnum: Int
        /// Its name.
        package var name: String
        /// Its type with modifiers, as `format_type` writes it.
        package var type: String
        /// `atttypid`.
        package var typeOID: UInt32
        /// The collation where it differs from the type's own, quoted.
        package var collation: String?
        /// Whether NULL is refused.
        package var notNull: Bool = false
        /// The default's or the generation's expression.
        package var expression: String?
        /// The text that rows older than the column have (≥ 11), where it was added with a default.
        package var missingValue: String?
        /// `attidentity`: `a` always, `d` by default; empty for none.
        package var identity: String = ""
        /// `attgenerated`: `s` stored, `v` virtual; empty for none.
        package var generated: String = ""
        /// The sequence behind an identity column.
        package var identitySequence: Sequence?
        /// Whether the source dropped it and the target keeps it; nil for no.
        package var isHeld: Bool?
        /// What ALTER COLUMN sets beyond type, default and NULL.
        package var properties = ColumnProperties()

        /// Whether its value is computed from other columns.
        package var isGenerated: Bool { !generated.isEmpty }
        /// Whether it is an identity column.
        package var isIdentity: Bool { !identity.isEmpty }
        /// Its default, where the expression is one.
        package var defaultExpression: String? { isGenerated ? nil : expression }
    }

    /// A sequence whose value belongs to a table's rows.
    package struct SequenceUse: Codable, Sendable, Hashable {
        /// `pg_class.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
    }

    /// A sequence; its value is data and not in here.
    package struct Sequence: Codable, Sendable, Hashable {
        /// `pg_class.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// The type (≥ 10), else `bigint`.
        package var type: String
        /// START.
        package var start: Int64
        /// INCREMENT.
        package var increment: Int64
        /// MINVALUE.
        package var minimum: Int64
        /// MAXVALUE.
        package var maximum: Int64
        /// CACHE.
        package var cache: Int64
        /// CYCLE.
        package var cycles: Bool
        /// The table and column that own it.
        package var owner: ObjectID?
        /// Whether a crash sets it back (≥ 15).
        package var isUnlogged = false
    }

    /// An enum type.
    package struct EnumType: Codable, Sendable, Hashable {
        /// A label, identified by `pg_enum.oid`.
        package struct Label: Codable, Sendable, Hashable {
            /// `pg_enum.oid`.
            package var oid: UInt32
            /// The text.
            package var text: String
        }

        /// `pg_type.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// The labels in their order.
        package var labels: [Label] = []
    }

    /// A stand-alone composite type.
    package struct CompositeType: Codable, Sendable, Hashable {
        /// `pg_type.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// The live attributes by attnum.
        package var attributes: [Column] = []
    }

    /// A domain.
    package struct DomainType: Codable, Sendable, Hashable {
        /// A constraint of a domain.
        package struct Check: Codable, Sendable, Hashable {
            /// `pg_constraint.oid`.
            package var oid: UInt32
            /// Its name.
            package var name: String
            /// `CHECK (…)`.
            package var definition: String
        }

        /// `pg_type.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// The base type with modifiers.
        package var base: String
        /// The collation where it differs from the base's own, quoted.
        package var collation: String?
        /// The default's expression.
        package var expression: String?
        /// Whether NULL is refused.
        package var notNull: Bool = false
        /// The constraint behind that (≥ 17).
        package var notNullConstraint: NotNull?
        /// The checks.
        package var checks: [Check] = []
    }

    /// A function or procedure.
    package struct Routine: Codable, Sendable, Hashable {
        /// `pg_proc.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// `FUNCTION`, `PROCEDURE` or `AGGREGATE`.
        package var kind: String
        /// The arguments that tell overloads apart, as DROP FUNCTION takes them.
        package var arguments: String
        /// The result type as `pg_get_function_result` writes it, empty for a procedure.
        package var result: String
        /// Of an aggregate, the types of its arguments as GRANT takes them.
        package var types: String?
        /// `pg_get_functiondef` from the opening parenthesis of the arguments on; of an aggregate
        /// its arguments and options.
        package var definition: String
    }

    /// An extension.
    package struct Extension: Codable, Sendable, Hashable {
        /// `pg_extension.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: String
        /// The schema of its members.
        package var schema: String
        /// The installed version.
        package var version: String
        /// Whether its members can be moved to another schema (`pg_extension.extrelocatable`).
        package var isRelocatable: Bool
    }

    /// An index that no constraint owns.
    package struct Index: Codable, Sendable, Hashable {
        /// `pg_class.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// The oid of its table.
        package var table: UInt32
        /// Whether it is unique.
        package var isUnique: Bool
        /// `pg_get_indexdef` from USING on.
        package var definition: String
        /// What ALTER INDEX sets.
        package var properties = IndexProperties()
        /// Whether it stands for the indexes of partitions and has no entries itself.
        package var isPartitioned = false
        /// The index of the partitioned table that it is a part of.
        package var parent: UInt32?
    }

    /// A constraint of a table, but for NOT NULL, which its column has.
    package struct Constraint: Codable, Sendable, Hashable {
        /// `pg_constraint.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: String
        /// The oid of its table.
        package var table: UInt32
        /// `contype`: `p` primary key, `u` unique, `x` exclusion, `c` check, `f` foreign key.
        package var kind: String
        /// As `pg_get_constraintdef` writes it; empty for a foreign key.
        package var definition: String
        /// What a foreign key is made of.
        package var foreignKey: ForeignKey?
        /// What ALTER INDEX sets on the index behind it.
        package var properties = IndexProperties()
        /// Whether it has an index: a primary key, unique or exclusion constraint.
        package var hasIndex: Bool { ["p", "u", "x"].contains(kind) }
        /// Whether it came from a parent table, and goes with it.
        package var isInherited = false
        /// The partitioned table's constraint that it is a part of.
        package var parent: UInt32?
        /// The partitioned table's index that its index is a part of, where no constraint owns that.
        package var parentIndex: UInt32?
    }

    /// A view or a materialized view.
    package struct View: Codable, Sendable, Hashable {
        /// `pg_class.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// Whether it keeps rows of its own.
        package var isMaterialized: Bool
        /// Its columns by attnum; an expression is the default for INSERT.
        package var columns: [Column] = []
        /// The query, as `pg_get_viewdef` writes it, without the semicolon.
        package var definition: String
        /// `pg_class.reloptions` as `name=value`.
        package var options: [String] = []
        /// The access method where it is not heap.
        package var accessMethod: String?
        /// Whether a materialized view has its rows.
        package var isPopulated: Bool = true
    }

    /// An object's address in the catalog.
    package struct ObjectID: Codable, Sendable, Hashable {
        /// Which catalog the oid belongs to.
        package enum Catalog: String, Codable, Sendable, Hashable {
            case relation, type, routine, constraint, attributeDefault, schema, `extension`
            case trigger, rule, policy, statistics, collation, dictionary, configuration
            case `operator`, operatorClass, operatorFamily, cast, conversion, language
        }

        /// Which catalog the oid belongs to.
        package var catalog: Catalog
        /// The oid.
        package var oid: UInt32
        /// The column's attnum; 0 for the whole object.
        package var column: Int = 0
    }

    /// One object needs another.
    package struct Dependency: Codable, Sendable, Hashable {
        /// What would break.
        package var dependent: ObjectID
        /// What it needs.
        package var referenced: ObjectID
    }
}
