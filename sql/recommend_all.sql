-- pages of many users at once: what recal_recommend gives each of them
CREATE TABLE trips (user_id int, item_id int, event text, weight real, at timestamptz);
INSERT INTO trips
SELECT u, i, 'view', 1 + (u * i) % 3, timestamptz '2026-01-01' + make_interval(hours => u + (i * 13) % 61)
FROM generate_series(1, 150) u, generate_series(1, 60) i
WHERE i % 3 = u % 3 AND (u * 7 + i * 3) % 5 <> 0 OR (u * 11 + i * 5) % 37 = 0;
CREATE INDEX ON trips (user_id);
CREATE TABLE hotels (id int PRIMARY KEY, open boolean DEFAULT true);
INSERT INTO hotels SELECT i FROM generate_series(1, 60) i;

SELECT recal_create_model('trips', 'trips', event_column => 'event', value_column => 'weight', time_column => 'at',
	event_weights => '{"view": 1, "visit": 5, "dislike": -2}', half_life => '1 day',
	options => '{"factors": 8, "regularization": 0.02, "unobserved_weight": 0.1, "history_decay": 0.8, "on_bad_row": "skip"}');
SELECT * FROM recal_recommend_all(3);
CALL recal_train();

-- since then: a new user, a new item, one who only dislikes, rows that do not
-- count but hide their items, one without an id, values that are not finite
INSERT INTO trips VALUES (500, 4, 'view', 1, '2026-02-01'), (500, 777, 'view', 1, '2026-02-01'),
	(501, 777, 'view', 1, '2026-02-01'), (502, 5, 'dislike', 1, '2026-02-01'),
	(503, 6, 'hover', 1, '2026-02-01'), (503, 7, 'view', NULL, '2026-02-01'), (503, 8, 'view', 1, NULL),
	(504, 9, 'view', 'NaN', '2026-02-01'), (504, 10, 'view', 2, 'infinity'), (504, 11, 'visit', 2, '-infinity'),
	(505, 12, 'view', 1, '2026-01-02'), (505, 12, 'dislike', 0.5, '2026-01-02'),
	(NULL, 3, 'view', 1, '2026-02-01'), (506, NULL, 'view', 1, '2026-02-01');

-- the difference of two ways to the same pages; ties may fall either way
CREATE FUNCTION differences(k int, OUT batch bigint, OUT single bigint, OUT scores bigint, OUT items bigint)
LANGUAGE sql AS $$
	SELECT count(a.*), count(r.*), count(*) FILTER (WHERE abs(a.score - r.score) < 1e-5),
		count(*) FILTER (WHERE a.item_id = r.item_id OR abs(recal_score(r.user_id, a.item_id) - r.score) < 1e-5)
	FROM recal_recommend_all(k) a
	FULL JOIN (SELECT u AS user_id, r.* FROM (SELECT DISTINCT user_id FROM trips WHERE user_id IS NOT NULL) t (u), recal_recommend(u, k) r) r
	USING (user_id, rank)
$$;
SELECT *, batch = single AND single = scores AND scores = items AS same FROM differences(10);
SELECT *, batch = single AND single = scores AND scores = items AS same FROM differences(1);
SELECT batch > 5000 AND batch = single AND single = scores AND scores = items AS same FROM differences(1000);
SELECT count(*) FROM recal_recommend_all(1000) a JOIN trips t USING (user_id, item_id);

-- a part of the users; unknown ones get the cold answer, duplicates count once
SELECT user_id, count(*), bool_and(item_id = any(cold)) AS cold
FROM recal_recommend_all_for(ARRAY[900, 2, 900, 500], NULL::int[], 5),
	(SELECT array_agg(item_id) FROM recal_recommend(NULL::bigint, 5)) c (cold) GROUP BY 1 ORDER BY 1;
SELECT count(*) AS same FROM recal_recommend_all_for(ARRAY[1, 77, 502, 506], NULL::int[], 7) a
JOIN recal_recommend_all(7) b USING (user_id, rank) WHERE abs(a.score - b.score) < 1e-5;
SELECT user_id, count(*) FROM recal_recommend_all_for(ARRAY[99999999999, 3], NULL::int[], 2) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM recal_recommend_all_for(ARRAY[]::int[], NULL::int[]);

-- a part of the items: as with candidates
SELECT count(*) AS different FROM recal_recommend_all_for(NULL::int[], ARRAY[30, 10, 20, 777, 10, 40], 3) a
FULL JOIN (SELECT u AS user_id, r.* FROM (SELECT DISTINCT user_id FROM trips WHERE user_id IS NOT NULL) t (u),
	recal_recommend(u, 3, ARRAY[10, 20, 30, 40]) r) r USING (user_id, rank)
WHERE a.item_id IS DISTINCT FROM r.item_id OR abs(a.score - r.score) >= 1e-5;
SELECT count(*) FROM recal_recommend_all_for(NULL::int[], ARRAY[]::int[]);
SELECT count(*) FROM recal_recommend_all_for(NULL::int[], ARRAY[777]);

-- types by position
SELECT pg_typeof(user_id) AS user_id, pg_typeof(item_id) AS item_id, count(*)
FROM recal_recommend_all_for(NULL::text[], NULL::smallint[], 1) GROUP BY 1, 2;
SELECT pg_typeof(user_id) AS user_id, pg_typeof(item_id) AS item_id, count(*)
FROM recal_recommend_all_for(ARRAY['2', '500'], ARRAY['10', '20']::varchar[], 1) GROUP BY 1, 2;
SELECT * FROM recal_recommend_all_for(NULL::uuid[], NULL::int[]);
SELECT * FROM recal_recommend_all_for(NULL::int[], NULL::boolean[]);

-- bad arguments
SELECT * FROM recal_recommend_all(0);
SELECT * FROM recal_recommend_all(NULL);
SELECT * FROM recal_recommend_all(1, 'nothing');
SELECT * FROM recal_recommend_all_for(ARRAY[1, NULL], NULL::int[]);
SELECT * FROM recal_recommend_all_for(ARRAY[1], ARRAY[1, NULL]);
SELECT * FROM recal_recommend_all_for(ARRAY['two'], NULL::int[]);
SELECT * FROM recal_recommend_all_for(ARRAY[1.5], NULL::int[]);

-- which rows count: the newest of a user, and of the types that hide
SELECT recal_alter_model('trips', '{"max_history": 3, "seen_events": ["visit"]}');
CALL recal_train();
INSERT INTO trips VALUES (2, 20, 'visit', 1, '2026-02-02'), (4, 21, 'hover', 1, '2026-02-02'),
	(4, 22, 'visit', 1, '2026-01-01');
SELECT batch > 5000 AND batch = single AND single = scores AND scores = items AS same FROM differences(1000);
SELECT user_id, item_id FROM recal_recommend_all(1000)
RIGHT JOIN (VALUES (2, 20), (4, 22)) v (user_id, item_id) USING (user_id, item_id) WHERE score IS NULL;
SELECT recal_alter_model('trips', '{"max_history": null, "seen_events": null}');

-- the items relation is the gate
CREATE VIEW open_hotels AS SELECT id FROM hotels WHERE open;
SELECT recal_alter_model('trips', '{"items": "open_hotels", "item_id_column": "id"}');
CALL recal_train();
UPDATE hotels SET open = id % 4 = 0;
SELECT *, batch = single AND single = scores AND scores = items AS same FROM differences(5);
SELECT bool_and(item_id % 4 = 0) AS open, count(DISTINCT item_id) <= 2 AS of_these
FROM recal_recommend_all_for(NULL::int[], ARRAY[7, 8, 9, 10, 11, 12], 5);
UPDATE hotels SET open = false;
SELECT count(*) FROM recal_recommend_all();

-- READ ONLY; in a subquery that runs once a row
UPDATE hotels SET open = true;
BEGIN READ ONLY;
SELECT batch > 1000 AND batch = single AND single = scores AND scores = items AS same FROM differences(10);
COMMIT;
SELECT count(*), count(DISTINCT user_id) FROM generate_series(1, 3) u, recal_recommend_all_for(ARRAY[u], NULL::int[], 2);

-- rights: whoever sees only some rows gets pages for users they name
CREATE ROLE regress_recal_traveller;
GRANT SELECT ON hotels, open_hotels TO regress_recal_traveller;
SET ROLE regress_recal_traveller;
SELECT * FROM recal_recommend_all(1);
RESET ROLE;
GRANT SELECT ON trips TO regress_recal_traveller;
SET ROLE regress_recal_traveller;
SELECT count(DISTINCT user_id) FROM recal_recommend_all(1);
RESET ROLE;
ALTER TABLE trips ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON trips FOR SELECT TO regress_recal_traveller USING (user_id = 2);
SET ROLE regress_recal_traveller;
SELECT * FROM recal_recommend_all(1);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM recal_recommend_all_for(NULL::int[], ARRAY[1], 1);
SELECT count(*) AS same FROM recal_recommend_all_for(ARRAY[2, 3], NULL::int[], 3) a
JOIN (SELECT u AS user_id, r.* FROM (VALUES (2), (3)) v (u), recal_recommend(u, 3) r) r USING (user_id, rank)
WHERE abs(a.score - r.score) < 1e-5;
RESET ROLE;

-- ids of other types: the first form says which is the second
CREATE TABLE t_named AS SELECT 'user' || user_id AS who, lpad(item_id::text, 32, '0')::uuid AS what
FROM trips WHERE user_id < 100 AND item_id < 100;
CREATE INDEX ON t_named (who);
SELECT recal_create_model('named', 't_named', 'who', 'what', options => '{"factors": 4, "regularization": 0.02, "unobserved_weight": 0.1}');
CALL recal_train('named');
SELECT * FROM recal_recommend_all(1, 'named');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_typeof(user_id) AS user_id, pg_typeof(item_id) AS item_id, count(*), count(DISTINCT user_id) AS users
FROM recal_recommend_all_for(NULL::text[], NULL::uuid[], 2, 'named') GROUP BY 1, 2;
SELECT count(*) AS different FROM recal_recommend_all_for(NULL::text[], NULL::uuid[], 5, 'named') a
FULL JOIN (SELECT who AS user_id, r.* FROM (SELECT DISTINCT who FROM t_named) t, recal_recommend_as(NULL::uuid, who, 5, 'named') r) r USING (user_id, rank)
WHERE a.score IS NULL OR r.score IS NULL OR abs(a.score - r.score) >= 1e-5;
SELECT count(*) FROM recal_recommend_all_for(ARRAY['user1', 'user2', 'nobody'], NULL::uuid[], 2, 'named');

-- factors that do not stay in memory: more than 1 MB of them
CREATE TABLE t_wide AS SELECT u AS user_id, (u * 7 + i * i) % 1200 AS item_id
FROM generate_series(1, 400) u, generate_series(1, 12) i;
CREATE INDEX ON t_wide (user_id);
SELECT recal_create_model('wide', 't_wide', options => '{"factors": 256, "epochs": 3, "regularization": 0.003, "unobserved_weight": 0.1}');
SET recal.cache_size = '1MB';
CALL recal_train('wide');
SELECT count(*) AS pages, count(*) FILTER (WHERE abs(a.score - r.score) < 1e-5) AS same,
	avg(a.score) > 0.01 AS large
FROM recal_recommend_all_for(ARRAY(SELECT generate_series(1, 400, 10)), NULL::int[], 3, 'wide') a
FULL JOIN (SELECT u AS user_id, r.* FROM generate_series(1, 400, 10) u, recal_recommend(u, 3, 'wide') r) r USING (user_id, rank);
RESET recal.cache_size;

-- more memory than allowed
CREATE VIEW t_many AS SELECT n % 1000 AS user_id, n % 77 AS item_id FROM generate_series(1, 450000) n;
SET client_min_messages = error;	-- no index on a view
SELECT recal_alter_model('wide', '{"events": "t_many", "factors": 4}');
RESET client_min_messages;
CALL recal_train('wide');
SET recal.train_memory = '16MB';
\set VERBOSITY sqlstate
SELECT count(*) FROM recal_recommend_all(1, 'wide');
\set VERBOSITY default
RESET recal.train_memory;

SELECT recal_drop_model(model) FROM recal_models;
DROP FUNCTION differences(int);
DROP VIEW open_hotels, t_many;
DROP TABLE trips, hotels, t_named, t_wide;
DROP ROLE regress_recal_traveller;
