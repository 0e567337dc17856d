import Replicator
import TestSupport
import Testing

/// Rows arrive unchanged in tables whose rules, triggers and policies came along.
@Suite(.timeLimit(.minutes(3))) struct ApplierRulesTests {
    @Test func `rows arrive past disabled rules and triggers, and past policies`() async throws {
        let world = try ApplierWorld(
            """
            CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE l (id int PRIMARY KEY, v text);
            CREATE RULE i AS ON INSERT TO t DO ALSO INSERT INTO l VALUES (NEW.id, NEW.v);
            CREATE RULE u AS ON UPDATE TO t WHERE NEW.id > 0 DO INSTEAD NOTHING;
            CREATE RULE d AS ON DELETE TO t DO INSTEAD NOTHING;
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER g BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE RULE i, DISABLE RULE u, DISABLE RULE d, DISABLE TRIGGER g;
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            """)
        try await world.begin()
        try await world.batch(10, 11, TableRows("t", ["t\t1\ta", "t\t2\tb"]))
        try await world.batch(11, 12, TableRows("t", ["t\t1\tA", "f\t2\t\\N", "t\t3\tc"]))
        try await world.batch(12, 13, TableRows("t", mode: .replace, ["1\tA", "3\tC", "4\td"]))
        #expect(try world.psql("TABLE t ORDER BY id") == "1|A\n3|C\n4|d")
        #expect(try world.psql("TABLE l") == "")
    }

    @Test func `a target says whom it knows and what its role may do`() async throws {
        let world = try ApplierWorld("")
        let before = try #require(try await world.state().abilities)
        #expect(before.roles?.contains("pg_monitor") == true)
        let isFree = try world.psql(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        #expect(before.bypassesRowSecurity == (isFree == "t"))
    }
}
