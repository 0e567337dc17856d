// A thousand tasks share eight connections; some of them are cancelled or run out of time.
//
//   swift run pool "postgresql://user@localhost/database"
import Foundation
import PGWire

do {
    let configuration = try await PGConfiguration.load(
        CommandLine.arguments.dropFirst().first ?? "")
    var settings = PGPoolConfiguration(minimum: 2, maximum: 8)
    settings.acquireTimeout = .seconds(20)
    let pool = try PGPool(configuration, settings: settings) { connection in
        // Each new connection, before it is lent for the first time.
        try await connection.execute("SET statement_timeout = '10s'")
    }

    // A connection is the body's alone; whoever waits longest is served first.
    let right = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 1...1000 {
            group.addTask {
                try await pool.withConnection { connection in
                    let result = try await connection.query("SELECT \(number)::int8")
                    return try result[0].decode(Int.self, 0) == number
                }
            }
        }
        var right = 0
        for try await isRight in group where isRight { right += 1 }
        return right
    }
    print("\(right) of 1000 tasks got their own answer")

    // A task that is cancelled cancels its statement; the connection is good for the next.
    let sleeper = Task {
        try await pool.withConnection { try await $0.execute("SELECT pg_sleep(60)") }
    }
    try await Task.sleep(for: .milliseconds(200))
    sleeper.cancel()
    if case .failure(let error) = await sleeper.result { print("cancelled: \(error)") }

    // So does one whose time is up.
    do {
        try await pool.withConnection {
            try await $0.execute("SELECT pg_sleep(60)", timeout: .milliseconds(200))
        }
    } catch let error as PGError where error.code == .timedOut {
        print("timed out: \(error)")
    }

    try await pool.withTransaction { connection in
        try await connection.execute("CREATE TEMP TABLE note (text text) ON COMMIT DROP")
        try await connection.query("INSERT INTO note VALUES (\("committed or not at all"))")
    }
    let statistics = await pool.statistics
    print("\(statistics.created) connections served \(statistics.acquired) times")
    await pool.close()
} catch {
    print("pool: \(error)")
    exit(1)
}
