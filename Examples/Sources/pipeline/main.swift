// Sends many statements without waiting for each answer: one round trip for a thousand of them.
//
//   swift run pipeline "postgresql://user@localhost/database"
import Foundation
import PGWire

do {
    let configuration = try await PGConfiguration.load(
        CommandLine.arguments.dropFirst().first ?? "")
    let connection = try await PGConnection.connect(configuration)
    try await connection.execute("CREATE TEMP TABLE reading (id int PRIMARY KEY, value float8)")

    // Answers are kept until the pipeline ends: cut a great many statements into several.
    let began = ContinuousClock.now
    for start in stride(from: 0, to: 10_000, by: 1000) {
        let answers = try await connection.pipeline { pipeline in
            for id in start..<start + 1000 {
                pipeline.query("INSERT INTO reading VALUES (\(id), \(Double(id) / 2))")
            }
        }
        for answer in answers { _ = try answer.get() }
    }
    print("10000 inserts in \(ContinuousClock.now - began)")

    // `sync` ends a group. Each group succeeds or fails as a whole, and the next goes on.
    let answers = try await connection.pipeline { pipeline in
        pipeline.query("INSERT INTO reading VALUES (10000, 1)")
        pipeline.query("INSERT INTO reading VALUES (7, 1)")  // is there already
        pipeline.query("INSERT INTO reading VALUES (10001, 1)")
        pipeline.sync()
        pipeline.query("SELECT count(*) FROM reading")
    }
    for (number, answer) in answers.enumerated() {
        switch answer {
        case .success(let result) where result.isEmpty: print("\(number): \(result.commandTag)")
        case .success(let result): print("\(number): \(try result[0].decode(Int.self, 0))")
        case .failure(let error):
            print("\(number): \(error.code) \(error.sqlState?.rawValue ?? "")")
        }
    }
    await connection.close()
} catch {
    print("pipeline: \(error)")
    exit(1)
}
