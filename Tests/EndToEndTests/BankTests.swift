import Foundation
import PGWire
import TestSupport
import Testing

extension EndToEnd {
    /// Transfers on the source; the sum read on the target at every instant never changes.
    @Suite struct Bank {
        @Test func `the target never shows half a transaction`() async throws {
            let pair = try Replication()
            try pair.write(
                """
                CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL);
                CREATE TABLE transfer (id bigserial PRIMARY KEY, source int, target int, amount bigint);
                INSERT INTO account SELECT i, 1000 FROM generate_series(1, 200) i;
                """)
            try pair.startAndLoad()
            try pair.sync()

            let stop = Date(timeIntervalSinceNow: 12)
            // Open all along: its transfer becomes visible at the end, whole.
            let old = try await pair.connect()
            try await old.execute("BEGIN; UPDATE account SET balance = balance - 7 WHERE id = 199")

            let application = pair.application
            let reads = try await withThrowingTaskGroup(of: Int.self) { group in
                for seed in 0..<4 {
                    group.addTask {
                        try await Self.transfer(
                            PGConnection.connect(application), seed: seed, until: stop)
                        return 0
                    }
                }
                let reader = try await PGConnection.connect(
                    pair.targetCluster.configuration(database: pair.targetDatabase))
                group.addTask { try await Self.watch(reader, until: stop) }
                var total = 0
                for try await reads in group { total += reads }
                return total
            }
            #expect(reads > 200)
            try await old.execute("UPDATE account SET balance = balance + 7 WHERE id = 200; COMMIT")
            await old.close()
            try pair.sync()
            #expect(try pair.read("SELECT sum(balance) FROM test.account") == "200000")
            try pair.requireEqual()
        }

        /// Random transfers in explicit transactions, some with a savepoint that is rolled back.
        private static func transfer(
            _ connection: PGConnection, seed: Int, until stop: Date
        ) async throws {
            var generator = SeededGenerator(seed: UInt64(seed) + 42)
            while Date() < stop {
                let from = Int.random(in: 1...180, using: &generator)
                let to = from % 180 + 1
                let amount = Int.random(in: 1...50, using: &generator)
                // By id, so that two transfers do not deadlock.
                let (first, second) = from < to ? (-amount, amount) : (amount, -amount)
                try await connection.execute("BEGIN")
                try await connection.execute(
                    "UPDATE account SET balance = balance + \(first) WHERE id = \(min(from, to))")
                if amount % 5 == 0 {
                    try await connection.execute(
                        """
                        SAVEPOINT a; UPDATE account SET balance = 0 WHERE id = \(max(from, to));
                        INSERT INTO transfer (amount) VALUES (-1); ROLLBACK TO a
                        """)
                }
                try await connection.execute(
                    """
                    UPDATE account SET balance = balance + \(second) WHERE id = \(max(from, to));
                    INSERT INTO transfer (source, target, amount) VALUES (\(from), \(to), \(amount))
                    """)
                if amount % 7 == 0 {
                    let name = "t\(seed)_\(UInt32.random(in: .min ... .max, using: &generator))"
                    try await connection.execute("PREPARE TRANSACTION '\(name)'")
                    try await Task.sleep(for: .milliseconds(150))
                    try await connection.execute("COMMIT PREPARED '\(name)'")
                } else {
                    try await connection.execute("COMMIT")
                }
            }
            await connection.close()
        }

        /// Reads the sum again and again; returns how often.
        private static func watch(_ connection: PGConnection, until stop: Date) async throws -> Int
        {
            var reads = 0
            while Date() < stop {
                let result = try await connection.query(
                    sql: "SELECT sum(balance)::bigint FROM test.account")
                let sum = try #require(result.rows.first).decode(Int.self, 0)
                try #require(sum == 200_000, "after \(reads) reads")
                reads += 1
                try await Task.sleep(for: .milliseconds(5))
            }
            await connection.close()
            return reads
        }
    }
}
