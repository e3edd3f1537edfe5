-- reasons: a score as a sum over what the user did
CREATE TABLE heard (user_id int, item_id int, event text, at timestamptz);
-- four groups, each with its own ten items, and a few from everywhere
INSERT INTO heard
SELECT u, (u % 4) * 10 + i, CASE WHEN i % 3 = 0 THEN 'bought' ELSE 'played' END,
	timestamptz '2026-01-01' + make_interval(hours => u * 7 + i)
FROM generate_series(1, 120) u, generate_series(0, 9) i WHERE (u / 4 * 7 + i * 3) % 5 < 3;
INSERT INTO heard SELECT u, (u * 17) % 40, CASE WHEN u % 3 = 0 THEN 'disliked' ELSE 'played' END, timestamptz '2026-01-20'
FROM generate_series(1, 120) u;
-- more items than factors, and a user of dislikes
INSERT INTO heard SELECT 121, i, 'played', timestamptz '2026-01-21' + make_interval(hours => i) FROM generate_series(0, 39, 2) i;
INSERT INTO heard SELECT 122, i, 'disliked', timestamptz '2026-01-21' FROM generate_series(0, 4) i;
CREATE INDEX ON heard (user_id);
SELECT recal_create_model('music', 'heard', event_column => 'event', time_column => 'at',
	event_weights => '{"played": 1, "bought": 4, "disliked": -2}', half_life => '30 days',
	options => '{"ranker": "off", "factors": 12, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 0.9}');
SELECT * FROM recal_explain(1, 10);
\echo :LAST_ERROR_SQLSTATE
CALL recal_train('music');

-- contributions, of rows and of the mean user, sum to the score, for every user and every item
SELECT count(*) AS pairs, max(abs(total - recal_score(u, i))) < 1e-5 AS additive, bool_and(n = pairs + 1) AS one_row_each,
	bool_and(abs(shares - 1) < 1e-4) AS shares
FROM generate_series(1, 121) u, generate_series(0, 39) i,
	LATERAL (SELECT sum(contribution::float8) AS total, count(*) AS n, sum(abs(share)) AS shares FROM recal_explain(u, i)) e,
	LATERAL (SELECT count(DISTINCT item_id) AS pairs FROM heard WHERE user_id = u) h;

-- the largest first; sources are items of the user
SELECT bool_and(size <= before) AS descending
FROM (SELECT abs(contribution) AS size, lag(abs(contribution)) OVER (ORDER BY ordinality) AS before
	FROM recal_explain(121, 12) WITH ORDINALITY) s;
SELECT string_agg(DISTINCT kind, ',') AS kind, bool_and(source IN (SELECT item_id::text FROM heard WHERE user_id = 121 UNION SELECT 'mean user')) AS own,
	bool_and(sign(share) = sign(contribution)) AS signs
FROM recal_explain(121, 12);
SELECT pg_typeof(kind), pg_typeof(source), pg_typeof(contribution), pg_typeof(share) FROM recal_explain(121, 12) LIMIT 1;
-- what is alike speaks for it: user 4 belongs to the group of the items 0 to 9
SELECT bool_and(source::int < 10) AS of_the_group FROM (SELECT * FROM recal_explain(4, 3) LIMIT 3) s;

-- dislikes have no term of their own
SELECT count(*) AS disliked, bool_and(contribution = 0 AND share = 0) AS nothing
FROM recal_explain(3, 32) WHERE source IN (SELECT item_id::text FROM heard WHERE user_id = 3 AND event = 'disliked');
-- yet they move the others' terms
BEGIN;
SELECT sum(contribution) AS before FROM recal_explain(3, 11) \gset
DELETE FROM heard WHERE user_id = 3 AND item_id = 11 AND event = 'disliked';
SELECT :before < sum(contribution) AS more FROM recal_explain(3, 11);
ROLLBACK;
-- who likes nothing is the mean user, moved by the dislikes
SELECT kind, source, contribution = 0 AS nothing, share FROM recal_explain(122, 7);
SELECT abs(contribution - recal_score(122, 7)) < 1e-5 AS score, contribution <> recal_score(0, 7) AS moved
FROM recal_explain(122, 7) LIMIT 1;

-- cold users: one row, the score
SELECT u, kind, source, abs(contribution - recal_score(u, 12)) < 1e-6 AS score, share
FROM (VALUES (1000), (NULL::int)) v (u), recal_explain(u, 12);
SELECT kind, source, share FROM recal_explain(9999999999, 12);

-- nothing to explain
SELECT * FROM recal_explain(1, 777);
SELECT * FROM recal_explain(1, NULL::int);
SELECT * FROM recal_explain(1000, 777);

-- live
INSERT INTO heard VALUES (1000, 11, 'played', '2026-02-01'), (1000, 777, 'played', '2026-02-01');
SELECT kind, source, abs(sum(contribution) OVER () - recal_score(1000, 12)) < 1e-5 AS score FROM recal_explain(1000, 12);
INSERT INTO heard VALUES (1000, 13, 'bought', '2026-02-02');
SELECT array_agg(source ORDER BY source) AS sources, abs(sum(contribution) - recal_score(1000, 12)) < 1e-5 AS score
FROM recal_explain(1000, 12);
INSERT INTO heard VALUES (1000, 11, 'disliked', '2026-02-02');
SELECT kind, source, contribution = 0 AS nothing FROM recal_explain(1000, 12) ORDER BY source;
DELETE FROM heard WHERE user_id = 1000 AND item_id <> 777;
SELECT kind, source FROM recal_explain(1000, 12);
DELETE FROM heard WHERE user_id = 1000;

-- all forms of ids
SELECT count(*) > 3 AS some, count(*) = count(DISTINCT source) AS once FROM recal_explain('1', '10');
SELECT bool_and(a.contribution = b.contribution AND a.contribution = c.contribution AND a.contribution = d.contribution) AS same, count(*) = (SELECT count(*) FROM recal_explain(1, 10)) AS n
FROM recal_explain(1, 10, 'music') a JOIN recal_explain(1, '10', 'music') b USING (source)
JOIN recal_explain('1', 10, 'music') c USING (source) JOIN recal_explain('1', '10', model => 'music') d USING (source);
PREPARE why AS SELECT count(*) > 3 AS some FROM recal_explain($1, $2, $3);
EXECUTE why('1', '10', 'music');
EXECUTE why('1', '10', NULL);
PREPARE why_user AS SELECT count(*) > 3 AS some FROM recal_explain($1, 10::smallint);
EXECUTE why_user('1');
PREPARE why_item AS SELECT count(*) > 3 AS some FROM recal_explain(1::bigint, $1);
EXECUTE why_item('10');
DEALLOCATE ALL;
SELECT * FROM recal_explain('one', 10);
SELECT * FROM recal_explain(1, 1.5);
SELECT * FROM recal_explain('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid, 10);
SELECT * FROM recal_explain(1, 10, 'nothing');

-- why this page
SELECT bool_and(abs(r.score - e.total) < 1e-5) AS same, count(*)
FROM recal_recommend(1, 5) r, LATERAL (SELECT sum(contribution) AS total FROM recal_explain(1, r.item_id)) e;

-- READ ONLY
BEGIN READ ONLY;
SELECT count(*) > 3 AS some FROM recal_explain(1, 10);
COMMIT;

-- policies: others' scores are not explained
CREATE ROLE regress_recal_tenant;
GRANT SELECT ON heard TO regress_recal_tenant;
ALTER TABLE heard ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON heard TO regress_recal_tenant USING (user_id <= 10);
SET ROLE regress_recal_tenant;
SELECT count(*) > 3 AS some FROM recal_explain(1, 10);
SELECT kind, source FROM recal_explain(NULL::int, 10);
SELECT * FROM recal_explain(11, 10);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM recal_explain('1000', '10');
\echo :LAST_ERROR_SQLSTATE
SELECT u, kind FROM generate_series(10, 11) u, recal_explain(u, 10);
RESET ROLE;
SELECT kind FROM recal_explain(1000, 10);
ALTER TABLE heard DISABLE ROW LEVEL SECURITY;
SET ROLE regress_recal_tenant;
SELECT kind FROM recal_explain(1000, 10);
RESET ROLE;
REVOKE SELECT ON heard FROM regress_recal_tenant;
SET ROLE regress_recal_tenant;
SELECT * FROM recal_explain(1, 777);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

SELECT recal_drop_model('music');
DROP TABLE heard;
DROP ROLE regress_recal_tenant;

-- ids as text, whatever they were
CREATE TABLE read_by (user_id uuid, item_id text);
INSERT INTO read_by SELECT md5(u::text)::uuid, 'book ' || (u % 3) * 5 + i FROM generate_series(1, 30) u, generate_series(0, 4) i WHERE (u + i) % 4 > 0;
CREATE INDEX ON read_by (user_id);
SELECT recal_create_model('books', 'read_by', options => '{"factors": 4, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train();
SELECT source, contribution > 0 AS speaks_for_it FROM recal_explain(md5('3')::uuid, 'book 1') ORDER BY source COLLATE "C";
SELECT count(*) FROM recal_explain(md5('3'), 'book 1'::varchar, 'books');
SELECT recal_drop_model('books');
DROP TABLE read_by;
