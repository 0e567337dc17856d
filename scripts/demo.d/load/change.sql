-- Updates and deletes over several tables.
\set customer random(1, 20000)
\set product random(1, 5000)
\set house random(1, 8)
UPDATE stock SET quantity = (quantity + 7) % 500, counted_at = localtimestamp
    WHERE warehouse_code = 'W' || :house AND product_id = :product;
UPDATE customer SET tags = tags || 'seen'::text, preferences = preferences || '{"last": 1}'
    WHERE id = :customer AND cardinality(tags) < 20;
UPDATE product SET price = price + 0.01, picture = sha256(picture) WHERE id = :product;
UPDATE sales_order SET state = 'shipped' WHERE id = md5('order ' || :customer)::uuid;
DELETE FROM payment WHERE id = :customer;
INSERT INTO web_event (kind, body) VALUES ('click', '{"x": [1, null, "\u00fc"]}');
