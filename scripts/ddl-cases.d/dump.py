"""What pg_dump --schema-only says of two databases, compared entry by entry.

Left out are comments of the dump, SET lines, `\\restrict`, what captures changes, and whether
triggers fire: they arrive disabled. A difference is explained where a report names the object, or
what differs in it.
"""
import collections
import re

HEADER = re.compile(r"-- Name: (.*?); Type: (.*?); Schema: (.*?); Owner: ")
NOISE = re.compile(
    r"--$|-- PostgreSQL database dump|-- Dumped |-- \*not\* creating schema|\\|SET \w+ = .*;$"
    r"|SELECT pg_catalog\.set_config\("
    r"|ALTER TABLE .* (DISABLE|ENABLE ALWAYS|ENABLE REPLICA) (TRIGGER|RULE) ")
WORD = r"(?<![\w$]){}(?![\w$])"

Entry = collections.namedtuple("Entry", "kind schema name")


def parse(text):
    """The statements of each entry, sorted, by kind, schema and name."""
    entries = collections.defaultdict(list)
    entry, lines = None, []

    def finish():
        body = "\n".join(lines).strip()
        if entry and body and not (entry.kind == "TRIGGER" and " FUNCTION teleport." in body):
            entries[entry].append(body)

    for line in text.split("\n"):
        if match := HEADER.match(line):
            finish()
            entry, lines = Entry(match[2], match[3], match[1]), []
        elif not NOISE.match(line):
            lines.append(line)
    finish()
    return {entry: sorted(bodies) for entry, bodies in entries.items()}


class Difference:
    """An entry that is not alike on both sides."""

    def __init__(self, entry, source, target):
        self.entry, self.source, self.target = entry, source, target

    @property
    def title(self):
        kind, schema, name = self.entry
        return f"{kind} {name}" if schema == "-" else f"{kind} {schema}.{name}"

    @property
    def lines(self):
        """What only one side has: - the source, + the target."""
        left = [line.rstrip(",") for body in self.source for line in body.split("\n")]
        right = [line.rstrip(",") for body in self.target for line in body.split("\n")]
        return [f"- {line}" for line in left if line not in right] + [
            f"+ {line}" for line in right if line not in left]

    def is_explained(self, report):
        """Whether a report (kind, name, reason) names this object."""
        if self.entry.kind == "COMMENT" and report["kind"].startswith("privilege"):
            return False
        if report["name"].endswith(".*"):
            fits = {"COMMENT": "comment", "ACL": "privilege", "DEFAULT ACL": "privilege",
                    "FK CONSTRAINT": "foreign key"}
            word = fits.get(self.entry.kind)
            return word is not None and word in report["kind"] and (
                self.entry.schema == "-" or f"{self.entry.schema}.*" == report["name"])
        text = "\n".join([self.title, *self.lines]).replace('"', "")
        for part in report["name"].split(","):
            name = part.split("(")[0].split(".")[-1].replace('"', "").strip()
            if name and re.search(WORD.format(re.escape(name)), text):
                return True
        return False

    @property
    def own_name(self):
        """The last word of the name, without a routine's arguments."""
        return self.entry.name.split("(")[0].split(" ")[-1]


def differences(source, target):
    """What differs between two parsed dumps, in the order of the titles."""
    found = []
    for entry in sorted(source.keys() | target.keys()):
        left, right = source.get(entry, []), target.get(entry, [])
        if left != right:
            found.append(Difference(entry, left, right))
    return found
