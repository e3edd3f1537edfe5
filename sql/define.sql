-- models: creating, altering, dropping, activating, and the views that show them
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS recal;
DO $$ BEGIN PERFORM recal_drop_model(name) FROM recal_model; END $$;
DROP SCHEMA IF EXISTS shop CASCADE;
RESET client_min_messages;
CREATE SCHEMA shop;
CREATE TABLE shop.clicks (user_id bigint, item_id int, kind text, amount real, at timestamptz);
CREATE INDEX ON shop.clicks (user_id);

-- nothing to begin with
SELECT count(*) FROM recal_models;

-- the shortest form; the first model is the default one
SELECT recal_create_model('m', 'shop.clicks');
SELECT model, owner = current_user AS mine, is_default, current_version, trained_at, events, user_column, item_column,
	event_column, value_column, time_column, event_weights, half_life, objective, items, options
FROM recal_models \gx

-- everything that this version knows
CREATE TABLE shop.products (id int PRIMARY KEY, title text);
SELECT recal_create_model('full', 'shop.clicks', event_column => 'kind', value_column => 'amount', time_column => 'at',
	event_weights => '{"view": 1, "purchase": 5.5, "dislike": -2}', half_life => '1 month 12 hours',
	items => 'shop.products', options => '{"factors": 32, "epochs": 20.0, "seed": -7, "seen_events": ["purchase"]}');
SELECT model, is_default, event_column, value_column, time_column, event_weights, half_life, items, options
FROM recal_models WHERE model = 'full' \gx
SELECT definition FROM recal_model WHERE name = 'full';

-- a model is made once, and its name is a name
SELECT recal_create_model('m', 'shop.clicks');
\echo :SQLSTATE
SELECT recal_create_model(NULL, 'shop.clicks');
\echo :SQLSTATE
SELECT recal_create_model('', 'shop.clicks');
\echo :SQLSTATE
SELECT recal_create_model(repeat('x', 201), 'shop.clicks');
SELECT recal_create_model(E'a "quoted"\n name''s ok', 'shop.clicks');
SELECT model FROM recal_models ORDER BY model;
SELECT recal_activate(E'a "quoted"\n name''s ok', 1);
SELECT recal_drop_model(E'a "quoted"\n name''s ok');

-- relations: which kinds, and names that need quotes
SELECT recal_create_model('x', NULL);
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.nothing');
\echo :SQLSTATE
SELECT recal_create_model('x', 0::regclass);
\echo :SQLSTATE
CREATE SEQUENCE shop.numbers;
SELECT recal_create_model('x', 'shop.numbers');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks_user_id_idx');
CREATE TYPE shop.pair AS (user_id int, item_id int);
SELECT recal_create_model('x', 'shop.pair');
CREATE SCHEMA "Odd ""one""";
CREATE TABLE "Odd ""one"""."Click's" ("User" text, "the item" uuid);
CREATE INDEX ON "Odd ""one"""."Click's" USING hash ("User");
SELECT recal_create_model('quoted', '"Odd ""one"""."Click''s"', 'User', 'the item');
SELECT events, user_column, item_column FROM recal_models WHERE model = 'quoted';
CREATE VIEW shop.some_clicks AS SELECT * FROM shop.clicks WHERE kind <> 'robot';
SELECT recal_create_model('view', 'shop.some_clicks');
CREATE TABLE shop.parted (user_id smallint, item_id varchar(10), at date) PARTITION BY RANGE (at);
SELECT recal_create_model('partitioned', 'shop.parted', time_column => 'at');
CREATE MATERIALIZED VIEW shop.kept AS SELECT user_id, item_id FROM shop.clicks;
CREATE INDEX ON shop.kept (item_id, user_id);
CREATE INDEX ON shop.kept (user_id) WHERE item_id > 3;
SELECT recal_create_model('materialized', 'shop.kept');
CREATE FOREIGN DATA WRAPPER regress_recal_fdw;
CREATE SERVER regress_recal_server FOREIGN DATA WRAPPER regress_recal_fdw;
CREATE FOREIGN TABLE shop.far (user_id int, item_id int) SERVER regress_recal_server;
-- only the wrapper's lack of a handler is in the way
SELECT recal_create_model('foreign', 'shop.far');
CREATE TEMP TABLE passing (user_id int PRIMARY KEY, item_id int);
SELECT recal_create_model('temporary', 'passing');
SELECT recal_drop_model(model) FROM recal_models WHERE model IN ('quoted', 'view', 'partitioned', 'materialized', 'temporary');

-- columns: there, and of a usable type
SELECT recal_create_model('x', 'shop.clicks', 'usr');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', 'user_id', 'ctid');
SELECT recal_create_model('x', 'shop.clicks', NULL);
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', item_column => NULL);
SELECT recal_create_model('x', 'shop.clicks', item_column => '');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', event_column => 'typ');
SELECT recal_create_model('x', 'shop.clicks', value_column => 'kind');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', time_column => 'kind');
SELECT recal_create_model('x', 'shop.clicks', event_column => 'at');
CREATE TABLE shop.wrong (user_id numeric, item_id float8);
SELECT recal_create_model('x', 'shop.wrong');
\echo :SQLSTATE

-- weights of event types
SELECT recal_create_model('x', 'shop.clicks', event_weights => '{"view": 1}');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', event_column => 'kind', event_weights => '[1, 2]');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', event_column => 'kind', event_weights => '3');
SELECT recal_create_model('x', 'shop.clicks', event_column => 'kind', event_weights => '{}');
SELECT recal_create_model('x', 'shop.clicks', event_column => 'kind', event_weights => '{"view": 0, "buy": 0.0}');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', event_column => 'kind', event_weights => '{"view": "1"}');
SELECT recal_create_model('x', 'shop.clicks', event_column => 'kind', event_weights => '{"view": 1e400}');
SELECT recal_create_model('x', 'shop.clicks', event_column => 'kind', event_weights => '{"view": null}');
CREATE TYPE shop.kind AS ENUM ('view', 'buy');
CREATE DOMAIN shop.kind_domain AS shop.kind;
CREATE TABLE shop.typed (user_id int PRIMARY KEY, item_id int, kind shop.kind_domain);
SELECT recal_create_model('x', 'shop.typed', event_column => 'kind', event_weights => '{"view": 1, "bye": 5}');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.typed', event_column => 'kind', options => '{"seen_events": ["Buy"]}');
SELECT recal_create_model('typed', 'shop.typed', event_column => 'kind', event_weights => '{"view": 1, "buy": 5}');
SELECT recal_drop_model('typed');

-- half-life
SELECT recal_create_model('x', 'shop.clicks', half_life => '3 days');
SELECT recal_create_model('x', 'shop.clicks', time_column => 'at', half_life => '-3 days');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', time_column => 'at', half_life => '0');
SELECT recal_create_model('x', 'shop.clicks', time_column => 'at', half_life => '1 month -30 days');
SET intervalstyle = iso_8601;
SELECT recal_create_model('life', 'shop.clicks', time_column => 'at', half_life => '1 month -2 days 3 hours');
SET intervalstyle = sql_standard;
SELECT recal_alter_model('life', '{"factors": 8}');
SELECT half_life FROM recal_models WHERE model = 'life';
RESET intervalstyle;
SELECT recal_drop_model('life');

-- items: the id column is the events' name for it, or "id", or given
CREATE TABLE shop.stock (item_id bigint, id text, sku text);
SELECT recal_create_model('stock', 'shop.clicks', items => 'shop.stock');
SELECT definition -> 'item_id_column' AS item_id_column FROM recal_model WHERE name = 'stock';
SELECT recal_alter_model('stock', '{"items": "shop.products"}');
SELECT definition -> 'item_id_column' AS item_id_column FROM recal_model WHERE name = 'stock';
SELECT recal_alter_model('stock', '{"items": null}');
SELECT definition ?| '{items,item_id_column}' AS has_items FROM recal_model WHERE name = 'stock';
SELECT recal_drop_model('stock');
SELECT recal_create_model('x', 'shop.clicks', items => 'shop.stock', item_id_column => 'sku');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', items => 'shop.stock', item_id_column => 'ean');
SELECT recal_create_model('x', 'shop.clicks', item_id_column => 'sku');
CREATE TABLE shop.nameless (code int);
SELECT recal_create_model('x', 'shop.clicks', items => 'shop.nameless');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', items => 'shop.numbers', item_id_column => 'last_value');

-- ratings need a value, and nothing that weighs rows
SELECT recal_create_model('x', 'shop.clicks', objective => 'explicit');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', objective => 'explicit', value_column => 'amount', event_column => 'kind', event_weights => '{"buy": 1}');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', objective => 'explicit', value_column => 'amount', time_column => 'at', half_life => '90 days');

-- what stands in the signature for later versions
SELECT recal_create_model('x', 'shop.clicks', objective => 'Implicit');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', objective => NULL);
SELECT recal_create_model('x', 'shop.clicks', item_features => '{title}');
\echo :SQLSTATE
SELECT recal_create_model('x', 'shop.clicks', item_features => ARRAY[NULL]::name[]);
SELECT recal_create_model('x', 'shop.clicks', user_id_column => 'id');
SELECT recal_create_model('x', 'shop.clicks', user_features => '{country}');

-- nothing of all that was left behind
SELECT model FROM recal_models ORDER BY model;

-- altering: merge, reset with null, check as a whole
SELECT recal_alter_model('full', '{"factors": 16, "seed": null, "half_life": "90 days", "value_column": null}');
SELECT definition FROM recal_model WHERE name = 'full';
SELECT recal_alter_model('full', '{"user_column": "item_id", "item_column": "user_id"}');
SELECT recal_alter_model('full', '{"user_column": null, "item_column": null}');
SELECT user_column, item_column FROM recal_models WHERE model = 'full';
SELECT recal_alter_model('full', '{"events": "shop.some_clicks"}');
SELECT recal_alter_model('full', '{"events": {"schema": "shop", "name": "clicks"}}');
SELECT events FROM recal_models WHERE model = 'full';
SELECT recal_alter_model('full', '{}');
SELECT recal_alter_model('full', '{"event_column": null}');
\echo :SQLSTATE
SELECT recal_alter_model('full', '{"events": null}');
\echo :SQLSTATE
SELECT recal_alter_model('full', '{"events": "shop.nothing"}');
\echo :SQLSTATE
SELECT recal_alter_model('full', '{"events": 3}');
\echo :SQLSTATE
SELECT recal_alter_model('full', '{"events": {"schema": "shop"}}');
SELECT recal_alter_model('full', '{"items": "shop.numbers"}');
SELECT recal_alter_model('full', '{"half_life": "soon"}');
\echo :SQLSTATE
SELECT recal_alter_model('full', '{"half_life": "-1 day"}');
SELECT recal_alter_model('full', '{"half_life": 90}');
SELECT recal_alter_model('full', '{"time_column": "then"}');
\echo :SQLSTATE
SELECT recal_alter_model('full', '{"user_column": 3}');
SELECT recal_alter_model('full', '{"objective": "explicit"}');
\echo :SQLSTATE
SELECT recal_alter_model('full', '{"factor": 3}');
\echo :SQLSTATE
SELECT recal_alter_model('full', '{"options": {"factors": 3}}');
SELECT recal_alter_model('full', '[]');
\echo :SQLSTATE
SELECT recal_alter_model('full', NULL);
\echo :SQLSTATE
SELECT recal_alter_model(NULL, '{}');
SELECT recal_alter_model('nope', '{}');
\echo :SQLSTATE
SELECT definition FROM recal_model WHERE name = 'full';

-- a column renamed, a table dropped since
ALTER TABLE shop.clicks RENAME kind TO type;
SELECT recal_alter_model('full', '{"epochs": 3}');
\echo :SQLSTATE
ALTER TABLE shop.clicks RENAME type TO kind;
ALTER TABLE shop.products RENAME TO goods;
SELECT recal_alter_model('full', '{"epochs": 3}');
\echo :SQLSTATE
ALTER TABLE shop.goods RENAME TO products;

-- the default mark
SELECT recal_create_model('third', 'shop.clicks');
SELECT model, is_default FROM recal_models ORDER BY model;
SELECT recal_alter_model('third', '{"default": true, "epochs": 3}');
SELECT model, is_default, options FROM recal_models ORDER BY model;
SELECT recal_alter_model('third', '{"default": "yes"}');
\echo :SQLSTATE
SELECT recal_drop_model('third');
SELECT model, is_default FROM recal_models ORDER BY model;
SELECT recal_alter_model('m', '{"default": false}');
SELECT model, is_default FROM recal_models ORDER BY model;
SELECT recal_score(1, 1);
\echo :SQLSTATE
-- dropping another model gives the mark to nobody, and a new model takes it
SELECT recal_create_model('fourth', 'shop.clicks', options => '{"default": false}');
SELECT recal_create_model('gone', 'shop.clicks', options => '{"default": false}');
SELECT recal_drop_model('gone');
SELECT model, is_default FROM recal_models ORDER BY model;
SELECT recal_create_model('fifth', 'shop.clicks', options => '{"default": true}');
SELECT recal_create_model('sixth', 'shop.clicks');
SELECT model, is_default FROM recal_models ORDER BY model;
SET recal.default_model = 'unknown';
SELECT recal_score(1, 1);
\echo :SQLSTATE
SET recal.default_model = 'sixth';
SELECT recal_score(1, 1);
\echo :SQLSTATE
RESET recal.default_model;
SELECT recal_drop_model(model) FROM recal_models WHERE model IN ('fourth', 'fifth', 'sixth');
SELECT model, is_default FROM recal_models ORDER BY model;

-- versions and activation; rows as training writes them
SELECT recal_activate('m', 1);
\echo :SQLSTATE
INSERT INTO recal_version (model, version, owner, status, stamp, definition, as_of, facts, loss, metrics, timings, bytes, sqlstate, message, started_at, updated_at, finished_at)
SELECT m.name, v, m.owner, CASE v WHEN 2 THEN 'failed' WHEN 4 THEN 'running' ELSE 'ready' END, gen_random_uuid(), m.definition,
	CASE v WHEN 1 THEN 1e9 WHEN 3 THEN 'infinity'::float8 END, '{"rows_read": 5, "rows_skipped": 1, "users": 2, "items": 3, "pairs": 4, "row_security": false}',
	'{2,1}', '{}', '{}', 100, CASE v WHEN 2 THEN '22023' END, CASE v WHEN 2 THEN 'no luck' END, '2026-01-01', '2026-01-01', '2026-01-02'
FROM recal_model m, generate_series(1, 4) v WHERE m.name = 'm';
INSERT INTO recal_weights VALUES ('m', 1, 'item_factors', 0, 'x'), ('m', 3, 'item_factors', 0, 'x'), ('m2', 1, 'item_factors', 0, 'x');
SELECT recal_activate('m', 1);
SET timezone = 'UTC';
SELECT model, version, is_current, status, as_of, rows_read, rows_skipped, users, items, pairs, row_security, loss, bytes, sqlstate, message
FROM recal_versions ORDER BY version;
SELECT model, current_version, trained_at FROM recal_models WHERE model = 'm';
RESET timezone;
SELECT recal_activate('m', 3), recal_activate('m', 3);
SELECT current_version FROM recal_models WHERE model = 'm';
SELECT recal_activate('m', 2);
\echo :SQLSTATE
SELECT recal_activate('m', 4);
SELECT recal_activate('m', 9);
\echo :SQLSTATE
SELECT recal_activate('m', 0);
SELECT recal_activate('m', NULL);
\echo :SQLSTATE
SELECT recal_activate('nope', 1);
-- nobody holds the lock, so nothing runs
SELECT * FROM recal_progress;
BEGIN;
SELECT recal_activate('m', 1);
SELECT model, version, pid = pg_backend_pid() AS mine FROM recal_progress;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 3 AND ((classid::int8 << 32) | objid::int8) = recal_lock_key('m');
ROLLBACK;
SELECT current_version FROM recal_models WHERE model = 'm';
SELECT recal_lock_key(NULL) IS NULL AS no_key;

-- weights that are not what they should be
SELECT recal_score(1, 1, 'm');
\echo :SQLSTATE

-- dropping takes what belongs to the model, and nothing else
INSERT INTO recal_answer VALUES ('m', '1', '2', 1, now()), ('full', '1', '2', 1, now());
SELECT recal_drop_model('m');
SELECT recal_drop_model('m');
\echo :SQLSTATE
SELECT recal_drop_model(NULL);
\echo :SQLSTATE
SELECT (SELECT string_agg(name, ' ') FROM recal_model) AS models, (SELECT count(*) FROM recal_version) AS versions,
	(SELECT string_agg(model, ' ') FROM recal_weights) AS weights, (SELECT string_agg(model, ' ') FROM recal_answer) AS answers;
DELETE FROM recal_weights;

-- a read-only transaction changes nothing
BEGIN READ ONLY;
SELECT recal_create_model('x', 'shop.clicks');
ROLLBACK;
BEGIN READ ONLY;
SELECT recal_alter_model('full', '{}');
\echo :SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT recal_drop_model('full');
ROLLBACK;
BEGIN READ ONLY;
SELECT recal_activate('full', 1);
ROLLBACK;

-- everything is transactional, and one statement sees what it did before
BEGIN;
SELECT recal_create_model('tx', 'shop.clicks'), recal_alter_model('tx', '{"epochs": 5}'), recal_alter_model('tx', '{"factors": 5}');
SELECT options FROM recal_models WHERE model = 'tx';
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT recal_create_model('tx', 'shop.clicks');
SELECT recal_alter_model('tx', '{"epochs": 5}');
SELECT options FROM recal_models WHERE model = 'tx';
SELECT recal_drop_model('full');
SAVEPOINT a;
SELECT recal_drop_model('tx');
ROLLBACK TO a;
COMMIT;
SELECT model, is_default FROM recal_models ORDER BY model;

-- damaged by hand: a definition is checked when it is read
UPDATE recal_model SET definition = definition || '{"colour": 1}' WHERE name = 'tx';
SELECT recal_alter_model('tx', '{}');
UPDATE recal_model SET definition = '{}' WHERE name = 'tx';
SELECT recal_alter_model('tx', '{}');
UPDATE recal_model SET definition = '3' WHERE name = 'tx';
SELECT recal_alter_model('tx', '{}');
SELECT recal_drop_model('tx');

SET client_min_messages = warning;
DROP TABLE passing;
DROP SCHEMA shop CASCADE;
DROP SCHEMA "Odd ""one""" CASCADE;
DROP FOREIGN DATA WRAPPER regress_recal_fdw CASCADE;
