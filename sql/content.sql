-- features of items and users: declaring, learning, serving who has no behaviour
\set VERBOSITY default
SET client_min_messages = warning;
CREATE SCHEMA content;
SET search_path = content, public;

CREATE TYPE size AS ENUM ('small', 'large');
CREATE TABLE clicks (user_id int, item_id int);
CREATE INDEX ON clicks (user_id);
CREATE TABLE products (id int PRIMARY KEY, title text, kind text, tags text[], price numeric, made date, size size,
	fresh bool, weight float8, constant int DEFAULT 7, nothing text, spot point, raw bytea);
CREATE TABLE people (id int PRIMARY KEY, country varchar(2), age int, secret text);

-- two kinds of products and two countries whose people like one each
INSERT INTO clicks SELECT u, i FROM generate_series(1, 80) u, generate_series(1, 40) i WHERE u % 2 = i % 2 AND (u * 7 + i * 3) % 5 <> 0;
INSERT INTO products SELECT i, 'title ' || i, CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END, ARRAY[CASE i % 2 WHEN 0 THEN 'soft' ELSE 'hard' END, 'all', NULL, 'only ' || i],
	i % 2 * 100 + i, date '2026-01-01' + i, CASE WHEN i % 4 < 2 THEN 'small' ELSE 'large' END::size, i % 3 = 0, i FROM generate_series(1, 35) i;
INSERT INTO people SELECT u, CASE u % 2 WHEN 0 THEN 'NL' ELSE 'IT' END, 20 + u FROM generate_series(1, 70) u;

-- what cannot be declared
SELECT recal_create_model('x', 'clicks', item_features => '{kind}');
SELECT recal_create_model('x', 'clicks', user_features => '{country}');
SELECT recal_create_model('x', 'clicks', user_id_column => 'id');
SELECT recal_create_model('x', 'clicks', items => 'products', item_features => '{spot}');
\echo :SQLSTATE
SELECT recal_create_model('x', 'clicks', items => 'products', item_features => '{kind,raw}');
SELECT recal_create_model('x', 'clicks', items => 'products', item_features => '{colour}');
SELECT recal_create_model('x', 'clicks', users => 'people', user_id_column => 'country', user_features => '{age}');
SELECT recal_create_model('x', 'clicks', items => 'products', item_features => array_fill('kind'::name, ARRAY[101]));
\echo :SQLSTATE

-- every type; NULL, NaN, infinity, constants and empty arrays tell nothing
UPDATE products SET weight = 'NaN' WHERE id = 3;
UPDATE products SET weight = 'Infinity', made = 'infinity', price = 'NaN' WHERE id = 4;
UPDATE products SET tags = '{}' WHERE id = 5;
UPDATE products SET tags = NULL, kind = NULL, price = NULL, made = NULL, size = NULL, fresh = NULL, weight = NULL WHERE id = 6;
SELECT recal_create_model('shop', 'clicks', items => 'products', users => 'people',
	item_features => '{kind,tags,price,made,size,fresh,weight,constant,nothing,title}', user_features => '{country,age}',
	options => '{"factors": 8, "epochs": 5, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT definition->'item_id_column' AS item_id, definition->'user_id_column' AS user_id FROM recal_model WHERE name = 'shop';
CALL recal_train('shop');
SELECT facts->'item_prior' AS item_prior, facts->'user_prior' AS user_prior FROM recal_version WHERE model = 'shop';
SELECT part, count(*) FROM recal_weights WHERE model = 'shop' AND part ~ 'vocabulary|scales|content' GROUP BY 1 ORDER BY part COLLATE "C";

-- nobody has touched 101 and 102, which came after the training
BEGIN;
INSERT INTO products (id, kind, tags, price) VALUES (101, 'odd', '{hard}', 120), (102, 'even', '{soft,unknown}', 20), (103, 'unheard of', '{unknown}', NULL);
SELECT item_id, source FROM recal_recommend(1, 3, ARRAY[101, 102, 999]);
SELECT item_id, source FROM recal_recommend(2, 3, ARRAY[101, 102, 999]);
SELECT recal_score(1, 101) > 1.5 * abs(recal_score(1, 102)) AS odd, recal_score(2, 102) > 1.5 * abs(recal_score(2, 101)) AS even, recal_score(1, 999) AS unknown;
SELECT count(*) FILTER (WHERE source = 'content') AS content, count(*) FILTER (WHERE source = 'personal') AS personal FROM recal_recommend(1, 100);
SELECT bool_and(uncertainty > 0) AS uncertain FROM recal_recommend(1, 3, ARRAY[101, 102]);
SELECT bool_and(item_id % 2 = 1 OR item_id = 101) AS odd FROM recal_similar_items(101, 10);
SELECT array_length(recal_item_factor(101), 1) AS factor;
SELECT abs(recal_score(1, 101) - (SELECT sum(a * b) FROM unnest(recal_user_factor(1), recal_item_factor(101)) AS t(a, b))) < 1e-5 AS is_score;
SELECT abs(recal_score(1, 101) - sum(contribution)) < 1e-4 AS adds_up FROM recal_explain(1, 101);
SELECT count(*) FROM recal_recommend_all_for(ARRAY[1], ARRAY[101, 102, 999], 5);
SELECT bool_and(abs(score - recal_score(user_id, item_id)) < 1e-5) AS same, count(DISTINCT item_id) FILTER (WHERE item_id > 100) AS content FROM recal_recommend_all(40);

-- rows about such an item make a user, and it is not shown again
INSERT INTO clicks VALUES (500, 101);
SELECT bool_and(item_id % 2 = 1) FILTER (WHERE item_id < 100) AS odd, bool_or(item_id = 101) AS again, min(source) AS source FROM recal_recommend(500, 3);
SELECT bool_and(item_id % 2 = 0) FILTER (WHERE item_id < 100) AS even FROM recal_recommend_for_items(ARRAY[102], 3);
SELECT recal_feedback(501, 102, 1);
SELECT bool_and(item_id % 2 = 0) FILTER (WHERE item_id < 100) AS even, bool_or(item_id = 102) AS again FROM recal_recommend(501, 3);

-- changes and deletions count at once
UPDATE products SET kind = 'even', tags = '{soft}', price = 20 WHERE id = 101;
SELECT recal_score(2, 101) > recal_score(1, 101) AS even;
SAVEPOINT s;
DELETE FROM products WHERE id = 101;
SELECT recal_score(2, 101) IS NULL AS gone;
ROLLBACK TO s;
SELECT recal_score(2, 101) IS NOT NULL AS back;
ROLLBACK;
SELECT recal_score(2, 101) IS NULL AS gone, (SELECT count(*) FROM recal_recommend(1, 100) WHERE source = 'content') AS content;

-- users without a row have their features, others the mean user
BEGIN;
INSERT INTO people VALUES (201, 'IT', 30), (202, 'NL', 30), (203, NULL, NULL);
SELECT bool_and(item_id % 2 = 1) AS odd, min(source) AS source FROM recal_recommend(201, 5);
SELECT bool_and(item_id % 2 = 0) AS even, min(source) AS source FROM recal_recommend(202, 5);
SELECT min(source) AS source, count(*) FROM recal_recommend(203, 5);
SELECT min(source) AS source, count(*) FROM recal_recommend(204, 5);
SELECT user_id, bool_and(item_id % 2 = user_id % 2) AS fits FROM recal_recommend_all_for(ARRAY[201, 202], NULL::int[], 5) GROUP BY 1 ORDER BY 1;
SELECT kind, source FROM recal_explain(201, 1) ORDER BY kind COLLATE "C", source COLLATE "C";
SELECT u, abs(recal_score(u, 1) - sum(contribution)) < 1e-4 AS adds_up, count(*) FILTER (WHERE kind = 'feature') AS features, count(*) FILTER (WHERE kind = 'item') > 0 AS items
FROM unnest(ARRAY[1, 2, 70, 71, 201, 203, 204]) u, recal_explain(u, 1) GROUP BY u ORDER BY u;
INSERT INTO clicks VALUES (202, 2);
SELECT min(source) AS source FROM recal_recommend(202, 5);
SELECT abs(recal_score(202, 4) - sum(contribution)) < 1e-4 AS adds_up, count(*) FROM recal_explain(202, 4);
SELECT bool_and(abs(score - recal_score(user_id, item_id)) < 1e-5) AS same FROM recal_recommend_all_for(ARRAY[1, 202, 203], NULL::int[], 40);
ROLLBACK;

-- nothing but dislikes: features speak, moved by them
SELECT recal_create_model('moods', 'clicks', users => 'people', user_features => '{country}', options => '{"factors": 8, "epochs": 5, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train('moods');
BEGIN;
INSERT INTO people VALUES (205, 'IT', 30);
SELECT recal_feedback(205, 1, 0, 'moods');
SELECT abs(recal_score(205, 3, 'moods') - sum(contribution)) < 1e-4 AS adds_up, sum(contribution) > 0 AS likes FROM recal_explain(205, 3, 'moods');
ROLLBACK;

-- the same whatever the order of rows, and where a view repeats ids
CREATE TABLE reversed AS SELECT * FROM products ORDER BY id DESC;
CREATE VIEW twice AS SELECT * FROM products UNION ALL SELECT id, title, 'other', tags, price, made, size, fresh, weight, constant, nothing, spot, raw FROM products WHERE id < 4;
CREATE VIEW twice_reversed AS SELECT id, title, 'other' AS kind, tags, price, made, size, fresh, weight, constant, nothing, spot, raw FROM products WHERE id < 4 UNION ALL SELECT * FROM products;
SELECT recal_create_model(m, 'clicks', items => m::regclass, item_id_column => 'id', item_features => '{kind,tags,price}', options => '{"factors": 8, "epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1}')
FROM unnest(ARRAY['products', 'reversed', 'twice', 'twice_reversed']) m;
CALL recal_train('products');
CALL recal_train('reversed');
CALL recal_train('twice');
CALL recal_train('twice_reversed');
SELECT a.model, bool_and(a.data = b.data) AS same FROM recal_weights a JOIN recal_weights b USING (part, chunk)
WHERE (a.model, b.model) IN (('products', 'reversed'), ('twice', 'twice_reversed')) GROUP BY 1 ORDER BY 1;

-- many values: the most frequent ones are words
CREATE TABLE busy AS SELECT i AS id, ARRAY(SELECT 'tag ' || t FROM generate_series(1, 100000, 40) t WHERE t % 41 = i % 41) || ARRAY(SELECT 'rare ' || i || ' ' || t FROM generate_series(1, 2500) t) || ARRAY(SELECT 'shared ' || t FROM generate_series(1, 2100) t WHERE i < 3) || ('kind ' || i % 2) AS tags
FROM generate_series(1, 40) i;
SELECT recal_create_model('busy', 'clicks', items => 'busy', item_features => '{tags}', options => '{"factors": 4, "epochs": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train('busy');
SELECT length(data) BETWEEN 2048 * 4 * 4 AND 2048 * 4 * 4 + 200 AS full FROM recal_weights WHERE model = 'busy' AND part = 'item_content';

-- nothing in the relation, or nothing that the events know
CREATE TABLE empty (id int, kind text);
SELECT recal_create_model('empty', 'clicks', items => 'empty', item_features => '{kind}', options => '{"factors": 4, "epochs": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train('empty');
BEGIN;
INSERT INTO empty VALUES (700, 'even'), (701, NULL), (NULL, 'even');
SELECT item_id, score, source FROM recal_recommend(1, 5, model => 'empty');
SELECT count(*) FROM recal_similar_items(700, 5, 'empty');
ROLLBACK;

-- columns that changed since the training
DROP VIEW twice, twice_reversed;
ALTER TABLE products ALTER kind TYPE int USING length(kind);
SELECT item_id FROM recal_recommend(1, 3, 'products');
\echo :SQLSTATE
ALTER TABLE products DROP kind;
SELECT item_id FROM recal_recommend(1, 3, 'products');
\echo :SQLSTATE
SELECT recal_alter_model('products', '{"item_features": ["tags", "price"]}');
CALL recal_train('products');
SELECT count(*) FROM recal_recommend(1, 3, 'products');
SELECT recal_alter_model('products', '{"item_features": null}');
CALL recal_train('products');
SELECT count(*) FROM recal_recommend(1, 3, 'products');

-- who reads what
CREATE ROLE content_reader;
CREATE ROLE content_half;
GRANT USAGE ON SCHEMA content TO content_reader, content_half;
GRANT SELECT ON clicks, reversed, people TO content_reader;
GRANT SELECT ON clicks TO content_half;
GRANT SELECT (id, tags) ON reversed TO content_half;
GRANT SELECT (id) ON people TO content_half;
BEGIN;
INSERT INTO reversed (id, kind, tags) VALUES (301, 'odd', '{hard}'), (302, 'odd', '{hard}');
SET LOCAL ROLE content_reader;
SELECT recal_score(1, 301, 'reversed') > 0 AS content, recal_score(1, 1, 'moods') > 0 AS features;
SET LOCAL ROLE content_half;
SAVEPOINT s;
SELECT recal_score(1, 301, 'reversed');
ROLLBACK TO s;
SELECT item_id FROM recal_recommend(1, 3, 'reversed');
ROLLBACK TO s;
SELECT recal_score(1, 1, 'moods');
ROLLBACK TO s;
RESET ROLE;

-- policies hide items and users as they hide rows
ALTER TABLE reversed ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON reversed TO content_reader USING (id <> 302 AND current_setting('content.tenant', true) IS DISTINCT FROM 'none');
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON people TO content_reader USING (id <> 71);
INSERT INTO people VALUES (71, 'IT', 3), (72, 'IT', 3), (90, 'IT', 3), (91, 'IT', 3);
DELETE FROM clicks WHERE user_id IN (71, 72);
SELECT recal_score(1, 301, 'reversed') > 0 AS visible, recal_score(1, 302, 'reversed') > 0 AS hidden;
SET LOCAL ROLE content_reader;
SELECT recal_score(1, 301, 'reversed') > 0 AS visible, recal_score(1, 302, 'reversed') > 0 AS hidden;
SELECT item_id FROM recal_recommend(1, 3, ARRAY[301, 302], 'reversed');
SET LOCAL content.tenant = 'none';
SELECT recal_score(1, 301, 'reversed') > 0 AS visible;
SELECT (SELECT min(source) FROM recal_recommend(71, 1, model => 'moods')) AS hidden, (SELECT min(source) FROM recal_recommend(72, 1, model => 'moods')) AS visible;
ROLLBACK;

-- evaluation holds the catalogue's untouched items to what serving does
SELECT bool_and(value IS NOT NULL) AS all_known FROM recal_evaluate('reversed', 5, 'random');

-- a damaged part
UPDATE recal_weights SET data = set_byte(data, 100, get_byte(data, 100) # 1) WHERE model = 'reversed' AND part = 'item_vocabulary';
\c -
SET client_min_messages = warning;
SELECT recal_score(1, 1, 'reversed');

SELECT recal_drop_model(model) FROM recal_models ORDER BY model COLLATE "C";
DROP SCHEMA content CASCADE;
DROP ROLE content_reader, content_half;
