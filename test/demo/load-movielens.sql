-- Tables as an application would have them: films, and what people did with them.
CREATE TABLE films (
	id bigint PRIMARY KEY,
	title text NOT NULL,
	year int,
	genres text[] NOT NULL
);

-- A rating says what kind of behaviour it was.
CREATE TABLE ratings (
	user_id bigint NOT NULL,
	film_id bigint NOT NULL,
	rating real NOT NULL,
	rated_at timestamptz NOT NULL,
	event text GENERATED ALWAYS AS (CASE WHEN rating >= 4 THEN 'liked' WHEN rating <= 2 THEN 'disliked' ELSE 'watched' END) STORED
);

CREATE TEMP TABLE raw_film (id bigint, title text, year int, genres text);
CREATE TEMP TABLE raw_rating (user_id bigint, film_id bigint, rating real, seconds bigint);
\copy raw_film FROM 'movies.tsv'
\copy raw_rating FROM 'ratings.tsv'

INSERT INTO films SELECT id, coalesce(title, format('(film %s)', id)), year, string_to_array(genres, '|') FROM raw_film;
INSERT INTO ratings (user_id, film_id, rating, rated_at)
	SELECT user_id, film_id, rating, to_timestamp(seconds) FROM raw_rating ORDER BY seconds;
CREATE INDEX ON ratings (user_id, rated_at);
-- so that what others do counts between trainings, too
CREATE INDEX ON ratings (rated_at);
ANALYZE films, ratings;
