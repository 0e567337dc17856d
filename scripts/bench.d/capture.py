"""What capture costs the application: the same writes with our triggers and with a publication.

The daemon installs its triggers and is stopped, so that only they are measured. Commits do not wait
for the disk (synchronous_commit off), which would hide the cost.
"""
from rig import Daemon, Measure

SCHEMA = """
CREATE TABLE item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind integer NOT NULL,
    amount numeric(12, 2) NOT NULL, body text NOT NULL, at timestamptz NOT NULL DEFAULT now());
ALTER DATABASE {database} SET synchronous_commit = off;
INSERT INTO item (kind, amount, body) SELECT n % 9, n, md5(n::text) FROM generate_series(1, {rows}) n;
CREATE TABLE bulk (LIKE item INCLUDING ALL);
"""
INSERT = "INSERT INTO item (kind, amount, body) VALUES (1, 2.5, 'a text of some thirty characters');"
UPDATE = "\\set id random(1, {rows})\nUPDATE item SET amount = amount + 1 WHERE id = :id;"
BULK_INSERT = """
INSERT INTO bulk (kind, amount, body) SELECT n % 9, n, md5(n::text) FROM generate_series(1, {rows}) n;
"""
BULK_UPDATE = "UPDATE bulk SET amount = amount + 1;"


def timed(server, database, sql):
    """Seconds of a statement, by the server's clock."""
    return float(server.sql(database, f"""
        CREATE TEMP TABLE began AS SELECT clock_timestamp() AS at;
        {sql}
        SELECT extract(epoch FROM clock_timestamp() - at) FROM began;"""))


def run(rig, runs):
    rows, seconds = rig.amount(200_000), max(1, int(5 * rig.scale))
    server = rig.source
    for database in ("plain", "captured"):
        server.create(database, SCHEMA.format(database=database, rows=rows))
    server.sql("plain", "CREATE PUBLICATION peer FOR ALL TABLES")
    daemon = Daemon(rig, "source", server, "captured", rig.free_port())
    daemon.start()
    rig.until(60, "the triggers", lambda: server.sql("captured", """
        SELECT count(DISTINCT tgrelid) = 2 FROM pg_trigger
        WHERE tgname LIKE 'teleport%' AND tgrelid IN ('item'::regclass, 'bulk'::regclass)""") == "t")
    daemon.stop()

    peer = "publication"
    measures = [
        Measure("single-row inserts, one client", "transactions/s", peer),
        Measure("single-row updates, one client", "transactions/s", peer),
        Measure(f"insert of {rows} rows", "rows/s", peer),
        Measure(f"update of {rows} rows", "rows/s", peer),
    ]
    for _ in range(runs):
        found = {}
        for database in ("plain", "captured"):
            server.sql(database, "TRUNCATE bulk; VACUUM ANALYZE item; CHECKPOINT")
            found[database] = [
                server.pgbench(database, INSERT, "-T", seconds),
                server.pgbench(database, UPDATE.format(rows=rows), "-T", seconds),
                rows / timed(server, database, BULK_INSERT.format(rows=rows)),
                rows / timed(server, database, BULK_UPDATE),
            ]
        for measure, ours, theirs in zip(measures, found["captured"], found["plain"]):
            measure.add(ours, theirs)
    return measures
