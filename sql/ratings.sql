-- explicit ratings: predictions on the scale, biases, answers
CREATE TABLE ratings (user_id int, item_id int, stars float8, at timestamptz);
-- two kinds of people and of items: each likes its own kind; some people and items are rated better by all
INSERT INTO ratings SELECT u, i, least(5, greatest(1, round(3 + (u % 7) / 6.0 - 0.5 + (i % 5) / 4.0 - 0.5 + CASE WHEN u % 2 = i % 2 THEN 1 ELSE -1 END))),
	timestamptz '2026-01-01' + make_interval(hours => (u * 31 + i * 17) % 1000)
FROM generate_series(1, 120) u, generate_series(1, 40) i WHERE (u * 7 + i * 13) % 4 <> 0;
CREATE INDEX ON ratings (user_id);
SELECT recal_create_model('stars', 'ratings', value_column => 'stars', time_column => 'at', objective => 'explicit', options => '{"factors": 8}');
CALL recal_train('stars');
SELECT status, facts->>'mean_rating' IS NOT NULL AS mean, facts->>'min_rating' AS least, facts->>'max_rating' AS most,
	(metrics->>'auto_rmse')::float8 < 0.7 * (metrics->>'baseline_rmse')::float8 AS better_than_biases,
	loss[array_length(loss, 1)] < loss[1] AS falling FROM recal_versions WHERE model = 'stars';

-- a pair that was held back by the pattern above, on the scale of the ratings
SELECT user_id, item_id, abs(recal_score(user_id, item_id) - e) < 0.6 AS close FROM (VALUES (4, 4, 4.5), (4, 8, 4.5), (5, 1, 4.1), (4, 12, 4.2), (11, 3, 4.4)) v (user_id, item_id, e)
WHERE NOT EXISTS (SELECT FROM ratings r WHERE r.user_id = v.user_id AND r.item_id = v.item_id);
SELECT bool_and(abs(recal_score(user_id, item_id) - stars) < 1) AS fits FROM ratings;
-- the best rated first, for nobody in particular too; a stranger is the mean and the item's bias
SELECT bool_and(item_id % 2 = 0) AS own_kind, count(*), min(source) AS source FROM recal_recommend(42, 5);
SELECT source, count(*), bool_and(score BETWEEN 2 AND 5 AND uncertainty > 0) AS sane FROM recal_recommend(-1, 5) GROUP BY source;
SELECT abs(recal_score(NULL::int, 7) - (f.facts->>'mean_rating')::real - (recal_item_factor(7))[2]) < 1e-5 AS mean_and_bias FROM recal_versions f WHERE model = 'stars';
SELECT array_length(recal_item_factor(1), 1) AS item, array_length(recal_user_factor(1), 1) AS person, (recal_item_factor(1))[1] AS one, (recal_user_factor(1))[2] AS another,
	abs((SELECT sum(a * b) FROM unnest(recal_user_factor(3), recal_item_factor(9)) f (a, b)) - recal_score(3, 9)) < 1e-5 AS dot_product_is_score;
SELECT bool_and(item_id % 2 = 1) AS same_kind, count(*) FROM recal_similar_items(3, 5);
SELECT bool_and(item_id % 2 = 0) AS same_kind, count(*) FROM recal_recommend_for_items(ARRAY[2, 4, 6], 5);
SELECT count(*) AS differences FROM recal_recommend_all(3) a JOIN LATERAL recal_recommend(a.user_id::int, 3) r USING (rank)
WHERE a.item_id <> r.item_id AND abs(recal_score(a.user_id::int, a.item_id::int) - r.score) > 1e-5 OR abs(a.score - r.score) > 1e-5;

-- reasons add up for a thousand pairs
SELECT count(*), max(abs(score - total)) < 1e-3 AS add_up, bool_and(biases = 3) AS biases
FROM (SELECT recal_score(u, i) AS score, total, biases FROM (SELECT 1 + (n * 7919) % 125 AS u, 1 + (n * 104729) % 40 AS i FROM generate_series(1, 1000) n) p,
	LATERAL (SELECT sum(contribution) AS total, count(*) FILTER (WHERE kind = 'bias') AS biases FROM recal_explain(u, i)) e) s;
SELECT kind, source FROM recal_explain(-1, 3) ORDER BY source;

-- the newest rating of a pair counts, before and after training; of the same time, the mean
SELECT recal_score(2, 2) AS before \gset
INSERT INTO ratings VALUES (2, 2, 1, '2026-06-01');
SELECT recal_score(2, 2) < :before AS lower;
INSERT INTO ratings VALUES (2, 2, 5, '2026-06-02'), (2, 2, 1, '2026-06-02');
SELECT recal_score(2, 2) AS mean \gset
DELETE FROM ratings WHERE at >= '2026-06-01';
INSERT INTO ratings VALUES (2, 2, 3, '2026-06-03');
SELECT abs(recal_score(2, 2) - :mean) < 1e-5 AS mean_of_ties;
DELETE FROM ratings WHERE at >= '2026-06-01';
CREATE TABLE twice AS SELECT * FROM ratings UNION ALL SELECT user_id, item_id, 1, at - interval '1 year' FROM ratings UNION ALL SELECT user_id, item_id, 5, NULL FROM ratings;
CREATE INDEX ON twice (user_id);
SELECT recal_create_model('twice', 'twice', value_column => 'stars', time_column => 'at', objective => 'explicit', options => '{"factors": 8}');
CALL recal_train('twice');
SELECT bool_and(recal_score(u, i, 'twice') = recal_score(u, i, 'stars')) AS same FROM generate_series(1, 9) u, generate_series(1, 9) i;

-- answers are ratings
SELECT recal_feedback(900, 1, 5), recal_feedback(900, 3, 5), recal_feedback(900, 2, 1), recal_feedback(900, 4, NULL);
SELECT bool_and(item_id % 2 = 1) AS own_kind, min(source) AS source FROM recal_recommend(900, 5);
SELECT recal_score(900, 5) - recal_score(900, 6) > 1 AS learned;
SELECT recal_feedback(900, 1, 5.5);
\echo :SQLSTATE
SELECT recal_feedback(900, 1, 0);
SELECT recal_feedback(900, 1, 'NaN');
SELECT recal_feedback(900, 1, '-Infinity');
SELECT recal_feedback(900, 99, 4);
CALL recal_train('stars');
SELECT recal_score(900, 99) > recal_score(1, 99) AS known_now, (SELECT facts->>'answers' FROM recal_versions WHERE model = 'stars' ORDER BY version DESC LIMIT 1) AS answers;

-- evaluation
SELECT metric, value < baseline AS better FROM recal_evaluate('stars') WHERE metric IN ('rmse', 'mae') ORDER BY metric;
SELECT metric, value < baseline AS better FROM recal_evaluate('stars', protocol => 'random') WHERE metric IN ('rmse', 'mae') ORDER BY metric;
SELECT metric, value < baseline AS better FROM recal_evaluate('stars', protocol => 'time') WHERE metric IN ('rmse', 'mae') ORDER BY metric;
SELECT metric, value IS NOT NULL AS value, baseline IS NOT NULL AS baseline FROM recal_evaluate('stars', protocol => 'random', seed => 7) ORDER BY metric;

-- other scales: the same predictions, scaled
CREATE VIEW small AS SELECT user_id, item_id, (stars - 1) / 4 AS stars FROM ratings;
CREATE VIEW large AS SELECT user_id, item_id, (stars - 1) * 250 AS stars FROM ratings;
SELECT recal_create_model('plain', 'ratings', value_column => 'stars', objective => 'explicit', options => '{"factors": 8}'),
	recal_create_model('small', 'small', value_column => 'stars', objective => 'explicit', options => '{"factors": 8}'),
	recal_create_model('large', 'large', value_column => 'stars', objective => 'explicit', options => '{"factors": 8}');
CALL recal_train('plain');
CALL recal_train('small');
CALL recal_train('large');
SELECT max(abs(recal_score(u, i, 'small') - (recal_score(u, i, 'plain') - 1) / 4)) < 0.01 AS small,
	max(abs(recal_score(u, i, 'large') / 250 - recal_score(u, i, 'plain') + 1)) < 0.01 AS large
FROM generate_series(1, 20) u, generate_series(1, 20) i;

-- nothing to learn from: all equal, one a user
CREATE VIEW equal AS SELECT user_id, item_id, 4 AS stars FROM ratings;
CREATE VIEW one AS SELECT DISTINCT ON (user_id) user_id, item_id, stars FROM ratings ORDER BY user_id, item_id;
SELECT recal_create_model('equal', 'equal', value_column => 'stars', objective => 'explicit', options => '{"factors": 4}'),
	recal_create_model('one', 'one', value_column => 'stars', objective => 'explicit', options => '{"factors": 4}');
CALL recal_train('equal');
CALL recal_train('one');
SELECT bool_and(abs(recal_score(u, i, 'equal') - 4) < 1e-5) AS four FROM generate_series(1, 20) u, generate_series(1, 20) i;
SELECT bool_and(score BETWEEN 0 AND 6 AND uncertainty >= 0) AS sane, count(*) FROM recal_recommend(1, 2, 'one');
SELECT count(*), bool_and(score = 4) AS four FROM recal_recommend(1, 3, 'equal');
SELECT * FROM recal_evaluate('one');

-- bad rows
INSERT INTO ratings VALUES (1, 1, 'NaN', '2026-06-01');
CALL recal_train('plain');
DELETE FROM ratings WHERE stars = 'NaN';
INSERT INTO ratings VALUES (1, 1, NULL, '2026-06-01');
CALL recal_train('plain');
SELECT facts->>'rows_ignored' AS ignored FROM recal_versions WHERE model = 'plain' AND status = 'ready' ORDER BY version DESC LIMIT 1;

-- the report of ratings
SELECT html ~ 'RMSE of predicted ratings' AS rmse, html ~ 'biases alone' AS baseline, html ~ 'NDCG' AS ndcg, html ~ '<text class="key strong start"[^>]*>variance_reduction<' AS advised FROM recal_report('stars') html;

-- with features: who or what has no rating yet is rated by them, and reasons still add up
CREATE TABLE films (id int, kind text);
INSERT INTO films SELECT i, CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END FROM generate_series(1, 50) i;
CREATE TABLE people (id int, kind text);
INSERT INTO people SELECT u, CASE u % 2 WHEN 0 THEN 'even' ELSE 'odd' END FROM generate_series(1, 140) u;
SELECT recal_create_model('kinds', 'ratings', value_column => 'stars', objective => 'explicit', options => '{"factors": 8}',
	items => 'films', item_features => '{kind}', users => 'people', user_features => '{kind}');
CALL recal_train('kinds');
SELECT loss[array_length(loss, 1)] < loss[1] AS falling FROM recal_versions WHERE model = 'kinds';
SELECT u % 2 = i % 2 AS own_kind, min(s) > 3 AS high, max(s) < 3 AS low
FROM (SELECT u, i, recal_score(u, i, 'kinds') AS s FROM generate_series(125, 140) u, generate_series(41, 50) i) x GROUP BY 1 ORDER BY 1;
SELECT bool_and(recal_score(u, i, 'kinds') - recal_score(u, i + 1, 'kinds') > 0.5) AS content_of_known_people FROM generate_series(3, 9, 2) u, generate_series(41, 49, 2) i;
SELECT source, count(*) FROM recal_recommend(130, 50, 'kinds', exclude_seen => false) GROUP BY source;
SELECT count(*) FILTER (WHERE source = 'content') AS content FROM recal_recommend(1, 50, 'kinds', exclude_seen => false);
SELECT recal_feedback(130, 3, 5, 'kinds');
SELECT count(*), max(abs(score - total)) < 1e-3 AS add_up FROM (SELECT recal_score(u, i, 'kinds') AS score, (SELECT sum(contribution) FROM recal_explain(u, i, 'kinds')) AS total
FROM unnest(ARRAY[1, 2, 130, 139, 150]) u, generate_series(35, 45) i) s;
SELECT count(*) AS differences FROM recal_recommend_all_for(ARRAY[1, 2, 130, 139, 150], NULL::int[], 3, 'kinds') a JOIN LATERAL recal_recommend(a.user_id, 3, 'kinds') r USING (rank)
WHERE a.item_id <> r.item_id AND abs(recal_score(a.user_id, a.item_id, 'kinds') - r.score) > 1e-5 OR abs(a.score - r.score) > 1e-5;
SELECT abs((SELECT sum(a * b) FROM unnest(recal_user_factor(139, 'kinds'), recal_item_factor(47, 'kinds')) f (a, b)) - recal_score(139, 47, 'kinds')) < 1e-5 AS dot_product_is_score;
SELECT metric, value < baseline AS better FROM recal_evaluate('kinds', protocol => 'random') WHERE metric IN ('rmse', 'mae') ORDER BY metric;
SELECT recal_drop_model('kinds');
DROP TABLE films, people;

-- from one objective to the other and back
SELECT recal_alter_model('plain', '{"objective": "implicit"}');
CALL recal_train('plain');
SELECT array_length(recal_item_factor(1, 'plain'), 1) AS implicit, (SELECT facts->>'warm_start' FROM recal_versions WHERE model = 'plain' ORDER BY version DESC LIMIT 1) AS warm;
SELECT recal_alter_model('plain', '{"objective": "explicit", "regularization": 5, "factors": 1}');
CALL recal_train('plain');
SELECT array_length(recal_item_factor(1, 'plain'), 1) AS explicit, (SELECT facts->>'regularization' FROM recal_versions WHERE model = 'plain' ORDER BY version DESC LIMIT 1) AS regularization;
CALL recal_train('plain');
SELECT facts->>'warm_start' AS warm FROM recal_versions WHERE model = 'plain' ORDER BY version DESC LIMIT 1;

SELECT recal_drop_model(model) FROM recal_models WHERE model IN ('stars', 'twice', 'plain', 'small', 'large', 'equal', 'one') ORDER BY model;
DROP TABLE ratings, twice CASCADE;
