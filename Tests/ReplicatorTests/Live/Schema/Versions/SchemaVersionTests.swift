import Foundation
import PGWire
import TestSupport
import Testing

@testable import Replicator

/// One schema between servers of different versions: what the target's version knows arrives, and
/// the rest is reported by name.
///
/// Runs where `TELEPORT_SCHEMA_VERSIONS` is set.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SchemaVersionTests {
    /// Neighbours in both directions, and the oldest and the newest.
    private static var pairs: [(PostgresVersion, PostgresVersion)] {
        let here = PostgresVersion.here
        let steps = zip(here, here.dropFirst()).flatMap { [($0, $1), ($1, $0)] }
        guard let first = here.first, let last = here.last, here.count > 2 else { return steps }
        return steps + [(first, last), (last, first)]
    }

    private static let isWanted =
        ProcessInfo.processInfo.environment["TELEPORT_SCHEMA_VERSIONS"] != nil
        && PostgresVersion.here.count > 1

    @Test(.enabled(if: isWanted, "not asked for, or one server only: scripts/servers"))
    func `a schema arrives on another version, and what that lacks is named`() async throws {
        var labs: [PostgresVersion: DDLLab] = [:]
        for version in PostgresVersion.here { labs[version] = try await DDLLab(version: version) }
        for (from, to) in Self.pairs {
            let source = try #require(labs[from])
            let target = try #require(labs[to])
            let problem = try await source.withSource { connection, database in
                try await connection.execute(Self.schema(for: from))
                return try await Self.compare(connection, database, source, target)
            }
            #expect(problem == nil, "from \(from) to \(to):\n\(problem ?? "")")
        }
    }

    private static func compare(
        _ connection: PGConnection, _ database: String, _ source: DDLLab, _ lab: DDLLab
    ) async throws -> String? {
        let admin = try await PGConnection.connect(lab.cluster.configuration(database: "postgres"))
        let target = try await lab.target(admin, mapping: .init(applySchema: nil))
        var problem: String?
        do {
            let current = try await connection.captured(try TargetExpression(["src.*"]))
            let plan = try await target.carry(current)
            let newest = PostgresVersion(
                rawValue: max(source.cluster.version.rawValue, lab.cluster.version.rawValue))
            let dump = try SchemaDump(source.cluster, database: database, by: newest)
            let there = try target.dump(by: newest ?? lab.cluster.version)
            let open = try dump.differences(from: there, on: lab.cluster, by: newest)
                .filter { difference in
                    !plan.notCarried.contains { difference.isExplained(by: $0) }
                }
            if !open.isEmpty {
                problem = open.map(\.description).joined(separator: "\n")
            } else if try await !target.plan(to: current).isEmpty {
                problem = "a second look finds something to do"
            }
        } catch let failure as DDLFailure {
            problem = failure.error + "\n" + failure.statements.joined(separator: ";\n")
        }
        await target.drop(admin: admin)
        await admin.close()
        return problem
    }

    private static func schema(for version: PostgresVersion) -> String {
        additions.filter { $0.since <= version.rawValue }.map(\.sql).joined(separator: "\n")
    }

    /// What each version brought, in one schema.
    private static let additions: [(since: Int, sql: String)] = [
        (
            0,
            """
            SET search_path = src;
            CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s fine');
            CREATE DOMAIN positive AS int CHECK (VALUE > 0);
            CREATE TYPE pair AS (one int, two text);
            CREATE SEQUENCE numbers START 10 INCREMENT 5;
            CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                name text NOT NULL, feeling mood DEFAULT 'ok', couple pair, age positive,
                CONSTRAINT named CHECK (name <> ''), UNIQUE (name) DEFERRABLE);
            CREATE TABLE invoice (id int PRIMARY KEY DEFAULT nextval('numbers'),
                customer bigint REFERENCES customer ON DELETE CASCADE, net numeric(10, 2),
                gross numeric GENERATED ALWAYS AS (net * 2) STORED, during tsrange,
                EXCLUDE USING gist (during WITH &&));
            CREATE INDEX by_net ON invoice (net DESC NULLS LAST) INCLUDE (customer) WHERE net > 0;
            CREATE INDEX by_expression ON customer (lower(name));
            CREATE TABLE measured (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
            CREATE TABLE measured_2024 PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            CREATE VIEW paid AS SELECT c.name, i.net FROM invoice i JOIN customer c ON c.id = i.customer;
            CREATE MATERIALIZED VIEW sums AS SELECT name, sum(net) FROM paid GROUP BY name;
            CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
            CREATE PROCEDURE nothing() LANGUAGE plpgsql AS 'BEGIN END';
            CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER stamped BEFORE UPDATE ON invoice FOR EACH ROW EXECUTE FUNCTION stamp();
            ALTER TABLE invoice ENABLE ROW LEVEL SECURITY;
            CREATE POLICY all_of_it ON invoice USING (net > 0);
            CREATE STATISTICS together ON customer, net FROM invoice;
            COMMENT ON TABLE customer IS 'who pays';
            """
        ),
        (
            14,
            """
            CREATE FUNCTION body(x int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT x + 1; END;
            ALTER TABLE customer ALTER COLUMN name SET COMPRESSION pglz;
            CREATE TYPE span AS RANGE (subtype = int, multirange_type_name = spans);
            """
        ),
        (
            15,
            """
            CREATE TABLE one_null (id int PRIMARY KEY, v int, CONSTRAINT only_one UNIQUE NULLS NOT DISTINCT (v));
            CREATE VIEW invoked WITH (security_invoker = true) AS SELECT id FROM one_null;
            """
        ),
        (
            18,
            """
            CREATE TABLE later (id int PRIMARY KEY, half int GENERATED ALWAYS AS (id / 2) VIRTUAL,
                v int CONSTRAINT v_there NOT NULL, CONSTRAINT unproved CHECK (v > 0) NOT ENFORCED);
            CREATE TABLE booked (room int4range, during tsrange, PRIMARY KEY (room, during WITHOUT OVERLAPS));
            """
        ),
    ]
}
