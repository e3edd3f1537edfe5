-- questions, on behaviour with a known structure: users of three groups each
-- have items of their own group
CREATE TABLE reads (user_id int, item_id int, event text);
INSERT INTO reads
SELECT u, i, 'read' FROM generate_series(1, 90) u, generate_series(1, 60) i
WHERE CASE WHEN i % 3 = u % 3 THEN (u * 7 + i * 5) % 11 < 4 + i % 5 ELSE (u * 13 + i * 3) % 41 = 0 END AND (u * i) % 3 + u % 9 > 1;
CREATE INDEX ON reads (user_id);
CREATE TABLE books (id int PRIMARY KEY, sold boolean DEFAULT true);
INSERT INTO books SELECT i FROM generate_series(1, 60) i;
SELECT recal_create_model('books', 'reads', event_column => 'event',
	options => '{"factors": 8, "regularization": 0.02, "unobserved_weight": 0.1}');
SELECT * FROM recal_select_uncertain(3);
CALL recal_train();

-- the questions about everything, at most five of a user, the best first
CREATE TABLE strategies (strategy text);
INSERT INTO strategies VALUES ('uncertainty'), ('variance_reduction'), ('margin'), ('entropy'), ('interest'), ('thompson'),
	('popularity'), ('popularity_entropy'), ('committee'), ('diverse'), ('random');
SELECT strategy, count(*), count(DISTINCT (user_id, item_id)) AS pairs, max(of_user) <= 5 AS bounded,
	bool_and(gain <= coalesce(before, gain)) AS falling, bool_and(uncertainty > 0) AS uncertain,
	bool_and(abs(score - recal_score(user_id, item_id)) < 1e-4) AS scores
FROM (SELECT s.strategy, q.*, lag(gain) OVER (PARTITION BY s.strategy ORDER BY n) AS before, count(*) OVER (PARTITION BY s.strategy, user_id) AS of_user
	FROM strategies s, recal_select_uncertain(40, s.strategy) WITH ORDINALITY q (user_id, item_id, score, uncertainty, gain, n)) q
GROUP BY strategy ORDER BY strategy COLLATE "C";
SELECT count(*) AS seen FROM strategies, recal_select_uncertain(1000, strategy, per_user => 20) JOIN reads USING (user_id, item_id);

-- the same as each user alone: whatever bounds leave out, nothing of the best is lost
SELECT s.strategy, count(*) AS all, count(*) FILTER (WHERE abs(q.gain - one.gain) < 1e-4) AS same
FROM strategies s, LATERAL (SELECT gain, row_number() OVER () AS n FROM recal_select_uncertain(30, s.strategy)) q
JOIN LATERAL (SELECT o.gain, row_number() OVER (ORDER BY o.gain DESC) AS n FROM (SELECT DISTINCT user_id FROM reads) u (u),
	recal_select_uncertain_for(ARRAY[u], NULL::int[], 5, s.strategy) o) one USING (n)
WHERE s.strategy <> 'thompson' GROUP BY 1 ORDER BY s.strategy COLLATE "C";

-- one person's: the first is as uncertain as recal_recommend says, and the next
-- are less, because the first will have been answered
SELECT count(*), bool_and(q.uncertainty <= r.uncertainty + 1e-5) AS less,
	bool_or(abs(q.uncertainty - r.uncertainty) < 1e-5 AND q.gain > 0) AS same, min(q.uncertainty) < max(q.uncertainty) AS differ
FROM recal_select_uncertain_for(ARRAY[7], NULL::int[], 6) q JOIN recal_recommend(7, 60) r USING (item_id);
SELECT count(*) FROM recal_select_uncertain_for(ARRAY[7, 8, 7], NULL::int[], 10, per_user => 2);

-- the threshold, which nobody may reach
SELECT bool_and(uncertainty >= 0.1) AS enough, count(*) > 0 AS any FROM strategies, recal_select_uncertain(2000, strategy, 0.1, per_user => 60);
SELECT count(*) FROM strategies, recal_select_uncertain(10, strategy, 1e9);

-- an interview of somebody unknown: each answer changes what is asked next
CREATE FUNCTION interview(liked int, OUT asked int[], OUT shown int[]) LANGUAGE plpgsql AS $$
DECLARE
	question int;
BEGIN
	FOR i IN 1..8 LOOP
		SELECT item_id INTO STRICT question FROM recal_select_uncertain_for(ARRAY[-1], NULL::int[], 1);
		asked := asked || question;
		PERFORM recal_feedback(-1, question, (question % 3 = liked)::int);
	END LOOP;
	shown := ARRAY(SELECT item_id FROM recal_recommend(-1, 5) ORDER BY rank);
END $$;
BEGIN;
CREATE TEMP TABLE talks (liked int, asked int[], shown int[]);
DO $$
BEGIN
	FOR liked IN 0..2 LOOP
		INSERT INTO talks SELECT liked, i.* FROM interview(liked) i;
		DELETE FROM recal_answer;
	END LOOP;
END $$;
SELECT count(DISTINCT asked[1]) AS first, count(DISTINCT asked) AS talks,
	bool_and((SELECT count(DISTINCT a) = 8 FROM unnest(asked) a)) AS once,
	bool_and((SELECT count(*) >= 4 FROM unnest(shown) s WHERE s % 3 = liked)) AS understood FROM talks;
ROLLBACK;

-- "can't say" is not asked again, nor is what was answered; what nobody can say
-- is asked less once the model knows
BEGIN;
CREATE TEMP TABLE one AS SELECT item_id FROM recal_select_uncertain_for(ARRAY[7], NULL::int[], 3);
SELECT recal_feedback(7, item_id, NULL) FROM one;
SELECT count(*) AS again FROM one WHERE item_id IN (SELECT item_id FROM recal_select_uncertain_for(ARRAY[7], NULL::int[], 60));
SELECT count(*) AS recommended FROM one JOIN recal_recommend(7, 60) USING (item_id);
SELECT count(*) AS asked FROM recal_select_uncertain_for(ARRAY[7], NULL::int[], 100);
SELECT 60 - 3 - count(DISTINCT item_id) AS left FROM reads WHERE user_id = 7;
SELECT recal_feedback(u, (SELECT min(item_id) FROM one), NULL) FROM generate_series(200, 240) u;
CALL recal_train();
SELECT bool_and(gain < 0.5 * uncertainty) AS unlikely, count(*) > 0 AS any FROM one, recal_select_uncertain_for(ARRAY[8], ARRAY[item_id], 1)
WHERE one.item_id = (SELECT min(item_id) FROM one);
ROLLBACK;

-- nothing left to ask
SELECT count(*) FROM recal_select_uncertain_for(ARRAY[7], ARRAY(SELECT item_id FROM reads WHERE user_id = 7), 5);
SELECT count(*) FROM recal_select_uncertain_for(ARRAY[7], ARRAY[]::int[], 5);
SELECT count(*) FROM recal_select_uncertain_for(ARRAY[7], ARRAY[777, -3], 5);
SELECT count(*) FROM recal_select_uncertain_for(ARRAY[]::int[], NULL::int[], 5);

-- what is not sold is not asked about; the share that is left to chance
SELECT recal_alter_model('books', '{"items": "books", "item_id_column": "id", "explore": 0.3}');
CALL recal_train();
UPDATE books SET sold = false WHERE id % 2 = 0;
ALTER TABLE books RENAME TO all_books;
CREATE VIEW books AS SELECT id FROM all_books WHERE sold;
SELECT strategy, bool_and(item_id % 2 = 1) AS sold, count(*), count(DISTINCT (user_id, item_id)) AS pairs
FROM strategies, recal_select_uncertain(30, strategy) GROUP BY 1 ORDER BY strategy COLLATE "C";
SELECT count(*) BETWEEN 4 AND 14 AS by_chance FROM recal_select_uncertain(30, 'interest') WHERE score < 0.15;
SELECT bool_and(uncertainty >= 0.1) FROM recal_select_uncertain(30, 'interest', 0.1);

-- ids of other types
CREATE VIEW words AS SELECT 'u' || user_id AS user_id, md5(item_id::text)::uuid AS item_id FROM reads;
SELECT recal_create_model('words', 'words', options => '{"factors": 4, "regularization": 0.02, "unobserved_weight": 0.1}');
CALL recal_train('words');
SELECT count(*), min(pg_typeof(user_id)::text), min(pg_typeof(item_id)::text)
FROM recal_select_uncertain_for(ARRAY['new-person', 'u3'], NULL::uuid[], 5, model => 'words');
SELECT count(*) FROM recal_select_uncertain_for(NULL::text[], NULL::text[], 12, model => 'words');
SELECT * FROM recal_select_uncertain(3, model => 'words');
SELECT * FROM recal_select_uncertain_for(NULL::int[], NULL::uuid[], 3, model => 'words');
SELECT * FROM recal_select_uncertain_for(ARRAY['x'], NULL::int[], 3, model => 'books');
PREPARE p AS SELECT count(*) FROM recal_select_uncertain_for($1::int[], NULL::int[], $2, $3, $4, $5);
EXECUTE p ('{1,2}', 4, 'random', NULL, 'books');
EXECUTE p (NULL, 4, NULL, 0.01, 'books');

-- ratings: can one tell (the higher the item, the fewer can), times what it says
CREATE TABLE stars AS SELECT u AS user_id, i AS item_id, 1 + (u * 7 + i * 3) % 3 + 2 * (u % 2 = i % 2)::int AS stars
FROM generate_series(1, 80) u, generate_series(1, 40) i WHERE (u * 11 + i * 17) % 50 < 50 - i;
SELECT recal_create_model('stars', 'stars', value_column => 'stars', objective => 'explicit', options => '{"factors": 4}');
CALL recal_train('stars');
SELECT strategy, count(*), bool_and(item_id <= 12) AS weighed FROM strategies,
	recal_select_uncertain_for(ARRAY[1000], NULL::bigint[], 10, strategy, model => 'stars')
WHERE strategy IN ('uncertainty', 'diverse') GROUP BY 1 ORDER BY 1;
SELECT bool_and(item_id < 20) AS known FROM recal_select_uncertain_for(ARRAY[1000], NULL::int[], 5, model => 'stars');

-- with a network: as unsure as recal_recommend is, and the best of all users are
-- those of each user
CREATE TABLE visits AS SELECT u AS user_id, 1 + (u * 7 + n * 3 + (u * n) % 4) % 50 AS item_id, n + u AS at
FROM generate_series(1, 120) u, generate_series(1, 4 + u % 13) n;
CREATE INDEX ON visits (user_id);
SELECT recal_create_model('visits', 'visits', time_column => 'at', options => '{"network": "on", "ranker": "off", "factors": 8,
	"hidden": [16], "network_epochs": 3, "regularization": 0.02, "unobserved_weight": 0.1, "history_decay": 0.8}');
CALL recal_train('visits');
SELECT u, count(*), bool_and(abs(q.uncertainty / r.uncertainty - 1) < 1e-3 AND abs(q.score - r.score) < 1e-3) AS same
FROM unnest('{1,5,60,1000}'::int[]) u, generate_series(1, 50) i, recal_select_uncertain_for(ARRAY[u], ARRAY[i], 1, model => 'visits') q
JOIN LATERAL recal_recommend(u, 50, 'visits') r USING (item_id) GROUP BY 1 ORDER BY 1;
SELECT s.strategy, count(*) AS all, count(*) FILTER (WHERE abs(q.gain - one.gain) < 1e-3) AS same
FROM strategies s, LATERAL (SELECT gain, row_number() OVER () AS n FROM recal_select_uncertain(20, s.strategy, model => 'visits')) q
JOIN LATERAL (SELECT o.gain, row_number() OVER (ORDER BY o.gain DESC) AS n FROM (SELECT DISTINCT user_id FROM visits) u (u),
	recal_select_uncertain_for(ARRAY[u], NULL::int[], 5, s.strategy, model => 'visits') o) one USING (n)
WHERE s.strategy <> 'thompson' GROUP BY 1 ORDER BY s.strategy COLLATE "C";

-- arguments
SELECT * FROM recal_select_uncertain(0, model => 'books');
SELECT * FROM recal_select_uncertain(NULL, model => 'books');
SELECT * FROM recal_select_uncertain(3, 'Uncertainty', model => 'books');
SELECT * FROM recal_select_uncertain(3, threshold => -1, model => 'books');
SELECT * FROM recal_select_uncertain(3, threshold => 'NaN', model => 'books');
SELECT * FROM recal_select_uncertain(3, model => 'books', per_user => 0);
SELECT * FROM recal_select_uncertain(3, model => 'nothing');
SELECT * FROM recal_select_uncertain_for(ARRAY[NULL::int], NULL::int[], 3, model => 'books');
SELECT recal_alter_model('books', '{"explore": 1.5}');

-- it writes nothing; policies that hide people hide questions about them
BEGIN READ ONLY;
SELECT count(*) FROM recal_select_uncertain(7, model => 'books');
COMMIT;
CREATE ROLE recal_reader;
GRANT SELECT ON reads, books, all_books TO recal_reader;
ALTER TABLE reads ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON reads USING (user_id = 7);
SET ROLE recal_reader;
SELECT count(*) FROM recal_select_uncertain(7, model => 'books');
SELECT user_id, count(*) FROM recal_select_uncertain_for(ARRAY[7, 8], NULL::int[], 8, model => 'books', per_user => 4) GROUP BY 1 ORDER BY 1;
RESET ROLE;
REVOKE ALL ON reads FROM recal_reader;
SET ROLE recal_reader;
SELECT count(*) FROM recal_select_uncertain_for(ARRAY[7], NULL::int[], 8, model => 'books');
RESET ROLE;

SELECT recal_drop_model(m) FROM unnest('{books,words,stars,visits}'::text[]) m;
DROP VIEW words, books;
DROP TABLE reads, all_books, stars, visits, strategies;
DROP FUNCTION interview(int);
DROP ROLE recal_reader;
