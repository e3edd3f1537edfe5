-- a statement always sees the version that is current for it
CREATE TABLE clicks (user_id int, item_id int);
INSERT INTO clicks SELECT u, i FROM generate_series(1, 30) u, generate_series(1, 10) i WHERE i % 2 = u % 2;
CREATE INDEX ON clicks (user_id);
SELECT recal_create_model('m', 'clicks', options => '{"factors": 3, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false}');
CALL recal_train('m');
CREATE FUNCTION parity(u int) RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg(DISTINCT (item_id % 2)::text, ',') FROM recal_recommend(u, 3, exclude_seen => false) $$;
SELECT parity(2) AS even;

-- retrained on other behaviour: odd items for the same user
TRUNCATE clicks;
INSERT INTO clicks SELECT u, i FROM generate_series(1, 30) u, generate_series(1, 12) i WHERE i % 3 = u % 3;
SELECT count(*) AS items_of_version_1 FROM recal_recommend(2, 100, exclude_seen => false);
CALL recal_train('m');
SELECT count(*) AS items_of_version_2 FROM recal_recommend(2, 100, exclude_seen => false);
SELECT version, is_current, status, items FROM recal_versions ORDER BY version;

-- activated
SELECT recal_activate('m', 1);
SELECT count(*) AS items_of_version_1 FROM recal_recommend(2, 100, exclude_seen => false);
SELECT recal_activate('m', 2);
SELECT count(*) AS items_of_version_2 FROM recal_recommend(2, 100, exclude_seen => false);
SELECT recal_activate('m', 7);

-- activated and rolled back
BEGIN;
SELECT recal_activate('m', 1);
SELECT count(*) AS items_of_version_1 FROM recal_recommend(2, 100, exclude_seen => false);
ROLLBACK;
SELECT count(*) AS items_of_version_2 FROM recal_recommend(2, 100, exclude_seen => false);

-- train, recommend, ROLLBACK, recommend
BEGIN;
INSERT INTO clicks SELECT 1, i FROM generate_series(13, 20) i;
CALL recal_train('m');
SELECT count(*) AS items_of_version_3 FROM recal_recommend(2, 100, exclude_seen => false);
ROLLBACK;
SELECT count(*) AS items_of_version_2 FROM recal_recommend(2, 100, exclude_seen => false);

-- the number comes back, the content does not
INSERT INTO clicks SELECT 1, i FROM generate_series(13, 15) i;
CALL recal_train('m');
SELECT max(version) AS version FROM recal_versions;
SELECT count(*) AS items_of_version_3 FROM recal_recommend(2, 100, exclude_seen => false);

-- within a function, between commands
DO $$
DECLARE n int;
BEGIN
	DELETE FROM clicks WHERE item_id > 12;
	SELECT count(*) INTO n FROM recal_recommend(2, 100, exclude_seen => false);
	RAISE NOTICE 'before: %', n;
	BEGIN
		CALL recal_train('m');
		SELECT count(*) INTO n FROM recal_recommend(2, 100, exclude_seen => false);
		RAISE NOTICE 'trained: %', n;
		RAISE EXCEPTION 'back';
	EXCEPTION WHEN raise_exception THEN
		SELECT count(*) INTO n FROM recal_recommend(2, 100, exclude_seen => false);
		RAISE NOTICE 'rolled back: %', n;
	END;
END $$;

-- dropped and made again under the same name
SELECT recal_drop_model('m');
SELECT count(*) FROM recal_recommend(2, 100, exclude_seen => false);
DELETE FROM clicks WHERE item_id > 5;
SELECT recal_create_model('m', 'clicks', options => '{"factors": 3, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT count(*) FROM recal_recommend(2, 100, exclude_seen => false);
CALL recal_train('m');
SELECT count(*) AS items_of_the_new_model FROM recal_recommend(2, 100, exclude_seen => false);

-- larger than the cache: the same answers, chunk by chunk
CREATE TABLE wide (user_id int, item_id int);
INSERT INTO wide SELECT u, (u * 37 + i * 101) % 9000 FROM generate_series(1, 3000) u, generate_series(1, 9) i;
CREATE INDEX ON wide (user_id);
SELECT recal_create_model('wide', 'wide', options => '{"factors": 48, "epochs": 2, "regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train('wide');
CREATE TABLE page AS SELECT * FROM recal_recommend(5, 20, 'wide');
CREATE TABLE scores AS SELECT i, recal_score(5, i, 'wide') AS s FROM generate_series(1, 9000, 7) i;
SET recal.cache_size = '1MB';
\c -
SET recal.cache_size = '1MB';
SELECT count(*) AS same FROM page p JOIN recal_recommend(5, 20, 'wide') r USING (rank, item_id)
WHERE abs(p.score - r.score) < 1e-5 AND abs(p.uncertainty - r.uncertainty) < 1e-5;
SELECT count(*) AS different FROM scores WHERE abs(s - recal_score(5, i, 'wide')) > 1e-5;
SELECT count(*) AS same FROM page p JOIN recal_recommend(5, 20, ARRAY(SELECT item_id::int FROM page), 'wide') r USING (rank, item_id);
RESET recal.cache_size;

-- a damaged chunk is an error that says where
UPDATE recal_weights SET data = set_byte(data, 5000, get_byte(data, 5000) # 255)
WHERE model = 'wide' AND part = 'item_factors' AND chunk = 0;
\c -
SELECT count(*) FROM recal_recommend(5, 20, 'wide');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM recal_weights WHERE model = 'wide' AND part = 'item_ids';
SELECT count(*) FROM recal_recommend(5, 20, 'wide');
UPDATE recal_weights SET data = '\x' WHERE model = 'm' AND part = 'gramian';
SELECT count(*) FROM recal_recommend(5, 20, 'm');

SELECT recal_drop_model('m'), recal_drop_model('wide');
SELECT count(*) FROM recal_weights;
DROP FUNCTION parity(int);
DROP TABLE clicks, wide, page, scores;
