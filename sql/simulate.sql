-- what questions would be worth
CREATE TABLE simulate_plays (user_id int, item_id int);
-- ten groups, each with ten items of its own, of which a user has seven
INSERT INTO simulate_plays
SELECT u, (u % 10) * 10 + i FROM generate_series(0, 299) u, generate_series(0, 9) i WHERE (i * 7 + u / 10) % 10 < 7;
CREATE INDEX ON simulate_plays (user_id);
SELECT recal_create_model('simulated', 'simulate_plays', options => '{"factors": 12, "epochs": 8, "regularization": 0.01, "unobserved_weight": 0.1}');

SET recal.default_model = 'simulated';
CREATE TEMP TABLE curves AS SELECT * FROM recal_simulate() WITH ORDINALITY;
SELECT strategy, count(*) AS points, min(questions), max(questions), bool_and(metric = 'ndcg@10') AS ndcg, bool_and(value BETWEEN 0 AND 1) AS in_range,
	bool_and(stderr BETWEEN 0 AND 0.1) AS error, bool_and(users BETWEEN 150 AND 180) AS users, bool_and(answers = questions * users) AS answered
FROM curves GROUP BY strategy ORDER BY min(ordinality);
SELECT bool_and(questions = (ordinality - 1) % 11) AS ordered FROM curves;
-- before anything is asked all are alike, and then all learn
SELECT count(DISTINCT value) AS beginnings FROM curves WHERE questions = 0;
SELECT l.strategy, l.value > f.value + 3 * f.stderr AS learns FROM curves f JOIN curves l USING (strategy) WHERE f.questions = 0 AND l.questions = 10 ORDER BY l.ordinality;

-- random and popularity are always there, once; every strategy can be tried
SELECT strategy FROM recal_simulate('{thompson,random,thompson}', 1) WITH ORDINALITY GROUP BY 1 ORDER BY min(ordinality);
SELECT strategy FROM recal_simulate('{}', 1) WITH ORDINALITY GROUP BY 1 ORDER BY min(ordinality);
SELECT strategy, bool_and(value BETWEEN 0 AND 1) AS in_range
FROM recal_simulate('{margin,entropy,thompson,popularity_entropy,committee,diverse,interest,variance_reduction,uncertainty}', 2, 3) WITH ORDINALITY
GROUP BY 1 ORDER BY min(ordinality);

-- batches, and the end of what there is to ask about: half of a hundred items
SELECT array_agg(DISTINCT questions) FROM recal_simulate('{uncertainty}', 3, 4);
SELECT array_agg(DISTINCT questions) FROM recal_simulate('{}', 1000, 20);
SELECT array_agg(DISTINCT questions) FROM recal_simulate('{}', 1, 1000);
-- whoever has been asked everything has been asked the same
SELECT count(DISTINCT round(value::numeric, 3)) AS ends FROM recal_simulate('{uncertainty,interest}', 5, 10) WHERE questions = 50;

-- the same seed, the same curves; some questions by chance, others
SELECT count(*) = 22 AS same FROM recal_simulate('{}', seed => 7) a JOIN recal_simulate('{}', seed => 7) b USING (strategy, questions, answers, metric, value, stderr, users);
SELECT count(*) < 22 AS other FROM recal_simulate('{}', seed => 7) a JOIN recal_simulate('{}', seed => 8) b USING (strategy, questions, value);
BEGIN;
SELECT recal_alter_model('simulated', '{"explore": 1}');
-- all by chance: as random, but for luck, and the baselines are as they were
SELECT strategy, bool_and(c.value = e.value) AS same FROM recal_simulate('{uncertainty}') e JOIN curves c USING (strategy, questions) WHERE questions > 0 GROUP BY 1 ORDER BY 1;
SELECT max(abs(u.value - r.value)) < 0.15 AS as_random FROM recal_simulate('{uncertainty}') u JOIN curves r USING (questions) WHERE u.strategy = 'uncertainty' AND r.strategy = 'random';
ROLLBACK;

-- it stores nothing
BEGIN TRANSACTION READ ONLY;
SELECT count(*) AS points FROM recal_simulate('{}', 2);
COMMIT;
SELECT (SELECT count(*) FROM recal_versions WHERE model = 'simulated') AS versions, (SELECT count(*) FROM recal_answer WHERE model = 'simulated') AS answers;

-- ratings: who has not rated an item cannot say
CREATE TABLE simulate_ratings AS
SELECT u AS user_id, i AS item_id, (3 + CASE WHEN (u % 4 = i % 4) THEN 1.5 ELSE -0.5 END + (u * 7 + i * 3) % 5 * 0.1)::float4 AS rating
FROM generate_series(1, 200) u, generate_series(1, 60) i WHERE (u * 31 + i * 17) % 10 < 7;
CREATE INDEX ON simulate_ratings (user_id);
SELECT recal_create_model('simulated ratings', 'simulate_ratings', value_column => 'rating', objective => 'explicit', options => '{"factors": 6, "epochs": 8}');
CREATE TEMP TABLE errors AS SELECT * FROM recal_simulate('{variance_reduction}', model => 'simulated ratings');
SELECT strategy, bool_and(metric = 'rmse') AS rmse, bool_and(answers <= questions * users) AS at_most, bool_or(answers < 0.95 * questions * users) AS unable,
	max(value) FILTER (WHERE questions = 10) < max(value) FILTER (WHERE questions = 0) AS learns
FROM errors GROUP BY 1 ORDER BY 1;

-- errors
SELECT * FROM recal_simulate('{uncertainty,guess}');
SELECT * FROM recal_simulate(ARRAY['uncertainty', NULL]);
SELECT * FROM recal_simulate(rounds => 0);
SELECT * FROM recal_simulate(rounds => 1001);
SELECT * FROM recal_simulate(rounds => NULL);
SELECT * FROM recal_simulate(batch => 0);
SELECT * FROM recal_simulate(batch => 1001);
SELECT * FROM recal_simulate(batch => NULL);
SELECT * FROM recal_simulate(seed => NULL);
SELECT * FROM recal_simulate(model => 'no such model');
CREATE VIEW simulate_few AS SELECT * FROM simulate_plays WHERE user_id < 10;
SELECT recal_create_model('few', 'simulate_few');
SELECT * FROM recal_simulate(model => 'few');
CREATE VIEW simulate_none AS SELECT * FROM simulate_plays WHERE user_id < 0;
SELECT recal_create_model('none', 'simulate_none');
SELECT * FROM recal_simulate(model => 'none');
-- whom policies keep from rows learns nothing from all of them
CREATE ROLE simulate_reader;
GRANT SELECT ON simulate_plays TO simulate_reader;
SET ROLE simulate_reader;
SELECT count(*) AS points FROM recal_simulate('{}', 1, model => 'simulated');
RESET ROLE;
ALTER TABLE simulate_plays ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simulate_plays USING (user_id = 1);
SET ROLE simulate_reader;
SELECT * FROM recal_simulate('{}', 1, model => 'simulated');
RESET ROLE;
REVOKE SELECT ON simulate_plays FROM simulate_reader;
SET ROLE simulate_reader;
SELECT * FROM recal_simulate('{}', 1, model => 'simulated');
RESET ROLE;

SELECT recal_drop_model(model) FROM recal_models WHERE model IN ('simulated', 'simulated ratings', 'few', 'none') ORDER BY model;
DROP TABLE simulate_plays, simulate_ratings CASCADE;
DROP ROLE simulate_reader;
