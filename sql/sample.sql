-- training on a chosen sample
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS recal;
CREATE TABLE sample_plays (user_id int, item_id int, stars real, at int);
-- ten groups, each with its own ten items: the rest of the group is predictable
INSERT INTO sample_plays
SELECT u, (u % 10) * 10 + i, 1 + (u % 10 + i) % 5, u + (i * 7 + u / 10 * 3) % 10
FROM generate_series(0, 299) u, generate_series(0, 9) i WHERE (i + u / 10) % 5 <> 0;
CREATE INDEX ON sample_plays (user_id);
SELECT recal_create_model('sampled', 'sample_plays', time_column => 'at',
	options => '{"factors": 8, "epochs": 8, "regularization": 0.1, "unobserved_weight": 0.1, "history_decay": 1, "network": "off", "warm_start": false}');
RESET client_min_messages;

-- what the option takes, and what is said of anything else
CREATE FUNCTION pg_temp.try(o text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	d text;
	h text;
BEGIN
	PERFORM recal_alter_model('sampled', jsonb_build_object('sample', o::jsonb));
	RETURN coalesce((SELECT options ->> 'sample' FROM recal_models WHERE model = 'sampled'), 'off');
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', SQLERRM, nullif(d, ''), nullif(h, ''));
END
$$;
SELECT o, pg_temp.try(o) AS said FROM unnest(ARRAY['{"fraction": 0.3}', '{"fraction": 1, "strategy": "diverse", "compare": false}',
	'{"fraction": 0.001, "strategy": null, "compare": null}', '"none"', 'null',
	'0.3', '"some"', '[]', '{}', '{"fraction": null}', '{"strategy": "random"}', '{"fraction": 0}', '{"fraction": 1.1}', '{"fraction": "half"}',
	'{"fraction": 0.5, "strategy": "best"}', '{"fraction": 0.5, "strategy": 1}', '{"fraction": 0.5, "compare": 1}', '{"fraction": 0.5, "part": null}']) WITH ORDINALITY a (o, n) ORDER BY n;
SELECT options ? 'sample' AS set FROM recal_models WHERE model = 'sampled';

-- three tenths of the pairs, by each strategy; what it keeps stands beside what random ones do
CREATE TABLE sample_runs (strategy text, facts jsonb, metrics jsonb, timings jsonb, factors text);
CREATE PROCEDURE sample_run(o jsonb) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM recal_alter_model('sampled', o);
	CALL recal_train('sampled');
	INSERT INTO sample_runs SELECT o #>> '{sample,strategy}', facts, metrics, timings,
		(SELECT md5(string_agg(recal_item_factor(i, 'sampled')::text, ' ' ORDER BY i)) FROM generate_series(0, 99) i)
	FROM recal_versions WHERE model = 'sampled' AND is_current;
END
$$;
DO $$
DECLARE
	s text;
BEGIN
	FOREACH s IN ARRAY ARRAY['uncertainty', 'variance_reduction', 'margin', 'entropy', 'interest', 'thompson', 'popularity', 'popularity_entropy', 'committee', 'diverse', 'random'] LOOP
		CALL sample_run(jsonb_build_object('sample', jsonb_build_object('strategy', s, 'fraction', 0.3)));
	END LOOP;
END
$$;
SELECT strategy, facts -> 'users' AS users, facts -> 'items' AS items, facts -> 'pairs' AS pairs, facts -> 'sample_strategy' AS told, facts -> 'sample_fraction' AS fraction,
	facts -> 'sample_pairs' AS chosen, facts -> 'sample_rounds' AS rounds, metrics -> 'sample_users' AS held,
	(metrics -> 'sample_work')::numeric BETWEEN 0.1 AND 0.9 AS less, (metrics -> 'sample_quality_kept')::numeric BETWEEN 0.5 AND 1.2 AS keeps,
	metrics ? 'sample_random_ndcg_10' AS random, (metrics -> 'sample_all_ndcg_10')::numeric > 2 * (metrics -> 'sample_baseline_ndcg_10')::numeric AS learns
FROM sample_runs ORDER BY facts ->> 'sample_strategy';
SELECT count(DISTINCT factors) >= 9 AS models, count(DISTINCT metrics -> 'sample_all_ndcg_10') AS everything, count(DISTINCT metrics -> 'sample_random_ndcg_10') AS at_random,
	bool_and(timings ?& '{sample,compare,total}') AS timed FROM sample_runs;
SELECT round((metrics -> 'sample_quality_kept')::numeric * (metrics -> 'sample_all_ndcg_10')::numeric, 4) = round((metrics -> 'sample_ndcg_10')::numeric, 4) AS ratio FROM sample_runs WHERE strategy = 'uncertainty';

-- recal_evaluate trains on the sample, too, and holds the same rows out
SELECT recal_alter_model('sampled', '{"sample": {"strategy": "uncertainty", "fraction": 0.3}}');
SELECT abs(value - (SELECT (metrics -> 'sample_ndcg_10')::float8 FROM sample_runs WHERE strategy = 'uncertainty')) < 1e-6 AS as_told
FROM recal_evaluate('sampled') WHERE metric = 'ndcg@10';

-- everybody and everything stays known, and what was left out is still seen
SELECT count(*) AS items, bool_and(recal_item_factor(i, 'sampled') IS NOT NULL) AS known FROM generate_series(0, 99) i;
SELECT bool_and(source = 'personal') AS personal, count(*) FILTER (WHERE EXISTS (SELECT FROM sample_plays p WHERE p.user_id = 7 AND p.item_id = r.item_id)) AS seen,
	count(*) FILTER (WHERE item_id / 10 = 7) AS of_the_group FROM recal_recommend(7, 10, 'sampled') r;

-- the same again, with any number of workers; another seed, another choice
SET max_parallel_maintenance_workers = 0;
CALL sample_run('{"sample": {"strategy": "uncertainty", "fraction": 0.3}}');
RESET max_parallel_maintenance_workers;
SELECT count(*) AS runs, count(DISTINCT factors) AS models, count(DISTINCT metrics) AS metrics FROM sample_runs WHERE strategy = 'uncertainty';
CALL sample_run('{"seed": 43}');
SELECT count(DISTINCT factors) AS models FROM sample_runs WHERE strategy = 'uncertainty' OR strategy IS NULL;
SELECT recal_alter_model('sampled', '{"seed": null}');

-- without the comparison
CALL sample_run('{"sample": {"fraction": 0.5, "compare": false}}');
SELECT metrics - 'sample_work' AS compared, facts -> 'sample_pairs' AS chosen FROM recal_versions WHERE model = 'sampled' AND is_current;

-- all of it is the model without a sample
CALL sample_run('{"sample": {"fraction": 1, "compare": false}}');
CALL sample_run('{"sample": null}');
SELECT count(DISTINCT factors) AS models, count(*) AS runs FROM (SELECT factors FROM sample_runs ORDER BY ctid DESC LIMIT 2) s;
SELECT facts ? 'sample_pairs' AS told, metrics ? 'sample_work' AS compared, timings ? 'sample' AS timed FROM recal_versions WHERE model = 'sampled' AND is_current;

-- answers are always among the chosen
SELECT count(recal_feedback(u, (u % 10) * 10 + (10 - u / 10 % 5) % 5, 1, 'sampled')) AS answers FROM generate_series(0, 299) u;
CALL sample_run('{"sample": {"strategy": "uncertainty", "fraction": 0.01, "compare": false}}');
SELECT facts -> 'pairs' AS pairs, facts -> 'answers' AS answers, facts -> 'sample_pairs' AS chosen FROM recal_versions WHERE model = 'sampled' AND is_current;

-- from the current version's factors; in a transaction block
SELECT recal_alter_model('sampled', '{"warm_start": true, "sample": {"fraction": 0.3}}');
BEGIN;
CALL recal_train('sampled');
COMMIT;
SELECT facts -> 'warm_start' AS warm, facts -> 'sample_pairs' AS chosen, (metrics -> 'sample_quality_kept')::numeric > 0.5 AS keeps FROM recal_versions WHERE model = 'sampled' AND is_current;

-- the network learns from the sample, too
SELECT recal_alter_model('sampled', '{"network": "on", "network_epochs": 1, "hidden": [8], "sample": {"fraction": 0.5, "compare": false}}');
CALL recal_train('sampled');
SELECT facts -> 'network' AS network, facts -> 'sample_pairs' AS chosen FROM recal_versions WHERE model = 'sampled' AND is_current;
SELECT recal_alter_model('sampled', '{"network": "off"}');

-- ratings: what is kept of the gain over biases
SET client_min_messages = warning;
SELECT recal_create_model('sampled_stars', 'sample_plays', value_column => 'stars', objective => 'explicit',
	options => '{"factors": 4, "epochs": 6, "sample": {"strategy": "variance_reduction", "fraction": 0.5}}');
RESET client_min_messages;
CALL recal_train('sampled_stars');
SELECT facts -> 'sample_pairs' AS chosen, metrics -> 'sample_users' AS held, metrics ?& '{sample_rmse,sample_all_rmse,sample_random_rmse,sample_baseline_rmse}' AS told
FROM recal_versions WHERE model = 'sampled_stars' AND is_current;

-- too little of it, too few people to compare, too little memory
SELECT recal_alter_model('sampled_stars', '{"sample": {"fraction": 0.001}}');
CALL recal_train('sampled_stars');
CREATE TABLE sample_few AS SELECT u AS user_id, (u + i) % 7 AS item_id FROM generate_series(0, 8) u, generate_series(0, 3) i;
CREATE INDEX ON sample_few (user_id);
SELECT recal_create_model('sampled_few', 'sample_few', options => '{"factors": 2, "sample": {"fraction": 0.5}}');
CALL recal_train('sampled_few');
SELECT facts -> 'pairs' AS pairs, facts -> 'sample_pairs' AS chosen, metrics - 'sample_work' AS compared FROM recal_versions WHERE model = 'sampled_few' AND is_current;
SELECT recal_alter_model('sampled', '{"network": "off", "factors": 1024, "epochs": 1, "sample": {"fraction": 0.3}}');
SET recal.train_memory = '64MB';
\set VERBOSITY terse
CALL recal_train('sampled');
\set VERBOSITY default
RESET recal.train_memory;
SELECT recal_drop_model(m) FROM unnest(ARRAY['sampled', 'sampled_stars', 'sampled_few']) m;
DROP TABLE sample_plays, sample_runs, sample_few;
DROP PROCEDURE sample_run;
