"""House rules that no compiler checks, and links between the project's pages.

Prints one line a finding, `path:line: what`, and exits 1 when there is any.
"""
import os
import re
import subprocess
import sys

MAX_LINES = 400
# The formatter keeps code within 100 columns; this is for comments and texts, which it cannot break.
MAX_COLUMNS = 120
# Whoever clones this downloads it too.
MAX_BYTES = 1_000_000
# A line that must not be in a kind of file: pattern, where, what to say.
SWIFT = re.compile(r"\.swift$")
OURS = re.compile(r"^(Sources|Tests|scripts|docs|docker|\.ci)/|^[^/]+\.(md|yml|swift)$|^Dockerfile$")
ANYWHERE = re.compile("")
SOURCES = re.compile(r"^Sources/.*\.(swift|c|h|sql)$")
SWIFT_SOURCES = re.compile(r"^Sources/.*\.swift$")
CODE = re.compile(r"^(Sources|Tests)/")
TESTS = re.compile(r"^Tests/")
PUBLISHED = re.compile(r"^(Sources|scripts|docs|docker|\.ci)/|^[^/]+\.(md|yml)$|^Dockerfile$")
# Built of parts, so that this file does not contain what it looks for.
RULES = [
    (re.compile(r"\btry" + "!"), SOURCES, "try! can trap"),
    (re.compile(r"\bas" + "! "), SOURCES, "as! can trap"),
    (re.compile(r"\bfatal" + r"Error\("), SOURCES, "an error one can act on, or a precondition"),
    (re.compile(r"\b(TO" + "DO|FIX" + r"ME)\b"), OURS, "unfinished: finish it or open an issue"),
    (re.compile(r"// *(XX" + "X|HA" + r"CK)\b|\bnot impl" + "emented|\bunimpl" + "emented", re.I),
     CODE, "unfinished: finish it or open an issue"),
    (re.compile(r"\bimport (Glibc|Musl|Darwin)\b"), re.compile(r"^Sources/PGWire/(?!System/).*\.swift$"),
     "one C library's name: only Sources/PGWire/System asks which there is"),
    (re.compile(r"[A-Za-z0-9_)\]]" + r"!\."), SWIFT_SOURCES, "a forced unwrap can trap"),
    (re.compile("unchecked Send" + "able(?!.*// Saf" + "ety:)"), SWIFT_SOURCES,
     "say why on the same line, behind `// Saf" + "ety:`"),
    (re.compile(r"\.dis" + r"abled\(|XCT" + "Skip|withKnown" + "Issue"), TESTS,
     "a test that may not run: take the reason away, or the test"),
    (re.compile("EXCEPTION WHEN " + "OTHERS", re.I), SOURCES, "swallows every error"),
    (re.compile(r"(?<![\w.$}])/(wo" + "rk|ho" + r"me|ro" + r"ot)/"), OURS, "a path of one machine"),
    (re.compile(r"/wo" + r"rk/(main|steering|[.])|/fa" + "rm/"), ANYWHERE, "a path of one machine"),
    (re.compile(r"\.\./" + "shared"), PUBLISHED, "whoever clones this does not have it"),
]
UNSAFE = re.compile(r"nonisolated\(un" + r"safe\)|^\s*(?!//).*\bunsafe\b")
SAFETY = re.compile(r"// Saf" + "ety:")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# Not the name of a test: SQL, and settings.
SQL_WORDS = re.compile(r"^`([A-Z]{3,} |\w+ = )")
FENCE = re.compile(r"^\s*(```|~~~)")

findings = []


def tracked():
    """The files of the project, also those not yet added."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, timeout=60,
    )
    names = {name for name in listing.stdout.decode().split("\0") if name}
    return sorted(name for name in names if os.path.isfile(name))


def lines_of(path):
    """The lines of a text file; none for anything else."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().split("\n")
    except UnicodeDecodeError:
        return []


def check_lines(path, lines):
    """Sizes, forbidden words and unsafe code without a reason."""
    text = list(lines)
    if text and text[-1] == "":
        text.pop()
    if len(text) > MAX_LINES and not path.endswith((".md", ".json")):
        findings.append(f"{path}:{MAX_LINES}: {len(text)} lines, split at {MAX_LINES}")
    for number, line in enumerate(text, 1):
        if len(line) > MAX_COLUMNS and SOURCES.search(path):
            findings.append(f"{path}:{number}: {len(line)} columns, the limit is {MAX_COLUMNS}")
        for pattern, where, what in RULES:
            if where.search(path) and pattern.search(line):
                findings.append(f"{path}:{number}: {what}: {line.strip()[:70]}")
        if SOURCES.search(path) and SWIFT.search(path) and UNSAFE.search(line):
            near = text[max(0, number - 4) : number + 1]
            if not any(SAFETY.search(other) for other in near):
                findings.append(f"{path}:{number}: unsafe without a Safety: line near it")


def anchor(heading):
    """The anchor that a Markdown heading gets."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(path):
    """All anchors of a page; a repeated heading gets -1, -2 and so on."""
    result, seen, fenced = set(), {}, False
    for line in lines_of(path):
        if FENCE.match(line):
            fenced = not fenced
        match = re.match(r"^#{1,6}\s+(.*?)\s*#*$", line)
        if match and not fenced:
            name = anchor(match[1])
            count = seen.get(name, 0)
            seen[name] = count + 1
            result.add(name if count == 0 else f"{name}-{count}")
    return result


def check_links(path, lines):
    """Relative links and their anchors."""
    fenced = False
    for number, line in enumerate(lines, 1):
        if FENCE.match(line):
            fenced = not fenced
        if fenced:
            continue
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if re.match(r"^[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, part = target.partition("#")
            page = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(page):
                findings.append(f"{path}:{number}: no such file: {target}")
            elif part and page.endswith(".md") and part not in anchors(page):
                findings.append(f"{path}:{number}: no such heading: {target}")


def check_tests_named(path, lines):
    """Tests that a table of a page names as proof: `name` with blanks, or "case" of one."""
    tests = "\n".join(
        "\n".join(lines_of(name)) for name in tracked() if TESTS.match(name) and SWIFT.search(name)
    )
    for number, line in enumerate(lines, 1):
        if not line.startswith("| "):
            continue
        # The second column says what the trap is, in words of its own.
        proof = "|".join(line.split("|")[3:])
        for name in re.findall(r"`[^`]* [^`]*`", proof):
            if f"func {name}" not in tests and not SQL_WORDS.match(name):
                findings.append(f"{path}:{number}: no such test: {name}")
        for name in re.findall(r'"[^"]*"', proof):
            if name not in tests:
                findings.append(f"{path}:{number}: no such test case: {name}")


def main():
    top = subprocess.run(
        ["git", "rev-parse", "--show-toplevel"], check=True, capture_output=True, timeout=60
    )
    os.chdir(top.stdout.decode().strip())
    for path in tracked():
        lines = lines_of(path)
        if os.path.getsize(path) > MAX_BYTES:
            findings.append(f"{path}: over {MAX_BYTES} bytes")
        check_lines(path, lines)
        if path.endswith(".md"):
            check_links(path, lines)
        if path == "docs/traps.md":
            check_tests_named(path, lines)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
