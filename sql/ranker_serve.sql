-- the ranker serves through the same functions as the factorization
CREATE TABLE visits (user_id int, item_id int, at timestamptz);
-- everybody walks through the items in order, from a place of their own, and new items are in demand
INSERT INTO visits SELECT u, CASE WHEN n % 3 = 0 THEN 100 + (u / 10 + n) % 40 ELSE (u * 7 + n) % 60 END,
	timestamptz '2026-01-01' + make_interval(mins => 10 * u + 60 * n) FROM generate_series(1, 300) u, generate_series(0, 11) n;
CREATE INDEX ON visits (user_id);
CREATE INDEX visits_at ON visits (at);
SELECT recal_create_model('visits', 'visits', time_column => 'at',
	options => '{"factors": 8, "network": "off", "ranker": "on", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
CALL recal_train('visits');
SELECT facts->'ranker' AS ranker FROM recal_versions WHERE model = 'visits';

-- one score, wherever it is asked for
SELECT count(*), count(*) FILTER (WHERE abs(a.score - r.score) > 1e-4) AS differences
FROM recal_recommend_all(10) a JOIN LATERAL recal_recommend(a.user_id::int, 10) r USING (rank);
SELECT count(*), max(abs(r.score - recal_score(u, r.item_id))) < 1e-4 AS same FROM generate_series(1, 20) u, recal_recommend(u, 50) r;
SELECT count(*), max(abs(r.score - c.score)) < 1e-4 AS same, count(*) FILTER (WHERE r.rank <> c.rank AND r.score <> c.score) AS moved
FROM recal_recommend(17, 50) r JOIN recal_recommend(17, 50, ARRAY(SELECT DISTINCT item_id FROM visits)) c USING (item_id);
SELECT count(*), max(abs(r.score - a.score)) < 1e-4 AS same
FROM recal_recommend_all_for(ARRAY[17, 18], ARRAY[1, 2, 3, 105, 110], 5) a JOIN LATERAL recal_recommend(a.user_id::int, 5, ARRAY[1, 2, 3, 105, 110]) r USING (item_id);
SELECT count(*) AS seen FROM recal_recommend(17, 100) r JOIN visits v ON v.user_id = 17 AND v.item_id = r.item_id;
SELECT count(DISTINCT score) > 10 AS ranked, bool_and(uncertainty > 0) AS uncertain FROM recal_recommend(17, 20);
-- two users at once do not get in each other's way
SELECT count(*), max(abs(a - b)) < 1e-6 AS same FROM (SELECT recal_score(1, i) AS a, recal_score(2, i) AS other, (SELECT score FROM recal_recommend(1, 100, ARRAY[i], exclude_seen => false)) AS b
FROM generate_series(0, 59, 7) i) s WHERE other IS NOT NULL;

-- users without rows, visitors, nobody
SELECT source, count(*), max(abs(score - recal_score(-1, item_id))) < 1e-4 AS same FROM recal_recommend(-1, 5) GROUP BY source;
SELECT count(*), count(DISTINCT score) > 1 AS ranked FROM recal_recommend(NULL::int, 5);
SELECT count(*) FROM recal_recommend_for_items(ARRAY[20, 21, 22], 5);
SELECT recal_score(1, 999999) IS NULL AS unknown, count(*) FROM recal_recommend_for_items(ARRAY[]::int[], 5);

-- reasons add up and have names
SELECT count(*), max(abs(score - total)) < 1e-3 AS add_up FROM (SELECT recal_score(u, i) AS score, (SELECT sum(contribution) FROM recal_explain(u, i)) AS total
FROM generate_series(-2, 20) u, generate_series(0, 59, 5) i) s;
SELECT kind, count(*) > 0 AS some FROM recal_explain(17, 20) GROUP BY kind ORDER BY kind;
SELECT count(DISTINCT source) AS names, count(*) FILTER (WHERE source = 'often follows the last item') AS follows FROM recal_explain(17, 20) WHERE kind = 'ranker' HAVING count(*) <= 23;

-- other people's rows count at once, where that is asked for
CREATE VIEW about AS SELECT round(recal_score(17, 30)::numeric, 4) AS score;
SELECT score AS before FROM about \gset
SET recal.ranker_refresh = 0;
SELECT score = :before AS same FROM about;
INSERT INTO visits SELECT 1000 + n, 30, timestamptz '2026-02-01' + make_interval(mins => n) FROM generate_series(1, 100) n;
SELECT score AS live, score <> :before AS changed FROM about \gset
SELECT :'changed' AS changed;
-- a transaction sees its own
BEGIN READ ONLY;
SELECT score = :live AS same FROM about;
ROLLBACK;
BEGIN;
INSERT INTO visits SELECT 2000 + n, 30, timestamptz '2026-02-02' + make_interval(mins => n) FROM generate_series(1, 100) n;
SELECT score NOT IN (:live, :before) AS changed FROM about;
SAVEPOINT s;
DELETE FROM visits WHERE user_id > 1000;
SELECT score = :before AS as_trained FROM about;
ROLLBACK TO s;
SELECT score NOT IN (:live, :before) AS changed FROM about;
RELEASE s;
-- what was undone is gone, however long it may be kept
SELECT score AS inside FROM about \gset
SAVEPOINT s;
DELETE FROM visits WHERE user_id > 1000;
SELECT score = :before AS as_trained FROM about;
SET LOCAL recal.ranker_refresh = '1h';
SELECT score = :before AS kept FROM about;
ROLLBACK TO s;
SET LOCAL recal.ranker_refresh = '1h';
SELECT score = :inside AS same FROM about;
RELEASE s;
ROLLBACK;
SET recal.ranker_refresh = '1h';
SELECT score = :live AS same FROM about;
SET recal.ranker_refresh = 0;
-- never, or where no index finds them: as trained
SET recal.ranker_refresh = -1;
SELECT score = :before AS as_trained FROM about;
SET recal.ranker_refresh = 0;
ALTER INDEX visits_at RENAME TO visits_at_old;
DROP INDEX visits_at_old;
SELECT score = :before AS as_trained FROM about;
CREATE INDEX visits_at ON visits (at) WHERE user_id > 0;
SELECT score = :before AS as_trained FROM about;
DROP INDEX visits_at;
CREATE INDEX visits_at ON visits (at, user_id);
SELECT score = :live AS live FROM about;
-- the rows that are counted are those of known items
INSERT INTO visits VALUES (3000, 12345, '2026-02-01 00:00:30'), (NULL, 30, '2026-02-01 00:00:30'), (3000, 30, NULL), (3000, 30, 'infinity'), (3000, 30, '2020-01-01');
SELECT score = :live AS same FROM about;
-- one from the far future does not make everything old
INSERT INTO visits VALUES (3000, 30, '2999-01-01');
SELECT score = :live AS same FROM about;
-- a session that is told to wait, waits
SET recal.ranker_refresh = '1h';
INSERT INTO visits SELECT 4000 + n, 30, timestamptz '2026-02-03' FROM generate_series(1, 50) n;
SELECT score = :live AS same FROM about;
SET recal.ranker_refresh = 0;
SELECT score <> :live AS changed FROM about;
DELETE FROM visits WHERE user_id >= 3000 OR user_id IS NULL;
SELECT score = :live AS same FROM about;

-- between whole readings newer rows are added, with the same result
INSERT INTO visits SELECT 5000 + n % 500, n / 500 % 30 + 30 * (n % 2), timestamptz '2026-02-04' + make_interval(secs => n) FROM generate_series(1, 15000) n;
SELECT count(*) FROM about;
SELECT score AS whole FROM about \gset
INSERT INTO visits SELECT CASE WHEN n % 2 = 0 THEN 5000 ELSE 3990 END + n, 59, timestamptz '2026-02-05' + make_interval(secs => n) FROM generate_series(1, 40) n;
SET recal.ranker_refresh = 1;
DO $$
DECLARE whole numeric := (SELECT score FROM about);
BEGIN
	FOR i IN 1 .. 600 LOOP
		EXIT WHEN (SELECT score FROM about) <> whole;
		PERFORM pg_sleep(.1);
	END LOOP;
END
$$;
SELECT score AS newer, score <> :whole AS changed FROM about \gset
SELECT round(recal_score(5050, 59)::numeric, 4) AS other \gset
SELECT :'changed' AS changed;
SET recal.ranker_refresh = 0;
SELECT score = :newer AS same, round(recal_score(5050, 59)::numeric, 4) = :other AS same_for_another FROM about;
DELETE FROM visits WHERE user_id >= 3000;
SELECT score = :live AS same FROM about;

-- the user's own rows count always
SET recal.ranker_refresh = -1;
SELECT score AS before FROM about \gset
BEGIN;
INSERT INTO visits VALUES (17, 29, '2026-02-05');
SELECT score <> :before AS changed FROM about;
SELECT count(*), max(abs(r.score - recal_score(17, r.item_id))) < 1e-4 AS same FROM recal_recommend(17, 20) r;
ROLLBACK;
SET recal.ranker_refresh = 0;

-- who does not see all rows gets the counts of the training, and nothing is left to them by others
CREATE ROLE regress_recal_visitor;
CREATE ROLE regress_recal_clerk;
GRANT SELECT ON visits TO regress_recal_visitor, regress_recal_clerk;
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON visits TO regress_recal_visitor USING (user_id = 17);
CREATE POLICY everything ON visits TO regress_recal_clerk USING (true);
SET ROLE regress_recal_clerk;
SELECT round(recal_score(17, 30)::numeric, 4) = :live AS live;
SET ROLE regress_recal_visitor;
SELECT round(recal_score(17, 30)::numeric, 4) = :before AS as_trained;
-- not even their own rows are counted for them
RESET ROLE;
BEGIN;
INSERT INTO visits VALUES (17, 31, '2026-01-03 18:00');
SET ROLE regress_recal_visitor;
SET LOCAL recal.ranker_refresh = -1;
SELECT recal_score(17, 31) AS trained \gset
SET LOCAL recal.ranker_refresh = 0;
SELECT abs(recal_score(17, 31) - :trained) < 1e-6 AS same;
SET ROLE regress_recal_clerk;
SELECT abs(recal_score(17, 31) - :trained) > 1e-6 AS changed;
ROLLBACK;
SET ROLE regress_recal_visitor;
SELECT count(*), max(abs(r.score - recal_score(17, r.item_id))) < 1e-4 AS same FROM recal_recommend(17, 20) r;
SELECT count(*) FROM recal_recommend_all_for(ARRAY[17, 18], NULL::int[], 5);
SELECT count(*) > 0 AS reasons FROM recal_explain(17, 30);
SELECT recal_explain(18, 30);
SET ROLE regress_recal_clerk;
SELECT round(recal_score(17, 30)::numeric, 4) = :live AS live;
RESET ROLE;
ALTER TABLE visits DISABLE ROW LEVEL SECURITY;
DROP VIEW about;
DROP OWNED BY regress_recal_visitor, regress_recal_clerk;
DROP ROLE regress_recal_visitor, regress_recal_clerk;

-- questions are about the model below
SELECT count(*) FROM recal_select_uncertain(5);
-- a person is forgotten, with their taste
SELECT recal_score(18, 30) AS of_18 \gset
SELECT rows_deleted IS NOT NULL AS forgotten FROM (SELECT count(*) AS rows_deleted FROM recal_forget_user('5', 'visits')) f;
SELECT abs(recal_score(18, 30) - :of_18) < 1e-5 AS same;

-- damaged parts are told
\set VERBOSITY terse
BEGIN;
UPDATE recal_weights SET data = set_byte(data, 3000, get_byte(data, 3000) # 255) WHERE model = 'visits' AND part = 'ranker_counters';
UPDATE recal_version SET stamp = gen_random_uuid() WHERE model = 'visits';
SELECT count(*) FROM recal_recommend(1, 5);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN;
DELETE FROM recal_weights WHERE model = 'visits' AND part = 'ranker_net';
UPDATE recal_version SET stamp = gen_random_uuid() WHERE model = 'visits';
SELECT recal_score(1, 5);
ROLLBACK;
BEGIN;
DELETE FROM recal_weights WHERE model = 'visits' AND part = 'ranker_tastes';
UPDATE recal_version SET stamp = gen_random_uuid() WHERE model = 'visits';
SELECT recal_score(1, 5);
ROLLBACK;
\set VERBOSITY default
SELECT count(*) FROM recal_recommend(1, 5);

-- pages are full whatever the items relation hides, and hold the best of what it shows
CREATE TABLE wide AS SELECT user_id, (user_id * 13 + item_id * 17) % 1500 AS item_id, at FROM visits WHERE user_id < 1000;
INSERT INTO wide SELECT 10000 + i, i, timestamptz '2026-01-02' + make_interval(secs => i) FROM generate_series(0, 1499) i;
CREATE INDEX ON wide (user_id);
CREATE INDEX ON wide (at);
CREATE TABLE offers AS SELECT i AS item_id FROM generate_series(0, 1499) i;
ALTER TABLE offers ADD PRIMARY KEY (item_id);
SELECT recal_create_model('wide', 'wide', time_column => 'at', items => 'offers', item_id_column => 'item_id',
	options => '{"factors": 192, "epochs": 1, "network": "off", "ranker": "on", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
CALL recal_train('wide');
SELECT count(*), max(abs(r.score - recal_score(17, r.item_id, 'wide'))) < 1e-4 AS same FROM recal_recommend(17, 40, 'wide') r;
SELECT count(*), count(*) FILTER (WHERE abs(a.score - r.score) > 1e-4) AS differences
FROM recal_recommend_all_for(ARRAY[1, 2, 3, 17], NULL::int[], 10, 'wide') a JOIN LATERAL recal_recommend(a.user_id::int, 10, 'wide') r USING (rank);
CREATE TEMP TABLE page AS SELECT * FROM recal_recommend(17, 1500, 'wide');
SELECT count(*) > 1400 AS everything, count(*) FILTER (WHERE score > before) AS out_of_order FROM (SELECT score, lag(score) OVER (ORDER BY rank) AS before FROM page) p;
-- those that come last
DELETE FROM offers WHERE item_id NOT IN (SELECT item_id FROM page ORDER BY rank DESC LIMIT 15);
SELECT count(*), count(*) FILTER (WHERE p.item_id IS NULL) AS others FROM recal_recommend(17, 10, 'wide') r LEFT JOIN (SELECT item_id FROM page ORDER BY rank DESC LIMIT 15) p USING (item_id);
SELECT count(*), max(abs(r.score - p.score)) < 1e-4 AS same FROM recal_recommend(17, 10, 'wide') r JOIN page p USING (item_id);
SELECT count(*) FROM recal_recommend_all_for(ARRAY[17], NULL::int[], 10, 'wide');
-- a model larger than the cache says the same
CREATE TEMP TABLE pages AS SELECT u, r.* FROM generate_series(1, 5) u, recal_recommend(u, 5, 'wide') r;
SET recal.cache_size = '1MB';
SELECT count(*), count(*) FILTER (WHERE p.item_id <> r.item_id OR abs(p.score - r.score) > 1e-4) AS differences FROM pages p JOIN LATERAL recal_recommend(p.u, 5, 'wide') r USING (rank);
SELECT count(*), max(abs(score - recal_score(u, item_id, 'wide'))) < 1e-4 AS same FROM pages;
RESET recal.cache_size;
SELECT recal_drop_model('wide');
DROP TABLE wide, page, pages;

-- items that only features tell of are ranked as what nobody has had yet
CREATE TABLE goods AS SELECT i AS item_id, 'g' || i % 6 AS kind FROM generate_series(0, 159) i;
CREATE INDEX ON goods (item_id);
SELECT recal_create_model('goods', 'visits', time_column => 'at', items => 'goods', item_id_column => 'item_id', item_features => '{kind}',
	options => '{"factors": 8, "network": "off", "ranker": "on", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
CALL recal_train('goods');
INSERT INTO goods VALUES (777, 'g3');
SELECT r.source, count(*), max(abs(r.score - recal_score(17, r.item_id, 'goods'))) < 1e-4 AS same FROM recal_recommend(17, 500, 'goods') r GROUP BY r.source ORDER BY r.source;
SELECT abs((SELECT sum(contribution) FROM recal_explain(17, 777, 'goods')) - recal_score(17, 777, 'goods')) < 1e-3 AS adds_up;
SELECT count(*), count(*) FILTER (WHERE abs(a.score - r.score) > 1e-4) AS differences
FROM recal_recommend_all(150, 'goods') a JOIN LATERAL recal_recommend(a.user_id::int, 150, 'goods') r USING (rank) WHERE a.user_id IN (17, 18);
INSERT INTO visits VALUES (17, 777, '2026-02-06');
SELECT count(*) FROM recal_recommend(17, 5, 'goods');
SELECT count(*) FROM recal_recommend_for_items(ARRAY[777, 30], 5, 'goods');

-- with a network beside it
SELECT recal_alter_model('goods', '{"network": "on", "hidden": [16], "network_epochs": 2, "batch_size": 64}');
CALL recal_train('goods');
SELECT facts->'network' AS network, facts->'ranker' AS ranker FROM recal_versions WHERE model = 'goods' AND is_current;
SELECT count(*), max(abs(score - total)) < 1e-3 AS add_up FROM (SELECT recal_score(u, i, 'goods') AS score, (SELECT sum(contribution) FROM recal_explain(u, i, 'goods')) AS total
FROM generate_series(-2, 20) u, generate_series(0, 59, 5) i) s;
SELECT count(*), count(*) FILTER (WHERE abs(a.score - r.score) > 1e-4) AS differences
FROM recal_recommend_all(10, 'goods') a JOIN LATERAL recal_recommend(a.user_id::int, 10, 'goods') r USING (rank);

-- off again
SELECT recal_alter_model('visits', '{"ranker": "off"}');
CALL recal_train('visits');
SELECT count(*) AS ranker FROM recal_explain(17, 20, 'visits') WHERE kind = 'ranker';
SELECT recal_activate('visits', 1);
SELECT count(*) > 0 AS ranker FROM recal_explain(17, 20, 'visits') WHERE kind = 'ranker';
RESET recal.ranker_refresh;
SELECT recal_drop_model(model) FROM recal_models ORDER BY model;
DROP TABLE visits, offers, goods;
