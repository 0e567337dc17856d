"""A row for every table with a key, and whether the rows of two databases are alike."""
import json

TABLES = """
SELECT coalesce(json_agg(t ORDER BY t.schema, t.name), '[]') FROM (
    SELECT n.nspname AS schema, c.relname AS name,
        (SELECT json_agg(json_build_object(
                'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                'base', (WITH RECURSIVE b AS (
                    SELECT y.oid, y.typbasetype, 0 AS depth FROM pg_type y WHERE y.oid = a.atttypid
                    UNION ALL SELECT y.oid, y.typbasetype, depth + 1 FROM b JOIN pg_type y ON y.oid = b.typbasetype)
                    SELECT format_type(b.oid, NULL) FROM b ORDER BY depth DESC LIMIT 1),
                'kind', (SELECT y.typtype::text || y.typcategory::text FROM pg_type y WHERE y.oid = a.atttypid),
                'label', (SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = a.atttypid
                          ORDER BY e.enumsortorder LIMIT 1),
                'needed', a.attnotnull, 'default', a.atthasdef, 'identity', a.attidentity <> '',
                'generated', a.attgenerated <> '') ORDER BY a.attnum)
            FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'
      AND n.nspname NOT IN ('information_schema', 'teleport') AND c.relpersistence <> 't'
      AND EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)) t
"""
# A text that is a value of the type, by the base type's name.
VALUES = {
    "boolean": "true", "date": "2024-02-29", "time without time zone": "12:00",
    "time with time zone": "12:00+00", "timestamp without time zone": "2024-02-29 12:00",
    "timestamp with time zone": "2024-02-29 12:00+00", "interval": "1 day", "json": '{"a": 1}',
    "jsonb": '{"a": 1}', "xml": "<a/>", "inet": "10.0.0.1", "cidr": "10.0.0.0/8",
    "macaddr": "08:00:2b:01:02:03", "macaddr8": "08:00:2b:01:02:03:04:05", "point": "(1,1)",
    "bytea": "\\x01", "tsvector": "a", "tsquery": "a", "box": "(1,1),(0,0)", "circle": "<(1,1),1>",
    "uuid": "00000000-0000-4000-8000-000000000001",
}


def identifier(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def value(column):
    """A literal for a column; the same for every column of a type, so that references find it."""
    base, kind = column["base"], column["kind"]
    if column["label"] is not None:
        return literal(column["label"])
    if base.endswith("[]"):
        return "'{}'"
    if kind[0] == "r":
        return "'empty'"
    if kind[0] == "m":
        return "'{}'"
    if base in VALUES:
        return literal(VALUES[base])
    return "'1'" if kind[0] in "bd" else "NULL"


def insert(table, everything):
    """An INSERT of one row, of all columns or of those only that need a value."""
    names, values = [], []
    for column in table["columns"]:
        if column["generated"] or column["identity"]:
            continue
        if column["default"] or not (everything or column["needed"]):
            continue
        names.append(identifier(column["name"]))
        values.append(value(column))
    name = f"{identifier(table['schema'])}.{identifier(table['name'])}"
    if not names:
        return f"INSERT INTO {name} DEFAULT VALUES"
    return f"INSERT INTO {name} ({', '.join(names)}) VALUES ({', '.join(values)})"


def tables(sql, database):
    """The tables with a key."""
    return json.loads(sql(database, TABLES))


def fill(attempt, found):
    """Inserts a row into each table; returns how many the source took, and how many it refused.

    A table may refer to another one that is filled later: what failed is tried again as long as
    something succeeds.
    """
    waiting, taken = list(found), 0
    while waiting:
        left = [table for table in waiting
                if not attempt(insert(table, True)) and not attempt(insert(table, False))]
        taken += len(waiting) - len(left)
        if len(left) == len(waiting):
            break
        waiting = left
    return taken, len(waiting)


def without(found, named):
    """The tables without columns that a report names, such as a generated one without values."""
    def keeps(table, column):
        return ".".join((table["schema"], table["name"], column["name"])) not in named
    return [{**table, "columns": [column for column in table["columns"] if keeps(table, column)]}
            for table in found]


def digests(sql, database, found, schema=None):
    """Count and digest of each table's rows, by schema and name; `schema` where they are mapped."""
    if not found:
        return {}
    parts = []
    for number, table in enumerate(found):
        columns = ", ".join("t." + identifier(column["name"]) for column in table["columns"])
        name = f"{identifier(schema or table['schema'])}.{identifier(table['name'])}"
        parts.append(
            f"SELECT {number}, count(*) || ' ' || md5(coalesce(string_agg(ROW({columns})::text, "
            f"chr(10) ORDER BY ROW({columns})::text COLLATE \"C\"), '')) FROM {name} t")
    text = sql(database, "SET TimeZone = UTC; SET DateStyle = ISO; SET search_path = '';"
               + ";".join(parts))
    answers = dict(line.split("|", 1) for line in text.split("\n") if "|" in line)
    return {(table["schema"], table["name"]): answers.get(str(number))
            for number, table in enumerate(found)}
