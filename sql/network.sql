-- the network serves through the same functions as the factorization
CREATE TABLE walks (user_id int, item_id int, at timestamptz, kind text DEFAULT 'view');
-- everybody walks through the items in order, from a place of their own
INSERT INTO walks SELECT u, (u * 7 + n) % 50, timestamptz '2026-01-01' + make_interval(hours => n) FROM generate_series(1, 300) u, generate_series(0, 9) n;
CREATE INDEX ON walks (user_id);
SELECT recal_create_model('walks', 'walks', event_column => 'kind', event_weights => '{"view": 1, "hate": -3}', time_column => 'at',
	options => '{"factors": 16, "network": "on", "hidden": [32], "network_epochs": 30, "batch_size": 64, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
CALL recal_train('walks');
SELECT status, facts->>'network' AS network, metrics->>'network_ndcg_10' IS NOT NULL AS judged,
	(metrics->>'network_ndcg_10')::float8 > (metrics->>'factorization_ndcg_10')::float8 AS better FROM recal_versions WHERE model = 'walks';

-- what comes next in the walk comes first
SELECT count(*) FILTER (WHERE item_id = (user_id * 7 + 10) % 50) > 240 AS next_first FROM recal_recommend_all(1);
SELECT item_id = (42 * 7 + 10) % 50 AS next_first, source, uncertainty > 0 AS uncertain FROM recal_recommend(42, 1);
-- live: one step further, one step further
BEGIN;
INSERT INTO walks VALUES (42, (42 * 7 + 10) % 50, '2026-01-03');
SELECT item_id = (42 * 7 + 11) % 50 AS next_first FROM recal_recommend(42, 1);
ROLLBACK;
SELECT item_id FROM recal_recommend_for_items(ARRAY[20, 21, 22, 23, 24, 25], 1);
SELECT source, count(*) FROM recal_recommend(-1, 5) GROUP BY source;

-- one score, wherever it is asked for
SELECT count(*) AS differences FROM recal_recommend_all(5) a JOIN LATERAL recal_recommend(a.user_id::int, 5) r USING (rank)
WHERE a.item_id <> r.item_id OR abs(a.score - r.score) > 1e-4;
SELECT max(abs(score - recal_score(17, item_id))) < 1e-4 AS same FROM recal_recommend(17, 50);
SELECT max(abs(r.score - c.score)) < 1e-4 AS same, count(*) FROM recal_recommend(17, 50) r JOIN recal_recommend(17, 50, ARRAY(SELECT generate_series(0, 49))) c USING (item_id);
SELECT array_length(recal_item_factor(1), 1) AS item, array_length(recal_user_factor(1), 1) AS person,
	max(abs((SELECT sum(a * b) FROM unnest(recal_user_factor(17), recal_item_factor(i)) f (a, b)) - recal_score(17, i))) < 1e-4 AS dot_product_is_score
FROM generate_series(0, 49) i;
SELECT count(*), bool_and(similarity BETWEEN -1 AND 1) AS cosine FROM recal_similar_items(20, 5);

-- the shorter the history, the less sure
CREATE TABLE unsure AS SELECT n, avg(uncertainty) AS uncertainty FROM generate_series(0, 4) n, generate_series(1, 30) u,
	recal_recommend_for_items(ARRAY(SELECT (u * 7 + i) % 50 FROM generate_series(10 - n, 9) i), 10) GROUP BY n;
SELECT string_agg(n::text, ' > ' ORDER BY uncertainty DESC) AS order, max(uncertainty) > 1.5 * min(uncertainty) AS by_far FROM unsure;
BEGIN;
DELETE FROM recal_weights WHERE model = 'walks' AND part = 'network_spread';
UPDATE recal_version SET stamp = gen_random_uuid() WHERE model = 'walks';
SELECT count(*) FROM recal_recommend(1, 5);
ROLLBACK;

-- reasons add up, for people without a history too
SELECT count(*), max(abs(score - total)) < 1e-3 AS add_up FROM (SELECT recal_score(u, i) AS score, (SELECT sum(contribution) FROM recal_explain(u, i)) AS total
FROM generate_series(0, 40) u, generate_series(0, 49, 3) i) s;
SELECT kind, source FROM recal_explain(-1, 20) ORDER BY source;
SELECT kind, count(*) FROM recal_explain(17, 20) GROUP BY kind ORDER BY kind;

-- a dislike and an answer count, in the history as elsewhere
BEGIN;
SELECT recal_score(17, 30) AS before \gset
INSERT INTO walks VALUES (17, 30, '2026-01-03', 'hate');
SELECT recal_score(17, 30) <> :before AS changed;
SELECT count(*), max(abs(score - total)) < 1e-3 AS add_up FROM (SELECT recal_score(17, i) AS score, (SELECT sum(contribution) FROM recal_explain(17, i)) AS total FROM generate_series(0, 49) i) s;
SELECT recal_feedback(17, 30, 1);
SELECT recal_score(17, 30) <> :before AS changed, count(*) FILTER (WHERE item_id = 30) AS shown FROM recal_recommend(17, 50);
ROLLBACK;

-- a model larger than the cache is read chunk by chunk, and says the same
CREATE TABLE wide AS SELECT user_id, (user_id * 7 + item_id) % 800 AS item_id, at FROM walks;
CREATE INDEX ON wide (user_id);
SELECT recal_create_model('wide', 'wide', time_column => 'at',
	options => '{"factors": 128, "epochs": 2, "network": "on", "hidden": [32], "network_epochs": 1, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
CALL recal_train('wide');
CREATE TEMP TABLE pages AS SELECT u, r.* FROM generate_series(0, 20) u, recal_recommend(u, 5, 'wide') r;
CREATE TEMP TABLE reasons AS SELECT u, r.* FROM generate_series(0, 20) u, recal_explain(u, 100, 'wide') r;
SET recal.cache_size = '1MB';
SELECT count(*) AS differences FROM pages p JOIN LATERAL recal_recommend(p.u, 5, 'wide') r USING (rank) WHERE p.item_id <> r.item_id OR abs(p.score - r.score) > 1e-4;
SELECT count(*) > 50 AS reasons, count(*) FILTER (WHERE abs(a.contribution - b.contribution) > 1e-4) AS differences
FROM reasons a JOIN (SELECT u, r.* FROM generate_series(0, 20) u, recal_explain(u, 100, 'wide') r) b USING (u, kind, source);
SELECT count(*) AS differences FROM recal_recommend_all(5, 'wide') a JOIN pages p ON p.u = a.user_id AND p.rank = a.rank WHERE p.item_id <> a.item_id OR abs(p.score - a.score) > 1e-4;
RESET recal.cache_size;
SELECT recal_drop_model('wide');
DROP TABLE wide;

-- damaged weights are told
BEGIN;
UPDATE recal_weights SET part = 'network_shapes' WHERE model = 'walks' AND part = 'network_shape';
UPDATE recal_version SET stamp = gen_random_uuid() WHERE model = 'walks';
SELECT count(*) FROM recal_recommend(1, 5);
ROLLBACK;
BEGIN;
DELETE FROM recal_weights WHERE model = 'walks' AND part = 'network_outputs';
UPDATE recal_version SET stamp = gen_random_uuid() WHERE model = 'walks';
SELECT count(*) FROM recal_recommend(1, 5);
ROLLBACK;

-- off again
SELECT recal_alter_model('walks', '{"network": "off"}');
CALL recal_train('walks');
SELECT array_length(recal_item_factor(1), 1) AS item, (SELECT facts->>'network' FROM recal_versions WHERE model = 'walks' AND is_current) AS network;
SELECT recal_activate('walks', 1);
SELECT item_id = (42 * 7 + 10) % 50 AS next_first FROM recal_recommend(42, 1);

-- where there is none
SELECT recal_create_model('x', 'walks', options => '{"network": "on"}');
SELECT recal_drop_model('walks');
DROP TABLE walks, unsure;
