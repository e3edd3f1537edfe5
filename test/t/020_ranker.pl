# The ranker in training: kept where it ranks better than all that is simpler,
# and only there; the same whatever computes it; and ended by all that ends a
# training.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;
use Time::HiRes qw(sleep);

my $node = recal_node('ranker', 'dynamic_shared_memory_type = mmap', 'max_worker_processes = 8', 'max_parallel_maintenance_workers = 1');
my $segments = () = shared_segments($node);
my $options = '"factors": 16, "epochs": 6, "network": "off", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 0.9, "warm_start": false, "keep_versions": 100';

answer($node, <<'SQL');
-- items come and go, and everybody has one of eight tastes
CREATE TABLE fads AS
SELECT u AS user_id, greatest(floor(p * 50)::int - (hashint8(u * 977 + n) & 1048575) % 3, 0) * 8 +
	CASE WHEN (hashint8(u * 31 + n) & 1048575) % 10 = 0 THEN n % 8 ELSE u % 8 END AS item_id,
	timestamptz '2024-01-01' + p * interval '100 days' AS at
FROM (SELECT u, n, (hashint8(u * 100 + n) & 1048575) / 1048576.0 AS p FROM generate_series(1, 1500) u, generate_series(0, 7) n) s;
CREATE INDEX ON fads (user_id);
-- the same pairs at times of others
CREATE TABLE anytime AS
SELECT user_id, item_id, timestamptz '2024-01-01' + (hashint8(user_id * 1000 + item_id) & 1048575) * interval '1 minute' AS at FROM fads;
-- one taste: what is in demand is all there is to know
CREATE TABLE charts AS SELECT user_id, item_id / 8 * 8 + (hashint8(user_id * 1000 + item_id) & 1048575) % 8 AS item_id, at FROM fads;
SQL

sub create
{
	my ($model, $table, $more) = @_;

	answer($node, "SELECT recal_create_model('$model', '$table', time_column => 'at', options => '{$options$more}')");
	return;
}

# A fact or metric of the model's newest version
sub said
{
	my ($model, $what) = @_;

	return answer($node, "SELECT coalesce(facts->>'$what', metrics->>'$what') FROM recal_versions WHERE model = '$model' ORDER BY version DESC LIMIT 1");
}

sub parts
{
	my ($model) = @_;

	return answer($node, "SELECT string_agg(DISTINCT part, ' ' ORDER BY part) FROM recal_weights WHERE model = '$model' AND part LIKE 'ranker%' AND version = (SELECT current_version FROM recal_models WHERE model = '$model')");
}

sub train
{
	my ($model, @settings) = @_;

	answer($node, join(';', map({ "SET $_" } @settings), "CALL recal_train('$model')"));
	return weights_of($node, $model);
}

my @simpler = map { $_ . '_ndcg_10' } 'ranker_factorization', 'ranker_popularity', 'recent_popularity', 'transition', 'co_occurrence';

#
# Kept, and not
#
create('fads', 'fads', '');
my $alone = train('fads', 'max_parallel_maintenance_workers = 0');
my $ranker = said('fads', 'ranker_ndcg_10');
is(said('fads', 'ranker'), 'true', 'fads: the ranker is kept');
cmp_ok($ranker, '>', 0.5, 'fads: it is good');
foreach my $name (@simpler)
{
	cmp_ok(said('fads', $name), '<', $ranker / 2, "fads: far better than $name");
}
is(parts('fads'), 'ranker_counters ranker_net ranker_tastes', 'fads: its weights are stored');
cmp_ok(said('fads', 'ranker_examples'), '>', 3000, 'fads: examples');
cmp_ok(said('fads', 'ranker_users'), '>', 1200, 'fads: nearly all users judge');
is(answer($node, q(SELECT (timings->>'ranker')::float8 > 0 FROM recal_versions WHERE model = 'fads')), 't', 'fads: its time is told');

create('anytime', 'anytime', '');
train('anytime');
note 'anytime: ' . join(', ', map { "$_ " . said('anytime', $_) } 'ranker_ndcg_10', @simpler);
is(said('anytime', 'ranker'), 'false', 'times at random: the ranker is not kept');
isnt(said('anytime', 'ranker_ndcg_10'), '', 'times at random: one was judged');
is(parts('anytime'), '', 'times at random: nothing of it is stored');
answer($node, q(SELECT recal_alter_model('anytime', '{"ranker": "on"}')));
train('anytime');
is(said('anytime', 'ranker'), 'true', 'times at random: on keeps it');
is(parts('anytime'), 'ranker_counters ranker_net ranker_tastes', 'times at random: and stores it');

create('charts', 'charts', '');
train('charts');
note 'charts: ' . join(', ', map { "$_ " . said('charts', $_) } 'ranker_ndcg_10', @simpler);
cmp_ok(said('charts', 'recent_popularity_ndcg_10'), '>', 2 * said('charts', 'ranker_factorization_ndcg_10'), 'charts: recent popularity beats the factorization');
is(said('charts', 'ranker'), 'false', 'charts: but the ranker does not beat recent popularity');

create('off', 'fads', ', "ranker": "off"');
train('off');
is(said('off', 'ranker'), 'false', 'off: no ranker');
is(said('off', 'ranker_ndcg_10'), '', 'off: none was tried');
is(parts('off'), '', 'off: no weights');

# many users: those who judge it are none that it learned from
answer($node, q(CREATE TABLE many AS SELECT f.user_id + 1500 * k AS user_id, item_id, at FROM fads f, generate_series(0, 3) k));
create('many', 'many', '');
train('many');
is(said('many', 'ranker') . ' ' . said('many', 'ranker_users'), 'true 2000', 'many users: 2,000 judge');
cmp_ok(said('many', 'ranker_examples'), '<', 4 * said('fads', 'ranker_examples') * 0.75, 'many users: they are not learned from');

# beside a network, the same users judge both
create('both', 'fads', ', "network": "on", "network_epochs": 2, "hidden": [16]');
train('both');
is(said('both', 'ranker_network_ndcg_10'), said('both', 'network_ndcg_10'), 'beside a network: it is compared with that');
is(said('both', 'ranker_factorization_ndcg_10'), said('both', 'factorization_ndcg_10'), 'beside a network: by the same rows');

#
# The network's score and what is known about items are among its numbers, when it
# is trained, judged, evaluated and served
#
answer($node, <<'SQL');
CREATE TABLE things AS SELECT DISTINCT item_id, 'kind ' || item_id % 8 AS kind FROM fads;
ALTER TABLE things ADD PRIMARY KEY (item_id);
CREATE TABLE liked AS SELECT user_id, item_id, max(at) AS at FROM fads GROUP BY 1, 2;
CREATE TABLE held AS SELECT * FROM liked WHERE at >= (SELECT at FROM liked ORDER BY at OFFSET (SELECT count(*) * 9 / 10 FROM liked) LIMIT 1);
CREATE TABLE rest AS SELECT * FROM fads f WHERE NOT EXISTS (SELECT FROM held h WHERE (h.user_id, h.item_id) = (f.user_id, f.item_id));
CREATE INDEX ON rest (user_id);
CREATE INDEX ON rest (at);
CREATE FUNCTION gain(who int, what int, now timestamptz) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	found int;
BEGIN
	SELECT rank INTO found FROM recal_recommend(who, 10, 'rest') WHERE item_id = what;
	INSERT INTO rest VALUES (who, what, now);
	RETURN coalesce(1 / log(2, found + 1.0), 0);
END $$;
SQL
my $with_all = "$options, \"network\": \"on\", \"network_epochs\": 2, \"hidden\": [16], \"ranker\": \"on\"";
foreach my $model ('fads', 'rest')
{
	my $name = $model eq 'fads' ? 'all' : $model;
	answer($node, "SELECT recal_create_model('$name', '$model', time_column => 'at', items => 'things', item_features => '{kind}', options => '{$with_all}')");
	train($name);
	is(parts($name), 'ranker_content ranker_counters ranker_net ranker_tastes', "$name: content is stored");
}
my $nfeatures = 24;
my $floats = 2 * $nfeatures + $nfeatures * 64 + 64 + 64 * 32 + 32 + 32 + 1;
my $seen = answer($node, q(SELECT string_agg(source, ', ' ORDER BY source) FROM recal_explain(5, (SELECT item_id FROM recal_recommend(5, 1, 'all')), 'all') WHERE source ~ 'content'));
is($seen, 'content like the history, content like the last item', 'all: reasons name it');
# a number that is always the same has the scale 0: the scales come after the means, the network's after the factors'
my $scale = 'substr(data, length(data) - ' . 4 * ($floats - $nfeatures - 1) . " + 1, 4) FROM recal_weights WHERE part = 'ranker_net' AND version = 1 AND model";
isnt(answer($node, "SELECT $scale = 'all'"), '\\x00000000', 'all: the network is read');
is(answer($node, "SELECT $scale = 'fads'"), '\\x00000000', 'fads: there is none');
is(answer($node, q(SELECT bool_and(abs(r.score - e.sum) < 1e-3) FROM recal_recommend(5, 20, 'all') r, LATERAL (SELECT sum(contribution) FROM recal_explain(5, r.item_id, 'all')) e)), 't', 'all: and sum to the score');
my ($without, $said) = split /,/, answer($node, q(SELECT string_agg(value::text, ',' ORDER BY metric DESC) FROM recal_evaluate('all', 10, 'live') WHERE metric IN ('ndcg@10', 'network_ndcg@10')));
my $lived = answer($node, q(SET recal.ranker_refresh = 0; SELECT avg(gain(user_id, item_id, at)) FROM (SELECT * FROM held ORDER BY at, user_id, item_id) h));
note "all: $said evaluated, $lived lived";
cmp_ok(abs($said - $lived), '<', 0.01, 'all: pages are as good as evaluated');
cmp_ok($said, '>', 1.2 * $without, 'all: which is better than without a ranker');
is(train('all', 'max_parallel_maintenance_workers = 0'), weights_of($node, 'all', 1), 'all: the same weights without workers');
foreach my $damage ("UPDATE recal_weights SET data = set_byte(data, 100, get_byte(data, 100) # 255) WHERE model = 'rest' AND part = 'ranker_content'",
	"DELETE FROM recal_weights WHERE model = 'rest' AND part = 'ranker_content'")
{
	answer($node, "CREATE TABLE kept AS SELECT * FROM recal_weights WHERE model = 'rest' AND part = 'ranker_content'; $damage");
	refused($node, "SELECT * FROM recal_recommend(5, 3, 'rest')", 'XX001', qr/weights of model "rest", version \d+, part "ranker_content" are damaged/, 'damaged content');
	answer($node, "DELETE FROM recal_weights WHERE model = 'rest' AND part = 'ranker_content'; INSERT INTO recal_weights SELECT * FROM kept; DROP TABLE kept");
}

#
# The same weights whoever computes them
#
answer($node, q(SELECT recal_alter_model('many', '{"factors": 64, "epochs": 12}')));
my $many = train('many', 'max_parallel_maintenance_workers = 0');
foreach my $workers (1, 2)
{
	is(train('many', "max_parallel_maintenance_workers = $workers"), $many, "$workers workers: the same weights");
	is(said('many', 'workers'), $workers, "$workers workers: they came");
}
is(train('fads'), $alone, 'once more: the same weights');
answer($node, q(CREATE TABLE shuffled AS SELECT * FROM fads ORDER BY md5(user_id || ' ' || item_id)));
create('shuffled', 'shuffled', '');
is(train('shuffled'), $alone, 'rows in another order: the same weights');
answer($node, q(SELECT recal_alter_model('shuffled', '{"seed": 7}')));
isnt(train('shuffled'), $alone, 'another seed: other weights');

#
# What is stored is checked when it is read
#
my %damage = (
	missing => q(DELETE FROM recal_weights WHERE model = 'fads' AND part = 'ranker_tastes'),
	damaged => q(UPDATE recal_weights SET data = set_byte(data, length(data) - 1, get_byte(data, length(data) - 1) # 1) WHERE model = 'fads' AND part = 'ranker_tastes'),
	truncated => q(UPDATE recal_weights SET data = substr(data, 1, length(data) - 4) WHERE model = 'fads' AND part = 'ranker_tastes'),
	empty => q(UPDATE recal_weights SET data = '' WHERE model = 'fads' AND part = 'ranker_tastes'),
	'of other users' => q(UPDATE recal_weights w SET data = o.data FROM recal_weights o WHERE w.model = 'fads' AND w.part = 'ranker_tastes' AND o.model = 'many' AND o.part = w.part AND o.chunk = w.chunk));
foreach my $how (sort keys %damage)
{
	refused($node, "BEGIN; $damage{$how}; SELECT recal_forget_user(3, 'fads')", 'XX001', qr/weights of model "fads", version \d+, part "\w+" are damaged/, "tastes $how");
}
answer($node, q(SELECT recal_forget_user(3, 'fads')));
is(answer($node, q(SELECT bool_and(t.length = 80 + 16 * 1499 AND u.length = 80 + 64 * 1499) FROM (SELECT version, length(data) FROM recal_weights WHERE model = 'fads' AND part = 'ranker_tastes') t JOIN (SELECT version, length(data) FROM recal_weights WHERE model = 'fads' AND part = 'user_factors') u USING (version))), 't', 'forgotten: tastes are as many as user factors');

#
# What ends a training, at moments spread over it
#
answer($node, <<'SQL');
CREATE TABLE events AS SELECT f.user_id + 1500 * k AS user_id, item_id + 400 * (k / 2) AS item_id, at + k * interval '1 second' AS at FROM fads f, generate_series(0, 5) k;
CREATE INDEX ON events (user_id);
SELECT recal_create_model('m', 'events', time_column => 'at', options => '{"factors": 32, "epochs": 6, "network": "off", "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 0.9, "warm_start": false, "keep_versions": 100}');
CALL recal_train('m');
SQL
my $takes = answer($node, q(SELECT (timings->>'ranker')::float8 FROM recal_versions WHERE model = 'm'));
my $weights = weights_of($node, 'm');
note "the ranker takes $takes s";

my $ended = 0;
my %fractions;
foreach my $moment (0 .. 6)
{
	my $session = start_session($node, q(CALL recal_train('m')));
	my $pid = session_pid($session);
	my $name = "cancelled at moment $moment";

	ok(wait_until(sub { answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND query LIKE '%: ranker%'") }, 60), "$name: it is in its phase");
	sleep($takes * $moment / 7);
	$fractions{answer($node, q(SELECT round(fraction::numeric, 2) FROM recal_progress WHERE model = 'm')) || 0} = 1;
	answer($node, "SELECT pg_cancel_backend($pid)");
	my $seconds = wait_until(sub { answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND state = 'active'") == 0 }, 10);
	my ($status, undef, $err) = finish_session($session);
	if ($status == 0)
	{
		# machines differ: it was faster this time
		note "$name: too late";
		answer($node, "SELECT recal_activate('m', 1)");
		next;
	}
	$ended++;
	cmp_ok($seconds, '<', 1, "$name: within a second");
	like($err, qr/ERROR:  57014/, "$name: for the right reason");
	ok(wait_until(sub { !workers_of($pid) }, 5), "$name: its workers are gone");
	ok(wait_until(sub { (() = shared_segments($node)) == $segments }, 5), "$name: no shared memory is left");
	is(weights_of($node, 'm'), $weights, "$name: the version before is as it was");
	like(answer($node, "SELECT status FROM recal_versions WHERE model = 'm' ORDER BY version DESC LIMIT 1"), qr/^aborted$/, "$name: its row says so");
	is(answer($node, "SELECT count(*) FROM recal_weights w JOIN recal_versions v USING (model, version) WHERE v.status <> 'ready'"), 0, "$name: no weights of it are stored");
}
cmp_ok($ended, '>=', 4, 'most were in time');
cmp_ok(scalar(keys %fractions), '>=', 3, 'and at different fractions, which recal_progress showed');
answer($node, q(CALL recal_train('m')));
is(weights_of($node, 'm'), $weights, 'the next training works, and makes the same ranker');

$node->stop;
done_testing();
