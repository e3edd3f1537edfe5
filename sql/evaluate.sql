-- quality as one statement
CREATE TABLE plays (user_id int, item_id int, at timestamptz);
-- ten groups, each with its own ten items: the rest of the group is predictable
INSERT INTO plays SELECT u, (u % 10) * 10 + i, timestamptz '2026-01-01' + make_interval(hours => u + (i * 7 + u / 10 * 3) % 10)
FROM generate_series(0, 299) u, generate_series(0, 9) i WHERE (i + u / 10) % 5 <> 0;
CREATE INDEX ON plays (user_id);
SELECT recal_create_model('plays', 'plays', time_column => 'at', options => '{"factors": 16, "regularization": 0.003, "unobserved_weight": 0.1}');

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
SELECT count(*) AS metrics FROM recal_evaluate('plays');
COMMIT;

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
