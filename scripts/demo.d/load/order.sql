-- A new order with its lines; now and then one goes through.
\set customer random(1, 20000)
\set product random(1, 5000)
\set quantity random(1, 9)
BEGIN;
WITH placed AS (
    INSERT INTO sales_order (customer_id, state, via, ship_to)
    VALUES (:customer, 'placed', 'web', row('1 New Road', 'Town', NULL, 'GB')::address) RETURNING id
)
INSERT INTO order_line (order_id, line_no, product_id, quantity, unit_price)
SELECT id, n, (:product + n) % 5000 + 1, :quantity, 12.3456 FROM placed, generate_series(1, 4) n;
INSERT INTO payment (customer_id, amount, took, details) VALUES (:customer, :quantity * 2.5, '00:00:01', '{"ok": true}');
COMMIT;
