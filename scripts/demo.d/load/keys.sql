-- Keys change: new values, and two rows that exchange a unique value.
\set n random(1, 2000)
\set m random(1, 999999999)
\set c random(1, 39)
BEGIN;
UPDATE coupon SET code = 'C-' || :n || '-' || :m, used = used + 1
    WHERE code = (SELECT code FROM coupon WHERE code LIKE 'C-' || :n || '%' ORDER BY code LIMIT 1);
INSERT INTO coupon VALUES ('N-' || :m, 5, NULL) ON CONFLICT (code) DO UPDATE SET used = coupon.used + 1;
DELETE FROM coupon WHERE code = (SELECT code FROM coupon WHERE code LIKE 'N-%' ORDER BY code LIMIT 1);
COMMIT;
BEGIN;
UPDATE category SET title = '#' || title WHERE id IN (:c, :c + 1);
UPDATE category a SET title = substr(b.title, 2) FROM category b
    WHERE (a.id, b.id) IN ((:c, :c + 1), (:c + 1, :c));
COMMIT;
