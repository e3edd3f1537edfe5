/*
 * Models as an application has them: what each release leaves behind as
 * recal-X.Y.Z.sql, for later ones to take over (test/t/017_release.pl).
 *
 * To make such a file with that release and the oldest PostgreSQL it supports:
 *
 *		CREATE ROLE alice; CREATE DATABASE release;		and there
 *		CREATE EXTENSION recal; \i release.sql
 *		pg_dump release | grep -vE '^(--|$|\\(un)?restrict )'
 */
\set ON_ERROR_STOP on
CREATE SCHEMA shop AUTHORIZATION alice;
SET ROLE alice;
SET search_path = shop, public;

CREATE TABLE events AS
	SELECT u AS user_id, i AS item_id,
		(ARRAY['view', 'view', 'purchase', 'reject'])[1 + hash % 4] AS event,
		hash / 4 % 2 + CASE WHEN u % 3 = i % 3 THEN 4 ELSE 1 END AS stars,
		timestamptz '2026-01-01 00:00+00' + make_interval(hours => hash / 16 % 2000) AS at
	FROM generate_series(1, 45) u, generate_series(1, 36) i,
		LATERAL (SELECT ('x' || substr(md5(u || ',' || i), 1, 7))::bit(28)::int) h(hash)
	WHERE hash % 100 < CASE WHEN u % 3 = i % 3 THEN 60 ELSE 15 END
	ORDER BY u, i;
CREATE INDEX ON events (user_id);
CREATE TABLE products AS
	SELECT i AS item_id, 'kind ' || i % 3 AS kind, i * 1.5::real AS price FROM generate_series(1, 40) i;
CREATE VIEW on_sale AS SELECT item_id FROM products WHERE item_id > 2;
CREATE VIEW words AS SELECT 'user ' || user_id AS user_id, md5(item_id::text)::uuid AS item_id FROM events;

SELECT recal_create_model('shop', 'events', event_column => 'event', time_column => 'at',
	event_weights => '{"view": 1, "purchase": 5, "reject": -1}', half_life => '60 days', items => 'on_sale',
	options => '{"factors": 8, "epochs": 5, "keep_versions": 2, "history_decay": 0.8, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_create_model('kinds', 'events', items => 'products', item_features => '{kind,price}',
	options => '{"factors": 4, "epochs": 5, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_create_model('stars', 'events', value_column => 'stars', time_column => 'at', objective => 'explicit',
	options => '{"factors": 4, "epochs": 5}');
SELECT recal_create_model('words', 'words',
	options => '{"factors": 4, "epochs": 5, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_create_model('new', 'events');
-- from the release that has a network on, it serves, with features and without
SELECT string_to_array(extversion, '.')::int[] >= '{0,2}' AS has_network FROM pg_extension WHERE extname = 'recal' \gset
\if :has_network
SELECT recal_alter_model(m, '{"time_column": "at", "network": "on", "hidden": [8], "network_epochs": 3}') FROM unnest('{shop,kinds}'::text[]) m;
\endif
CALL recal_train('shop');
CALL recal_train('shop');
SELECT recal_activate('shop', 1);
CALL recal_train('kinds');
CALL recal_train('stars');
CALL recal_train('words');
SELECT recal_feedback(1, 7, 1, 'shop'), recal_feedback(1, 8, 0, 'shop'), recal_feedback(2, 9, NULL, 'shop');

-- what is served, and what this release served
CREATE VIEW serving AS
	WITH models(model, u, i) AS (VALUES ('shop', '', ''), ('kinds', '', ''), ('stars', '', ''), ('words', 'user ', NULL)),
		users AS (SELECT model, u || n AS u FROM models, (VALUES (1), (2), (3), (45), (1000)) v(n)),
		items AS (SELECT model, CASE WHEN i IS NULL THEN md5(n::text)::uuid::text ELSE n::text END AS i
			FROM models, (VALUES (3), (7), (36), (40)) v(n))
	SELECT model, 'page' AS what, u AS about, rank AS place, item_id AS item, score, uncertainty
	FROM users, recal_recommend(u, 6, model)
	UNION ALL
	SELECT model, 'score', u, NULL, i, recal_score(u, i, model), NULL FROM users JOIN items USING (model)
	UNION ALL
	SELECT model, 'similar', i, rank, item_id, similarity, NULL FROM items, recal_similar_items(i, 4, model)
	UNION ALL
	SELECT model, 'reason', u || ', ' || i, NULL, kind || ' ' || coalesce(source, ''), contribution, share
	FROM users JOIN items USING (model), recal_explain(u, i, model) WHERE u ~ '^\D*3$' AND i <> '3' AND i <> md5('3')::uuid::text;
CREATE TABLE served AS
	SELECT * FROM serving ORDER BY model, what, about COLLATE "C", place, item COLLATE "C";
