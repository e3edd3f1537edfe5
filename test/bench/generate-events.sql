-- Behaviour rows for timing: users, items, rows a user, name of the table.
-- Rows a user fall off exponentially, the item of a row is drawn with density
-- falling as the root of its number, so that a few items have very many rows.
-- All chance is a hash.
CREATE FUNCTION pg_temp.chance(key bigint, purpose int) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (hashint8extended(key, purpose) & 9007199254740991)::float8 / 9007199254740992;

DROP TABLE IF EXISTS :table;
CREATE TABLE :table AS
	SELECT u::bigint AS user_id,
		1 + floor(:items * power(pg_temp.chance((u::bigint << 20) + n, 1), 2))::bigint AS item_id
	FROM generate_series(1, :users) u
	CROSS JOIN LATERAL generate_series(1, 1 + floor(-ln(1 - pg_temp.chance(u, 2)) * (:per_user - 0.5))::int) n;
ANALYZE :table;
