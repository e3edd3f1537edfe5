-- Histories for the network, in order of at: users, items, rows a user, name of
-- the table. They come in runs of four: where a run begins is drawn as in
-- generate-events.sql, and then each item follows the one before it, so what
-- comes next can be learned from the order. All chance is a hash.
CREATE FUNCTION pg_temp.chance(key bigint, purpose int) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (hashint8extended(key, purpose) & 9007199254740991)::float8 / 9007199254740992;

DROP TABLE IF EXISTS :table;
CREATE TABLE :table AS
	SELECT u::bigint AS user_id,
		1 + (floor(:items * power(pg_temp.chance((u::bigint << 20) + n / 4, 1), 2))::bigint + n % 4) % :items AS item_id,
		n::bigint AS at
	FROM generate_series(1, :users) u
	CROSS JOIN LATERAL generate_series(1, 1 + floor(-ln(1 - pg_temp.chance(u, 2)) * (:per_user - 0.5))::int) n;
ANALYZE :table;
