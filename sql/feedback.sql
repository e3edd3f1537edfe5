-- answers, on behaviour with a known structure: even users view even items,
-- odd users odd ones
CREATE TABLE visits (user_id int, item_id int, at timestamptz);
INSERT INTO visits
SELECT u, i, timestamptz '2026-01-01' + make_interval(mins => u * 100 + i)
FROM generate_series(1, 60) u, generate_series(1, 20) i
WHERE i % 2 = u % 2 AND (u / 2 + i) % 7 <> 0;
CREATE INDEX ON visits (user_id);
SELECT recal_create_model('shop', 'visits', time_column => 'at',
	options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1}');
CREATE VIEW answers AS SELECT model, user_id, item_id, value FROM recal_answer ORDER BY 1, 2, 3;

-- a model that was never trained collects them too
SELECT recal_feedback(2, 4, 1);
SELECT * FROM answers;
CALL recal_train();
SELECT facts->>'answers' AS answers, pairs = (SELECT count(DISTINCT (user_id, item_id)) FROM visits) + (SELECT count(*) FROM answers a
	WHERE NOT EXISTS (SELECT FROM visits v WHERE v.user_id::text = a.user_id AND v.item_id::text = a.item_id)) AS pairs FROM recal_versions;
DELETE FROM recal_answer;

-- one answer makes a cold user personal, at once and in the same transaction
SELECT source, count(*) FROM recal_recommend(1000, 5) GROUP BY 1;
BEGIN;
SELECT recal_feedback(1000, 4, 1);
SELECT source, bool_and(item_id % 2 = 0) AS even, bool_or(item_id = 4) AS answered_again FROM recal_recommend(1000, 5) GROUP BY 1;
SELECT bool_or(item_id = 4) AS answered_again FROM recal_recommend(1000, 20, exclude_seen => false);
-- the last answer wins
SELECT recal_feedback(1000, 4, 0), recal_feedback(1000, 3, 0.9);
SELECT source, bool_and(item_id % 2 = 1) AS odd FROM recal_recommend(1000, 5) GROUP BY 1;
SELECT recal_feedback(1000, 4, v) FROM unnest('{0.2,0.7}'::real[]) v;
SELECT * FROM answers;
ROLLBACK;
SELECT source, count(*) FROM recal_recommend(1000, 5) GROUP BY 1;
SELECT count(*) FROM answers;

-- a no pushes similar items down; how much is the option no_weight
CREATE TEMP TABLE before AS SELECT item_id, score FROM recal_recommend(2, 20, exclude_seen => false);
SELECT recal_feedback(2, i, 0) FROM generate_series(4, 12, 4) i;
SELECT bool_and(r.score < b.score) AS even_ones_lower
FROM recal_recommend(2, 20, exclude_seen => false) r JOIN before b USING (item_id) WHERE item_id % 2 = 0;
SELECT count(*) AS answered_again FROM recal_recommend(2, 20) WHERE item_id IN (4, 8, 12);
-- the answer stands whatever is done later
INSERT INTO visits SELECT 2, i, '2030-01-01' FROM generate_series(4, 12, 4) i, generate_series(1, 5);
SELECT bool_and(r.score < b.score) AS even_ones_lower
FROM recal_recommend(2, 20, exclude_seen => false) r JOIN before b USING (item_id) WHERE item_id % 2 = 0;
DELETE FROM visits WHERE at = '2030-01-01';

-- "can't say" is remembered, and is no evidence: neither seen nor liked
DELETE FROM recal_answer;
SELECT recal_feedback(1001, 6, NULL);
SELECT * FROM answers;
SELECT source, bool_or(item_id = 6) AS shown FROM recal_recommend(1001, 20) GROUP BY 1;
-- it takes back what was said
SELECT recal_feedback(1001, 6, 1);
SELECT source FROM recal_recommend(1001, 1);
SELECT recal_feedback(1001, 6, NULL);
SELECT source FROM recal_recommend(1001, 1);

-- one half is a yes of half the weight, less is a no; a yes of one counts like an average row
SELECT recal_feedback(2000, 1, 0.5), recal_feedback(2001, 1, 1), recal_feedback(2002, 1, 0.49), recal_feedback(2003, 1, 0);
INSERT INTO visits VALUES (2004, 1, '2026-02-01');
SELECT recal_score(2000, 3) > recal_score(2000, 4) AS yes, recal_score(2000, 3) < recal_score(2001, 3) AS half,
	recal_score(2002, 3) < recal_score(0, 3) AS no, recal_score(2002, 3) = recal_score(2003, 3) AS any_no,
	recal_score(2004, 3) = recal_score(2001, 3) AS like_a_row;
DELETE FROM visits WHERE user_id = 2004;
DELETE FROM recal_answer;

-- in training: in place of the pair's rows, and with users and items of their own
SELECT recal_feedback(3, 1, 0), recal_feedback(3000, 100, 1), recal_feedback(3000, 1, 0.8), recal_feedback(3000, 3, NULL), recal_feedback(3001, 5, NULL);
CALL recal_train();
SELECT facts->>'answers' AS answers, facts->>'dislikes' AS dislikes, users = 61 AS users, items = 21 AS items,
	pairs = (SELECT count(DISTINCT (user_id, item_id)) FROM visits) + 2 AS pairs, rows_read = (SELECT count(*) FROM visits) AS rows
FROM recal_versions WHERE is_current;
SELECT recal_score(3000, 100) > recal_score(2, 100) AS its_own_item;
-- serving and training see a user alike
SELECT count(*) AS evaluated FROM recal_evaluate(k => 3) WHERE metric = 'users';
-- a no that weighs nothing leaves no pair
SELECT recal_alter_model('shop', '{"no_weight": 0}');
CALL recal_train();
SELECT facts->>'answers' AS answers, facts->>'dislikes' AS dislikes,
	pairs = (SELECT count(DISTINCT (user_id, item_id)) FROM visits) + 1 AS pairs FROM recal_versions WHERE is_current;
-- no rows at all: the no is no pair here, and its user no user
BEGIN;
DELETE FROM visits;
CALL recal_train();
SELECT facts->>'answers' AS answers, rows_read, users, items, pairs FROM recal_versions WHERE is_current;
SELECT source, count(*) FROM recal_recommend(3000, 5, exclude_seen => false) GROUP BY 1;
ROLLBACK;

-- ids of untyped parameters, literals and other types, by text
PREPARE p AS SELECT recal_feedback($1, $2, $3);
EXECUTE p('41', '7', 1);
SELECT recal_feedback('41', 8::smallint, 0.5), recal_feedback(41::bigint, '9', 0), recal_feedback('041'::varchar, '10'::text, 1, 'shop');
SELECT item_id, value FROM answers WHERE user_id = '41' ORDER BY item_id::int;

-- refused
SELECT recal_feedback(1, 2, 1.5);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(1, 2, -0.1);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(1, 2, 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(1, 2, 'infinity');
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(NULL::int, 2, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(1, NULL::int, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback('one', 2, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(1.5, 2, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(9999999999, 2, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(1, 2, 1, 'no such model');
\echo :LAST_ERROR_SQLSTATE
BEGIN READ ONLY;
SELECT recal_feedback(1, 2, 1);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT count(*) AS stored FROM answers WHERE user_id = '1';

-- uuid and text ids; ids that are none of their kind any more are passed over
CREATE TABLE reads (user_id uuid, item_id text);
INSERT INTO reads SELECT md5(u::text)::uuid, 'book ' || i FROM generate_series(1, 30) u, generate_series(1, 8) i WHERE i % 2 = u % 2;
CREATE INDEX ON reads (user_id);
SELECT recal_create_model('books', 'reads', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_feedback('{C4CA4238A0B923820DCC509A6F75849B}', 'book 3', 0, 'books'), recal_feedback(md5('x')::uuid, 'book 2'::varchar, 1, 'books');
SELECT user_id, item_id, value FROM answers WHERE model = 'books';
INSERT INTO recal_answer VALUES ('books', 'nobody', 'book 1', 1, now()), ('shop', '41', 'x', 1, now()), ('shop', '41', '99999999999999999999', 1, now());
CALL recal_train('books');
CALL recal_train('shop');
SELECT model, facts->>'answers' AS answers FROM recal_versions WHERE is_current ORDER BY 1;
SELECT source, item_id FROM recal_recommend_as(NULL::text, md5('x')::uuid, 1, 'books');
SELECT source FROM recal_recommend(41, 1, 'shop');
SELECT recal_drop_model('books');
SELECT count(*) AS left FROM recal_answer WHERE model = 'books';

-- rights: who reads the events may answer; where rows are hidden, only for users whose rows are shown
SET client_min_messages = warning;
CREATE ROLE regress_recal_asked;
RESET client_min_messages;
SET ROLE regress_recal_asked;
SELECT recal_feedback(1, 2, 1);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT SELECT ON visits TO regress_recal_asked;
SET ROLE regress_recal_asked;
SELECT recal_feedback(1, 2, 1);
UPDATE recal_answer SET value = 0;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON visits USING (user_id = current_setting('regress.uid')::int);
SET ROLE regress_recal_asked;
SET regress.uid = 5;
SELECT recal_feedback(5, 2, 0.75);
SELECT recal_feedback(6, 2, 0.75);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_feedback(7, 2, 0);
-- and other people's answers do not show
SELECT recal_feedback(5, 20, 1);
SELECT source, count(*) FILTER (WHERE item_id = 20) AS shown FROM recal_recommend(5, 20, 'shop') GROUP BY 1;
SET regress.uid = 6;
SELECT source, count(*) FILTER (WHERE item_id = 20) AS shown FROM recal_recommend(5, 20, 'shop') GROUP BY 1;
RESET ROLE;
SELECT source, count(*) FILTER (WHERE item_id = 20) AS shown FROM recal_recommend(5, 20, 'shop') GROUP BY 1;
SELECT recal_feedback(6, 2, 0.25);
SELECT user_id, value FROM answers WHERE item_id = '2' ORDER BY 1;

-- everybody's pages count answers as each one's page does
SELECT count(*) AS different FROM recal_recommend_all(5, 'shop') a
FULL JOIN (SELECT v.user_id, r.rank, r.score FROM (SELECT DISTINCT user_id FROM visits) v, recal_recommend(v.user_id, 5, 'shop') r) b
	ON a.user_id = b.user_id AND a.rank = b.rank
WHERE (abs(a.score - b.score) < 1e-4) IS NOT TRUE;

SELECT recal_drop_model('shop');
SELECT count(*) AS left FROM recal_answer;
DROP VIEW answers;
DROP TABLE visits, reads;
DROP ROLE regress_recal_asked;
