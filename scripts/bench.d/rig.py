"""What the measurements share: databases, daemons, waiting, and results.

Both sides are reached over Unix sockets without TLS, by us and by the peer, so that transports do
not make the difference.
"""
import json
import os
import re
import statistics
import subprocess
import time
import urllib.request

# How long anything here may take, in seconds.
LIMIT = 900
CONFIGURATION = """
batch_size: 10000
max_events_per_batch: 10000
processing_intervals: {{batcher: 100, transmitter: 100, applier: 100, vacuum: 500, ddlwatcher: 5000}}
database: {{name: "{database}", database: "{database}", hostname: "{socket}", username: "teleport", port: {port}}}
server: {{hostname: "127.0.0.1", port: {api}}}
"""
TARGETS = """
targets:
  my-target:
    target_expression: "public.*"
    endpoint: {{hostname: "127.0.0.1", port: {api}}}
    apply_schema: "test"
"""


class Measure:
    """One figure of ours beside the peer's, over several runs."""

    def __init__(self, name, unit, peer=None, aim=None, less_is_better=False):
        self.name, self.unit, self.peer, self.aim = name, unit, peer, aim
        self.less_is_better = less_is_better
        self.ours, self.theirs = [], []

    def add(self, ours, theirs=None):
        self.ours.append(ours)
        if theirs is not None:
            self.theirs.append(theirs)

    def met(self, ours, ratio):
        """Whether the aim is met; None where there is none."""
        match = re.match(r"(ratio >=|<) ([\d.]+)$", self.aim or "")
        if match is None or (match[1] != "<" and ratio is None):
            return None
        return ours < float(match[2]) if match[1] == "<" else ratio >= float(match[2])

    def result(self):
        ours = statistics.median(self.ours)
        theirs = statistics.median(self.theirs) if self.theirs else None
        ratio = None
        if theirs and ours:
            ratio = round(theirs / ours if self.less_is_better else ours / theirs, 3)
        spread = round((max(self.ours) - min(self.ours)) / ours, 3) if ours else 0
        return {
            "name": self.name, "unit": self.unit, "ours": round(ours, 3), "peer": self.peer,
            "theirs": None if theirs is None else round(theirs, 3), "ratio": ratio,
            "aim": self.aim, "ok": self.met(ours, ratio), "runs": len(self.ours), "spread": spread,
        }


class Server:
    """One cluster, reached as the superuser over its socket."""

    def __init__(self, work, side):
        self.socket = os.path.join(work, side)
        with open(os.path.join(work, side + ".port"), encoding="utf-8") as file:
            self.port = int(file.read())

    def uri(self, database, user="postgres"):
        return f"host={self.socket} port={self.port} dbname={database} user={user}"

    def command(self, database):
        return ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.uri(database)]

    def sql(self, database, text):
        done = subprocess.run(
            self.command(database) + ["-f", "-"], input=text, capture_output=True, text=True,
            timeout=LIMIT,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{text[:200]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def create(self, database, schema=""):
        """A fresh database in which role teleport has what permissions.md asks for."""
        self.sql("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.sql("postgres", f"CREATE DATABASE {database}")
        self.sql(database, f"""
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, TRIGGER ON TABLES TO teleport;
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO teleport;
            GRANT CREATE ON DATABASE {database} TO teleport;
            {schema}""")

    def pgbench(self, database, script, *options):
        """Runs one script of pgbench; returns transactions a second."""
        done = subprocess.run(
            ["pgbench", "-n", "-M", "prepared", "-f", "/dev/stdin", *map(str, options),
             self.uri(database)],
            input=script, capture_output=True, text=True, timeout=LIMIT,
        )
        if done.returncode != 0 or "aborted" in done.stdout + done.stderr:
            raise RuntimeError(f"pgbench: {done.stderr.strip()[-500:]}")
        line = next(line for line in done.stdout.split("\n") if line.startswith("tps = "))
        return float(line.split()[2])


class Daemon:
    """A teleportd of one database."""

    def __init__(self, rig, side, server, database, target_api=None):
        self.rig, self.side, self.process, self.peak = rig, side, None, 0.0
        self.api = rig.free_port()
        text = CONFIGURATION.format(
            database=database, socket=server.socket, port=server.port, api=self.api)
        if target_api is not None:
            text += TARGETS.format(api=target_api)
        self.file = os.path.join(rig.work, f"{database}-{side}.yml")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        with open(os.path.join(self.rig.work, self.side + ".log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.rig.teleportd, "-config", self.file], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        with open(self._pid_file(), "w", encoding="utf-8") as file:
            file.write(str(self.process.pid))
        self.rig.until(30, f"the {self.side} daemon", self.healthy)

    def healthy(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api}/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        """Notes its peak memory and ends it."""
        if self.process is None:
            return
        self.peak = max(self.peak, self.peak_memory())
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.process = None
        os.remove(self._pid_file())

    def peak_memory(self):
        """Megabytes, as the kernel counts them (VmHWM)."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def _pid_file(self):
        return os.path.join(self.rig.work, self.side + ".pid")


class Rig:
    """The two servers and the daemon's program."""

    def __init__(self, work, teleportd, root, scale):
        self.work, self.teleportd, self.root, self.scale = work, teleportd, root, scale
        self.source, self.target = Server(work, "source"), Server(work, "target")
        # What measures the client, and the interpreter of its peers.
        self.client, self.python = None, None
        self.password = os.environ.get("BENCH_PASSWORD", "")

    def amount(self, number):
        return max(4, int(number * self.scale))

    def free_port(self):
        import socket
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def until(self, seconds, what, condition):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"gave up after {seconds} s waiting for {what}")
            time.sleep(0.02)

    def pair(self, source_database, target_database):
        """A source and a target daemon, not started."""
        target = Daemon(self, "target", self.target, target_database)
        return Daemon(self, "source", self.source, source_database, target.api), target

    def run(self, *arguments):
        done = subprocess.run(
            [self.teleportd, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LIMIT,
        )
        if done.returncode != 0:
            raise RuntimeError(f"teleportd {' '.join(arguments)}: {done.stdout}{done.stderr}")

    def load(self, source):
        self.run("-config", source.file, "-mode", "initial-load", "-load-target", "my-target")

    def wait(self, source):
        self.run("wait", "-config", source.file, "--timeout", "600")

    def subscribe(self, source_database, target_database):
        """Logical replication of every table; returns when the first copy is done."""
        name = f"peer_{target_database}"
        self.source.sql(source_database, f"CREATE PUBLICATION {name} FOR ALL TABLES")
        self.target.sql(target_database, f"""
            CREATE SUBSCRIPTION {name} CONNECTION '{self.source.uri(source_database)}'
                PUBLICATION {name}""")
        self.until(300, "the subscription's first copy", lambda: self.target.sql(
            target_database,
            "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel") == "t")
        return name

    def unsubscribe(self, target_database, name):
        self.target.sql(target_database, f"DROP SUBSCRIPTION {name}")

    def memory(self, source, target):
        """The two measures of peak memory; the daemons are stopped."""
        measures = []
        for daemon in (source, target):
            measure = Measure(f"peak memory of the {daemon.side} daemon", "MB", aim="< 100",
                              less_is_better=True)
            measure.add(daemon.peak)
            measures.append(measure)
        return measures

    def facts(self):
        """Commit, machine and server, for the result file."""
        commit = self._text("git", "-C", self.root, "rev-parse", "--short", "HEAD")
        if self._text("git", "-C", self.root, "status", "--porcelain"):
            commit += "-dirty"
        cpu, memory = "", ""
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = next((l.split(":")[1].strip() for l in file if l.startswith("model name")), "?")
        with open("/proc/meminfo", encoding="utf-8") as file:
            memory = f"{int(file.readline().split()[1]) / 1048576:.0f} GB"
        return {
            "commit": commit, "machine": f"{os.cpu_count()} cores of {cpu}, {memory}",
            "postgres": self.source.sql("postgres", "SHOW server_version"),
        }

    def _text(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.stdout.strip()


def save(path, facts, measures):
    """Writes the result file, whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump({**facts, "measures": measures}, file, indent=2, ensure_ascii=False)
        file.write("\n")
    os.replace(path + ".part", path)
