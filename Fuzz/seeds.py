"""Writes first inputs for a fuzz target: golden transcripts of servers.

    seeds.py decoder|session FOLDER
"""
import os
import struct
import sys


def frame(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


def text(*words):
    return b"".join(word + b"\0" for word in words)


LOGIN = [
    frame(b"R", struct.pack("!i", 10) + text(b"SCRAM-SHA-256-PLUS", b"SCRAM-SHA-256") + b"\0"),
    frame(b"R", struct.pack("!i", 11) + b"r=nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
    frame(b"R", struct.pack("!i", 12) + b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
    frame(b"R", struct.pack("!i", 0)),
    frame(b"R", struct.pack("!i", 3)),
    frame(b"R", struct.pack("!i", 5) + b"salt"),
    frame(b"v", struct.pack("!ii", 0x30000, 1) + text(b"_pq_.x")),
    frame(b"S", text(b"server_version", b"15.1")),
    frame(b"K", struct.pack("!i", 9) + b"key!" * 8),
    frame(b"Z", b"I"),
]
COLUMN = text(b"id") + struct.pack("!ihihih", 0, 0, 23, 4, -1, 0)
ANSWER = [
    frame(b"1"), frame(b"2"), frame(b"n"), frame(b"t", struct.pack("!hi", 1, 23)),
    frame(b"T", struct.pack("!h", 1) + COLUMN), frame(b"D", struct.pack("!hi", 1, 1) + b"7"),
    frame(b"D", struct.pack("!hi", 1, -1)), frame(b"C", text(b"SELECT 2")), frame(b"s"), frame(b"I"),
    frame(b"E", b"S" + text(b"ERROR") + b"C" + text(b"42P01") + b"M" + text(b"no") + b"\0"),
    frame(b"N", b"S" + text(b"NOTICE") + b"M" + text(b"well") + b"\0"),
    frame(b"A", struct.pack("!i", 9) + text(b"channel", b"payload")), frame(b"Z", b"T"),
]
COPY = [
    frame(b"H", struct.pack("!bhh", 0, 1, 0)), frame(b"d", b"1\n"), frame(b"d", b"2\n"), frame(b"c"),
    frame(b"C", text(b"COPY 2")), frame(b"Z", b"I"),
]
COPY_IN = [frame(b"G", struct.pack("!bhh", 0, 1, 0)), frame(b"W", struct.pack("!bh", 0, 0))]


def served(*messages):
    """What the session's fuzzer takes for bytes of the server."""
    return b"".join(b"\0" + bytes([len(message)]) + message for message in messages)


TRUST = served(LOGIN[3], LOGIN[7], LOGIN[8], LOGIN[9])
SEEDS = {
    "decoder": [
        bytes([cut]) + b"".join(part) for cut in (0, 7) for part in (LOGIN, ANSWER, COPY, COPY_IN)
    ],
    "session": [
        TRUST,
        served(*LOGIN[:2]) + b"\x08" + served(*LOGIN[2:]),
        served(LOGIN[6], LOGIN[4], *LOGIN[7:]),
        TRUST + b"\x01" + served(*ANSWER[4:]),
        TRUST + b"\x02" + served(*ANSWER),
        TRUST + b"\x03" + served(*COPY[:2]) + b"\x07" + served(*COPY[2:]),
        TRUST + b"\x04" + served(COPY_IN[0]) + b"\x05" + served(*COPY[4:]),
        TRUST + b"\x04\x06" + served(COPY_IN[0], ANSWER[10], COPY[5]) + b"\x01",
    ],
}


def main():
    target, folder = sys.argv[1], sys.argv[2]
    for number, seed in enumerate(SEEDS[target]):
        with open(os.path.join(folder, f"seed-{number}"), "wb") as file:
            file.write(seed)


if __name__ == "__main__":
    main()
