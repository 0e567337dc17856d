/// A table whose changes are recorded, as the catalog has it: what its triggers are made of.
package struct CaptureTable: Hashable, Sendable {
    /// How rows of the table can be changed, which decides the shape of its triggers.
    package enum Kind: Hashable, Sendable {
        /// On its own, or a parent of old-style inheritance: a statement names it directly.
        case ordinary
        /// A child of old-style inheritance: a statement on its parent changes its rows, too.
        case inherited
        /// The root of a tree of partitions: a statement on any of them changes its rows.
        case partitioned(leaves: [Leaf])
    }

    /// A partition below a root, at any depth, partitioned again or not.
    package struct Leaf: Hashable, Sendable {
        /// The oid of the partition.
        package var oid: UInt32
        /// Schema and name of the partition.
        package var name: TableName
        /// Whether the role may alter the partition.
        package var isOwned: Bool
        /// Whether the role may make triggers on it.
        package var allowsTriggers: Bool
        /// Whether it holds rows itself, that is, is not partitioned again.
        package var holdsRows: Bool

        /// Describes a partition.
        package init(
            oid: UInt32, name: TableName, isOwned: Bool, allowsTriggers: Bool = true,
            holdsRows: Bool = true
        ) {
            self.oid = oid
            self.name = name
            self.isOwned = isOwned
            self.allowsTriggers = allowsTriggers
            self.holdsRows = holdsRows
        }
    }

    /// One column of the key.
    package struct KeyColumn: Hashable, Sendable {
        /// `pg_attribute.attnum`, which a rename leaves alone.
        package var number: Int16
        /// The name.
        package var name: String
        /// The oid of the type, a domain as itself.
        package var typeOID: UInt32
        /// The name of the type below all domains.
        package var baseTypeName: String
        /// The oid of the type below all domains.
        package var baseTypeOID: UInt32
        /// Whether the type below all domains is an enum.
        package var isEnum: Bool
        /// Whether the type below all domains comes with PostgreSQL.
        package var isBuiltIn: Bool

        /// Describes a column of a type that is no domain.
        package init(
            number: Int16, name: String, typeOID: UInt32, baseTypeName: String,
            baseTypeOID: UInt32? = nil, isEnum: Bool = false, isBuiltIn: Bool = true
        ) {
            self.number = number
            self.name = name
            self.typeOID = typeOID
            self.baseTypeName = baseTypeName
            self.baseTypeOID = baseTypeOID ?? typeOID
            self.isEnum = isEnum
            self.isBuiltIn = isBuiltIn
        }
    }

    /// `pg_class.oid`.
    package var oid: UInt32
    /// Schema and name.
    package var name: TableName
    /// How its rows can be changed.
    package var kind: Kind
    /// The columns of the key, in the key's order; empty where there is no key that serves.
    package var key: [KeyColumn]
    /// The role that owns it.
    package var owner: String
    /// Whether the connected role owns it or is a member of its owner.
    package var isOwned: Bool
    /// The connected role, to whom rights are to be granted.
    package var role: String
    /// The rights the connected role lacks, in the words of GRANT: `USAGE`, `SELECT`, `TRIGGER`.
    package var missingRights: Set<String>

    /// Describes a table.
    package init(
        oid: UInt32, name: TableName, kind: Kind = .ordinary, key: [KeyColumn],
        owner: String = "", isOwned: Bool = false, role: String = "",
        missingRights: Set<String> = []
    ) {
        self.oid = oid
        self.name = name
        self.kind = kind
        self.key = key
        self.owner = owner
        self.isOwned = isOwned
        self.role = role
        self.missingRights = missingRights
    }

    /// The partitions below it; none for a table that is no root.
    package var leaves: [Leaf] {
        if case .partitioned(let leaves) = kind { leaves } else { [] }
    }

    /// Whether it is the root of a tree of partitions.
    package var isPartitioned: Bool {
        if case .partitioned = kind { true } else { false }
    }
}
