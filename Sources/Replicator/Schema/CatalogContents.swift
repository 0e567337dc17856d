/// Everything that the queries found in the schemas of an expression, before it is decided what of
/// it is carried.
struct CatalogContents: Sendable {
    /// A row of pg_class that is no index, sequence or type.
    struct Relation: Sendable {
        var oid: UInt32
        var name: TableName
        var kind: String
        var persistence = "p"
        var storage: UInt32 = 0
        var isPartition = false
        var parent: UInt32?
        var bound: String?
        var partitionKey: String?
        var options: [String] = []
        var hasRowSecurity = false
        var isTyped = false
        var keyColumns: [String] = []
        var keyIndex: String?
        var captureID = ""
        var shape = ""
        /// The tables that it inherits from, as `pg_inherits` numbers them.
        var parents: [UInt32] = []
        var properties = SchemaSnapshot.TableProperties()
    }

    /// A row of pg_type.
    struct TypeRow: Sendable {
        var oid: UInt32
        var name: TableName
        var letter: String
        var relation: UInt32 = 0
        var base: String?
        var expression: String?
        var notNull = false
        var collation: String?
    }

    /// A row of pg_constraint.
    struct ConstraintRow: Sendable {
        var oid: UInt32
        var name: String
        var table: UInt32
        var domain: UInt32
        var letter: String
        var definition: String?
        var isFromParent = false
        var isEnforced = true
        /// The oid of the index behind it; of the referenced one for a foreign key.
        var index: UInt32 = 0
        /// The partitioned table's constraint that it is a part of.
        var parent: UInt32?
        var isLocal = true
        /// The columns of a foreign key or NOT NULL constraint.
        var columns: [String] = []
        var noInherit = false
        var isValidated = true
        var foreignKey: SchemaSnapshot.ForeignKey?
        /// The name of what a foreign key refers to.
        var referencedName: TableName?
        var options: [String] = []
        /// What the index behind it is a part of.
        var parentIndex: UInt32?
    }

    /// A row of pg_index.
    struct IndexRow: Sendable {
        var index: SchemaSnapshot.Index
        var isValid: Bool
    }

    /// A row of pg_proc.
    struct RoutineRow: Sendable {
        var routine: SchemaSnapshot.Routine
        var letter: String
        var language: String
        var isLeakproof = false
        /// Why it is not carried, whatever it needs.
        var reason: String?
    }

    /// A row of pg_class that is a sequence.
    struct SequenceRow: Sendable {
        var sequence: SchemaSnapshot.Sequence
        /// `a` owned by a column, `i` the column's identity, nil alone.
        var ownership: String?
        var persistence = "p"
    }

    /// A row of pg_depend.
    struct DependencyRow: Sendable {
        var dependent: SchemaSnapshot.ObjectID
        /// Nil where what is needed is of a kind that is not modelled.
        var referenced: SchemaSnapshot.ObjectID?
        var description: String?
    }

    /// An object that is made by one statement.
    struct PlainRow: Sendable {
        var object: PlainObject
        /// Why it is not carried, whatever it needs.
        var reason: String?
        /// The oid of a range's multirange type; 0 for none.
        var multirange: UInt32 = 0
    }

    /// Something that is not modelled.
    struct Unmodelled: Sendable {
        var kind: String
        var schema: String
        var table: String?
        var name: String
    }

    /// A part of an object that is not modelled.
    struct Gap: Sendable {
        var kind: String
        /// What it hangs on; nil for the database.
        var object: SchemaSnapshot.ObjectID?
        var schema: String
        /// Nil where the number says enough.
        var name: String?
        var count: Int
        var reason: String
    }

    var epoch: SchemaSnapshot.Epoch
    var serverVersion: Int
    var schemas: [SchemaSnapshot.Schema] = []
    var relations: [Relation] = []
    var columns: [UInt32: [SchemaSnapshot.Column]] = [:]
    var types: [TypeRow] = []
    var labels: [UInt32: [SchemaSnapshot.EnumType.Label]] = [:]
    var constraints: [ConstraintRow] = []
    var indexes: [IndexRow] = []
    var routines: [RoutineRow] = []
    var sequences: [SequenceRow] = []
    var views: [SchemaSnapshot.View] = []
    var rules: [SchemaSnapshot.Rule] = []
    var triggers: [SchemaSnapshot.Trigger] = []
    var policies: [SchemaSnapshot.Policy] = []
    /// By the table's oid, where it is on.
    var rowSecurity: [UInt32: SchemaSnapshot.RowSecurity] = [:]
    var extensions: [SchemaSnapshot.Extension] = []
    var dependencies: [DependencyRow] = []
    var plain: [PlainRow] = []
    var statistics: [StatisticsObject] = []
    var comments: [SchemaSnapshot.Comment] = []
    var privileges: [SchemaSnapshot.Privileges] = []
    var owners: [SchemaSnapshot.Ownership] = []
    var defaultPrivileges: [SchemaSnapshot.DefaultPrivileges] = []
    var unmodelled: [Unmodelled] = []
    var gaps: [Gap] = []
}
