-- serving, on behaviour with a known answer: even users like even items, odd
-- users odd ones, everybody a little of item 10
CREATE TABLE visits (user_id int, item_id int, event text, at timestamptz);
INSERT INTO visits
SELECT u, i, 'view', timestamptz '2026-01-01' + make_interval(mins => u * 100 + i)
FROM generate_series(1, 60) u, generate_series(1, 20) i
WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0 OR i = 10 AND u % 3 = 0;
CREATE INDEX ON visits (user_id);
CREATE TABLE products (id int PRIMARY KEY, title text, in_stock boolean DEFAULT true);
INSERT INTO products SELECT i, 'product ' || i FROM generate_series(1, 25) i;

-- not trained yet
SELECT recal_create_model('shop', 'visits', time_column => 'at',
	options => '{"factors": 4, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT * FROM recal_recommend(2, 3);
\echo :LAST_ERROR_SQLSTATE
CALL recal_train();

-- a page is of the user's parity, unseen, best first, without gaps
SELECT count(*) AS n, bool_and(item_id % 2 = 0) AS even, min(rank), max(rank),
	bool_and(uncertainty > 0) AS uncertain, string_agg(DISTINCT source, ',') AS source,
	bool_and(NOT EXISTS (SELECT FROM visits v WHERE v.user_id = 2 AND v.item_id = r.item_id)) AS unseen
FROM recal_recommend(2, 2) r;
SELECT bool_and(score <= before) AS descending
FROM (SELECT score, lag(score) OVER (ORDER BY rank) AS before FROM recal_recommend(2, 20)) s;
SELECT count(*) AS everything FROM recal_recommend(2, 1000, exclude_seen => false);
SELECT count(*) AS unseen, (SELECT count(DISTINCT item_id) FROM visits WHERE user_id = 2) AS seen
FROM recal_recommend(2, 1000);

-- joined with products
SELECT p.title IS NOT NULL AS has_title, r.rank
FROM recal_recommend(2, 3) r JOIN products p ON p.id = r.item_id ORDER BY r.rank;

-- cold users: unknown, NULL, out of the column's range
SELECT source, count(*) FROM recal_recommend(1000, 5) GROUP BY 1;
SELECT source, count(*) FROM recal_recommend(NULL::bigint, 5) GROUP BY 1;
SELECT source, count(*) FROM recal_recommend(9999999999, 5) GROUP BY 1;

-- live: a row of a new user turns their page, without training
INSERT INTO visits VALUES (1000, 4, 'view', '2026-02-01');
SELECT source, bool_and(item_id % 2 = 0) AS even, bool_or(item_id = 4) AS seen_again
FROM recal_recommend(1000, 3) GROUP BY 1;
DELETE FROM visits WHERE user_id = 1000;

-- less history, less certainty
SELECT a.u > b.u AS cold_is_less_certain
FROM (SELECT avg(uncertainty) AS u FROM recal_recommend(1000, 20, exclude_seen => false)) a,
	(SELECT avg(uncertainty) AS u FROM recal_recommend(2, 20, exclude_seen => false)) b;

-- candidates: exactly the best of the set
SELECT count(*) AS same FROM recal_recommend(2, 5, ARRAY[1, 2, 3, 4, 5, 6, 7, 8], exclude_seen => false) c
JOIN (SELECT item_id, row_number() OVER (ORDER BY rank) AS rank
	FROM recal_recommend(2, 100, exclude_seen => false) WHERE item_id <= 8) a
ON a.item_id = c.item_id AND a.rank = c.rank;
SELECT count(*) FROM recal_recommend(2, 5, ARRAY[]::int[]);
SELECT count(*) FROM recal_recommend(2, 5, ARRAY[777, 2, 2, 2], exclude_seen => false);
SELECT * FROM recal_recommend(2, 5, NULL::int[]);
SELECT * FROM recal_recommend(2, 5, ARRAY[1, NULL]);
SELECT pg_typeof(item_id) FROM recal_recommend(2, 1, ARRAY[2, 4]::bigint[], exclude_seen => false);
SELECT pg_typeof(item_id) FROM recal_recommend(2, 1, ARRAY['2', '4'], exclude_seen => false);

-- other forms
SELECT pg_typeof(item_id), count(*) FROM recal_recommend_as(NULL::int, 2, 3) GROUP BY 1;
SELECT pg_typeof(item_id), count(*) FROM recal_recommend_as(NULL::text, '2', 3) GROUP BY 1;
SELECT bool_and(item_id % 2 = 1) AS odd, bool_or(item_id IN (3, 5)) AS seen_again
FROM recal_recommend_for_items(ARRAY[3, 5], 3);
SELECT source, count(*) FROM recal_recommend_for_items(ARRAY[]::int[], 3) GROUP BY 1;
SELECT * FROM recal_recommend_for_items(NULL::int[], 3);
SELECT * FROM recal_recommend_for_items(ARRAY[NULL]::int[], 3);

-- scores are the page's scores
SELECT bool_and(abs(r.score - recal_score(2, r.item_id)) < 1e-5) AS same
FROM recal_recommend(2, 20, exclude_seen => false) r;
SELECT recal_score(2, 777) IS NULL AS unknown_item, recal_score(2, NULL::int) IS NULL AS null_item,
	recal_score(NULL::int, 2) > 0 AS cold_user;
SELECT id % 2 AS odd FROM products ORDER BY recal_score(2, id) DESC NULLS LAST LIMIT 4;
-- several users in one statement
SELECT bool_and(abs(recal_score(u, 2) - recal_score(u, '2')) < 1e-6)
FROM generate_series(1, 10) u;

-- once a row: LATERAL
SELECT count(*), count(DISTINCT u) FROM generate_series(1, 10) u, recal_recommend(u, 3);

-- bad arguments
SELECT * FROM recal_recommend(2, 0);
SELECT * FROM recal_recommend(2, -1);
SELECT * FROM recal_recommend(2, NULL);
SELECT * FROM recal_recommend(2, 1, 'nothing');
SELECT * FROM recal_recommend('two', 1);
SELECT * FROM recal_recommend('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid, 1);
SELECT * FROM recal_recommend_as(NULL::uuid, 2, 1);
SELECT recal_score(2, 1.5);

-- what was done last counts most: of a user who went from odd items to even ones
INSERT INTO visits SELECT 2000, i, 'view', timestamptz '2026-02-01' + make_interval(hours => row_number() OVER (ORDER BY i % 2 DESC, i)::int)
FROM generate_series(1, 12) i WHERE i % 2 = 1 OR i IN (2, 4, 6);
SELECT recal_alter_model('shop', '{"history_decay": 1}');
CALL recal_train('shop');
CREATE TABLE pages AS SELECT 'plain' AS way, * FROM recal_recommend(2000, 6);
SELECT recal_alter_model('shop', '{"history_decay": 0.5, "warm_start": false}');
CALL recal_train('shop');
INSERT INTO pages SELECT 'decayed', * FROM recal_recommend(2000, 6);
SELECT way, count(*) FILTER (WHERE item_id % 2 = 0) > 3 AS mostly_even FROM pages GROUP BY way ORDER BY way;
-- the place in a visitor's array is the time
SELECT bool_and(item_id % 2 = 0) AS even FROM recal_recommend_for_items(ARRAY[1, 3, 5, 7, 2, 4, 6], 4);
SELECT bool_and(item_id % 2 = 1) AS odd FROM recal_recommend_for_items(ARRAY[2, 4, 6, 1, 3, 5, 7], 4);
SELECT (definition->'options'->>'history_decay')::real AS used FROM recal_versions WHERE is_current;
SELECT recal_alter_model('shop', '{"history_decay": null}');
DELETE FROM visits WHERE user_id = 2000;
DROP TABLE pages;

-- what counts as seen
SELECT recal_alter_model('shop', '{"event_column": "event", "seen_events": ["purchase"]}');
CALL recal_train('shop');
INSERT INTO visits VALUES (2, 4, 'purchase', '2026-02-01');
SELECT count(*) FILTER (WHERE item_id = 4) AS bought,
	count(*) FILTER (WHERE item_id <> 4 AND item_id IN (SELECT item_id FROM visits WHERE user_id = 2)) > 0 AS viewed
FROM recal_recommend(2, 100);
DELETE FROM visits WHERE event = 'purchase';

-- the items relation is the gate
CREATE VIEW products_in_stock AS SELECT id, title FROM products WHERE in_stock;
SELECT recal_alter_model('shop', '{"event_column": null, "seen_events": null, "items": "products_in_stock", "item_id_column": "id"}');
CALL recal_train('shop');
SELECT count(*) AS before FROM recal_recommend(2, 3, exclude_seen => false);
UPDATE products SET in_stock = id IN (1, 3, 5, 18);
SELECT array_agg(item_id ORDER BY item_id) FROM recal_recommend(2, 3, exclude_seen => false) WHERE item_id = 18;
SELECT count(*) FROM recal_recommend(2, 100, exclude_seen => false);
SELECT count(*) FROM recal_recommend(2, 100, ARRAY[1, 2, 4, 18], exclude_seen => false);
SELECT count(*) FROM recal_recommend_for_items(ARRAY[2], 100);
UPDATE products SET in_stock = false;
SELECT count(*) FROM recal_recommend(2, 100, exclude_seen => false);

-- READ ONLY
BEGIN READ ONLY;
SELECT count(*) FROM recal_recommend(2, 100, exclude_seen => false);
SELECT recal_score(2, 4) > 0 AS scored;
COMMIT;

-- the planner knows how many rows come
CREATE FUNCTION planned_rows(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->>'Plan Rows';
END $$;
SELECT planned_rows('SELECT * FROM recal_recommend(2, 7)'),
	planned_rows('SELECT * FROM recal_recommend_as(NULL::int, 2, 8)'),
	planned_rows('SELECT * FROM recal_recommend_for_items(ARRAY[2], 9)'),
	planned_rows('SELECT * FROM recal_recommend(2, 11, ARRAY[2])');

SELECT recal_drop_model('shop');
DROP FUNCTION planned_rows(text);
DROP VIEW products_in_stock;
DROP TABLE visits, products;
