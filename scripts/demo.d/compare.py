"""Compares every table of two schemas row for row, by a count and a checksum.

    compare.py SOURCE_URI SOURCE_SCHEMA TARGET_URI TARGET_SCHEMA

The tables, their columns and the order of the columns come from the source's catalog; both sides
then answer the same query. Also compared: which tables there are, columns with their types, keys,
the number of indexes, enum labels. Prints a table, then what differs; exits 1 when anything does.
"""
import json
import subprocess
import sys

TABLES = """
SELECT coalesce(json_agg(t ORDER BY t.name), '[]') FROM (
    SELECT c.relname AS name, c.oid::bigint AS oid,
        (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod),
                a.attnotnull) ORDER BY a.attnum)
            FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
        (SELECT json_agg(a.attname ORDER BY k.n)
            FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n), pg_attribute a
            WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid
                AND a.attnum = k.attnum) AS key,
        (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid) AS indexes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = '{schema}' AND c.relkind IN ('r', 'p') AND NOT c.relispartition) t
"""
ENUMS = """
SELECT coalesce(json_object_agg(name, labels ORDER BY name), '{{}}') FROM (
    SELECT t.typname AS name, json_agg(e.enumlabel ORDER BY e.enumsortorder) AS labels
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = '{schema}' GROUP BY t.typname) e
"""
# How long one query may take, in seconds.
LIMIT = 300


def identifier(name):
    return '"' + name.replace('"', '""') + '"'


class Side:
    """One database and the schema that is compared in it."""

    def __init__(self, uri, schema):
        self.uri, self.schema = uri, schema

    def query(self, sql):
        # Own types print bare on both sides, and values do not depend on who looks.
        path = f"SET search_path = {identifier(self.schema)}, public; SET TimeZone = 'UTC';"
        path += "SET DateStyle = ISO; SET extra_float_digits = 3; SET max_parallel_workers_per_gather = 0;"
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.uri, "-f", "-"],
            input=path + sql, capture_output=True, text=True, timeout=LIMIT,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def tables(self):
        sql = TABLES.format(schema=self.schema.replace("'", "''"))
        return {table["name"]: table for table in json.loads(self.query(sql))}

    def enums(self):
        return json.loads(self.query(ENUMS.format(schema=self.schema.replace("'", "''"))))

    def name(self, table):
        return identifier(self.schema) + "." + identifier(table["name"])

    def checksum(self, table):
        """Rows and a digest over the digests of all rows, in an order that no collation changes."""
        row = "ROW(" + ", ".join("t." + identifier(c[0]) for c in table["columns"]) + ")::text"
        answer = self.query(
            f"SELECT count(*), md5(coalesce(string_agg(h, '' ORDER BY h COLLATE \"C\"), '')) "
            f"FROM (SELECT md5({row}) AS h FROM {self.name(table)} t) r"
        )
        count, digest = answer.split("|")
        return int(count), digest

    def rows(self, table):
        """The digest of each row by its key."""
        key = ", ".join("t." + identifier(c) for c in table["key"] or [])
        row = "ROW(" + ", ".join("t." + identifier(c[0]) for c in table["columns"]) + ")::text"
        key = f"ROW({key})::text" if key else row
        lines = self.query(f"SELECT md5({row}) || ' ' || {key} FROM {self.name(table)} t")
        return {line[33:]: line[:32] for line in lines.split("\n") if line}


def differing_keys(source, target, table):
    """Up to five keys whose rows differ, for the report."""
    left, right = source.rows(table), target.rows(table)
    keys = [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]
    words = []
    for key in sorted(keys)[:5]:
        side = "only on the source" if key not in right else "only on the target"
        words.append(f"{key} {side if key not in left or key not in right else 'differs'}")
    return f"{len(keys)} rows: " + "; ".join(words)


def described(table):
    """What of a table's definition must be equal on both sides."""
    return {"columns": sorted(map(str, table["columns"])), "key": table["key"],
            "indexes": table["indexes"]}


def only(one, other):
    """What of a list the other has not; anything else whole."""
    if isinstance(one, list) and isinstance(other, list) and set(one) != set(other):
        return [item for item in one if item not in other]
    return one


def main():
    if len(sys.argv) != 5:
        print(__doc__.split("\n")[2].strip(), file=sys.stderr)
        return 2
    source, target = Side(*sys.argv[1:3]), Side(*sys.argv[3:5])
    ours, theirs = source.tables(), target.tables()
    problems, rows = [], 0
    print(f"{'table':<18}{'rows':>10}{'rows':>10}   {'source':<14}{'target':<14}")
    for name, table in ours.items():
        left, right = source.checksum(table), (0, "missing")
        if name in theirs:
            try:
                right = target.checksum(table)
            except RuntimeError as error:
                right = (0, "error")
                problems.append(f"{name}: the target says {error}")
        rows += left[0]
        verdict = "equal" if left == right else "DIFFERS"
        print(f"{name:<18}{left[0]:>10}{right[0]:>10}   {left[1][:12]:<14}{right[1][:12]:<14}{verdict}")
        if name not in theirs:
            problems.append(f"{name}: not on the target")
            continue
        if left != right and right[1] != "error":
            problems.append(f"{name}: {differing_keys(source, target, table)}")
        other = described(theirs[name])
        for part, value in described(table).items():
            if other[part] != value:
                problems.append(f"{name}: {part} differ: {only(value, other[part])} on the source, "
                                f"{only(other[part], value)} on the target")
    for name in sorted(theirs.keys() - ours.keys()):
        problems.append(f"{name}: only on the target")
    if source.enums() != target.enums():
        problems.append(f"enum labels differ: {source.enums()} / {target.enums()}")
    print(f"{len(ours)} tables, {rows} rows: " + ("equal" if not problems else "NOT equal"))
    for problem in problems:
        print("  " + problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
