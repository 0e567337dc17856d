// Streams a million rows in a few kilobytes of memory, and leaves another stream early.
//
//   swift run stream "postgresql://user@localhost/database"
import Foundation
import PGWire

do {
    let configuration = try await PGConfiguration.load(
        CommandLine.arguments.dropFirst().first ?? "")
    let connection = try await PGConnection.connect(configuration)

    // Rows come in batches and are decoded one by one. A body that is slow slows the server down:
    // what waits to be taken is bounded. On the connection's own loop no row changes threads.
    let count = 1_000_000
    let began = ContinuousClock.now
    let sum = try await withTaskExecutorPreference(connection.loop) {
        try await connection.stream(
            "SELECT n, 'row ' || n, now() FROM generate_series(1, \(count)::int8) n"
        ) { rows in
            var sum = 0
            for try await (number, _, _) in rows.decode(
                Int.self, String.self, PGTimestamp.self)
            {
                sum += number
            }
            return sum
        }
    }
    print("\(count) rows, their sum is \(sum), in \(ContinuousClock.now - began)")

    // Whoever has seen enough returns: the statement is cancelled on the server, and the connection
    // can be used again.
    let first = try await connection.stream("SELECT generate_series(1, 1000000000)") { rows in
        for try await number in rows.decode(Int.self) where number * number > 2_000_000 {
            return number
        }
        return 0
    }
    print("\(first) is the first whose square is above two million")

    // With `fetchSize` the server prepares so many rows at a time, and a transaction outlives a
    // stream that is left early.
    try await connection.withTransaction { transaction in
        let some = try await transaction.stream(
            "SELECT generate_series(1, 1000000000)", fetchSize: 100
        ) { rows in
            var some: [Int] = []
            for try await number in rows.decode(Int.self) {
                some.append(number)
                if some.count == 3 { break }
            }
            return some
        }
        let next = try await transaction.query("SELECT 'still here'")
        print("\(some), \(try next[0].decode(String.self, 0))")
    }
    await connection.close()
} catch {
    print("stream: \(error)")
    exit(1)
}
