public import Logging
public import PGWire

/// Makes schema `teleport` and its objects, once, in one transaction.
///
/// Needs CREATE on the database and nothing else. Run again it changes nothing, unless the database
/// was copied from another place: then the events of that place are discarded.
public enum Installer {
    /// What was found or made.
    public struct Result: Sendable, Hashable {
        /// Which history this database's events belong to: a UUID in lower case.
        public let incarnation: String
        /// Whether the objects were made now.
        public let wasInstalled: Bool
        /// What an operator should hear.
        public let warnings: [String]
    }

    /// How long one attempt waits for a lock, and how many attempts there are.
    static let lockTimeout = Duration.seconds(2)
    static let attempts = 6

    /// Installs what is missing.
    ///
    /// - Throws: `CaptureError`: `foreignSchema` or `newerObjects` (nothing was touched),
    ///   `missingRight` with the GRANT to run, `lockNotAvailable`, `database`.
    public static func install(on connection: PGConnection, log: Logger) async throws -> Result {
        do {
            let result = try await ShortTransaction.retrying(
                on: connection, lockTimeout: lockTimeout, attempts: attempts
            ) { try await install(inTransactionOn: $0) }
            for warning in result.warnings {
                log.warning("Installation", metadata: ["what": "\(warning)"])
            }
            if result.wasInstalled { log.info("Schema teleport was made") }
            return result
        } catch let error as PGError {
            throw CaptureError(
                ShortTransaction.isRace(error) ? .lockNotAvailable : .database,
                "schema teleport could not be installed: \(error.message)", underlying: error)
        }
    }

    private static func install(inTransactionOn connection: PGConnection) async throws -> Result {
        // Two daemons that start together: the second waits here and then finds everything made.
        try await connection.query(
            sql: "SELECT pg_catalog.pg_advisory_xact_lock(\(InstallerSQL.advisoryKey))")
        let whereabouts = try await Whereabouts.read(on: connection)
        var warnings: [String] = []
        var settings: [String: String] = [:]
        var wasInstalled = false
        switch try await SchemaOwnership.read(on: connection) {
        case .foreign(let owner, let contents, let count):
            throw SchemaOwnership.refusal(owner: owner, contents: contents, count: count)
        case .ours(let found):
            settings = found
            let version = Int(found["version"] ?? "") ?? 0
            guard version <= InstallerSQL.version else {
                throw CaptureError(
                    .newerObjects,
                    "the objects in schema teleport are of version \(version), this program knows "
                        + "\(InstallerSQL.version): run the newer program")
            }
            if version < InstallerSQL.version {
                for statement in InstallerSQL.objects { try await connection.execute(statement) }
            }
        case .absent:
            guard whereabouts.mayCreate else {
                let database = SQLText.identifier(whereabouts.database)
                let role = SQLText.identifier(whereabouts.role)
                throw CaptureError(
                    .missingRight,
                    "role \(role) may not create a schema in database \(database); let its owner run: "
                        + "GRANT CREATE ON DATABASE \(database) TO \(role)")
            }
            for statement in ["CREATE SCHEMA teleport"] + InstallerSQL.objects
                + InstallerSQL.indexes
            {
                try await connection.execute(statement)
            }
            wasInstalled = true
        }
        let wanted = [
            "product": InstallerSQL.product, "version": String(InstallerSQL.version),
            "system_identifier": whereabouts.systemIdentifier,
            "database_oid": whereabouts.databaseOID,
        ]
        var changes = wanted.filter { settings[$0.key] != $0.value }
        let hasMoved = ["system_identifier", "database_oid"].contains { changes[$0] != nil }
        if !wasInstalled, hasMoved {
            try await connection.execute(InstallerSQL.discard)
            warnings.append(
                "schema teleport came from another database (a restored dump or a copy): its events "
                    + "were discarded, and every target of it needs an initial load; what it has "
                    + "taken as a target stays")
        }
        if hasMoved || settings["incarnation"] == nil {
            changes["incarnation"] = makeUUID()
            changes["forgotten"] = "0"
        }
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
            try await connection.query(sql: InstallerSQL.set[0], [PGParameter(key)])
            try await connection.query(
                sql: InstallerSQL.set[1], [PGParameter(key), PGParameter(value)])
        }
        let incarnation = changes["incarnation"] ?? settings["incarnation"] ?? ""
        return Result(incarnation: incarnation, wasInstalled: wasInstalled, warnings: warnings)
    }

    /// A random UUID, version 4 (RFC 9562), in lower case; the server has none before 13.
    static func makeUUID() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
            .joined(separator: "-")
    }

    /// Where this session is.
    private struct Whereabouts {
        var systemIdentifier: String
        var databaseOID: String
        var database: String
        var mayCreate: Bool
        var role: String

        static func read(on connection: PGConnection) async throws -> Whereabouts {
            let sql = InstallerSQL.whereabouts(serverVersion: connection.serverVersion)
            guard let row = try await connection.query(sql: sql).rows.first else {
                throw PGError(.decodingFailed, "the current database is not in pg_database")
            }
            return Whereabouts(
                systemIdentifier: try row.decode(String.self, 0),
                databaseOID: try row.decode(String.self, 1),
                database: try row.decode(String.self, 2), mayCreate: try row.decode(Bool.self, 3),
                role: try row.decode(String.self, 4))
        }
    }
}
