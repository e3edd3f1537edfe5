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

\echo '== Why the first of them: past films, and what the ranker goes by'
SELECT coalesce(f.title, e.kind || ': ' || e.source) AS because_of, round(e.contribution::numeric, 3) AS contribution
	FROM recal_explain(:user, (SELECT item_id FROM recal_recommend(:user, 1))) e LEFT JOIN films f ON e.kind = 'item' AND f.id::text = e.source
	ORDER BY abs(e.contribution) DESC LIMIT 8;

\echo '== What to ask this user next: the answers would teach most'
SELECT f.title, f.year, round(q.score::numeric, 3) AS score, round(q.uncertainty::numeric, 3) AS uncertainty
	FROM recal_select_uncertain_for(ARRAY[:user], NULL::bigint[], 5) q JOIN films f ON f.id = q.item_id ORDER BY q.gain DESC;

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

\echo '== The same for everybody: the pairs of a user and a film that are worth a question most'
SELECT q.user_id, f.title, f.year, round(q.score::numeric, 3) AS score, round(q.uncertainty::numeric, 3) AS uncertainty
	FROM recal_select_uncertain(5, per_user => 1) q JOIN films f ON f.id = q.item_id ORDER BY q.gain DESC;

\echo '== The loop. Somebody unknown is asked three times five films, each time those that would teach most now,'
\echo '   and says yes to science fiction. Answers count at once: the page is made of them alone.'
SELECT f.title, f.year, 'Sci-Fi' = ANY (f.genres) AS yes, recal_feedback(9998, f.id, ('Sci-Fi' = ANY (f.genres))::int)
	FROM recal_select_uncertain_for(ARRAY[9998], NULL::bigint[], 5) q JOIN films f ON f.id = q.item_id ORDER BY q.gain DESC;
SELECT f.title, f.year, 'Sci-Fi' = ANY (f.genres) AS yes, recal_feedback(9998, f.id, ('Sci-Fi' = ANY (f.genres))::int)
	FROM recal_select_uncertain_for(ARRAY[9998], NULL::bigint[], 5) q JOIN films f ON f.id = q.item_id ORDER BY q.gain DESC;
SELECT f.title, f.year, 'Sci-Fi' = ANY (f.genres) AS yes, recal_feedback(9998, f.id, ('Sci-Fi' = ANY (f.genres))::int)
	FROM recal_select_uncertain_for(ARRAY[9998], NULL::bigint[], 5) q JOIN films f ON f.id = q.item_id ORDER BY q.gain DESC;
SELECT r.rank, f.title, f.year, f.genres, round(r.score::numeric, 3) AS score, r.source
	FROM recal_recommend(9998, 5) r JOIN films f ON f.id = r.item_id ORDER BY r.rank;

\echo '== ... and the next training learns from them, starting where the last one ended'
\timing on
CALL recal_train();
\timing off
SELECT version, status, facts -> 'answers' AS answers, facts -> 'warm_start' AS warm FROM recal_versions ORDER BY version;
SELECT r.rank, f.title, f.year, f.genres, round(r.score::numeric, 3) AS score, r.source
	FROM recal_recommend(9998, 5) r JOIN films f ON f.id = r.item_id ORDER BY r.rank;

\echo '== How good is it? Each user''s last row held out, all films ranked; the baseline is popularity'
SELECT metric, round(value::numeric, 4) AS recal, round(baseline::numeric, 4) AS popularity FROM recal_evaluate();
