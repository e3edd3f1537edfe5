# The network in training: kept where the order of rows says more than the rows
# do, and only there; the same whatever computes it; and ended by all that ends
# a training.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;

my $node = recal_node('network', 'dynamic_shared_memory_type = mmap', 'max_worker_processes = 8', 'max_parallel_maintenance_workers = 1');
my $segments = () = shared_segments($node);
my $options = '"factors": 16, "epochs": 5, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1, "hidden": [32], "ranker": "off", "warm_start": false';

answer($node, <<'SQL');
-- from each item one goes on to a certain other one, mostly
CREATE TABLE chains AS
WITH RECURSIVE walk AS (
	SELECT u, 0 AS step, (hashint8(u) & 1048575) % 211 AS item FROM generate_series(1, 800) u
	UNION ALL
	SELECT u, step + 1, CASE WHEN (hashint8(u * 1000 + step) & 1048575) % 20 = 0 THEN (hashint8(u * 977 + step) & 1048575) % 211 ELSE (item * 37 + 11) % 211 END
	FROM walk WHERE step < 19)
SELECT u AS user_id, item AS item_id, timestamptz '2024-01-01' + step * interval '1 hour' AS at FROM walk;
-- users of groups of ten items, which they have all: nothing is better than the factorization
CREATE TABLE groups AS
SELECT u AS user_id, u % 30 * 10 + i AS item_id, timestamptz '2024-01-01' + (hashint8(u * 100 + i) & 1048575) * interval '1 minute' AS at
FROM generate_series(1, 600) u, generate_series(0, 9) i;
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

	return answer($node, "SELECT string_agg(DISTINCT part, ' ' ORDER BY part) FROM recal_weights WHERE model = '$model' AND part LIKE 'network%' AND version = (SELECT current_version FROM recal_models WHERE model = '$model')");
}

sub train
{
	my ($model, @settings) = @_;

	answer($node, join(';', map({ "SET $_" } @settings), "CALL recal_train('$model')"));
	return weights_of($node, $model);
}

#
# Kept, and not
#
create('chains', 'chains', '');
my $alone = train('chains', 'max_parallel_maintenance_workers = 0');
my ($network, $factorization, $popularity) = map { said('chains', $_) } 'network_ndcg_10', 'factorization_ndcg_10', 'popularity_ndcg_10';
note "chains: network $network, factorization $factorization, popularity $popularity";
is(said('chains', 'network'), 'true', 'chains: the network is kept');
cmp_ok($network, '>', 1.3 * $factorization, 'chains: it is far better than the factorization');
cmp_ok($network, '>', 0.5, 'chains: it is good');
cmp_ok($popularity, '<', 0.1, 'chains: popularity is not');
like(said('chains', 'network_loss'), qr/^\[[0-9., ]+\]$/, 'chains: its loss is told');
cmp_ok(said('chains', 'network_positions_per_second'), '>', 0, 'chains: and its pace');
is(answer($node, "SELECT bool_and(a > b) FROM recal_versions, jsonb_array_elements(facts->'network_loss') WITH ORDINALITY x(a, i), jsonb_array_elements(facts->'network_loss') WITH ORDINALITY y(b, j) WHERE model = 'chains' AND j = i + 1"), 't', 'chains: and falls');
cmp_ok(said('chains', 'network_users'), '>', 700, 'chains: nearly all users judge');
is(parts('chains'), 'network_dense network_inputs network_outputs network_shape network_spread', 'chains: its weights are stored');
is(answer($node, "SELECT (timings->>'network')::float8 > 0 FROM recal_versions WHERE model = 'chains'"), 't', 'chains: its time is told');
is(answer($node, "SELECT definition->'options'->>'hidden' FROM recal_version WHERE model = 'chains'"), '[32]', 'chains: options as they were used');

create('off', 'chains', ', "network": "off"');
train('off');
is(said('off', 'network'), 'false', 'off: no network');
is(said('off', 'network_ndcg_10'), '', 'off: none was tried');
is(parts('off'), '', 'off: no weights');

# what cannot learn does not win
create('groups', 'groups', ', "learning_rate": 1e-6');
train('groups');
note 'groups: network ' . said('groups', 'network_ndcg_10') . ', factorization ' . said('groups', 'factorization_ndcg_10');
is(said('groups', 'network'), 'false', 'groups: the network is not kept');
cmp_ok(said('groups', 'factorization_ndcg_10'), '>', 0.9, 'groups: the factorization is good');
is(parts('groups'), '', 'groups: nothing of it is stored');
answer($node, q(SELECT recal_alter_model('groups', '{"network": "on"}')));
train('groups');
is(said('groups', 'network'), 'true', 'groups: on keeps it');

# times that say nothing
my %without = (
	'one value' => q(timestamptz '2024-01-01'),
	'only NULLs' => 'NULL::timestamptz',
	'nearly one value' => q(CASE WHEN user_id % 20 = 0 THEN at ELSE timestamptz '2024-01-01' END));
foreach my $name (sort keys %without)
{
	answer($node, qq(CREATE TABLE "$name" AS SELECT user_id, item_id, $without{$name} AS at FROM chains));
	create($name, qq("$name"), '');
	train($name);
	is(said($name, 'network'), 'false', "$name: no network");
	is(said($name, 'network_users'), '', "$name: none was tried");
}
answer($node, q(SELECT recal_alter_model('one value', '{"network": "on", "network_epochs": 2}')));
train('one value');
is(said('one value', 'network'), 'true', 'one value: on trains one');
is(said('one value', 'network_epochs') . ' ' . said('one value', 'network_users'), '2 0', 'one value: for the epochs that were asked for, judged by nobody');

# ties and NULLs among true times
answer($node, q(CREATE TABLE ties AS SELECT user_id, item_id, CASE WHEN user_id % 7 = 0 THEN NULL ELSE date_trunc('day', at + interval '12 hours') END AS at FROM chains));
create('ties', 'ties', '');
train('ties');
isnt(said('ties', 'network_ndcg_10'), '', 'ties: one was tried');

# small catalogues
answer($node, 'CREATE TABLE two AS SELECT u AS user_id, 1 + (u + i) % 2 AS item_id, now() + i * interval \'1 hour\' AS at FROM generate_series(1, 200) u, generate_series(0, 1) i');
create('two', 'two', '');
train('two');
is(said('two', 'network_users'), '', 'two items: none is tried');
answer($node, q(SELECT recal_alter_model('two', '{"network": "on"}')));
train('two');
is(said('two', 'network'), 'true', 'two items: on trains one');

#
# The same weights whoever computes them
#
foreach my $workers (1, 2)
{
	is(train('chains', "max_parallel_maintenance_workers = $workers"), $alone, "$workers workers: the same weights");
	is(said('chains', 'network_workers'), $workers, "$workers workers: they came");
}
answer($node, q(CREATE TABLE shuffled AS SELECT * FROM chains ORDER BY md5(user_id || ' ' || item_id)));
create('shuffled', 'shuffled', '');
is(train('shuffled'), $alone, 'rows in another order: the same weights');
answer($node, q(SELECT recal_alter_model('shuffled', '{"seed": 7}')));
isnt(train('shuffled'), $alone, 'another seed: other weights');

# linear, sampled
create('linear', 'chains', ', "hidden": [], "negatives": 50, "batch_size": 64');
my $linear = train('linear', 'max_parallel_maintenance_workers = 0');
is(said('linear', 'network'), 'true', 'no hidden layer, sampled negatives: kept');
is(train('linear', 'max_parallel_maintenance_workers = 2'), $linear, 'and the same weights with workers');

# beside features of items and users
answer($node, <<'SQL');
CREATE TABLE things AS SELECT i AS id, 'kind ' || i % 5 AS kind FROM generate_series(0, 230) i;
CREATE TABLE people AS SELECT u AS id, 'group ' || u % 3 AS segment FROM generate_series(1, 800) u;
SQL
create('featured', 'chains', ', "network": "on"');
answer($node, q(SELECT recal_alter_model('featured', '{"items": "things", "item_id_column": "id", "item_features": ["kind"], "users": "people", "user_id_column": "id", "user_features": ["segment"]}')));
my $featured = train('featured', 'max_parallel_maintenance_workers = 0');
is(parts('featured'), 'network_content network_dense network_inputs network_outputs network_shape network_spread', 'features: they are among its weights');
foreach my $workers (1, 2)
{
	is(train('featured', "max_parallel_maintenance_workers = $workers"), $featured, "features, $workers workers: the same weights");
	is(said('featured', 'network_workers'), $workers, "features, $workers workers: they came");
}
answer($node, q(SELECT recal_alter_model('featured', '{"warm_start": true}')));

# warm: what it has seen does not judge it; what is new does
answer($node, q(SELECT recal_alter_model('linear', '{"warm_start": true}')));
train('linear');
is(said('linear', 'network') . ' ' . said('linear', 'network_warm'), 'true false', 'nothing new: a cold start');
answer($node, q(INSERT INTO chains SELECT DISTINCT ON (user_id) user_id, (item_id * 37 + 11) % 211, at + interval '1 hour' FROM chains ORDER BY user_id, at DESC));
train('linear');
is(said('linear', 'network') . ' ' . said('linear', 'network_warm'), 'true true', 'new rows of all users: a warm start');
cmp_ok(said('linear', 'network_ndcg_10'), '>', 0.5, 'and it is good');
train('featured');
is(said('featured', 'network') . ' ' . said('featured', 'network_warm'), 'true true', 'with features: a warm start, too');

#
# What does not work
#
answer($node, q(SELECT recal_create_model('wild', 'groups', time_column => 'at', options => '{"factors": 16, "epochs": 3, "learning_rate": 1, "network": "on", "dropout": 0, "network_epochs": 50, "hidden": [512, 512, 512, 512]}')));
refused($node, q(CALL recal_train('wild')), '22003', qr/the training of the network of model "wild" diverges.*learning_rate", which is 1/s, 'divergence: an error with on');
answer($node, q(SELECT recal_alter_model('wild', '{"network": "auto"}')));
my (undef, undef, $err) = $node->psql('postgres', q(CALL recal_train('wild')));
like($err, qr/WARNING:  the training of the network of model "wild" diverges/, 'divergence: a warning with auto');
is(said('wild', 'network'), 'false', 'divergence: and no network');

answer($node, q(SELECT recal_create_model('wide', 'groups', time_column => 'at', options => '{"factors": 16, "epochs": 3, "network": "on", "hidden": [8192]}')));
refused($node, q(SET recal.train_memory = '16MB'; CALL recal_train('wide')), '53400', qr/not enough memory to train the network of model "wide".*takes \d+ MB; recal.train_memory allows 16 MB/s, 'memory: an error with on');
answer($node, q(SELECT recal_alter_model('wide', '{"network": "auto"}')));
(undef, undef, $err) = $node->psql('postgres', q(SET recal.train_memory = '16MB'; CALL recal_train('wide')));
like($err, qr/WARNING:  not enough memory to train the network/, 'memory: a warning with auto');
is(said('wide', 'network'), 'false', 'memory: and no network');

refused($node, q(SELECT recal_create_model('x', 'groups', options => '{"network": "on"}')), '22023', qr/"network" of model "x" needs "time_column"/, 'on without time_column');
refused($node, q(SELECT recal_create_model('x', 'groups', value_column => 'item_id', time_column => 'at', objective => 'explicit', options => '{"network": "on"}')), '22023', qr/where feedback is ratings/, 'on with ratings');

#
# What ends a training
#
# without an order there is nothing to stop early by
answer($node, <<'SQL');
CREATE TABLE flat AS SELECT user_id, item_id, timestamptz '2026-01-01' AS at FROM chains;
CREATE INDEX ON flat (user_id);
SELECT recal_create_model('flat', 'flat', time_column => 'at', options => '{"factors": 16, "epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1, "hidden": [256, 128], "network_epochs": 1, "network": "on"}');
CALL recal_train('flat');
SELECT recal_alter_model('flat', '{"network_epochs": 500}');
SQL
my $current = answer($node, "SELECT current_version FROM recal_models WHERE model = 'flat'");

sub begin_training
{
	my $session = start_session($node, q(CALL recal_train('flat')));
	my $pid = session_pid($session);

	ok(wait_until(sub { answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND query LIKE '%: network %'") }, 60), 'the network is being trained');
	ok(wait_until(sub { workers_of($pid) }, 10), 'with a worker');
	return ($session, $pid);
}

sub as_before
{
	my ($name, $pid, $status) = @_;

	ok(wait_until(sub { !workers_of($pid) }, 5), "$name: its workers are gone");
	ok(wait_until(sub { (() = shared_segments($node)) == $segments }, 5), "$name: no shared memory is left");
	is(answer($node, "SELECT current_version FROM recal_models WHERE model = 'flat'"), $current, "$name: the version before is current");
	is(answer($node, "SELECT status FROM recal_versions WHERE model = 'flat' ORDER BY version DESC LIMIT 1"), $status, "$name: its row says so");
	return;
}

my ($session, $pid) = begin_training();
ok(wait_until(sub { answer($node, "SELECT count(*) FROM recal_progress WHERE model = 'flat' AND phase = 'network' AND epochs = 500 AND fraction > 0 AND fraction < 1") }, 20), 'progress is told');
answer($node, "SELECT pg_cancel_backend($pid)");
my $seconds = wait_until(sub { answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND state = 'active'") == 0 }, 10);
cmp_ok($seconds, '<', 1, 'cancelled within a second');
like((finish_session($session))[2], qr/ERROR:  57014/, 'cancelled for the right reason');
as_before('cancelled', $pid, 'aborted');

($session, $pid) = begin_training();
kill 'TERM', workers_of($pid);
like((finish_session($session))[2], qr/ERROR:  57P01: a training worker was terminated/, 'a worker terminated: a clear error');
as_before('a worker terminated', $pid, 'failed');

$node->stop;
done_testing();
