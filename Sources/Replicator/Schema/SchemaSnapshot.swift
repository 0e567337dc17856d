import FoundationEssentials

/// The part of a source's catalog that a target carries, as one transaction saw it.
///
/// It is a value: reading makes it, `SchemaPlan` compares two of them, and the target keeps the one
/// it carries next to its position. What the catalog holds beyond it is named in `notCarried`.
package struct SchemaSnapshot: Codable, Sendable, Equatable {
    /// Within which oids identify objects; in another epoch only names do.
    package struct Epoch: Codable, Sendable, Hashable {
        /// `system_identifier` of the cluster; empty where the role may not read it.
        package var systemIdentifier: String
        /// The database's oid.
        package var databaseOID: UInt32
        /// The server's major version: 902 for 9.2, 1500 for 15.
        package var majorVersion: Int
    }

    /// Within which oids identify objects.
    package var epoch: Epoch
    /// `server_version_num` of the server that was read.
    package var serverVersion: Int
    /// The schemas of the expression that exist.
    package var schemas: [Schema] = []
    /// The tables, with partitioned ones and their partitions, by name.
    package var tables: [Table] = []
    /// The enum types.
    package var enums: [EnumType] = []
    /// The stand-alone composite types.
    package var composites: [CompositeType] = []
    /// The domains.
    package var domains: [DomainType] = []
    /// Functions and procedures.
    package var functions: [Routine] = []
    /// Ranges, collations, text search objects, operators, casts and conversions.
    package var objects: [PlainObject] = []
    /// Extended statistics.
    package var statistics: [StatisticsObject] = []
    /// The comments on all of these.
    package var comments: [Comment] = []
    /// The privileges on all of these, where they are not the default ones.
    package var privileges: [Privileges] = []
    /// Who owns them.
    package var owners: [Ownership] = []
    /// The default privileges in the schemas.
    package var defaultPrivileges: [DefaultPrivileges] = []
    /// The sequences, without those of identity columns.
    package var sequences: [Sequence] = []
    /// Views and materialized views, by name.
    package var views: [View] = []
    /// The rules of tables and views.
    package var rules: [Rule] = []
    /// The triggers that somebody made on tables and views.
    package var triggers: [Trigger] = []
    /// The policies of tables.
    package var policies: [Policy] = []
    /// The extensions that something above needs.
    package var extensions: [Extension] = []
    /// The indexes, without those of constraints.
    package var indexes: [Index] = []
    /// Primary keys, unique and check constraints of tables.
    package var constraints: [Constraint] = []
    /// Which object needs which, as far as both are in here.
    package var dependencies: [Dependency] = []
    /// The form that foreign keys have on the target that carries this; nil for a source.
    package var foreignKeys: String?
    /// What stays on the target since an earlier epoch, without being anybody's.
    package var retained: [NotCarried] = []
    /// What is in scope and stays behind, with the reason.
    package var notCarried: [NotCarried] = []
    /// What the source dropped and the target keeps; nil for none.
    ///
    /// It is among the objects above, and no row or value of it travels. Only in the catalog that a
    /// target carries.
    package var held: [HeldDrop]?

    /// The tables whose rows travel: with a key and complete capture; partitions travel through
    /// their root.
    package var replicatedTables: [Table] {
        tables.filter { table in
            if case .partition = table.kind { return false }
            return !table.primaryKey.isEmpty && !table.captureID.isEmpty
        }
    }

    /// The table with an oid.
    package func table(oid: UInt32) -> Table? {
        tables.first { $0.oid == oid }
    }

    /// The snapshot as JSON with sorted keys: equal snapshots give equal texts.
    package func encoded() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and integers only: there is nothing that JSON cannot hold.
        guard let data = try? encoder.encode(self) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads what `encoded()` wrote.
    ///
    /// - Throws: `SchemaError.unreadable`.
    package init(encoded text: String) throws(SchemaError) {
        do {
            self = try JSONDecoder().decode(SchemaSnapshot.self, from: Data(text.utf8))
        } catch {
            throw SchemaError(
                .unreadable, "the remembered catalog cannot be read: it is not of this version")
        }
    }

    /// Makes an empty snapshot.
    package init(epoch: Epoch, serverVersion: Int) {
        self.epoch = epoch
        self.serverVersion = serverVersion
    }

    /// A digest of `encoded()`: 32 hexadecimal digits.
    package var digest: String { Self.digest(of: encoded()) }

    /// The digest of an encoded snapshot: FNV-1a twice, 64 bits each; against accidents only.
    package static func digest(of encoded: String) -> String {
        var first: UInt64 = 0xcbf2_9ce4_8422_2325
        var second: UInt64 = 0x9ae1_6a3b_2f90_404f
        for byte in encoded.utf8 {
            first = (first ^ UInt64(byte)) &* 0x100_0000_01b3
            second = (second ^ UInt64(byte) ^ (first >> 57)) &* 0x100_0000_01b3
        }
        return [first, second].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
    }
}

/// Something in scope that is not replicated, for the operator.
package struct NotCarried: Codable, Sendable, Hashable, Comparable {
    /// What it is, in the manual's words: `view`, `foreign key`, `table`.
    package var kind: String
    /// Its name, with the schema's, and the table's where it belongs to one.
    package var name: String
    /// Why.
    package var reason: String

    /// Names an object and the reason.
    package init(kind: String, name: String, reason: String) {
        self.kind = kind
        self.name = name
        self.reason = reason
    }

    /// Why privileges stay behind while the target's `grants` is off.
    static let grantsAreOff = "grants are not carried; everything belongs to the role that applies"
    /// Why foreign keys have another form on the target.
    static let foreignKeysAre = "foreign_keys is "
    /// Why what no schema holds stays behind.
    static let isDatabaseWide = "they belong to the whole database and are not carried"

    /// Whether it is named only to be complete: an option leaves it out, or no schema holds it.
    package var isOutOfScope: Bool {
        [Self.grantsAreOff, Self.isDatabaseWide, Self.foreignKeysAre].contains(
            where: reason.hasPrefix)
    }

    /// By kind, name and reason.
    package static func < (left: NotCarried, right: NotCarried) -> Bool {
        (left.kind, left.name, left.reason) < (right.kind, right.name, right.reason)
    }
}

/// Why a catalog could not be read or compared.
package struct SchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A stable code.
    package enum Code: String, Sendable, Hashable {
        /// The catalog moved while it was read; begin the transaction again.
        case moved
        /// A remembered snapshot is not in the form of this version.
        case unreadable
        /// Two objects would get one name on the target.
        case collision
        /// The catalog answers in a form that is not known; a bug, or a newer server.
        case unexpected
    }

    /// Which kind of failure this is.
    package let code: Code
    /// What happened and what to do.
    package let message: String

    /// Makes an error.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later without anybody changing anything.
    package var isTransient: Bool { code == .moved }

    /// Message and code in a line.
    package var description: String { "\(message) (\(code.rawValue))" }
}
