-- a model as one page
\set VERBOSITY default
CREATE TABLE visits (user_id int, item_id text, kind text);
-- two groups, each with its own items; 32 users an item, but for one with more
INSERT INTO visits SELECT u, 'p' || i, 'view' FROM generate_series(1, 80) u, generate_series(1, 30) i
WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0;
INSERT INTO visits SELECT u, 'p1', 'view' FROM generate_series(1, 79, 2) u;
-- counts nothing, and must not
INSERT INTO visits SELECT 1, 'p2', 'impression' FROM generate_series(1, 500);
CREATE INDEX ON visits (user_id);
CREATE TABLE products (id text PRIMARY KEY, title text, price numeric);
INSERT INTO products SELECT DISTINCT item_id, 'Product ' || item_id FROM visits;
UPDATE products SET title = '</title><script>alert("p1")</script> & ''more''' WHERE id = 'p1';
UPDATE products SET title = E'tab\there \x01\x1b end' WHERE id = 'p2';
UPDATE products SET title = NULL WHERE id = 'p11';
UPDATE products SET title = repeat('long ', 100) WHERE id = 'p12';

SELECT recal_create_model('visits', 'visits', event_column => 'kind', event_weights => '{"view": 1}',
	items => 'products', item_id_column => 'id', options => '{"factors": 8, "keep_versions": 20}');
SELECT recal_report();
SELECT recal_report('no such model');
CALL recal_train();

BEGIN READ ONLY;
SELECT length(recal_report('visits')) > 10000 AS a_page;
COMMIT;
CREATE TEMP TABLE page AS SELECT recal_report() AS html;

-- a whole page, in ASCII whatever the client's encoding, that loads and runs nothing
SELECT html LIKE '<!DOCTYPE html>%' AND html LIKE '%</html>' || chr(10) AS whole, html ~ '[^\x0A\x20-\x7E]' AS other_characters,
	html ~* '<(script|link|img|iframe|object)|@import|url\((?!#)|\s(src|href|on[a-z]+)=' AS loads
FROM page;
SELECT regexp_replace(m[1], '.*"(.*)"', '\1') AS figure, m[2] AS says FROM page, regexp_matches(html, '<figure id="(\w+)"[^>]*>\s*<figcaption>\s*<h2>([^<]*)', 'g') m;
SELECT m[1] AS name, m[2] AS value FROM page, regexp_matches(html, '<dt>([^<]*)</dt><dd>([^<]*)</dd>', 'g') m WHERE m[1] <> 'Size';
SELECT count(*) AS pictures, bool_and(m[1] <> '') AS described FROM page, regexp_matches(html, '<svg role="img" aria-label="([^"]*)"', 'g') m;

-- what was counted
SELECT (regexp_match(html, 'has (\d+) rows"'))[1] AS most, (regexp_match(html, 'Half of all rows[^<]*'))[1] AS half,
	(regexp_match(html, 'The median[^<]*'))[1] AS median
FROM page;
-- what questions are worth: the same for each strategy before the first one
CREATE TEMP VIEW curves AS
SELECT m[1]::int AS questions, m[2]::float8 AS uncertainty, m[3]::float8 AS variance_reduction, m[4]::float8 AS popularity, m[5]::float8 AS random
FROM page, regexp_matches(substring(html FROM 'Learning curves, with standard errors</summary>.*?</table>'),
	'<tr><td>(\d+)</td>' || repeat('<td>(\d\.\d{4}) &#177; \d\.\d{4}</td>', 4) || '</tr>', 'g') m;
SELECT array_agg(questions) AS questions, bool_and(least(uncertainty, variance_reduction, popularity, random) > 0 AND greatest(uncertainty, variance_reduction, popularity, random) <= 1) AS in_range,
	bool_and(questions > 0 OR (uncertainty = variance_reduction AND uncertainty = popularity AND uncertainty = random)) AS same_start
FROM curves;
SELECT max(uncertainty) FILTER (WHERE questions = 10) > 1.3 * min(uncertainty) FILTER (WHERE questions = 0) AS learns FROM curves;
SELECT html ~ '\m16 users are new here:' AS users,
	(SELECT count(*) FROM regexp_matches(html, '<title>(uncertainty|variance_reduction|popularity|random), 4 questions: ', 'g')) AS points,
	html ~ '<text class="key strong start"[^>]*>uncertainty</text>' AS bold,
	substring(html FROM '<figure id="questions".*?</figure>') = substring(recal_report() FROM '<figure id="questions".*?</figure>') AS same_again
FROM page;
-- titles, escaped and not too long; the id where there is none
SELECT m[1] AS item, m[2] AS rows FROM page, regexp_matches(html, '<tr><td>([^<]*)</td><td>(\d+)</td></tr>', 'g') m
WHERE m[1] ~ '(script|tab|^p11$|long)' ORDER BY m[1] COLLATE "C";
SELECT html LIKE '%<text class="label halo %>&#60;/title&#62;%' AS labelled FROM page;

-- what the search measured, or that there is nothing
SELECT html ~ 'NDCG@10 \d\.\d{4}"' AS measured, html LIKE '%no held-out quality%' AS not_measured FROM page;
SELECT metrics->'auto_ndcg_10' > to_jsonb(0.9) AS found, metrics->'baseline_ndcg_10' < to_jsonb(0.3) AS better FROM recal_versions;
SELECT recal_alter_model('visits', '{"regularization": 0.01, "unobserved_weight": 0.1}');
CALL recal_train();
SELECT html LIKE '%the current version was not measured%' AS current_one, html LIKE '%no held-out quality%' AS not_measured FROM recal_report() html;
SELECT recal_activate('visits', 1);
SELECT html LIKE '%The bold line is version 1,%' AS current_one, html LIKE '%<td>version 1, current</td>%<td>version 2</td>%' AS listed FROM recal_report() html;

-- a network that was tried, and the phases that not every training has
SELECT html ~ '(Network|Ranker) kept' AS compared, html ~ '<th[^>]*>(network|ranker|sample|compare)</th>' AS phases FROM recal_report() html;
UPDATE recal_version SET metrics = metrics || '{"network_ndcg_10": 0.4321, "factorization_ndcg_10": 0.1234}', facts = facts || '{"network": true, "network_blend": 1}',
	timings = timings || '{"network": 21.5}' WHERE model = 'visits' AND version = 1;
UPDATE recal_version SET metrics = metrics || '{"network_ndcg_10": 0.2221, "factorization_ndcg_10": 0.3331}', timings = timings || '{"sample": 11.5, "compare": 31.5}'
WHERE model = 'visits' AND version = 2;
SELECT array_agg(m[1] ORDER BY n) AS bars FROM regexp_matches(substring(recal_report() FROM '<figure id="quality".*?</svg>'), '<title>(0\.(?:4321|1234|2221|3331)[^<]*)</title>', 'g') WITH ORDINALITY r(m, n);
SELECT m[1] AS version, m[2] AS network, m[3] AS factorization, m[4] AS kept
FROM regexp_matches(recal_report(), '<tr><td>version (\d+)[^<]*</td><td>[^<]*</td><td>[^<]*</td><td>([^<]*)</td><td>([^<]*)</td><td>(yes|no|not tried)</td></tr>', 'g') m;
SELECT array_agg(m[1] ORDER BY n) AS phases FROM regexp_matches(recal_report(), '<title>(\w+: [123]1\.. s)</title>', 'g') WITH ORDINALITY r(m, n);
SELECT array_agg(m[1] ORDER BY n) AS phases FROM regexp_matches(substring(recal_report() FROM 'Time by phase</summary>.*?</tr>'), '>(\w+)</th>', 'g') WITH ORDINALITY r(m, n);

SELECT html LIKE '%The lower pair of bars, network and factorization alone,%' AS pair, html ~ 'Ranker|>ranker<|The lower group' AS ranker FROM recal_report() html;

-- a ranker, kept beside a network that was, and not kept beside one that was not
CREATE TEMP VIEW lower AS
SELECT array_agg(m[1] || ' ' || m[2] ORDER BY n) AS bars FROM regexp_matches(substring(recal_report() FROM '<figure id="quality".*?</svg>'), '<rect class="(rank|net|old|count)"[^>]*><title>([^<]*)</title>', 'g') WITH ORDINALITY r(m, n);
CREATE TEMP VIEW strong AS
SELECT m[1] AS strong FROM regexp_matches(substring(recal_report() FROM '<figure id="quality".*?</svg>'), '<text class="value strong[^>]*>(0\.[0-8][^<]*)</text>', 'g') m;
CREATE TEMP VIEW listed AS
SELECT ARRAY(SELECT c[1] FROM regexp_matches(m[1], '<t[hd][^>]*>([^<]*)</t', 'g') c) AS cells
FROM regexp_matches(substring(recal_report() FROM 'Quality by version</summary>.*?</table>'), '<tr>(.*?)</tr>', 'g') m;
UPDATE recal_version SET metrics = metrics || '{"ranker_ndcg_10": 0.5432, "ranker_network_ndcg_10": 0.4320, "ranker_factorization_ndcg_10": 0.1235, "ranker_popularity_ndcg_10": 0.7777,
	"recent_popularity_ndcg_10": 0.2101, "transition_ndcg_10": 0.2303, "co_occurrence_ndcg_10": 0.2202}', facts = facts || '{"ranker": true, "ranker_users": 70, "network_users": 70}',
	timings = timings || '{"ranker": 41.5}' WHERE model = 'visits' AND version = 1;
UPDATE recal_version SET metrics = metrics || '{"ranker_ndcg_10": 0.3232, "ranker_factorization_ndcg_10": 0.3331, "recent_popularity_ndcg_10": 0.0303, "transition_ndcg_10": 0.0101, "co_occurrence_ndcg_10": 0.0202}',
	facts = facts || '{"ranker": false, "ranker_users": 70, "network_users": 70}' WHERE model = 'visits' AND version = 2;
SELECT * FROM lower;
SELECT * FROM strong;
SELECT cells[:1] || cells[4:] AS cells FROM listed;
SELECT m[1] AS says FROM regexp_matches(recal_report(), '(The lower group.*?)</p>') m;
SELECT m[1] AS label FROM regexp_matches(recal_report(), 'aria-label="Bar chart of the quality[^"]*(its ranker[^"]*)"') m;
SELECT array_agg(m[1] ORDER BY n) AS legend FROM regexp_matches(substring(recal_report() FROM '<figure id="quality".*?</svg>'), '>([a-z ]+)</text>', 'g') WITH ORDINALITY r(m, n);
SELECT array_agg(m[1] ORDER BY n) AS phases FROM regexp_matches(recal_report(), '<rect class="phase6"[^>]*><title>([^<]*)</title>', 'g') WITH ORDINALITY r(m, n);
SELECT html LIKE '%training the network, training the ranker, fitting uncertainty,%' AS named, html ~ '<th[^>]*>network</th><th[^>]*>ranker</th><th[^>]*>posterior</th>' AS listed FROM recal_report() html;
-- judged by other users, the network has no bar beside the ranker, but was tried all the same
UPDATE recal_version SET facts = facts || '{"ranker_users": 69}' WHERE model = 'visits' AND version = 2;
SELECT recal_activate('visits', 2);
SELECT * FROM lower;
SELECT * FROM strong;
SELECT cells[:1] || cells[4:] AS cells FROM listed;
-- nor has one that was not tried; a network that is kept serves where the ranker is not
UPDATE recal_version SET metrics = metrics - '{network_ndcg_10,factorization_ndcg_10}'::text[], facts = facts - 'network_users' WHERE model = 'visits' AND version = 2;
UPDATE recal_version SET facts = facts || '{"ranker": false}' WHERE model = 'visits' AND version = 1;
SELECT recal_activate('visits', 1);
SELECT * FROM lower;
SELECT * FROM strong;
SELECT cells[:1] || cells[4:] AS cells FROM listed;
-- one that was kept without anybody to judge it
UPDATE recal_version SET metrics = metrics - 'ranker_ndcg_10', facts = facts || '{"ranker": true}' WHERE model = 'visits' AND version = 1;
SELECT * FROM lower;
SELECT cells[:1] || cells[4:] AS cells FROM listed;
-- no text leaves the picture, by the width that Helvetica would give it at least: the legend with all of it, the longest note beside the longest bar
UPDATE recal_version SET metrics = metrics || '{"recent_popularity_ndcg_10": 1.2345}' WHERE model = 'visits' AND version = 2;
SELECT count(*) > 10 AS texts, count(*) FILTER (WHERE m[1]::float8 + 5.5 * length(m[2]) > 520) AS outside, bool_or(m[2] = '1.2345, recent popularity') AS longest
FROM regexp_matches(substring(recal_report() FROM '<figure id="quality".*?</svg>'), '<text class="[a-z ]+ start" x="([0-9.]+)"[^>]*>([^<]*)', 'g') m;
DROP VIEW lower, strong, listed;

-- what the items relation does not show is not on the map
DELETE FROM products WHERE id = 'p5';
SELECT html LIKE '%Product p5:%' AS deleted, html LIKE '%Product p6:%' AS kept, html LIKE '%>The 29 most popular items%' AS count FROM recal_report() html;

-- more versions than the page has room for: the newest, and the current one
SELECT recal_alter_model('visits', '{"epochs": 1}');
DO $$ BEGIN FOR i IN 3..12 LOOP CALL recal_train('visits'); END LOOP; END $$;
SELECT recal_activate('visits', 1);
SELECT string_agg(m[1], ', ') AS versions FROM regexp_matches(substring(recal_report() FROM 'Quality by version</summary>.*?</table>'), '<td>version (\d+)', 'g') m;

-- without an items relation: ids, and no labels
SELECT recal_create_model('plain', 'visits', options => '{"factors": 1, "epochs": 2}');
CALL recal_train('plain');
SELECT html LIKE '%<title>p2: 532 rows</title>%' AS id, html LIKE '%class="label%' AS labelled, html LIKE '%hover over one for its id%' AS said FROM recal_report('plain') html;

-- so many rows that simulating questions would take longer than the page should
CREATE VIEW often AS SELECT user_id, item_id FROM visits CROSS JOIN generate_series(1, 1);
SELECT recal_create_model('often', 'often', options => '{"factors": 1, "epochs": 2}');
CALL recal_train('often');
CREATE OR REPLACE VIEW often AS SELECT user_id, item_id FROM visits CROSS JOIN generate_series(1, 700);
SELECT html LIKE '%With so many rows a simulation of questions takes longer%' AS said, html LIKE '%<figure id="questions"%<svg%</figure>%<figure id="map"%' AS drawn, html LIKE '%</html>%' AS whole FROM recal_report('often') html;
SELECT recal_drop_model('often');
DROP VIEW often;

-- rights
CREATE ROLE regress_recal_reader;
SET ROLE regress_recal_reader;
SELECT recal_report('visits');
RESET ROLE;
GRANT SELECT ON visits TO regress_recal_reader;
SET ROLE regress_recal_reader;
SELECT recal_report('visits');
RESET ROLE;
-- of the items only what may be read
GRANT SELECT (id) ON products TO regress_recal_reader;
SET ROLE regress_recal_reader;
SELECT html LIKE '%Product p6:%' AS title, html LIKE '%<title>p6: 32 rows</title>%' AS id FROM recal_report('visits') html;
RESET ROLE;
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON visits USING (user_id = 1);
SET ROLE regress_recal_reader;
SELECT recal_report('visits');
RESET ROLE;
ALTER TABLE visits DISABLE ROW LEVEL SECURITY;

-- popularity beside the search's choice is what recal_evaluate says, where both hold out the same
CREATE TABLE timed AS SELECT u AS user_id, i AS item_id, timestamptz '2026-01-01' + make_interval(hours => u * 7 + (i * 11 + u * u) % 13) AS at
FROM generate_series(1, 200) u, generate_series(1, 40) i WHERE (u * 7 + i * i * 3) % (3 + i / 4) = 0 AND (u + i) % 2 = 0;
CREATE INDEX ON timed (user_id);
SELECT max(n) < 20 AS one_held_out_each FROM (SELECT count(*) AS n FROM timed GROUP BY user_id) c;
SELECT recal_create_model('timed', 'timed', time_column => 'at', options => '{"factors": 4}');
CALL recal_train('timed');
SELECT e.baseline BETWEEN 0.01 AND 0.99 AS says_something, abs(e.baseline - (v.metrics->>'baseline_ndcg_10')::float8) < 1e-5 AS same
FROM recal_versions v, recal_evaluate('timed', 10, 'last') e WHERE v.model = 'timed' AND e.metric = 'ndcg@10';
SELECT recal_drop_model('timed');
DROP TABLE timed;

-- and so few users that there is nobody to ask
DELETE FROM visits WHERE user_id > 40;
SELECT substring(html FROM 'Nothing to simulate[^<]*') AS said FROM recal_report('visits') html;
-- when everything is gone there is still a page
DELETE FROM visits;
SELECT html LIKE '%There are no rows.%' AS said, html LIKE '%Nothing to simulate questions with%' AS nothing, html LIKE '%</html>%' AS whole FROM recal_report('visits') html;
SELECT recal_drop_model('visits'), recal_drop_model('plain');
DROP TABLE visits, products;
DROP ROLE regress_recal_reader;
