-- quality as one statement
CREATE TABLE plays (user_id int, item_id int, at timestamptz);
-- ten groups, each with its own ten items: the rest of the group is predictable
INSERT INTO plays SELECT u, (u % 10) * 10 + i, timestamptz '2026-01-01' + make_interval(hours => u + (i * 7 + u / 10 * 3) % 10)
FROM generate_series(0, 299) u, generate_series(0, 9) i WHERE (i + u / 10) % 5 <> 0;
CREATE INDEX ON plays (user_id);
SELECT recal_create_model('plays', 'plays', time_column => 'at', options => '{"factors": 16, "regularization": 0.003, "unobserved_weight": 0.1, "hidden": [16], "ranker": "off"}');

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
	options => '{"factors": 16, "epochs": 5, "confidence": "binary", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1, "hidden": [32], "ranker": "off"}');
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

-- live: the same model, where each row that was held out comes to be known when it has been asked for
CREATE INDEX ON rest (user_id);
CREATE FUNCTION live_rank(who int, what int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	found int;
BEGIN
	SELECT rank INTO found FROM recal_recommend(who, 211, 'time') WHERE item_id = what;
	INSERT INTO rest SELECT 'time', c.* FROM chains c WHERE c.user_id = who AND c.item_id = what;
	RETURN coalesce(found, 1000000);
END $$;
CREATE TEMP TABLE lived AS
SELECT user_id, live_rank(user_id, item_id) AS rank
FROM (SELECT h.user_id, h.item_id FROM held h JOIN pairs p USING (user_id, item_id) WHERE protocol = 'time' ORDER BY at, user_id, item_id) h;
WITH figures AS (SELECT count(*) AS rows, count(DISTINCT user_id) AS users, count(*) FILTER (WHERE rank = 1000000) AS unknown_items,
	avg((rank <= 10)::int) AS "hit_rate@10", avg(1.0 / rank) AS mrr FROM lived)
SELECT metric, abs(value - (to_jsonb(f) ->> metric)::float8) < 0.004 AS as_said
FROM figures f, recal_evaluate('chains', 10, 'live') WHERE to_jsonb(f) ? metric ORDER BY 1;
DROP FUNCTION live_rank;
DROP TABLE lived;
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

-- what is in demand changes every week; in sum, what was so at first is ahead
CREATE TABLE fads AS
SELECT w * 1000 + u AS user_id, w % 5 * 5 + (u + i * (1 + u / 5 % 4)) % 5 AS item_id,
	timestamptz '2025-01-06' + w * interval '7 days' + (u * 4 + i) * interval '15 minutes' AS at
FROM generate_series(0, 9) w, generate_series(1, 100 - 8 * w) u, generate_series(0, 3) i;
CREATE INDEX ON fads (user_id);
SELECT recal_create_model('fads', 'fads', time_column => 'at',
	options => '{"network": "off", "factors": 4, "epochs": 2, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
SELECT protocol, metric, value > 0.8 AS found, baseline < 0.35 AS lost
FROM unnest('{last,live}'::text[]) protocol, recal_evaluate('fads', 4, protocol) WHERE metric ~ '^recent_popularity_hit' ORDER BY 1;
-- one goes round in a ring: what follows is what comes; nothing says where somebody starts, and nobody else is there at the time
CREATE TABLE ring AS
SELECT u AS user_id, (u * 17 + i) % 40 AS item_id, timestamptz '2025-01-01' + u * interval '1 hour' + i * interval '1 minute' AS at
FROM generate_series(1, 500) u, generate_series(0, 4) i;
CREATE INDEX ON ring (user_id);
SELECT recal_create_model('ring', 'ring', time_column => 'at', options => (SELECT definition -> 'options' FROM recal_model WHERE name = 'fads'));
-- of the 50 last users' five rows all but the first are known to come, by rows that come as late as they do
SELECT metric, round(value::numeric, 2) AS value, round(baseline::numeric, 1) AS baseline
FROM recal_evaluate('ring', 1, 'live') WHERE metric IN ('co_occurrence_hit_rate@1', 'rows', 'users', 'unknown_items') ORDER BY 1;
SELECT metric, value > 0.9 AS found, baseline < 0.1 AS lost FROM recal_evaluate('ring', 1, 'last') WHERE metric ~ '^co_occurrence';
SELECT recal_drop_model('ring');
DROP TABLE ring;

-- popularity at the moment, in SQL: some items come late, some are not liked, and several rows are of one time
CREATE TABLE stream AS
SELECT user_id, item_id, at, CASE WHEN user_id % 7 = 3 AND item_id % 4 = 1 THEN 'no' ELSE 'yes' END AS event FROM (
	SELECT (hashint8(n * 7919) & 1048575) % CASE WHEN n > 750 THEN 8 ELSE 80 END AS user_id,
		CASE WHEN n > 800 AND n % 3 = 0 THEN 60 + n % 20 ELSE (hashint8(n * 104729) & 1048575) % 20 * ((hashint8(n * 31) & 1048575) % 20) / 20 + n / 120 * 4 END AS item_id,
		to_timestamp(1700000000 + n / 3 * 60) AS at FROM generate_series(1, 900) n) r;
CREATE INDEX ON stream (user_id);
SELECT recal_create_model('stream', 'stream', time_column => 'at', event_column => 'event', event_weights => '{"yes": 1, "no": -1}',
	options => (SELECT definition -> 'options' FROM recal_model WHERE name = 'fads'));
CREATE TABLE liked AS
SELECT user_id, item_id, max(at) AS at, min(event) = 'yes' AS yes FROM stream GROUP BY 1, 2;
ANALYZE liked;
WITH split AS (SELECT at AS split FROM liked ORDER BY at OFFSET (SELECT count(*) * 9 / 10 FROM liked) LIMIT 1),
known AS (SELECT DISTINCT item_id FROM liked, split WHERE at < split),
numbered AS (SELECT l.*, row_number() OVER (ORDER BY at, user_id, item_id) AS n FROM liked l JOIN known USING (item_id) WHERE yes),
halves AS (SELECT half, greatest(1, share * count(*)) AS length FROM (VALUES (1, 0.003), (2, 0.02), (3, 0.1)) h(half, share), liked, split WHERE yes AND at < split GROUP BY half, share),
test AS (SELECT l.* FROM liked l, split WHERE yes AND at >= split),
scored AS (
	SELECT t.user_id, t.item_id AS target, t.at, half, k.item_id, count(n.n) AS users, coalesce(sum(power(2, (n.n - 1000) / length)), 0) AS recent
	FROM test t CROSS JOIN halves CROSS JOIN known k LEFT JOIN numbered n ON n.item_id = k.item_id AND n.at < t.at
	WHERE NOT EXISTS (SELECT FROM liked s WHERE s.user_id = t.user_id AND s.item_id = k.item_id AND (s.at, s.item_id) < (t.at, t.item_id))
	GROUP BY 1, 2, 3, 4, 5),
ranked AS (
	SELECT *, rank() OVER (PARTITION BY user_id, target, half ORDER BY users DESC, item_id) AS by_users,
		rank() OVER (PARTITION BY user_id, target, half ORDER BY recent DESC, item_id) AS by_recent FROM scored),
found AS (
	SELECT half, count(*) FILTER (WHERE by_users <= 5) AS popular, count(*) FILTER (WHERE by_recent <= 5) AS recent FROM ranked WHERE item_id = target GROUP BY 1),
said AS (SELECT metric, value, baseline FROM recal_evaluate('stream', 5, 'live')),
test_rows AS (SELECT count(*) AS n, count(DISTINCT user_id) AS users, count(*) FILTER (WHERE item_id NOT IN (SELECT item_id FROM known)) AS unknown FROM test)
SELECT metric, CASE metric WHEN 'rows' THEN value = n WHEN 'users' THEN value = users WHEN 'unknown_items' THEN value = unknown AND unknown > 0
	WHEN 'hit_rate@5' THEN abs(baseline - (SELECT max(popular) FROM found) / n::float8) < 1e-9
	ELSE EXISTS (SELECT FROM found WHERE abs(value - recent / n::float8) < 1e-9) END AS as_counted
FROM said, test_rows WHERE metric IN ('rows', 'users', 'unknown_items', 'hit_rate@5', 'recent_popularity_hit_rate@5') ORDER BY 1;

-- and what goes with the newest items, those that training has not seen left out
CREATE TEMP TABLE split AS SELECT at AS split FROM liked ORDER BY at OFFSET (SELECT count(*) * 9 / 10 FROM liked) LIMIT 1;
CREATE TEMP TABLE steps AS SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY at, item_id) AS step
FROM liked WHERE yes AND item_id IN (SELECT item_id FROM liked, split WHERE at < split);
CREATE TEMP TABLE met AS
SELECT b.at, a.item_id AS one, b.item_id AS other, (b.step = a.step + 1)::int AS next FROM steps a JOIN steps b USING (user_id) WHERE b.step BETWEEN a.step + 1 AND a.step + 20
UNION ALL
SELECT b.at, b.item_id, a.item_id, 0 FROM steps a JOIN steps b USING (user_id) WHERE b.step BETWEEN a.step + 1 AND a.step + 20;
ANALYZE steps, met;
WITH test AS (SELECT l.* FROM liked l, split WHERE yes AND at >= split),
counts AS (SELECT t.at, s.item_id, count(*) AS n FROM (SELECT DISTINCT at FROM test) t JOIN steps s ON s.at < t.at GROUP BY 1, 2),
recent AS (
	SELECT t.user_id, t.item_id AS target, t.at, s.item_id AS one, row_number() OVER (PARTITION BY t.user_id, t.item_id ORDER BY s.step DESC) - 1 AS age
	FROM test t JOIN steps s ON s.user_id = t.user_id AND (s.at, s.item_id) < (t.at, t.item_id)),
scored AS (
	SELECT r.user_id, target, r.at, m.other AS item_id,
		sum((CASE WHEN age < 5 THEN power(0.7, age) * next ELSE 0 END + 0.1) / sqrt(coalesce(o.n, 0) + 3)) / sqrt(max(coalesce(i.n, 0)) + 3) AS score
	FROM recent r JOIN met m ON m.one = r.one AND m.at < r.at
		LEFT JOIN counts o ON o.at = r.at AND o.item_id = r.one LEFT JOIN counts i ON i.at = r.at AND i.item_id = m.other
	WHERE age < 20 AND NOT EXISTS (SELECT FROM liked s WHERE s.user_id = r.user_id AND s.item_id = m.other AND (s.at, s.item_id) < (r.at, r.target))
	GROUP BY 1, 2, 3, 4),
ranked AS (SELECT *, rank() OVER (PARTITION BY user_id, target ORDER BY round(score::numeric, 5) DESC, item_id) FROM scored)
SELECT abs(value - (SELECT count(*) FROM ranked WHERE item_id = target AND rank <= 5)::float8 / (SELECT count(*) FROM test)) < 1e-9 AS as_counted, value > 0 AS some
FROM recal_evaluate('stream', 5, 'live') WHERE metric = 'co_occurrence_hit_rate@5';
DROP TABLE split, steps, met;

-- of random rows nobody knows what came before, so nothing is said of the moment
SELECT protocol, count(*) FILTER (WHERE metric ~ '^(recent_popularity|co_occurrence)') AS by_moment, count(*) FILTER (WHERE metric IN ('rows', 'unknown_items')) AS of_live
FROM unnest('{last,time,live,random}'::text[]) protocol, recal_evaluate('stream', 4, protocol) GROUP BY 1 ORDER BY 1;
-- what is new can be shown where features say what it is; of item 70 there are none
CREATE TABLE kinds AS SELECT item_id AS id, 'kind ' || item_id % 3 AS kind FROM (SELECT DISTINCT item_id FROM stream WHERE item_id <> 70) i;
ALTER TABLE kinds ADD PRIMARY KEY (id);
SELECT recal_create_model('kinds', 'stream', time_column => 'at', event_column => 'event', event_weights => '{"yes": 1, "no": -1}',
	items => 'kinds', item_features => '{kind}', options => (SELECT definition -> 'options' FROM recal_model WHERE name = 'stream'));
SELECT k.metric, k.value = (SELECT count(*) FROM liked, (SELECT at AS split FROM liked ORDER BY at OFFSET (SELECT count(*) * 9 / 10 FROM liked) LIMIT 1) l WHERE item_id = 70 AND at >= split) AS of_one, k.value < s.value AND k.value > 0 AS fewer
FROM recal_evaluate('kinds', 5, 'live') k JOIN recal_evaluate('stream', 5, 'live') s USING (metric) WHERE metric = 'unknown_items';
SELECT recal_drop_model('kinds');
DROP TABLE kinds;

-- nothing but what is not liked before the rows that are to be found
UPDATE stream SET event = CASE WHEN at < to_timestamp(1700000000 + 200 * 60) THEN 'no' ELSE 'yes' END;
SELECT bool_and(value BETWEEN 0 AND 1) AS figures FROM recal_evaluate('stream', 5, 'live') WHERE metric ~ '^(ndcg|recent|co_occ)';
-- a model of ratings predicts, and makes no lists
ALTER TABLE stream ADD stars float8 DEFAULT 3;
SELECT recal_create_model('stars', 'stream', value_column => 'stars', time_column => 'at', objective => 'explicit');
SELECT * FROM recal_evaluate('stars', 5, 'live');
SELECT recal_drop_model(m) FROM unnest('{fads,stream,stars}'::text[]) m;
DROP TABLE fads, stream, liked;

-- a model without time is evaluated on random rows
SELECT recal_alter_model('plays', '{"time_column": null}');
SELECT value > 0.9 AS found FROM recal_evaluate('plays', 3) WHERE metric = 'hit_rate@3';
SELECT * FROM recal_evaluate('plays', 3, 'last');
SELECT * FROM recal_evaluate('plays', 3, 'live');
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
