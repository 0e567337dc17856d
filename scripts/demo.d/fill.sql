-- The first rows, about 270,000 of them, run as `app`. Variables: scale (1 is the usual).

\o /dev/null
SELECT setseed(0.42);
INSERT INTO category
SELECT n, CASE WHEN n > 5 THEN (n - 1) % 5 + 1 END, 'category ' || n FROM generate_series(1, 40) n;

INSERT INTO customer (email, full_name, home, tags, preferences, credit)
SELECT 'Person.' || n || '@example.org', ' Person   ' || n,
    CASE WHEN n % 7 > 0 THEN row(n || ' High Street', 'Town ' || n % 300, 'P' || n % 9999, 'GB')::address END,
    CASE WHEN n % 3 = 0 THEN ARRAY['new', 'tag, with comma', NULL, '"quoted"'] ELSE '{}' END,
    jsonb_build_object('mail', n % 2 = 0, 'level', n % 5, 'note', E'tab\tand\nnewline \\ backslash'),
    (n % 1000) / 10.0
FROM generate_series(1, 20000 * :scale) n;

INSERT INTO supplier (name, rating, contact)
SELECT 'Supplier ' || n, random(), CASE WHEN n % 4 = 0 THEN '{"phone": null}'::jsonb END
FROM generate_series(1, 500) n;

INSERT INTO product (sku, title, category_id, supplier_id, price, weight, picture, sizes, legacy_code, note)
SELECT 'SKU-' || n, 'Thing number ' || n || ' – größer', n % 40 + 1, n % 500 + 1, (n % 5000) / 100.0,
    CASE n % 50 WHEN 0 THEN 'NaN' WHEN 1 THEN 'infinity' ELSE random() * 1e10 END::double precision,
    decode(md5(n::text), 'hex'), ARRAY[n % 40, NULL, n % 7], 'L' || n, repeat('note ', n % 9)
FROM generate_series(1, 5000) n;

INSERT INTO warehouse
SELECT 'W' || n, 'Warehouse ' || n, point(n, -n / 3.0), date '2001-01-01' + n,
    tstzrange(timestamptz '2020-01-01 08:00+00', CASE WHEN n % 2 = 0 THEN timestamptz '2030-01-01 18:00+00' END)
FROM generate_series(1, 8) n;

INSERT INTO stock
SELECT 'W' || w, p, (w * p) % 500, timestamp '2024-02-29 23:59:59.999999' FROM generate_series(1, 8) w,
    generate_series(1, 5000) p;

INSERT INTO sales_order (id, customer_id, state, via, ship_to, total, placed_at)
SELECT md5('order ' || n)::uuid, n % (20000 * :scale) + 1,
    (enum_range(NULL::order_state))[n % 5 + 1], (enum_range(NULL::channel))[n % 3 + 1],
    row(n || E' Low\\Street', NULL, '', 'FR')::address, n % 400, timestamptz '2024-01-01' + n * interval '1 minute'
FROM generate_series(1, 40000 * :scale) n;

INSERT INTO order_line (order_id, line_no, product_id, quantity, unit_price)
SELECT md5('order ' || n)::uuid, line, (n * line) % 5000 + 1, line + n % 3, (n % 10000) / 7.0
FROM generate_series(1, 40000 * :scale) n, generate_series(1, 3) line;

INSERT INTO account SELECT n, 1000, 0 FROM generate_series(1, 5000) n;

INSERT INTO payment (customer_id, amount, paid_at, took, from_address, details)
SELECT n % 20000 + 1, n % 90, timestamptz '2024-01-01' + n * interval '17 seconds',
    n % 60 * interval '1 month 2 days 03:04:05.6', ('10.0.' || n % 256 || '.1')::inet,
    '{"a": 1,  "a": 2}'
FROM generate_series(1, 20000 * :scale) n;

INSERT INTO coupon SELECT 'C-' || n, n % 100, daterange(date '2024-01-01', date '2024-01-01' + n % 365 + 1)
FROM generate_series(1, 2000) n;

INSERT INTO web_event (kind, body)
SELECT 'view', jsonb_build_object('page', n, 'ms', random()) FROM generate_series(1, 20000 * :scale) n;

INSERT INTO "Audit Log"
SELECT date '2024-01-01' + n / 100, n % 100, CASE WHEN n % 5 > 0 THEN 'entry ' || n END
FROM generate_series(0, 4999) n;
\o
