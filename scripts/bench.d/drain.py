"""How fast a queue is applied: 200,000 rows inserted and 100,000 others updated, one transaction
each, while nothing runs on the other side; then the time until all of it is there.

Ours begins with the start of the source daemon and ends when `teleportd wait` returns; theirs begins
with ALTER SUBSCRIPTION … ENABLE and ends when a last row is visible. Each has its own database.
"""
import time

from rig import Measure

SCHEMA = """
CREATE TABLE item (
    id bigint PRIMARY KEY, kind integer NOT NULL, amount numeric(12, 2) NOT NULL,
    body text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE marker (id integer PRIMARY KEY);
"""
FILL = "INSERT INTO item SELECT n, n % 9, n, md5(n::text) FROM generate_series(0, {rows} - 1) n;"
INSERT = """
\\set n :n + 1
INSERT INTO item VALUES (10000000 + :client_id * 1000000 + :n, 1, 2.5, 'a text of some thirty characters');
"""
UPDATE = """
\\set n :n + 1
UPDATE item SET amount = amount + 1 WHERE id = :client_id * {each} + :n - 1;
"""
SEEN = """
DO $$
DECLARE give_up timestamptz := clock_timestamp() + interval '600 s';
BEGIN
    LOOP
        PERFORM FROM marker WHERE id = 1;
        EXIT WHEN found;
        IF clock_timestamp() > give_up THEN RAISE 'the last row did not arrive'; END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$;
"""
CLIENTS = 4


def queue(rig, database, inserts, updates):
    """Commits the changes, one a transaction, and a last row."""
    rig.source.sql(database, f"ALTER DATABASE {database} SET synchronous_commit = off")
    options = ("-c", CLIENTS, "-j", 2, "-D", "n=0")
    rig.source.pgbench(database, INSERT, *options, "-t", inserts // CLIENTS)
    each = updates // CLIENTS
    rig.source.pgbench(database, UPDATE.format(each=each), *options, "-t", each)
    rig.source.sql(database, "INSERT INTO marker VALUES (1)")


def verify(rig, source_database, target_database, schema):
    sums = "SELECT count(*), sum(amount) FROM {}.item"
    ours = rig.source.sql(source_database, sums.format("public"))
    theirs = rig.target.sql(target_database, sums.format(schema))
    if ours != theirs:
        raise RuntimeError(f"the sides differ: {ours} / {theirs}")


def run(rig, runs):
    inserts = rig.amount(200_000) // CLIENTS * CLIENTS
    updates = rig.amount(100_000) // CLIENTS * CLIENTS
    total = inserts + updates
    measure = Measure(f"queue of {inserts} inserts and {updates} updates", "rows/s",
                      "logical replication", ">= 50000")
    memory = []
    for _ in range(runs):
        rig.source.create("drain", SCHEMA + FILL.format(rows=updates))
        rig.target.create("drain")
        source, target = rig.pair("drain", "drain")
        target.start()
        source.start()
        rig.load(source)
        rig.wait(source)
        source.stop()
        target.stop()
        queue(rig, "drain", inserts, updates)
        target.start()
        began = time.monotonic()
        source.start()
        rig.wait(source)
        ours = total / (time.monotonic() - began)
        verify(rig, "drain", "drain", "test")
        source.stop()
        target.stop()

        rig.source.create("drain_peer", SCHEMA + FILL.format(rows=updates))
        rig.target.create("drain_peer", SCHEMA)
        name = rig.subscribe("drain_peer", "drain_peer")
        rig.target.sql("drain_peer", f"ALTER SUBSCRIPTION {name} DISABLE")
        queue(rig, "drain_peer", inserts, updates)
        began = time.monotonic()
        rig.target.sql("drain_peer", f"ALTER SUBSCRIPTION {name} ENABLE")
        rig.target.sql("drain_peer", SEEN)
        theirs = total / (time.monotonic() - began)
        verify(rig, "drain_peer", "drain_peer", "public")
        rig.unsubscribe("drain_peer", name)
        measure.add(ours, theirs)
        memory = rig.memory(source, target)
    return [measure] + memory
