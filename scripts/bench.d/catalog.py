"""A catalog of 5,000 tables with 20 columns: what looks at it cost, and a change of one column.

The source's server logs what each statement took; that is what a look costs it. Idle looks are all
statements of the daemon in a while without any change, over the number of looks in it.
"""
import os
import re
import time

from rig import Measure

TABLES = """
DO $$ BEGIN
    FOR i IN 1..{tables} LOOP
        EXECUTE format('CREATE TABLE public.wide_%s (id bigint PRIMARY KEY, note text, {columns})', i);
    END LOOP;
END $$;
"""
COLUMNS = ", ".join(f"c{number} integer" for number in range(18))
LINE = re.compile(r"teleport[^\[]*\[(\d+)\] LOG:  duration: ([\d.]+) ms")
# How long nothing happens, in seconds; the interval of idle looks is that of ddlwatcher.
QUIET, INTERVAL = 20, 5
FINGERPRINT = "SELECT md5(concat_ws("


class Log:
    """What the source's server says of the daemon's statements."""

    def __init__(self, rig):
        self.path = os.path.join(rig.source.socket, "server.log")
        self.server = rig.source
        for setting in ("log_line_prefix = '%a [%p] '", "log_min_duration_statement = 0"):
            self.server.sql("postgres", f"ALTER SYSTEM SET {setting}")
        self.server.sql("postgres", "SELECT pg_reload_conf()")
        time.sleep(1)
        self.mark()

    def mark(self):
        self.begin = os.path.getsize(self.path)

    def durations(self, containing=""):
        """Milliseconds of each statement since the mark."""
        with open(self.path, encoding="utf-8", errors="replace") as file:
            file.seek(self.begin)
            text = file.read()
        found = []
        for entry in re.split(r"\n(?=[^\t])", text):
            if (match := LINE.match(entry)) and containing in entry:
                found.append(float(match[2]))
        return found

    def end(self):
        for setting in ("log_line_prefix", "log_min_duration_statement"):
            self.server.sql("postgres", f"ALTER SYSTEM RESET {setting}")
        self.server.sql("postgres", "SELECT pg_reload_conf()")


def run(rig, runs):
    tables = rig.amount(5000)
    begin = Measure(f"first look and {tables} tables made", "s", less_is_better=True)
    full = Measure("a change of one column arrives", "ms", less_is_better=True)
    full_cost = Measure("  its statements on the source", "ms", less_is_better=True)
    idle = Measure("the source's fingerprint", "ms", aim="< 20", less_is_better=True)
    idle_all = Measure("all statements of an idle look", "ms", less_is_better=True)
    size = Measure("the catalog as it travels", "MB", less_is_better=True)
    rig.source.create("catalog", TABLES.format(tables=tables, columns=COLUMNS))
    rig.source.sql("catalog", "VACUUM ANALYZE")
    rig.target.create("catalog")
    source, target = rig.pair("catalog", "catalog")
    target.start()
    source.start()
    began = time.monotonic()
    rig.load(source)
    begin.add(time.monotonic() - began)
    rig.wait(source)
    # What made so many objects leaves the planner and the caches as they are in daily life.
    rig.source.sql("catalog", "VACUUM ANALYZE")
    log = Log(rig)
    for run_number in range(runs):
        log.mark()
        time.sleep(QUIET)
        for duration in log.durations(FINGERPRINT):
            idle.add(duration)
        idle_all.add(sum(log.durations()) / (QUIET / INTERVAL))
        log.mark()
        rig.source.sql(
            "catalog", f"ALTER TABLE public.wide_7 ADD COLUMN added_{run_number} integer")
        began = time.monotonic()
        rig.wait(source)
        full.add((time.monotonic() - began) * 1000)
        full_cost.add(sum(log.durations()))
    log.end()
    size.add(int(rig.target.sql(
        "catalog", "SELECT max(length(applied)) FROM teleport.position")) / 1e6)
    source.stop()
    target.stop()
    return [begin, idle, idle_all, full, full_cost, size] + rig.memory(source, target)
