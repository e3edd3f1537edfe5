-- the network beside features: of items that nobody has touched, and of users
SET client_min_messages = warning;
CREATE SCHEMA network_content;
SET search_path = network_content, public;

-- everybody walks through the items of a kind in order; who is Dutch through the even ones
CREATE TABLE walks (user_id int, item_id int, at timestamptz, event text DEFAULT 'view');
INSERT INTO walks SELECT u, (u * 14 + n * 2) % 60 + u % 2, timestamptz '2026-01-01' + make_interval(hours => n) FROM generate_series(1, 300) u, generate_series(0, 9) n;
CREATE INDEX ON walks (user_id);
CREATE TABLE products (id int PRIMARY KEY, kind text, zone int, title text);
INSERT INTO products SELECT i, CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END, i / 20, 'product ' || i FROM generate_series(0, 59) i;
CREATE TABLE people (id int PRIMARY KEY, country text);
INSERT INTO people SELECT u, CASE u % 2 WHEN 0 THEN 'NL' ELSE 'IT' END FROM generate_series(1, 300) u;
SELECT recal_create_model('walks', 'walks', time_column => 'at', event_column => 'event', event_weights => '{"view": 1, "hate": -3}',
	items => 'products', item_features => '{kind,zone}', users => 'people', user_features => '{country}',
	options => '{"factors": 16, "network": "on", "hidden": [32], "network_epochs": 30, "batch_size": 64, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
CALL recal_train('walks');
SELECT facts->>'network' AS network, (metrics->>'network_ndcg_10')::float8 > (metrics->>'factorization_ndcg_10')::float8 AS better FROM recal_versions WHERE model = 'walks';
SELECT string_agg(part, ' ' ORDER BY part COLLATE "C") FROM recal_weights WHERE model = 'walks' AND part LIKE 'network%';
SELECT count(*) FILTER (WHERE item_id = (user_id * 14 + 20) % 60 + user_id % 2) > 150 AS next_first FROM recal_recommend_all(1);

-- nobody has touched 101 and 102, which came after the training
INSERT INTO products VALUES (101, 'odd', 1), (102, 'even', 1), (103, 'unheard of', NULL);
SELECT item_id, source FROM recal_recommend(1, 3, ARRAY[101, 102, 999]);
SELECT item_id, source FROM recal_recommend(2, 3, ARRAY[101, 102, 999]);
SELECT avg((recal_score(u, 102 - u % 2) > recal_score(u, 101 + u % 2))::int) > 0.8 AS fits FROM generate_series(1, 300) u;
SELECT count(*) FILTER (WHERE source = 'content') AS content, count(*) FILTER (WHERE source = 'personal') AS personal, bool_and(uncertainty > 0) AS uncertain FROM recal_recommend(1, 100);
SELECT array_length(recal_item_factor(101), 1) AS factor;
SELECT max(abs(recal_score(u, i) - (SELECT sum(a * b) FROM unnest(recal_user_factor(u), recal_item_factor(i)) AS t(a, b)))) < 1e-4 AS is_score FROM generate_series(1, 9) u, generate_series(101, 103) i;
SELECT max(abs(recal_score(u, i) - (SELECT sum(contribution) FROM recal_explain(u, i)))) < 1e-3 AS adds_up FROM generate_series(0, 20) u, generate_series(101, 103) i;
SELECT avg((item_id % 2)::float8) > 0.7 AS odd FROM recal_similar_items(101, 10);
SELECT max(abs(score - recal_score(user_id, item_id))) < 1e-4 AS same, count(DISTINCT item_id) FILTER (WHERE item_id > 100) AS content FROM recal_recommend_all(63);
-- its bias is that of its kind, not that of the most popular
SELECT x[33] BETWEEN (SELECT min((recal_item_factor(i))[33]) FROM generate_series(0, 59) i) AND (SELECT max((recal_item_factor(i))[33]) FROM generate_series(0, 59) i) AS among FROM recal_item_factor(102) x;

-- in a history it is read like any other
SELECT bool_and(item_id % 2 = 1) AS odd FROM recal_recommend_for_items(ARRAY[101], 5) WHERE item_id < 100;
SELECT bool_and(item_id % 2 = 0) AS even FROM recal_recommend_for_items(ARRAY[102], 5) WHERE item_id < 100;
BEGIN;
SELECT recal_score(1, 7) AS before \gset
INSERT INTO walks VALUES (1, 102, '2026-01-03'), (500, 101, '2026-01-03');
SELECT recal_score(1, 7) <> :before AS changed, count(*) FILTER (WHERE item_id = 102) AS again FROM recal_recommend(1, 100);
SELECT bool_and(item_id % 2 = 1) AS odd FROM recal_recommend(500, 3) WHERE item_id < 100;
SELECT max(abs(recal_score(u, i) - (SELECT sum(contribution) FROM recal_explain(u, i)))) < 1e-3 AS adds_up FROM unnest(ARRAY[1, 500]) u, generate_series(0, 59, 3) i;
SELECT count(*) FILTER (WHERE kind = 'item' AND source = '102') AS reason FROM recal_explain(1, 7);
SELECT max(abs(a.score - recal_score(a.user_id, a.item_id))) < 1e-4 AS same FROM recal_recommend_all_for(ARRAY[1, 500], NULL::int[], 63) a;
ROLLBACK;

-- users without a row have their features in the network, too
BEGIN;
INSERT INTO people VALUES (601, 'IT'), (602, 'NL'), (603, NULL);
SELECT u, bool_and(item_id % 2 = u % 2) AS fits, min(source) AS source FROM unnest(ARRAY[601, 602]) u, recal_recommend(u, 10) WHERE item_id < 100 GROUP BY u ORDER BY u;
SELECT recal_user_factor(601) <> recal_user_factor(602) AS differ, (recal_user_factor(601))[17:32] <> (recal_user_factor(602))[17:32] AS network_too;
SELECT kind, source FROM recal_explain(601, 1) ORDER BY kind COLLATE "C", source COLLATE "C";
SELECT u, max(abs(recal_score(u, i) - (SELECT sum(contribution) FROM recal_explain(u, i)))) < 1e-3 AS adds_up FROM unnest(ARRAY[1, 2, 300, 601, 602, 603, 604]) u, generate_series(0, 59, 3) i GROUP BY u ORDER BY u;
INSERT INTO walks VALUES (602, 8, '2026-01-03', 'hate');
SELECT max(abs(recal_score(602, i) - (SELECT sum(contribution) FROM recal_explain(602, i)))) < 1e-3 AS adds_up FROM generate_series(0, 59, 3) i;
INSERT INTO walks VALUES (601, 1, '2026-01-03'), (603, 1, '2026-01-03');
SELECT max(abs(a.score - recal_score(a.user_id, a.item_id))) < 1e-4 AS same FROM recal_recommend_all_for(ARRAY[1, 601, 602, 603], NULL::int[], 63) a;
-- the country speaks in the network of people with rows, and changes count
SELECT recal_score(1, 5) AS before \gset
UPDATE people SET country = 'NL' WHERE id = 1;
SELECT recal_score(1, 5) < :before AS less;
ROLLBACK;

-- features that the factorization may do without are read by the network all the same
CREATE TABLE strangers AS SELECT id, 'kind ' || abs(hashint4(id)) % 40 AS noise FROM people;
SELECT recal_create_model('noise', 'walks', time_column => 'at', event_column => 'event', event_weights => '{"view": 1, "hate": -3}', users => 'strangers', user_id_column => 'id', user_features => '{noise}',
	options => '{"factors": 8, "epochs": 5, "network": "on", "hidden": [16], "network_epochs": 2}');
CALL recal_train('noise');
BEGIN;
INSERT INTO strangers VALUES (701, 'kind 3'), (702, 'kind 3');
INSERT INTO walks VALUES (702, 8, '2026-01-03', 'hate');
SELECT u, max(abs(recal_score(u, i, 'noise') - (SELECT sum(contribution) FROM recal_explain(u, i, 'noise')))) < 1e-3 AS adds_up FROM unnest(ARRAY[1, 2, 701, 702, 703]) u, generate_series(0, 59, 3) i GROUP BY u ORDER BY u;
SELECT u, count(*) FILTER (WHERE kind = 'feature') AS features, count(*) FILTER (WHERE kind = 'prior') AS priors FROM unnest(ARRAY[1, 701, 702, 703]) u, recal_explain(u, 3, 'noise') GROUP BY u ORDER BY u;
SELECT max(abs(a.score - recal_score(a.user_id, a.item_id, 'noise'))) < 1e-4 AS same FROM recal_recommend_all_for(ARRAY[1, 701, 702, 703], NULL::int[], 63, 'noise') a;
ROLLBACK;
SELECT recal_drop_model('noise');

-- a model larger than the cache says the same
CREATE TABLE wide AS SELECT user_id, (user_id * 7 + item_id) % 800 AS item_id, at FROM walks;
CREATE INDEX ON wide (user_id);
CREATE TABLE wide_products AS SELECT i AS id, CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS kind FROM generate_series(0, 809) i WHERE i >= 800 OR i IN (SELECT item_id FROM wide);
SELECT recal_create_model('wide', 'wide', time_column => 'at', items => 'wide_products', item_id_column => 'id', item_features => '{kind}',
	options => '{"factors": 128, "epochs": 2, "network": "on", "hidden": [32], "network_epochs": 1, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
CALL recal_train('wide');
INSERT INTO wide VALUES (1, 805, '2026-01-03');
CREATE TEMP TABLE pages AS SELECT u, i, recal_score(u, i, 'wide') AS score FROM generate_series(0, 9) u, generate_series(0, 809) i;
SET recal.cache_size = '1MB';
SELECT count(*) > 4000 AS some, count(*) FILTER (WHERE abs(score - recal_score(u, i, 'wide')) > 1e-4 OR recal_score(u, i, 'wide') IS NULL) AS differences FROM pages WHERE score IS NOT NULL;
RESET recal.cache_size;
SELECT recal_drop_model('wide');

-- evaluation knows the items that only the held-out rows have
SELECT bool_and(value IS NOT NULL) AS all_known, count(*) FILTER (WHERE metric = 'network' AND value = 1) AS network FROM recal_evaluate('walks', 5);

-- trained again, warm or not, and what is damaged is told
CALL recal_train('walks');
SELECT facts->>'network' AS network FROM recal_versions WHERE model = 'walks' AND is_current;
BEGIN;
DELETE FROM recal_weights WHERE model = 'walks' AND part = 'network_content';
UPDATE recal_version SET stamp = gen_random_uuid() WHERE model = 'walks';
SELECT count(*) FROM recal_recommend(1, 5);
\echo :SQLSTATE
ROLLBACK;

SELECT recal_drop_model('walks');
DROP SCHEMA network_content CASCADE;
