import Foundation
import TestSupport
import Testing

@testable import Replicator

/// Random statements on a random schema: every look's plan turns the target into the source.
///
/// Rows travel along; with an odd seed the schema has another name on the target. A few seeds always
/// run. `TELEPORT_RANDOM_SCHEMAS` is how many instead, `TELEPORT_RANDOM_SEED` the first of them,
/// `TELEPORT_RANDOM_SECONDS` how long it goes on. What fails is made smaller: the statements without
/// which it still fails are left out.
@Suite(.serialized) struct RandomSchemaTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count =
        Int(environment["TELEPORT_RANDOM_SCHEMAS"] ?? "")
        ?? (environment["TELEPORT_RANDOM_SECONDS"] == nil ? 8 : 1_000_000)
    private static let first = UInt64(environment["TELEPORT_RANDOM_SEED"] ?? "") ?? 1
    private static let seconds = Int(environment["TELEPORT_RANDOM_SECONDS"] ?? "") ?? 3_600
    /// Statements before the first look, and how many follow before each next one.
    private static let sizes = [14, 12, 9]

    @Test(.timeLimit(.minutes(90)))
    func `a random change of a random schema arrives as it is`() async throws {
        let lab = try await DDLLab()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var done = 0
        for seed in Self.first..<(Self.first + UInt64(Self.count)) where .now < end {
            done += 1
            let (story, failure) = try await Self.story(seed, lab)
            guard let failure else { continue }
            let small = try await Self.shrink(story, lab, seed)
            let text = small.enumerated().map { number, part in
                "-- before look \(number + 1)\n" + part.map { "\($0);\n" }.joined()
            }.joined()
            let last = try await Self.tell(small, lab, seed) ?? failure
            Issue.record("seed \(seed):\n\(text)-- \(last)")
        }
        print("random schemas: \(done) seeds from \(Self.first)")
    }

    /// The statements of a seed that the server takes, look by look, and what went wrong in the end.
    private static func story(
        _ seed: UInt64, _ lab: DDLLab
    ) async throws -> (parts: [[String]], failure: String?) {
        let world = try await RandomWorld(lab, isMapped: seed % 2 == 1)
        var changes = SchemaChanges(seed: seed)
        var story: [[String]] = []
        var failure: String?
        for (look, size) in sizes.enumerated() where failure == nil {
            var part: [String] = []
            for number in 0..<size {
                let zoo = try await SchemaZoo(world.application)
                let sql =
                    switch (look, number) {
                    case (0, _): changes.creation(zoo)
                    case (1, ..<5): changes.rows(zoo)
                    default: changes.change(zoo)
                    }
                // What the server refuses is not part of the story: a type in use, a taken name.
                if await world.run(sql) { part.append(sql) }
            }
            story.append(part)
            failure = await world.look()
        }
        await world.close()
        return (story, failure)
    }

    /// Runs the statements, with a look behind each part; what went wrong first, or nil.
    private static func tell(
        _ story: [[String]], _ lab: DDLLab, _ seed: UInt64
    ) async throws -> String? {
        let world = try await RandomWorld(lab, isMapped: seed % 2 == 1)
        var failure: String?
        for part in story where failure == nil {
            // A statement that needs one that was left out fails, and that is the shorter story.
            for sql in part { _ = await world.run(sql) }
            failure = await world.look()
        }
        await world.close()
        return failure
    }

    /// Leaves out whatever is not needed for the failure: long runs of statements, then shorter ones.
    private static func shrink(
        _ story: [[String]], _ lab: DDLLab, _ seed: UInt64
    ) async throws -> [[String]] {
        var small = story
        for length in [8, 4, 2, 1, 1] {
            for part in story.indices.reversed() {
                var end = small[part].count
                while end > 0 {
                    var shorter = small
                    let run = max(0, end - length)..<end
                    shorter[part].removeSubrange(run)
                    if try await tell(shorter, lab, seed) != nil { small = shorter }
                    end = run.lowerBound
                }
            }
        }
        return small.filter { !$0.isEmpty }
    }
}
