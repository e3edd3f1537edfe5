-- ids of every type, arguments as drivers send them
CREATE TYPE colour AS ENUM ('red', 'green', 'blue', 'grey');
CREATE DOMAIN article AS varchar(20);
CREATE TABLE t_text (who text, what article);
INSERT INTO t_text SELECT 'user' || u, 'item' || i FROM generate_series(1, 20) u, generate_series(1, 8) i WHERE i % 2 = u % 2;
CREATE INDEX ON t_text (who);
CREATE TABLE t_uuid (user_id uuid, item_id uuid);
INSERT INTO t_uuid SELECT lpad(u::text, 32, '0')::uuid, lpad(i::text, 32, 'a')::uuid
FROM generate_series(1, 20) u, generate_series(1, 8) i WHERE i % 2 = u % 2;
CREATE INDEX ON t_uuid (user_id);
CREATE TABLE t_mixed (user_id smallint, item_id colour);
INSERT INTO t_mixed SELECT u, (ARRAY['red', 'green', 'blue', 'grey'])[i]::colour
FROM generate_series(1, 20) u, generate_series(1, 4) i WHERE i % 2 = u % 2;
CREATE INDEX ON t_mixed (user_id);
SELECT recal_create_model('text', 't_text', 'who', 'what', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_create_model('uuid', 't_uuid', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_create_model('mixed', 't_mixed', options => '{"factors": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train();
SELECT model, users, items FROM recal_versions ORDER BY model;

SELECT pg_typeof(item_id), count(*), max(source) FROM recal_recommend('user2'::text, 3, 'text', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*), max(source) FROM recal_recommend('user2'::varchar, 3, 'text', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*), max(source) FROM recal_recommend('user2', 3, 'text', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*), max(source) FROM recal_recommend_as(NULL::varchar, 'user2', 3, 'text', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*), max(source) FROM recal_recommend(lpad('2', 32, '0')::uuid, 3, 'uuid', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*), max(source) FROM recal_recommend(lpad('2', 32, '0'), 3, 'uuid', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*), max(source) FROM recal_recommend_as(NULL::colour, 2, 3, 'mixed', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*), max(source) FROM recal_recommend_as(NULL::text, 2::smallint, 3, 'mixed', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*) FROM recal_recommend(2, 3, ARRAY['red', 'grey']::colour[], 'mixed', false) GROUP BY 1;
SELECT pg_typeof(item_id), count(*) FROM recal_recommend(2, 3, enum_range(NULL::colour), 'mixed', false) GROUP BY 1;
SELECT recal_score(2, 'green'::colour, 'mixed') > recal_score(2, 'red'::colour, 'mixed') AS right_order,
	recal_score('2', 'green', 'mixed') > recal_score('2', 'red', 'mixed') AS as_text,
	recal_score(2, 'green', 'mixed') > recal_score(2, 'red', 'mixed') AS half_text,
	recal_score('2', 'green'::colour, 'mixed') > recal_score('2', 'red'::colour, 'mixed') AS other_half;

-- untyped parameters, as many drivers send them
PREPARE page AS SELECT pg_typeof(item_id), count(*) FROM recal_recommend($1, 3, 'text', false) GROUP BY 1;
EXECUTE page('user2');
PREPARE page_int AS SELECT pg_typeof(item_id), count(*) FROM recal_recommend($1::bigint, 3, 'mixed', false) GROUP BY 1;
EXECUTE page_int(2);
PREPARE page_as AS SELECT pg_typeof(item_id), count(*) FROM recal_recommend_as(NULL::colour, $1, 3, 'mixed', false) GROUP BY 1;
EXECUTE page_as('2');
PREPARE candidates AS SELECT pg_typeof(item_id), count(*) FROM recal_recommend($1, 3, $2::text[], 'text', false) GROUP BY 1;
EXECUTE candidates('user2', '{item1,item2}');
PREPARE score AS SELECT recal_score($1, $2, 'text') > 0;
EXECUTE score('user2', 'item2');
PREPARE score_typed AS SELECT recal_score($1, 'green'::colour, 'mixed') > 0;
EXECUTE score_typed('2');
DEALLOCATE ALL;

-- what does not fit says so
SELECT * FROM recal_recommend(2, 3, 'text');
SELECT * FROM recal_recommend(2, 3, 'mixed');
SELECT * FROM recal_recommend('x', 3, 'uuid');
SELECT recal_score(2, 'mauve', 'mixed');
SELECT * FROM recal_recommend_as(NULL::boolean, 2, 3, 'mixed');
SELECT * FROM recal_recommend(2, 3, ARRAY[1, 2], 'mixed');

-- types that ids cannot have
CREATE TABLE t_bad (user_id numeric, item_id int, at interval, amount text);
SELECT recal_create_model('bad', 't_bad');
SELECT recal_create_model('bad', 't_bad', 'item_id', 'item_id', time_column => 'at');
SELECT recal_create_model('bad', 't_bad', 'item_id', 'item_id', value_column => 'amount');

SELECT recal_drop_model('text'), recal_drop_model('uuid'), recal_drop_model('mixed');
DROP TABLE t_text, t_uuid, t_mixed, t_bad;
DROP DOMAIN article;
DROP TYPE colour;
