"""One case on a server: three databases, three daemons, and what their dumps and rows say.

The source daemon feeds two targets: one with the source's schema names, and one where the only
schema is mapped. Everything is loaded and owned by a plain role; where a case needs more, it is loaded
by the superuser, and the result says so.
"""
import json
import os
import re
import subprocess
import threading
import time
import urllib.request

import dump
import rows

LIMIT = 120
# How long a target may take to follow, in seconds.
PATIENCE = 25
MAPPED = "mapped"
ASIDE = "aside_for_the_dump"
DAEMON = """
batch_size: 10000
max_events_per_batch: 10000
processing_intervals: {{batcher: 50, transmitter: 100, applier: 100, vacuum: 500, ddlwatcher: 100}}
database: {{name: "{database}", database: "{database}", hostname: "{socket}", username: "{role}", port: {port}}}
server: {{hostname: "127.0.0.1", port: {api}}}
"""
TARGET = """  {name}:
    target_expression: {expression}
    endpoint: {{hostname: "127.0.0.1", port: {api}}}
"""
NEEDS_MORE = re.compile(
    r"superuser|permission denied|must be owner|must have|must be able|not allowed|only roles with",
    re.I)
SUBSCRIPTIONS = """
SELECT format('ALTER SUBSCRIPTION %1$I DISABLE; ALTER SUBSCRIPTION %1$I SET (slot_name = NONE);'
              ' DROP SUBSCRIPTION %1$I;', subname)
  FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()
"""
SCHEMAS = """
SELECT nspname FROM pg_namespace
 WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'teleport')
"""
IN_USE = """
SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = {0})
    OR EXISTS (SELECT 1 FROM pg_proc c JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = {0})
    OR EXISTS (SELECT 1 FROM pg_type c JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname = {0})
"""
_names = threading.Lock()
_counter = 0


def fresh_name():
    """A prefix of databases that nobody has used."""
    global _counter
    with _names:
        _counter += 1
        return f"case{_counter}"


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One cluster, reached over its socket."""

    def __init__(self, socket, port, bin_folder):
        self.socket, self.port, self.bin = socket, port, bin_folder
        self.version = int(self.sql("postgres", "SHOW server_version_num")) // 10000

    def _psql(self, database, role, *options):
        return ["psql", "-X", "-q", "-A", "-t", "-h", self.socket, "-p", str(self.port), "-U", role,
                "-d", database, *options]

    def sql(self, database, text, role="postgres"):
        done = subprocess.run(
            self._psql(database, role, "-v", "ON_ERROR_STOP=1", "-f", "-"), input=text,
            capture_output=True, text=True, timeout=LIMIT)
        if done.returncode != 0:
            raise RuntimeError(f"{text.strip()[:200]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def attempt(self, database, text, role="postgres"):
        """Whether a statement succeeds."""
        try:
            self.sql(database, text, role)
            return True
        except RuntimeError:
            return False

    def load(self, database, path, role):
        """Runs a file statement by statement; returns the messages of those that failed."""
        done = subprocess.run(
            self._psql(database, role, "-f", path), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=LIMIT)
        return [line.split("ERROR:", 1)[1].strip()
                for line in done.stderr.split("\n") if "ERROR:" in line]

    def dump(self, database, excluding=()):
        schemas = [word for name in ("teleport", *excluding) for word in ("-N", name)]
        done = subprocess.run(
            [os.path.join(self.bin, "pg_dump"), "-h", self.socket, "-p", str(self.port), "-U",
             "postgres", "--schema-only", "--no-owner", "--no-privileges", "--no-tablespaces",
             *schemas, database],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
        if done.returncode != 0:
            raise RuntimeError(f"pg_dump {database}: {done.stderr.strip()}")
        return done.stdout

    def reloaded(self, text):
        """The dump of a database that was made from a dump.

        The server writes some expressions otherwise once it has read what it wrote: a target that
        has them so is as good as a restored dump.
        """
        name = fresh_name() + "_reloaded"
        self.sql("postgres", f"CREATE DATABASE {name}")
        try:
            subprocess.run(self._psql(name, "postgres"), input=text, capture_output=True, text=True,
                           timeout=LIMIT)
            return self.dump(name)
        finally:
            self.sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def roles(self):
        return set(self.sql("postgres", "SELECT rolname FROM pg_roles").split("\n"))


class Daemon:
    """A teleportd of one database."""

    def __init__(self, rig, database, role):
        self.rig, self.database, self.process = rig, database, None
        self.api = free_port()
        self.file = os.path.join(rig.work, database + ".yml")
        self.log = os.path.join(rig.work, database + ".log")
        self.text = DAEMON.format(
            database=database, socket=rig.server.socket, port=rig.server.port, role=role,
            api=self.api)

    def start(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(self.text)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.rig.teleportd, "-config", self.file], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        with open(self.file + ".pid", "w", encoding="utf-8") as file:
            file.write(str(self.process.pid))

    def until_ready(self):
        end = time.monotonic() + 30
        while True:
            try:
                self.get("/readyz")
                return
            except OSError as error:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError(f"daemon of {self.database}: {error}{self.tail()}") from error
            time.sleep(0.03)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.api}{path}", timeout=5) as answer:
            return answer.read().decode()

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "\n" + file.read()[-1500:]

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.process = None
        for path in (self.file, self.file + ".pid", self.log):
            if os.path.exists(path):
                os.remove(path)


class Rig:
    """Where cases run: one server, the program, and a folder for files."""

    def __init__(self, work, server, teleportd, target_options):
        self.work, self.server, self.teleportd = work, server, teleportd
        self.target_options = target_options
        server.sql("postgres", """
            CREATE ROLE owner LOGIN CREATEROLE; CREATE ROLE applier LOGIN;
            GRANT pg_read_all_settings TO owner""")
        if server.version >= 15:
            # What `foreign_keys: exact` needs.
            server.sql(
                "postgres", "GRANT SET ON PARAMETER session_replication_role TO applier")

    def run(self, *arguments):
        done = subprocess.run(
            [self.teleportd, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LIMIT)
        return done.returncode, (done.stdout + done.stderr).strip()


class Way:
    """One target of a case."""

    def __init__(self, name, database, schema=None):
        self.name, self.database = name, database
        # The one schema of the source, where it is mapped.
        self.schema = schema
        self.daemon = None


class Stage:
    """The databases and daemons of one case."""

    def __init__(self, rig, case, as_superuser):
        self.rig, self.case, self.server = rig, case, rig.server
        self.role = "postgres" if as_superuser else "owner"
        self.prefix = fresh_name()
        self.source = self.prefix + "_source"
        self.roles_before = self.server.roles()
        self.ways, self.daemon, self.failed = [], None, []

    # --- the source

    def begin(self):
        for role in self.case.roles_needed:
            self.server.attempt("postgres", f"CREATE ROLE {role}")
        self.server.sql("postgres", f"CREATE DATABASE {self.source} OWNER {self.role}")
        self.server.sql(self.source, f"ALTER SCHEMA public OWNER TO {self.role}"
                        if self.role == "owner" else "SELECT")
        self.load(self.case.file("a.sql"))
        if seed := self.case.file("seed.sql"):
            self.load(seed)

    def load(self, path):
        if path:
            self.failed += self.server.load(self.source, path, self.role)

    @property
    def needs_more(self):
        """Whether a statement failed for want of rights."""
        return any(NEEDS_MORE.search(message) for message in self.failed)

    def change(self):
        """Leads the source to b: by the script, else by making everything anew."""
        if self.case.script:
            return self.load(self.case.script)
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drop.sql")
        with open(path, encoding="utf-8") as file:
            self.server.sql(self.source, file.read(), self.role)
        self.server.sql(self.source, f"""
            CREATE SCHEMA public AUTHORIZATION {'owner' if self.role == 'owner' else 'pg_database_owner'};
            GRANT USAGE ON SCHEMA public TO PUBLIC;
            COMMENT ON SCHEMA public IS 'standard public schema'""")
        self.drop_roles()
        self.load(self.case.file("b.sql"))

    def drop_roles(self):
        for role in self.case.roles_made - self.roles_before:
            name = rows.identifier(role)
            self.server.attempt(self.source, f"DROP OWNED BY {name}")
            self.server.attempt(self.source, f"DROP ROLE {name}")

    def is_in_use(self, schema):
        return self.server.sql(self.source, IN_USE.format(rows.literal(schema))) == "t"

    # --- the daemons

    def start(self):
        schemas = set(self.server.sql(self.source, SCHEMAS).split("\n")) | self.case.schemas
        schemas.discard("")
        used = [name for name in sorted(schemas) if name != "public" or self.is_in_use(name)]
        self.ways = [Way("same", self.prefix + "_same")]
        if len(used) <= 1:
            only = used[0] if used else "public"
            self.ways.append(Way("mapped", self.prefix + "_mapped", only))
        self.daemon = Daemon(self.rig, self.source, self.role)
        self.daemon.text += "targets:\n"
        for way in self.ways:
            self.server.sql("postgres", f"CREATE DATABASE {way.database} OWNER applier")
            way.daemon = Daemon(self.rig, way.database, "applier")
            way.daemon.start()
            names = [way.schema] if way.schema else sorted(schemas)
            expression = json.dumps([rows.identifier(name) + ".*" for name in names])
            self.daemon.text += TARGET.format(
                name=way.name, expression=expression, api=way.daemon.api)
            for option in self.rig.target_options:
                self.daemon.text += f"    {option}\n"
            if way.schema:
                self.daemon.text += f'    apply_schema: "{MAPPED}"\n'
        self.daemon.start()
        for way in self.ways:
            way.daemon.until_ready()
        self.daemon.until_ready()
        for way in self.ways:
            code, text = self.rig.run("-config", self.daemon.file, "-mode", "initial-load",
                                      "-load-target", way.name)
            if code != 0:
                raise RuntimeError(f"initial load [{way.name}]: {text[-600:]}")

    def sync(self, way):
        """Waits until a target has what the source has; returns what hinders it, or None."""
        code, text = self.rig.run("wait", "-config", self.daemon.file, "--target", way.name,
                                  "--timeout", str(PATIENCE))
        if code == 0:
            return None
        target = next((t for t in self.status()["targets"] if t["name"] == way.name), {})
        error = target.get("lastError")
        return json.dumps(error) if error else text

    def status(self):
        return json.loads(self.daemon.get("/status"))

    def reports(self):
        status = self.status()
        return status.get("notCarried", []) + status.get("refusedTables", [])

    # --- what is compared

    def compare(self, way):
        """What differs in the definitions."""
        text = self.server.dump(self.source)
        there = self.dump_renamed(way) if way.schema else self.server.dump(way.database)
        found = self.differences(text, there, way)
        if any(d.source and d.target for d in found):
            still = {d.title for d in self.differences(self.server.reloaded(text), there, way)}
            found = [d for d in found if d.title in still]
        return found

    @staticmethod
    def differences(source, target, way):
        source, target = dump.parse(source), dump.parse(target)
        if way.schema:
            # What initdb says of schema public belongs to that one only.
            for side in (source, target):
                side.pop(dump.Entry("COMMENT", "-", "SCHEMA public"), None)
        return dump.differences(source, target)

    def dump_renamed(self, way):
        """The target's dump under the source's name of the schema."""
        here, there = rows.identifier(way.schema), rows.identifier(MAPPED)
        schemas = self.server.sql(way.database, SCHEMAS).split("\n")
        if MAPPED not in schemas:
            return self.server.dump(way.database)
        forth, back = f"ALTER SCHEMA {there} RENAME TO {here};", f"ALTER SCHEMA {here} RENAME TO {there};"
        if way.schema in schemas:
            forth = f"ALTER SCHEMA {here} RENAME TO {ASIDE};" + forth
            back += f"ALTER SCHEMA {ASIDE} RENAME TO {here};"
        self.server.sql(way.database, "BEGIN;" + forth + "COMMIT")
        found = self.server.dump(way.database, (ASIDE,))
        self.server.sql(way.database, "BEGIN;" + back + "COMMIT")
        return found

    def fill(self):
        """A row for each table with a key; returns the tables, and how many refused theirs."""
        found = rows.tables(self.server.sql, self.source)
        _, refused = rows.fill(
            lambda statement: self.server.attempt(self.source, statement), found)
        return found, refused

    def differing_rows(self, way, found):
        """The tables whose rows differ."""
        left = rows.digests(self.server.sql, self.source, found)
        right = rows.digests(
            self.server.sql, way.database, found, MAPPED if way.schema else None)
        return [".".join(name) for name in left if left[name] != right.get(name)]

    def end(self):
        for daemon in [self.daemon, *(way.daemon for way in self.ways)]:
            if daemon:
                daemon.stop()
        for statement in self.server.sql(self.source, SUBSCRIPTIONS).split("\n"):
            self.server.attempt(self.source, statement)
        for name in [way.database for way in self.ways] + [self.source]:
            if name == self.source:
                self.drop_roles()
            self.server.attempt("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
