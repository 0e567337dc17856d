"""The client beside libpq (pgbench, psql), psycopg and asyncpg, over TCP, plain and with TLS.

Ours and the peers' programs run one after the other within each run, so that all meet the same
machine. PostgresNIO is not among the packages that this uses, so it is left out.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from rig import LIMIT, Measure

ROWS = """
SELECT n::int8, 'a text of some thirty characters ' || n, timestamptz '2024-01-01' + n * interval '1 s'
FROM generate_series(1, {rows}) n"""
SCHEMA = """
CREATE UNLOGGED TABLE item (id int8, body text, at timestamptz);
INSERT INTO item {rows};
CREATE UNLOGGED TABLE copied (id int8, body text);
CREATE UNLOGGED TABLE pipelined (id int8, body text);
CREATE UNLOGGED TABLE loaded (LIKE item);
"""


PSQL = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1"]


class Bench:
    """Where things are, and what runs them."""

    def __init__(self, rig):
        self.rig, self.server, self.ours = rig, rig.source, rig.client
        self.environment = {**os.environ, "PGPASSWORD": rig.password, "PGTZ": "UTC"}
        self.rows = rig.amount(1_000_000)
        self.inserts = rig.amount(20_000)
        self.milliseconds = max(200, int(5000 * rig.scale))
        self.file = os.path.join(rig.work, "copy")
        self.known = self.run([self.ours, "list"])[0].split()

    def run(self, command, output=None):
        """Runs a program; returns what it printed and its peak memory in MB."""
        with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output or printed,
                stderr=errors, env=self.environment)
            memory, end = 0.0, time.monotonic() + LIMIT
            while process.poll() is None:
                # The last look counts: the first may still see this interpreter.
                memory = self.peak(process.pid) or memory
                if time.monotonic() > end:
                    process.kill()
                time.sleep(0.005)
            errors.seek(0)
            if process.returncode != 0:
                raise RuntimeError(f"{command[:2]}: {errors.read().strip()[-500:]}")
            printed.seek(0)
            return printed.read(), memory

    @staticmethod
    def peak(process):
        """The largest resident size of a process so far in MB; None when it has ended."""
        try:
            with open(f"/proc/{process}/status", encoding="utf-8") as file:
                for line in file:
                    if line.startswith("VmHWM:"):
                        return int(line.split()[1]) / 1024
        except OSError:
            pass
        return None

    def uri(self, mode, server=None):
        server = server or self.server
        return (f"host=127.0.0.1 port={server.port} dbname=client user=postgres sslmode={mode}")

    def mine(self, measure, mode, **options):
        """A figure of ours and the memory it took."""
        command = [self.ours, measure, "--port", self.server.port, "--database", "client",
                   "--sslmode", mode, "--milliseconds", self.milliseconds]
        for name, value in options.items():
            command += [f"--{name}", value]
        printed, memory = self.run(command)
        return json.loads(printed)["value"], memory

    def python(self, client, measure, mode, **options):
        command = [self.rig.python, os.path.join(os.path.dirname(__file__), "pgwire_peer.py"),
                   client, measure, "--port", self.server.port, "--database", "client",
                   "--sslmode", mode, "--milliseconds", self.milliseconds]
        for name, value in options.items():
            command += [f"--{name}", value]
        printed, memory = self.run(command)
        return json.loads(printed)["value"], memory

    def pgbench(self, mode, protocol, clients=1, script="SELECT 1;\n", options=None):
        path = os.path.join(self.rig.work, "script.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        options = options or ["-T", max(1, self.milliseconds // 1000)]
        printed, memory = self.run(
            ["pgbench", "-n", "-M", protocol, "-c", clients, "-j", min(clients, 2), "-f", path,
             *options, self.uri(mode)])
        line = next(line for line in printed.split("\n") if line.startswith("tps = "))
        return float(line.split()[2]), memory

    def psql(self, mode, *commands):
        """The seconds of the last command, by psql's own clock, and the memory."""
        command = PSQL + [self.uri(mode), "-c", "\\timing on", "-c", "\\o /dev/null"]
        for each in commands:
            command += ["-c", each]
        printed, memory = self.run(command)
        return self.seconds(printed), memory

    @staticmethod
    def seconds(printed):
        """What psql's \\timing said last."""
        return float(re.findall(r"^Time: ([\d.]+) ms", printed, re.MULTILINE)[-1]) / 1000


def selects(b, mode):
    """Queries a second on one connection."""
    def pgbench(protocol):
        return lambda: b.pgbench(mode, protocol)
    yield ("prepared", "prepared SELECT 1, caller on the loop", "queries/s", {},
           [("pgbench -M prepared", pgbench("prepared"), "ratio >= 1.0"),
            ("psycopg", lambda: b.python("psycopg", "prepared", mode), None)])
    yield ("prepared", "prepared SELECT 1, caller on the pool", "queries/s", {"caller": "pool"},
           [("asyncpg", lambda: b.python("asyncpg", "prepared", mode), "ratio >= 1.5")])
    yield ("cached", "SELECT 1 through the statement cache", "queries/s", {},
           [("pgbench -M extended", pgbench("extended"), "ratio >= 0.9")])
    yield ("prepared", "prepared SELECT 1, 16 connections", "queries/s",
           {"connections": 16, "loops": 2},
           [("pgbench -M prepared -c 16", lambda: b.pgbench(mode, "prepared", 16),
             "ratio >= 1.0")])


def pipelines(b, mode):
    insert = "INSERT INTO pipelined VALUES (1, 'a text of some thirty characters');\n"
    script = "\\startpipeline\n" + insert * b.inserts + "\\endpipeline\n"

    def pgbench():
        rate, memory = b.pgbench(mode, "prepared", script=script, options=["-t", 3])
        return rate * b.inserts, memory
    yield ("pipeline", f"{b.inserts} inserts pipelined", "inserts/s", {"rows": b.inserts},
           [("pgbench \\startpipeline", pgbench, "ratio >= 1.0"),
            ("psycopg", lambda: b.python("psycopg", "pipeline", mode, rows=b.inserts), None)])


def rows(b, mode):
    sql = "SELECT id, body, at FROM item"

    def psql():
        seconds, memory = b.psql(mode, "\\set FETCH_COUNT 10000", sql)
        return b.rows / seconds, memory
    yield ("rows", f"{b.rows} rows streamed and decoded", "rows/s", {"sql": sql},
           [("psql -At (not decoded)", psql, "ratio >= 1.2"),
            ("psycopg stream", lambda: b.python("psycopg", "rows", mode, sql=sql), "ratio >= 2"),
            ("asyncpg cursor", lambda: b.python("asyncpg", "rows", mode, sql=sql), None)])


def copies(b, mode):
    for form in ("binary", "text"):
        out = f"COPY item TO STDOUT (FORMAT {form})"
        load = f"COPY loaded FROM STDIN (FORMAT {form})"
        path = f"{b.file}.{form}"
        b.run(["psql", "-X", "-q", b.uri("disable"), "-c",
               f"\\copy item TO '{path}' (FORMAT {form})"])
        size = os.path.getsize(path) / 1e6

        def psql_out(size=size, form=form):
            seconds, memory = b.psql(mode, f"\\copy item TO '/dev/null' (FORMAT {form})")
            return size / seconds, memory

        def psql_in(size=size, form=form, path=path):
            seconds, memory = b.psql(mode, f"\\copy loaded FROM '{path}' (FORMAT {form})")
            return size / seconds, memory
        yield ("copy-out", f"COPY OUT {form}, forwarded", "MB/s", {"sql": out},
               [("psql \\copy", psql_out, "ratio >= 1.0")])
        yield ("copy-in", f"COPY IN {form}, from chunks", "MB/s", {"sql": load, "file": path},
               [("psql \\copy", psql_in, "ratio >= 1.0")])

    def pipe():
        size = os.path.getsize(b.file + ".binary") / 1e6
        with subprocess.Popen(
                PSQL + [b.uri(mode), "-c", "COPY item TO STDOUT (FORMAT binary)"],
                stdout=subprocess.PIPE, env=b.environment) as reader:
            done = subprocess.run(
                PSQL + [b.uri(mode, b.rig.target), "-c", "\\timing on", "-c",
                        "COPY loaded FROM STDIN (FORMAT binary)"],
                stdin=reader.stdout, env=b.environment, timeout=LIMIT, check=True,
                capture_output=True, text=True)
        if reader.returncode != 0:
            raise RuntimeError("the reading psql failed")
        return size / b.seconds(done.stdout), None
    yield ("copy-across", "COPY server to server through us", "MB/s",
           {"sql": "COPY item TO STDOUT (FORMAT binary)", "port2": b.rig.target.port,
            "database2": "client", "sql2": "COPY loaded FROM STDIN (FORMAT binary)"},
           [("psql | psql", pipe, "ratio >= 1.0")])


def encoded(b, mode):
    sql = "COPY copied (id, body) FROM STDIN (FORMAT binary)"
    yield ("copy-rows", "COPY IN binary, rows encoded by us", "rows/s",
           {"sql": sql, "rows": b.rows},
           [(client, lambda client=client: b.python(
               client, "copy-rows", mode, rows=b.rows, sql=sql), aim)
            for client, aim in (("psycopg", "ratio >= 1.8"), ("asyncpg", None))])


def connects(b, mode):
    yield ("connect", "connect, SCRAM", "connects/s", {},
           [(client, lambda client=client: b.python(client, "connect", mode), aim)
            for client, aim in (("psycopg", "ratio >= 1.0"), ("asyncpg", None))])


# Measures whose peak memory is a figure of its own.
MEMORY = {"rows", "copy-out"}


def run(rig, runs):
    for server in (rig.source, rig.target):
        server.sql("postgres", "DROP DATABASE IF EXISTS client WITH (FORCE)")
        server.sql("postgres", "CREATE DATABASE client")
        amount = ROWS.format(rows=rig.amount(1_000_000) if server is rig.source else 1)
        server.sql("client", SCHEMA.format(rows=amount))
    b = Bench(rig)
    cases, measures = [], []
    for mode in ("disable", "require"):
        for group in (selects, pipelines, rows, copies, encoded, connects):
            for name, title, unit, options, peers in group(b, mode):
                title += ", TLS" if mode == "require" else ""
                if name not in b.known:
                    print(f"left out, the program has no measure {name}: {title}", file=sys.stderr)
                    continue
                found = [Measure(title, unit, peer, aim) for peer, _, aim in peers]
                memory = Measure(
                    f"peak memory, {title}", "MB", peers[0][0], "< 30", less_is_better=True)
                cases.append((name, mode, options, peers, found, memory))
                measures += found + ([memory] if name in MEMORY else [])
    for _ in range(runs):
        for name, mode, options, peers, found, memory in cases:
            for server in (rig.source, rig.target):
                server.sql("client", "TRUNCATE copied, pipelined, loaded")
            ours, mine = b.mine(name, mode, **options)
            for index, (_, peer, _) in enumerate(peers):
                rig.source.sql("client", "TRUNCATE copied, pipelined, loaded")
                rig.target.sql("client", "TRUNCATE loaded")
                theirs, its = peer()
                found[index].add(ours, theirs)
                if index == 0 and its is not None:
                    memory.add(mine, its)
    return measures
