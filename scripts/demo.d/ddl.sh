# shellcheck shell=bash
# The schema changes of the demonstration, each a function that runs as `app` while the
# application writes. A statement that waits for a lock gives up after two seconds and is tried
# again, so that it never blocks the application for long. Sourced by scripts/demo,
# which sets what is not assigned here.
# shellcheck disable=SC2154

# app_sql: runs the SQL on standard input as one transaction or fails after ten attempts.
app_sql() {
    local sql attempt
    sql=$(cat)
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        if printf 'SET lock_timeout = 2000;\n%s\n' "$sql" |
            psql -X -q -v ON_ERROR_STOP=1 "$app_uri" >"$work/ddl.out" 2>&1; then
            return 0
        fi
        grep -q 'lock timeout\|deadlock detected' "$work/ddl.out" || break
    done
    cat "$work/ddl.out" >&2
    die "the schema change failed after $attempt attempts"
}

add_columns() {
    say "  columns added: one plain, one with a default, one with a volatile default (a rewrite)"
    app_sql <<'SQL'
ALTER TABLE customer ADD COLUMN phone text;
ALTER TABLE customer ADD COLUMN points integer NOT NULL DEFAULT 100;
UPDATE customer SET phone = '+44 ' || id, points = id % 90 WHERE id % 3 = 0;
SQL
    app_sql <<'SQL'
BEGIN;
ALTER TABLE coupon ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
COMMIT;
SQL
}

rename_column() {
    say "  a column renamed, and written under its new name"
    app_sql <<'SQL'
ALTER TABLE product RENAME COLUMN legacy_code TO old_code;
UPDATE product SET old_code = old_code || '-' || id WHERE id % 5 = 0;
SQL
}

drop_column() {
    say "  a column dropped, and another added under its name"
    app_sql <<'SQL'
BEGIN;
ALTER TABLE product DROP COLUMN note;
ALTER TABLE product ADD COLUMN note varchar(200) DEFAULT 'none';
UPDATE product SET note = 'new note of ' || id WHERE id % 2 = 0;
COMMIT;
SQL
}

create_table() {
    say "  a table created and filled with 10,000 rows"
    app_sql <<'SQL'
BEGIN;
CREATE TABLE shipment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid REFERENCES sales_order (id),
    carrier text NOT NULL DEFAULT 'post',
    sent_at timestamptz,
    parcels smallint[] NOT NULL,
    CONSTRAINT some_parcels CHECK (cardinality(parcels) > 0)
);
CREATE INDEX shipment_order ON shipment (order_id);
INSERT INTO shipment (order_id, sent_at, parcels)
SELECT md5('order ' || n)::uuid, timestamptz '2024-03-01' + n * interval '1 hour', ARRAY[n % 9, 1]
FROM generate_series(1, 10000) n;
COMMIT;
UPDATE shipment SET carrier = 'courier' WHERE id % 10 = 0;
DELETE FROM shipment WHERE id % 97 = 0;
SQL
}

add_enum_value() {
    say "  an enum value added and used, another renamed"
    app_sql <<'SQL'
ALTER TYPE order_state ADD VALUE 'returned' AFTER 'shipped';
UPDATE sales_order SET state = 'returned' WHERE id IN
    (SELECT md5('order ' || n)::uuid FROM generate_series(20001, 21000) n);
ALTER TYPE channel RENAME VALUE 'phone' TO 'telephone';
UPDATE sales_order SET via = 'telephone' WHERE id IN
    (SELECT md5('order ' || n)::uuid FROM generate_series(22001, 22500) n);
SQL
}

truncate_table() {
    say "  a table truncated"
    app_sql <<'SQL'
TRUNCATE web_event;
INSERT INTO web_event (kind) SELECT 'after the truncate' FROM generate_series(1, 100);
SQL
}
