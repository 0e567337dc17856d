"""The initial load of 3,000,000 rows of about 120 bytes, beside `psql COPY TO | psql COPY FROM`.

Both write into an empty table with the same primary key. Ours is the whole command, from its start to
its end: plan, chunks, marks, and the last step.
"""
import subprocess
import time

from rig import LIMIT, Measure

TABLE = """
CREATE TABLE item (
    id bigint PRIMARY KEY, kind integer NOT NULL, amount numeric(12, 2) NOT NULL,
    at timestamptz NOT NULL, body text NOT NULL);
"""
FILL = """
INSERT INTO item SELECT n, n % 1000, n % 100000 / 7.0, timestamptz '2024-01-01' + n * interval '1 second',
    md5(n::text) || md5((n + 1)::text) FROM generate_series(1, {rows}) n;
"""


def pipe(rig):
    """Seconds of the text COPY pipe."""
    began = time.monotonic()
    reader = subprocess.Popen(
        rig.source.command("load") + ["-c", "COPY item TO STDOUT"], stdout=subprocess.PIPE)
    subprocess.run(
        rig.target.command("load_peer") + ["-c", "COPY item FROM STDIN"], stdin=reader.stdout,
        check=True, timeout=LIMIT)
    reader.stdout.close()
    if reader.wait(30) != 0:
        raise RuntimeError("the reading psql failed")
    return time.monotonic() - began


def run(rig, runs):
    rows = rig.amount(3_000_000)
    measure = Measure(f"initial load of {rows} rows", "rows/s", "psql COPY pipe", "ratio >= 0.5")
    rig.source.create("load", TABLE + FILL.format(rows=rows))
    rig.source.sql("load", "VACUUM ANALYZE item")
    memory = []
    for _ in range(runs):
        rig.target.create("load_peer", TABLE)
        theirs = rows / pipe(rig)
        rig.target.sql("postgres", "DROP DATABASE load_peer")
        rig.target.create("load")
        source, target = rig.pair("load", "load")
        target.start()
        source.start()
        began = time.monotonic()
        rig.load(source)
        ours = rows / (time.monotonic() - began)
        rig.wait(source)
        found = int(rig.target.sql("load", "SELECT count(*) FROM test.item"))
        if found != rows:
            raise RuntimeError(f"{found} of {rows} rows arrived")
        source.stop()
        target.stop()
        measure.add(ours, theirs)
        memory = rig.memory(source, target)
    return [measure] + memory
