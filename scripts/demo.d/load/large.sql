-- One large transaction: some ten thousand rows.
\set from random(1, 12000)
BEGIN;
UPDATE payment SET amount = amount + 1 WHERE id BETWEEN :from AND :from + 4000;
INSERT INTO web_event (kind, body) SELECT 'bulk', jsonb_build_object('n', n) FROM generate_series(1, 4000) n;
DELETE FROM web_event WHERE id IN (SELECT id FROM web_event WHERE kind = 'bulk' ORDER BY id LIMIT 3000 FOR UPDATE SKIP LOCKED);
COMMIT;
