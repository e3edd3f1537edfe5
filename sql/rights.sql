-- who may define, change and see models; what the owner trigger keeps away
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS recal;
DO $$ BEGIN PERFORM recal_drop_model(name) FROM recal_model; END $$;
DROP SCHEMA IF EXISTS private CASCADE;
RESET client_min_messages;
CREATE ROLE regress_recal_owner;
CREATE ROLE regress_recal_member IN ROLE regress_recal_owner;
CREATE ROLE regress_recal_stiff NOINHERIT;
GRANT regress_recal_owner TO regress_recal_stiff;
CREATE ROLE regress_recal_reader;
CREATE ROLE regress_recal_other;
CREATE ROLE regress_recal_bypass BYPASSRLS;
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO regress_recal_owner, regress_recal_reader, regress_recal_bypass;
CREATE TABLE private.clicks (user_id int, item_id int, at timestamptz, secret text);
CREATE INDEX ON private.clicks (user_id);
INSERT INTO private.clicks SELECT u, (u * 7 + i * i) % 20, '2026-01-01'::timestamptz + u * interval '1 hour' FROM generate_series(1, 30) u, generate_series(1, 5) i;
ALTER TABLE private.clicks OWNER TO regress_recal_owner;
GRANT SELECT (user_id, item_id) ON private.clicks TO regress_recal_reader;

SET ROLE regress_recal_owner;
SELECT recal_create_model('mine', 'private.clicks', time_column => 'at', options => '{"factors": 4, "epochs": 2}');
SELECT model, owner FROM recal_models;

-- the owner's members may change it, if they inherit
SET ROLE regress_recal_member;
SELECT recal_alter_model('mine', '{"epochs": 3}');
SET ROLE regress_recal_stiff;
SELECT recal_alter_model('mine', '{"epochs": 4}');
\echo :SQLSTATE

-- readers see it and may not change it
SET ROLE regress_recal_reader;
SELECT model, owner, options FROM recal_models;
SELECT recal_alter_model('mine', '{"epochs": 5}');
\echo :SQLSTATE
SELECT recal_alter_model('mine', '{"default": true}');
SELECT recal_drop_model('mine');
\echo :SQLSTATE
SELECT recal_activate('mine', 1);
\echo :SQLSTATE
CALL recal_train('mine');
\echo :SQLSTATE

-- others do not see it; its name is no secret
SET ROLE regress_recal_other;
SELECT count(*) FROM recal_models;
SELECT recal_drop_model('mine');
\echo :SQLSTATE
SELECT recal_create_model('mine', 'pg_class', 'oid', 'oid');
SELECT * FROM recal_model;
\echo :SQLSTATE
SELECT * FROM recal_version;
SELECT * FROM recal_weights;
SELECT * FROM recal_answer;
SELECT recal_usable('regress_recal_owner', '{"events": {"schema": "private", "name": "clicks"}, "user_column": "user_id", "item_column": "item_id"}') AS other;
SET ROLE regress_recal_reader;
SELECT recal_usable('regress_recal_owner', '{"events": {"schema": "private", "name": "clicks"}, "user_column": "user_id", "item_column": "item_id"}') AS by_columns,
	recal_usable('regress_recal_owner', '{"events": {"schema": "private", "name": "clicks"}, "user_column": "user_id", "item_column": "secret"}') AS not_these,
	recal_usable('regress_recal_owner', '{"events": {"schema": "private", "name": "gone"}}') AS gone,
	recal_usable('regress_recal_owner', '{"events": 3}') AS odd, recal_usable('regress_recal_owner', '[]') AS odder, recal_usable('regress_recal_owner', NULL) AS none,
	recal_usable(NULL, '{}') AS nobody, recal_usable('no such role', '{}') AS unknown, recal_usable('regress_recal_reader', '{}') AS own;

-- making a model takes the right to read what it is made over: columns
SELECT recal_create_model('by_columns', 'private.clicks');
SELECT recal_create_model('x', 'private.clicks', time_column => 'at');
\echo :SQLSTATE
SELECT recal_create_model('x', 'private.clicks', 'user_id', 'secret');
SELECT recal_alter_model('by_columns', '{"time_column": "at"}');
\echo :SQLSTATE
SELECT recal_drop_model('by_columns');
-- schemas
SET ROLE regress_recal_other;
SELECT recal_create_model('x', 'private.clicks');
\echo :SQLSTATE
RESET ROLE;
SELECT 'private.clicks'::regclass::oid AS clicks \gset
SET ROLE regress_recal_other;
SELECT recal_create_model('x', :clicks::regclass);
\echo :SQLSTATE
-- views: the view's owner reads below it, or the caller does
RESET ROLE;
CREATE SCHEMA open;
GRANT USAGE ON SCHEMA open TO PUBLIC;
CREATE VIEW open.shown AS SELECT user_id, item_id, at FROM private.clicks;
CREATE VIEW open.asked WITH (security_invoker) AS SELECT user_id, item_id, at FROM private.clicks;
ALTER VIEW open.shown OWNER TO regress_recal_owner;
GRANT SELECT ON open.shown, open.asked TO PUBLIC;
CREATE TABLE open.items (item_id int);
SET ROLE regress_recal_other;
SELECT recal_create_model('shown', 'open.shown', time_column => 'at');
SELECT has_table_privilege('open.asked', 'SELECT');
SELECT recal_create_model('x', 'open.asked', time_column => 'at');
\echo :SQLSTATE
SELECT model FROM recal_models ORDER BY model;
SELECT recal_drop_model('shown');

-- the default mark decides what others run: it is taken from one's own models only
SET ROLE regress_recal_reader;
SELECT recal_create_model('reader', 'private.clicks', options => '{"default": true}');
\echo :SQLSTATE
SELECT recal_create_model('reader', 'private.clicks');
SELECT recal_alter_model('reader', '{"default": true}');
RESET ROLE;
SELECT recal_alter_model('reader', '{"default": true}');
SELECT model, owner, is_default FROM recal_models ORDER BY model;
SET ROLE regress_recal_owner;
SELECT recal_alter_model('mine', '{"default": true}');
-- and it does not pass to another owner's
RESET ROLE;
SELECT recal_drop_model('reader');
SELECT model, owner, is_default FROM recal_models ORDER BY model;
SET ROLE regress_recal_owner;
SELECT recal_alter_model('mine', '{"default": true}');
SET ROLE regress_recal_reader;
SELECT recal_create_model('reader', 'private.clicks');
RESET ROLE;
SELECT model, owner, is_default FROM recal_models ORDER BY model;

-- rights are those of now: a grant withdrawn, a column renamed
REVOKE SELECT (item_id) ON private.clicks FROM regress_recal_reader;
SET ROLE regress_recal_reader;
SELECT recal_alter_model('reader', '{"epochs": 7}');
\echo :SQLSTATE
RESET ROLE;
GRANT SELECT (item_id) ON private.clicks TO regress_recal_reader;

-- serving reads as the caller
CALL recal_train('mine');
SET ROLE regress_recal_owner;
SELECT count(*) FROM recal_recommend(3, 5, 'mine');
SET ROLE regress_recal_reader;
SELECT count(*) FROM recal_recommend(3, 5, 'mine');
\echo :SQLSTATE
SET ROLE regress_recal_other;
SELECT recal_score(3, 3, 'mine');
\echo :SQLSTATE
RESET ROLE;
GRANT SELECT (at) ON private.clicks TO regress_recal_reader;
SET ROLE regress_recal_reader;
SELECT count(*) FROM recal_recommend(3, 5, 'mine');
SELECT model, version, is_current, status, row_security FROM recal_versions;
RESET ROLE;

-- row-level security
ALTER TABLE private.clicks ENABLE ROW LEVEL SECURITY;
SELECT item_id AS seen_by_user_3 FROM private.clicks WHERE user_id = 3 ORDER BY 1 LIMIT 1 \gset
CREATE POLICY own ON private.clicks TO regress_recal_reader USING (user_id = current_setting('regress.uid', true)::int);
GRANT SELECT ON private.clicks TO regress_recal_bypass;
CREATE FUNCTION open.evaluates(model text = 'mine') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text; detail text;
BEGIN
	RETURN (SELECT 'evaluates ' || count(*) FROM recal_evaluate(model, 5, 'random') WHERE metric LIKE 'ndcg%');
EXCEPTION WHEN insufficient_privilege THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' | ', message, nullif(detail, ''));
WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
	RETURN message;
END $$;
-- the table's owner and who bypasses are not restricted, the reader is
SELECT open.evaluates() AS superuser;
SET ROLE regress_recal_owner;
SELECT open.evaluates() AS owner;
SET ROLE regress_recal_bypass;
SELECT open.evaluates() AS bypass;
SET ROLE regress_recal_reader;
SELECT open.evaluates() AS reader;
-- one's own rows still count, other people's do not: the item is not hidden as seen
SET regress.uid = '3';
SELECT count(*) FILTER (WHERE item_id = :seen_by_user_3) AS of_mine FROM recal_recommend(3, 20, 'mine');
SET regress.uid = '4';
SELECT count(*) FILTER (WHERE item_id = :seen_by_user_3) AS of_theirs, bool_and(source = 'cold') AS cold FROM recal_recommend(3, 20, 'mine');
-- by a view, by a policy that lets everything pass, by setting
RESET ROLE;
ALTER TABLE private.clicks FORCE ROW LEVEL SECURITY;
SET ROLE regress_recal_owner;
SELECT open.evaluates() AS owner_forced;
-- below views, where the view's owner or the caller is asked, and in a subquery and a CTE
RESET ROLE;
CREATE VIEW open.deep AS WITH c AS (SELECT * FROM open.asked) SELECT * FROM (SELECT user_id, item_id FROM c UNION ALL SELECT NULL, NULL) u;
GRANT SELECT ON open.deep TO PUBLIC;
CREATE VIEW open.plain AS SELECT i AS user_id, i AS item_id FROM generate_series(1, 3) i;
GRANT SELECT ON open.plain TO PUBLIC;
SET ROLE regress_recal_other;
SELECT recal_create_model('deep', 'open.deep');
SET ROLE regress_recal_reader;
SELECT recal_create_model('shown', 'open.shown'), recal_create_model('deep', 'open.deep'), recal_create_model('plain', 'open.plain');
SELECT model, split_part(open.evaluates(model), ' role ', 1) FROM unnest('{shown,deep,plain}'::text[]) model;
RESET ROLE;
SELECT split_part(open.evaluates('deep'), ' role ', 1) AS superuser;
SELECT recal_drop_model(model) FROM unnest('{shown,deep,plain}'::text[]) model;
RESET ROLE;
CREATE POLICY every ON private.clicks TO regress_recal_owner USING (true);
SET ROLE regress_recal_owner;
SELECT open.evaluates() AS owner_passes;
CALL recal_train('mine');
SELECT version, row_security FROM recal_versions WHERE is_current;
SET ROLE regress_recal_reader;
SET row_security = off;
SELECT recal_score(3, 3, 'mine');
\echo :SQLSTATE
RESET row_security;
RESET ROLE;
-- a role that gains and loses the bypass within one session
ALTER ROLE regress_recal_reader BYPASSRLS;
SET ROLE regress_recal_reader;
SELECT open.evaluates() AS reader_bypasses;
RESET ROLE;
ALTER ROLE regress_recal_reader NOBYPASSRLS;
SET ROLE regress_recal_reader;
SELECT open.evaluates() AS reader_again;
RESET ROLE;
ALTER TABLE private.clicks DISABLE ROW LEVEL SECURITY;
ALTER TABLE private.clicks NO FORCE ROW LEVEL SECURITY;

-- whoever may write the tables (the extension's owner may) acts for nobody but themselves
GRANT SELECT, INSERT, UPDATE, DELETE ON recal_model, recal_version TO regress_recal_other;
SET ROLE regress_recal_other;
UPDATE recal_model SET definition = definition || '{"user_column": "item_id"}' WHERE name = 'mine';
SELECT name, owner FROM recal_model ORDER BY name;
SELECT recal_score(3, 3, 'mine');
\echo :SQLSTATE
RESET ROLE;
UPDATE recal_model SET owner = 'regress_recal_owner', definition = definition || '{"user_column": "user_id"}' WHERE name = 'mine';
SET ROLE regress_recal_other;
UPDATE recal_version SET definition = definition || '{"user_column": "item_id"}' WHERE model = 'mine';
INSERT INTO recal_version (model, version, owner, status, stamp, definition, started_at, updated_at)
	SELECT model, 99, owner, status, stamp, definition, started_at, updated_at FROM recal_version WHERE model = 'mine' AND version = 1;
INSERT INTO recal_model (name, owner, definition) SELECT n, o, definition FROM recal_model,
	(VALUES ('as_owner', 'regress_recal_owner'::name), ('as_nobody', 'no such role'), ('as_self', 'regress_recal_other')) v(n, o) WHERE name = 'mine';
SET session_replication_role = replica;
RESET ROLE;
SELECT name, owner FROM recal_model ORDER BY name;
SELECT version, owner FROM recal_version WHERE model = 'mine' ORDER BY version;
SET ROLE regress_recal_owner;
SELECT recal_score(3, 3, 'mine');
\echo :SQLSTATE
SELECT recal_activate('mine', 99);
\echo :SQLSTATE
RESET ROLE;
REVOKE ALL ON recal_model, recal_version FROM regress_recal_other;
-- members of the owner and superusers keep it, whether or not the role exists here
GRANT SELECT, INSERT, UPDATE ON recal_model TO regress_recal_member;
SET ROLE regress_recal_member;
UPDATE recal_model SET is_default = is_default WHERE name = 'mine';
RESET ROLE;
REVOKE ALL ON recal_model FROM regress_recal_member;
INSERT INTO recal_model (name, owner, definition) SELECT 'restored', 'no such role', definition FROM recal_model WHERE name = 'mine';
SELECT name, owner FROM recal_model ORDER BY name;
SELECT recal_owner_guard();
CREATE TABLE open.t (a int);
CREATE TRIGGER t AFTER INSERT ON open.t FOR EACH ROW EXECUTE FUNCTION recal_owner_guard();
INSERT INTO open.t VALUES (1);
\echo :SQLSTATE

-- a model whose owner is no role here belongs to superusers
CALL recal_train('restored');
\echo :SQLSTATE
SET ROLE regress_recal_owner;
SELECT recal_alter_model('restored', '{"epochs": 3}');
\echo :SQLSTATE
SELECT recal_drop_model('restored');
RESET ROLE;
SELECT recal_alter_model('restored', '{"epochs": 3}');

-- views and functions stay within what the caller may see when nothing is granted
SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants
WHERE table_name LIKE 'recal%' AND grantee IN ('PUBLIC', 'regress_recal_other') ORDER BY 1, 2, 3;

SET client_min_messages = warning;
DO $$ BEGIN PERFORM recal_drop_model(name) FROM recal_model; END $$;
DROP SCHEMA private CASCADE;
DROP SCHEMA open CASCADE;
DROP ROLE regress_recal_owner, regress_recal_member, regress_recal_stiff, regress_recal_reader, regress_recal_other, regress_recal_bypass;
