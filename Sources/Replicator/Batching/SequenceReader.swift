package import PGWire

/// Reads the values of sequences, as far as the role may.
package struct SequenceReader: Sendable {
    /// How a sequence's value can be read.
    package enum Access: Sendable, Hashable {
        /// SELECT: value and `is_called`, exactly.
        case select
        /// USAGE only (≥ 10): the value once one was drawn.
        case lastValue
        /// Not at all.
        case none

        /// The best way that a role's rights and the server's version leave.
        package static func choose(
            maySelect: Bool, mayUse: Bool, serverVersion: Int
        ) -> Access {
            if maySelect { return .select }
            return mayUse && serverVersion >= 100_000 ? .lastValue : .none
        }
    }

    /// A sequence and how its value can be read.
    package struct Known: Sendable, Hashable {
        /// `pg_class.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: TableName
        /// How its value can be read.
        package var access: Access

        /// Describes a sequence.
        package init(oid: UInt32, name: TableName, access: Access) {
            self.oid = oid
            self.name = name
            self.access = access
        }
    }

    /// What is known of sequences since the last look at the schema.
    package private(set) var known: [UInt32: Known] = [:]
    /// The values that the target has.
    package private(set) var shipped: [UInt32: SequenceValue] = [:]

    /// Nothing is known.
    package init() {}

    /// Forgets names and rights, after a look at the schema or an error.
    package mutating func forgetNames() { known = [:] }

    /// Forgets what the target has, when there is a doubt.
    package mutating func forgetValues() { shipped = [:] }

    /// Remembers what the target has taken.
    package mutating func remember(_ values: [UInt32: SequenceValue]) {
        shipped.merge(values) { $1 }
    }

    /// The sequences among `oids` whose value cannot be read.
    package func unreadable(among oids: Set<UInt32>) -> [TableName] {
        oids.compactMap { known[$0] }.filter { $0.access == .none }.map(\.name).sorted()
    }

    /// The values that are not what the target has, with the target's names.
    package mutating func changed(
        _ oids: Set<UInt32>, mapping: SchemaMapping, on connection: PGConnection
    ) async throws(PGError) -> [UInt32: SequenceValue] {
        let unknown = oids.subtracting(known.keys)
        if !unknown.isEmpty {
            let version = connection.serverVersion
            for row in try await connection.query(sql: Self.rights(of: unknown)).rows {
                let oid = try row.decode(UInt32.self, 0)
                known[oid] = Known(
                    oid: oid,
                    name: TableName(
                        schema: try row.decode(String.self, 1), name: try row.decode(String.self, 2)
                    ),
                    access: .choose(
                        maySelect: try row.decode(Bool.self, 3),
                        mayUse: try row.decode(Bool.self, 4), serverVersion: version))
            }
        }
        let readable = oids.compactMap { known[$0] }.filter { $0.access != .none }
        guard !readable.isEmpty else { return [:] }
        var changed: [UInt32: SequenceValue] = [:]
        for row in try await connection.query(sql: Self.values(of: readable)).rows {
            let oid = try row.decode(UInt32.self, 0)
            // NULL: only USAGE is granted and no value was drawn yet.
            guard let lastValue = try row.decode(Int64?.self, 1), let name = known[oid]?.name else {
                continue
            }
            let value = SequenceValue(
                sequence: mapping.target(name), lastValue: lastValue,
                isCalled: try row.decode(Bool.self, 2))
            if shipped[oid] != value { changed[oid] = value }
        }
        return changed
    }

    /// Names and rights: oid, schema, name, SELECT, USAGE.
    package static func rights(of oids: Set<UInt32>) -> String {
        """
        SELECT c.oid, n.nspname, c.relname, \
        pg_catalog.has_sequence_privilege(c.oid, 'SELECT') \
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'), \
        pg_catalog.has_sequence_privilege(c.oid, 'USAGE') \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind = 'S' AND c.oid = ANY \
        ('{\(oids.sorted().map(String.init).joined(separator: ","))}'::pg_catalog.oid[])
        """
    }

    /// The values: oid, last value, is called.
    package static func values(of sequences: [Known]) -> String {
        sequences.sorted { $0.oid < $1.oid }.map { sequence in
            switch sequence.access {
            case .select:
                "SELECT '\(sequence.oid)'::pg_catalog.oid, last_value, is_called "
                    + "FROM \(sequence.name.quoted)"
            case .lastValue, .none:
                "SELECT '\(sequence.oid)'::pg_catalog.oid, "
                    + "pg_catalog.pg_sequence_last_value('\(sequence.oid)'::pg_catalog.oid), true"
            }
        }.joined(separator: " UNION ALL ")
    }
}
