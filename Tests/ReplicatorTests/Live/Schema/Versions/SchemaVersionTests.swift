import Foundation
import PGWire
import TestSupport
import Testing

@testable import Replicator

/// One schema between servers of different versions: what the target's version knows arrives, and
/// the rest is reported by name.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SchemaVersionTests {
    /// Neighbours in both directions, the oldest and the newest, and the newest by itself.
    private static var pairs: [(from: PostgresVersion, to: PostgresVersion)] {
        let here = PostgresVersion.here
        let steps = zip(here, here.dropFirst()).flatMap { [($0, $1), ($1, $0)] }
        guard let first = here.first, let last = here.last, here.count > 2 else { return steps }
        return steps + [(first, last), (last, first), (last, last)]
    }

    private static let missing: Comment = "one server only: scripts/servers"

    @Test(.enabled(if: PostgresVersion.here.count > 1, missing))
    func `a schema arrives on another version, and what that lacks is named`() async throws {
        var labs: [PostgresVersion: DDLLab] = [:]
        for version in PostgresVersion.here {
            labs[version] = try await DDLLab(PostgresCluster.shared(version: version))
        }
        for from in PostgresVersion.here {
            let source = try #require(labs[from])
            try await source.withSource { connection, database in
                try await connection.execute(VersionSchema.sql(for: from))
                let current = try await connection.captured(try TargetExpression(["src.*"]))
                let newest = try #require(PostgresVersion.here.last)
                let dump = try SchemaDump(source.cluster, database: database, by: newest)
                for pair in Self.pairs where pair.from == from {
                    let lab = try #require(labs[pair.to])
                    let problems = try await Self.problems(
                        carrying: current, dump, to: lab, from: from, by: newest)
                    #expect(
                        problems == [],
                        "from \(from) to \(pair.to):\n\(problems.joined(separator: "\n"))")
                }
            }
        }
    }

    private static func problems(
        carrying current: SchemaSnapshot, _ dump: SchemaDump, to lab: DDLLab,
        from: PostgresVersion, by newest: PostgresVersion
    ) async throws -> [String] {
        let admin = try await PGConnection.connect(lab.cluster.configuration(database: "postgres"))
        let target = try await lab.target(admin, mapping: .init(applySchema: nil))
        var problems: [String] = []
        do {
            let plan = try await target.carry(current)
            problems = try dump.differences(
                from: target.dump(by: newest), on: lab.cluster, by: newest
            ).filter { difference in
                !plan.notCarried.contains { difference.isExplained(by: $0) }
            }.map(\.description)
            let wanted = VersionSchema.reports(from: from, to: lab.cluster.version)
            let said = Set(plan.notCarried.map { "\($0.kind) \($0.name)" })
            problems += wanted.subtracting(said).sorted().map { "not reported: \($0)" }
            problems += said.subtracting(wanted).sorted().map { "reported: \($0)" }
            let again = try await target.plan(to: current)
            if !again.isEmpty { problems.append("a second look finds something to do") }
            if again.notCarried != plan.notCarried {
                problems.append("a second look reports otherwise")
            }
        } catch let failure as DDLFailure {
            problems.append(failure.error + "\n" + failure.statements.joined(separator: ";\n"))
        }
        await target.drop(admin: admin)
        await admin.close()
        return problems
    }

    @Test(.enabled(if: PostgresVersion.here.count > 1, missing))
    func `rows arrive on the oldest version without what it lacks`() async throws {
        let (oldest, newest) = (
            try #require(PostgresVersion.here.first), try #require(PostgresVersion.here.last)
        )
        let world = try await SchemaWorld(
            """
            CREATE SCHEMA src;
            CREATE TABLE src.t (id int PRIMARY KEY, during int4multirange, b text,
                twice int GENERATED ALWAYS AS (id * 2));
            CREATE TABLE src.by_range (during int4multirange PRIMARY KEY);
            CREATE TABLE src.once (id int PRIMARY KEY, v int UNIQUE NULLS NOT DISTINCT);
            """, expression: ["src.*"], from: newest, to: oldest)
        #expect(await world.wait().isDone)
        let done = try await world.change(
            """
            INSERT INTO src.t VALUES (1, '{[1,2)}', 'one'), (2, '{}', 'two');
            INSERT INTO src.by_range VALUES ('{[1,2)}');
            INSERT INTO src.once VALUES (1, NULL), (2, 3);
            """)
        #expect(done.isDone, "\(done.reason ?? "")")
        let changed = try await world.change(
            """
            UPDATE src.t SET b = 'changed', during = NULL WHERE id = 2;
            DELETE FROM src.by_range;
            UPDATE src.once SET v = 4 WHERE id = 1; UPDATE src.once SET v = NULL WHERE id = 2;
            """)
        #expect(changed.isDone, "\(changed.reason ?? "")")
        let rows = try world.onTarget(
            "SELECT string_agg(t::text, ' ' ORDER BY id) FROM src.t")
        let isOld = oldest.rawValue < 14
        #expect(
            rows == (isOld ? "(1,one,2) (2,changed,4)" : "(1,\"{[1,2)}\",one,2) (2,,changed,4)"))
        #expect(
            try world.onTarget("SELECT string_agg(o::text, ' ' ORDER BY id) FROM src.once o")
                == "(1,4) (2,)")
        let tables = try world.onTarget(
            "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class"
                + " WHERE relnamespace = 'src'::regnamespace AND relkind = 'r'")
        #expect(tables == (isOld ? "once t" : "by_range once t"))
        await world.stop()
    }
}

extension DDLLab {
    /// Runs `body` with a source database that has schema `src` only.
    fileprivate func withSource<Result: Sendable>(
        _ body: (PGConnection, String) async throws -> Result
    ) async throws -> Result {
        let admin = try await PGConnection.connect(cluster.configuration(database: "postgres"))
        let name = "version_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try await admin.execute("CREATE DATABASE \(name)")
        let connection = try await PGConnection.connect(cluster.configuration(database: name))
        try await connection.execute("SET client_min_messages = error; CREATE SCHEMA src")
        do {
            let result = try await body(connection, name)
            await connection.close()
            _ = try? await admin.execute("DROP DATABASE \(name) WITH (FORCE)")
            await admin.close()
            return result
        } catch {
            await connection.close()
            _ = try? await admin.execute("DROP DATABASE \(name) WITH (FORCE)")
            await admin.close()
            throw error
        }
    }
}
