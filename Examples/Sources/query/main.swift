// Asks a server: values as parameters, rows as Swift values, a transaction, an error told apart.
//
//   swift run query "postgresql://user@localhost/database"
//
// Without an argument the `PG*` variables and the usual defaults say where to connect, as for psql.
import Foundation
import PGWire

do {
    let configuration = try await PGConfiguration.load(
        CommandLine.arguments.dropFirst().first ?? "")
    let connection = try await PGConnection.connect(configuration)
    print("connected to \(configuration), server version \(connection.serverVersion)")

    // Several statements without parameters: the simple protocol.
    try await connection.execute(
        """
        CREATE TEMP TABLE planet (name text PRIMARY KEY, moons int, seen date);
        INSERT INTO planet VALUES ('Mars', 2, '1877-08-18'), ('Venus', 0, NULL)
        """)

    // What is interpolated travels as a parameter, whatever is in it, and never becomes SQL.
    let name = "Jupiter'; DROP TABLE planet; --"
    let inserted = try await connection.query("INSERT INTO planet VALUES (\(name), \(95), NULL)")
    print("inserted \(inserted.affectedRows ?? 0) row")

    // A column that may be NULL is decoded as an optional.
    let rows = try await connection.query(
        "SELECT name, moons, seen FROM planet WHERE moons >= \(0) ORDER BY moons")
    for (name, moons, seen) in try rows.decode(String.self, Int.self, PGDate?.self) {
        print("\(name): \(moons) moons, seen first \(seen.map { "\($0)" } ?? "at all times")")
    }

    // The body's return commits, its error rolls back.
    try await connection.withTransaction(.init(isolation: .serializable)) { transaction in
        try await transaction.query("UPDATE planet SET moons = moons + \(1) WHERE name = \("Mars")")
        try await transaction.query("DELETE FROM planet WHERE name = \("Venus")")
    }

    do {
        try await connection.query("INSERT INTO planet VALUES (\("Mars"), \(0), NULL)")
    } catch {
        guard error.sqlState == .uniqueViolation else { throw error }
        print("there already: \(error.server?.constraintName ?? "?")")
    }
    await connection.close()
} catch {
    print("query: \(error)")
    exit(1)
}
