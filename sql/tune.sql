-- which options would be better
CREATE TABLE tune_plays (user_id int, item_id int, kind text, at timestamptz);
-- ten groups, each with its own ten items: the rest of the group is predictable
INSERT INTO tune_plays
SELECT u, (u % 10) * 10 + i, CASE WHEN i % 3 = 0 THEN 'like' ELSE 'view' END,
	timestamptz '2026-01-01' + make_interval(hours => u + (i * 7 + u / 10 * 3) % 10)
FROM generate_series(0, 299) u, generate_series(0, 9) i WHERE (i + u / 10) % 5 <> 0;
CREATE INDEX ON tune_plays (user_id);
-- a weight of what was not seen that leaves nothing to be learnt
SELECT recal_create_model('tuned', 'tune_plays', event_column => 'kind', time_column => 'at', event_weights => '{"view": 1, "like": 3}',
	options => '{"factors": 8, "epochs": 8, "regularization": 3, "unobserved_weight": 30, "network": "off", "ranker": "off"}');

CREATE TEMP TABLE found AS SELECT row_number() OVER () AS place, * FROM recal_tune('tuned', 16);
SELECT count(*) AS trials, count(DISTINCT trial) AS numbers, min(trial), max(trial), count(DISTINCT options) AS candidates,
	bool_and(seconds > 0) AS timed FROM found;
-- best first; values are there only for what was trained in full, and they compare
SELECT bool_and(value IS NOT NULL) FILTER (WHERE metric = 'ndcg@10') AS complete, bool_and(value IS NULL) FILTER (WHERE metric <> 'ndcg@10') AS others,
	bool_and(value >= next OR next IS NULL) AS ordered, count(value) BETWEEN 4 AND 12 AS few
FROM (SELECT *, lead(value) OVER (ORDER BY place) AS next FROM found) f;
SELECT DISTINCT metric FROM found WHERE metric !~ 'rung 2' ORDER BY 1;
-- the first trial is the model as it is
SELECT options - 'history_decay' AS options, metric, abs(value - (SELECT value FROM recal_evaluate('tuned') WHERE metric = 'ndcg@10')) < 0.01 AS as_evaluated
FROM found WHERE trial = 1;
SELECT (SELECT value FROM found WHERE place = 1) > 1.2 * (SELECT value FROM found WHERE trial = 1) AS gained;
SELECT DISTINCT jsonb_object_keys(options) AS searched FROM found ORDER BY 1;

-- nothing was changed or stored; what was found can be applied as it stands, and is what evaluating says
SELECT options, current_version FROM recal_models WHERE model = 'tuned';
SELECT count(*) AS versions FROM recal_versions WHERE model = 'tuned';
SELECT recal_alter_model('tuned', (SELECT options FROM found LIMIT 1));
-- (groups are alike: equals may change places)
SELECT abs(e.value - f.value) < 0.03 AS as_said FROM recal_evaluate('tuned') e, found f WHERE e.metric = 'ndcg@10' AND f.place = 1;
SELECT recal_alter_model('tuned', '{"half_life": null, "confidence": null, "factors": 8, "history_decay": 0.9, "regularization": 0.01, "unobserved_weight": 0.1}');

-- the same seed, the same candidates and values; another seed, others
CREATE TEMP TABLE again AS SELECT row_number() OVER () AS place, trial, options, metric, value FROM recal_tune('tuned', 6, seed => 7);
SELECT count(*) = 6 AS same FROM again JOIN (SELECT row_number() OVER () AS place, trial, options, metric, value FROM recal_tune('tuned', 6, NULL, 7)) b
USING (place, trial, options, metric) WHERE again.value IS NOT DISTINCT FROM b.value;
SELECT count(*) <= 2 AS few_in_common FROM again JOIN recal_tune('tuned', 6, NULL, 8) b USING (options) WHERE b.trial > 1;

-- what is searched: one value, choices, ranges, and options that are only fixed
SELECT count(*) AS trials, bool_and(options ->> 'regularization' = '0.02') AS fixed, bool_and((options ->> 'factors')::int IN (4, 6)) AS chosen,
	bool_and((options ->> 'unobserved_weight')::float8 BETWEEN 0.2 AND 0.3) AS in_range, bool_and(options ->> 'epochs' = '4') AS epochs,
	bool_and(options ->> 'confidence' = 'log') AS confidence, bool_and((options ->> 'history_decay')::float8 BETWEEN 0.75 AND 0.8) AS decay,
	bool_and(options ->> 'half_life' IN ('1 day', '2 weeks')) AS half_life
FROM recal_tune('tuned', 8, '{"factors": [4, 6], "regularization": 0.02, "unobserved_weight": {"min": 0.2, "max": 0.3}, "confidence": "log",
	"history_decay": {"min": 0.75, "max": 0.8}, "half_life": ["1 day", "2 weeks"], "epochs": 4}') WHERE trial > 1;
SELECT bool_and((options ->> 'half_life')::interval BETWEEN '3 hours' AND '4 days') AS in_range, count(DISTINCT options ->> 'half_life') > 2 AS several
FROM recal_tune('tuned', 6, '{"half_life": {"min": "3 hours", "max": "4 days"}, "factors": 4}') WHERE trial > 1;
-- the model itself, and no more candidates than there are
SELECT trial, metric FROM recal_tune('tuned', 1);
SELECT count(*) AS trials FROM recal_tune('tuned', 20, '{"factors": [4, 6], "regularization": 0.02, "unobserved_weight": 0.1, "confidence": "log", "history_decay": 1, "half_life": null}');
-- "auto" stands for what the model has found
SELECT count(DISTINCT options ->> 'regularization') AS found FROM recal_tune('tuned', 4, '{"regularization": "auto"}');

-- errors
SELECT * FROM recal_tune('tuned', 0);
SELECT * FROM recal_tune('tuned', 1001);
SELECT * FROM recal_tune('tuned', NULL);
SELECT * FROM recal_tune('tuned', seed => NULL);
SELECT * FROM recal_tune('no such model');
SELECT * FROM recal_tune('tuned', 5, '[1]');
SELECT * FROM recal_tune('tuned', 5, '{"factor": 8}');
SELECT * FROM recal_tune('tuned', 5, '{"events": "x"}');
SELECT * FROM recal_tune('tuned', 5, '{"factors": "many"}');
SELECT * FROM recal_tune('tuned', 5, '{"factors": [8, 0]}');
SELECT * FROM recal_tune('tuned', 5, '{"factors": null}');
SELECT * FROM recal_tune('tuned', 5, '{"factors": []}');
SELECT * FROM recal_tune('tuned', 5, '{"factors": {"min": 8}}');
SELECT * FROM recal_tune('tuned', 5, '{"factors": {"min": 8, "max": 16, "step": 2}}');
SELECT * FROM recal_tune('tuned', 5, '{"factors": {"min": 16, "max": 8}}');
SELECT * FROM recal_tune('tuned', 5, '{"factors": {"min": 1, "max": 8000}}');
SELECT * FROM recal_tune('tuned', 5, '{"regularization": {"min": "auto", "max": 8}}');
SELECT * FROM recal_tune('tuned', 5, '{"confidence": {"min": "binary", "max": "log"}}');
SELECT * FROM recal_tune('tuned', 5, '{"confidence": ["log", "square"]}');
SELECT * FROM recal_tune('tuned', 5, '{"half_life": "soon"}');
SELECT * FROM recal_tune('tuned', 5, '{"epochs": [4, 8]}');
\set VERBOSITY sqlstate
SET recal.train_memory = '64MB';
SELECT * FROM recal_tune('tuned', 5, '{"factors": 1024}');
RESET recal.train_memory;
\set VERBOSITY default

-- it reads only
BEGIN READ ONLY;
SELECT count(*) AS trials FROM recal_tune('tuned', 3);
COMMIT;
-- a candidate that cannot be made is passed over: nothing is left of rows after a thousand half-lives
SELECT trial, metric, value IS NULL AS passed_over FROM recal_tune('tuned', 2, '{"half_life": "1 second", "confidence": "linear", "history_decay": 1, "factors": 4, "regularization": 1e-30, "unobserved_weight": 1e-30}');

-- cancelled, it leaves nothing behind, and what was shown of it is gone in the same statement
SET statement_timeout = '300ms';
DO $$
BEGIN
	PERFORM recal_tune('tuned', 1000, '{"factors": [200, 256], "epochs": 400}');
EXCEPTION WHEN query_canceled THEN
	RAISE NOTICE 'cancelled, % workers, shown: %', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'recal worker'),
		(SELECT left(query, 5) FROM pg_stat_activity WHERE pid = pg_backend_pid());
END $$;
RESET statement_timeout;
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
SELECT (SELECT count(*) FROM recal_versions WHERE model = 'tuned') AS versions, current_version FROM recal_models WHERE model = 'tuned';

-- without a time nothing decays
SELECT recal_alter_model('tuned', '{"time_column": null}');
SELECT DISTINCT jsonb_object_keys(options) AS searched FROM recal_tune('tuned', 3) ORDER BY 1;
SELECT * FROM recal_tune('tuned', 3, '{"half_life": "1 day"}');
-- where every pair counts the same, confidence makes no difference
SELECT recal_alter_model('tuned', '{"event_weights": null}');
SELECT DISTINCT jsonb_object_keys(options) AS searched FROM recal_tune('tuned', 3) ORDER BY 1;

-- whose rows are hidden from
CREATE ROLE regress_tune_reader;
GRANT SELECT ON tune_plays TO regress_tune_reader;
SET ROLE regress_tune_reader;
SELECT count(*) AS trials FROM recal_tune('tuned', 2);
RESET ROLE;
ALTER TABLE tune_plays ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON tune_plays FOR SELECT USING (user_id < 100);
SET ROLE regress_tune_reader;
SELECT * FROM recal_tune('tuned', 2);
RESET ROLE;
REVOKE SELECT ON tune_plays FROM regress_tune_reader;
SET ROLE regress_tune_reader;
SELECT * FROM recal_tune('tuned', 2);
RESET ROLE;
DROP ROLE regress_tune_reader;

-- too little to hold anything out
DELETE FROM tune_plays WHERE item_id % 10 > 1;
SELECT * FROM recal_tune('tuned');
DELETE FROM tune_plays;
SELECT * FROM recal_tune('tuned');

SELECT recal_drop_model('tuned');
DROP TABLE tune_plays, found, again;
