-- training of the ranker: where it is of use, and where it is not
-- items come and go, and everybody has one of eight tastes
CREATE TABLE fads AS
SELECT u AS user_id, greatest(floor(p * 50)::int - (hashint8(u * 977 + n) & 1048575) % 3, 0) * 8 +
	CASE WHEN (hashint8(u * 31 + n) & 1048575) % 10 = 0 THEN n % 8 ELSE u % 8 END AS item_id,
	timestamptz '2024-01-01' + p * interval '100 days' AS at
FROM (SELECT u, n, (hashint8(u * 100 + n) & 1048575) / 1048576.0 AS p FROM generate_series(1, 1500) u, generate_series(0, 7) n) s;
CREATE INDEX ON fads (user_id);
SELECT recal_create_model('fads', 'fads', time_column => 'at',
	options => '{"factors": 16, "epochs": 6, "network": "off", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 0.9, "warm_start": false}');
CALL recal_train('fads');
SELECT facts->>'ranker' AS ranker, (facts->>'ranker_examples')::int > 1500 AS examples, (facts->>'ranker_users')::int BETWEEN 700 AND 1500 AS judges,
	(facts->>'ranker_epochs')::int BETWEEN 1 AND 12 AS epochs, (timings->>'ranker')::float8 > 0 AS seconds FROM recal_versions WHERE model = 'fads';
SELECT m AS than, (metrics->>'ranker_ndcg_10')::float8 > 1.1 * (metrics->>m)::float8 AS better
FROM recal_versions, unnest(ARRAY['ranker_factorization_ndcg_10', 'ranker_popularity_ndcg_10', 'recent_popularity_ndcg_10', 'transition_ndcg_10', 'co_occurrence_ndcg_10']) m WHERE model = 'fads';
SELECT part, count(*) FROM recal_weights WHERE model = 'fads' AND part LIKE 'ranker%' GROUP BY part ORDER BY part;

-- the same again
CREATE TABLE first AS SELECT part, chunk, md5(data) FROM recal_weights WHERE model = 'fads';
CALL recal_train('fads');
SELECT count(*) AS parts, count(*) FILTER (WHERE f.md5 <> md5(w.data)) AS differ FROM recal_weights w JOIN first f USING (part, chunk) WHERE model = 'fads' AND version = 2;

-- who is forgotten leaves no taste behind
SELECT sum(length(data)) AS before FROM recal_weights WHERE model = 'fads' AND version = 2 AND part = 'ranker_tastes' \gset
SELECT count(*) > 0 AS forgotten FROM recal_forget_user(7, 'fads');
SELECT :before - sum(length(data)) AS fewer FROM recal_weights WHERE model = 'fads' AND version = 2 AND part = 'ranker_tastes';

-- evaluating trains it on what is not held out, and says what would serve; random rows are of no moment
CREATE TEMP TABLE said AS SELECT protocol, metric, value FROM unnest('{last,time,live,random}'::text[]) protocol, recal_evaluate('fads', 10, protocol);
SELECT protocol, count(*) FILTER (WHERE metric = 'ranker') AS tried, bool_or(metric = 'ranker' AND value = 1) AS kept,
	count(*) FILTER (WHERE metric ~ '^factorization') AS without_it FROM said GROUP BY 1 ORDER BY 1;
SELECT protocol, than.metric AS than, s.value > 1.1 * than.value AS better
FROM said s JOIN said than USING (protocol) WHERE s.metric = 'ndcg@10' AND than.metric ~ '._ndcg@10' ORDER BY 1, 2;
SELECT recal_alter_model('fads', '{"ranker": "off"}');
SELECT count(*) AS same, (SELECT count(*) FROM recal_evaluate('fads') WHERE metric ~ '^(ranker|factorization)') AS of_it
FROM recal_evaluate('fads') e JOIN said s ON s.protocol = 'last' AND s.metric = 'factorization_' || e.metric AND abs(s.value - e.value) < 1e-6;
SELECT recal_alter_model('fads', '{"ranker": null}');

-- pages of a model that has never had the newest rows, each of which comes to be known when it has been asked for, are as good
CREATE TEMP TABLE liked AS SELECT user_id, item_id, max(at) AS at FROM fads GROUP BY 1, 2;
CREATE TEMP TABLE held AS SELECT * FROM liked WHERE at >= (SELECT at FROM liked ORDER BY at OFFSET (SELECT count(*) * 9 / 10 FROM liked) LIMIT 1);
CREATE TABLE rest AS SELECT * FROM fads f WHERE NOT EXISTS (SELECT FROM held h WHERE (h.user_id, h.item_id) = (f.user_id, f.item_id));
CREATE INDEX ON rest (user_id);
CREATE INDEX ON rest (at);
SELECT recal_create_model('rest', 'rest', time_column => 'at', options => (SELECT definition -> 'options' FROM recal_model WHERE name = 'fads'));
CALL recal_train('rest');
SET recal.ranker_refresh = 0;
CREATE FUNCTION gain(who int, what int, now timestamptz) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	found int;
BEGIN
	SELECT rank INTO found FROM recal_recommend(who, 10, 'rest') WHERE item_id = what;
	INSERT INTO rest VALUES (who, what, now);
	RETURN coalesce(1 / log(2, found + 1.0), 0);
END $$;
WITH lived AS (SELECT avg(gain(user_id, item_id, at)) AS ndcg FROM (SELECT * FROM held ORDER BY at, user_id, item_id) h)
SELECT abs(ndcg - (SELECT value FROM said WHERE protocol = 'live' AND metric = 'ndcg@10')) < 0.01 AS as_said,
	ndcg > 1.1 * (SELECT value FROM said WHERE protocol = 'live' AND metric = 'factorization_ndcg@10') AS better FROM lived;
RESET recal.ranker_refresh;
SELECT recal_drop_model('rest');
DROP FUNCTION gain;
DROP TABLE rest, held, liked, said;

-- rows without a time are looked for as of the newest
CREATE TABLE gaps AS SELECT user_id, item_id, CASE WHEN user_id % 3 > 0 THEN at END AS at FROM fads;
CREATE INDEX ON gaps (user_id);
SELECT recal_create_model('gaps', 'gaps', time_column => 'at', options => (SELECT definition -> 'options' || '{"ranker": "on"}' FROM recal_model WHERE name = 'fads'));
SELECT protocol, metric, value BETWEEN 0.02 AND 1 AS figure FROM unnest('{last,live}'::text[]) protocol, recal_evaluate('gaps', 10, protocol) WHERE metric IN ('ndcg@10', 'ranker') ORDER BY 1, 2;
SELECT recal_drop_model('gaps');
DROP TABLE gaps;

-- off, and with what says nothing
CREATE FUNCTION says(name text, query text, more jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	told text;
BEGIN
	EXECUTE format('CREATE TABLE %I AS %s', name, query);
	EXECUTE format('CREATE INDEX ON %I (user_id)', name);
	PERFORM recal_create_model(name, name::regclass, time_column => 'at', options => '{"factors": 8, "epochs": 3, "network": "off", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 0.9}' || more);
	CALL recal_train(name);
	SELECT concat_ws(' ', status, facts->>'ranker', CASE WHEN metrics ? 'ranker_ndcg_10' THEN 'judged' END) INTO told FROM recal_versions v WHERE v.model = name;
	PERFORM recal_drop_model(name);
	EXECUTE format('DROP TABLE %I', name);
	RETURN told;
END
$$;
SELECT says('off', 'SELECT * FROM fads', '{"ranker": "off"}');
SELECT says('shuffled', $$SELECT u AS user_id, i AS item_id, timestamptz '2024-01-01' + (hashint8(u * 1000 + i) & 1048575) * interval '1 minute' AS at
	FROM generate_series(1, 600) u, LATERAL (SELECT (u % 20 * 7 + (hashint8(u * 9 + n) & 1048575) % 20) % 140 AS i FROM generate_series(1, 8) n GROUP BY 1) s$$, '{}');
SELECT says('thirty', 'SELECT * FROM fads WHERE user_id <= 30', '{}');
SELECT says('same', $$SELECT user_id, item_id, timestamptz '2024-01-01' AS at FROM fads$$, '{}');
SELECT says('same', $$SELECT user_id, item_id, timestamptz '2024-01-01' AS at FROM fads$$, '{"ranker": "on"}');
SELECT says('never', $$SELECT user_id, item_id, NULL::timestamptz AS at FROM fads$$, '{}');
SELECT says('never', $$SELECT user_id, item_id, NULL::timestamptz AS at FROM fads$$, '{"ranker": "on"}');
SELECT says('rare', 'SELECT * FROM fads WHERE user_id <= 600', '{"sample": {"fraction": 0.5}}');

-- on keeps it in any case
SELECT says('thirty', 'SELECT * FROM fads WHERE user_id <= 30', '{"ranker": "on"}');
SELECT says('pair', 'SELECT user_id, item_id % 2 AS item_id, max(at) AS at FROM fads GROUP BY 1, 2', '{"ranker": "on"}');
SELECT says('lone', 'SELECT 1 AS user_id, item_id, max(at) AS at FROM fads GROUP BY 2', '{"ranker": "on"}');

-- odd times
SELECT says('future', $$SELECT user_id, item_id, CASE WHEN user_id % 50 = 0 THEN timestamptz '9999-12-31' WHEN user_id % 50 = 1 THEN '1000-01-01 BC' ELSE at END AS at FROM fads$$, '{}');
SELECT says('gaps', 'SELECT user_id, item_id, CASE WHEN user_id % 3 > 0 THEN at END AS at FROM fads', '{}');

-- where it cannot be
SELECT recal_create_model('x', 'fads', options => '{"ranker": "on"}');
CREATE TABLE stars AS SELECT user_id, item_id, at, 3.5 AS stars FROM fads;
SELECT recal_create_model('x', 'stars', time_column => 'at', value_column => 'stars', objective => 'explicit', options => '{"ranker": "on"}');
SELECT recal_alter_model('fads', '{"ranker": "on", "sample": {"fraction": 0.5}}');
BEGIN;
SET LOCAL recal.train_memory = '16MB';
SELECT recal_alter_model('fads', '{"factors": 4}');
\set VERBOSITY terse
CALL recal_train('fads');
SELECT facts->>'ranker' AS ranker FROM recal_versions WHERE model = 'fads' ORDER BY version DESC LIMIT 1;
SELECT recal_alter_model('fads', '{"ranker": "on"}');
CALL recal_train('fads');
ROLLBACK;
\set VERBOSITY default
SELECT recal_drop_model('fads');
