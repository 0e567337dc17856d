"""From commit on the source to visible on the target, at 200 rows a second for 30 seconds.

The commit's time is the server's own (pg_xact_commit_timestamp); visibility is seen by a session on
the target that looks every two milliseconds. Both clusters share the machine's clock. Each client
numbers its rows and commits them in order, so a look is two index lookups.
"""
import subprocess

from rig import LIMIT, Measure

CLIENTS = 2
SCHEMA = """
CREATE TABLE item (
    id bigint PRIMARY KEY, kind integer NOT NULL, body text NOT NULL);
"""
INSERT = """
\\set n :n + 1
INSERT INTO item VALUES (:client_id * 1000000 + :n, 1, 'a text of some thirty characters');
"""
LOOK = """
SET search_path = {schema};
CREATE TEMP TABLE seen (id bigint, at timestamptz);
DO $$
DECLARE
    last bigint[] := '{{0, 1000000}}';
    top bigint;
    give_up timestamptz := clock_timestamp() + interval '{seconds} s';
BEGIN
    WHILE clock_timestamp() < give_up LOOP
        FOR client IN 1..{clients} LOOP
            SELECT max(id) INTO top FROM item WHERE id > last[client] AND id < client * 1000000;
            IF top IS NOT NULL THEN
                INSERT INTO seen SELECT n, clock_timestamp() FROM generate_series(last[client] + 1, top) n;
                last[client] := top;
            END IF;
        END LOOP;
        PERFORM pg_sleep(0.002);
    END LOOP;
END $$;
SELECT id, extract(epoch FROM at) FROM seen;
"""
COMMITS = "SELECT id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM item"


def pairs(text):
    return {int(i): float(at) for i, at in (line.split("|") for line in text.split("\n") if line)}


def observe(rig, source_database, target_database, schema, seconds):
    """Writes for some seconds; returns the lags in milliseconds, sorted."""
    look = LOOK.format(schema=schema, seconds=seconds + 4, clients=CLIENTS)
    watcher = subprocess.Popen(
        rig.target.command(target_database) + ["-c", "SELECT 1", "-f", "-"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watcher.stdin.write(look)
    watcher.stdin.close()
    watcher.stdin = None
    rig.source.pgbench(source_database, INSERT, "-c", CLIENTS, "-D", "n=0", "-R", 200, "-T", seconds)
    output, errors = watcher.communicate(timeout=LIMIT)
    if watcher.returncode != 0:
        raise RuntimeError(errors.strip())
    committed = pairs(rig.source.sql(source_database, COMMITS))
    seen = pairs("\n".join(line for line in output.split("\n") if "|" in line))
    if committed.keys() - seen.keys():
        raise RuntimeError(
            f"{len(committed.keys() - seen.keys())} of {len(committed)} rows did not arrive in time")
    return sorted((seen[i] - at) * 1000 for i, at in committed.items())


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))]


def run(rig, runs):
    seconds = max(3, int(30 * rig.scale))
    peer = "logical replication"
    middle = Measure("lag at 200 rows/s, p50", "ms", peer, less_is_better=True)
    high = Measure("lag at 200 rows/s, p99", "ms", peer, "< 300", less_is_better=True)
    memory = []
    for _ in range(runs):
        rig.source.create("lag", SCHEMA)
        rig.target.create("lag")
        source, target = rig.pair("lag", "lag")
        target.start()
        source.start()
        rig.load(source)
        rig.wait(source)
        ours = observe(rig, "lag", "lag", "test", seconds)
        source.stop()
        target.stop()

        rig.source.create("lag_peer", SCHEMA)
        rig.target.create("lag_peer", SCHEMA)
        name = rig.subscribe("lag_peer", "lag_peer")
        theirs = observe(rig, "lag_peer", "lag_peer", "public", seconds)
        rig.unsubscribe("lag_peer", name)
        middle.add(percentile(ours, 0.5), percentile(theirs, 0.5))
        high.add(percentile(ours, 0.99), percentile(theirs, 0.99))
        memory = rig.memory(source, target)
    return [middle, high] + memory
