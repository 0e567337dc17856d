-- Money moves: the sum over account is the same before and after. Rows are locked in key order.
\set a random(1, 4999)
\set b random(:a + 1, 5000)
\set amount random(-50, 50)
BEGIN;
UPDATE account SET balance = balance - :amount, version = version + 1 WHERE id = :a;
UPDATE account SET balance = balance + :amount, version = version + 1 WHERE id = :b;
COMMIT;
