-- The demonstration itself, on films. It shows each statement and its result.
\set QUIET on
\pset footer off
\pset null ''
SET client_min_messages = warning;
\set user 307
\set ECHO queries

\echo
\echo '== Two tables: films, and what people did with them'
SELECT count(*) AS ratings, count(DISTINCT user_id) AS users, count(DISTINCT film_id) AS films FROM ratings;

\echo '== Install, declare a model over the table, train it'
\echo '   A rating of 4 or more counts three times, one of 2 or less as a dislike.'
CREATE EXTENSION recal;
SELECT recal_create_model('films', 'ratings', item_column => 'film_id', event_column => 'event', time_column => 'rated_at',
	event_weights => '{"liked": 3, "watched": 1, "disliked": -1}', items => 'films', item_id_column => 'id');
\timing on
CALL recal_train();
\timing off

\echo
\echo '== What came out of it'
SELECT model, events, current_version, trained_at FROM recal_models;
SELECT version, status, rows_read, users, items, pairs, pg_size_pretty(bytes) AS size, timings FROM recal_versions;

\echo '== What one user likes best'
SELECT f.title, f.year, f.genres, r.rating FROM ratings r JOIN films f ON f.id = r.film_id
	WHERE r.user_id = :user AND r.event = 'liked' ORDER BY r.rating DESC, r.rated_at DESC, f.id LIMIT 10;

\echo '== What recal recommends, and how sure it is'
SELECT r.rank, f.title, f.year, f.genres, round(r.score::numeric, 3) AS score, round(r.uncertainty::numeric, 3) AS uncertainty
	FROM recal_recommend(:user, 10) r JOIN films f ON f.id = r.item_id ORDER BY r.rank;

\echo '== A new user: first the answer for people nobody knows yet'
SELECT r.rank, f.title, f.year, f.genres, r.source
	FROM recal_recommend(9999, 5) r JOIN films f ON f.id = r.item_id ORDER BY r.rank;

\echo '== Two clicks later the next page follows them. Nothing was trained in between.'
INSERT INTO ratings (user_id, film_id, rating, rated_at)
	SELECT 9999, id, 5, now() FROM films WHERE title IN ('Toy Story', 'Finding Nemo');
SELECT r.rank, f.title, f.year, f.genres, round(r.score::numeric, 3) AS score, round(r.uncertainty::numeric, 3) AS uncertainty, r.source
	FROM recal_recommend(9999, 5) r JOIN films f ON f.id = r.item_id ORDER BY r.rank;

\echo '== Only within a set: the best documentaries for the first user'
SELECT r.rank, f.title, f.year, round(r.score::numeric, 3) AS score
	FROM recal_recommend(:user, 5, ARRAY(SELECT id FROM films WHERE 'Documentary' = ANY (genres))) r
	JOIN films f ON f.id = r.item_id ORDER BY r.rank;

\echo '== A score beside any WHERE: films of the seventies, in this user''s order, seen ones too'
SELECT f.title, f.year, round(recal_score(:user, f.id)::numeric, 3) AS score
	FROM films f WHERE f.year BETWEEN 1970 AND 1979 ORDER BY recal_score(:user, f.id) DESC NULLS LAST LIMIT 5;

\echo '== How good is it? Each user''s last row held out, all films ranked; the baseline is popularity'
SELECT metric, round(value::numeric, 4) AS recal, round(baseline::numeric, 4) AS popularity FROM recal_evaluate();
