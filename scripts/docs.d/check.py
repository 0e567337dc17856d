"""What docc does not check of PGWire's documentation, and the snippets of its pages as programs.

check.py SYMBOLS CATALOG SNIPPETS: reads the symbol graphs in SYMBOLS and the pages in CATALOG, writes a
program for each page to SNIPPETS, prints a line a finding, and exits 1 when there is any.
"""
import json
import os
import re
import shutil
import sys

SYMBOLS, CATALOG, SNIPPETS = sys.argv[1:4]
# What a snippet may use without saying where it comes from.
GIVEN = "connection: PGConnection, pool: PGPool, configuration: PGConfiguration"
# Kinds that Swift makes pages of.
TYPES = {"swift.class", "swift.struct", "swift.enum", "swift.protocol", "swift.actor"}

findings = []


def symbols():
    """The public symbols of the module that somebody has written."""
    for name in sorted(os.listdir(SYMBOLS)):
        if not name.endswith(".symbols.json"):
            continue
        with open(os.path.join(SYMBOLS, name), encoding="utf-8") as file:
            graph = json.load(file)
        # Members that stand for a requirement of another module's protocol have its comment.
        inherited = {
            relation["source"] for relation in graph["relationships"] if "sourceOrigin" in relation
        }
        for symbol in graph["symbols"]:
            identifier = symbol["identifier"]["precise"]
            if "::SYNTHESIZED::" in identifier or "location" not in symbol:
                continue
            if symbol["kind"]["identifier"] != "swift.extension":
                yield symbol, identifier in inherited


def pages():
    """The pages of the catalog: name and text."""
    for name in sorted(os.listdir(CATALOG)):
        if name.endswith(".md"):
            with open(os.path.join(CATALOG, name), encoding="utf-8") as file:
                yield name, file.read()


def check_comments():
    """Every symbol has a comment, every type has its place on the landing page."""
    with open(os.path.join(CATALOG, "PGWire.md"), encoding="utf-8") as file:
        placed = set(re.findall(r"^- ``([^`/]+)``", file.read(), re.M))
    count = 0
    for symbol, is_inherited in symbols():
        count += 1
        path = symbol["pathComponents"]
        place = symbol["location"]
        where = f"{re.sub('.*/Sources/', 'Sources/', place['uri'])}:{place['position']['line'] + 1}"
        if "docComment" not in symbol and not is_inherited:
            findings.append(f"{where}: no doc comment: {'.'.join(path)}")
        if len(path) == 1 and symbol["kind"]["identifier"] in TYPES and path[0] not in placed:
            findings.append(f"{where}: not on the landing page: {path[0]}")
    print(f"{count} public symbols")


def check_tests_named():
    """A test that a page names by its file, and the function where it is named too, exists."""
    files = {}
    for folder, _, names in os.walk("Tests"):
        for name in names:
            if name.endswith(".swift"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    files[name.removesuffix(".swift")] = file.read()
    for page, text in pages():
        for number, line in enumerate(text.split("\n"), 1):
            for name in re.findall(r"`(\w+Tests)`", line):
                if name not in files:
                    findings.append(f"{CATALOG}/{page}:{number}: no such test: {name}")


def write_snippets():
    """A function for each snippet, so that none sees another's names."""
    shutil.rmtree(SNIPPETS, ignore_errors=True)
    os.makedirs(SNIPPETS)
    count = 0
    for page, text in pages():
        lines = ["import PGWire", ""]
        for match in re.finditer(r"^```swift\n(.*?)^```$", text, re.M | re.S):
            count += 1
            code = re.sub(r"^import PGWire\n+", "", match[1], flags=re.M)
            first = text[: match.start()].count("\n") + 2
            lines += [
                f"func snippet{count}({GIVEN}) async throws {{",
                f'#sourceLocation(file: "{page}", line: {first})',
                code.rstrip("\n"),
                "#sourceLocation()",
                "}",
                "",
            ]
        if len(lines) > 2:
            path = os.path.join(SNIPPETS, page.removesuffix(".md") + ".swift")
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines))
    print(f"{count} snippets")


check_comments()
check_tests_named()
write_snippets()
for finding in findings:
    print(finding)
sys.exit(1 if findings else 0)
