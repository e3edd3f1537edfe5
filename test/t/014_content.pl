# Items that nobody has touched, and users who have touched nothing, are
# recommended by their features: a tenth of the items has its behaviour hidden.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;

my $node = recal_node('content');

# NDCG@10 of the hidden rows of cold items, mean over the users who have some;
# $pages is a query for (user_id, rank, item_id).
sub ndcg
{
	my ($pages) = @_;
	return answer($node, <<"SQL");
WITH pages AS ($pages),
ideal AS (SELECT user_id, count(*) AS n FROM hidden GROUP BY 1),
gain AS (SELECT p.user_id, sum(1 / log(2.0, p.rank + 1)) AS dcg FROM pages p JOIN hidden h USING (user_id, item_id) WHERE p.rank <= 10 GROUP BY 1)
SELECT round(avg(coalesce(dcg, 0) / (SELECT sum(1 / log(2.0, r + 1)) FROM generate_series(1, least(n, 10)) r)), 4)
FROM ideal LEFT JOIN gain USING (user_id)
SQL
}

# An order of the cold items that is the same for everybody, or not
sub cold_pages
{
	my ($order) = @_;
	return "SELECT user_id, (row_number() OVER (PARTITION BY user_id ORDER BY $order, item_id))::int AS rank, item_id
		FROM (SELECT DISTINCT user_id FROM hidden) u
		CROSS JOIN (SELECT id AS item_id, count(user_id) AS hits FROM cold LEFT JOIN hidden ON item_id = id GROUP BY id) c";
}

# Hides a tenth of the items of a model over table warm, and measures.
sub measure
{
	my ($name) = @_;
	my %ndcg;

	$ndcg{content} = ndcg("SELECT u.user_id, r.rank, r.item_id FROM (SELECT DISTINCT user_id FROM hidden) u, recal_recommend(u.user_id, 10, ARRAY(SELECT id FROM cold), '$name') r");
	$ndcg{catalogue} = ndcg("SELECT u.user_id, r.rank, r.item_id FROM (SELECT DISTINCT user_id FROM hidden) u, recal_recommend(u.user_id, 10, '$name') r");
	$ndcg{random} = ndcg(cold_pages("hashint8(item_id::bigint * 1000003 + user_id)"));

	# nobody has touched a cold item, so popularity is the order of ids; with hindsight it is more
	$ndcg{popularity} = ndcg(cold_pages('0'));
	$ndcg{hindsight} = ndcg(cold_pages('hits DESC'));
	note "$name: NDCG\@10 of cold items ", join ', ', map { "$_ $ndcg{$_}" } sort keys %ndcg;
	return \%ndcg;
}

# over items that have behaviour
sub evaluate
{
	my ($model) = @_;
	my $value = answer($node, "SELECT round(value::numeric, 4) FROM recal_evaluate('$model', 10) WHERE metric = 'ndcg\@10'");
	note "$model: NDCG\@10 of the last row $value";
	return $value;
}

#
# A shop whose products have categories
#
make_shop($node, users => 2000, items => 500, events => 40000, seed => 11);
answer($node, <<'SQL');
CREATE TABLE cold AS SELECT id FROM shop_products WHERE abs(hashint8(id)) % 10 = 3;
CREATE TABLE hidden AS SELECT DISTINCT user_id, item_id FROM shop_events WHERE item_id IN (SELECT id FROM cold) AND event IN ('view', 'purchase');
CREATE TABLE warm AS SELECT * FROM shop_events WHERE item_id NOT IN (SELECT id FROM cold);
CREATE INDEX ON warm (user_id);
ANALYZE;
SELECT recal_create_model('shop', 'warm', event_column => 'event', event_weights => '{"view": 1, "purchase": 5, "dislike": -2, "return": -5}',
	items => 'shop_products', item_features => '{category}', options => '{"factors": 32}');
CALL recal_train('shop');
SQL
my $shop = measure('shop');
cmp_ok($shop->{content}, '>', 2 * $shop->{random}, 'shop: cold products are ranked far better than at random');
cmp_ok($shop->{content}, '>', 1.3 * $shop->{hindsight}, 'shop: and better than by the popularity they will have');
is(answer($node, "SELECT count(*) FROM recal_recommend(1, 600, 'shop', false) WHERE item_id IN (SELECT id FROM cold) AND source <> 'content'"), 0, 'shop: the source says so');

# the same weights whatever the number of workers
answer($node, <<'SQL');
SELECT recal_alter_model('shop', '{"warm_start": false, "regularization": 0.03, "unobserved_weight": 0.1, "factors": 128, "epochs": 20}');
CALL recal_train('shop');
SET max_parallel_maintenance_workers = 0;
CALL recal_train('shop');
SQL
is(answer($node, "SELECT string_agg(facts->>'workers', ' ' ORDER BY version) ~ '^[1-9]+ 0', bool_or((facts->>'item_prior')::bool) FROM recal_version WHERE model = 'shop' AND version > 1"), 't|t', 'shop: trained with workers and without');
is(answer($node, 'SELECT count(DISTINCT md5(data)), count(*) FROM recal_weights WHERE model = \'shop\' AND version > 1 AND part = \'item_content\''), '1|2', 'shop: what is learnt does not depend on them');

# people with the same tastes as others, of whom nothing is known but a segment
answer($node, <<'SQL');
CREATE TABLE people AS SELECT user_id AS id, taste, 'taste ' || taste AS segment FROM shop_truth;
CREATE TABLE known AS SELECT * FROM shop_events WHERE user_id % 10 <> 3;
CREATE INDEX ON known (user_id);
SELECT recal_create_model('people', 'known', event_column => 'event', event_weights => '{"view": 1, "purchase": 5, "dislike": -2, "return": -5}',
	users => 'people', user_features => '{segment}', options => '{"factors": 32}');
CALL recal_train('people');
SQL
my ($fits, $cold) = split /\|/, answer($node, <<'SQL');
SELECT round(avg((EXISTS (SELECT FROM shop_tastes s WHERE s.taste = u.taste AND s.category = p.category))::int), 3), count(*) FILTER (WHERE source <> 'content')
FROM (SELECT id, taste FROM people WHERE id % 10 = 3 ORDER BY id LIMIT 200) u CROSS JOIN LATERAL recal_recommend(u.id, 10, 'people') r JOIN shop_products p ON p.id = r.item_id
SQL
note "people: share of the pages of new users that fits $fits";
cmp_ok($fits, '>', 0.6, 'people: pages of new users fit their tastes');
is($cold, 0, 'people: none of them is cold');

#
# People who go from one kind of place to the next: the order is for the network,
# and the kind is all that is known about new places, and about new people what
# kind they begin with
#
answer($node, <<'SQL');
CREATE TABLE tours AS SELECT u AS user_id, (u + step) % 8 + 8 * (abs(hashint8(u * 100 + step)) % 40) AS item_id, timestamptz '2024-01-01' + step * interval '1 hour' AS at
FROM generate_series(1, 1500) u, generate_series(0, 11) step;
CREATE TABLE places AS SELECT i AS id, 'kind ' || i % 8 AS kind FROM generate_series(0, 319) i;
CREATE TABLE tourists AS SELECT u AS id, 'begins with ' || u % 8 AS habit FROM generate_series(1, 1700) u;
CREATE TABLE known_tours AS SELECT * FROM tours WHERE item_id / 8 % 10 <> 3;
CREATE INDEX ON known_tours (user_id);
CREATE VIEW ended AS SELECT user_id, (item_id + 1) % 8 AS next FROM (SELECT DISTINCT ON (user_id) * FROM known_tours ORDER BY user_id, at DESC) t;
SELECT recal_create_model(model, 'known_tours', time_column => 'at', items => 'places', item_features => '{kind}', users => 'tourists', user_features => '{habit}',
	options => format('{"factors": 16, "epochs": 5, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1, "hidden": [32], "batch_size": 64, "network_epochs": 20, "learning_rate": 0.005, "network": "%s"}', network)::jsonb)
FROM (VALUES ('tours', 'auto'), ('tours_alone', 'off')) v (model, network);
CALL recal_train('tours');
CALL recal_train('tours_alone');
SQL
is(answer($node, q(SELECT facts->>'network' FROM recal_versions WHERE model = 'tours')), 'true', 'tours: the network is kept beside features');
foreach my $model ('tours', 'tours_alone')
{
	my $places = answer($node, "SELECT round(avg((item_id % 8 = next)::int), 3) FROM (SELECT * FROM ended WHERE user_id % 5 = 0) u, recal_recommend(user_id, 4, ARRAY(SELECT id FROM places WHERE id / 8 % 10 = 3), '$model')");
	my $people = answer($node, "SELECT round(avg((item_id % 8 = u % 8)::int), 3) FROM generate_series(1501, 1700) u, recal_recommend(u, 10, '$model')");

	note "$model: share of untouched places that come next $places, of what new people begin with $people";
	cmp_ok($places, $model eq 'tours' ? '>' : '<', $model eq 'tours' ? 0.8 : 0.4, "$model: untouched places where they come next");
	cmp_ok($people, $model eq 'tours' ? '>' : '<', $model eq 'tours' ? 0.8 : 0.6, "$model: what new people begin with");
}

#
# MovieLens latest-small, with genres and years, where RECAL_MOVIELENS names a
# directory with ratings.tsv (user, film, rating, time) and movies.tsv (id, title, year, genres)
#
SKIP:
{
	my $data = $ENV{RECAL_MOVIELENS};
	skip 'RECAL_MOVIELENS names no directory', 7 unless defined $data && -f "$data/ratings.tsv" && -f "$data/movies.tsv";

	answer($node, <<"SQL");
DROP TABLE cold, hidden, warm CASCADE;
CREATE TABLE ratings (user_id int, item_id int, rating real, at bigint);
\\copy ratings FROM '$data/ratings.tsv'
CREATE TABLE listed (id int PRIMARY KEY, title text, year int, genres text);
\\copy listed FROM '$data/movies.tsv'
CREATE TABLE films AS SELECT id, title, year, string_to_array(genres, '|') AS genres FROM listed;
CREATE UNIQUE INDEX ON films (id);
CREATE INDEX ON ratings (user_id);
CREATE TABLE cold AS SELECT DISTINCT item_id AS id FROM ratings WHERE item_id % 10 = 3;
CREATE TABLE hidden AS SELECT DISTINCT user_id, item_id FROM ratings WHERE item_id IN (SELECT id FROM cold);
CREATE TABLE warm AS SELECT * FROM ratings WHERE item_id NOT IN (SELECT id FROM cold);
CREATE INDEX ON warm (user_id);
ANALYZE;
SELECT recal_create_model('films', 'warm', time_column => 'at', items => 'films', item_features => '{genres,year}', options => '{"network": "off"}');
CALL recal_train('films');
SELECT recal_create_model('films_network', 'warm', time_column => 'at', items => 'films', item_features => '{genres,year}');
CALL recal_train('films_network');
SELECT recal_create_model('plain', 'ratings', time_column => 'at', options => '{"network": "off"}');
SELECT recal_create_model('with_content', 'ratings', time_column => 'at', items => 'films', item_features => '{genres,year}');
SQL
	my $films = measure('films');
	cmp_ok($films->{content}, '>', 2 * $films->{random}, 'films: cold films are ranked far better than at random');
	cmp_ok($films->{content}, '>', 1.2 * $films->{popularity}, 'films: and better than by popularity');
	cmp_ok($films->{catalogue}, '>', 0, 'films: some come up among the whole catalogue, where popularity shows none');
	my $network = measure('films_network');
	is(answer($node, q(SELECT facts->>'network' FROM recal_versions WHERE model = 'films_network')), 'true', 'films: a network is kept');
	cmp_ok($network->{content}, '>', 1.5 * $network->{random}, 'films: it ranks cold films far better than at random');
	my ($factorization, $both) = split /\n/, answer($node, q(SELECT round(value::numeric, 4) FROM recal_evaluate('with_content', 10) WHERE metric ~ 'ndcg' ORDER BY metric));
	note "with_content: NDCG\@10 of the last row $both, of the factorization alone $factorization";
	cmp_ok($factorization, '>', 0.93 * evaluate('plain'), 'films: known films are ranked no worse');
	cmp_ok($both, '>', $factorization, 'films: and better by the network beside features');
}

done_testing();
