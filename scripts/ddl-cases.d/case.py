"""The cases: folders TOOL/CASE with a.sql and b.sql, and where there is one a script from a to b."""
import fnmatch
import json
import os
import re

SCRIPTS = ("peer_migration.sql", "migra_migration.sql")
NAME = r'("(?:[^"]|"")+"|\w+)'
SCHEMA = re.compile(r"\bcreate\s+schema\s+(?:if\s+not\s+exists\s+)?" + NAME, re.I)
ROLE = re.compile(r"\bcreate\s+(?:role|user|group)\s+" + NAME, re.I)


def as_stored(name):
    """An identifier of SQL as the catalog has it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


class Case:
    """One case; `name` is TOOL/CASE."""

    def __init__(self, root, name):
        self.name, self.folder = name, os.path.join(root, name)
        self.meta = {}
        if path := self.file("meta.json"):
            with open(path, encoding="utf-8") as file:
                self.meta = json.load(file)

    def file(self, name):
        """The path of one of its files; None where there is none."""
        path = os.path.join(self.folder, name)
        return path if os.path.exists(path) else None

    @property
    def script(self):
        """What leads from a to b in place; None where everything is made anew."""
        return next((path for path in map(self.file, SCRIPTS) if path), None)

    @property
    def minimum_version(self):
        return self.meta.get("minVersion") or 0

    @property
    def roles_needed(self):
        """Roles that must be there, as words of SQL."""
        return self.meta.get("roles") or []

    def names(self, pattern):
        """What a pattern finds in its files."""
        found = set()
        for name in ("a.sql", "b.sql", *SCRIPTS):
            if path := self.file(name):
                with open(path, encoding="utf-8") as file:
                    found.update(as_stored(word) for word in pattern.findall(file.read()))
        return found

    @property
    def schemas(self):
        return self.names(SCHEMA) | {"public"}

    @property
    def roles_made(self):
        return self.names(ROLE)


def cases(root, patterns):
    """The cases that fit one of the patterns, by name; all without patterns."""
    found = []
    for tool in sorted(os.listdir(root)):
        folder = os.path.join(root, tool)
        if not os.path.isdir(folder):
            continue
        for name in sorted(os.listdir(folder)):
            full = f"{tool}/{name}"
            if not os.path.exists(os.path.join(folder, name, "a.sql")):
                continue
            if not patterns or any(fnmatch.fnmatchcase(full, pattern) for pattern in patterns):
                found.append(Case(root, full))
    return found
