"""Runs measurements by name, prints a table and writes the result files. See scripts/bench."""
import argparse
import os
import sys

import capture
import catalog
import drain
import lag
import load
import pgwire
from rig import Rig, save


def memory(rig, runs):
    """The peaks of load and drain, which other benches measure on their way."""
    measures = []
    for name, bench in (("load", load), ("drain", drain)):
        for measure in bench.run(rig, runs)[-2:]:
            measure.name += f", {name}"
            measures.append(measure)
    return measures


# What runs, and how often when nothing else is asked for.
BENCHES = {
    "capture": (capture.run, 3), "catalog": (catalog.run, 3), "drain": (drain.run, 2),
    "lag": (lag.run, 1),
    "load": (load.run, 2), "memory": (memory, 1),
    "pgwire": (pgwire.run, 3),
}


def verdict(result):
    """The peer, the aim, and whether it is met."""
    words = [result["peer"] or "", result["aim"] or ""]
    if result["ok"] is not None:
        words.append("ok" if result["ok"] else "MISSED")
    return ", ".join(word for word in words if word)


def show(name, facts, results):
    print(f"\n{name}: commit {facts['commit']}, PostgreSQL {facts['postgres']}, {facts['machine']}")
    print(f"{'':<46}{'unit':<16}{'ours':>11}{'theirs':>11}{'ratio':>8}{'spread':>8}  beside, aim")
    for r in results:
        theirs = "" if r["theirs"] is None else f"{r['theirs']:,.1f}"
        ratio = "" if r["ratio"] is None else f"{r['ratio']:.2f}"
        print(f"{r['name']:<46}{r['unit']:<16}{r['ours']:>11,.1f}{theirs:>11}{ratio:>8}"
              f"{r['spread']:>8.2f}  {verdict(r)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--work", "--teleportd", "--root", "--client", "--python"):
        parser.add_argument(name, required=True)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("names", nargs="+", choices=sorted(BENCHES))
    options = parser.parse_args()
    rig = Rig(options.work, options.teleportd, options.root, options.scale)
    rig.client, rig.python = options.client, options.python
    for name in options.names:
        bench, runs = BENCHES[name]
        results = [measure.result() for measure in bench(rig, options.runs or runs)]
        show(name, rig.facts(), results)
        if options.scale == 1.0:
            save(os.path.join(options.root, ".bench", name + ".json"), rig.facts(), results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
