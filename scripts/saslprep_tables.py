"""Writes Sources/PGWire/Auth/UnicodeTables.swift from Python's copy of the Unicode character database.

    python3 scripts/saslprep_tables.py

SASLprep refuses what Unicode 3.2 did not know (RFC 3454, table A.1), so only characters of 3.2 are
in the tables; their mappings are the current ones, which PostgreSQL uses too.
"""
import base64
import os
import stringprep
import unicodedata

HANGUL = range(0xAC00, 0xD7A4)
KNOWN = [
    code
    for code in range(0x110000)
    if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cn", "Cs", "Co") and code not in HANGUL
]


def varint(value):
    """LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    """A signed number as an unsigned one."""
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def decompositions():
    """Full compatibility decompositions; runs in which source and target grow together are one."""
    runs = []
    for code in KNOWN:
        target = [ord(c) for c in unicodedata.normalize("NFKD", chr(code))]
        if target == [code]:
            continue
        if runs:
            first, count, last = runs[-1]
            grows = len(target) == len(last) == 1 and target[0] == last[0] + count
            if grows and code == first + count:
                runs[-1] = (first, count + 1, last)
                continue
        runs.append((code, 1, target))
    out, end = b"", 0
    for first, count, target in runs:
        out += varint(first - end) + varint(len(target) << 1 | (count > 1))
        if count > 1:
            out += varint(count)
        before = first
        for scalar in target:
            out += zigzag(scalar - before)
            before = scalar
        end = first + count
    return out


def compositions():
    """Pairs that compose, without those that Unicode excludes."""
    out, before = b"", 0
    for code in KNOWN:
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        if unicodedata.normalize("NFC", chr(code)) != chr(code):
            continue
        out += varint(code - before) + zigzag(int(parts[0], 16) - code)
        out += zigzag(int(parts[1], 16) - 0x300)
        before = code
    return out


def ranges(contains):
    """Closed ranges, as gap and length."""
    out, end, code = b"", 0, 0
    while code < 0x110000:
        if not contains(chr(code)):
            code += 1
            continue
        first = code
        while code < 0x110000 and contains(chr(code)):
            code += 1
        out += varint(first - end) + varint(code - first)
        end = code
    return out


def literal(name, comment, data):
    """A Swift property."""
    text = base64.b64encode(data).decode()
    lines = [text[start : start + 92] for start in range(0, len(text), 92)]
    body = "\n".join(f"        {line}" for line in lines)
    return f'    /// {comment}\n    static let {name} = """\n{body}\n        """\n'


def write(path, opening, parts):
    """A Swift file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            "// Written by scripts/saslprep_tables.py: edit that.\n\n"
            + opening
            + " {\n"
            + "\n".join(parts)
            + "}\n"
        )


def main():
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Sources/PGWire/Auth")
    write(
        os.path.join(top, "UnicodeTables.swift"),
        "/// What SASLprep needs of the Unicode character database"
        f" {unicodedata.unidata_version} and of RFC 3454,\n"
        "/// as base64 of LEB128 numbers, signed ones in zigzag.\n"
        "enum UnicodeTables",
        [
            literal(
                "decompositions",
                "Runs: gap, targets × 2 + is a run, its length, targets.",
                decompositions(),
            ),
            literal(
                "compositions",
                "Gap of the composite, first - composite, second - U+0300.",
                compositions(),
            ),
        ],
    )
    write(
        os.path.join(top, "UnicodeTables+Direction.swift"),
        "/// Which way characters are written (RFC 3454, appendix D).\nextension UnicodeTables",
        [
            literal(
                "rightToLeft", "Table D.1: gap and length.", ranges(stringprep.in_table_d1)
            ),
            literal("leftToRight", "Table D.2: gap and length.", ranges(stringprep.in_table_d2)),
        ],
    )


if __name__ == "__main__":
    main()
