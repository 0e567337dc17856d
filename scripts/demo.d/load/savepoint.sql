-- Parts of transactions are taken back; some whole transactions too.
\set n random(1, 99)
\set day random(0, 400)
\set product random(1, 5000)
BEGIN;
INSERT INTO "Audit Log" VALUES (date '2025-01-01' + :day, :n, 'kept')
    ON CONFLICT ("Day", "seq.no") DO UPDATE SET "what ""exactly""" = 'kept again';
SAVEPOINT one;
DELETE FROM "Audit Log" WHERE "Day" = date '2024-01-01' + :n % 40;
INSERT INTO web_event (kind) VALUES ('taken back');
ROLLBACK TO one;
SAVEPOINT two;
UPDATE stock SET quantity = quantity / 2 WHERE warehouse_code = 'W1' AND product_id = :product;
RELEASE two;
COMMIT;
BEGIN;
DELETE FROM "Audit Log" WHERE "Day" = date '2025-01-01' + :day;
ROLLBACK;
