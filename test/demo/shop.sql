-- The demonstration itself, on a generated shop. It shows each statement and its result.
\set QUIET on
\pset footer off
\pset null ''
SET client_min_messages = warning;
SELECT user_id AS user FROM shop_events GROUP BY user_id HAVING count(*) BETWEEN 30 AND 40 ORDER BY user_id LIMIT 1 \gset
SELECT max(user_id) + 1 AS stranger FROM shop_truth \gset
\set ECHO queries

\echo
\echo '== Two tables: products, and what people did with them'
SELECT event, count(*) AS rows, count(DISTINCT user_id) AS users, count(DISTINCT item_id) AS products FROM shop_events GROUP BY event ORDER BY rows DESC;

\echo '== Install, declare a model over the table, train it'
CREATE EXTENSION recal;
SELECT recal_create_model('shop', 'shop_events', event_column => 'event', time_column => 'at',
	event_weights => '{"view": 1, "purchase": 5, "dislike": -2, "return": -5}', half_life => '90 days', items => 'shop_products', item_id_column => 'id');
\timing on
CALL recal_train();
\timing off

\echo
\echo '== What came out of it'
SELECT model, events, current_version, trained_at FROM recal_models;
SELECT version, status, rows_read, users, items, pairs, pg_size_pretty(bytes) AS size, timings FROM recal_versions;

\echo '== One user: what the generator had them like, and what they bought'
SELECT s.category, s.share FROM shop_truth t JOIN shop_tastes s USING (taste) WHERE t.user_id = :user ORDER BY s.share DESC;
SELECT p.title, p.category, p.price FROM shop_events e JOIN shop_products p ON p.id = e.item_id
	WHERE e.user_id = :user AND e.event = 'purchase' ORDER BY e.at DESC, p.id LIMIT 10;

\echo '== What recal recommends, and how sure it is'
SELECT r.rank, p.title, p.category, p.price, round(r.score::numeric, 3) AS score, round(r.uncertainty::numeric, 3) AS uncertainty
	FROM recal_recommend(:user, 10) r JOIN shop_products p ON p.id = r.item_id ORDER BY r.rank;

\echo '== Why the first of them: the past products that made its score'
SELECT coalesce(p.title, e.kind || ': ' || e.source) AS because_of, round(e.contribution::numeric, 3) AS contribution
	FROM recal_explain(:user, (SELECT item_id FROM recal_recommend(:user, 1))) e LEFT JOIN shop_products p ON e.kind = 'item' AND p.id::text = e.source
	ORDER BY abs(e.contribution) DESC LIMIT 5;

\echo '== What to ask this user next: the answers would teach most'
SELECT p.title, p.category, round(q.score::numeric, 3) AS score, round(q.uncertainty::numeric, 3) AS uncertainty
	FROM recal_select_uncertain_for(ARRAY[:user], NULL::bigint[], 5) q JOIN shop_products p ON p.id = q.item_id ORDER BY q.gain DESC;

\echo '== A new user: first the answer for people nobody knows yet'
SELECT r.rank, p.title, p.category, r.source
	FROM recal_recommend(:stranger, 5) r JOIN shop_products p ON p.id = r.item_id ORDER BY r.rank;

\echo '== Two purchases later the next page follows them. Nothing was trained in between.'
INSERT INTO shop_events (user_id, item_id, event, at)
	SELECT :stranger, id, 'purchase', now() FROM shop_products WHERE category = 'photo' ORDER BY id LIMIT 2;
SELECT r.rank, p.title, p.category, round(r.score::numeric, 3) AS score, round(r.uncertainty::numeric, 3) AS uncertainty, r.source
	FROM recal_recommend(:stranger, 5) r JOIN shop_products p ON p.id = r.item_id ORDER BY r.rank;

\echo '== Only within a set: what is in stock and costs less than ten'
SELECT r.rank, p.title, p.category, p.price, round(r.score::numeric, 3) AS score
	FROM recal_recommend(:user, 5, ARRAY(SELECT id FROM shop_products WHERE in_stock AND price < 10)) r
	JOIN shop_products p ON p.id = r.item_id ORDER BY r.rank;

\echo '== A score beside any WHERE: garden products in this user''s order'
SELECT p.title, p.price, round(recal_score(:user, p.id)::numeric, 3) AS score
	FROM shop_products p WHERE p.category = 'garden' ORDER BY recal_score(:user, p.id) DESC NULLS LAST LIMIT 5;

\echo '== The same for everybody: the pairs of a user and a product that are worth a question most'
SELECT q.user_id, p.title, p.category, round(q.score::numeric, 3) AS score, round(q.uncertainty::numeric, 3) AS uncertainty
	FROM recal_select_uncertain(5, per_user => 1) q JOIN shop_products p ON p.id = q.item_id ORDER BY q.gain DESC;

\echo '== The loop. Somebody unknown is asked three times five products, each time those that would teach most now,'
\echo '   and says yes to the garden. Answers count at once: the page is made of them alone.'
SELECT p.title, p.category, p.category = 'garden' AS yes, recal_feedback(:stranger + 1, p.id, (p.category = 'garden')::int)
	FROM recal_select_uncertain_for(ARRAY[:stranger + 1], NULL::bigint[], 5) q JOIN shop_products p ON p.id = q.item_id ORDER BY q.gain DESC;
SELECT p.title, p.category, p.category = 'garden' AS yes, recal_feedback(:stranger + 1, p.id, (p.category = 'garden')::int)
	FROM recal_select_uncertain_for(ARRAY[:stranger + 1], NULL::bigint[], 5) q JOIN shop_products p ON p.id = q.item_id ORDER BY q.gain DESC;
SELECT p.title, p.category, p.category = 'garden' AS yes, recal_feedback(:stranger + 1, p.id, (p.category = 'garden')::int)
	FROM recal_select_uncertain_for(ARRAY[:stranger + 1], NULL::bigint[], 5) q JOIN shop_products p ON p.id = q.item_id ORDER BY q.gain DESC;
SELECT r.rank, p.title, p.category, round(r.score::numeric, 3) AS score, r.source
	FROM recal_recommend(:stranger + 1, 5) r JOIN shop_products p ON p.id = r.item_id ORDER BY r.rank;

\echo '== ... and the next training learns from them, starting where the last one ended'
\timing on
CALL recal_train();
\timing off
SELECT version, status, facts -> 'answers' AS answers, facts -> 'warm_start' AS warm FROM recal_versions ORDER BY version;
SELECT r.rank, p.title, p.category, round(r.score::numeric, 3) AS score, r.source
	FROM recal_recommend(:stranger + 1, 5) r JOIN shop_products p ON p.id = r.item_id ORDER BY r.rank;

\echo '== How good is it? Each user''s last row held out, all products ranked; the baseline is popularity'
SELECT metric, round(value::numeric, 4) AS recal, round(baseline::numeric, 4) AS popularity FROM recal_evaluate();
