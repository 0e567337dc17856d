import TestSupport

/// A schema with what each version brought, and what is to be said where the target lacks it.
enum VersionSchema {
    private struct Part {
        /// The versions of the source that have it.
        var versions: ClosedRange<Int>
        var sql: String
        /// `kind name` of what a target is told that is older than the first version, or newer than
        /// the last one.
        var reports: [String] = []
        /// What every target is told.
        var always: [String] = []
    }

    static func sql(for version: PostgresVersion) -> String {
        parts.filter { $0.versions.contains(version.rawValue) }.map(\.sql)
            .joined(separator: "\n")
    }

    static func reports(from source: PostgresVersion, to target: PostgresVersion) -> Set<String> {
        Set(
            parts.filter { $0.versions.contains(source.rawValue) }.flatMap { part in
                part.always + (part.versions.contains(target.rawValue) ? [] : part.reports)
            })
    }

    private static let parts = [
        Part(
            versions: 0...99,
            sql: """
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
                """),
        Part(
            versions: 0...13,
            sql: "CREATE OPERATOR @#@ (LEFTARG = int, FUNCTION = twice);",
            reports: ["operator src.@#@(integer, NONE)"]),
        Part(
            versions: 0...17,
            sql: "CREATE UNLOGGED TABLE logs (id int, PRIMARY KEY (id)) PARTITION BY LIST (id);",
            reports: ["table src.logs"]),
        Part(
            versions: 14...99,
            sql: """
                CREATE FUNCTION body(x int) RETURNS int LANGUAGE sql IMMUTABLE
                    BEGIN ATOMIC SELECT x + 1; END;
                CREATE VIEW bodied AS SELECT body(1) AS one;
                CREATE DOMAIN bodily AS int CHECK (body(VALUE) > 0);
                CREATE PROCEDURE answer(a int, OUT b int) LANGUAGE plpgsql AS 'BEGIN b := a; END';
                ALTER TABLE customer ALTER COLUMN name SET COMPRESSION pglz;
                CREATE TYPE span AS RANGE (subtype = int, multirange_type_name = spans);
                CREATE TABLE shift (id int PRIMARY KEY, during int4multirange, own spans[],
                    note text, n int DEFAULT body(1), CONSTRAINT filled CHECK (during <> '{}'))
                    WITH (vacuum_index_cleanup = auto);
                COMMENT ON COLUMN shift.during IS 'when';
                CREATE INDEX by_time ON shift USING gist (during);
                CREATE INDEX by_bloom ON shift USING brin (id int4_bloom_ops);
                CREATE VIEW shifts AS SELECT id, during FROM shift;
                CREATE STATISTICS expressed ON (id % 2), note FROM shift;
                CREATE FUNCTION width(int4multirange) RETURNS int LANGUAGE sql AS 'SELECT 1';
                """,
            reports: [
                "function src.body(x integer)", "view src.bodied",
                "constraint src.bodily.bodily_check",
                "procedure src.answer(IN a integer, OUT b integer)",
                "compression src.customer.name",
                "multirange type src.spans", "column src.shift.during", "column src.shift.own",
                "default src.shift.n", "constraint src.shift.filled",
                "table option src.shift (vacuum_index_cleanup)", "index src.by_time",
                "index src.by_bloom", "view src.shifts", "statistics src.expressed",
                "function src.width(int4multirange)",
            ]),
        Part(
            versions: 15...99,
            sql: """
                CREATE TABLE one_null (id int PRIMARY KEY, v int,
                    CONSTRAINT only_one UNIQUE NULLS NOT DISTINCT (v));
                CREATE UNIQUE INDEX also_one ON one_null (v, id) NULLS NOT DISTINCT WHERE id > 0;
                CREATE VIEW invoked WITH (security_invoker = true) AS SELECT id FROM one_null;
                CREATE UNLOGGED TABLE fleeting (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
                CREATE UNLOGGED SEQUENCE flight;
                CREATE TABLE rounded (id int PRIMARY KEY, thousands numeric(4, -3));
                CREATE TABLE boss (tenant int, id int, boss int, PRIMARY KEY (tenant, id),
                    CONSTRAINT above FOREIGN KEY (tenant, boss) REFERENCES boss
                        ON DELETE SET NULL (boss));
                """,
            reports: [
                "constraint src.one_null.only_one", "index src.also_one",
                "view option src.invoked (security_invoker)", "sequence src.fleeting_id_seq",
                "sequence src.flight", "column type src.rounded.thousands",
                "foreign key src.boss.above",
            ]),
        Part(
            versions: 17...99,
            sql: """
                CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY, day date,
                    PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
                CREATE TABLE counted_2024 PARTITION OF counted
                    FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
                CREATE DOMAIN there AS int CONSTRAINT must NOT NULL;
                COMMENT ON CONSTRAINT must ON DOMAIN there IS 'why';
                """,
            reports: ["constraint src.there.must"]),
        Part(
            versions: 18...99,
            sql: """
                CREATE TABLE by_room (room int4range, during tsrange,
                    CONSTRAINT apart EXCLUDE USING gist (room WITH =, during WITH &&))
                    PARTITION BY LIST (room);
                CREATE TABLE by_room_1 PARTITION OF by_room FOR VALUES IN ('[1,2)');
                """,
            reports: ["exclusion constraint src.by_room.apart"],
            always: ["rows of table src.by_room"]),
        Part(
            versions: 18...99,
            sql: """
                CREATE TABLE later (id int PRIMARY KEY, half int GENERATED ALWAYS AS (id / 2) VIRTUAL,
                    v int CONSTRAINT v_there NOT NULL, CONSTRAINT unproved CHECK (v > 0) NOT ENFORCED)
                    WITH (autovacuum_vacuum_max_threshold = 1000);
                COMMENT ON CONSTRAINT v_there ON later IS 'why';
                CREATE VIEW halves AS SELECT half FROM later;
                CREATE TABLE booked (room int4range, during tsrange,
                    PRIMARY KEY (room, during WITHOUT OVERLAPS));
                CREATE TABLE stay (id int PRIMARY KEY, room int4range, during tsrange,
                    CONSTRAINT stays FOREIGN KEY (room, PERIOD during) REFERENCES booked (room, PERIOD during));
                CREATE TABLE loose (id int PRIMARY KEY, old int,
                    CONSTRAINT unforced FOREIGN KEY (old) REFERENCES later NOT ENFORCED);
                ALTER TABLE loose ADD CONSTRAINT since_now NOT NULL old NOT VALID;
                CREATE TABLE elder (a int CONSTRAINT own_a NOT NULL NO INHERIT,
                    b int CONSTRAINT own_b NOT NULL NO INHERIT);
                CREATE TABLE younger (b int NOT NULL) INHERITS (elder);
                ALTER TABLE measured ADD CONSTRAINT unsure FOREIGN KEY (id) REFERENCES invoice NOT VALID;
                """,
            reports: [
                "generated column src.later.half", "constraint src.later.v_there",
                "constraint src.later.unproved", "constraint src.booked.booked_pkey",
                "foreign key src.loose.unforced",
                "constraint src.loose.since_now", "constraint src.elder.own_a",
                "constraint src.elder.own_b", "foreign key src.measured.unsure",
                "table option src.later (autovacuum_vacuum_max_threshold)",
            ],
            always: [
                // Its key is no key for rows, so that there is nothing to refer to.
                "rows of table src.booked", "foreign key src.stay.stays", "rows of table src.elder",
                "rows of table src.younger",
            ]),
    ]
}
