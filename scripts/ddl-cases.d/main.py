"""Runs cases through real daemons, several at once, and counts how they end.

equal     the definitions of both sides are the same, and so are the rows written afterwards
reported  they differ, and every difference is named in a report
SILENT    they differ, and nothing says so
wrong     a report or a claim is not true: an object was changed into something else, or rows differ
error     the target did not follow, or something crashed
"""
import argparse
import concurrent.futures
import json
import os
import sys
import threading
import time
import traceback

import rows
from case import cases
from rig import Rig, Server, Stage

VERDICTS = ["equal", "reported", "SILENT", "wrong", "error"]
BAD = VERDICTS[2:]


class Outcome:
    """How a case ended for one target."""

    def __init__(self, name, way, needs_more):
        self.verdict, self.headline, self.details = "equal", "", []
        self.name, self.way, self.needs_more, self.refused_rows = name, way, needs_more, 0

    def worse(self, verdict, headline, details=()):
        if VERDICTS.index(verdict) > VERDICTS.index(self.verdict):
            self.verdict, self.headline = verdict, " ".join(headline.split())
        self.details += details

    def line(self):
        mark = " (needs a superuser)" if self.needs_more else ""
        tail = f": {self.headline[:300]}" if self.headline else ""
        return f"{self.name} [{self.way}] {self.verdict}{mark}{tail}"

    def result(self):
        return {
            "case": self.name, "way": self.way, "verdict": self.verdict,
            "headline": self.headline, "needs_superuser": self.needs_more,
            "refused_rows": self.refused_rows, "details": self.details,
        }


def judge(outcome, label, found, reports, logged):
    """Adds what differs in the definitions to an outcome."""
    if not found:
        return
    opened = [d for d in found if not any(d.is_explained(report) for report in reports)]
    details = [f"{label}: {'! ' if d in opened else ''}{d.title}\n" + "\n".join(d.lines)
               for d in found]
    details += [f"reported: {r['kind']} {r['name']}: {r['reason']}" for r in reports]
    if not opened:
        words = "; ".join(f"{r['kind']} {r['name']}: {r['reason']}" for r in reports
                          if any(d.is_explained(r) for d in found))
        outcome.worse("reported", f"{label}: {words}", details)
        return
    first = opened[0]
    claimed = first.target and first.own_name in logged
    outcome.worse("wrong" if claimed else "SILENT", f"{label}: {first.title} {first.lines[:2]}",
                  details)


def look(stage, label, outcomes):
    """Waits for every target that still follows, and compares its definitions."""
    for way, outcome in zip(stage.ways, outcomes):
        if outcome.verdict == "error":
            continue
        obstacle = stage.sync(way)
        if obstacle:
            outcome.worse("error", f"{label}: {obstacle}", [obstacle, stage.daemon.tail()])
            continue
        judge(outcome, label, stage.compare(way), stage.reports(), stage.daemon.tail())


def compare_rows(stage, outcomes):
    """Writes a row into each table with a key, and compares the rows of both sides."""
    found, refused = stage.fill()
    for way, outcome in zip(stage.ways, outcomes):
        outcome.refused_rows = refused
        if outcome.verdict == "error":
            continue
        obstacle = stage.sync(way)
        if obstacle:
            outcome.worse("error", f"rows: {obstacle}", [obstacle, stage.daemon.tail()])
            continue
        named = {report["name"] for report in stage.reports()}
        tables = [name for name in stage.differing_rows(way, rows.without(found, named))
                  if name not in named]
        if tables:
            outcome.worse("wrong", f"rows differ: {', '.join(tables)}")


def run_stage(rig, case, as_superuser):
    """One run of a case; the outcomes, and whether a plain role was not enough."""
    stage = Stage(rig, case, as_superuser)
    try:
        stage.begin()
        if stage.needs_more and not as_superuser:
            return [], True
        stage.start()
        outcomes = [Outcome(case.name, way.name, as_superuser) for way in stage.ways]
        look(stage, "a", outcomes)
        stage.change()
        if stage.needs_more and not as_superuser:
            return [], True
        mapped = stage.ways[-1].schema
        if mapped and mapped != "public" and stage.is_in_use("public"):
            # More than one schema now: only one can be mapped.
            stage.ways.pop().daemon.stop()
            outcomes.pop()
        look(stage, "b", outcomes)
        compare_rows(stage, outcomes)
        return outcomes, False
    finally:
        stage.end()


def run_case(rig, case):
    if case.minimum_version > rig.server.version:
        return []
    try:
        outcomes, needs_more = run_stage(rig, case, False)
        return run_stage(rig, case, True)[0] if needs_more else outcomes
    except Exception as error:  # whatever breaks here is a case that failed, and is shown as one
        outcome = Outcome(case.name, "same", False)
        outcome.worse("error", str(error), [traceback.format_exc()])
        return [outcome]


def totals(outcomes):
    """Counts by way and verdict, and how many of those without a superuser are equal."""
    count = {}
    for outcome in outcomes:
        way = count.setdefault(outcome.way, dict.fromkeys(VERDICTS, 0))
        way[outcome.verdict] += 1
    plain = [outcome for outcome in outcomes if not outcome.needs_more]
    equal = sum(outcome.verdict == "equal" for outcome in plain)
    return {"ways": count, "plain": len(plain), "plain_equal": equal,
            "plain_equal_percent": round(100 * equal / len(plain), 1) if plain else None,
            "rows_refused_by_the_source": sum(outcome.refused_rows for outcome in outcomes)}


def save(path, outcomes, summary):
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump({"totals": summary, "cases": [outcome.result() for outcome in outcomes]}, file,
                  indent=1, ensure_ascii=False)
        file.write("\n")
    os.replace(path + ".part", path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--work", required=True)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--ports", nargs="+", type=int, required=True)
    parser.add_argument("--teleportd", required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("--json")
    options = parser.parse_args()
    found = cases(options.folder, options.only)
    if not found:
        print("no case fits", file=sys.stderr)
        return 2
    rigs = []
    for number, port in enumerate(options.ports):
        server = Server(os.path.join(options.work, f"server{number}"), port, options.bin)
        rigs.append(Rig(options.work, server, options.teleportd, options.option))
        roles = os.path.join(options.folder, "roles.sql")
        if os.path.exists(roles):
            server.load("postgres", roles, "postgres")
    free, lock, outcomes, began = list(rigs), threading.Lock(), [], time.monotonic()

    def work(case):
        with lock:
            rig = free.pop()
        started = time.monotonic()
        ended = run_case(rig, case)
        with lock:
            free.append(rig)
            outcomes.extend(ended)
            for outcome in ended:
                print(outcome.line(), flush=True)
            if not ended:
                print(f"{case.name}: skipped, for a newer server", flush=True)
            if time.monotonic() - started > 60:
                print(f"{case.name}: took {time.monotonic() - started:.0f} s", flush=True)
            if options.json:
                save(options.json, outcomes, totals(outcomes))

    with concurrent.futures.ThreadPoolExecutor(len(rigs)) as pool:
        for task in [pool.submit(work, case) for case in found]:
            task.result()
    summary = totals(outcomes)
    for way, count in sorted(summary["ways"].items()):
        print(f"totals [{way}]: " + ", ".join(f"{count[word]} {word}" for word in VERDICTS))
    if summary["plain"]:
        print(f"without a superuser: {summary['plain_equal']} of {summary['plain']} equal, "
              f"{summary['plain_equal_percent']} %; rows that the source refused: "
              f"{summary['rows_refused_by_the_source']}; {time.monotonic() - began:.0f} s")
    return 1 if any(outcome.verdict in BAD for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
