# The same data, seed and options give the same weights bit for bit, whatever
# the number of workers, the order of rows, and the way the training is called.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;

my $node = recal_node('workers', 'dynamic_shared_memory_type = mmap', 'max_worker_processes = 8');

# Repeated pairs, values and ages: sums of many floats whose order could matter.
make_shop($node, users => 6000, items => 1200, events => 120000, seed => 3);
my $search = '"factors": 32, "epochs": 6, "network": "off", "ranker": "off", "warm_start": false, "keep_versions": 100';
my $options = '"factors": 48, "epochs": 20, "regularization": 0.01, "unobserved_weight": 0.1, "network": "off", "ranker": "off", "warm_start": false, "keep_versions": 100';
my $definition = q(event_column => 'event', value_column => 'amount', time_column => 'at',
	event_weights => '{"view": 0.7, "purchase": 5.3, "dislike": -2.1, "return": -5}', half_life => '31 days');
answer($node, <<"SQL");
UPDATE shop_events SET amount = 0.1 + (hashint8(user_id * 1000 + item_id) & 1023) / 700.0;
SELECT recal_create_model('shop', 'shop_events', $definition, options => '{$options}');
SQL

# trains with these settings; gives the weights and the number of workers that came
sub train
{
	my ($settings, $model) = @_;

	$model //= 'shop';
	answer($node, join('', map { "SET $_;\n" } @$settings) . "CALL recal_train('$model')");
	return (weights_of($node, $model),
		answer($node, "SELECT v.facts->>'workers' FROM recal_versions v WHERE model = '$model' AND is_current"));
}

sub segments { return join ' ', map { s{.*/}{}r } shared_segments($node) }

my $segments = segments();
my ($weights, $workers);
my ($alone, $none) = train(['max_parallel_maintenance_workers = 0']);
is($none, 0, 'no worker where none is allowed');
cmp_ok(scalar(() = $alone =~ /^\S+ [0-9a-f]{32}$/mg), '>=', 11, 'all parts are compared');
is(segments(), $segments, 'no segment is left');

# 2 and more are slower than 1 on two cores, and have to give the same all the same
foreach my $wanted (1, 2, 4)
{
	($weights, $workers) = train(["max_parallel_maintenance_workers = $wanted"]);
	cmp_ok($workers, '>=', 1, "$wanted workers asked for: they came");
	cmp_ok($workers, '<=', $wanted, "$wanted workers asked for: not more came");
	is($weights, $alone, "$wanted workers: the same weights");
	is(segments(), $segments, "$wanted workers: no segment is left");
}

# the search for hyper-parameters, the default, takes part in this
answer($node, "SELECT recal_create_model('search', 'shop_events', $definition, options => '{$search}')");
my ($found) = train(['max_parallel_maintenance_workers = 0'], 'search');
is(answer($node, "SELECT facts->>'tuned' FROM recal_versions WHERE model = 'search'"), 'true', 'the search ran');
foreach my $wanted (1, 3)
{
	($weights, $workers) = train(["max_parallel_maintenance_workers = $wanted"], 'search');
	cmp_ok($workers, '>=', 1, "with a search, $wanted workers asked for: they came");
	is($weights, $found, "with a search, $wanted workers: the same weights");
}
is(segments(), $segments, 'with a search: no segment is left');

# other limits
($weights, $workers) = train([ 'max_parallel_maintenance_workers = 4', 'max_parallel_workers = 0' ]);
is($workers, 0, 'max_parallel_workers = 0 means none');
is($weights, $alone, 'and the same weights');
($weights, $workers) = train([ 'max_parallel_maintenance_workers = 4', 'max_parallel_workers = 1' ]);
is($workers, 1, 'max_parallel_workers = 1 means one');
is($weights, $alone, 'and the same weights');

# read by a parallel plan, rows in any order
my @parallel = ('max_parallel_maintenance_workers = 1', 'parallel_setup_cost = 0', 'parallel_tuple_cost = 0',
	'min_parallel_table_scan_size = 0', 'max_parallel_workers_per_gather = 2');
like(answer($node, join('', map { "SET $_;" } @parallel) . 'EXPLAIN SELECT user_id, item_id FROM shop_events'),
	qr/Parallel Seq Scan/, 'the plan would be parallel');
is((train(\@parallel))[0], $alone, 'rows read in parallel: the same weights');

# what happens while it runs, seen from the system
my $session = start_session($node, q(SET max_parallel_maintenance_workers = 2; CALL recal_train('shop')));
my $pid = session_pid($session);
ok(wait_until(sub { workers_of($pid) > 0 }, 30), 'workers are processes of their own');
my @workers = workers_of($pid);
foreach my $process ($pid, @workers)
{
	my @threads = glob "/proc/$process/task/*";
	cmp_ok(scalar @threads, '<=', 1, "process $process has one thread");
}
is(answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid IN (" . join(',', 0, @workers) . ')'), 0,
	'workers have no connection');
isnt(segments(), $segments, 'their memory is a segment');
is((finish_session($session))[0], 0, 'the training ended well');
ok(wait_until(sub { !workers_of($pid) }, 5), 'workers are gone');
is(weights_of($node, 'shop'), $alone, 'the same weights');

# within a transaction block, and from a function
answer($node, "BEGIN; SET LOCAL max_parallel_maintenance_workers = 1; CALL recal_train('shop'); COMMIT");
is(weights_of($node, 'shop'), $alone, 'in a transaction block: the same weights');
answer($node, "DO \$\$ BEGIN CALL recal_train('shop'); EXCEPTION WHEN division_by_zero THEN NULL; END \$\$");
is(weights_of($node, 'shop'), $alone, 'under an exception handler: the same weights');
is(segments(), $segments, 'no segment is left');

# two trainings at once share the slots and nothing else
answer($node, "SELECT recal_create_model('twin', 'shop_events', $definition, options => '{$options}')");
my @both = map { start_session($node, "SET max_parallel_maintenance_workers = 4; CALL recal_train('$_')") } ('shop', 'twin');
finish_session($_) foreach @both;
is(weights_of($node, 'shop'), $alone, 'beside another training: the same weights');
is(weights_of($node, 'twin'), $alone, 'and the other one\'s too');

# rows in another order
answer($node, <<"SQL");
CREATE TABLE shuffled AS SELECT * FROM shop_events ORDER BY hashint8extended(user_id * 4096 + item_id, extract(epoch FROM at)::int);
SELECT recal_create_model('shuffled', 'shuffled', $definition, options => '{$options}');
SQL
is((train([], 'shuffled'))[0], $alone, 'rows in another order: the same weights');

# sums in which the order of terms decides what is left
answer($node, <<'SQL');
CREATE TABLE cancelling AS SELECT u AS user_id, i AS item_id, v AS value
FROM generate_series(1, 60) u, generate_series(1, 20) i, unnest(ARRAY[1e16, -1e16, 0.7, 1.3, 3e15 + i, -3e15, 2]::float8[]) v WHERE (u + i) % 3 = 0;
CREATE TABLE cancelling_shuffled AS SELECT * FROM cancelling ORDER BY md5(user_id || ' ' || item_id || ' ' || value);
SQL
my @cancelling;
foreach my $table ('cancelling', 'cancelling_shuffled')
{
	answer($node, "SELECT recal_create_model('$table', '$table', value_column => 'value', options => '{\"factors\": 8, \"epochs\": 3, \"regularization\": 0.01, \"unobserved_weight\": 0.1}')");
	push @cancelling, (train([], $table))[0];
}
is($cancelling[0], $cancelling[1], 'weights that cancel out, in another order: the same weights');

# histories in which many rows have one time, with a decay that goes by their order
answer($node, <<'SQL');
CREATE TABLE tied AS SELECT user_id, item_id % 200 AS item_id, date_trunc('month', at) AS at FROM shop_events WHERE user_id % 4 = 0;
CREATE TABLE tied_shuffled AS SELECT * FROM tied ORDER BY md5(user_id || ' ' || item_id || ' ' || at);
SQL
my @tied;
foreach my $decay ('0.7', '"auto"')
{
	foreach my $table ('tied', 'tied_shuffled')
	{
		my $model = "$table $decay";
		answer($node, "SELECT recal_create_model('$model', '$table', time_column => 'at', options => '{\"factors\": 8, \"epochs\": 3, \"history_decay\": $decay}')");
		push @tied, (train([], $model))[0];
	}
	is($tied[-1], $tied[-2], "history_decay $decay, many rows of one time, in another order: the same weights");
}

# seeds
answer($node, q(SELECT recal_alter_model('shop', '{"seed": 42}')));
is((train([]))[0], $alone, '42 is the default seed');
answer($node, q(SELECT recal_alter_model('shop', '{"seed": 43}')));
my ($other) = train([]);
isnt($other, $alone, 'another seed gives other weights');
unlike($other, qr/^\Q$_\E$/m, 'in part ' . (split / /)[0]) foreach grep { /factors/ } split /\n/, $alone;
answer($node, q(SELECT recal_alter_model('shop', '{"seed": null}')));

# one row more does change them
answer($node, q(INSERT INTO shuffled SELECT user_id, 1 + item_id % 1200, event, amount, at FROM shuffled LIMIT 1));
isnt((train([], 'shuffled'))[0], $alone, 'one row more gives other weights');

# warm start: from the same version it gives the same, and not what a cold one gives
answer($node, q(SELECT recal_alter_model('shop', '{"warm_start": true}')));
my $start = answer($node, "SELECT current_version FROM recal_models WHERE model = 'shop'");
my ($warm) = train(['max_parallel_maintenance_workers = 0']);
isnt($warm, $alone, 'a warm start gives other weights than a cold one');
is(answer($node, "SELECT facts->>'warm_version' FROM recal_versions WHERE model = 'shop' AND is_current"), $start, 'it says where it started');
answer($node, "SELECT recal_activate('shop', $start)");
is((train(['max_parallel_maintenance_workers = 2']))[0], $warm, 'from the same start with workers: the same weights');

# text ids: order is bytewise whatever arrives first
answer($node, <<'SQL');
CREATE TABLE words AS SELECT md5((user_id % 500)::text) AS user_id, 'item ' || item_id % 300 AS item_id FROM shop_events;
CREATE TABLE words_shuffled AS SELECT * FROM words ORDER BY md5(user_id || item_id);
SELECT recal_create_model('words', 'words', options => '{"factors": 16, "epochs": 4, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false}');
SELECT recal_create_model('words_shuffled', 'words_shuffled', options => '{"factors": 16, "epochs": 4, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false}');
SQL
is((train([], 'words'))[0], (train([], 'words_shuffled'))[0], 'text ids in another order: the same weights');

#
# Slots that are not there. The launcher of logical replication takes one.
#
$node->adjust_conf('postgresql.conf', 'max_worker_processes', 1);
$node->restart;
answer($node, q(SELECT recal_alter_model('shop', '{"warm_start": false}')));
($weights, $workers) = train(['max_parallel_maintenance_workers = 4']);
is($workers, 0, 'no free slot: the leader works alone');
is($weights, $alone, 'no free slot: the same weights');

$node->adjust_conf('postgresql.conf', 'max_worker_processes', 2);
$node->restart;
$segments = segments();
($weights, $workers) = train(['max_parallel_maintenance_workers = 4']);
is($workers, 1, 'one free slot: one worker');
is($weights, $alone, 'one free slot: the same weights');

# slots are given back
train(['max_parallel_maintenance_workers = 4'], 'words') foreach 1 .. 3;
is((train(['max_parallel_maintenance_workers = 4']))[1], 1, 'the slot is free again');
is(segments(), $segments, 'no segment is left');

# as the only use of parallel workers, and in the way of none
$node->adjust_conf('postgresql.conf', 'max_worker_processes', 0);
$node->adjust_conf('postgresql.conf', 'max_logical_replication_workers', 0);
$node->restart;
is((train(['max_parallel_maintenance_workers = 4']))[0], $alone, 'max_worker_processes = 0: the same weights');

$node->stop;
done_testing();
