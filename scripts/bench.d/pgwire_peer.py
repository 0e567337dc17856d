"""One measure of a Python client, as a line of JSON: `pgwire_peer.py CLIENT MEASURE --name value …`.

Run by scripts/bench with the interpreter in which psycopg and asyncpg are installed. Units and
amounts are those of `pgwire-bench`. The password is in PGPASSWORD.
"""
import argparse
import asyncio
import json
import os
import time

# At the beginning: what this takes belongs to no measure.
import asyncpg
import psycopg

ROW = (1, "a text of some thirty characters")


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=["psycopg", "asyncpg"])
    parser.add_argument("measure")
    parser.add_argument("--port", type=int)
    parser.add_argument("--database")
    parser.add_argument("--sslmode", default="disable")
    parser.add_argument("--milliseconds", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--sql", default="")
    return parser.parse_args()


def timed(seconds, body):
    """Calls a second."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        body()
        count += 1
    return count / (time.perf_counter() - began)


# --- psycopg ---------------------------------------------------------------------------------------

def psycopg_connect(o):
    return psycopg.connect(
        host="127.0.0.1", port=o.port, dbname=o.database, user="postgres", sslmode=o.sslmode,
        autocommit=True)


def psycopg_prepared(o):
    with psycopg_connect(o) as connection, connection.cursor(binary=True) as cursor:
        def one():
            cursor.execute("SELECT 1", prepare=True)
            cursor.fetchall()
        return timed(o.milliseconds / 1000, one)


def psycopg_connects(o):
    def one():
        psycopg_connect(o).close()
    return timed(o.milliseconds / 1000, one)


def psycopg_rows(o):
    with psycopg_connect(o) as connection, connection.cursor(binary=True) as cursor:
        began, count = time.perf_counter(), 0
        for _ in cursor.stream(o.sql):
            count += 1
        return count / (time.perf_counter() - began)


def psycopg_copy_rows(o):
    with psycopg_connect(o) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        with cursor.copy(o.sql) as copy:
            copy.set_types(["int8", "text"])
            for number in range(o.rows):
                copy.write_row((number, ROW[1]))
        return o.rows / (time.perf_counter() - began)


def psycopg_pipeline(o):
    with psycopg_connect(o) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        with connection.pipeline():
            for _ in range(o.rows):
                cursor.execute("INSERT INTO pipelined VALUES (%s, %s)", ROW, prepare=True)
        return o.rows / (time.perf_counter() - began)


# --- asyncpg ---------------------------------------------------------------------------------------

def asyncpg_connect(o):
    return asyncpg.connect(
        host="127.0.0.1", port=o.port, database=o.database, user="postgres",
        password=os.environ["PGPASSWORD"], ssl=o.sslmode if o.sslmode != "disable" else False)


async def asyncpg_prepared(o):
    connection = await asyncpg_connect(o)
    statement = await connection.prepare("SELECT 1")
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < o.milliseconds / 1000:
        await statement.fetch()
        count += 1
    figure = count / (time.perf_counter() - began)
    await connection.close()
    return figure


async def asyncpg_connects(o):
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < o.milliseconds / 1000:
        await (await asyncpg_connect(o)).close()
        count += 1
    return count / (time.perf_counter() - began)


async def asyncpg_rows(o):
    connection = await asyncpg_connect(o)
    began, count = time.perf_counter(), 0
    async with connection.transaction():
        async for _ in connection.cursor(o.sql, prefetch=10_000):
            count += 1
    figure = count / (time.perf_counter() - began)
    await connection.close()
    return figure


async def asyncpg_copy_rows(o):
    connection = await asyncpg_connect(o)
    began = time.perf_counter()
    await connection.copy_records_to_table(
        "copied", records=((number, ROW[1]) for number in range(o.rows)))
    figure = o.rows / (time.perf_counter() - began)
    await connection.close()
    return figure


MEASURES = {
    ("psycopg", "prepared"): psycopg_prepared, ("psycopg", "connect"): psycopg_connects,
    ("psycopg", "rows"): psycopg_rows, ("psycopg", "copy-rows"): psycopg_copy_rows,
    ("psycopg", "pipeline"): psycopg_pipeline, ("asyncpg", "prepared"): asyncpg_prepared,
    ("asyncpg", "connect"): asyncpg_connects, ("asyncpg", "rows"): asyncpg_rows,
    ("asyncpg", "copy-rows"): asyncpg_copy_rows,
}


def main():
    o = options()
    measure = MEASURES[o.client, o.measure]
    value = asyncio.run(measure(o)) if o.client == "asyncpg" else measure(o)
    print(json.dumps({"value": value}))


if __name__ == "__main__":
    main()
