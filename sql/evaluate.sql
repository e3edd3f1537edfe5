-- quality as one statement
CREATE TABLE plays (user_id int, item_id int, at timestamptz);
-- ten groups, each with its own ten items: the rest of the group is predictable
INSERT INTO plays SELECT u, (u % 10) * 10 + i, timestamptz '2026-01-01' + make_interval(hours => u + (i * 7 + u / 10 * 3) % 10)
FROM generate_series(0, 299) u, generate_series(0, 9) i WHERE (i + u / 10) % 5 <> 0;
CREATE INDEX ON plays (user_id);
SELECT recal_create_model('plays', 'plays', time_column => 'at', options => '{"factors": 16, "regularization": 0.003, "unobserved_weight": 0.1, "hidden": [16]}');

SELECT metric, value > 2 * baseline AS far_better FROM recal_evaluate('plays', 2)
WHERE metric IN ('ndcg@2', 'recall@2', 'hit_rate@2', 'map@2', 'mrr', 'coverage@2') ORDER BY metric;
SELECT metric, round(value::numeric, 1) AS value FROM recal_evaluate('plays', 3)
WHERE metric IN ('hit_rate@3', 'auc', 'users') ORDER BY metric;
-- the same seed, the same numbers; the other protocols
SELECT count(*) = count(DISTINCT metric) AS same FROM (SELECT * FROM recal_evaluate('plays') UNION SELECT * FROM recal_evaluate('plays')) e;
SELECT value > 0.9 AS found FROM recal_evaluate('plays', 3, 'random') WHERE metric = 'hit_rate@3';
SELECT value > 2 * baseline AS found, (SELECT count(*) > 0 FROM recal_versions) AS stored
FROM recal_evaluate('plays', 3, 'time') WHERE metric = 'recall@3';
BEGIN READ ONLY;
SELECT count(*) AS metrics FROM recal_evaluate('plays') WHERE metric !~ '^(network|factorization)';
COMMIT;

-- the network: tried where it may be, not kept where it is no better, not tried where it is off
SELECT recal_alter_model('plays', '{"learning_rate": 1e-6}');
SELECT metric, value, baseline FROM recal_evaluate('plays') WHERE metric ~ '^(network|factorization)';
SELECT recal_alter_model('plays', '{"network": "off"}');
SELECT count(*) AS rows_of_network FROM recal_evaluate('plays') WHERE metric ~ '^(network|factorization)';
SELECT recal_alter_model('plays', '{"network": null, "learning_rate": null}');

-- from each item one goes on to a certain other one, mostly: the network wins, and what it makes of it is what counts
CREATE TABLE chains AS
WITH RECURSIVE walk AS (
	SELECT u, 0 AS step, (hashint8(u) & 1048575) % 211 AS item FROM generate_series(1, 600) u
	UNION ALL
	SELECT u, step + 1, CASE WHEN (hashint8(u * 1000 + step) & 1048575) % 20 = 0 THEN (hashint8(u * 977 + step) & 1048575) % 211 ELSE (item * 37 + 11) % 211 END
	FROM walk WHERE step < 14)
SELECT u AS user_id, item AS item_id, timestamptz '2024-01-01' + (step + u % 5) * interval '1 hour' AS at FROM walk;
CREATE INDEX ON chains (user_id);
SELECT recal_create_model('chains', 'chains', time_column => 'at',
	options => '{"factors": 16, "epochs": 5, "confidence": "binary", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1, "hidden": [32]}');
CREATE TEMP TABLE said AS
SELECT protocol, metric, value, baseline FROM unnest('{last,time}'::text[]) protocol, recal_evaluate('chains', 10, protocol);
SELECT metric, count(*), bool_and(value > coalesce(2 * baseline, 0)) AS far_better FROM said WHERE metric ~ '^(factorization|network)' GROUP BY 1 ORDER BY 1;
SELECT protocol, s.metric, s.value > 1.1 * f.value AS better, s.baseline = f.baseline AS one_baseline
FROM said s JOIN said f USING (protocol) WHERE f.metric = 'factorization_' || s.metric AND s.metric IN ('ndcg@10', 'mrr') ORDER BY 1, 2;
-- tuning judges the factorization
SELECT t.metric, abs(t.value - s.value) < 1e-3 AS as_said FROM recal_tune('chains', 1) t JOIN said s ON s.protocol = 'last' AND s.metric = 'factorization_' || t.metric;
-- without the network, the factorization is what it was said to be
SELECT recal_alter_model('chains', '{"network": "off"}');
SELECT protocol, count(*), bool_and(abs(e.value - s.value) < 1e-6) AS same
FROM said s JOIN LATERAL recal_evaluate('chains', 10, protocol) e ON s.metric = 'factorization_' || e.metric GROUP BY 1 ORDER BY 1;
SELECT recal_alter_model('chains', '{"network": null}');

-- pages of a model that has never had the rows held out are as good as evaluating says, no better and no worse
CREATE TEMP VIEW pairs AS SELECT user_id, item_id, max(at) AS at, count(*) OVER (PARTITION BY user_id) AS n FROM chains GROUP BY 1, 2;
CREATE TABLE held AS
SELECT DISTINCT ON (user_id) 'last' AS protocol, user_id, item_id FROM (SELECT * FROM pairs WHERE n >= 3 ORDER BY user_id, at DESC, item_id DESC) p
UNION ALL
SELECT 'time', user_id, item_id FROM pairs WHERE at >= (SELECT at FROM pairs ORDER BY at OFFSET (SELECT count(*) * 9 / 10 FROM pairs) LIMIT 1);
CREATE TABLE rest AS SELECT s.protocol, c.* FROM chains c, unnest('{last,time}'::text[]) AS s(protocol)
WHERE NOT EXISTS (SELECT FROM held h WHERE (h.protocol, h.user_id, h.item_id) = (s.protocol, c.user_id, c.item_id));
CREATE VIEW rest_last AS SELECT * FROM rest WHERE protocol = 'last';
CREATE VIEW rest_time AS SELECT * FROM rest WHERE protocol = 'time';
SELECT recal_create_model(p, ('rest_' || p)::regclass, time_column => 'at', options => (SELECT definition -> 'options' FROM recal_model WHERE name = 'chains'))
FROM unnest('{last,time}'::text[]) p;
CALL recal_train('last');
CALL recal_train('time');
SELECT model, facts ->> 'network' AS network FROM recal_versions WHERE model IN ('last', 'time') ORDER BY 1;
WITH pages AS MATERIALIZED (
	SELECT u.protocol, u.user_id, r.item_id, r.rank
	FROM (SELECT DISTINCT protocol, user_id FROM held JOIN (SELECT DISTINCT protocol, user_id FROM rest) t USING (protocol, user_id)) u,
		recal_recommend(u.user_id, 211, u.protocol) r),
served AS (
	SELECT protocol, user_id, coalesce(min(rank) FILTER (WHERE h.item_id IS NOT NULL) <= 10, false)::int AS hit,
		coalesce(1.0 / min(rank) FILTER (WHERE h.item_id IS NOT NULL), 0) AS mrr
	FROM pages LEFT JOIN held h USING (protocol, user_id, item_id) GROUP BY 1, 2),
figures AS (SELECT protocol, count(*) AS users, avg(hit) AS "hit_rate@10", avg(mrr) AS mrr FROM served GROUP BY 1)
SELECT protocol, metric, abs(value - (to_jsonb(f) ->> metric)::float8) < 0.004 AS as_said
FROM figures f JOIN said USING (protocol) WHERE metric IN ('users', 'hit_rate@10', 'mrr') ORDER BY 1, 2;
SELECT recal_drop_model(m) FROM unnest('{last,time}'::text[]) m;

-- what training refuses
SELECT recal_alter_model('chains', '{"network": "on", "hidden": [8192, 8192]}');
SET recal.train_memory = '16MB';
\set VERBOSITY terse
SELECT * FROM recal_evaluate('chains');
\set VERBOSITY default
RESET recal.train_memory;
SELECT recal_drop_model('chains');
DROP VIEW rest_last, rest_time;
DROP TABLE held, rest, said;
DROP VIEW pairs;
DROP TABLE chains;

-- a model without time is evaluated on random rows
SELECT recal_alter_model('plays', '{"time_column": null}');
SELECT value > 0.9 AS found FROM recal_evaluate('plays', 3) WHERE metric = 'hit_rate@3';
SELECT * FROM recal_evaluate('plays', 3, 'last');
SELECT * FROM recal_evaluate('plays', 3, 'future');
SELECT * FROM recal_evaluate('plays', 0);
SELECT * FROM recal_evaluate('plays', NULL);
SELECT * FROM recal_evaluate('no such model');

-- too little to hold anything out
DELETE FROM plays WHERE item_id % 10 > 1;
SELECT * FROM recal_evaluate('plays');
DELETE FROM plays;
SELECT * FROM recal_evaluate('plays');

SELECT recal_drop_model('plays');
DROP TABLE plays;
