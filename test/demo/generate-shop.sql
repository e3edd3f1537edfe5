-- Shop-like behaviour with a structure that is known, for the demo and for tests.
--
--   psql -v users=5000 -v items=2000 -v events=100000 -v seed=42 -f generate-shop.sql
--
-- makes, in the first schema of the search path,
--   shop_products  id, title, category, price, in_stock
--   shop_events    user_id, item_id, event, amount, at
--   shop_truth     user_id, taste: what each user is after
--   shop_tastes    taste, category, share: what that means
--
-- A taste mixes three categories. Most of what a user views comes from the
-- categories of their taste, the rest from anywhere; within a category
-- popularity falls as one over the rank. Views of fitting products become
-- purchases more often, purchases that do not fit are returned more often.
-- Most users have few rows, some have none. Rows come in sessions over 180 days.
--
-- Nothing is random: all chance is a hash of the seed, so the same four numbers
-- make the same tables. The number of events is met within a few per cent.

\if :{?users}
\else
\set users 5000
\endif
\if :{?items}
\else
\set items 2000
\endif
\if :{?events}
\else
\set events 100000
\endif
\if :{?seed}
\else
\set seed 42
\endif

BEGIN;

SET LOCAL client_min_messages = warning;
DROP TABLE IF EXISTS shop_products, shop_events, shop_truth, shop_tastes;

-- a number in [0, 1) for each key and purpose
CREATE FUNCTION pg_temp.chance(key bigint, purpose int) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (hashint8extended(key, purpose) & 9007199254740991)::float8 / 9007199254740992;

CREATE TEMP TABLE shop_category (number int, name text, nouns text[]) ON COMMIT DROP;
INSERT INTO shop_category VALUES
	(0, 'books', '{Novel,Atlas,Cookbook}'), (1, 'games', '{Board Game,Puzzle,Card Game}'),
	(2, 'kitchen', '{Kettle,Pan,Knife}'), (3, 'coffee', '{Grinder,Espresso Pot,Mug}'),
	(4, 'garden', '{Spade,Watering Can,Planter}'), (5, 'tools', '{Drill,Hammer,Saw}'),
	(6, 'cycling', '{Helmet,Bell,Pump}'), (7, 'running', '{Shoes,Jacket,Bottle}'),
	(8, 'camping', '{Tent,Stove,Lantern}'), (9, 'music', '{Record,Headphones,Ukulele}'),
	(10, 'photo', '{Tripod,Lens,Camera Bag}'), (11, 'office', '{Notebook,Pen,Desk Lamp}'),
	(12, 'baby', '{Rattle,Blanket,Bib}'), (13, 'pets', '{Leash,Cat Tree,Bowl}'),
	(14, 'beauty', '{Soap,Cream,Brush}'), (15, 'fashion', '{Scarf,Belt,Hat}'),
	(16, 'art', '{Easel,Paint Box,Sketchbook}'), (17, 'home', '{Cushion,Vase,Candle}'),
	(18, 'electronics', '{Speaker,Charger,Keyboard}'), (19, 'outdoor', '{Backpack,Rope,Compass}');

-- taste t likes the categories t, t + 3 and t + 7 of the circle
CREATE TABLE shop_tastes AS
	SELECT t AS taste, c.name AS category, s.share
	FROM generate_series(0, 19) t
	CROSS JOIN (VALUES (0, 0.5), (3, 0.3), (7, 0.2)) AS s (step, share)
	JOIN shop_category c ON c.number = (t + s.step) % 20;

-- product i is in category (i - 1) % 20, and the lower its number, the more popular
CREATE TABLE shop_products AS
	SELECT i::bigint AS id,
		format('%s %s %s',
			(ARRAY['Blue', 'Red', 'Green', 'Plain', 'Classic', 'Small', 'Large', 'Folding', 'Oak', 'Travel'])
				[1 + floor(10 * pg_temp.chance(i, :seed + 1))::int],
			c.nouns[1 + floor(3 * pg_temp.chance(i, :seed + 2))::int], i) AS title,
		c.name AS category,
		round((5 * exp(3 * pg_temp.chance(i, :seed + 3)))::numeric, 2) AS price,
		pg_temp.chance(i, :seed + 4) < 0.9 AS in_stock
	FROM generate_series(1, :items) i
	JOIN shop_category c ON c.number = (i - 1) % 20
	ORDER BY i;
ALTER TABLE shop_products ADD PRIMARY KEY (id);

CREATE TABLE shop_truth AS
	SELECT u::bigint AS user_id, floor(20 * pg_temp.chance(u, :seed + 5))::int AS taste
	FROM generate_series(1, :users) u;
ALTER TABLE shop_truth ADD PRIMARY KEY (user_id);

-- how many views each user makes: a long tail, scaled to the events wanted; a view brings 0.12 rows more
CREATE TEMP TABLE shop_activity ON COMMIT DROP AS
	SELECT user_id, taste, floor(:events / 1.12 * weight / sum(weight) OVER () + pg_temp.chance(user_id, :seed + 6))::int AS views
	FROM (SELECT *, least(power(1 - pg_temp.chance(user_id, :seed + 7), -0.7) - 1, 100) AS weight FROM shop_truth) t;

CREATE TABLE shop_events (
	user_id bigint NOT NULL,
	item_id bigint NOT NULL,
	event text NOT NULL,
	amount real,
	at timestamptz NOT NULL
);

WITH aim AS MATERIALIZED (
	-- the category that each view aims at; six views make a session
	SELECT a.user_id, a.taste, key,
		CASE
			WHEN pg_temp.chance(key, :seed + 8) < 0.4 THEN a.taste
			WHEN pg_temp.chance(key, :seed + 8) < 0.64 THEN (a.taste + 3) % 20
			WHEN pg_temp.chance(key, :seed + 8) < 0.8 THEN (a.taste + 7) % 20
			ELSE floor(20 * pg_temp.chance(key, :seed + 9))::int
		END AS category,
		timestamptz '2026-01-01 00:00:00+00' + interval '1 second' * floor(
			15552000 * (1 - pg_temp.chance(a.user_id, :seed + 10) * pg_temp.chance(a.user_id * 4096 + v / 6, :seed + 11))
			+ v % 6 * 90 + 60 * pg_temp.chance(key, :seed + 12)) AS at
	FROM shop_activity a
	CROSS JOIN LATERAL generate_series(1, a.views) v
	CROSS JOIN LATERAL (SELECT (a.user_id << 24) + v AS key) k
),
viewed AS MATERIALIZED (
	SELECT user_id, key, at,
		category IN (taste, (taste + 3) % 20, (taste + 7) % 20) AS fits,
		-- a rank from 1 to the size of the category
		least(1 + category + 20 * (floor(power((:items + 19 - category) / 20 + 1, pg_temp.chance(key, :seed + 13)))::bigint - 1),
			:items) AS item_id
	FROM aim
),
bought AS MATERIALIZED (
	SELECT * FROM viewed WHERE pg_temp.chance(key, :seed + 14) < CASE WHEN fits THEN 0.12 ELSE 0.03 END
),
happened AS (
	SELECT user_id, item_id, 'view' AS event, at FROM viewed
	UNION ALL
	SELECT user_id, item_id, 'purchase', at + interval '5 minutes' FROM bought
	UNION ALL
	SELECT user_id, item_id, 'return', at + interval '6 days' FROM bought
		WHERE pg_temp.chance(key, :seed + 15) < CASE WHEN fits THEN 0.04 ELSE 0.3 END
	UNION ALL
	SELECT user_id, item_id, 'dislike', at + interval '1 minute' FROM viewed
		WHERE pg_temp.chance(key, :seed + 16) < CASE WHEN fits THEN 0.002 ELSE 0.04 END
)
INSERT INTO shop_events
	SELECT h.user_id, h.item_id, h.event, CASE WHEN h.event IN ('purchase', 'return') THEN p.price END, h.at
	FROM happened h
	JOIN shop_products p ON p.id = h.item_id
	ORDER BY h.at, h.user_id, h.item_id, h.event;

CREATE INDEX shop_events_user_id_at_idx ON shop_events (user_id, at);

COMMIT;

ANALYZE shop_products, shop_events, shop_truth, shop_tastes;
