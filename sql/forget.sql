-- forgetting a person: answers, and id and factor in every stored version
CREATE TABLE visits (user_id bigint, item_id bigint);
INSERT INTO visits
SELECT u * 1000003, i FROM generate_series(1, 40) u, generate_series(1, 12) i WHERE i % 2 = u % 2 AND (u / 2 + i) % 7 <> 0;
CREATE INDEX ON visits (user_id);
SELECT recal_create_model('shop', 'visits', options => '{"factors": 3, "regularization": 0.01, "unobserved_weight": 0.1}');

-- before the first training there may be answers
SELECT recal_feedback(7000021, 2, 1), recal_feedback(7000021, 4, NULL), recal_feedback(7, 2, 0);
SELECT * FROM recal_forget_user(7000021);
SELECT user_id, item_id, value FROM recal_answer;

-- three versions, one of them failed
CALL recal_train('shop');
INSERT INTO visits SELECT 1000003, i FROM generate_series(1, 12) i;
SELECT recal_feedback(7000021, i, 1) FROM generate_series(1, 5) i;
SELECT recal_feedback(77, i, 1) FROM generate_series(1, 3) i;
CALL recal_train('shop');
ALTER TABLE visits RENAME TO gone;
CALL recal_train('shop');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE gone RENAME TO visits;
SELECT version, status, users FROM recal_versions ORDER BY 1;

-- the payload of a part, whatever its chunks; what it has to be without one row
CREATE FUNCTION payload(model text, version int, part text) RETURNS bytea LANGUAGE sql AS
	$$ SELECT string_agg(substr(data, 81), '' ORDER BY chunk) FROM recal_weights w WHERE (w.model, w.version, w.part) = ($1, $2, $3) $$;
CREATE FUNCTION without(rows bytea, at int, width int) RETURNS bytea LANGUAGE sql AS
	$$ SELECT substr(rows, 1, at * width) || substr(rows, (at + 1) * width + 1) $$;
CREATE TABLE old AS SELECT model, version, stamp, facts, part, payload(model, version, part)
	FROM recal_version JOIN (SELECT DISTINCT model, version, part FROM recal_weights) p USING (model, version);
CREATE TABLE pages AS SELECT u AS user_id, r.* FROM (SELECT DISTINCT user_id FROM visits) v(u), recal_recommend(u, 5) r;

-- all of it comes back with a rollback
BEGIN;
SELECT * FROM recal_forget_user(7000021, 'shop');
SELECT count(*) AS answers FROM recal_answer WHERE user_id = '7000021';
ROLLBACK;
SELECT count(*) AS answers FROM recal_answer WHERE user_id = '7000021';
SELECT count(*) AS different FROM old JOIN recal_version v USING (model, version) WHERE old.stamp <> v.stamp OR old.facts <> v.facts OR old.payload <> payload(model, version, part);

SELECT * FROM recal_forget_user(7000021);
SELECT user_id, item_id, value FROM recal_answer ORDER BY 1, 2;
-- the eighth id of the first version (7 has answered) and the ninth of the second (77 too)
SELECT version, part, CASE part WHEN 'user_ids' THEN without(old.payload, 6 + version, 8) WHEN 'user_factors' THEN without(old.payload, 6 + version, 12) END
	= payload(model, version, part) AS without_one
FROM old WHERE part LIKE 'user\_%s' ORDER BY 1, 2;
SELECT count(*) FILTER (WHERE old.payload = payload(model, version, part)) AS same, count(*) FROM old WHERE part NOT LIKE 'user\_%s';
SELECT version, bool_and(v.stamp <> old.stamp) AS new_stamp, v.facts->>'users' AS users, v.facts - 'users' = old.facts - 'users' AS other_facts,
	v.bytes = (SELECT sum(octet_length(data) + 4) FROM recal_weights w WHERE (w.model, w.version) = (v.model, v.version)) AS bytes
FROM recal_version v JOIN old USING (model, version) GROUP BY v.model, version, v.facts, old.facts, v.bytes ORDER BY 1;
-- again: nothing is left, and nothing is written
CREATE TABLE stamps AS SELECT version, stamp FROM recal_version;
SELECT * FROM recal_forget_user(7000021);
SELECT * FROM recal_forget_user(123456789012345);
SELECT * FROM recal_forget_user('99999999999');
SELECT count(*) AS written FROM recal_version JOIN stamps USING (version) WHERE recal_version.stamp <> stamps.stamp;

-- who still has behaviour rows has a page; without them, none, and the others' pages are as they were
SELECT count(DISTINCT user_id) AS users, count(*) FILTER (WHERE user_id = 7000021) AS rows FROM recal_recommend_all(5);
DELETE FROM visits WHERE user_id = 7000021;
SELECT count(DISTINCT user_id) AS users, count(*) FILTER (WHERE user_id = 7000021) AS rows FROM recal_recommend_all(5);
SELECT count(*) AS different FROM (SELECT u.user_id, r.* FROM (SELECT DISTINCT user_id FROM visits) u, recal_recommend(u.user_id, 5) r) r
FULL JOIN (SELECT * FROM pages WHERE user_id <> 7000021) p USING (user_id, rank, item_id)
WHERE (r.score = p.score AND r.uncertainty = p.uncertainty AND r.source = p.source) IS NOT TRUE;
SELECT source FROM recal_recommend(7000021, 1);

-- versions that other functions use go on: rollback of a version, warm start
SELECT recal_activate('shop', 1);
SELECT count(*) FROM recal_recommend(1000003, 3, exclude_seen => false);
CALL recal_train('shop');
SELECT version, users, facts->>'warm_version' AS warm_version, (facts->>'warm_items')::int > 0 AS warm FROM recal_versions WHERE is_current;
SELECT * FROM recal_forget_user(7000021);

-- ids of other types and untyped parameters, through the column's type
PREPARE p AS SELECT * FROM recal_forget_user($1);
EXECUTE p('8000024');
PREPARE q AS SELECT * FROM recal_forget_user($1, $2) WHERE removed > 0;
EXECUTE q(' 9000027 ', 'shop');
SELECT * FROM recal_forget_user(77::smallint) WHERE removed > 0;
SELECT removed FROM recal_forget_user('10000030') WHERE what = 'ids';
SELECT version, users FROM recal_versions WHERE status = 'ready' ORDER BY 1;

-- several in one statement, and whoever is last
CREATE TABLE few AS SELECT * FROM visits WHERE user_id < 4000000;
CREATE INDEX ON few (user_id);
SELECT recal_create_model('few', 'few', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train('few');
SELECT user_id, what, removed FROM (SELECT DISTINCT user_id FROM few) u, recal_forget_user(user_id, 'few') ORDER BY 1, 2;
SELECT users, payload('few', 1, 'user_ids') = '' AS no_ids, payload('few', 1, 'user_factors') = '' AS no_factors FROM recal_versions WHERE model = 'few';
SELECT removed FROM recal_forget_user(1000003, 'few');
SELECT source FROM recal_recommend(1000003, 1, 'few', exclude_seen => false);

-- more than one chunk: from the first, the last row of one, the first of the next, the last, and down to one chunk
CREATE TABLE wide (user_id int, item_id int);
INSERT INTO wide SELECT u, i FROM generate_series(1, 8195) u, LATERAL (VALUES (u % 5), (5 + u % 7)) v(i);
CREATE INDEX ON wide (user_id);
SELECT recal_create_model('wide', 'wide', options => '{"factors": 256, "epochs": 1, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train('wide');
CREATE TABLE factors AS SELECT payload('wide', 1, 'user_factors') AS before;
SELECT count(*) AS chunks FROM recal_weights WHERE model = 'wide' AND part = 'user_factors';
SELECT u, removed FROM unnest('{4000, 8192, 8193, 8195, 1}'::int[]) u, recal_forget_user(u, 'wide') WHERE what = 'factors';
SELECT without(without(without(without(without(before, 8194, 1024), 8192, 1024), 8191, 1024), 3999, 1024), 0, 1024) = payload('wide', 1, 'user_factors') AS same FROM factors;
SELECT count(*) AS chunks, users FROM recal_weights JOIN recal_versions USING (model, version) WHERE model = 'wide' AND part = 'user_factors' GROUP BY users;
DROP TABLE factors;

-- uuid and text ids, and a column that changes its type
CREATE TABLE reads (user_id uuid, item_id text);
INSERT INTO reads SELECT md5(u::text)::uuid, 'book ' || i FROM generate_series(1, 30) u, generate_series(1, 8) i WHERE i % 2 = u % 2;
CREATE INDEX ON reads (user_id);
SELECT recal_create_model('books', 'reads', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_feedback(md5('5')::uuid, 'book 3', 0, 'books');
CALL recal_train('books');
CREATE VIEW found AS SELECT u, count(*) FILTER (WHERE position(uuid_send(md5(u::text)::uuid) IN data) > 0) AS as_uuid, count(*) FILTER (WHERE position(convert_to(md5(u::text)::uuid::text, 'UTF8') IN data) > 0) AS as_text
	FROM generate_series(5, 8) u, recal_weights WHERE model = 'books' AND part = 'user_ids' GROUP BY u ORDER BY u;
SELECT * FROM found;
SELECT * FROM recal_forget_user(md5('5')::uuid, 'books');
SELECT removed FROM recal_forget_user('{' || upper(md5('6')) || '}', 'books') WHERE what = 'ids';
SELECT * FROM found;
ALTER TABLE reads ALTER user_id TYPE text;
SELECT recal_feedback('bob', 'book 3', 1, 'books');
CALL recal_train('books');
SELECT * FROM found;
SELECT * FROM recal_forget_user(md5('7')::uuid::text, 'books');
SELECT * FROM recal_forget_user('bob', 'books');
SELECT * FROM recal_forget_user('bo', 'books');
SELECT * FROM found;
SELECT * FROM recal_forget_user(md5('8')::uuid, 'books');

-- versions whose weights were left out of a dump are passed over, damaged ones are not
DELETE FROM recal_weights WHERE model = 'books' AND version = 1;
SELECT * FROM recal_forget_user(md5('8')::uuid::text, 'books');
SELECT recal_feedback('zoe', 'book 3', 1, 'books');
UPDATE recal_weights SET data = set_byte(data, 200, get_byte(data, 200) # 255) WHERE model = 'books' AND part = 'user_factors';
SELECT * FROM recal_forget_user(md5('9')::uuid::text, 'books');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM recal_weights WHERE model = 'books' AND part = 'user_factors';
SELECT * FROM recal_forget_user(md5('9')::uuid::text, 'books');
SELECT * FROM recal_forget_user('zoe', 'books');

-- refused
SELECT * FROM recal_forget_user(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM recal_forget_user(NULL::bigint, 'shop');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM recal_forget_user(1, 'no such model');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM recal_forget_user('one', 'shop');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM recal_forget_user(1.5, 'shop');
\echo :LAST_ERROR_SQLSTATE
BEGIN READ ONLY;
SELECT * FROM recal_forget_user(1000003, 'shop');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- rights: the owner, without the right to read the rows and whoever wrote the versions; nobody else
SET client_min_messages = warning;
CREATE ROLE regress_recal_keeper;
CREATE ROLE regress_recal_visitor;
RESET client_min_messages;
UPDATE recal_model SET owner = 'regress_recal_keeper' WHERE name = 'shop';
GRANT SELECT ON visits TO regress_recal_visitor;
SET ROLE regress_recal_visitor;
SELECT * FROM recal_forget_user(1000003, 'shop');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET ROLE regress_recal_keeper;
SELECT * FROM recal_forget_user(1000003, 'shop');
RESET ROLE;

SELECT recal_drop_model(model) FROM unnest('{shop,few,wide,books}'::text[]) model;
DROP VIEW found;
DROP TABLE visits, few, wide, reads, old, pages, stamps;
DROP FUNCTION payload(text, int, text), without(bytea, int, int);
DROP ROLE regress_recal_keeper, regress_recal_visitor;
