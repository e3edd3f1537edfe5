-- Ratings of everything by everybody: users, items, name of the table.
-- A rating is a bias of the user, one of the item, the product of two vectors of
-- four, and noise, rounded to halves. All chance is a hash.
CREATE OR REPLACE FUNCTION pg_temp.chance(key bigint, purpose int) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ((hashint8extended(key, purpose) & 9007199254740991) + 0.5)::float8 / 9007199254740992;
CREATE OR REPLACE FUNCTION pg_temp.normal(key bigint, purpose int) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN sqrt(-2 * ln(pg_temp.chance(key, 2 * purpose))) * cos(2 * pi() * pg_temp.chance(key, 2 * purpose + 1));

CREATE TABLE :table AS
	SELECT user_id, item_id,
		round((2 * greatest(0.5, least(5, 3.3 + 0.4 * u.bias + 0.35 * i.bias + 0.4 * (u.a * i.a + u.b * i.b + u.c * i.c + u.d * i.d) +
			0.6 * pg_temp.normal((user_id << 20) + item_id, 9))))::numeric) / 2 AS rating
	FROM (SELECT n::bigint AS user_id, pg_temp.normal(n, 1) AS bias, pg_temp.normal(n, 2) AS a, pg_temp.normal(n, 3) AS b,
			pg_temp.normal(n, 4) AS c, pg_temp.normal(n, 5) AS d FROM generate_series(1, :users) n) u
	CROSS JOIN (SELECT n::bigint AS item_id, pg_temp.normal(-n, 1) AS bias, pg_temp.normal(-n, 2) AS a, pg_temp.normal(-n, 3) AS b,
			pg_temp.normal(-n, 4) AS c, pg_temp.normal(-n, 5) AS d FROM generate_series(1, :items) n) i
	-- one pair in ten is missing
	WHERE pg_temp.chance((user_id << 20) + item_id, 20) < 0.9;
CREATE INDEX ON :table (user_id);
ANALYZE :table;
