-- similar items and factors, on behaviour with a known answer: even users like
-- even items, odd users odd ones; nobody likes item 30
CREATE TABLE visits (user_id int, item_id int, event text);
INSERT INTO visits
SELECT u, i, 'view' FROM generate_series(1, 60) u, generate_series(1, 20) i
WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0;
INSERT INTO visits SELECT u, 30, 'dislike' FROM generate_series(1, 10) u;
CREATE INDEX ON visits (user_id);
CREATE TABLE products (id int PRIMARY KEY, in_stock boolean DEFAULT true);
INSERT INTO products SELECT i FROM generate_series(1, 30) i;
CREATE FUNCTION dot(a real[], b real[]) RETURNS float8 LANGUAGE sql IMMUTABLE AS
	'SELECT sum(x::float8 * y::float8) FROM unnest(a, b) AS u(x, y)';

-- not trained yet
SELECT recal_create_model('shop', 'visits', event_column => 'event', event_weights => '{"view": 1, "dislike": -1}',
	options => '{"factors": 4, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT * FROM recal_similar_items(2);
SELECT recal_item_factor(2);
SELECT recal_user_factor(2);
CALL recal_train();

-- items of the same parity, best first, without gaps, never the item itself
SELECT count(*) AS n, bool_and(item_id % 2 = 0) AS even, min(rank), max(rank),
	bool_or(item_id = 2) AS itself, bool_and(similarity BETWEEN -1 AND 1) AS cosine
FROM recal_similar_items(2, 9);
SELECT bool_and(item_id % 2 = 1) AS odd FROM recal_similar_items(7, 9);
SELECT count(*) AS by_default FROM recal_similar_items(2);
SELECT bool_and(similarity <= before) AS descending
FROM (SELECT similarity, lag(similarity) OVER (ORDER BY rank) AS before FROM recal_similar_items(2, 100)) s;

-- everything but the item itself and the one without a vector
SELECT count(*) AS n, bool_or(item_id = 30) AS shown FROM recal_similar_items(2, 100);
SELECT count(*) FROM recal_similar_items(30);
SELECT dot(recal_item_factor(30), recal_item_factor(30)) AS square;

-- it is the cosine of the items' factors, and symmetric
SELECT bool_and(abs(similarity - dot(a, b) / sqrt(dot(a, a) * dot(b, b))) < 1e-5) AS same
FROM recal_similar_items(3, 100) s, recal_item_factor(3) a, LATERAL recal_item_factor(s.item_id) b;
SELECT bool_and(abs(s.similarity - t.similarity) < 1e-5) AS symmetric
FROM recal_similar_items(3, 100) s, LATERAL recal_similar_items(s.item_id, 100) t WHERE t.item_id = 3;

-- items of the same visitors point the same way; ties are ordered by id
CREATE TABLE twins AS SELECT user_id, item_id FROM visits WHERE event = 'view' AND item_id IN (1, 2, 4);
INSERT INTO twins SELECT user_id, i FROM twins, generate_series(11, 13) i WHERE item_id = 1;
CREATE INDEX ON twins (user_id);
SELECT recal_create_model('twins', 'twins', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train('twins');
SELECT min(item_id) AS first, max(item_id) AS last, min(round(similarity::numeric, 5)) AS similarity
FROM recal_similar_items(1, 3, 'twins');
SELECT bool_and(item_id > before OR similarity < above) AS ordered
FROM (SELECT item_id, similarity, lag(item_id) OVER (ORDER BY rank) AS before,
	lag(similarity) OVER (ORDER BY rank) AS above FROM recal_similar_items(1, 10, 'twins')) s;
SELECT recal_drop_model('twins');

-- unknown and NULL items
SELECT count(*) FROM recal_similar_items(777);
SELECT count(*) FROM recal_similar_items(9999999999);
SELECT count(*) FROM recal_similar_items(NULL::bigint);
SELECT recal_item_factor(777) IS NULL AS unknown, recal_item_factor(NULL::int) IS NULL AS "null",
	recal_item_factor(9999999999) IS NULL AS out_of_range;

-- once a row
SELECT count(*), count(DISTINCT i) FROM generate_series(1, 10) i, recal_similar_items(i, 3);

-- the dot product of two factors is the score: of users, of strangers, of nobody
SELECT count(*), bool_and(abs(dot(recal_user_factor(u), recal_item_factor(i)) - recal_score(u, i)) < 1e-5) AS same
FROM unnest(ARRAY[1, 2, 9, 60, 1000, NULL]) u, unnest(ARRAY[1, 2, 10, 17, 30]) i;
SELECT recal_user_factor(1000) = recal_user_factor(NULL::int) AS stranger_is_mean,
	recal_user_factor(9999999999) = recal_user_factor(NULL::int) AS out_of_range_is_mean,
	recal_user_factor(2) <> recal_user_factor(NULL::int) AS own;
-- the last coordinate is the bias and what it is multiplied with
SELECT array_length(recal_item_factor(2), 1) AS item, array_length(recal_user_factor(2), 1) AS "user",
	(recal_item_factor(2))[5] AS bias, (recal_user_factor(2))[5] AS one;
-- live
SELECT recal_user_factor(1000) AS before \gset
INSERT INTO visits VALUES (1000, 4, 'view');
SELECT recal_user_factor(1000) <> :'before' AS moved,
	abs(dot(recal_user_factor(1000), recal_item_factor(6)) - recal_score(1000, 6)) < 1e-5 AS same;
DELETE FROM visits WHERE user_id = 1000;
-- the order that an index over the factors would give is the page, as far as scores differ
SELECT count(*), bool_and(abs(score - product) < 1e-5) AS same_page
FROM recal_recommend(2, 5, exclude_seen => false) r
JOIN (SELECT row_number() OVER (ORDER BY product DESC) AS rank, product
	FROM (SELECT dot(recal_user_factor(2), recal_item_factor(id)) AS product FROM products) p
	WHERE product IS NOT NULL) p USING (rank);

-- bad arguments
SELECT * FROM recal_similar_items(2, 0);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM recal_similar_items(2, NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM recal_similar_items(2, 1, 'nothing');
SELECT * FROM recal_similar_items('two');
SELECT * FROM recal_similar_items('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid);
SELECT recal_item_factor(2.5);
SELECT recal_item_factor('two');
SELECT recal_user_factor('two');
SELECT recal_user_factor('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid);

-- ids of every type
SELECT pg_typeof(item_id), count(*) FROM recal_similar_items(2, 3) GROUP BY 1;
SELECT pg_typeof(item_id), count(*) FROM recal_similar_items('2', 3) GROUP BY 1;
SELECT bool_and(b.item_id::text = t.item_id AND b.similarity = t.similarity) AS same
FROM recal_similar_items(2, 5) b JOIN recal_similar_items('2', 5) t USING (rank);
SELECT recal_item_factor('2') = recal_item_factor(2::smallint) AS item, recal_user_factor('2') = recal_user_factor(2::bigint) AS "user";
PREPARE alike AS SELECT pg_typeof(item_id), count(*) FROM recal_similar_items($1, 3) GROUP BY 1;
EXECUTE alike('2');
PREPARE factors AS SELECT recal_item_factor($1) = recal_item_factor(2), recal_user_factor($2) = recal_user_factor(3);
EXECUTE factors('2', '3');
DEALLOCATE ALL;
CREATE TYPE colour AS ENUM ('red', 'green', 'blue', 'grey');
CREATE TABLE t_uuid (user_id text, item_id uuid);
INSERT INTO t_uuid SELECT 'user' || u, lpad(i::text, 32, 'a')::uuid
FROM generate_series(1, 20) u, generate_series(1, 8) i WHERE i % 2 = u % 2;
CREATE INDEX ON t_uuid (user_id);
CREATE TABLE t_enum (user_id smallint, item_id colour);
INSERT INTO t_enum SELECT u, (enum_range(NULL::colour))[i] FROM generate_series(1, 20) u, generate_series(1, 4) i WHERE i % 2 = u % 2;
CREATE INDEX ON t_enum (user_id);
SELECT recal_create_model('uuid', 't_uuid', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_create_model('enum', 't_enum', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train('uuid');
CALL recal_train('enum');
SELECT pg_typeof(item_id), right(item_id::text, 1) IN ('4', '6', '8') AS even
FROM recal_similar_items(lpad('2', 32, 'a')::uuid, 1, 'uuid');
SELECT pg_typeof(item_id), right(item_id, 1) IN ('4', '6', '8') AS even
FROM recal_similar_items(lpad('2', 32, 'a'), 1, 'uuid');
SELECT item_id FROM recal_similar_items('red'::text, 1, 'enum');
SELECT item_id::colour FROM recal_similar_items('green', 1, 'enum');
SELECT recal_item_factor('red'::colour, 'enum') = recal_item_factor('red', 'enum') AS item,
	recal_user_factor(2::smallint, 'enum') = recal_user_factor('2', 'enum') AS "user",
	abs(dot(recal_user_factor('user2', 'uuid'), recal_item_factor(lpad('2', 32, 'a'), 'uuid')) - recal_score('user2', lpad('2', 32, 'a'), 'uuid')) < 1e-5 AS same;
SELECT recal_drop_model('uuid'), recal_drop_model('enum');
DROP TABLE t_uuid, t_enum;
DROP TYPE colour;

-- the items relation is the gate of what is shown, not of what is asked about
CREATE VIEW products_in_stock AS SELECT id FROM products WHERE in_stock;
SELECT recal_alter_model('shop', '{"items": "products_in_stock", "item_id_column": "id"}');
CALL recal_train('shop');
UPDATE products SET in_stock = id IN (5, 7, 18);
SELECT item_id FROM recal_similar_items(2, 1);
SELECT array_agg(item_id ORDER BY item_id) FROM recal_similar_items(2, 100);
SELECT array_agg(item_id ORDER BY item_id) FROM recal_similar_items(18, 100);
SELECT recal_item_factor(2) IS NOT NULL AS hidden_has_factor;
UPDATE products SET in_stock = false;
SELECT count(*) FROM recal_similar_items(2, 100);
UPDATE products SET in_stock = true;

-- READ ONLY
BEGIN READ ONLY;
SELECT count(*) FROM recal_similar_items(2, 5);
SELECT recal_item_factor(2) IS NOT NULL AS item, recal_user_factor(2) IS NOT NULL AS "user";
COMMIT;

-- the planner knows how many rows come
CREATE FUNCTION planned_rows(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->>'Plan Rows';
END $$;
SELECT planned_rows('SELECT * FROM recal_similar_items(2, 7)');
DROP FUNCTION planned_rows(text);

-- a model larger than the session's cache is read block by block, to the same end
CREATE TABLE many AS SELECT u AS user_id, (u * 7919 + i * i * 104729) % 5000 AS item_id
FROM generate_series(1, 2000) u, generate_series(1, 10) i;
CREATE INDEX ON many (user_id);
SELECT recal_create_model('many', 'many', options => '{"factors": 64, "epochs": 1, "regularization": 0.1, "unobserved_weight": 0.1}');
CALL recal_train('many');
CREATE TABLE kept AS SELECT * FROM recal_similar_items(100, 100, 'many');
SELECT recal_item_factor(100, 'many') AS item, recal_user_factor(100, 'many') AS person \gset
SET recal.cache_size = '1MB';
SELECT count(*), bool_and(abs(k.similarity - s.similarity) < 1e-5) AS same
FROM kept k JOIN recal_similar_items(100, 100, 'many') s USING (rank);
SELECT recal_item_factor(100, 'many') = :'item' AS item, recal_user_factor(100, 'many') = :'person' AS person;
RESET recal.cache_size;
SELECT recal_drop_model('many');
DROP TABLE many, kept;

-- rights: who may not read the behaviour gets nothing
CREATE ROLE regress_recal_reader;
GRANT SELECT ON products_in_stock TO regress_recal_reader;
SET ROLE regress_recal_reader;
SELECT * FROM recal_similar_items(2);
SELECT recal_item_factor(2);
SELECT recal_user_factor(2);
SELECT recal_item_factor(NULL::int);
RESET ROLE;
GRANT SELECT ON visits TO regress_recal_reader;
SET ROLE regress_recal_reader;
SELECT count(*) FROM recal_similar_items(2, 3);
SELECT recal_item_factor(2) IS NOT NULL AS item, recal_user_factor(777) IS NOT NULL AS "user";
RESET ROLE;

-- row-level security: the vector only of users with a row to see
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON visits TO regress_recal_reader USING (user_id < 10);
SELECT recal_user_factor(2) AS person \gset
SET ROLE regress_recal_reader;
SELECT recal_user_factor(2) = :'person' AS visible;
SELECT recal_user_factor(20);
\echo :LAST_ERROR_SQLSTATE
SELECT recal_user_factor(777);
SELECT recal_user_factor(9999999999);
SELECT count(recal_user_factor(u)) FROM generate_series(8, 12) u;
SELECT recal_user_factor(NULL::int) IS NOT NULL AS nobody, recal_item_factor(2) IS NOT NULL AS item,
	(SELECT count(*) FROM recal_similar_items(2, 3)) AS similar_items;
-- whoever the policies do not restrict asks about anybody
RESET ROLE;
SELECT recal_user_factor(777) IS NOT NULL AS owner;

SELECT recal_drop_model('shop');
DROP VIEW products_in_stock;
DROP TABLE visits, products, twins;
DROP FUNCTION dot(real[], real[]);
DROP ROLE regress_recal_reader;
